/*
 * thread_test.c: what threads of the library inherit and what they do not: signals; how much of a
 * stack is theirs; and what the system says of those at a real-time priority.
 */
#include "platform/thread.h"

#include <criterion/criterion.h>

#include <alloca.h>
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/support.h"
#include "support/unit_support.h"

/* --- signals --- */

static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};

/* The signals that a thread of this process blocks, as the system has them: bit n - 1 for signal n.
 * */
static uint64_t blocked_by(const char *thread_id) {
  char path[64], line[256];
  unsigned long long blocked = 0;
  (void)snprintf(path, sizeof path, "/proc/self/task/%.20s/status", thread_id);
  FILE *file = fopen(path, "r");
  cr_assert_not_null(file, "%s", path);
  bool found = false;
  while (!found && fgets(line, sizeof line, file) != NULL)
    found = sscanf(line, "SigBlk: %llx", &blocked) == 1;
  (void)fclose(file);
  cr_assert(found);
  return blocked;
}

/* Every signal but faults, those that cannot be blocked, and the two that the C library keeps for
 * itself. */
static uint64_t expected_blocked(void) {
  uint64_t mask = ~UINT64_C(0) & ~(UINT64_C(3) << (32 - 1));
  for (size_t i = 0; i < LENGTH(faults); i++)
    mask &= ~(UINT64_C(1) << (faults[i] - 1));
  return mask & ~(UINT64_C(1) << (SIGKILL - 1)) & ~(UINT64_C(1) << (SIGSTOP - 1));
}

/* Signals of which nothing is expected: the two, and under an emulator, whose own threads' masks
 * /proc shows, two more. */
static uint64_t reserved(void) {
  return (is_emulated() ? UINT64_C(15) : UINT64_C(3)) << (32 - 1);
}

/* Threads by their names, so that the program's own are not looked at. */
static unsigned expect_signals_blocked(void) {
  char name[32], path[300];
  unsigned count = 0;
  DIR *folder = opendir("/proc/self/task");
  cr_assert_not_null(folder);
  for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    (void)snprintf(path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
    FILE *file = entry->d_name[0] == '.' ? NULL : fopen(path, "r");
    if (file == NULL)
      continue;
    const bool ours = fgets(name, sizeof name, file) != NULL && strncmp(name, "synched", 7) == 0;
    (void)fclose(file);
    if (!ours)
      continue;
    count++;
    cr_assert_eq(blocked_by(entry->d_name) & ~reserved(), expected_blocked() & ~reserved(),
                 "%s: %llx", name, (unsigned long long)blocked_by(entry->d_name));
  }
  (void)closedir(folder);
  return count;
}

static const struct synched_memory_options bytes = {
    .struct_size = sizeof bytes, .segment_count = 4, .segment_capacity = 1, .element_size = 1};

Test(thread, all_of_the_library_block_all_but_faults) {
  struct synched_pool *pool = pool_new(3);
  /* A deadline brings the deadline monitor. */
  struct engine engine = engine_new(
      pool, &bytes,
      SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .round_count = 3, .deadline_ns = 1000000000));
  cr_assert_eq(synched_job_run(engine.job), 0);
  unsigned count = 0;
  /* The monitor may not have its name yet. */
  for (unsigned ms = 0; count != 4 && ms < 5000; ms++) {
    count = expect_signals_blocked();
    nap_ms(1);
  }
  cr_assert_eq(count, 4);
  engine_end_with_pool(&engine);
}

Test(thread, creator_keeps_its_mask_and_gives_none_away) {
  sigset_t mine, before, after;
  (void)sigemptyset(&mine);
  (void)sigaddset(&mine, SIGSEGV);
  (void)sigaddset(&mine, SIGUSR2);
  cr_assert_eq(pthread_sigmask(SIG_SETMASK, &mine, NULL), 0);
  cr_assert_eq(pthread_sigmask(SIG_SETMASK, NULL, &before), 0);
  struct synched_pool *pool = pool_new(2);
  cr_assert_eq(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
  for (int signal = 1; signal < 65; signal++)
    cr_assert_eq(sigismember(&before, signal), sigismember(&after, signal), "signal %d", signal);
  cr_assert_eq(expect_signals_blocked(), 2, "also what the creator has blocked is open to a fault");
  pool_end(pool);
}

/* Who blocks a signal after the pool was made gets it where it waits for it. */
Test(thread, signals_blocked_later_reach_who_waits_for_them) {
  static const int awaited[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD, SIGALRM};
  struct synched_pool *pool = pool_new(4);
  const struct timespec most = {HANG_SECONDS, 0};
  for (size_t i = 0; i < LENGTH(awaited); i++) {
    sigset_t one;
    (void)sigemptyset(&one);
    (void)sigaddset(&one, awaited[i]);
    /* Other threads of this process, if it has any, inherited nothing of this; so it is alone with
     * the workers. */
    cr_assert_eq(pthread_sigmask(SIG_BLOCK, &one, NULL), 0);
    cr_assert_eq(kill(getpid(), awaited[i]), 0);
    cr_assert_eq(sigtimedwait(&one, NULL, &most), awaited[i]);
  }
  pool_end(pool);
}

/* --- stacks --- */

/* Much thread-local storage, as some programs and libraries have it. */
enum { OWN_BYTES = 300000 };
static _Thread_local volatile char own[OWN_BYTES];

/* The number in a sentence that is followed by "would do". */
static size_t number_that_would_do(void) {
  const char *at = strstr(synched_error_message(), " would do");
  cr_assert_not_null(at, "%s", synched_error_message());
  while (at > synched_error_message() && at[-1] >= '0' && at[-1] <= '9')
    at--;
  return strtoul(at, NULL, 10);
}

static int use_stack(struct synched_task *task, void *user) {
  (void)user;
  volatile char *frame = alloca(16384);
  frame[0] = (char)task->segment;
  own[task->segment] = frame[0];
  return 0;
}

static void expect_usable(struct synched_pool *pool) {
  struct engine engine =
      engine_new(pool, &bytes, SYNCHED_JOB_OPTIONS(.compute = use_stack, .round_count = 3));
  cr_assert_eq(synched_job_run(engine.job), 0);
  engine_end_with_pool(&engine);
}

Test(thread, stack_too_small_for_thread_local_storage_says_what_would_do) {
  own[0] = 1;
  static const size_t too_small[] = {65536, 262144, OWN_BYTES, OWN_BYTES + 8192};
  for (size_t i = 0; i < LENGTH(too_small); i++) {
    struct synched_pool *pool = (struct synched_pool *)&pool;
    const int status = synched_pool_create(
        &pool, SYNCHED_POOL_OPTIONS(.worker_count = 2, .stack_bytes = too_small[i]));
#if defined(__SANITIZE_ADDRESS__)
    if (status == 0) { /* it gives threads a larger stack than they asked for */
      pool_end(pool);
      continue;
    }
#endif
    expect_refused(status, SYNCHED_EINVAL, "thread-local storage");
    cr_assert_null(pool);
    const size_t enough = number_that_would_do();
    cr_assert_gt(enough, too_small[i]);
    cr_assert_geq(enough, (size_t)OWN_BYTES);
    expect_usable(pool_with(SYNCHED_POOL_OPTIONS(.worker_count = 2, .stack_bytes = enough)));
    expect_refused(synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = 2,
                                                                   .stack_bytes = enough - 4096)),
                   SYNCHED_EINVAL, "would do");
  }
}

Test(thread, default_stack_too_small_says_what_would_do) {
  own[0] = 1;
  struct rlimit limit;
  cr_assert_eq(getrlimit(RLIMIT_STACK, &limit), 0);
  limit.rlim_cur = 262144;
  cr_assert_eq(setrlimit(RLIMIT_STACK, &limit), 0);
  struct synched_pool *pool = (struct synched_pool *)&pool;
  const int status = synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = 1));
#if defined(__SANITIZE_ADDRESS__)
  if (status == 0)
    cr_skip_test("address sanitizer gives threads a larger stack");
#endif
  if (status == 0 && is_emulated())
    cr_skip_test("the emulator has read the limit before us");
  expect_refused(status, SYNCHED_EINVAL, "RLIMIT_STACK");
  pool = pool_with(SYNCHED_POOL_OPTIONS(.worker_count = 1, .stack_bytes = number_that_would_do()));
  /* The threads that watch deadlines and show jobs have the default, too. */
  struct synched_memory *memory = memory_with(&bytes);
  struct synched_job *job;
  expect_refused(synched_job_create(&job, pool, memory,
                                    SYNCHED_JOB_OPTIONS(.compute = use_stack, .round_count = 3,
                                                        .deadline_ns = 1000000000)),
                 SYNCHED_EINVAL, "RLIMIT_STACK");
  memory_end(memory);
  expect_refused(synched_monitor_open("/tmp/synched-%p"), SYNCHED_EINVAL, "RLIMIT_STACK");
  expect_usable(pool);
}

Test(thread, stack_too_large_is_no_passing_refusal) {
  if (SIZE_MAX == UINT32_MAX)
    cr_skip_test("a stack of the most bytes can be had");
  struct synched_pool *pool = (struct synched_pool *)&pool;
  expect_refused(synched_pool_create(
                     &pool, SYNCHED_POOL_OPTIONS(.worker_count = 1, .stack_bytes = SIZE_MAX / 8)),
                 SYNCHED_ENOMEM, "has for less");
  cr_assert_null(pool);
}

Test(thread, refusal_of_some_workers_says_how_many_there_can_be) {
  struct synched_pool *pool = (struct synched_pool *)&pool;
  synched__fault_arm(SYNCHED__FAULT_THREAD, 3);
  expect_refused(synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = 5)),
                 SYNCHED_EAGAIN, "granted 2 of 5 workers");
}

/* --- classes --- */

/* As the system's call takes it; the C library has no name for it. */
struct class_attributes {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime_ns, deadline_ns, period_ns;
};

Test(thread, creator_of_a_class_that_makes_no_threads_is_told_so) {
  struct class_attributes deadline = {.size = sizeof deadline,
                                      .policy = 6,
                                      .runtime_ns = 10000000,
                                      .deadline_ns = 100000000,
                                      .period_ns = 100000000};
  if (syscall(SYS_sched_setattr, 0, &deadline, 0) != 0)
    cr_skip_test("this process may not be of the class SCHED_DEADLINE");
  struct synched_pool *pool = (struct synched_pool *)&pool;
  const int status = synched_pool_create(
      &pool, SYNCHED_POOL_OPTIONS(.worker_count = 1, .affinity = SYNCHED_AFFINITY_NONE));
  const struct sched_param usual = {.sched_priority = 0};
  cr_assert_eq(sched_setscheduler(0, SCHED_OTHER, &usual), 0);
  expect_refused(status, SYNCHED_ENOTSUP, "SCHED_DEADLINE");
}

static void *leave_round_robin(void *argument) {
  int *statuses = argument;
  const struct sched_param least = {.sched_priority = 1};
  statuses[0] = pthread_setschedparam(pthread_self(), SCHED_RR, &least);
  statuses[1] = statuses[0] == 0 ? synched__thread_set_nice(0) : 0;
  statuses[2] = sched_getscheduler(0);
  return NULL;
}

Test(thread, nice_value_is_taken_in_either_real_time_class) {
  int statuses[3];
  struct crew crew = {0};
  crew_add(&crew, leave_round_robin, statuses);
  crew_join(&crew);
  if (statuses[0] != 0)
    cr_skip_test("this process may not be of the class SCHED_RR");
  cr_assert_eq(statuses[1], 0);
  cr_assert_eq(statuses[2], SCHED_OTHER);
}
