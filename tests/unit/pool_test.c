/*
 * pool_test.c: what a pool obtains and tells, how it refuses, and that its workers cost nothing
 * while idle. Rounds are run here only to see that a pool works.
 */
#include <criterion/criterion.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "platform/cpus.h"
#include "pool/pool.h"
#include "support/support.h"
#include "support/unit_support.h"

TestSuite(pool, .init = threads_begin);

/* The mask of a thread, 0 being the calling one, as the system has it: "0-3,8". */
static const char *mask_of(char *text, size_t text_bytes, uint64_t thread_id) {
  cpu_set_t mask;
  unsigned numbers[CPU_SETSIZE];
  struct synched__cpus cpus = {.numbers = numbers};
  cr_assert_eq(sched_getaffinity((pid_t)thread_id, sizeof mask, &mask), 0);
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; cpu++)
    if (CPU_ISSET(cpu, &mask))
      numbers[cpus.count++] = cpu;
  return synched__cpus_format(text, text_bytes, &cpus);
}

/* The first line of a file of one of this process's threads. */
static void read_line(char *line, size_t line_bytes, uint64_t thread_id, const char *file_name) {
  char path[64];
  (void)snprintf(path, sizeof path, "/proc/self/task/%llu/%s", (unsigned long long)thread_id,
                 file_name);
  FILE *file = fopen(path, "r");
  cr_assert_not_null(file, "%s", path);
  cr_assert_not_null(fgets(line, (int)line_bytes, file));
  (void)fclose(file);
  line[strcspn(line, "\n")] = '\0';
}

/* A CPU that this thread may use. */
static unsigned some_cpu(void) {
  cpu_set_t mask;
  cr_assert_eq(sched_getaffinity(0, sizeof mask, &mask), 0);
  unsigned cpu = 0;
  while (!CPU_ISSET(cpu, &mask))
    cpu++;
  return cpu;
}

/* Runs a few rounds; every segment must be computed in each of them. */
static void expect_works(struct synched_pool *pool) {
  struct engine engine = engine_new(
      pool, SYNCHED_MEMORY_OPTIONS(.segment_count = 9, .segment_capacity = 1, .element_size = 1),
      SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .round_count = 5));
  cr_assert_eq(synched_job_run(engine.job), 0);
  cr_assert_eq(summary_of(engine.job).call_count, 45);
  engine_end(&engine);
}

/* --- what is obtained --- */

Test(pool, create_without_options_takes_what_the_process_may_use) {
  struct synched_pool *pool;
  cr_assert_eq(synched_pool_create(&pool, NULL), 0);
  struct synched_pool_info info = pool_info_of(pool);
  cr_assert_eq(info.worker_count, usable_cpus());
  cr_assert_eq(info.usable_cpus, usable_cpus());
  cr_assert_eq(info.wait, SYNCHED_WAIT_AUTO);
  cr_assert_neq(info.affinity, SYNCHED_AFFINITY_AUTO);
  cr_assert_str_eq(info.warning, "");
  threads_expect(info.worker_count);
  expect_works(pool);
  pool_end(pool);
  threads_expect(0);
}

Test(pool, create_without_options_follows_the_callers_mask) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(some_cpu(), &one);
  cr_assert_eq(sched_setaffinity(0, sizeof one, &one), 0);
  struct synched_pool *pool;
  cr_assert_eq(synched_pool_create(&pool, NULL), 0);
  cr_assert_eq(pool_info_of(pool).worker_count, 1);
  cr_assert_eq(pool_info_of(pool).usable_cpus, 1);
  expect_works(pool);
  pool_end(pool);
}

/* Each worker's place, mask and name against what the system says of its thread. */
static void expect_truthful(const struct synched_pool *pool, const char *name,
                            unsigned most_pinned) {
  struct synched_pool_info info = pool_info_of(pool);
  char own[64], text[64], expected[64];
  (void)mask_of(own, sizeof own, 0);
  unsigned pinned_count = 0;
  for (unsigned w = 0; w < info.worker_count; w++) {
    struct synched_pool_worker_info worker = pool_worker_info_of(pool, w);
    cr_assert_str_eq(worker.cpus, mask_of(text, sizeof text, worker.thread_id));
    cr_assert_eq(worker.pin_status, 0);
    (void)snprintf(expected, sizeof expected, "%d", worker.place.cpu);
    cr_assert_str_eq(worker.cpus, worker.place.cpu < 0 ? own : expected, "worker %u", w);
    pinned_count += worker.place.cpu >= 0;
    (void)snprintf(expected, sizeof expected, "%s/%u", name, w);
    cr_assert_str_eq(worker.name, expected);
    read_line(text, sizeof text, worker.thread_id, "comm");
    cr_assert_str_eq(text, expected);
  }
  cr_assert_eq(info.pinned_count, pinned_count);
  cr_assert_eq(pinned_count, info.affinity == SYNCHED_AFFINITY_NONE ? 0 : most_pinned);
}

Test(pool, info_is_what_the_system_says) {
  static const unsigned worker_counts[] = {1, 2, 3, 16};
  for (int affinity = SYNCHED_AFFINITY_AUTO; affinity <= SYNCHED_AFFINITY_LIST; affinity++)
    for (size_t i = 0; i < LENGTH(worker_counts); i++) {
      char list[16], before[64], after[64];
      (void)snprintf(list, sizeof list, "%u", some_cpu());
      (void)mask_of(before, sizeof before, 0);
      struct synched_pool *pool = pool_with(
          SYNCHED_POOL_OPTIONS(.worker_count = worker_counts[i],
                               .affinity = (enum synched_affinity)affinity,
                               .cpu_list = affinity == SYNCHED_AFFINITY_LIST ? list : NULL,
                               .name = "rounds"));
      cr_assert_eq(pool_info_of(pool).worker_count, worker_counts[i]);
      if (affinity != SYNCHED_AFFINITY_AUTO)
        cr_assert_eq((int)pool_info_of(pool).affinity, affinity);
      /* AUTO binds those for whom there is a CPU. */
      const unsigned usable = pool_info_of(pool).usable_cpus;
      const bool crowded = affinity == SYNCHED_AFFINITY_AUTO && worker_counts[i] > usable;
      expect_truthful(pool, "rounds", crowded ? usable : worker_counts[i]);
      cr_assert_str_eq(before, mask_of(after, sizeof after, 0), "the caller's own mask changed");
      pool_end(pool);
      cr_assert_str_eq(before, mask_of(after, sizeof after, 0), "the caller's own mask changed");
    }
}

Test(pool, create_list_is_followed_in_its_order) {
  cpu_set_t mask;
  cr_assert_eq(sched_getaffinity(0, sizeof mask, &mask), 0);
  if (CPU_COUNT(&mask) < 2)
    cr_skip_test("one CPU only");
  unsigned first = some_cpu();
  unsigned second = first + 1;
  while (!CPU_ISSET(second, &mask))
    second++;
  char list[32];
  (void)snprintf(list, sizeof list, "%u,%u", second, first);
  struct synched_pool *pool = pool_with(
      SYNCHED_POOL_OPTIONS(.worker_count = 3, .affinity = SYNCHED_AFFINITY_LIST, .cpu_list = list));
  cr_assert_eq(pool_worker_info_of(pool, 0).place.cpu, (int)second);
  cr_assert_eq(pool_worker_info_of(pool, 1).place.cpu, (int)first);
  cr_assert_eq(pool_worker_info_of(pool, 2).place.cpu, (int)second);
  pool_end(pool);
}

/* Each thread tells in its first call where it runs. */
struct whereabouts {
  _Atomic uint32_t here_count;
  pthread_t threads[2];
  size_t stack_bytes[2];
};

static int tell_whereabouts(struct synched_task *task, void *user) {
  struct whereabouts *whereabouts = user;
  pthread_attr_t attributes;
  void *stack;
  whereabouts->threads[task->worker] = pthread_self();
  if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
    (void)pthread_attr_getstack(&attributes, &stack, &whereabouts->stack_bytes[task->worker]);
    (void)pthread_attr_destroy(&attributes);
  }
  (void)atomic_fetch_add(&whereabouts->here_count, 1);
  return 0;
}

Test(pool, create_stack_bytes_are_obtained) {
  struct whereabouts whereabouts = {0};
  struct synched_pool *pool =
      pool_with(SYNCHED_POOL_OPTIONS(.worker_count = 2, .stack_bytes = 300000));
  struct engine engine = engine_new(
      pool, SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 1, .element_size = 1),
      SYNCHED_JOB_OPTIONS(.compute = tell_whereabouts, .user = &whereabouts, .round_count = 1,
                          .balance = SYNCHED_BALANCE_STATIC));
  cr_assert_eq(synched_job_run(engine.job), 0);
  engine_end_with_pool(&engine);
  cr_assert_eq(atomic_load(&whereabouts.here_count), 2);
  cr_assert_not(pthread_equal(whereabouts.threads[0], whereabouts.threads[1]));
  for (unsigned w = 0; w < 2; w++) {
    cr_assert_not(pthread_equal(whereabouts.threads[w], pthread_self()));
    cr_assert_geq(whereabouts.stack_bytes[w], 290000);
    cr_assert_leq(whereabouts.stack_bytes[w], 400000);
  }
}

Test(pool, create_name_is_cut_but_the_number_stays) {
  struct synched_pool *pool =
      pool_with(SYNCHED_POOL_OPTIONS(.worker_count = 12, .name = "a name that is far too long"));
  for (unsigned w = 0; w < 12; w++) {
    struct synched_pool_worker_info info = pool_worker_info_of(pool, w);
    char number[8], comm[32];
    (void)snprintf(number, sizeof number, "/%u", w);
    cr_assert_str_eq(strchr(info.name, '/'), number, "%s", info.name);
    cr_assert_eq(strncmp(info.name, "a name th", 9), 0, "%s", info.name);
    read_line(comm, sizeof comm, info.thread_id, "comm");
    cr_assert_str_eq(comm, info.name);
  }
  pool_end(pool);
}

Test(pool, create_without_name_is_called_synched) {
  struct synched_pool *pool = pool_new(2);
  expect_truthful(pool, "synched", pool_info_of(pool).worker_count);
  pool_end(pool);
}

Test(pool, create_options_are_copied) {
  char name[] = "mine", list[16];
  (void)snprintf(list, sizeof list, "%u", some_cpu());
  struct synched_pool *pool =
      pool_with(SYNCHED_POOL_OPTIONS(.worker_count = 1, .name = name,
                                     .affinity = SYNCHED_AFFINITY_LIST, .cpu_list = list));
  memset(name, 'x', sizeof name - 1);
  memset(list, 'x', sizeof list - 1);
  expect_truthful(pool, "mine", pool_info_of(pool).worker_count);
  pool_end(pool);
}

Test(pool, info_tells_the_wait_in_force) {
  struct synched_pool *pool = pool_with(SYNCHED_POOL_OPTIONS(.worker_count = 1));
  cr_assert_eq(pool_info_of(pool).spin_ns, 50000, "the default is documented");
  pool_end(pool);
  pool = pool_with(SYNCHED_POOL_OPTIONS(.worker_count = 1, .spin_ns = 1234));
  cr_assert_eq(pool_info_of(pool).spin_ns, 1234);
  pool_end(pool);
  pool = pool_with(SYNCHED_POOL_OPTIONS(.worker_count = 1, .wait = SYNCHED_WAIT_SLEEP));
  cr_assert_eq(pool_info_of(pool).wait, SYNCHED_WAIT_SLEEP);
  cr_assert_eq(pool_info_of(pool).spin_ns, 0);
  pool_end(pool);
  if (spinning_most() == 0)
    return;
  pool = pool_with(SYNCHED_POOL_OPTIONS(.worker_count = 1, .wait = SYNCHED_WAIT_SPIN));
  cr_assert_eq(pool_info_of(pool).wait, SYNCHED_WAIT_SPIN);
  pool_end(pool);
}

Test(pool, create_any_count_and_wait_works) {
  static const unsigned worker_counts[] = {1, 2, 3, 16};
  for (size_t i = 0; i < LENGTH(worker_counts); i++)
    for (int wait = SYNCHED_WAIT_AUTO; wait <= SYNCHED_WAIT_SLEEP; wait++) {
      if (wait == SYNCHED_WAIT_SPIN && worker_counts[i] > spinning_most())
        continue;
      struct synched_pool *pool = pool_with(
          SYNCHED_POOL_OPTIONS(.worker_count = worker_counts[i], .wait = (enum synched_wait)wait));
      expect_works(pool);
      expect_works(pool);
      pool_end(pool);
    }
}

/* --- beside others --- */

/* Whether AUTO binds a pool that takes every CPU: not where a quota is in the way. */
static bool is_rationed(void) {
  struct synched__cpus_budget budget;
  synched__cpus_budget(&budget);
  return synched__cpus_are_rationed(&budget);
}

static void expect_placement(const struct synched_pool *pool, const char *part) {
  const struct synched_pool_info info = pool_info_of(pool);
  cr_assert_not_null(strstr(info.placement, part), "\"%s\" does not say \"%s\"", info.placement,
                     part);
}

/* The first worker's CPU is nobody else's business as long as there are others. */
Test(pool, create_smaller_than_the_machine_binds_nobody) {
  struct synched__cpus_budget budget;
  synched__cpus_budget(&budget);
  if (budget.allowed_count < 2 || is_rationed())
    cr_skip_test("every pool takes every CPU, or none may be bound");
  struct synched_pool *pools[2] = {pool_new(1), pool_new(budget.allowed_count - 1)};
  for (size_t i = 0; i < LENGTH(pools); i++) {
    cr_assert_eq(pool_info_of(pools[i]).affinity, SYNCHED_AFFINITY_NONE);
    cr_assert_eq(pool_info_of(pools[i]).pinned_count, 0);
    expect_placement(pools[i], "not bound: fewer workers");
    pool_end(pools[i]);
  }
}

Test(pool, create_beside_another_takes_its_cpus_last) {
  struct synched__cpus_budget budget;
  synched__cpus_budget(&budget);
  if (budget.allowed_count < 2 || budget.allowed_count > 64 || is_rationed())
    cr_skip_test("there is no choice");
  char list[16];
  (void)snprintf(list, sizeof list, "%u", some_cpu());
  struct synched_pool *first = pool_with(
      SYNCHED_POOL_OPTIONS(.worker_count = 1, .affinity = SYNCHED_AFFINITY_LIST, .cpu_list = list));
  expect_placement(first, "bound as asked for: list");
  struct synched_pool *second = pool_new(budget.allowed_count);
  cr_assert_eq(pool_worker_info_of(second, budget.allowed_count - 1).place.cpu, (int)some_cpu());
  expect_placement(second, "last those of its other pools");
  pool_end(first);
  pool_end(second);
  /* And when they are gone, they are forgotten. */
  second = pool_new(budget.allowed_count);
  cr_assert_null(strstr(pool_info_of(second).placement, "other pools"));
  expect_placement(second, "bound, one worker to each");
  pool_end(second);
}

Test(pool, info_of_an_older_header_is_filled_as_far_as_it_goes) {
  struct synched_pool *pool = pool_new(1);
  struct synched_pool_info info;
  memset(&info, 0x5a, sizeof info);
  info.struct_size = (uint32_t)offsetof(struct synched_pool_info, placement);
  cr_assert_eq(synched_pool_info(pool, &info), 0);
  cr_assert_eq(info.worker_count, 1);
  cr_assert_eq((unsigned char)info.placement[0], 0x5a);
  pool_end(pool);
}

/* --- what is refused --- */

Test(pool, create_spin_with_more_workers_than_cpus_is_refused) {
  struct synched_pool *pool = (struct synched_pool *)&pool;
  unsigned usable = spinning_most();
  expect_refused(synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = usable + 1,
                                                                 .wait = SYNCHED_WAIT_SPIN)),
                 SYNCHED_EINVAL, "SPIN");
  cr_assert_null(pool);
  threads_expect(0);
  if (usable == 0)
    cr_skip_test("less than one CPU");
  pool = pool_with(SYNCHED_POOL_OPTIONS(.worker_count = usable, .wait = SYNCHED_WAIT_SPIN));
  expect_works(pool);
  pool_end(pool);
}

/* Warnings that there is no room for are cut, and say so. */
Test(pool, warnings_that_do_not_fit_end_with_dots) {
  struct synched_pool_info info = {.struct_size = sizeof info};
  for (size_t length = 0; length < 2 * sizeof info.warning; length++) {
    char text[2 * sizeof info.warning + 1] = "";
    memset(text, 'x', length);
    info.warning[0] = '\0';
    synched__pool_warn(&info, "%s", "first");
    synched__pool_warn(&info, "%s", text);
    synched__pool_warn(&info, "%s", "last");
    const bool fits = strlen("first; ; last") + length < sizeof info.warning;
    cr_assert_eq(strncmp(info.warning, "first; ", 7), 0);
    const char *const end = fits ? "; last" : "...";
    cr_assert_str_eq(info.warning + strlen(info.warning) - strlen(end), end, "%zu: %s", length,
                     info.warning);
    cr_assert_eq(strstr(info.warning, "...") == NULL, fits);
  }
}

Test(pool, create_pin_refused_is_a_warning) {
  char list[16], own[64];
  (void)snprintf(list, sizeof list, "%u", some_cpu());
  (void)mask_of(own, sizeof own, 0);
  for (unsigned nth = 1; nth <= 3; nth++) {
    synched__fault_arm(SYNCHED__FAULT_PIN, nth);
    struct synched_pool *pool =
        pool_with(SYNCHED_POOL_OPTIONS(.worker_count = 3, .affinity = SYNCHED_AFFINITY_LIST,
                                       .cpu_list = list));
    cr_assert_eq(pool_info_of(pool).pinned_count, 2);
    cr_assert_not_null(strstr(pool_info_of(pool).warning, "1 of 3"), "%s",
                       pool_info_of(pool).warning);
    unsigned refused_count = 0;
    for (unsigned w = 0; w < 3; w++) {
      struct synched_pool_worker_info info = pool_worker_info_of(pool, w);
      if (info.pin_status == 0)
        continue;
      refused_count++;
      cr_assert_eq(info.pin_status, SYNCHED_EPERM);
      cr_assert_str_eq(info.cpus, own);
      cr_assert(info.place.cpu == -1 && info.place.core == -1 && info.place.cache == -1 &&
                info.place.numa_node == -1 && info.place.package == -1);
    }
    cr_assert_eq(refused_count, 1);
    expect_works(pool);
    pool_end(pool);
  }
}

Test(pool, create_topology_unreadable_is_a_warning_for_auto_only) {
  struct synched_pool *pool;
  synched__fault_arm(SYNCHED__FAULT_TOPOLOGY, 1);
  cr_assert_eq(synched_pool_create(&pool, NULL), 0);
  if (!disarm(SYNCHED__FAULT_TOPOLOGY, 1)) {
    cr_assert_eq(pool_info_of(pool).affinity, SYNCHED_AFFINITY_NONE);
    cr_assert_eq(pool_info_of(pool).pinned_count, 0);
    cr_assert_not_null(strstr(pool_info_of(pool).warning, "topology"), "%s",
                       pool_info_of(pool).warning);
  }
  expect_works(pool);
  pool_end(pool);
  synched__fault_arm(SYNCHED__FAULT_TOPOLOGY, 1);
  int status = synched_pool_create(
      &pool, SYNCHED_POOL_OPTIONS(.worker_count = 1, .affinity = SYNCHED_AFFINITY_COMPACT));
  expect_refused(status, SYNCHED_EIO, "hwloc");
  cr_assert_null(pool);
  threads_expect(0);
}

static int attempt_pool(void *context) {
  struct synched_pool **pool = context;
  int status = synched_pool_create(
      pool, SYNCHED_POOL_OPTIONS(.worker_count = 5, .affinity = SYNCHED_AFFINITY_SCATTER));
  threads_expect(status == 0 ? 5 : 0);
  cr_assert_eq(status != 0, *pool == NULL);
  return status;
}

static void undo_pool(void *context) {
  struct synched_pool **pool = context;
  expect_works(*pool);
  pool_end(*pool);
}

Test(pool, create_request_refused_leaves_nothing) {
  struct synched_pool *pool = (struct synched_pool *)&pool;
  struct refusing refusing = {.fault = SYNCHED__FAULT_THREAD,
                              .expected = SYNCHED_EAGAIN,
                              .attempt = attempt_pool,
                              .undo = undo_pool,
                              .context = &pool};
  cr_assert_eq(refuse_in_turn(&refusing), 5);
  refusing.fault = SYNCHED__FAULT_SYNC;
  refusing.expected = SYNCHED_ENOMEM;
  cr_assert_geq(refuse_in_turn(&refusing), 5, "a place to sleep for each worker");
}

/* What workers allocate while they settle may fail: they then know their mask less well, that is
 * all. */
Test(pool, create_allocation_refused_leaves_nothing) {
  unsigned refused_count = 0;
  for (unsigned nth = 1;; nth++) {
    struct synched_pool *pool = (struct synched_pool *)&pool;
    synched__fault_arm(SYNCHED__FAULT_ALLOCATE, nth);
    int status = synched_pool_create(
        &pool, SYNCHED_POOL_OPTIONS(.worker_count = 3, .affinity = SYNCHED_AFFINITY_SCATTER));
    if (status == 0) {
      bool unused = disarm(SYNCHED__FAULT_ALLOCATE, nth);
      expect_works(pool);
      pool_end(pool);
      if (unused)
        break;
      continue;
    }
    refused_count++;
    expect_refused(status, SYNCHED_ENOMEM, "");
    cr_assert_null(pool);
    threads_expect(0);
  }
  cr_assert_geq(refused_count, 5, "only %u", refused_count);
}

/* --- the end --- */

Test(pool, destroy_with_a_job_is_busy) {
  struct engine engine = engine_new(
      pool_new(2),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 4, .segment_capacity = 1, .element_size = 1),
      SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .round_count = 3));
  expect_refused(synched_pool_destroy(engine.pool), SYNCHED_EBUSY, "1 job");
  threads_expect(2);
  cr_assert_eq(synched_job_run(engine.job), 0);
  expect_refused(synched_pool_destroy(engine.pool), SYNCHED_EBUSY, "1 job");
  engine_end_with_pool(&engine);
  threads_expect(0);
}

struct suicide {
  struct synched_pool *pool;
  _Atomic int status;
  char message[256];
};

static int destroy_own_pool(struct synched_task *task, void *user) {
  struct suicide *suicide = user;
  if (task->segment == 0) {
    atomic_store(&suicide->status, synched_pool_destroy(suicide->pool));
    (void)snprintf(suicide->message, sizeof suicide->message, "%s", synched_error_message());
  }
  return 0;
}

Test(pool, destroy_on_own_worker_is_a_deadlock) {
  struct suicide suicide = {.pool = pool_new(2)};
  struct engine engine = engine_new(
      suicide.pool,
      SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 1, .element_size = 1),
      SYNCHED_JOB_OPTIONS(.compute = destroy_own_pool, .user = &suicide, .round_count = 3));
  cr_assert_eq(synched_job_run(engine.job), 0);
  cr_assert_eq(atomic_load(&suicide.status), SYNCHED_EDEADLK);
  cr_assert_str_not_empty(suicide.message);
  cr_assert_eq(summary_of(engine.job).round_count, 3);
  engine_end_with_pool(&engine);
}

Test(pool, destroy_null_does_nothing) {
  cr_assert_eq(synched_pool_destroy(NULL), 0);
}

/* --- idle --- */

/* CPU time that a thread of this process has used. */
static uint64_t cpu_time_ns(uint64_t thread_id) {
  /* What pthread_getcpuclockid makes of a thread; here it is another's number that we have. */
  clockid_t clock = (clockid_t)((~(unsigned)thread_id << 3) | 6u);
  struct timespec used;
  cr_assert_eq(clock_gettime(clock, &used), 0);
  return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

static bool is_asleep(uint64_t thread_id) {
  char line[512];
  read_line(line, sizeof line, thread_id, "stat");
  const char *state = strrchr(line, ')');
  return state != NULL && state[2] == 'S';
}

/* All workers fall asleep, and then use no CPU at all. */
static void expect_idle(const struct synched_pool *pool) {
  const unsigned count = pool_info_of(pool).worker_count;
  uint64_t used_ns[16];
  for (unsigned w = 0; w < count; w++) {
    uint64_t thread_id = pool_worker_info_of(pool, w).thread_id;
    unsigned quiet = 0;
    /* Asleep may also be a page fault on the way to the gate; so it must last. */
    for (unsigned ms = 0; quiet < 5 && ms < 20000; ms++) {
      uint64_t before_ns = cpu_time_ns(thread_id);
      nap_ms(1);
      quiet = is_asleep(thread_id) && cpu_time_ns(thread_id) == before_ns ? quiet + 1 : 0;
    }
    cr_assert_eq(quiet, 5, "worker %u does not sleep", w);
    used_ns[w] = cpu_time_ns(thread_id);
  }
  nap_ms(50);
  for (unsigned w = 0; w < count; w++)
    cr_assert_eq(cpu_time_ns(pool_worker_info_of(pool, w).thread_id), used_ns[w], "worker %u", w);
}

Test(pool, idle_workers_use_no_cpu) {
  for (int wait = SYNCHED_WAIT_AUTO; wait <= SYNCHED_WAIT_SLEEP; wait++) {
    unsigned count = wait == SYNCHED_WAIT_SPIN ? spinning_most() : 4;
    if (count == 0)
      continue;
    struct synched_pool *pool =
        pool_with(SYNCHED_POOL_OPTIONS(.worker_count = count < 16 ? count : 16,
                                       .wait = (enum synched_wait)wait));
    expect_idle(pool);
    expect_works(pool);
    expect_idle(pool);
    pool_end(pool);
  }
}
