#include "platform/thread.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
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

int synched__thread_create(struct synched__thread *thread, size_t stack_bytes,
                           synched__thread_fn run, void *argument) {
  uv_thread_options_t options = {.flags = UV_THREAD_NO_FLAGS};
  if (stack_bytes != 0) {
    options.flags = UV_THREAD_HAS_STACK_SIZE;
    options.stack_size = stack_bytes;
  }
  int status = synched__fault_hit(SYNCHED__FAULT_THREAD)
                   ? UV_EAGAIN
                   : uv_thread_create_ex(&thread->handle, &options, run, argument);
  if (status != 0)
    return synched__fail(SYNCHED_EAGAIN, "the system refused a thread: %s", uv_strerror(status));
  return 0;
}

void synched__thread_join(struct synched__thread *thread) {
  (void)uv_thread_join(&thread->handle);
}

void synched__thread_set_name(const char *name) {
  char cut[16];
  (void)snprintf(cut, sizeof cut, "%s", name);
  (void)pthread_setname_np(pthread_self(), cut);
}

uint64_t synched__thread_id(void) {
  return (uint64_t)syscall(SYS_gettid);
}

void synched__thread_set_exact_timers(void) {
#if defined(__linux__)
  (void)prctl(PR_SET_TIMERSLACK, 1ul, 0ul, 0ul, 0ul);
#endif
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

static int leave_real_time(void) {
  int policy;
  struct sched_param param;
  int error = pthread_getschedparam(pthread_self(), &policy, &param);
  if (error != 0 || (policy != SCHED_FIFO && policy != SCHED_RR))
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

void synched__thread_nap(void) {
  const struct timespec nap = {0, 20000};
  (void)nanosleep(&nap, NULL);
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
