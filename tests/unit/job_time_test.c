/*
 * job_time_test.c: periodic jobs on the real clock. What is asserted holds however late the machine
 * is: that every tick is accounted for, that rounds are never early, and that nothing but the
 * schedule decides when they come.
 */
#include <criterion/criterion.h>

#include <uv.h>

#include "platform/clock.h"
#include "support/support.h"
#include "support/unit_support.h"

#define MS UINT64_C(1000000)
#define ROUNDS_MAX 512

struct scene {
  uint64_t work_ns;  /* that each call takes */
  uint64_t block_ns; /* that each delivery blocks the loop */
  _Atomic uint32_t round_count;
  uint64_t begun_ns;              /* before the job was started */
  uint64_t opened_ns[ROUNDS_MAX]; /* by the first call of each round, on the worker */
  struct synched_job *other;      /* to be cancelled at the end */
};

static int work(struct synched_task *task, void *user) {
  struct scene *scene = user;
  const uint64_t start_ns = synched__clock_ns();
  if (task->segment == 0 && task->round <= ROUNDS_MAX)
    scene->opened_ns[task->round - 1] = start_ns;
  while (synched__clock_ns() - start_ns < scene->work_ns)
    continue;
  return 0;
}

static int count(const struct synched_snapshot *now, void *user) {
  struct scene *scene = user;
  atomic_store(&scene->round_count, (uint32_t)now->round);
  return SYNCHED_CONTINUE;
}

static void block(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  const struct scene *scene = user;
  (void)job;
  (void)now;
  nap_ms((unsigned)(scene->block_ns / MS));
}

static struct engine timed_engine(struct synched_pool *pool, struct scene *scene,
                                  struct synched_job_options options) {
  options.struct_size = (uint32_t)sizeof options;
  options.compute = work;
  options.on_round = count;
  options.user = scene;
  return engine_new(pool,
                    SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 1,
                                           .element_size = 8, .lease_count = 2),
                    &options);
}

static void expect_accounted(const struct synched_report_summary *summary) {
  cr_assert_eq(summary->tick_count, summary->started_count + summary->skipped_count);
  cr_assert_leq(summary->lateness_p50_ns, summary->lateness_p99_ns);
  cr_assert_leq(summary->lateness_p99_ns, summary->lateness_max_ns);
  cr_assert_leq(summary->late_count, summary->started_count);
}

/* Of `count` rounds in a phase: each one opened at a tick or later, and each at one of its own. */
static void expect_phase(const struct scene *scene, uint64_t period_ns, unsigned round_count,
                         uint64_t tick_count) {
  for (unsigned i = 1; i < round_count; i++)
    cr_assert_gt(scene->opened_ns[i], scene->opened_ns[i - 1]);
  /* Each can be late, the first one too, but none is early: the first tick is no earlier than
   * the start. */
  const uint64_t span_ns = scene->opened_ns[round_count - 1] - scene->begun_ns;
  cr_assert_geq(span_ns, (tick_count - 1) * period_ns, "some were early");
}

Test(job_time, skip_accounts_for_every_tick_and_is_never_early) {
  struct scene scene = {.work_ns = 100000};
  struct engine engine = timed_engine(
      pool_new(2), &scene, (struct synched_job_options){.period_ns = 2 * MS, .round_count = 100});
  scene.begun_ns = synched__clock_ns();
  cr_assert_eq(synched_job_run(engine.job), 0);
  struct synched_report_summary summary = summary_of(engine.job);
  expect_accounted(&summary);
  cr_assert_eq(summary.period_ns, 2 * MS);
  cr_assert_eq(summary.started_count, 100);
  expect_phase(&scene, 2 * MS, 100, summary.tick_count);
  engine_end_with_pool(&engine);
}

Test(job_time, catch_up_leaves_nothing_out_while_it_can) {
  struct scene scene = {.work_ns = 100000};
  struct engine engine = timed_engine(
      pool_new(2), &scene,
      (struct synched_job_options){
          .period_ns = 50 * MS, .round_count = 8, .overrun = SYNCHED_OVERRUN_CATCH_UP});
  cr_assert_eq(synched_job_run(engine.job), 0);
  struct synched_report_summary summary = summary_of(engine.job);
  expect_accounted(&summary);
  cr_assert_eq(summary.started_count, 8);
  engine_end_with_pool(&engine);
}

Test(job_time, overrun_rounds_are_counted_and_skipped) {
  struct scene scene = {.work_ns = 5 * MS};
  struct engine engine = timed_engine(
      pool_new(2), &scene, (struct synched_job_options){.period_ns = 2 * MS, .round_count = 10});
  cr_assert_eq(synched_job_run(engine.job), 0);
  struct synched_report_summary summary = summary_of(engine.job);
  expect_accounted(&summary);
  cr_assert_eq(summary.started_count, 10);
  cr_assert_eq(summary.overrun_count, 10);
  cr_assert_geq(summary.skipped_count, 20);
  engine_end_with_pool(&engine);
}

Test(job_time, stretch_skips_nothing) {
  struct scene scene = {.work_ns = 3 * MS};
  struct engine engine =
      timed_engine(pool_new(1), &scene,
                   (struct synched_job_options){
                       .period_ns = 2 * MS, .round_count = 10, .overrun = SYNCHED_OVERRUN_STRETCH});
  cr_assert_eq(synched_job_run(engine.job), 0);
  struct synched_report_summary summary = summary_of(engine.job);
  expect_accounted(&summary);
  cr_assert_eq(summary.skipped_count, 0);
  cr_assert_eq(summary.overrun_count, 10);
  engine_end_with_pool(&engine);
}

Test(job_time, workers_of_every_number_and_way_of_waiting_keep_the_schedule) {
  const enum synched_wait waits[] = {SYNCHED_WAIT_AUTO, SYNCHED_WAIT_SLEEP};
  for (unsigned workers = 1; workers <= 5; workers += 2)
    for (size_t w = 0; w < LENGTH(waits); w++) {
      struct scene scene = {.work_ns = 1000};
      struct engine engine =
          timed_engine(pool_with(SYNCHED_POOL_OPTIONS(.worker_count = workers, .wait = waits[w])),
                       &scene, (struct synched_job_options){.period_ns = MS, .round_count = 30});
      for (unsigned run = 0; run < 2; run++) {
        cr_assert_eq(synched_job_run(engine.job), 0);
        struct synched_report_summary summary = summary_of(engine.job);
        expect_accounted(&summary);
        cr_assert_eq(summary.started_count, 30);
      }
      engine_end_with_pool(&engine);
    }
}

Test(job_time, blocked_loop_holds_up_no_round) {
  /* A delivery blocks the loop until the job, which does not need it, has computed many more
   * rounds. */
  struct scene scene = {.block_ns = 100 * MS};
  struct engine engine = timed_engine(
      pool_new(2), &scene,
      (struct synched_job_options){.period_ns = MS, .round_count = 300, .on_snapshot = block});
  cr_assert_eq(synched_job_run(engine.job), 0);
  struct synched_report_summary summary = summary_of(engine.job);
  expect_accounted(&summary);
  cr_assert_eq(summary.started_count, 300);
  cr_assert_eq(summary.lease_wait_count, 0);
  cr_assert_gt(summary.missed_count, 150, "the loop saw %llu",
               (unsigned long long)summary.delivered_count);
  engine_end_with_pool(&engine);
}

Test(job_time, init_comes_before_the_first_tick) {
  struct scene scene = {.work_ns = 0};
  struct engine engine = timed_engine(
      pool_new(2), &scene,
      (struct synched_job_options){.period_ns = 2 * MS, .round_count = 5, .init = compute_nothing});
  cr_assert_eq(synched_job_run(engine.job), 0);
  cr_assert_eq(summary_of(engine.job).started_count, 5);
  engine_end_with_pool(&engine);
}

Test(job_time, hours_of_period_do_not_keep_a_cancel_waiting) {
  struct scene scene = {.work_ns = 0};
  struct engine engine = timed_engine(
      pool_new(2), &scene, (struct synched_job_options){.period_ns = SYNCHED_PERIOD_MAX_NS});
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(synched_job_start(engine.job, &loop), 0);
  cr_assert(reaches(&scene.round_count, 1));
  cr_assert_eq(synched_job_cancel(engine.job), 0);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&loop), 0);
  cr_assert_eq(summary_of(engine.job).status, SYNCHED_ECANCELED);
  engine_end_with_pool(&engine);
}

Test(job_time, set_period_wakes_a_job_that_sleeps_for_long) {
  struct scene scene = {.work_ns = 0};
  struct engine engine = timed_engine(
      pool_new(2), &scene,
      (struct synched_job_options){.period_ns = UINT64_C(3600) * 1000 * MS, .round_count = 20});
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(synched_job_start(engine.job, &loop), 0);
  cr_assert(reaches(&scene.round_count, 1));
  cr_assert_eq(synched_job_set_period(engine.job, MS), 0);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&loop), 0);
  cr_assert_eq(summary_of(engine.job).round_count, 20);
  cr_assert_eq(summary_of(engine.job).period_ns, MS);
  engine_end_with_pool(&engine);
}

Test(job_time, set_period_makes_a_free_running_job_periodic) {
  struct scene scene = {.work_ns = 0};
  struct engine engine =
      timed_engine(pool_new(2), &scene, (struct synched_job_options){.round_count = 0});
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(synched_job_start(engine.job, &loop), 0);
  cr_assert_eq(synched_job_set_period(engine.job, 1000 * MS), 0);
  nap_ms(20);
  const uint32_t round = atomic_load(&scene.round_count);
  nap_ms(30);
  cr_assert_leq(atomic_load(&scene.round_count), round + 1);
  cr_assert_eq(synched_job_stop(engine.job), 0);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&loop), 0);
  cr_assert_eq(summary_of(engine.job).status, 0);
  engine_end_with_pool(&engine);
}

static void cancel_other(struct synched_job *job, int status, const struct synched_report *report,
                         void *user) {
  struct scene *scene = user;
  (void)job;
  (void)status;
  (void)report;
  (void)synched_job_cancel(scene->other);
}

Test(job_time, free_running_job_and_periodic_one_share_a_pool) {
  struct synched_pool *pool = pool_new(2);
  struct scene free_scene = {.work_ns = 200000}, timed_scene = {.work_ns = 50000};
  struct engine free_engine =
      timed_engine(pool, &free_scene, (struct synched_job_options){.weight = 3});
  struct engine timed = timed_engine(
      pool, &timed_scene,
      (struct synched_job_options){.period_ns = MS, .round_count = 100, .on_done = cancel_other});
  timed_scene.other = free_engine.job;
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(synched_job_start(free_engine.job, &loop), 0);
  cr_assert_eq(synched_job_start(timed.job, &loop), 0);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&loop), 0);
  struct synched_report_summary summary = summary_of(timed.job);
  expect_accounted(&summary);
  cr_assert_eq(summary.started_count, 100);
  cr_assert_geq(atomic_load(&free_scene.round_count), 50, "it had its turns in between");
  engine_end(&free_engine);
  engine_end(&timed);
  pool_end(pool);
}
