/*
 * thread.c: threads that begin alike, whoever makes them, and a refusal that says what would help.
 *
 * A new thread has its creator's signal mask and floating-point mode (and more, which
 * <synched/pool.h> lists). Of those two none is right for a thread that the program does not know:
 * it gets a mask and a mode of its own.
 *
 * pthread_create takes the program's thread-local storage from the new thread's stack. With a large
 * one of those a stack is refused, or, worse, granted with next to nothing left of it. How much is
 * left the system tells of a thread that is there; so one is made for that, which does nothing.
 */
#include "platform/thread.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "platform/fault.h"
#include "platform/fp_mode.h"
#include "platform/trace.h"

/* What must be left of a stack for the library and the program's calls: about as much as a signal's
 * handler and some calls of the C library take. */
#define STACK_LEFT_LEAST ((size_t)32768)

/* A default of the system that is as large as this is not looked at. */
#define STACK_AMPLE ((size_t)1 << 20)
#define STACK_TRIED_MOST ((size_t)1 << 30)

#define BRIEF_SLEEP_LEAST_NS 25000
#define BRIEF_SLEEP_MOST_NS 1600000

/* Where the kernel's header and the C library's cannot be included together. */
#define CLASS_DEADLINE 6
#define CLASS_RESET_ON_FORK 0x40000000

/* --- creating --- */

/* All but those that a fault of the thread's own raises: these kill a thread that blocks them. */
static void block_signals(sigset_t *before) {
  static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
  sigset_t blocked;
  (void)sigfillset(&blocked);
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
    (void)sigdelset(&blocked, faults[i]);
  (void)pthread_sigmask(SIG_SETMASK, &blocked, before);
}

static void thread_main(void *argument) {
  const struct synched__thread *thread = argument;
  const struct synched__fp_mode mode = synched__fp_mode_default();
  synched__fp_mode_set(&mode);
  thread->run(thread->argument);
  synched__trace_thread_end();
}

/* 0, or libuv's code. */
static int make(struct synched__thread *thread, size_t stack_bytes, synched__thread_fn run,
                void *argument) {
  uv_thread_options_t options = {.flags = UV_THREAD_NO_FLAGS};
  if (stack_bytes != 0) {
    options.flags = UV_THREAD_HAS_STACK_SIZE;
    options.stack_size = stack_bytes;
  }
  thread->run = run;
  thread->argument = argument;
  sigset_t before;
  block_signals(&before);
  const int status = uv_thread_create_ex(&thread->handle, &options, thread_main, thread);
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  return status;
}

/* Says which refusals a second try may not meet, and which it will. */
static int refuse(int status) {
  const int class = sched_getscheduler(0);
  struct rlimit limit;
  if (status == UV_EAGAIN && class == CLASS_DEADLINE)
    return synched__fail(SYNCHED_ENOTSUP, "the calling thread is of the class SCHED_DEADLINE, in "
                                          "which the system lets none make others");
  if (status != UV_EAGAIN && status != UV_ENOMEM)
    return synched__fail(status == UV_EPERM    ? SYNCHED_EPERM
                         : status == UV_EINVAL ? SYNCHED_EINVAL
                                               : SYNCHED_EIO,
                         "the system refused a thread: %s", uv_strerror(status));
  if (getrlimit(RLIMIT_NPROC, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return synched__fail(SYNCHED_EAGAIN, "the system refused a thread: %s", uv_strerror(status));
  return synched__fail(SYNCHED_EAGAIN, "the system refused a thread: %s (RLIMIT_NPROC is %llu)",
                       uv_strerror(status), (unsigned long long)limit.rlim_cur);
}

int synched__thread_create(struct synched__thread *thread, size_t stack_bytes,
                           synched__thread_fn run, void *argument) {
  const int status = synched__fault_hit(SYNCHED__FAULT_THREAD)
                         ? UV_EAGAIN
                         : make(thread, stack_bytes, run, argument);
  return status == 0 ? 0 : refuse(status);
}

void synched__thread_join(struct synched__thread *thread) {
  (void)uv_thread_join(&thread->handle);
}

/* --- stacks --- */

struct probe {
  /* the creator holds it while the thread is to be there */
  pthread_mutex_t held;
  /* where the frame of the thread's first function is */
  uintptr_t frame;
};

static void probe_main(void *argument) {
  struct probe *probe = argument;
  probe->frame = (uintptr_t)__builtin_frame_address(0);
  (void)pthread_mutex_lock(&probe->held);
  (void)pthread_mutex_unlock(&probe->held);
}

/* Makes a thread, to see how much of its stack is taken before its first function; 0 also where the
 * system does not tell. 0, or why there is none: libuv's code. */
static int look_at_stack(size_t *taken, size_t stack_bytes) {
  struct probe probe = {.held = PTHREAD_MUTEX_INITIALIZER};
  struct synched__thread thread;
  pthread_attr_t attributes;
  void *lowest = NULL;
  size_t bytes = 0;
  (void)pthread_mutex_lock(&probe.held);
  const int status = make(&thread, stack_bytes, probe_main, &probe);
  if (status == 0 && pthread_getattr_np(thread.handle, &attributes) == 0) {
    (void)pthread_attr_getstack(&attributes, &lowest, &bytes);
    (void)pthread_attr_destroy(&attributes);
  }
  (void)pthread_mutex_unlock(&probe.held);
  if (status == 0)
    synched__thread_join(&thread);
  (void)pthread_mutex_destroy(&probe.held);
  const uintptr_t top = (uintptr_t)lowest + bytes;
  *taken = status == 0 && probe.frame - (uintptr_t)lowest < bytes ? top - probe.frame : 0;
  return status;
}

static size_t whole_pages(size_t bytes) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  return (bytes + page - 1) / page * page;
}

/* What a stack must have where so much of it is taken. */
static size_t stack_needed(size_t taken) {
  return whole_pages(taken + STACK_LEFT_LEAST);
}

static int refuse_stack(size_t stack_bytes, size_t taken) {
  if (stack_bytes == 0)
    return synched__fail(SYNCHED_EINVAL,
                         "the system's default stack (RLIMIT_STACK) is too small: thread-local "
                         "storage takes %zu bytes of it; stack_bytes %zu would do",
                         taken, stack_needed(taken));
  return synched__fail(SYNCHED_EINVAL,
                       "stack_bytes is %zu, and the program's thread-local storage takes %zu of "
                       "it; %zu would do",
                       stack_bytes, taken, stack_needed(taken));
}

/* Of a size for which there is no thread: whether there would be one for another. */
static int explain_stack(int status, size_t stack_bytes) {
  size_t taken;
  if (status == UV_EINVAL)
    for (size_t bytes = STACK_AMPLE; bytes <= STACK_TRIED_MOST; bytes *= 2)
      if (bytes > stack_bytes && look_at_stack(&taken, bytes) == 0)
        return refuse_stack(stack_bytes, taken);
  if (stack_bytes > STACK_AMPLE && look_at_stack(&taken, STACK_AMPLE) == 0)
    return synched__fail(SYNCHED_ENOMEM,
                         "stack_bytes is %zu; the system has no room for so much, and has for less",
                         stack_bytes);
  return refuse(status);
}

int synched__thread_check_stack(size_t stack_bytes) {
  struct rlimit limit;
  size_t granted = stack_bytes;
  if (stack_bytes == 0) {
    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= STACK_AMPLE)
      return 0;
    granted = (size_t)limit.rlim_cur;
  }
  size_t taken;
  const int status = look_at_stack(&taken, stack_bytes);
  if (status != 0)
    return explain_stack(status, stack_bytes);
  /* The thread that was looked at may have had a larger one, which another thread had left. */
  return whole_pages(granted) >= stack_needed(taken) ? 0 : refuse_stack(stack_bytes, taken);
}

/* --- the calling thread --- */

void synched__thread_set_name(const char *name) {
  char cut[16];
  (void)snprintf(cut, sizeof cut, "%s", name);
  (void)pthread_setname_np(pthread_self(), cut);
  synched__trace_thread(cut);
}

uint64_t synched__thread_id(void) {
  return (uint64_t)syscall(SYS_gettid);
}

void synched__thread_set_exact_timers(void) {
#if defined(__linux__)
  (void)prctl(PR_SET_TIMERSLACK, 1ul, 0ul, 0ul, 0ul);
#endif
}

int synched__thread_cpu(void) {
  return sched_getcpu();
}

int synched__thread_pin(int cpu) {
  if (synched__fault_hit(SYNCHED__FAULT_PIN))
    return SYNCHED_EPERM;
  cpu_set_t *set = CPU_ALLOC((size_t)cpu + 1);
  if (set == NULL)
    return SYNCHED_ENOMEM;
  size_t bytes = CPU_ALLOC_SIZE((size_t)cpu + 1);
  CPU_ZERO_S(bytes, set);
  CPU_SET_S((size_t)cpu, bytes, set);
  int error = pthread_setaffinity_np(pthread_self(), bytes, set);
  CPU_FREE(set);
  return -error;
}

int synched__thread_set_priority(int priority) {
  if (synched__fault_hit(SYNCHED__FAULT_PRIORITY))
    return SYNCHED_EPERM;
  const struct sched_param param = {.sched_priority = priority};
  return -pthread_setschedparam(pthread_self(), SCHED_FIFO, &param);
}

static bool is_real_time(int policy) {
  policy &= ~CLASS_RESET_ON_FORK;
  return policy == SCHED_FIFO || policy == SCHED_RR;
}

uint64_t synched__thread_awake_most_ns(void) {
#if defined(RLIMIT_RTTIME)
  struct rlimit limit;
  if (is_real_time(sched_getscheduler(0)) && getrlimit(RLIMIT_RTTIME, &limit) == 0 &&
      limit.rlim_cur < UINT64_MAX / 1000) /* of microseconds; infinity is more */
    return (uint64_t)limit.rlim_cur * 1000;
#endif
  return UINT64_MAX;
}

static int leave_real_time(void) {
  int policy;
  struct sched_param param;
  int error = pthread_getschedparam(pthread_self(), &policy, &param);
  if (error != 0 || !is_real_time(policy))
    return -error;
  param.sched_priority = 0;
  return -pthread_setschedparam(pthread_self(), SCHED_OTHER, &param);
}

int synched__thread_set_nice(int nice) {
  if (synched__fault_hit(SYNCHED__FAULT_PRIORITY))
    return SYNCHED_EPERM;
  int status = leave_real_time();
  if (status != 0)
    return status;
  /* To Linux, which of the standard's processes one is is a matter of the thread. */
  if (setpriority(PRIO_PROCESS, (id_t)synched__thread_id(), nice) == 0)
    return 0;
  return errno == EACCES ? SYNCHED_EPERM : -errno;
}

void synched__thread_yield(void) {
  (void)sched_yield();
}

void synched__thread_sleep_ns(uint64_t ns) {
  const struct timespec nap = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
  (void)nanosleep(&nap, NULL);
}

void synched__thread_nap(void) {
  synched__thread_sleep_ns(20000);
}

uint64_t synched__thread_sleep_count(void) {
#if defined(RUSAGE_THREAD)
  struct rusage usage;
  if (getrusage(RUSAGE_THREAD, &usage) == 0)
    return (uint64_t)usage.ru_nvcsw;
#endif
  return 0;
}

/* On a virtual machine, to set a timer may take longer than a short nap: then it is over before the
 * thread has slept. */
void synched__thread_sleep_briefly(void) {
  const uint64_t before = synched__thread_sleep_count();
  for (long nap_ns = BRIEF_SLEEP_LEAST_NS; nap_ns <= BRIEF_SLEEP_MOST_NS; nap_ns *= 2) {
    const struct timespec nap = {0, nap_ns};
    (void)nanosleep(&nap, NULL);
    if (synched__thread_sleep_count() != before)
      return;
  }
}

int synched__mutex_init(struct synched__mutex *mutex) {
  if (synched__fault_hit(SYNCHED__FAULT_SYNC) || uv_mutex_init(&mutex->handle) != 0)
    return synched__fail(SYNCHED_ENOMEM, "the system refused a mutex");
  return 0;
}

void synched__mutex_deinit(struct synched__mutex *mutex) {
  uv_mutex_destroy(&mutex->handle);
}

void synched__mutex_lock(struct synched__mutex *mutex) {
  uv_mutex_lock(&mutex->handle);
}

void synched__mutex_unlock(struct synched__mutex *mutex) {
  uv_mutex_unlock(&mutex->handle);
}
