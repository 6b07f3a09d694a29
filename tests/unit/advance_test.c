/*
 * advance_test.c: rounds for a program that keeps its own time loop: the same bits as a serial
 * loop's, whatever else goes on, and every way in which an advance can end.
 */
#include <criterion/criterion.h>

#include <fenv.h>
#include <math.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <uv.h>

#include "support/support.h"
#include "support/unit_support.h"

#define SEGMENTS 7u
#define CAPACITY 3u
#define ELEMENTS (SEGMENTS * CAPACITY)
#define WORKERS_MOST 5u

/* What the calls look at, and what they have found. */
struct world {
  struct engine engine;
  uint64_t expected[ELEMENTS];
  uint64_t expected_round;
  uint64_t fail_round;
  size_t fail_segment;
  uint64_t stop_round, cancel_round;
  int stop_code;
  uint64_t act_round;
  void (*act)(struct synched_job *job); /* in the call of segment 0 of that round */
  _Atomic uint32_t in_call[WORKERS_MOST + 1];
  _Atomic uint32_t shared_scratch, init_count, round_count, snapshot_count, acted;
};

static uint64_t next_value(const uint64_t *previous, uint64_t round, size_t i) {
  const uint64_t a = previous[i], b = previous[(i + 4) % ELEMENTS];
  return (a ^ (b + round)) * UINT64_C(0x9E3779B97F4A7C15) + (a >> 7);
}

static int compute(struct synched_task *task, void *user) {
  struct world *world = user;
  if (atomic_exchange(&world->in_call[task->worker], 1) != 0)
    atomic_fetch_add(&world->shared_scratch, 1);
  uint64_t *out = task->out;
  for (size_t i = 0; i < CAPACITY; i++)
    out[i] = next_value(task->previous->data, task->round, task->segment * CAPACITY + i);
  if (task->round == world->act_round && task->segment == 0 && world->act != NULL) {
    world->act(world->engine.job);
    atomic_store(&world->acted, 1);
  }
  atomic_store(&world->in_call[task->worker], 0);
  return task->round == world->fail_round && task->segment >= world->fail_segment
             ? -2000 - (int)task->segment
             : 0;
}

static int init(struct synched_task *task, void *user) {
  struct world *world = user;
  uint64_t *out = task->out;
  for (size_t i = 0; i < CAPACITY; i++)
    out[i] = 1000 + task->segment * CAPACITY + i;
  atomic_fetch_add(&world->init_count, 1);
  return 0;
}

static int on_round(const struct synched_snapshot *now, void *user) {
  struct world *world = user;
  if (now->round == world->cancel_round)
    (void)synched_job_cancel(world->engine.job);
  atomic_fetch_add(&world->round_count, 1);
  return now->round == world->stop_round ? world->stop_code : SYNCHED_CONTINUE;
}

static void on_snapshot(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  struct world *world = user;
  (void)job;
  (void)now;
  atomic_fetch_add(&world->snapshot_count, 1);
}

static struct world *world_new(struct synched_pool *pool, struct synched_job_options job) {
  struct world *world = calloc(1, sizeof *world);
  cr_assert_not_null(world);
  job.user = world;
  job.compute = compute;
  world->engine =
      engine_new(pool,
                 SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = CAPACITY,
                                        .element_size = 8, .lease_count = 1),
                 &job);
  return world;
}

static void world_end(struct world *world) {
  cr_assert_eq(world->shared_scratch, 0);
  engine_end(&world->engine);
  free(world);
}

static struct synched_job_options options(void) {
  struct synched_job_options options = synched_job_options_default();
  options.on_round = on_round;
  return options;
}

static void expect_serially(struct world *world, uint64_t rounds) {
  uint64_t next[ELEMENTS];
  for (uint64_t r = 0; r < rounds; r++) {
    world->expected_round++;
    for (size_t i = 0; i < ELEMENTS; i++)
      next[i] = next_value(world->expected, world->expected_round, i);
    memcpy(world->expected, next, sizeof next);
  }
}

static void expect_content(struct world *world) {
  const struct synched_snapshot *now = synched_snapshot_current(world->engine.memory);
  cr_assert_eq(now->round, world->expected_round);
  cr_assert_arr_eq(now->data, world->expected, sizeof world->expected);
  synched_snapshot_release(now);
}

static void advance(struct world *world, uint64_t rounds) {
  cr_assert_eq(synched_job_advance(world->engine.job, rounds), 0, "%s", synched_error_message());
  expect_serially(world, rounds);
  expect_content(world);
}

/* --- results --- */

static void expect_same_as_serial(unsigned worker_count, enum synched_wait wait,
                                  struct synched_job_options job) {
  struct synched_pool *pool =
      pool_with(SYNCHED_POOL_OPTIONS(.worker_count = worker_count, .wait = wait));
  struct world *world = world_new(pool, job);
  for (unsigned i = 0; i < 40; i++)
    advance(world, 1 + i % 3);
  advance(world, 100);
  for (unsigned i = 0; i < 40; i++) {
    if (i % 8 == 0)
      nap_ms(2); /* the others have gone to sleep */
    advance(world, 1);
  }
  world_end(world);
  pool_end(pool);
}

Test(advance, rounds_one_by_one_are_those_of_a_serial_loop) {
  static const unsigned worker_counts[] = {1, 2, 3, 5};
  for (unsigned i = 0; i < LENGTH(worker_counts); i++) {
    struct synched_job_options job = options();
    expect_same_as_serial(worker_counts[i], SYNCHED_WAIT_AUTO, job);
    expect_same_as_serial(worker_counts[i], SYNCHED_WAIT_SLEEP, job);
    job.balance = SYNCHED_BALANCE_STATIC;
    expect_same_as_serial(worker_counts[i], SYNCHED_WAIT_AUTO, job);
    job.balance = SYNCHED_BALANCE_STEAL;
    job.flags = SYNCHED_JOB_EAGER;
    expect_same_as_serial(worker_counts[i], SYNCHED_WAIT_AUTO, job);
  }
}

Test(advance, load_between_two_is_what_the_next_reads) {
  struct synched_pool *pool = pool_new(2);
  struct world *world = world_new(pool, options());
  advance(world, 3);
  static const uint64_t elements[CAPACITY] = {11, 12, 13};
  cr_assert_eq(synched_memory_load(world->engine.memory, 2, elements, CAPACITY), 0);
  memcpy(world->expected + 2 * CAPACITY, elements, sizeof elements);
  expect_content(world);
  advance(world, 2);
  world_end(world);
  pool_end(pool);
}

Test(advance, init_comes_before_the_first_round_only) {
  struct synched_pool *pool = pool_new(2);
  struct synched_job_options job = options();
  job.init = init;
  struct world *world = world_new(pool, job);
  for (size_t i = 0; i < ELEMENTS; i++)
    world->expected[i] = 1000 + i;
  advance(world, 1);
  advance(world, 4);
  cr_assert_eq(world->init_count, SEGMENTS);
  cr_assert_eq(world->round_count, 5);
  world_end(world);
  pool_end(pool);
}

Test(advance, several_jobs_in_turn_by_one_thread) {
  struct synched_pool *pool = pool_new(3);
  struct world *worlds[4];
  for (unsigned w = 0; w < LENGTH(worlds); w++) {
    struct synched_job_options job = options();
    job.balance = w % 2 == 0 ? SYNCHED_BALANCE_STEAL : SYNCHED_BALANCE_STATIC;
    worlds[w] = world_new(pool, job);
  }
  for (unsigned i = 0; i < 30; i++)
    for (unsigned w = 0; w < LENGTH(worlds); w++)
      advance(worlds[w], 1 + (i + w) % 2);
  for (unsigned w = 0; w < LENGTH(worlds); w++)
    world_end(worlds[w]);
  pool_end(pool);
}

/* --- beside others --- */

static void *advance_often(void *argument) {
  struct world *world = argument;
  for (unsigned i = 0; i < 50; i++)
    if (synched_job_advance(world->engine.job, 2) != 0)
      return "failed";
  return NULL;
}

Test(advance, beside_a_running_job_and_other_threads_each_is_right) {
  struct synched_pool *pool = pool_new(2);
  struct synched_job_options job = options();
  struct world *running = world_new(pool, job);
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(synched_job_start(running->engine.job, &loop), 0);
  expect_refused(synched_job_advance(running->engine.job, 1), SYNCHED_EBUSY, "running");
  struct world *worlds[3];
  struct crew crew = {0};
  for (unsigned w = 0; w < LENGTH(worlds); w++) {
    worlds[w] = world_new(pool, job);
    crew_add(&crew, advance_often, worlds[w]);
  }
  crew_join(&crew);
  cr_assert_eq(synched_job_stop(running->engine.job), 0);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&loop), 0);
  for (unsigned w = 0; w < LENGTH(worlds); w++) {
    expect_serially(worlds[w], 100);
    expect_content(worlds[w]);
    world_end(worlds[w]);
  }
  expect_serially(running, memory_round(running->engine.memory));
  expect_content(running);
  world_end(running);
  pool_end(pool);
}

static void advance_itself(struct synched_job *job) {
  if (synched_job_advance(job, 1) != SYNCHED_EDEADLK)
    abort();
}

Test(advance, in_a_callback_of_its_pool_is_refused) {
  struct synched_pool *pool = pool_new(2);
  struct world *world = world_new(pool, options());
  world->act = advance_itself;
  world->act_round = 2;
  advance(world, 3);
  cr_assert_eq(world->acted, 1);
  world_end(world);
  pool_end(pool);
}

Test(advance, floating_point_mode_of_the_caller_is_as_before) {
  struct synched_pool *pool = pool_new(1);
  struct world *world = world_new(pool, options());
  cr_assert_eq(fesetround(FE_UPWARD), 0);
  advance(world, 1);
  nap_ms(20); /* the worker sleeps now, and the caller takes its place */
  advance(world, 5);
  cr_assert_eq(fegetround(), FE_UPWARD);
  cr_assert_eq(fesetround(FE_TONEAREST), 0);
  world_end(world);
  pool_end(pool);
}

/* --- how it ends --- */

Test(advance, on_round_stopping_ends_it_early_with_0) {
  struct synched_pool *pool = pool_new(2);
  struct world *world = world_new(pool, options());
  world->stop_round = 4;
  world->stop_code = SYNCHED_STOP;
  cr_assert_eq(synched_job_advance(world->engine.job, UINT64_MAX), 0);
  expect_serially(world, 4);
  expect_content(world);
  advance(world, 2);
  world->stop_round = 8;
  world->stop_code = -1234;
  expect_refused(synched_job_advance(world->engine.job, UINT64_MAX), -1234, "on_round");
  expect_serially(world, 2);
  expect_content(world);
  advance(world, 3);
  world_end(world);
  pool_end(pool);
}

Test(advance, call_failing_publishes_nothing_of_its_round) {
  struct synched_pool *pool = pool_new(2);
  struct world *world = world_new(pool, options());
  advance(world, 2);
  world->fail_round = 5;
  world->fail_segment = 3;
  expect_refused(synched_job_advance(world->engine.job, 9), -2003, "segment 3 failed in round 5");
  expect_serially(world, 2);
  expect_content(world);
  cr_assert_eq(summary_of(world->engine.job).failed_segment, 3);
  world->fail_round = 0;
  advance(world, 3);
  cr_assert_eq(summary_of(world->engine.job).round_count, 3); /* of a new run */
  world_end(world);
  pool_end(pool);
}

static void cancel(struct synched_job *job) {
  (void)synched_job_cancel(job);
}

static void stop(struct synched_job *job) {
  (void)synched_job_stop(job);
}

static void pause_job(struct synched_job *job) {
  (void)synched_job_pause(job);
}

Test(advance, cancel_and_stop_end_it) {
  struct synched_pool *pool = pool_new(2);
  struct world *world = world_new(pool, options());
  world->act_round = 3;
  world->act = cancel;
  expect_refused(synched_job_advance(world->engine.job, 10), SYNCHED_ECANCELED, "cancelled");
  expect_serially(world, 2);
  expect_content(world);
  world->act = stop;
  cr_assert_eq(synched_job_advance(world->engine.job, 10), 0);
  expect_serially(world, 1);
  expect_content(world);
  world->act = NULL;
  advance(world, 2);
  expect_refused(synched_job_cancel(world->engine.job), SYNCHED_EALREADY, "ended");
  advance(world, 2);
  world_end(world);
  world = world_new(pool, options());
  cr_assert_eq(synched_job_cancel(world->engine.job), 0);
  expect_refused(synched_job_advance(world->engine.job, 10), SYNCHED_ECANCELED, "cancelled");
  expect_content(world);
  advance(world, 1);
  world_end(world);
  pool_end(pool);
}

/* It is complete then, and published; and the cancel was accepted. */
Test(advance, cancel_after_the_last_round_is_not_lost) {
  struct synched_pool *pool = pool_new(2);
  struct world *world = world_new(pool, options());
  world->cancel_round = 3;
  expect_refused(synched_job_advance(world->engine.job, 3), SYNCHED_ECANCELED, "cancelled");
  expect_serially(world, 3);
  expect_content(world);
  advance(world, 2);
  world_end(world);
  pool_end(pool);
}

/* The caller is on a CPU that is no worker's. */
Test(advance, on_a_cpu_without_a_worker_is_right) {
  cpu_set_t before, one;
  cr_assert_eq(sched_getaffinity(0, sizeof before, &before), 0);
  unsigned cpus[2], count = 0;
  for (unsigned cpu = 0; cpu < CPU_SETSIZE && count < 2; cpu++)
    if (CPU_ISSET(cpu, &before))
      cpus[count++] = cpu;
  if (count < 2)
    cr_skip("one CPU only");
  char list[16];
  (void)snprintf(list, sizeof list, "%u", cpus[0]);
  struct synched_pool *pool =
      pool_with(SYNCHED_POOL_OPTIONS(.worker_count = 1, .wait = SYNCHED_WAIT_SLEEP,
                                     .affinity = SYNCHED_AFFINITY_LIST, .cpu_list = list));
  struct world *world = world_new(pool, options());
  CPU_ZERO(&one);
  CPU_SET(cpus[1], &one);
  cr_assert_eq(sched_setaffinity(0, sizeof one, &one), 0);
  for (unsigned i = 0; i < 10; i++)
    advance(world, 2);
  cr_assert_eq(sched_setaffinity(0, sizeof before, &before), 0);
  world_end(world);
  pool_end(pool);
}

static void *resume_soon(void *argument) {
  struct world *world = argument;
  while (synched_job_state(world->engine.job) != SYNCHED_JOB_PAUSED)
    nap_ms(1);
  nap_ms(20);
  return synched_job_resume(world->engine.job) == 0 ? NULL : "refused";
}

Test(advance, paused_job_waits_for_a_resume) {
  struct synched_pool *pool = pool_new(2);
  struct world *world = world_new(pool, options());
  world->act_round = 2;
  world->act = pause_job;
  struct crew crew = {0};
  crew_add(&crew, resume_soon, world);
  advance(world, 5);
  crew_join(&crew);
  world_end(world);
  pool_end(pool);
}

static void dawdle(struct synched_job *job) {
  (void)job;
  nap_ms(60);
}

Test(advance, deadline_that_fails_ends_it) {
  struct synched_pool *pool = pool_new(2);
  struct synched_job_options job = options();
  job.deadline_ns = 20000000;
  job.deadline_policy = SYNCHED_DEADLINE_FAIL;
  struct world *world = world_new(pool, job);
  world->act_round = 1;
  world->act = dawdle;
  expect_refused(synched_job_advance(world->engine.job, 3), SYNCHED_ETIMEDOUT, "deadline");
  expect_content(world);
  world_end(world);
  pool_end(pool);
}

struct reader {
  struct world *world;
  const struct synched_snapshot *held[2];
};

static void *release_soon(void *argument) {
  struct reader *reader = argument;
  const bool awaits = memory_awaits_buffer(reader->world->engine.memory);
  for (unsigned i = 0; i < 2; i++)
    synched_snapshot_release(reader->held[i]);
  return awaits ? NULL : "no wait";
}

Test(advance, job_without_a_free_buffer_waits_for_a_release) {
  struct synched_pool *pool =
      pool_with(SYNCHED_POOL_OPTIONS(.worker_count = 2, .wait = SYNCHED_WAIT_SLEEP));
  struct world *world = world_new(pool, options());
  struct reader reader = {.world = world};
  for (unsigned i = 0; i < 2; i++) {
    advance(world, 1);
    reader.held[i] = synched_snapshot_current(world->engine.memory);
  }
  advance(world, 1); /* in the last buffer that is free */
  struct crew crew = {0};
  crew_add(&crew, release_soon, &reader);
  advance(world, 5);
  crew_join(&crew);
  world_end(world);
  pool_end(pool);
}

/* --- beside workers that sleep until some time --- */

struct periodic {
  struct world *world;
  _Atomic uint32_t started;
};

static void *run_periodically(void *argument) {
  struct periodic *periodic = argument;
  uv_loop_t loop;
  if (uv_loop_init(&loop) != 0)
    return "no loop";
  int status = synched_job_start(periodic->world->engine.job, &loop);
  atomic_store(&periodic->started, 1);
  if (status == 0)
    status = uv_run(&loop, UV_RUN_DEFAULT);
  return status == 0 && uv_loop_close(&loop) == 0 ? NULL : "failed";
}

/* A worker that is to wake up at a tick keeps its place. */
Test(advance, between_the_ticks_of_another_job_takes_no_alarm_away) {
  for (unsigned workers = 1; workers <= 2; workers++) {
    struct synched_pool *pool =
        pool_with(SYNCHED_POOL_OPTIONS(.worker_count = workers, .wait = SYNCHED_WAIT_SLEEP));
    struct synched_job_options job = options();
    struct world *world = world_new(pool, job);
    job.period_ns = 20000000;
    struct periodic periodic = {.world = world_new(pool, job)};
    struct crew crew = {0};
    crew_add(&crew, run_periodically, &periodic);
    cr_assert(reaches(&periodic.started, 1));
    while (memory_round(periodic.world->engine.memory) < 4) {
      advance(world, 1);
      nap_ms(1);
    }
    cr_assert_eq(synched_job_stop(periodic.world->engine.job), 0);
    crew_join(&crew);
    expect_serially(periodic.world, memory_round(periodic.world->engine.memory));
    expect_content(periodic.world);
    world_end(periodic.world);
    world_end(world);
    pool_end(pool);
  }
}

static void note_stall(struct synched_job *job, const struct synched_stall *stall, void *user) {
  struct world *world = user;
  (void)job;
  (void)stall;
  atomic_store(&world->acted, 1);
}

Test(advance, beside_a_job_that_waits_for_long_takes_no_alarm_away) {
  struct synched_pool *pool =
      pool_with(SYNCHED_POOL_OPTIONS(.worker_count = 1, .wait = SYNCHED_WAIT_SLEEP));
  struct synched_job_options job = options();
  struct world *world = world_new(pool, job);
  job.on_stalled = note_stall;
  struct world *waiting = world_new(pool, job);
  struct reader reader = {.world = waiting};
  for (unsigned i = 0; i < 2; i++) {
    advance(waiting, 1);
    reader.held[i] = synched_snapshot_current(waiting->engine.memory);
  }
  struct periodic started = {.world = waiting};
  struct crew crew = {0};
  crew_add(&crew, run_periodically, &started);
  cr_assert(memory_awaits_buffer(waiting->engine.memory));
  for (unsigned i = 0; i < 20; i++)
    advance(world, 1);
  cr_assert(reaches(&waiting->acted, 1)); /* it is told, a second later */
  for (unsigned i = 0; i < 2; i++)
    synched_snapshot_release(reader.held[i]);
  cr_assert_eq(synched_job_stop(waiting->engine.job), 0);
  crew_join(&crew);
  expect_serially(waiting, memory_round(waiting->engine.memory) - 2);
  expect_content(waiting);
  world_end(waiting);
  world_end(world);
  pool_end(pool);
}

/* --- and other runs, and the report --- */

Test(advance, snapshots_are_delivered_to_a_loop_only) {
  struct synched_pool *pool = pool_new(2);
  struct synched_job_options job = options();
  job.on_snapshot = on_snapshot;
  job.delivery = SYNCHED_DELIVER_EVERY;
  job.round_count = 6;
  struct world *world = world_new(pool, job);
  advance(world, 20);
  cr_assert_eq(world->snapshot_count, 0);
  cr_assert_eq(synched_job_run(world->engine.job), 0);
  expect_serially(world, 6);
  expect_content(world);
  cr_assert_eq(world->snapshot_count, 6);
  advance(world, 20);
  cr_assert_eq(world->snapshot_count, 6);
  cr_assert_eq(synched_job_run(world->engine.job), 0);
  expect_serially(world, 6);
  expect_content(world);
  cr_assert_eq(world->snapshot_count, 12);
  world_end(world);
  pool_end(pool);
}

Test(advance, report_goes_on_over_all_advances) {
  struct synched_pool *pool = pool_new(2);
  struct world *world = world_new(pool, options());
  for (uint64_t rounds = 1; rounds <= 20; rounds++) {
    advance(world, 1);
    const struct synched_report_summary summary = summary_of(world->engine.job);
    cr_assert_eq(summary.round_count, rounds);
    cr_assert_eq(summary.status, 0);
    cr_assert(summary.ended);
    cr_assert_eq(synched_job_state(world->engine.job), SYNCHED_JOB_ENDED);
  }
  world_end(world);
  pool_end(pool);
}

Test(advance, wrong_calls_compute_nothing) {
  struct synched_pool *pool = pool_new(2);
  struct world *world = world_new(pool, options());
  expect_refused(synched_job_advance(NULL, 1), SYNCHED_EINVAL, "NULL");
  expect_refused(synched_job_advance(world->engine.job, 0), SYNCHED_EINVAL, "rounds");
  expect_content(world);
  world_end(world);
  struct synched_job_options job = options();
  job.period_ns = SYNCHED_PERIOD_MIN_NS;
  world = world_new(pool, job);
  expect_refused(synched_job_advance(world->engine.job, 1), SYNCHED_EINVAL, "period");
  world_end(world);
  job = options();
  job.flags = SYNCHED_JOB_START_PAUSED;
  world = world_new(pool, job);
  expect_refused(synched_job_advance(world->engine.job, 1), SYNCHED_EINVAL, "paused");
  cr_assert_eq(synched_job_state(world->engine.job), SYNCHED_JOB_READY);
  world_end(world);
  pool_end(pool);
}

/* --- who closes the round --- */

#define LOOKS_MOST 100000u

/* Two calls, of which the caller's ends first. */
struct duet {
  uv_thread_t caller;
  _Atomic uint32_t caller_ended, closed_by_caller;
  atomic_bool other_was_last;
};

static bool is_caller(const struct duet *duet) {
  const uv_thread_t self = uv_thread_self();
  return uv_thread_equal(&self, &duet->caller) != 0;
}

/* The other one's call gives the caller some time to find that it has to wait, but not much. */
static int end_in_order(struct synched_task *task, void *user) {
  struct duet *duet = user;
  const uint32_t round = (uint32_t)task->round;
  if (is_caller(duet)) {
    atomic_store(&duet->other_was_last, false);
    atomic_store(&duet->caller_ended, round);
    return 0;
  }
  for (unsigned i = 0; i < LOOKS_MOST && atomic_load(&duet->caller_ended) != round; i++)
    continue;
  for (unsigned i = 0; i < 500; i++)
    (void)atomic_load(&duet->caller_ended);
  atomic_store(&duet->other_was_last, true);
  return 0;
}

static int note_closer(const struct synched_snapshot *now, void *user) {
  struct duet *duet = user;
  (void)now;
  if (is_caller(duet) && atomic_load(&duet->other_was_last))
    atomic_fetch_add(&duet->closed_by_caller, 1);
  return SYNCHED_CONTINUE;
}

/* What that writes is in its own caches then. On a busy machine not in every round. */
Test(advance, caller_that_waits_in_a_place_closes_the_round_that_another_worker_completes) {
  if (usable_cpus() < 2)
    cr_skip_test("there is one CPU");
  struct duet duet = {.caller = uv_thread_self()};
  struct engine engine = engine_new(
      pool_new(2),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 1, .element_size = 1),
      SYNCHED_JOB_OPTIONS(.compute = end_in_order, .on_round = note_closer, .user = &duet,
                          .balance = SYNCHED_BALANCE_STATIC));
  for (unsigned i = 0; i < 20000 && atomic_load(&duet.closed_by_caller) == 0; i++)
    cr_assert_eq(synched_job_advance(engine.job, 1), 0, "%s", synched_error_message());
  cr_assert_gt(atomic_load(&duet.closed_by_caller), 0);
  engine_end_with_pool(&engine);
}
