/*
 * pool_priority_test.c: priorities and nice values of a pool's workers, as the system has them; and
 * what is said when it refuses them. Where this process may not have what a test asks for, that is
 * a refusal like any other.
 */
#include <criterion/criterion.h>

#include <linux/capability.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "support/support.h"
#include "support/unit_support.h"

TestSuite(pool_priority, .init = threads_begin);

enum { WORKERS = 3 };

/* How the system schedules a thread; 0: the calling one. */
struct standing {
  int policy, priority, nice;
};

static struct standing standing_of(uint64_t thread_id) {
  struct sched_param param = {0};
  struct standing standing = {.policy = sched_getscheduler((pid_t)thread_id)};
  cr_assert_eq(sched_getparam((pid_t)thread_id, &param), 0);
  standing.priority = param.sched_priority;
  standing.nice = getpriority(PRIO_PROCESS, (id_t)thread_id);
  return standing;
}

static void expect_standing(uint64_t thread_id, struct standing expected) {
  const struct standing found = standing_of(thread_id);
  cr_assert_eq(found.policy, expected.policy);
  cr_assert_eq(found.priority, expected.priority);
  if (expected.policy == SCHED_OTHER)
    cr_assert_eq(found.nice, expected.nice);
}

static void expect_all(const struct synched_pool *pool, struct standing expected) {
  for (unsigned w = 0; w < WORKERS; w++) {
    cr_assert_eq(pool_worker_info_of(pool, w).priority_status, 0);
    expect_standing(pool_worker_info_of(pool, w).thread_id, expected);
  }
}

/* Nothing was refused; of the limit on real-time threads one may be told. */
static void expect_no_refusal(const struct synched_pool *pool) {
  const struct synched_pool_info info = pool_info_of(pool);
  cr_assert(info.warning[0] == '\0' || strncmp(info.warning, "RLIMIT_RTTIME", 13) == 0, "%s",
            info.warning);
}

static void expect_works(struct synched_pool *pool) {
  struct engine engine = engine_new(
      pool, SYNCHED_MEMORY_OPTIONS(.segment_count = 9, .segment_capacity = 1, .element_size = 1),
      SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .round_count = 5));
  cr_assert_eq(synched_job_run(engine.job), 0);
  engine_end(&engine);
}

/* The calling thread, and those it will create, may not be real-time, nor nicer than they are.
 * A nice value below 0 that the tests were started with is given up, too: any above it would be
 * granted. */
static void give_up_privilege(void) {
  if (getpriority(PRIO_PROCESS, 0) < 0)
    cr_assert_eq(setpriority(PRIO_PROCESS, 0, 0), 0);
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  cr_assert_eq(syscall(SYS_capget, &header, data), 0);
  data[CAP_TO_INDEX(CAP_SYS_NICE)].effective &= ~CAP_TO_MASK(CAP_SYS_NICE);
  data[CAP_TO_INDEX(CAP_SYS_NICE)].permitted &= ~CAP_TO_MASK(CAP_SYS_NICE);
  data[CAP_TO_INDEX(CAP_SYS_NICE)].inheritable &= ~CAP_TO_MASK(CAP_SYS_NICE);
  cr_assert_eq(syscall(SYS_capset, &header, data), 0);
  const struct rlimit none = {0, 0};
  cr_assert_eq(setrlimit(RLIMIT_RTPRIO, &none), 0);
  cr_assert_eq(setrlimit(RLIMIT_NICE, &none), 0);
}

static bool may_be_real_time(void) {
  const struct sched_param own = {0}, first = {.sched_priority = 1};
  if (sched_setscheduler(0, SCHED_FIFO, &first) != 0)
    return false;
  cr_assert_eq(sched_setscheduler(0, SCHED_OTHER, &own), 0);
  return true;
}

/* --- obtained --- */

Test(pool_priority, none_asked_for_is_the_creating_threads) {
  cr_assert_eq(setpriority(PRIO_PROCESS, 0, 4), 0);
  struct synched_pool *pool = pool_new(WORKERS);
  expect_all(pool, (struct standing){.policy = SCHED_OTHER, .nice = 4});
  cr_assert_eq(pool_info_of(pool).prioritised_count, 0);
  cr_assert_str_eq(pool_info_of(pool).warning, "");
  pool_end(pool);
}

Test(pool_priority, nice_is_each_workers_and_not_the_creating_threads) {
  const struct standing own = standing_of(0);
  const int nice = own.nice < 18 ? own.nice + 1 : 19;
  struct synched_pool *pool =
      pool_with(SYNCHED_POOL_OPTIONS(.worker_count = WORKERS, .nice = nice));
  expect_all(pool, (struct standing){.policy = SCHED_OTHER, .nice = nice});
  expect_standing(0, own);
  cr_assert_eq(pool_info_of(pool).prioritised_count, WORKERS);
  cr_assert_str_eq(pool_info_of(pool).warning, "");
  expect_works(pool);
  pool_end(pool);
}

Test(pool_priority, real_time_is_each_workers_and_not_the_creating_threads) {
  if (!may_be_real_time())
    cr_skip_test("not permitted here");
  const struct standing own = standing_of(0);
  static const int priorities[] = {1, 7, 99};
  for (size_t i = 0; i < LENGTH(priorities); i++) {
    struct synched_pool *pool =
        pool_with(SYNCHED_POOL_OPTIONS(.worker_count = WORKERS, .priority = priorities[i]));
    expect_all(pool, (struct standing){.policy = SCHED_FIFO, .priority = priorities[i]});
    expect_standing(0, own);
    cr_assert_eq(pool_info_of(pool).prioritised_count, WORKERS);
    expect_no_refusal(pool);
    expect_works(pool);
    pool_end(pool);
  }
}

Test(pool_priority, real_time_creating_thread_passes_it_on_unless_asked_otherwise) {
  if (!may_be_real_time())
    cr_skip_test("not permitted here");
  const struct sched_param own = {.sched_priority = 3};
  cr_assert_eq(sched_setscheduler(0, SCHED_FIFO, &own), 0);
  struct synched_pool *pool = pool_new(WORKERS);
  expect_all(pool, (struct standing){.policy = SCHED_FIFO, .priority = 3});
  cr_assert_eq(pool_info_of(pool).prioritised_count, 0);
  pool_end(pool);
  pool = pool_with(SYNCHED_POOL_OPTIONS(.worker_count = WORKERS, .nice = 6));
  expect_all(pool, (struct standing){.policy = SCHED_OTHER, .nice = 6});
  cr_assert_eq(pool_info_of(pool).prioritised_count, WORKERS);
  pool_end(pool);
  expect_standing(0, (struct standing){.policy = SCHED_FIFO, .priority = 3});
  /* What Criterion does after this is not to keep others off the CPU. */
  cr_assert_eq(sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){0}), 0);
}

/* --- refused --- */

static void expect_warning(const struct synched_pool *pool, const char *part) {
  const struct synched_pool_info info = pool_info_of(pool);
  cr_assert_not_null(strstr(info.warning, part), "\"%s\" does not say \"%s\"", info.warning, part);
}

Test(pool_priority, refused_by_the_system_is_a_warning_that_says_what_it_takes) {
  give_up_privilege();
  const struct standing own = standing_of(0);
  struct synched_pool *pool =
      pool_with(SYNCHED_POOL_OPTIONS(.worker_count = WORKERS, .priority = 50));
  cr_assert_eq(pool_info_of(pool).prioritised_count, 0);
  expect_warning(pool, "priority 50 refused to 3 of 3 workers: not permitted");
  expect_warning(pool, "CAP_SYS_NICE, or RLIMIT_RTPRIO 50");
  for (unsigned w = 0; w < WORKERS; w++) {
    cr_assert_eq(pool_worker_info_of(pool, w).priority_status, SYNCHED_EPERM);
    expect_standing(pool_worker_info_of(pool, w).thread_id, own);
  }
  expect_works(pool);
  pool_end(pool);
  pool = pool_with(SYNCHED_POOL_OPTIONS(.worker_count = 1, .nice = -5));
  cr_assert_eq(pool_info_of(pool).prioritised_count, 0);
  cr_assert_eq(pool_worker_info_of(pool, 0).priority_status, SYNCHED_EPERM);
  expect_warning(pool, "nice -5 refused to 1 of 1 workers: not permitted");
  expect_warning(pool, "CAP_SYS_NICE, or RLIMIT_NICE 25");
  pool_end(pool);
}

Test(pool_priority, refused_to_one_is_told_of_that_one) {
  for (unsigned nth = 1; nth <= WORKERS; nth++) {
    synched__fault_arm(SYNCHED__FAULT_PRIORITY, nth);
    struct synched_pool *pool =
        pool_with(SYNCHED_POOL_OPTIONS(.worker_count = WORKERS, .nice = 19));
    unsigned refused_count = 0;
    for (unsigned w = 0; w < WORKERS; w++)
      refused_count += pool_worker_info_of(pool, w).priority_status == SYNCHED_EPERM;
    cr_assert_eq(refused_count, 1);
    cr_assert_eq(pool_info_of(pool).prioritised_count, WORKERS - 1);
    expect_warning(pool, "nice 19 refused to 1 of 3");
    expect_works(pool);
    pool_end(pool);
  }
}

Test(pool_priority, refused_with_a_pin_both_are_told) {
  synched__fault_arm(SYNCHED__FAULT_PIN, 1);
  synched__fault_arm(SYNCHED__FAULT_PRIORITY, 1);
  struct synched_pool *pool = pool_with(SYNCHED_POOL_OPTIONS(.worker_count = WORKERS, .nice = 19,
                                                             .affinity = SYNCHED_AFFINITY_COMPACT));
  expect_warning(pool, "did not pin 1 of 3 workers: not permitted; nice 19 refused to 1 of 3");
  expect_warning(pool, "RLIMIT_NICE 1");
  pool_end(pool);
}

/* --- programs that were compiled before there were priorities --- */

Test(pool_priority, out_structs_of_an_older_caller_are_filled_as_far_as_they_reach) {
  struct synched_pool *pool = pool_with(SYNCHED_POOL_OPTIONS(.worker_count = 1, .nice = 19));
  struct synched_pool_info info;
  struct synched_pool_worker_info worker;
  memset(&info, 0x55, sizeof info);
  memset(&worker, 0x55, sizeof worker);
  const unsigned untouched_count = info.prioritised_count;
  const int untouched_status = worker.priority_status;
  info.struct_size = offsetof(struct synched_pool_info, prioritised_count);
  worker.struct_size = offsetof(struct synched_pool_worker_info, priority_status);
  cr_assert_eq(synched_pool_info(pool, &info), 0, "%s", synched_error_message());
  cr_assert_eq(synched_pool_worker_info(pool, 0, &worker), 0, "%s", synched_error_message());
  cr_assert_eq(info.worker_count, 1);
  cr_assert_eq(worker.thread_id, pool_worker_info_of(pool, 0).thread_id);
  cr_assert_eq(info.prioritised_count, untouched_count);
  cr_assert_eq(worker.priority_status, untouched_status);
  info.struct_size--;
  worker.struct_size--;
  expect_refused(synched_pool_info(pool, &info), SYNCHED_EINVAL, "struct_size");
  expect_refused(synched_pool_worker_info(pool, 0, &worker), SYNCHED_EINVAL, "struct_size");
  pool_end(pool);
}

/* --- the limit on real-time threads that never sleep --- */

/* RLIMIT_RTTIME of this process, where it may have real-time threads at all. */
static void limit_real_time(rlim_t us) {
  if (!may_be_real_time())
    cr_skip_test("not permitted here");
  const struct rlimit limit = {us, us};
  cr_assert_eq(setrlimit(RLIMIT_RTTIME, &limit), 0);
}

static uint64_t cpu_time_ns(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Computes for some time of its own; user: how long. */
static int compute_for(struct synched_task *task, void *user) {
  (void)task;
  const uint64_t *span_ns = user;
  const uint64_t end_ns = cpu_time_ns() + *span_ns;
  while (cpu_time_ns() < end_ns)
    continue;
  return 0;
}

/* The system ends programs whose real-time threads go on for so long without a sleep; if it ends
 * this one, the test fails. */
enum { LIMIT_US = 100000 };

static void run_for(struct synched_pool *pool, const struct synched_memory_options *memory,
                    uint64_t span_ns, struct synched_job_options options) {
  options.struct_size = sizeof options;
  options.compute = compute_for;
  options.user = &span_ns;
  struct engine engine = engine_new(pool, memory, &options);
  cr_assert_eq(synched_job_run(engine.job), 0);
  engine_end_with_pool(&engine);
}

static const struct synched_pool_options one_at_real_time = {
    .struct_size = sizeof one_at_real_time, .worker_count = 1, .priority = 1};

Test(pool_priority, real_time_rounds_without_a_pause_outlive_the_limit) {
  limit_real_time(LIMIT_US);
  run_for(pool_with(&one_at_real_time),
          SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 1, .element_size = 1),
          50000, (struct synched_job_options){.round_count = 5000});
}

Test(pool_priority, real_time_round_of_many_calls_outlives_the_limit) {
  limit_real_time(LIMIT_US);
  run_for(pool_with(&one_at_real_time),
          SYNCHED_MEMORY_OPTIONS(.segment_count = 5000, .segment_capacity = 1, .element_size = 1),
          100000,
          (struct synched_job_options){.round_count = 1, .flags = SYNCHED_JOB_NO_SEGMENT_TIMES});
}

Test(pool_priority, real_time_worker_that_spins_outlives_the_limit) {
  limit_real_time(LIMIT_US);
  run_for(
      pool_with(SYNCHED_POOL_OPTIONS(.worker_count = 1, .priority = 1, .wait = SYNCHED_WAIT_SPIN)),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1, .element_size = 1), 1000,
      (struct synched_job_options){.round_count = 3, .period_ns = 300000000});
}

Test(pool_priority, warning_tells_of_the_limit_where_it_counts) {
  limit_real_time(LIMIT_US);
  struct synched_pool *pool = pool_new(1);
  cr_assert_str_eq(pool_info_of(pool).warning, "");
  pool_end(pool);
  pool = pool_with(&one_at_real_time);
  cr_assert_not_null(strstr(pool_info_of(pool).warning, "RLIMIT_RTTIME is 100000 us"), "%s",
                     pool_info_of(pool).warning);
  pool_end(pool);
  /* Also where the workers have their class from the creating thread. */
  const struct sched_param own = {0}, first = {.sched_priority = 1};
  cr_assert_eq(sched_setscheduler(0, SCHED_FIFO, &first), 0);
  pool = pool_new(1);
  cr_assert_eq(sched_setscheduler(0, SCHED_OTHER, &own), 0);
  cr_assert_not_null(strstr(pool_info_of(pool).warning, "RLIMIT_RTTIME"));
  pool_end(pool);
}
