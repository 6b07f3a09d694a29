/*
 * job_deadline_test.c: rounds that are not complete in time, and calls that never are.
 */
#include <criterion/criterion.h>

#include <uv.h>

#include "platform/clock.h"
#include "support/support.h"
#include "support/unit_support.h"

#define MS UINT64_C(1000000)

struct scene {
  uint64_t slow_round;       /* its calls go on until they are told, or until `let_go` */
  uint64_t slow_attempts;    /* so many times, if it is computed again */
  _Atomic uint32_t attempts; /* at the slow round, by segment 1 */
  _Atomic uint32_t told;     /* calls that were told */
  _Atomic uint32_t let_go;
  unsigned miss_count;
  struct synched_deadline_miss miss;
  struct synched_running_call running[8];
};

static int compute(struct synched_task *task, void *user) {
  struct scene *scene = user;
  uint64_t *out = task->out;
  if (task->round == scene->slow_round && task->segment == 1 &&
      atomic_fetch_add(&scene->attempts, 1) < scene->slow_attempts) {
    while (atomic_load(&scene->let_go) == 0 && !synched_task_cancelled(task))
      nap_ms(1);
    if (synched_task_cancelled(task)) {
      (void)atomic_fetch_add(&scene->told, 1);
      return -17; /* which does not count */
    }
  }
  *out = task->round;
  return 0;
}

static void note_miss(struct synched_job *job, const struct synched_deadline_miss *miss,
                      void *user) {
  struct scene *scene = user;
  (void)job;
  scene->miss_count++;
  scene->miss = *miss;
  for (unsigned i = 0; i < miss->running_count; i++)
    scene->running[i] = miss->running[i];
  scene->miss.running = scene->running;
  atomic_store(&scene->let_go, 1);
}

static struct engine watched_engine(struct scene *scene, struct synched_job_options options) {
  options.struct_size = (uint32_t)sizeof options;
  options.compute = compute;
  options.on_deadline = note_miss;
  options.user = scene;
  return engine_new(pool_new(2),
                    SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 1,
                                           .element_size = sizeof(uint64_t)),
                    &options);
}

/* Who was running: the slow call, on one of the workers, for some time. */
static void expect_slow_call(const struct scene *scene) {
  bool found = false;
  for (unsigned i = 0; i < scene->miss.running_count; i++) {
    const struct synched_running_call *call = &scene->running[i];
    cr_assert_lt(call->worker, 2);
    cr_assert_lt(call->segment, 2);
    cr_assert_leq(call->since_ns, synched__clock_ns());
    found = found || call->segment == 1;
  }
  cr_assert(found, "%u calls were running, but not the slow one", scene->miss.running_count);
}

Test(job_deadline, report_tells_who_is_running_and_the_round_goes_on) {
  struct scene scene = {.slow_round = 3, .slow_attempts = 1};
  struct engine engine = watched_engine(
      &scene, (struct synched_job_options){.deadline_ns = 300 * MS, .round_count = 5});
  cr_assert_eq(synched_job_run(engine.job), 0);
  cr_assert_geq(scene.miss_count, 1);
  cr_assert_eq(scene.miss.round, 3);
  cr_assert_eq(scene.miss.deadline_ns, 300 * MS);
  cr_assert_geq(scene.miss.missed_count, 1);
  expect_slow_call(&scene);
  struct synched_report_summary summary = summary_of(engine.job);
  cr_assert_geq(summary.deadline_missed_count, 1);
  cr_assert_eq(summary.dropped_count, 0);
  cr_assert_eq(summary.round_count, 5);
  cr_assert_eq(atomic_load(&scene.told), 0);
  engine_end_with_pool(&engine);
}

Test(job_deadline, cancel_drops_the_round_and_computes_it_again) {
  struct scene scene = {.slow_round = 3, .slow_attempts = 2, .let_go = 0};
  struct engine engine = watched_engine(
      &scene, (struct synched_job_options){.deadline_ns = 50 * MS,
                                           .round_count = 5,
                                           .deadline_policy = SYNCHED_DEADLINE_CANCEL});
  cr_assert_eq(synched_job_run(engine.job), 0, "%s", synched_error_message());
  struct synched_report_summary summary = summary_of(engine.job);
  cr_assert_geq(summary.dropped_count, 1);
  cr_assert_eq(summary.dropped_count, summary.deadline_missed_count);
  cr_assert_eq(summary.round_count, 5);
  cr_assert_eq(summary.failed_segment, -1, "what a call returns after that does not count");
  cr_assert_geq(atomic_load(&scene.told), 1);
  const struct synched_snapshot *now = synched_snapshot_current(engine.memory);
  cr_assert_eq(((const uint64_t *)now->data)[0], 5);
  cr_assert_eq(((const uint64_t *)now->data)[1], 5);
  synched_snapshot_release(now);
  engine_end_with_pool(&engine);
}

Test(job_deadline, fail_ends_the_job_and_publishes_nothing_of_the_round) {
  struct scene scene = {.slow_round = 3, .slow_attempts = 1000};
  struct engine engine = watched_engine(
      &scene, (struct synched_job_options){.deadline_ns = 50 * MS,
                                           .period_ns = 100 * MS,
                                           .deadline_policy = SYNCHED_DEADLINE_FAIL});
  expect_refused(synched_job_run(engine.job), SYNCHED_ETIMEDOUT,
                 "missed its deadline, 50000000 ns after it was due");
  struct synched_report_summary summary = summary_of(engine.job);
  cr_assert_eq(summary.status, SYNCHED_ETIMEDOUT);
  cr_assert_eq(summary.dropped_count, 1);
  cr_assert_eq(summary.failed_segment, -1);
  cr_assert_eq(memory_round(engine.memory), summary.round_count);
  cr_assert_leq(memory_round(engine.memory), 2);
  engine_end_with_pool(&engine);
}

Test(job_deadline, of_a_later_run_is_counted_anew) {
  struct scene scene = {.slow_round = 3, .slow_attempts = 1};
  struct engine engine = watched_engine(
      &scene, (struct synched_job_options){.deadline_ns = 10000 * MS, .round_count = 5});
  cr_assert_eq(atomic_exchange(&scene.let_go, 1), 0);
  for (unsigned run = 0; run < 3; run++) {
    cr_assert_eq(synched_job_run(engine.job), 0);
    cr_assert_eq(summary_of(engine.job).deadline_missed_count, 0);
  }
  cr_assert_eq(scene.miss_count, 0);
  engine_end_with_pool(&engine);
}

/* --- a call that never returns hangs nobody else --- */

static _Atomic uint32_t stuck, release;

static int never_return(struct synched_task *task, void *user) {
  (void)user;
  if (task->segment == 0) {
    atomic_store(&stuck, 1);
    while (atomic_load(&release) == 0)
      nap_ms(1);
  }
  return 0;
}

static void on_miss(struct synched_job *job, const struct synched_deadline_miss *miss, void *user) {
  (void)job;
  cr_assert_eq(miss->running_count, 1);
  cr_assert_eq(miss->running[0].segment, 0);
  (*(unsigned *)user)++;
}

Test(job_deadline, call_that_never_returns_is_told_and_hangs_nobody_else) {
  unsigned told = 0;
  struct synched_pool *pool = pool_new(2);
  struct engine engine = engine_new(
      pool, SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 1, .element_size = 8),
      SYNCHED_JOB_OPTIONS(.compute = never_return, .deadline_ns = 100 * MS, .on_deadline = on_miss,
                          .user = &told, .deadline_policy = SYNCHED_DEADLINE_FAIL));
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(synched_job_start(engine.job, &loop), 0);
  cr_assert(reaches(&stuck, 1));
  for (unsigned ms = 0; told == 0 && ms < 20000; ms++) {
    (void)uv_run(&loop, UV_RUN_NOWAIT);
    nap_ms(1);
  }
  cr_assert_eq(told, 1);
  /* What would have to wait for the call says so instead. */
  cr_assert_eq(synched_job_cancel(engine.job), 0);
  expect_refused(synched_job_destroy(engine.job), SYNCHED_EBUSY, "running");
  expect_refused(synched_pool_destroy(pool), SYNCHED_EBUSY, "1 job");
  /* And others go on: another pool, and steering of this job. */
  expect_refused(synched_job_pause(engine.job), SYNCHED_EALREADY, "end");
  struct engine other = engine_new(
      pool_new(2),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 1, .element_size = 8),
      SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .round_count = 100));
  cr_assert_eq(synched_job_run(other.job), 0);
  engine_end_with_pool(&other);
  atomic_store(&release, 1);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&loop), 0);
  cr_assert_eq(summary_of(engine.job).status, SYNCHED_ECANCELED);
  engine_end(&engine);
  pool_end(pool);
}

/* --- nobody listens --- */

Test(job_deadline, miss_that_nobody_asked_for_ends_the_job_all_the_same) {
  struct scene scene = {.slow_round = 1, .slow_attempts = UINT64_MAX};
  struct engine engine = engine_new(
      pool_new(2),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 1, .element_size = 8),
      SYNCHED_JOB_OPTIONS(.compute = compute, .user = &scene, .deadline_ns = 2 * MS,
                          .deadline_policy = SYNCHED_DEADLINE_FAIL));
  cr_assert_eq(synched_job_run(engine.job), SYNCHED_ETIMEDOUT);
  engine_end_with_pool(&engine);
}

/* --- asking --- */

static int fail_or_ask(struct synched_task *task, void *user) {
  _Atomic uint32_t *told = user;
  if (task->segment == 0) {
    cr_expect_eq(synched_task_cancelled(task), 0);
    nap_ms(5);
    return -9;
  }
  for (unsigned ms = 0; ms < 20000 && !synched_task_cancelled(task); ms++)
    nap_ms(1);
  (void)atomic_fetch_add(told, (uint32_t)synched_task_cancelled(task));
  return -10;
}

Test(job_deadline, task_is_told_when_a_lower_segment_has_failed) {
  _Atomic uint32_t told = 0;
  struct engine engine = engine_new(
      pool_new(2),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 1, .element_size = 8),
      SYNCHED_JOB_OPTIONS(.compute = fail_or_ask, .user = &told, .balance = SYNCHED_BALANCE_STATIC,
                          .flags = SYNCHED_JOB_EAGER));
  cr_assert_eq(synched_job_run(engine.job), -9);
  cr_assert_eq(summary_of(engine.job).failed_segment, 0);
  engine_end_with_pool(&engine);
}

Test(job_deadline, task_cancelled_without_a_task_is_0) {
  cr_assert_eq(synched_task_cancelled(NULL), 0);
  cr_assert_eq(synched_task_cancelled(&(struct synched_task){.round = 1}), 0);
}
