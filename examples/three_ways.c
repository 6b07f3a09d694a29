/*
 * three_ways.c: one loop, one pool and three jobs: one computes as fast as it can, one every 10 ms,
 * and one a few rounds at a time, whenever the program asks for them.
 */
#include <inttypes.h>
#include <stdio.h>

#include <uv.h>

#include <synched/synched.h>

#include "common/options.h"
#include "common/report.h"

#define SEGMENTS 4
#define MS UINT64_C(1000000)

enum way { FREE_RUNNING, PERIODIC, STEPPED, WAY_COUNT };

/* All of it belongs to the loop's thread. */
struct app {
  uv_loop_t loop;
  struct synched_pool *pool;
  struct synched_memory *memories[WAY_COUNT];
  struct synched_job *jobs[WAY_COUNT];
  uint64_t newest_round; /* of the free-running job, as far as the loop has seen */
  struct example_report report;
  int status; /* the first of the jobs' that is not 0; -1: a report is not written */
};

/* In every round each segment's counter goes up by one. */
static int count(struct synched_task *task, void *user) {
  (void)user;
  *(uint64_t *)task->out =
      *(const uint64_t *)synched_snapshot_segment(task->previous, task->segment) + 1;
  return 0;
}

static void on_done(struct synched_job *job, int status, const struct synched_report *report,
                    void *user) {
  struct app *app = user;
  if (status != 0 && app->status == 0)
    app->status = status;
  const int written = example_report_write(&app->report, "three_ways", report);
  if (app->status == 0)
    app->status = written;
  printf("\n");
  if (job == app->jobs[PERIODIC])
    (void)synched_job_stop(app->jobs[FREE_RUNNING]); /* which goes on until it is told to end */
}

static void on_newest(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  (void)job;
  ((struct app *)user)->newest_round = now->round;
}

static int create_free_running(struct app *app) {
  return synched_job_create(&app->jobs[FREE_RUNNING], app->pool, app->memories[FREE_RUNNING],
                            SYNCHED_JOB_OPTIONS(.name = "free-running", .user = app,
                                                .compute = count, .on_done = on_done,
                                                .delivery = SYNCHED_DELIVER_LATEST,
                                                .on_snapshot = on_newest, .report_rounds = 4));
}

static void on_each(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  (void)job;
  printf("round %" PRIu64 "; the free-running job is at %" PRIu64 "\n", now->round,
         ((struct app *)user)->newest_round);
}

static void on_deadline(struct synched_job *job, const struct synched_deadline_miss *miss,
                        void *user) {
  (void)job;
  (void)user;
  printf("round %" PRIu64 " is late: %u calls were still running\n", miss->round,
         miss->running_count);
}

static int create_periodic(struct app *app) {
  return synched_job_create(
      &app->jobs[PERIODIC], app->pool, app->memories[PERIODIC],
      SYNCHED_JOB_OPTIONS(.name = "periodic", .user = app, .compute = count, .on_done = on_done,
                          .period_ns = 10 * MS, .overrun = SYNCHED_OVERRUN_SKIP,
                          .deadline_ns = 8 * MS, .deadline_policy = SYNCHED_DEADLINE_REPORT,
                          .on_deadline = on_deadline, .delivery = SYNCHED_DELIVER_EVERY,
                          .on_snapshot = on_each, .round_count = 25, .report_rounds = 4));
}

static void on_steered(struct synched_job *job, const struct synched_steered *steered, void *user) {
  (void)user;
  if (steered->call != SYNCHED_STEER_STEP || steered->status != 0)
    return;
  printf("stepped to %" PRIu64 "\n", steered->round);
  (void)(steered->round < 30 ? synched_job_step(job, 10) : synched_job_stop(job));
}

static int create_stepped(struct app *app) {
  return synched_job_create(&app->jobs[STEPPED], app->pool, app->memories[STEPPED],
                            SYNCHED_JOB_OPTIONS(.name = "stepped", .user = app, .compute = count,
                                                .on_done = on_done, .on_steered = on_steered,
                                                .flags = SYNCHED_JOB_START_PAUSED,
                                                .report_rounds = 4));
}

static int create_all(struct app *app) {
  int status = synched_pool_create(&app->pool, NULL);
  for (int way = 0; way < WAY_COUNT && status == 0; way++)
    status = synched_memory_create(
        &app->memories[way],
        SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = 1,
                               .element_size = sizeof(uint64_t), .lease_count = 2,
                               .layout = SYNCHED_LAYOUT_PADDED));
  if (status == 0)
    status = create_free_running(app);
  if (status == 0)
    status = create_periodic(app);
  return status != 0 ? status : create_stepped(app);
}

/* If one of them cannot be started, the others are cancelled, and the loop runs until they end. */
static int start_all(struct app *app) {
  int status = 0;
  for (int way = 0; way < WAY_COUNT && status == 0; way++)
    status = synched_job_start(app->jobs[way], &app->loop);
  if (status == 0)
    status = synched_job_step(app->jobs[STEPPED], 10); /* the others run already */
  for (int way = 0; way < WAY_COUNT && status != 0; way++)
    (void)synched_job_cancel(app->jobs[way]);
  return status;
}

static int run_loop(struct app *app) {
  int status = uv_loop_init(&app->loop);
  if (status != 0)
    return status;
  status = start_all(app);
  if (status != 0)
    fprintf(stderr, "three_ways: %s\n", synched_error_message());
  (void)uv_run(&app->loop, UV_RUN_DEFAULT); /* until the last on_done */
  int close_status = uv_loop_close(&app->loop);
  return status != 0 ? status : close_status;
}

struct settings {
  const char *form; /* of the report */
};

static const struct example_option known[] = {
    EXAMPLE_REPORT_TEXT_OPTION(struct settings, form),
    {.name = NULL},
};

static const struct example_command command = {
    .program = "three_ways", .synopsis = "three_ways [--report FORM[:FILE]]", .options = known};

int main(int argc, char **argv) {
  static struct app app;
  struct settings settings = {.form = "table"};
  const enum example_options_result parsed =
      example_options_read_only(&command, argc, argv, &settings);
  if (parsed != EXAMPLE_OPTIONS_RUN)
    return parsed == EXAMPLE_OPTIONS_DONE ? 0 : 2;
  const int refused = example_report_read(&app.report, "three_ways", settings.form);
  if (refused != 0)
    return refused;
  int status = create_all(&app);
  if (status == 0)
    status = run_loop(&app);
  else
    fprintf(stderr, "three_ways: %s\n", synched_error_message());
  for (int way = 0; way < WAY_COUNT; way++) {
    (void)synched_job_destroy(app.jobs[way]);
    (void)synched_memory_destroy(app.memories[way]);
  }
  (void)synched_pool_destroy(app.pool);
  return status == 0 && app.status == 0 ? 0 : 1;
}
