/*
 * job_report_time_test.c: what reports of jobs say of time: waits for ticks, buffers and other
 * jobs, and clocks outside.
 */
#include <criterion/criterion.h>

#include <time.h>
#include <uv.h>

#include "platform/clock.h"
#include "support/job_look.h"
#include "support/support.h"
#include "support/unit_support.h"

/* --- waits --- */

static int work_for(struct synched_task *task, void *user) {
  const uint64_t start_ns = synched__clock_ns();
  (void)task;
  while (synched__clock_ns() - start_ns < *(const uint64_t *)user)
    continue;
  return 0;
}

Test(job_report_time, periodic_job_with_skips_counts_every_tick) {
  uint64_t work_ns = 3 * MS;
  struct engine engine = engine_of(pool_new(2), 2,
                                   (struct synched_job_options){.compute = work_for,
                                                                .user = &work_ns,
                                                                .round_count = 12,
                                                                .period_ns = 2 * MS,
                                                                .record = SYNCHED_RECORD_ROUNDS});
  cr_assert_eq(synched_job_run(engine.job), 0);
  const struct look look = look_at(engine.job);
  cr_assert_eq(look.summary.started_count, 12);
  cr_assert_eq(look.summary.overrun_count, 12);
  cr_assert_geq(look.summary.skipped_count, 12);
  cr_assert_eq(look.summary.tick_count, 12 + look.summary.skipped_count);
  expect_calls(&look, 24);
  expect_whole_rounds(&look);
  expect_shares(&look);
  uint64_t count = 0, most_ns = 0;
  unsigned at = 0;
  struct synched_report_bucket bucket = {.struct_size = sizeof bucket};
  while (synched_report_bucket(look.report, SYNCHED_DISTRIBUTION_LATENESS, 0, &at, &bucket) == 0)
    count += bucket.count;
  cr_assert_eq(count, 12);
  for (size_t i = 0; i < 12; i++) {
    struct synched_report_round round = {.struct_size = sizeof round};
    cr_assert_eq(synched_report_round(look.report, i, &round), 0);
    most_ns = round.lateness_ns > most_ns ? round.lateness_ns : most_ns;
  }
  cr_assert_eq(most_ns, look.summary.lateness_max_ns);
  cr_assert_leq(look.summary.lateness_p50_ns, look.summary.lateness_p99_ns);
  cr_assert_leq(look.efficiency.utilisation, look.efficiency.efficiency);
  synched_report_destroy(look.report);
  engine_end_with_pool(&engine);
}

static void deliver_slowly(struct synched_job *job, const struct synched_snapshot *now,
                           void *user) {
  (void)job;
  (void)now;
  (void)user;
  nap_ms(2);
}

Test(job_report_time, every_round_delivered_shows_the_waits_for_a_buffer) {
  struct engine engine = engine_of(pool_new(2), 4,
                                   (struct synched_job_options){.round_count = 25,
                                                                .on_snapshot = deliver_slowly,
                                                                .delivery = SYNCHED_DELIVER_EVERY,
                                                                .record = SYNCHED_RECORD_ROUNDS});
  cr_assert_eq(synched_job_run(engine.job), 0);
  const struct look look = look_at(engine.job);
  cr_assert_eq(look.summary.delivered_count, 25);
  cr_assert_eq(look.summary.missed_count, 0);
  cr_assert_eq(look.summary.lease_wait_count == 0, look.summary.lease_wait_ns == 0);
  /* Nothing else can have a moment of these waits, but what comes between two rounds. */
  cr_assert_leq(share_of(&look, SYNCHED_SHARE_BUFFER) / 2.0,
                (double)(look.summary.lease_wait_ns + SLACK_NS));
  cr_assert_geq((share_of(&look, SYNCHED_SHARE_BUFFER)) / 2.0 + (double)(25 * SLACK_NS),
                0.99 * (double)look.summary.lease_wait_ns);
  expect_calls(&look, 100);
  expect_shares(&look);
  synched_report_destroy(look.report);
  engine_end_with_pool(&engine);
}

/* Two jobs on a pool: the first one goes on until the second has ended. */
struct pair {
  _Atomic uint32_t second_over;
};

static int go_on_until_second_is_over(const struct synched_snapshot *now, void *user) {
  struct pair *pair = user;
  (void)now;
  return atomic_load(&pair->second_over) != 0 ? SYNCHED_STOP : SYNCHED_CONTINUE;
}

static void note_over(struct synched_job *job, int status, const struct synched_report *report,
                      void *user) {
  struct pair *pair = user;
  (void)job;
  (void)status;
  (void)report;
  atomic_store(&pair->second_over, 1);
}

static int work_a_while(struct synched_task *task, void *user) {
  static const uint64_t work_ns = 50000;
  (void)user;
  return work_for(task, (void *)(uintptr_t)&work_ns);
}

Test(job_report_time, two_jobs_on_a_pool_are_each_others_others) {
  struct pair pair = {0};
  uv_loop_t loop;
  struct synched_pool *pool = pool_new(2);
  struct engine first = engine_of(
      pool, 4,
      (struct synched_job_options){
          .compute = work_a_while, .on_round = go_on_until_second_is_over, .user = &pair});
  struct engine second = engine_of(pool, 4,
                                   (struct synched_job_options){.compute = work_a_while,
                                                                .on_done = note_over,
                                                                .user = &pair,
                                                                .round_count = 30,
                                                                .record = SYNCHED_RECORD_ROUNDS});
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(synched_job_start(first.job, &loop), 0);
  cr_assert_eq(synched_job_start(second.job, &loop), 0);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&loop), 0);
  const struct look one = look_at(first.job), other = look_at(second.job);
  uint64_t rounds_ns = 0;
  for (size_t i = 0; i < 30; i++) {
    struct synched_report_round round = {.struct_size = sizeof round};
    cr_assert_eq(synched_report_round(other.report, i, &round), 0);
    rounds_ns += round.total_ns;
  }
  expect_calls(&other, 120);
  expect_calls(&one, 4 * one.summary.round_count);
  expect_shares(&one);
  expect_shares(&other);
  /* All of the second one's rounds lie between rounds of the first one. */
  const double others_ns = share_of(&one, SYNCHED_SHARE_OTHERS) / 2.0;
  cr_assert_geq(others_ns + (double)(30 * SLACK_NS), 0.99 * (double)rounds_ns);
  cr_assert_leq(others_ns, 1.01 * (double)rounds_ns + (double)(30 * SLACK_NS));
  synched_report_destroy(one.report);
  synched_report_destroy(other.report);
  engine_end(&first);
  engine_end(&second);
  pool_end(pool);
}

/* --- clocks --- */

#define CLOCKED_WORKERS 3u

/* The CPU time that each worker's thread burned in calls, by the system's account. */
struct clocked {
  uint64_t cpu_ns[CLOCKED_WORKERS];
};

static uint64_t thread_ns(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * 1000 * MS + (uint64_t)now.tv_nsec;
}

static int work_and_clock(struct synched_task *task, void *user) {
  struct clocked *clocked = user;
  const uint64_t start_ns = thread_ns();
  const int status = work_a_while(task, NULL);
  clocked->cpu_ns[task->worker] += thread_ns() - start_ns;
  return status;
}

static int rest_a_ms(const struct synched_snapshot *now, void *user) {
  (void)now;
  (void)user;
  nap_ms(1);
  return SYNCHED_CONTINUE;
}

Test(job_report_time, times_agree_with_clocks_outside) {
  for (unsigned workers = 1; workers <= CLOCKED_WORKERS; workers++) {
    struct clocked clocked = {{0}};
    struct engine engine = engine_of(
        pool_new(workers), 12,
        (struct synched_job_options){
            .compute = work_and_clock, .on_round = rest_a_ms, .user = &clocked, .round_count = 10});
    const uint64_t before_ns = synched__clock_ns();
    cr_assert_eq(synched_job_run(engine.job), 0);
    const uint64_t after_ns = synched__clock_ns();
    const struct look look = look_at(engine.job);
    expect_shares(&look);
    cr_assert_geq(look.summary.start_ns + SLACK_NS, before_ns);
    cr_assert_leq(look.summary.end_ns, after_ns + SLACK_NS);
    cr_assert_geq(elapsed_ns(&look), 0.999 * 10 * (double)MS, "ten naps of a ms");
    cr_assert_geq((double)look.summary.callback_ns, 0.999 * 10 * (double)MS);
    cr_assert_geq(look.summary.closing_ns, look.summary.callback_ns);
    for (unsigned w = 0; w < workers; w++) {
      struct synched_report_worker worker = {.struct_size = sizeof worker};
      cr_assert_eq(synched_report_worker(look.report, w, &worker), 0);
      /* A call lasts at least as long as the CPU works on it. */
      cr_assert_geq(1.01 * (double)worker.compute_ns + (double)SLACK_NS, (double)clocked.cpu_ns[w]);
      cr_assert_leq((double)worker.compute_ns, 1.001 * elapsed_ns(&look) + (double)SLACK_NS);
    }
    synched_report_destroy(look.report);
    engine_end_with_pool(&engine);
  }
}

/* In static balance each worker has a part in each round, though some are opened late, or completed
 * by one that need not count. */
Test(job_report_time, static_rounds_have_no_worker_without_work) {
  struct engine engine = engine_new(
      pool_new(2),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 1, .element_size = 1),
      SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .balance = SYNCHED_BALANCE_STATIC,
                          .record = SYNCHED_RECORD_ROUNDS, .round_count = 20000));
  struct synched_report *report;
  struct synched_report_efficiency efficiency = {.struct_size = sizeof efficiency};
  cr_assert_eq(synched_job_run(engine.job), 0);
  cr_assert_eq(synched_job_report(engine.job, &report), 0);
  cr_assert_eq(synched_report_efficiency(report, &efficiency), 0);
  cr_assert_eq(efficiency.share_ns[SYNCHED_SHARE_ASLEEP], 0);
  synched_report_destroy(report);
  engine_end_with_pool(&engine);
}
