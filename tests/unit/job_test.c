/*
 * job_test.c: who computes what and when; where a job begins, goes on and ends. What it computes is
 * in job_results_test.c, how it fails in job_failure_test.c, several at once in job_turns_test.c.
 */
#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uv.h>

#include "engine/group_counter.h"
#include "job/requests.h"
#include "support/unit_support.h"
#include "support/witness.h"

#define SEGMENTS_MAX 64
#define WORKERS_MAX 16

/* The same as `reaches`, for calls, which would otherwise wait in every round of a test that
 * fails. */
static bool reaches_soon(_Atomic uint32_t *number, uint32_t wanted) {
  for (unsigned ms = 0; ms < 10000; ms++) {
    if (atomic_load(number) == wanted)
      return true;
    nap_ms(ms == 0 ? 0 : 1);
  }
  return false;
}

/* --- who computes what --- */

/* Who computed each segment, and whether that ever changed. */
struct homes {
  _Atomic uint32_t worker[SEGMENTS_MAX]; /* plus 1; 0: nobody yet */
  _Atomic uint32_t away_count;
  _Atomic uint32_t busy[WORKERS_MAX];
  _Atomic uint32_t clash_count;
  uint64_t last_round; /* later rounds do not count */
};

static int note_home(struct synched_task *task, void *user) {
  struct homes *homes = user;
  uint32_t self = task->worker + 1, before = 0;
  if (atomic_exchange(&homes->busy[task->worker], 1) != 0)
    (void)atomic_fetch_add(&homes->clash_count, 1);
  if (homes->last_round == 0 || task->round <= homes->last_round)
    if (!atomic_compare_exchange_strong(&homes->worker[task->segment], &before, self) &&
        before != self)
      (void)atomic_fetch_add(&homes->away_count, 1);
  atomic_store(&homes->busy[task->worker], 0);
  return 0;
}

/* Segments 0 .. count - 1 are dealt in contiguous ranges that differ by one at most. */
static void expect_dealt(struct homes *homes, size_t segment_count, unsigned worker_count) {
  for (size_t s = 0; s < segment_count; s++) {
    size_t base = segment_count / worker_count, extra = segment_count % worker_count;
    size_t longer = extra * (base + 1);
    size_t expected = s < longer ? s / (base + 1) : extra + (s - longer) / base;
    cr_assert_eq(atomic_load(&homes->worker[s]), expected + 1, "segment %zu of %zu on worker %d", s,
                 segment_count, (int)atomic_load(&homes->worker[s]) - 1);
  }
  cr_assert_eq(atomic_load(&homes->away_count), 0);
  cr_assert_eq(atomic_load(&homes->clash_count), 0);
}

Test(job, static_balance_keeps_every_segment_at_home) {
  static const unsigned worker_counts[] = {1, 2, 3, 4, 7, 16};
  static const size_t segment_counts[] = {1, 5, 16, 61};
  for (size_t w = 0; w < LENGTH(worker_counts); w++) {
    struct synched_pool *pool = pool_new(worker_counts[w]);
    for (size_t k = 0; k < LENGTH(segment_counts); k++) {
      struct homes homes = {0};
      struct engine engine =
          engine_new(pool,
                     SYNCHED_MEMORY_OPTIONS(.segment_count = segment_counts[k],
                                            .segment_capacity = 1, .element_size = 8),
                     SYNCHED_JOB_OPTIONS(.compute = note_home, .user = &homes, .round_count = 20,
                                         .balance = SYNCHED_BALANCE_STATIC));
      cr_assert_eq(synched_job_run(engine.job), 0);
      expect_dealt(&homes, segment_counts[k], worker_counts[w]);
      cr_assert_eq(summary_of(engine.job).stolen_count, 0);
      engine_end(&engine);
    }
    pool_end(pool);
  }
}

/* A call of one worker's first segment, which returns when another worker has computed its
 * second. */
struct theft {
  size_t busy_segment;
  _Atomic uint32_t computed[8];
  _Atomic uint32_t in_vain;
};

static int wait_for_theft(struct synched_task *task, void *user) {
  struct theft *theft = user;
  _Atomic uint32_t *stolen = &theft->computed[theft->busy_segment + 1];
  /* Once is enough to know. */
  if (task->segment == theft->busy_segment && atomic_load(&theft->in_vain) == 0 &&
      !reaches_soon(stolen, (uint32_t)task->round))
    (void)atomic_fetch_add(&theft->in_vain, 1);
  (void)atomic_fetch_add(&theft->computed[task->segment], 1);
  return 0;
}

Test(job, steal_balance_takes_what_any_busy_worker_has_not_begun) {
  for (unsigned worker_count = 2; worker_count <= 4; worker_count++) {
    struct synched_pool *pool = pool_new(worker_count);
    for (unsigned busy = 0; busy < worker_count; busy++) {
      struct theft theft = {.busy_segment = 2 * busy};
      struct engine engine =
          engine_new(pool,
                     SYNCHED_MEMORY_OPTIONS(.segment_count = 2 * worker_count,
                                            .segment_capacity = 1, .element_size = 1),
                     SYNCHED_JOB_OPTIONS(.compute = wait_for_theft, .user = &theft,
                                         .round_count = 20, .flags = SYNCHED_JOB_EAGER));
      cr_assert_eq(synched_job_run(engine.job), 0);
      cr_assert_eq(atomic_load(&theft.in_vain), 0, "worker %u of %u", busy, worker_count);
      cr_assert_geq(summary_of(engine.job).stolen_count, 20);
      engine_end(&engine);
    }
    pool_end(pool);
  }
}

/* Calls that return when all of the round's calls are under way, each on a worker of its own. */
struct meeting {
  uint32_t size;
  _Atomic uint32_t come[32]; /* by round */
  _Atomic uint32_t in_vain;
};

static int meet(struct synched_task *task, void *user) {
  struct meeting *meeting = user;
  (void)atomic_fetch_add(&meeting->come[task->round], 1);
  if (atomic_load(&meeting->in_vain) == 0 &&
      !reaches_soon(&meeting->come[task->round], meeting->size))
    (void)atomic_fetch_add(&meeting->in_vain, 1);
  return 0;
}

Test(job, eager_rounds_use_every_worker) {
  for (unsigned worker_count = 2; worker_count <= 8; worker_count *= 2)
    for (int balance = SYNCHED_BALANCE_STEAL; balance <= SYNCHED_BALANCE_STATIC; balance++) {
      struct meeting meeting = {.size = worker_count};
      struct engine engine =
          engine_new(pool_new(worker_count),
                     SYNCHED_MEMORY_OPTIONS(.segment_count = worker_count, .segment_capacity = 1,
                                            .element_size = 1),
                     SYNCHED_JOB_OPTIONS(.compute = meet, .user = &meeting, .round_count = 20,
                                         .flags = SYNCHED_JOB_EAGER,
                                         .balance = (enum synched_balance)balance));
      cr_assert_eq(synched_job_run(engine.job), 0);
      cr_assert_eq(atomic_load(&meeting.in_vain), 0);
      engine_end_with_pool(&engine);
    }
}

static _Atomic uint32_t held_up, let_go, too_late;

static void hold_up(int number) {
  (void)number;
  atomic_store(&held_up, 1);
  while (atomic_load(&let_go) == 0)
    continue;
}

/* The job ought to have ended long before. */
static void give_up(uv_timer_t *timer) {
  (void)timer;
  atomic_store(&too_late, 1);
  atomic_store(&let_go, 1);
}

/* Runs a job on a loop; false if that took suspiciously long. */
static bool ends_in_time(struct synched_job *job) {
  uv_loop_t loop;
  uv_timer_t timer;
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(uv_timer_init(&loop, &timer), 0);
  cr_assert_eq(uv_timer_start(&timer, give_up, 10000, 0), 0);
  uv_unref((uv_handle_t *)&timer);
  cr_assert_eq(synched_job_start(job, &loop), 0);
  (void)uv_run(&loop, UV_RUN_DEFAULT);
  uv_close((uv_handle_t *)&timer, NULL);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&loop), 0);
  return atomic_load(&too_late) == 0;
}

/* By one of the few signals that workers do not block. */
static void hold_worker(struct synched_pool *pool, unsigned worker) {
  struct synched_pool_worker_info info = {.struct_size = sizeof info};
  struct sigaction action = {.sa_handler = hold_up};
  cr_assert_eq(synched_pool_worker_info(pool, worker, &info), 0);
  cr_assert_eq(sigaction(SIGSYS, &action, NULL), 0);
  cr_assert_eq(syscall(SYS_tgkill, getpid(), (pid_t)info.thread_id, SIGSYS), 0);
  cr_assert(reaches(&held_up, 1));
}

static uint64_t calls_of(const struct synched_job *job, unsigned worker) {
  struct synched_report_worker totals = {.struct_size = sizeof totals};
  struct synched_report *report;
  cr_assert_eq(synched_job_report(job, &report), 0);
  cr_assert_eq(synched_report_worker(report, worker, &totals), 0);
  synched_report_destroy(report);
  return totals.call_count;
}

/* The barrier counts segments: a worker that the system does not let run delays nobody. */
static void expect_goes_on_without(unsigned worker) {
  struct synched_pool *pool = pool_new(2);
  struct witnessed_options options = {.serial = {.segment_count = 10},
                                      .job = {.flags = SYNCHED_JOB_EAGER, .round_count = 200}};
  struct witnessed *witnessed = witnessed_new(pool, &options);
  hold_worker(pool, worker);
  cr_assert(ends_in_time(witnessed->engine.job), "the round waits for worker %u", worker);
  cr_assert_eq(calls_of(witnessed->engine.job, worker), 0);
  atomic_store(&let_go, 1);
  cr_assert_eq(synched_job_run(witnessed->engine.job), 0);
  witness_expect(&witnessed->witness, witnessed->engine.memory, "without and with the other");
  witnessed_end(witnessed);
  pool_end(pool);
}

Test(job, run_with_the_first_worker_held_up_goes_on) {
  expect_goes_on_without(0);
}

Test(job, run_with_the_second_worker_held_up_goes_on) {
  expect_goes_on_without(1);
}

Test(job, worker_numbers_are_for_one_call_at_a_time) {
  struct homes homes = {0};
  struct engine engine = engine_new(
      pool_new(4),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 40, .segment_capacity = 1, .element_size = 1),
      SYNCHED_JOB_OPTIONS(.compute = note_home, .user = &homes, .round_count = at_most(500, 50),
                          .flags = SYNCHED_JOB_EAGER));
  synched__schedule_seed(11);
  cr_assert_eq(synched_job_run(engine.job), 0);
  synched__schedule_seed(0);
  cr_assert_eq(atomic_load(&homes.clash_count), 0);
  engine_end_with_pool(&engine);
}

/* A memory of some pages: until each buffer has been written once, its segments are computed at
 * home. */
Test(job, first_touch_of_a_buffer_is_at_home) {
  const unsigned workers = usable_cpus() < 4 ? usable_cpus() : 4;
  struct homes homes = {.last_round = 2};
  struct engine engine = engine_new(
      pool_new(workers),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 32, .segment_capacity = 4096, .element_size = 1),
      SYNCHED_JOB_OPTIONS(.compute = note_home, .user = &homes, .round_count = 40));
  cr_assert_eq(synched_job_run(engine.job), 0);
  expect_dealt(&homes, 32, workers);
  engine_end_with_pool(&engine);
}

/* --- init --- */

struct beginning {
  struct homes homes; /* of init, and of compute as long as last_round says */
  _Atomic uint32_t init_count[SEGMENTS_MAX];
  _Atomic uint32_t wrong;
  _Atomic uint32_t on_round_count;
  uint64_t first_round; /* of the run; by the test */
};

static int begin_segment(struct synched_task *task, void *user) {
  struct beginning *beginning = user;
  uint32_t *out = task->out;
  (void)note_home(task, &beginning->homes);
  (void)atomic_fetch_add(&beginning->init_count[task->segment], 1);
  if (task->round != 0 || task->previous->round != 0 || task->capacity != 4 ||
      task->first != task->segment * 4)
    (void)atomic_fetch_add(&beginning->wrong, 1);
  for (size_t i = 0; i < 3; i++)
    out[i] = (uint32_t)(task->segment * 10 + i);
  task->count = 3;
  return 0;
}

/* Each round adds 100 to what init left. */
static int add_hundred(struct synched_task *task, void *user) {
  struct beginning *beginning = user;
  const uint32_t *own = synched_snapshot_segment(task->previous, task->segment);
  uint32_t *out = task->out;
  (void)note_home(task, &beginning->homes);
  if (task->count != 3 || task->round == 0)
    (void)atomic_fetch_add(&beginning->wrong, 1);
  for (size_t i = 0; i < 3; i++) {
    if (own[i] != (uint32_t)(task->segment * 10 + i + 100 * task->previous->round))
      (void)atomic_fetch_add(&beginning->wrong, 1);
    out[i] = own[i] + 100;
  }
  return 0;
}

static int count_round(const struct synched_snapshot *now, void *user) {
  struct beginning *beginning = user;
  uint32_t before = atomic_fetch_add(&beginning->on_round_count, 1);
  if (now->round != before + 1)
    (void)atomic_fetch_add(&beginning->wrong, 1);
  return SYNCHED_CONTINUE;
}

static void expect_init(unsigned worker_count, enum synched_balance balance) {
  struct beginning beginning = {.homes = {.last_round = balance == SYNCHED_BALANCE_STATIC ? 0 : 1}};
  /* With stealing, rounds may be computed anywhere, so that only init itself counts. */
  struct engine engine = engine_new(
      pool_new(worker_count),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 21, .segment_capacity = 4, .element_size = 4),
      SYNCHED_JOB_OPTIONS(.init = begin_segment, .compute = add_hundred, .user = &beginning,
                          .on_round = count_round, .balance = balance, .round_count = 5));
  for (unsigned run = 1; run <= 3; run++) {
    cr_assert_eq(synched_job_run(engine.job), 0);
    cr_assert_eq(memory_round(engine.memory), 5 * run);
    cr_assert_eq(atomic_load(&beginning.on_round_count), 5 * run);
    cr_assert_eq(summary_of(engine.job).round_count, 5);
    cr_assert_eq(summary_of(engine.job).call_count, 5 * 21);
  }
  cr_assert_eq(atomic_load(&beginning.wrong), 0);
  for (size_t s = 0; s < 21; s++)
    cr_assert_eq(atomic_load(&beginning.init_count[s]), 1, "segment %zu", s);
  if (balance == SYNCHED_BALANCE_STATIC)
    expect_dealt(&beginning.homes, 21, worker_count);
  engine_end_with_pool(&engine);
}

Test(job, init_runs_once_at_home_and_leaves_the_round_number) {
  static const unsigned worker_counts[] = {1, 2, 3, 16};
  for (size_t i = 0; i < LENGTH(worker_counts); i++) {
    expect_init(worker_counts[i], SYNCHED_BALANCE_STATIC);
    expect_init(worker_counts[i], SYNCHED_BALANCE_STEAL);
  }
}

static int nothing_here(struct synched_task *task, void *user) {
  (void)task;
  (void)user;
  return 0;
}

Test(job, init_is_at_home_with_stealing_too) {
  const unsigned workers = usable_cpus() < 4 ? usable_cpus() : 4;
  struct homes homes = {0};
  struct synched_pool *pool = pool_new(workers);
  for (unsigned repeat = 0; repeat < 20; repeat++) {
    struct engine engine = engine_new(
        pool, SYNCHED_MEMORY_OPTIONS(.segment_count = 33, .segment_capacity = 1, .element_size = 1),
        SYNCHED_JOB_OPTIONS(.init = note_home, .compute = nothing_here, .user = &homes,
                            .round_count = 1));
    cr_assert_eq(synched_job_run(engine.job), 0);
    engine_end(&engine);
  }
  expect_dealt(&homes, 33, workers);
  pool_end(pool);
}

/* --- where a segment begins --- */

/* Element i of the whole is i in round 0, and one more in each round, whoever computes it. */
static int number_elements(struct synched_task *task, void *user) {
  uint64_t *out = task->out;
  (void)user;
  for (size_t i = 0; i < task->capacity; i++)
    out[i] = task->first + i;
  return 0;
}

static int add_one_in_place(struct synched_task *task, void *user) {
  const uint64_t *whole = task->previous->data;
  uint64_t *out = task->out;
  (void)user;
  for (size_t i = 0; i < task->capacity; i++)
    out[i] = whole[task->first + i] + 1;
  return 0;
}

Test(job, first_is_where_the_segment_begins_in_the_whole) {
  static const size_t uneven[] = {3, 0, 17, 1, 0, 40, 2};
  for (int layout = SYNCHED_LAYOUT_PACKED; layout <= SYNCHED_LAYOUT_PADDED; layout++) {
    struct engine engine = engine_new(
        pool_new(2),
        SYNCHED_MEMORY_OPTIONS(.segment_count = LENGTH(uneven), .segment_capacities = uneven,
                               .element_size = sizeof(uint64_t),
                               .layout = (enum synched_layout)layout),
        SYNCHED_JOB_OPTIONS(.init = number_elements, .compute = add_one_in_place,
                            .round_count = 5));
    cr_assert_eq(synched_job_run(engine.job), 0);
    const struct synched_snapshot *now = synched_snapshot_current(engine.memory);
    const uint64_t *whole = now->data;
    for (size_t s = 0; s < LENGTH(uneven); s++)
      for (size_t i = now->offsets[s]; i < now->offsets[s] + uneven[s]; i++)
        cr_assert_eq(whole[i], i + 5, "segment %zu", s);
    synched_snapshot_release(now);
    engine_end_with_pool(&engine);
  }
}

/* --- where it ends, and goes on --- */

Test(job, run_ends_after_round_count_and_goes_on_from_there) {
  struct synched_pool *pool = pool_new(2);
  struct witnessed_options options = {.serial = {.segment_count = 6}, .job = {.round_count = 7}};
  struct witnessed *witnessed = witnessed_new(pool, &options);
  for (unsigned run = 1; run <= 5; run++) {
    cr_assert_eq(synched_job_run(witnessed->engine.job), 0);
    cr_assert_eq(memory_round(witnessed->engine.memory), 7 * run);
    cr_assert_eq(summary_of(witnessed->engine.job).round_count, 7);
    cr_assert_eq(summary_of(witnessed->engine.job).status, 0);
  }
  witness_expect(&witnessed->witness, witnessed->engine.memory, "five runs");
  witnessed_end(witnessed);
  pool_end(pool);
}

Test(job, on_round_stop_ends_well_after_a_whole_round) {
  struct synched_pool *pool = pool_new(3);
  struct witnessed_options options = {.serial = {.segment_count = 5}};
  struct witnessed *witnessed = witnessed_new(pool, &options);
  for (uint64_t round = 1; round <= 41; round += 10) {
    witnessed->witness.stop_round = round;
    cr_assert_eq(synched_job_run(witnessed->engine.job), 0);
    cr_assert_eq(memory_round(witnessed->engine.memory), round);
  }
  witness_expect(&witnessed->witness, witnessed->engine.memory, "stopped");
  witnessed_end(witnessed);
  pool_end(pool);
}

static int refuse_third(const struct synched_snapshot *now, void *user) {
  int status = witness_on_round(now, user);
  return now->round == 3 ? *(int *)((struct witness *)user)->test : status;
}

Test(job, on_round_negative_ends_with_it_and_the_round_stays) {
  struct synched_pool *pool = pool_new(2);
  struct witnessed_options options = {.serial = {.segment_count = 5},
                                      .job = {.on_round = refuse_third, .round_count = 3}};
  for (unsigned where = 0; where < 2; where++) {
    int code = -4711;
    options.job.round_count = where == 0 ? 3 : 8; /* on the last round, and in the middle */
    struct witnessed *witnessed = witnessed_new(pool, &options);
    witnessed->witness.test = &code;
    cr_assert_eq(synched_job_run(witnessed->engine.job), code);
    cr_assert_eq(memory_round(witnessed->engine.memory), 3);
    struct synched_report_summary summary = summary_of(witnessed->engine.job);
    cr_assert_eq(summary.status, code);
    cr_assert_eq(summary.round_count, 3);
    cr_assert_eq(summary.failed_segment, -1);
    cr_assert_eq(summary.failed_code, 0);
    witness_expect(&witnessed->witness, witnessed->engine.memory, "refused");
    witnessed_end(witnessed);
  }
  pool_end(pool);
}

Test(job, next_job_of_a_memory_goes_on_from_what_it_holds) {
  struct synched_pool *pools[2] = {pool_new(1), pool_new(3)};
  struct witnessed_options options = {.serial = {.segment_count = 8}, .job = {.round_count = 4}};
  struct witnessed *witnessed = witnessed_new(pools[0], &options);
  struct engine *engine = &witnessed->engine;
  cr_assert_eq(synched_job_run(engine->job), 0);
  for (unsigned i = 1; i <= 4; i++) {
    cr_assert_eq(synched_job_destroy(engine->job), 0);
    cr_assert_eq(synched_job_create(
                     &engine->job, pools[i % 2], engine->memory,
                     SYNCHED_JOB_OPTIONS(.compute = witness_compute, .on_round = witness_on_round,
                                         .user = &witnessed->witness, .round_count = 4)),
                 0);
    cr_assert_eq(synched_job_run(engine->job), 0);
  }
  cr_assert_eq(memory_round(engine->memory), 20);
  witness_expect(&witnessed->witness, engine->memory, "five jobs");
  witnessed_end(witnessed);
  pool_end(pools[0]);
  pool_end(pools[1]);
}

Test(job, load_between_runs_is_what_the_next_run_reads) {
  struct synched_pool *pool = pool_new(2);
  struct witnessed_options options = {.serial = {.segment_count = 8}, .job = {.round_count = 3}};
  struct witnessed *witnessed = witnessed_new(pool, &options);
  cr_assert_eq(synched_job_run(witnessed->engine.job), 0);
  serial_load(&witnessed->witness.serial, witnessed->engine.memory);
  for (size_t s = 0; s < 8; s++)
    for (size_t i = witnessed->witness.serial.counts[s]; i < 5; i++)
      witnessed->witness.serial.now[s * 5 + i] = 0.0;
  cr_assert_eq(memory_round(witnessed->engine.memory), 3);
  cr_assert_eq(synched_job_run(witnessed->engine.job), 0);
  witness_expect(&witnessed->witness, witnessed->engine.memory, "loaded in between");
  witnessed_end(witnessed);
  pool_end(pool);
}

/* --- what is kept of the options --- */

Test(job, create_options_are_copied) {
  struct synched_pool *pool = pool_new(2);
  char name[] = "mine";
  struct synched_job_options *options =
      SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .name = name, .round_count = 2);
  struct engine engine = engine_new(
      pool, SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 1, .element_size = 1),
      options);
  memset(name, 'x', sizeof name - 1);
  memset(options, 0xff, sizeof *options);
  cr_assert_eq(synched_job_run(engine.job), 0);
  cr_assert_str_eq(summary_of(engine.job).name, "mine");
  engine_end_with_pool(&engine);
}

static void expect_timed(uint32_t flags, uint64_t expected) {
  struct engine engine = engine_new(
      pool_new(2),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 3, .segment_capacity = 1, .element_size = 1),
      SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .flags = flags, .round_count = 9));
  cr_assert_eq(synched_job_run(engine.job), 0);
  struct synched_report *report;
  cr_assert_eq(synched_job_report(engine.job, &report), 0);
  for (size_t s = 0; s < 3; s++) {
    struct synched_report_segment segment = {.struct_size = sizeof segment};
    cr_assert_eq(synched_report_segment(report, s, &segment), 0);
    cr_assert_eq(segment.call_count, expected);
  }
  synched_report_destroy(report);
  engine_end_with_pool(&engine);
}

/* --- what a job needs --- */

static int create_large(void *context) {
  struct engine *engine = context;
  return synched_job_create(&engine->job, engine->pool, engine->memory,
                            SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .round_count = 1,
                                                .balance = SYNCHED_BALANCE_STATIC,
                                                .deadline_ns = UINT64_C(1000000000),
                                                .fold = SYNCHED_FOLD_SUM));
}

static void destroy_large(void *context) {
  struct engine *engine = context;
  cr_assert_eq(synched_job_destroy(engine->job), 0);
}

/* A team so large that it counts in groups; and the first job with a deadline makes the pool's
 * monitor. */
Test(job, create_refused_what_a_large_team_needs_leaves_nothing) {
  static const enum synched__fault faults[] = {SYNCHED__FAULT_SYNC, SYNCHED__FAULT_ALLOCATE};
  for (size_t i = 0; i < LENGTH(faults); i++) {
    struct engine engine = {.pool = pool_new(SYNCHED__GROUPED_TEAM + 1)};
    engine.memory = memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = 2 * SYNCHED__GROUPED_TEAM,
                                                       .segment_capacity = 1, .element_size = 8));
    const struct refusing refusing = {faults[i],    SYNCHED_ENOMEM, SYNCHED_EAGAIN,
                                      create_large, destroy_large,  &engine};
    cr_assert_gt(refuse_in_turn(&refusing), 3);
    memory_end(engine.memory);
    pool_end(engine.pool);
  }
}

/* Its port is there only when the start is sure. */
Test(job, destroy_in_the_middle_of_a_start_is_refused) {
  struct engine engine = engine_new(
      pool_new(1),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1, .element_size = 8),
      SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .round_count = 1));
  uint32_t before;
  cr_assert_eq(synched__requests_open(engine.job, &before), 0);
  expect_refused(synched_job_destroy(engine.job), SYNCHED_EBUSY, "running");
  synched__requests_undo_open(engine.job, before);
  engine_end_with_pool(&engine);
}

Test(job, flag_no_segment_times_leaves_them_out) {
  expect_timed(0, 9);
  expect_timed(SYNCHED_JOB_NO_SEGMENT_TIMES, 0);
}

Test(job, report_adds_up) {
  struct engine engine = engine_new(
      pool_new(3),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 10, .segment_capacity = 1, .element_size = 1),
      SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .flags = SYNCHED_JOB_EAGER,
                          .round_count = 300, .record = SYNCHED_RECORD_ROUNDS,
                          .report_rounds = 20));
  cr_assert_eq(synched_job_run(engine.job), 0);
  struct synched_report *report;
  cr_assert_eq(synched_job_report(engine.job, &report), 0);
  struct synched_report_summary summary = summary_of(engine.job);
  uint64_t calls = 0, stolen = 0, closed = 0;
  for (unsigned w = 0; w < 3; w++) {
    struct synched_report_worker worker = {.struct_size = sizeof worker};
    cr_assert_eq(synched_report_worker(report, w, &worker), 0);
    cr_assert_leq(worker.round_count, 300);
    calls += worker.call_count;
    stolen += worker.stolen_count;
    closed += worker.closed_count;
  }
  cr_assert_eq(summary.worker_count, 3);
  cr_assert_eq(calls, 3000);
  cr_assert_eq(stolen, summary.stolen_count);
  cr_assert_eq(closed, 300);
  cr_assert_eq(synched_report_recorded(report), 20);
  uint64_t end_ns = 0;
  for (size_t i = 0; i < 20; i++) {
    struct synched_report_round round = {.struct_size = sizeof round};
    cr_assert_eq(synched_report_round(report, i, &round), 0);
    cr_assert_eq(round.round, 281 + i);
    cr_assert(end_ns == 0 || round.start_ns == end_ns, "rounds follow each other");
    end_ns = round.start_ns + round.total_ns;
  }
  cr_assert_eq(end_ns, summary.end_ns);
  cr_assert_geq(summary.compute_ns + summary.closing_ns + summary.wait_ns,
                3 * (summary.end_ns - summary.start_ns));
  synched_report_destroy(report);
  engine_end_with_pool(&engine);
}
