/*
 * job_report_test.c: reports of jobs that have run, or run still: levels, sizes, ends.
 */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <uv.h>

#include "job/job.h"
#include "platform/clock.h"
#include "support/job_look.h"
#include "support/support.h"
#include "support/unit_support.h"

/* --- levels --- */

/* Each call of `round_count` rounds is there once, and lies in its round. */
static void expect_tasks(const struct look *look, uint64_t round_count) {
  const size_t segment_count = look->summary.segment_count;
  const size_t count = synched_report_task_count(look->report);
  bool *seen = calloc((size_t)round_count * segment_count, sizeof *seen);
  cr_assert_not_null(seen);
  cr_assert_eq(count, round_count * segment_count);
  for (size_t i = 0; i < count; i++) {
    struct synched_report_task task = {.struct_size = sizeof task};
    struct synched_report_round round = {.struct_size = sizeof round};
    cr_assert_eq(synched_report_task(look->report, i, &task), 0);
    cr_assert(task.round >= 1 && task.round <= round_count && task.segment < segment_count);
    const size_t at = (size_t)(task.round - 1) * segment_count + task.segment;
    cr_assert(!seen[at], "segment %zu twice in a round", task.segment);
    seen[at] = true;
    cr_assert_eq(synched_report_round(look->report, (size_t)task.round - 1, &round), 0);
    cr_assert_geq(task.start_ns + SLACK_NS, round.start_ns);
    cr_assert_leq(task.start_ns + task.compute_ns, round.start_ns + round.total_ns + SLACK_NS);
  }
  free(seen);
}

Test(job_report, levels_record_what_they_say) {
  static const enum synched_record levels[] = {SYNCHED_RECORD_OFF, SYNCHED_RECORD_TOTALS,
                                               SYNCHED_RECORD_ROUNDS, SYNCHED_RECORD_TASKS};
  static const enum synched_balance balances[] = {SYNCHED_BALANCE_STEAL, SYNCHED_BALANCE_STATIC};
  for (unsigned workers = 1; workers <= 5; workers += workers == 1 ? 1 : 3)
    for (unsigned i = 0; i < 2 * LENGTH(levels); i++) {
      const enum synched_record level = levels[i / 2];
      const bool is_on = level != SYNCHED_RECORD_OFF;
      struct engine engine =
          engine_of(pool_new(workers), 7,
                    (struct synched_job_options){
                        .round_count = 50, .record = level, .balance = balances[i % 2]});
      cr_assert_eq(synched_job_run(engine.job), 0);
      const struct look look = look_at(engine.job);
      cr_assert_eq(look.summary.round_count, 50);
      cr_assert_eq(look.summary.last_round, 50);
      cr_assert_eq(look.summary.record, level);
      cr_assert_eq(look.summary.ended, 1);
      cr_assert_eq(look.summary.solo_count + look.summary.shared_count, is_on ? 50 : 0);
      expect_calls(&look, is_on ? 350 : 0);
      const size_t recorded = synched_report_recorded(look.report);
      if (is_on) {
        expect_shares(&look);
        expect_segments(&look, 50);
        expect_whole_rounds(&look);
      } else {
        cr_assert_eq(share_of(&look, SYNCHED_SHARE_OPENING), 0.0);
        cr_assert_eq(look.efficiency.efficiency, 1.0);
      }
      if (level == SYNCHED_RECORD_TOTALS)
        cr_assert(recorded >= 1 && recorded <= 50);
      else
        cr_assert_eq(recorded, is_on ? 50 : 0);
      if (level == SYNCHED_RECORD_TASKS)
        expect_tasks(&look, 50);
      else
        cr_assert_eq(synched_report_task_count(look.report), 0);
      synched_report_destroy(look.report);
      engine_end_with_pool(&engine);
    }
}

Test(job_report, rings_keep_as_many_as_were_asked_for) {
  struct engine engine = engine_of(pool_new(2), 5,
                                   (struct synched_job_options){.round_count = 1000,
                                                                .record = SYNCHED_RECORD_TASKS,
                                                                .report_rounds = 33,
                                                                .report_tasks = 21});
  for (uint64_t run = 1; run <= 2; run++) {
    cr_assert_eq(synched_job_run(engine.job), 0);
    const struct look look = look_at(engine.job);
    cr_assert_eq(look.summary.round_count, 1000);
    cr_assert_eq(look.summary.last_round, 1000 * run);
    cr_assert_eq(synched_report_recorded(look.report), 33);
    struct synched_report_round round = {.struct_size = sizeof round};
    cr_assert_eq(synched_report_round(look.report, 32, &round), 0);
    cr_assert_eq(round.round, 1000 * run);
    expect_calls(&look, 5000);
    expect_segments(&look, 1000);
    expect_whole_rounds(&look);
    cr_assert(synched_report_task_count(look.report) >= 21 &&
              synched_report_task_count(look.report) <= 42);
    synched_report_destroy(look.report);
  }
  engine_end_with_pool(&engine);
}

Test(job_report, no_segment_times_leaves_segments_out) {
  struct engine engine = engine_of(
      pool_new(2), 6,
      (struct synched_job_options){.round_count = 30, .flags = SYNCHED_JOB_NO_SEGMENT_TIMES});
  cr_assert_eq(synched_job_run(engine.job), 0);
  const struct look look = look_at(engine.job);
  expect_calls(&look, 180);
  expect_segments(&look, 0);
  expect_shares(&look);
  cr_assert_eq(synched_report_quantile(look.report, SYNCHED_DISTRIBUTION_SEGMENT, 0, 0.5), 0);
  synched_report_destroy(look.report);
  engine_end_with_pool(&engine);
}

/* --- sizes --- */

Test(job_report, hundred_workers_are_told_apart) {
  struct engine engine =
      engine_of(pool_new(100), 250,
                (struct synched_job_options){.round_count = 20, .record = SYNCHED_RECORD_ROUNDS});
  cr_assert_eq(synched_job_run(engine.job), 0);
  const struct look look = look_at(engine.job);
  cr_assert_eq(look.summary.worker_count, 100);
  cr_assert_eq(synched_report_recorded(look.report), 20);
  expect_calls(&look, 5000);
  expect_segments(&look, 20);
  expect_whole_rounds(&look);
  expect_shares(&look);
  synched_report_destroy(look.report);
  engine_end_with_pool(&engine);
}

Test(job_report, million_segments_are_each_counted) {
  const unsigned count = at_most(1000000, 20000);
  struct engine engine =
      engine_of(pool_new(2), count, (struct synched_job_options){.round_count = 3});
  cr_assert_eq(synched_job_run(engine.job), 0);
  const struct look look = look_at(engine.job);
  expect_calls(&look, UINT64_C(3) * count);
  expect_segments(&look, 3);
  expect_shares(&look);
  synched_report_destroy(look.report);
  engine_end_with_pool(&engine);
}

/* --- ends --- */

static int fail_at_two(struct synched_task *task, void *user) {
  (void)user;
  return task->segment == 2 ? -123 : 0;
}

Test(job_report, failed_in_round_one_has_totals_and_no_round) {
  for (unsigned workers = 1; workers <= 3; workers++) {
    struct engine engine = engine_of(
        pool_new(workers), 6,
        (struct synched_job_options){.compute = fail_at_two, .record = SYNCHED_RECORD_TASKS});
    cr_assert_eq(synched_job_run(engine.job), -123);
    const struct look look = look_at(engine.job);
    cr_assert_eq(look.summary.status, -123);
    cr_assert_eq(look.summary.round_count, 0);
    cr_assert_eq(look.summary.failed_segment, 2);
    cr_assert_eq(look.summary.failed_code, -123);
    cr_assert_eq(look.summary.ended, 1);
    cr_assert(look.summary.call_count >= 3 && look.summary.call_count <= 6);
    cr_assert_eq(synched_report_recorded(look.report), 0);
    cr_assert_eq(synched_report_task_count(look.report), look.summary.call_count);
    cr_assert_gt(look.summary.end_ns, look.summary.start_ns);
    expect_shares(&look);
    synched_report_destroy(look.report);
    engine_end_with_pool(&engine);
  }
}

Test(job_report, cancelled_before_the_start_has_no_round) {
  struct engine engine =
      engine_of(pool_new(2), 4, (struct synched_job_options){.record = SYNCHED_RECORD_ROUNDS});
  struct synched_report *none = (struct synched_report *)&engine; /* anything but NULL */
  expect_refused(synched_job_report(engine.job, &none), SYNCHED_ENOENT, "not been started");
  cr_assert_null(none);
  cr_assert_eq(synched_job_cancel(engine.job), 0);
  cr_assert_eq(synched_job_run(engine.job), SYNCHED_ECANCELED);
  const struct look look = look_at(engine.job);
  cr_assert_eq(look.summary.round_count, 0);
  cr_assert_eq(look.summary.call_count, 0);
  cr_assert_eq(look.summary.status, SYNCHED_ECANCELED);
  cr_assert_eq(look.summary.failed_segment, -1);
  cr_assert_eq(look.summary.compute_ns, 0);
  cr_assert_geq(look.summary.end_ns, look.summary.start_ns);
  cr_assert_eq(synched_report_recorded(look.report), 0);
  expect_shares(&look);
  synched_report_destroy(look.report);
  engine_end_with_pool(&engine);
}

/* --- stages --- */

static struct synched_report_stage stage_of(const struct look *look, unsigned stage) {
  struct synched_report_stage out = {.struct_size = sizeof out};
  cr_assert_eq(synched_report_stage(look->report, stage, &out), 0, "%s", synched_error_message());
  return out;
}

/* What all stages have computed. None has taken longer than the job. */
static uint64_t staged_ns(const struct look *look) {
  uint64_t total_ns = 0, compute_ns = 0;
  for (unsigned s = 0; s < look->summary.stage_count; s++) {
    const struct synched_report_stage stage = stage_of(look, s);
    total_ns += stage.total_ns;
    compute_ns += stage.compute_ns;
  }
  cr_assert_leq((double)total_ns, elapsed_ns(look) + (double)SLACK_NS);
  return compute_ns;
}

static int compute_some(struct synched_task *task, void *user) {
  volatile unsigned left = 20 * ((unsigned)task->segment % 5);
  (void)user;
  while (left > 0)
    left--;
  return 0;
}

static int fail_in_stage_one(struct synched_task *task, void *user) {
  (void)user;
  return task->round % 5 == 0 && task->segment == 2 && task->parts->stage == 1 ? -123 : 0;
}

static int fail_late(struct synched_task *task, void *user) {
  (void)user;
  return task->round == 5 && task->segment == 2 ? -123 : 0;
}

/* Whoever computed, and whether it was shared: no time of a call is in no stage, or in two. */
Test(job_report, stages_together_have_what_was_computed) {
  static const struct synched_stage stages[] = {{.name = "forces", .compute = compute_some},
                                                {.compute = compute_some},
                                                {.name = "moves", .compute = compute_nothing}};
  static const char *const names[] = {"forces", "stage 1", "moves"};
  for (unsigned workers = 1; workers <= 5; workers++)
    for (unsigned i = 0; i < 6; i++) {
      struct engine engine =
          engine_of(pool_new(workers), 7 * (i / 2) + 7,
                    (struct synched_job_options){.stages = stages,
                                                 .stage_count = LENGTH(stages),
                                                 .round_count = 300,
                                                 .balance = i % 2 == 0 ? SYNCHED_BALANCE_STEAL
                                                                       : SYNCHED_BALANCE_STATIC});
      for (unsigned run = 0; run < 2; run++) {
        if (run == 1)
          engine.job->work.part_most_ns = 1; /* as of workers that are many, and compute for long */
        cr_assert_eq(synched_job_run(engine.job), 0);
        const struct look look = look_at(engine.job);
        cr_assert_eq(look.summary.stage_count, 3);
        for (unsigned s = 0; s < 3; s++) {
          const struct synched_report_stage stage = stage_of(&look, s);
          cr_assert_str_eq(stage.name, names[s]);
          cr_assert_eq(stage.round_count, 300);
          cr_assert_gt(stage.total_ns, 0);
        }
        cr_assert_eq(staged_ns(&look), look.summary.compute_ns, "%u workers, case %u", workers, i);
        synched_report_destroy(look.report);
      }
      engine_end_with_pool(&engine);
    }
}

Test(job_report, one_stage_has_none_to_tell_of) {
  struct engine engine =
      engine_of(pool_new(2), 5, (struct synched_job_options){.compute = fail_late});
  cr_assert_eq(synched_job_run(engine.job), -123);
  const struct look look = look_at(engine.job);
  struct synched_report_stage stage = {.struct_size = sizeof stage};
  cr_assert_eq(look.summary.stage_count, 0);
  cr_assert_eq(look.summary.failed_stage, 0);
  expect_refused(synched_report_stage(look.report, 0, &stage), SYNCHED_ERANGE, "there are 0");
  synched_report_destroy(look.report);
  engine_end_with_pool(&engine);
}

Test(job_report, failed_stage_is_told_at_every_level) {
  static const struct synched_stage stages[] = {{.compute = fail_in_stage_one},
                                                {.name = "second", .compute = fail_in_stage_one},
                                                {.compute = fail_in_stage_one}};
  static const enum synched_record levels[] = {SYNCHED_RECORD_OFF, SYNCHED_RECORD_TOTALS};
  for (unsigned workers = 1; workers <= 3; workers++)
    for (unsigned i = 0; i < LENGTH(levels); i++) {
      struct engine engine =
          engine_of(pool_new(workers), 5,
                    (struct synched_job_options){
                        .stages = stages, .stage_count = LENGTH(stages), .record = levels[i]});
      cr_assert_eq(synched_job_run(engine.job), -123);
      const struct look look = look_at(engine.job);
      cr_assert_eq(look.summary.failed_segment, 2);
      cr_assert_eq(look.summary.failed_stage, 1);
      cr_assert_str_eq(stage_of(&look, 1).name, "second");
      /* The round that failed is in it as far as it came. */
      cr_assert_eq(stage_of(&look, 1).round_count, i == 0 ? 0 : 5);
      cr_assert_eq(stage_of(&look, 2).round_count, i == 0 ? 0 : 4);
      cr_assert_eq(staged_ns(&look), look.summary.compute_ns);
      synched_report_destroy(look.report);
      engine_end_with_pool(&engine);
    }
}

Test(job_report, init_is_no_stage) {
  static const struct synched_stage stages[] = {{.compute = compute_nothing},
                                                {.compute = compute_nothing}};
  struct synched_job_options options = {
      .stages = stages, .stage_count = LENGTH(stages), .init = fail_at_two, .round_count = 3};
  struct engine engine = engine_of(pool_new(2), 5, options);
  cr_assert_eq(synched_job_run(engine.job), -123);
  struct look look = look_at(engine.job);
  cr_assert_eq(look.summary.failed_segment, 2);
  cr_assert_eq(look.summary.failed_stage, -1);
  cr_assert_eq(stage_of(&look, 0).round_count, 0);
  synched_report_destroy(look.report);
  engine_end_with_pool(&engine);
  options.init = compute_some;
  engine = engine_of(pool_new(2), 5, options);
  cr_assert_eq(synched_job_run(engine.job), 0);
  look = look_at(engine.job);
  cr_assert_eq(stage_of(&look, 0).round_count, 3);
  cr_assert_eq(staged_ns(&look), look.summary.compute_ns);
  synched_report_destroy(look.report);
  engine_end_with_pool(&engine);
}

static int fold_some(struct synched_task *task, void *user) {
  double *fold = synched_task_fold(task);
  (void)user;
  for (unsigned k = 0; fold != NULL && k < 8; k++)
    fold[k] = (double)task->segment;
  return 0;
}

/* A pass that combines a fold is no round of the stage, and no call. */
Test(job_report, pass_of_a_fold_is_part_of_its_stage) {
  static const struct synched_stage stages[] = {
      {.compute = fold_some, .fold = SYNCHED_FOLD_SUM, .fold_length = 8}, {.compute = fold_some}};
  for (unsigned workers = 1; workers <= 3; workers++) {
    struct engine engine =
        engine_of(pool_new(workers), 5000,
                  (struct synched_job_options){
                      .stages = stages, .stage_count = LENGTH(stages), .round_count = 20});
    cr_assert_eq(synched_job_run(engine.job), 0, "%s", synched_error_message());
    const struct look look = look_at(engine.job);
    expect_calls(&look, UINT64_C(20) * 2 * 5000);
    cr_assert_eq(look.summary.stage_count, 2);
    cr_assert_eq(stage_of(&look, 0).round_count, 20);
    cr_assert_eq(stage_of(&look, 1).round_count, 20);
    cr_assert_geq(staged_ns(&look), look.summary.compute_ns);
    synched_report_destroy(look.report);
    engine_end_with_pool(&engine);
  }
}

static void take_snapshot(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  (void)job;
  (void)now;
  (void)user;
}

static const struct synched_job_options copied[] = {
    {.compute = compute_some, .delivery = SYNCHED_DELIVER_EVERY},
    {.compute = compute_some, .delivery = SYNCHED_DELIVER_EVERY, .balance = SYNCHED_BALANCE_STATIC},
    {.compute = compute_nothing},
    /* Its stages are opened late. */
    {.compute = compute_nothing,
     .balance = SYNCHED_BALANCE_STATIC,
     .flags = SYNCHED_JOB_NO_SEGMENT_TIMES},
};

Test(job_report, copies_are_the_last_stage) {
  const struct synched_memory_options memory = {.struct_size = sizeof memory,
                                                .segment_count = 3,
                                                .segment_capacity = 100,
                                                .element_size = 8,
                                                .lease_count = 1,
                                                .flags = SYNCHED_MEMORY_IN_PLACE};
  for (unsigned workers = 1; workers <= 3; workers++)
    for (unsigned i = 0; i < LENGTH(copied); i++) {
      struct synched_job_options options = copied[i];
      options.struct_size = sizeof options;
      options.round_count = 300;
      options.on_snapshot = take_snapshot;
      struct engine engine = engine_new(pool_new(workers), &memory, &options);
      cr_assert_eq(synched_job_run(engine.job), 0, "%s", synched_error_message());
      const struct look look = look_at(engine.job);
      cr_assert_eq(look.summary.stage_count, 2);
      const struct synched_report_stage compute = stage_of(&look, 0);
      const struct synched_report_stage copies = stage_of(&look, 1);
      cr_assert_str_eq(compute.name, "stage 0");
      cr_assert_str_eq(copies.name, "copies");
      cr_assert_eq(compute.round_count, 300);
      cr_assert(copies.round_count >= look.summary.delivered_count && copies.round_count <= 300);
      cr_assert_eq(compute.compute_ns, look.summary.compute_ns, "%u workers, case %u", workers, i);
      cr_assert_gt(copies.total_ns, 0);
      synched_report_destroy(look.report);
      engine_end_with_pool(&engine);
    }
}

/* --- a job that is paused, looked at, and cancelled --- */

struct pausing {
  struct engine engine;
  uv_timer_t timer;
  struct look paused;              /* as it was looked at then */
  uint64_t since_ns, cancelled_ns; /* it was surely paused between these */
  int weight_status, status;
};

static int pause_at_nine(const struct synched_snapshot *now, void *user) {
  const struct pausing *pausing = user;
  if (now->round == 9)
    (void)synched_job_pause(pausing->engine.job);
  return SYNCHED_CONTINUE;
}

static void cancel_after_all(uv_timer_t *timer) {
  struct pausing *pausing = timer->data;
  pausing->cancelled_ns = synched__clock_ns();
  pausing->status = synched_job_cancel(pausing->engine.job);
  uv_close((uv_handle_t *)timer, NULL);
}

static void look_while_paused(struct synched_job *job, const struct synched_steered *steered,
                              void *user) {
  struct pausing *pausing = user;
  (void)steered;
  if (pausing->since_ns != 0)
    return;
  pausing->paused = look_at(job);
  /* Who paused it may still be about to note when: this call waits for that. */
  pausing->weight_status = synched_job_set_weight(job, 2);
  pausing->since_ns = synched__clock_ns();
  (void)uv_timer_start(&pausing->timer, cancel_after_all, 30, 0);
}

Test(job_report, paused_and_cancelled_shows_the_pause_apart) {
  struct pausing pausing = {.status = 1};
  uv_loop_t loop;
  pausing.engine = engine_of(pool_new(2), 4,
                             (struct synched_job_options){.record = SYNCHED_RECORD_ROUNDS,
                                                          .on_round = pause_at_nine,
                                                          .on_steered = look_while_paused,
                                                          .user = &pausing});
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(uv_timer_init(&loop, &pausing.timer), 0);
  pausing.timer.data = &pausing;
  cr_assert_eq(synched_job_start(pausing.engine.job, &loop), 0);
  cr_assert_eq(synched_job_ref(pausing.engine.job), 0);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&loop), 0);
  cr_assert_eq(pausing.weight_status, 0);
  cr_assert_eq(pausing.status, 0);
  const struct look ended = look_at(pausing.engine.job);
  const struct look *both[] = {&pausing.paused, &ended};
  for (int i = 0; i < 2; i++) {
    cr_assert_eq(both[i]->summary.ended, i);
    cr_assert_eq(both[i]->summary.status, i == 0 ? 0 : SYNCHED_ECANCELED);
    cr_assert_eq(both[i]->summary.round_count, 9);
    cr_assert_eq(synched_report_recorded(both[i]->report), 9);
    expect_calls(both[i], 36);
    expect_segments(both[i], 9);
    expect_whole_rounds(both[i]);
    expect_shares(both[i]);
  }
  const double paused_ns = share_of(&ended, SYNCHED_SHARE_PAUSED) / 2.0;
  cr_assert_geq(paused_ns + (double)SLACK_NS,
                0.999 * (double)(pausing.cancelled_ns - pausing.since_ns));
  cr_assert_leq(ended.efficiency.utilisation, ended.efficiency.efficiency);
  cr_assert_eq(share_of(&pausing.paused, SYNCHED_SHARE_PAUSED), 0.0);
  synched_report_destroy(pausing.paused.report);
  synched_report_destroy(ended.report);
  engine_end_with_pool(&pausing.engine);
}

Test(job_report, next_run_begins_anew) {
  struct engine engine =
      engine_of(pool_new(3), 5,
                (struct synched_job_options){.round_count = 40, .record = SYNCHED_RECORD_TASKS});
  uint64_t end_ns = 0;
  for (uint64_t run = 1; run <= 3; run++) {
    cr_assert_eq(synched_job_run(engine.job), 0);
    const struct look look = look_at(engine.job);
    cr_assert_eq(look.summary.round_count, 40);
    cr_assert_eq(look.summary.last_round, 40 * run);
    cr_assert_geq(look.summary.start_ns + SLACK_NS, end_ns);
    end_ns = look.summary.end_ns;
    expect_calls(&look, 200);
    expect_segments(&look, 40);
    cr_assert_eq(synched_report_task_count(look.report), 200);
    synched_report_destroy(look.report);
  }
  engine_end_with_pool(&engine);
}

static int report_and_destroy(void *context) {
  const struct engine *engine = context;
  struct synched_report *report = context; /* anything but NULL */
  const int status = synched_job_report(engine->job, &report);
  if (status != 0)
    cr_assert_null(report);
  synched_report_destroy(report);
  return status;
}

static void undo_nothing(void *context) {
  (void)context;
}

Test(job_report, memory_refused_harms_nothing) {
  struct engine engine =
      engine_of(pool_new(2), 5,
                (struct synched_job_options){.round_count = 10, .record = SYNCHED_RECORD_TASKS});
  const struct refusing refusing = {.fault = SYNCHED__FAULT_ALLOCATE,
                                    .expected = SYNCHED_ENOMEM,
                                    .attempt = report_and_destroy,
                                    .undo = undo_nothing,
                                    .context = &engine};
  cr_assert_eq(synched_job_run(engine.job), 0);
  cr_assert_eq(refuse_in_turn(&refusing), 8);
  cr_assert_eq(synched_job_run(engine.job), 0);
  engine_end_with_pool(&engine);
}

Test(job_report, report_outlives_its_job) {
  struct engine engine =
      engine_of(pool_new(2), 5, (struct synched_job_options){.name = "heat", .round_count = 10});
  cr_assert_eq(synched_job_run(engine.job), 0);
  struct look look = look_at(engine.job);
  engine_end_with_pool(&engine);
  cr_assert_eq(synched_report_summary(look.report, &look.summary), 0);
  cr_assert_str_eq(look.summary.name, "heat");
  expect_calls(&look, 50);
  synched_report_destroy(look.report);
}
