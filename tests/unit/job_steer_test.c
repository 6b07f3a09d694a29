/*
 * job_steer_test.c: the table of states and calls in <synched/job.h>, cell by cell; and what each
 * call does.
 */
#include <criterion/criterion.h>

#include <pthread.h>
#include <uv.h>

#include "support/support.h"
#include "support/unit_support.h"

#define STATES 6

/* What the callbacks of a job have seen; the loop's but for the atomic ones. */
struct scene {
  _Atomic uint32_t held;  /* 1: calls wait; 2: one waits */
  _Atomic uint32_t round; /* the last published one */
  unsigned done_count;
  int done_status;
  unsigned steered_count;
  struct synched_steered steered[64];
};

static int hold_if_asked(struct synched_task *task, void *user) {
  struct scene *scene = user;
  uint32_t asked = 1;
  (void)atomic_compare_exchange_strong(&scene->held, &asked, 2);
  while (atomic_load(&scene->held) != 0 && !synched_task_cancelled(task))
    nap_ms(1);
  *(uint64_t *)task->out = task->round;
  return 0;
}

static int tell_round(const struct synched_snapshot *now, void *user) {
  struct scene *scene = user;
  atomic_store(&scene->round, (uint32_t)now->round);
  return SYNCHED_CONTINUE;
}

static void note_steered(struct synched_job *job, const struct synched_steered *steered,
                         void *user) {
  struct scene *scene = user;
  (void)job;
  cr_assert_eq(scene->done_count, 0, "after on_done");
  cr_assert_lt(scene->steered_count, (unsigned)LENGTH(scene->steered));
  scene->steered[scene->steered_count++] = *steered;
}

static void note_done(struct synched_job *job, int status, const struct synched_report *report,
                      void *user) {
  struct scene *scene = user;
  (void)job;
  (void)report;
  scene->done_count++;
  scene->done_status = status;
}

/* A job in its scene, and the loop that it is started on. */
struct stage {
  struct scene scene;
  struct engine engine;
  uv_loop_t loop;
};

static void stage_init(struct stage *stage, const struct synched_job_options *extra) {
  struct synched_job_options options = *extra;
  *stage = (struct stage){.scene = {.done_count = 0}};
  options.struct_size = (uint32_t)sizeof options;
  options.compute = hold_if_asked;
  options.on_round = tell_round;
  options.on_steered = note_steered;
  options.on_done = note_done;
  options.user = &stage->scene;
  stage->engine = engine_new(pool_new(2),
                             SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 1,
                                                    .element_size = sizeof(uint64_t)),
                             &options);
  cr_assert_eq(uv_loop_init(&stage->loop), 0);
}

static void stage_start(struct stage *stage) {
  cr_assert_eq(synched_job_start(stage->engine.job, &stage->loop), 0, "%s",
               synched_error_message());
}

/* Lets the job end, in whatever state it is. */
static void stage_end(struct stage *stage) {
  const int state = synched_job_state(stage->engine.job);
  if (state != SYNCHED_JOB_READY && state != SYNCHED_JOB_ENDED)
    (void)synched_job_cancel(stage->engine.job);
  atomic_store(&stage->scene.held, 0);
  cr_assert_eq(uv_run(&stage->loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&stage->loop), 0);
  engine_end_with_pool(&stage->engine);
}

/* Runs the loop until so many completions have come. */
static void await_steered(struct stage *stage, unsigned count) {
  for (unsigned ms = 0; stage->scene.steered_count < count; ms++) {
    cr_assert_lt(ms, HANG_SECONDS * 1000u, "%u completions of %u", stage->scene.steered_count,
                 count);
    (void)uv_run(&stage->loop, UV_RUN_NOWAIT);
    nap_ms(1);
  }
  cr_assert_eq(stage->scene.steered_count, count);
}

static void expect_steered(const struct stage *stage, unsigned at, enum synched_steer call,
                           int status) {
  const struct synched_steered *steered = &stage->scene.steered[at];
  cr_assert_eq(steered->call, call, "completion %u is of call %d", at, (int)steered->call);
  cr_assert_eq(steered->status, status, "completion %u: %s", at, synched_err_name(steered->status));
}

/* --- the table --- */

static void enter_ready(struct stage *stage) {
  (void)stage;
}

static void enter_running(struct stage *stage) {
  atomic_store(&stage->scene.held, 1);
  stage_start(stage);
  cr_assert_eq(synched_job_resume(stage->engine.job), 0);
  cr_assert(reaches(&stage->scene.held, 2));
}

static void enter_paused(struct stage *stage) {
  stage_start(stage);
}

static void enter_stepping(struct stage *stage) {
  atomic_store(&stage->scene.held, 1);
  stage_start(stage);
  cr_assert_eq(synched_job_step(stage->engine.job, 3), 0);
  cr_assert(reaches(&stage->scene.held, 2));
}

static void enter_ending(struct stage *stage) {
  enter_running(stage);
  cr_assert_eq(synched_job_stop(stage->engine.job), 0);
}

static void enter_ended(struct stage *stage) {
  stage_start(stage);
  cr_assert_eq(synched_job_cancel(stage->engine.job), 0);
  cr_assert_eq(uv_run(&stage->loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(stage->scene.done_count, 1);
  stage->scene.done_count = 0;
}

static void (*const enter[STATES])(struct stage *) = {enter_ready,    enter_running, enter_paused,
                                                      enter_stepping, enter_ending,  enter_ended};

static int call_start(struct stage *stage) {
  return synched_job_start(stage->engine.job, &stage->loop);
}

static int call_pause(struct stage *stage) {
  return synched_job_pause(stage->engine.job);
}

static int call_resume(struct stage *stage) {
  return synched_job_resume(stage->engine.job);
}

static int call_step(struct stage *stage) {
  return synched_job_step(stage->engine.job, 2);
}

static int call_stop(struct stage *stage) {
  return synched_job_stop(stage->engine.job);
}

static int call_cancel(struct stage *stage) {
  return synched_job_cancel(stage->engine.job);
}

static int call_period(struct stage *stage) {
  return synched_job_set_period(stage->engine.job, 1000000);
}

static int call_weight(struct stage *stage) {
  return synched_job_set_weight(stage->engine.job, 7);
}

static int call_report(struct stage *stage) {
  struct synched_report *report;
  const int status = synched_job_report(stage->engine.job, &report);
  synched_report_destroy(report);
  return status;
}

#define READY SYNCHED_JOB_READY
#define RUNNING SYNCHED_JOB_RUNNING
#define PAUSED SYNCHED_JOB_PAUSED
#define STEPPING SYNCHED_JOB_STEPPING
#define ENDING SYNCHED_JOB_ENDING
#define ENDED SYNCHED_JOB_ENDED
#define BUSY SYNCHED_EBUSY
#define NONE SYNCHED_ENOENT
#define ALREADY SYNCHED_EALREADY

struct row {
  const char *what;
  int (*call)(struct stage *stage);
  struct {
    int status, after;
  } cells[STATES]; /* by the state before */
};

static const struct row rows[] = {
    {"start",
     call_start,
     {{0, PAUSED}, {BUSY, RUNNING}, {BUSY, PAUSED}, {BUSY, STEPPING}, {BUSY, ENDING}, {0, PAUSED}}},
    {"pause",
     call_pause,
     {{NONE, READY},
      {0, PAUSED},
      {ALREADY, PAUSED},
      {0, PAUSED},
      {ALREADY, ENDING},
      {ALREADY, ENDED}}},
    {"resume",
     call_resume,
     {{NONE, READY},
      {ALREADY, RUNNING},
      {0, RUNNING},
      {0, RUNNING},
      {ALREADY, ENDING},
      {ALREADY, ENDED}}},
    {"step",
     call_step,
     {{NONE, READY},
      {BUSY, RUNNING},
      {0, STEPPING},
      {BUSY, STEPPING},
      {ALREADY, ENDING},
      {ALREADY, ENDED}}},
    {"stop",
     call_stop,
     {{NONE, READY}, {0, ENDING}, {0, ENDING}, {0, ENDING}, {ALREADY, ENDING}, {ALREADY, ENDED}}},
    {"cancel",
     call_cancel,
     {{0, READY}, {0, ENDING}, {0, ENDING}, {0, ENDING}, {0, ENDING}, {ALREADY, ENDED}}},
    {"set_period",
     call_period,
     {{0, READY}, {0, RUNNING}, {0, PAUSED}, {0, STEPPING}, {ALREADY, ENDING}, {0, ENDED}}},
    {"set_weight",
     call_weight,
     {{0, READY}, {0, RUNNING}, {0, PAUSED}, {0, STEPPING}, {ALREADY, ENDING}, {0, ENDED}}},
    {"report",
     call_report,
     {{NONE, READY}, {0, RUNNING}, {0, PAUSED}, {0, STEPPING}, {0, ENDING}, {0, ENDED}}},
};

static void expect_cell(const struct row *row, int state) {
  static const char *const names[STATES] = {"READY",    "RUNNING", "PAUSED",
                                            "STEPPING", "ENDING",  "ENDED"};
  struct stage stage;
  stage_init(&stage, SYNCHED_JOB_OPTIONS(.flags = SYNCHED_JOB_START_PAUSED));
  enter[state](&stage);
  cr_assert_eq(synched_job_state(stage.engine.job), state, "%s is not entered", names[state]);
  /* A held call lets go when it is cancelled: then the state may be anything that follows. */
  if (row->call == call_step && state == PAUSED)
    atomic_store(&stage.scene.held, 1);
  if (row->call == call_resume && state == PAUSED)
    atomic_store(&stage.scene.held, 1);
  (void)synched__fail(0, "nothing was said");
  const int status = row->call(&stage);
  cr_assert_eq(status, row->cells[state].status, "%s in %s: %s", row->what, names[state],
               synched_err_name(status));
  if (status != 0)
    cr_assert_str_neq(synched_error_message(), "nothing was said", "%s", row->what);
  cr_assert_eq(synched_job_state(stage.engine.job), row->cells[state].after, "%s in %s", row->what,
               names[state]);
  const bool started = state != READY && state != ENDED;
  stage_end(&stage);
  cr_assert_eq(stage.scene.done_count, started || (row->call == call_start) ? 1 : 0,
               "%s in %s: on_done", row->what, names[state]);
}

static void expect_row(const char *what) {
  for (size_t r = 0; r < LENGTH(rows); r++)
    for (int state = 0; strcmp(rows[r].what, what) == 0 && state < STATES; state++)
      expect_cell(&rows[r], state);
}

Test(job_steer, start_in_every_state) {
  expect_row("start");
}

Test(job_steer, pause_in_every_state) {
  expect_row("pause");
}

Test(job_steer, resume_in_every_state) {
  expect_row("resume");
}

Test(job_steer, step_in_every_state) {
  expect_row("step");
}

Test(job_steer, stop_in_every_state) {
  expect_row("stop");
}

Test(job_steer, cancel_in_every_state) {
  expect_row("cancel");
}

Test(job_steer, set_period_in_every_state) {
  expect_row("set_period");
}

Test(job_steer, set_weight_in_every_state) {
  expect_row("set_weight");
}

Test(job_steer, report_in_every_state) {
  expect_row("report");
}

Test(job_steer, destroy_in_every_state) {
  for (int state = RUNNING; state <= ENDING; state++) {
    struct stage stage;
    stage_init(&stage, SYNCHED_JOB_OPTIONS(.flags = SYNCHED_JOB_START_PAUSED));
    enter[state](&stage);
    expect_refused(synched_job_destroy(stage.engine.job), SYNCHED_EBUSY, "running");
    cr_assert_eq(synched_job_state(stage.engine.job), state);
    stage_end(&stage);
    cr_assert_eq(stage.scene.done_count, 1);
  }
}

/* --- what the calls do --- */

Test(job_steer, pause_takes_effect_after_the_open_round_and_resume_goes_on) {
  struct stage stage;
  stage_init(&stage, SYNCHED_JOB_OPTIONS(.flags = 0));
  atomic_store(&stage.scene.held, 1);
  stage_start(&stage);
  cr_assert(reaches(&stage.scene.held, 2));
  cr_assert_eq(synched_job_pause(stage.engine.job), 0);
  nap_ms(5);
  (void)uv_run(&stage.loop, UV_RUN_NOWAIT);
  cr_assert_eq(stage.scene.steered_count, 0, "the round is open");
  atomic_store(&stage.scene.held, 0);
  await_steered(&stage, 1);
  expect_steered(&stage, 0, SYNCHED_STEER_PAUSE, 0);
  cr_assert_eq(stage.scene.steered[0].round, 1);
  nap_ms(10);
  cr_assert_eq(atomic_load(&stage.scene.round), 1, "it computes while it is paused");
  cr_assert_eq(synched_job_resume(stage.engine.job), 0);
  await_steered(&stage, 2);
  expect_steered(&stage, 1, SYNCHED_STEER_RESUME, 0);
  for (unsigned ms = 0; atomic_load(&stage.scene.round) < 10 && ms < 10000; ms++)
    nap_ms(1);
  cr_assert_geq(atomic_load(&stage.scene.round), 10);
  stage_end(&stage);
  cr_assert_eq(stage.scene.done_status, SYNCHED_ECANCELED);
}

Test(job_steer, step_computes_so_many_rounds_and_no_more) {
  for (unsigned period = 0; period < 2; period++) {
    struct stage stage;
    stage_init(&stage, SYNCHED_JOB_OPTIONS(.flags = SYNCHED_JOB_START_PAUSED,
                                           .period_ns = period * UINT64_C(3600000000000)));
    stage_start(&stage);
    uint64_t round = 0;
    for (unsigned i = 0; i < 20; i++) {
      cr_assert_eq(synched_job_step(stage.engine.job, i % 4 + 1), 0, "%s", synched_error_message());
      await_steered(&stage, i + 1);
      round += i % 4 + 1;
      expect_steered(&stage, i, SYNCHED_STEER_STEP, 0);
      cr_assert_eq(stage.scene.steered[i].round, round);
      cr_assert_eq(stage.scene.steered[i].value, i % 4 + 1);
      cr_assert_eq(synched_job_state(stage.engine.job), SYNCHED_JOB_PAUSED);
    }
    nap_ms(10);
    cr_assert_eq(atomic_load(&stage.scene.round), round);
    stage_end(&stage);
  }
}

Test(job_steer, step_that_is_overtaken_is_cancelled) {
  struct stage stage;
  stage_init(&stage, SYNCHED_JOB_OPTIONS(.flags = SYNCHED_JOB_START_PAUSED));
  enter_stepping(&stage);
  cr_assert_eq(synched_job_pause(stage.engine.job), 0);
  cr_assert_eq(synched_job_step(stage.engine.job, 5), 0, "a pause lets the next step in");
  atomic_store(&stage.scene.held, 0);
  await_steered(&stage, 3);
  expect_steered(&stage, 0, SYNCHED_STEER_STEP, SYNCHED_ECANCELED);
  expect_steered(&stage, 1, SYNCHED_STEER_PAUSE, 0);
  expect_steered(&stage, 2, SYNCHED_STEER_STEP, 0);
  cr_assert_eq(atomic_load(&stage.scene.round), 6);
  cr_assert_eq(synched_job_state(stage.engine.job), SYNCHED_JOB_PAUSED);
  stage_end(&stage);
}

Test(job_steer, what_is_asked_of_a_job_that_ends_is_cancelled) {
  struct stage stage;
  stage_init(&stage, SYNCHED_JOB_OPTIONS(.round_count = 1));
  atomic_store(&stage.scene.held, 1);
  stage_start(&stage);
  cr_assert(reaches(&stage.scene.held, 2));
  cr_assert_eq(synched_job_pause(stage.engine.job), 0);
  cr_assert_eq(synched_job_set_weight(stage.engine.job, 3), 0);
  stage_end(&stage);
  cr_assert_eq(stage.scene.steered_count, 2);
  expect_steered(&stage, 0, SYNCHED_STEER_PAUSE, SYNCHED_ECANCELED);
  expect_steered(&stage, 1, SYNCHED_STEER_WEIGHT, SYNCHED_ECANCELED);
}

Test(job_steer, stop_publishes_the_open_round_and_ends_well) {
  struct stage stage;
  stage_init(&stage, SYNCHED_JOB_OPTIONS(.flags = 0));
  atomic_store(&stage.scene.held, 1);
  stage_start(&stage);
  cr_assert(reaches(&stage.scene.held, 2));
  cr_assert_eq(synched_job_stop(stage.engine.job), 0);
  atomic_store(&stage.scene.held, 0);
  cr_assert_eq(uv_run(&stage.loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(stage.scene.done_status, 0);
  cr_assert_eq(stage.scene.done_count, 1);
  cr_assert_eq(memory_round(stage.engine.memory), 1);
  stage_end(&stage);
}

Test(job_steer, cancel_after_stop_drops_the_open_round) {
  struct stage stage;
  stage_init(&stage, SYNCHED_JOB_OPTIONS(.flags = 0));
  atomic_store(&stage.scene.held, 1);
  stage_start(&stage);
  cr_assert(reaches(&stage.scene.held, 2));
  cr_assert_eq(synched_job_stop(stage.engine.job), 0);
  cr_assert_eq(synched_job_cancel(stage.engine.job), 0);
  expect_refused(synched_job_cancel(stage.engine.job), SYNCHED_EALREADY, "cancelled before");
  cr_assert_eq(uv_run(&stage.loop, UV_RUN_DEFAULT), 0, "calls can ask whether they are cancelled");
  cr_assert_eq(stage.scene.done_status, SYNCHED_ECANCELED);
  cr_assert_eq(memory_round(stage.engine.memory), 0);
  stage_end(&stage);
}

Test(job_steer, refused_requests_change_nothing) {
  struct stage stage;
  stage_init(&stage, SYNCHED_JOB_OPTIONS(.deadline_ns = 1000000, .period_ns = 2000000,
                                         .flags = SYNCHED_JOB_START_PAUSED));
  stage_start(&stage);
  struct synched_job *job = stage.engine.job;
  expect_refused(synched_job_step(job, 0), SYNCHED_EINVAL,
                 "round_count is 0; a step computes 1 or more");
  expect_refused(synched_job_set_period(job, 0), SYNCHED_ERANGE, "period_ns is 0");
  expect_refused(synched_job_set_period(job, UINT64_C(1) << 63), SYNCHED_ERANGE, "period_ns");
  expect_refused(synched_job_set_period(job, 999999), SYNCHED_EINVAL, "deadline");
  expect_refused(synched_job_set_weight(job, 0), SYNCHED_ERANGE, "weight is 0");
  expect_refused(synched_job_set_weight(job, 1001), SYNCHED_ERANGE, "weight is 1001");
  synched__fault_arm(SYNCHED__FAULT_ALLOCATE, 1);
  expect_refused(synched_job_resume(job), SYNCHED_ENOMEM, "request");
  cr_assert_eq(synched_job_state(job), SYNCHED_JOB_PAUSED);
  stage_end(&stage);
  cr_assert_eq(stage.scene.steered_count, 0);
}

Test(job_steer, null_is_refused_everywhere) {
  expect_refused(synched_job_pause(NULL), SYNCHED_EINVAL, "job is NULL");
  expect_refused(synched_job_resume(NULL), SYNCHED_EINVAL, "job is NULL");
  expect_refused(synched_job_step(NULL, 1), SYNCHED_EINVAL, "job is NULL");
  expect_refused(synched_job_stop(NULL), SYNCHED_EINVAL, "job is NULL");
  expect_refused(synched_job_set_period(NULL, 1000000), SYNCHED_EINVAL, "job is NULL");
  expect_refused(synched_job_set_weight(NULL, 1), SYNCHED_EINVAL, "job is NULL");
  expect_refused(synched_job_state(NULL), SYNCHED_EINVAL, "job is NULL");
  expect_refused(synched_job_ref(NULL), SYNCHED_EINVAL, "job is NULL");
  expect_refused(synched_job_unref(NULL), SYNCHED_EINVAL, "job is NULL");
  cr_assert_eq(synched_job_missed(NULL), 0);
}

Test(job_steer, pause_of_a_job_that_waits_for_leases_takes_effect) {
  struct stage stage;
  stage_init(&stage, SYNCHED_JOB_OPTIONS(.flags = SYNCHED_JOB_START_PAUSED));
  struct synched_job *job = stage.engine.job;
  stage_start(&stage);
  cr_assert_eq(synched_job_step(job, 1), 0);
  await_steered(&stage, 1);
  const struct synched_snapshot *kept = synched_snapshot_current(stage.engine.memory);
  cr_assert_eq(synched_job_resume(job), 0);
  cr_assert(memory_awaits_buffer(stage.engine.memory));
  cr_assert_eq(synched_job_pause(job), 0);
  await_steered(&stage, 3);
  synched_snapshot_release(kept);
  nap_ms(10);
  cr_assert_eq(atomic_load(&stage.scene.round), 2, "it is paused, though it has a buffer now");
  cr_assert_eq(synched_job_step(job, 1), 0);
  await_steered(&stage, 4);
  cr_assert_eq(atomic_load(&stage.scene.round), 3);
  stage_end(&stage);
}

/* --- the loop's reference --- */

Test(job_steer, paused_job_does_not_keep_the_loop) {
  struct stage stage;
  stage_init(&stage, SYNCHED_JOB_OPTIONS(.flags = SYNCHED_JOB_START_PAUSED, .round_count = 8));
  struct synched_job *job = stage.engine.job;
  stage_start(&stage);
  cr_assert_eq(uv_run(&stage.loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(synched_job_step(job, 5), 0);
  cr_assert_eq(uv_run(&stage.loop, UV_RUN_DEFAULT), 0, "until the step is complete");
  cr_assert_eq(stage.scene.steered_count, 1);
  cr_assert_eq(atomic_load(&stage.scene.round), 5);
  cr_assert_eq(synched_job_unref(job), 0);
  cr_assert_eq(synched_job_resume(job), 0);
  cr_assert_eq(uv_run(&stage.loop, UV_RUN_NOWAIT), 0, "it has been told to keep no loop");
  cr_assert_eq(synched_job_ref(job), 0);
  cr_assert_eq(uv_run(&stage.loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(stage.scene.done_count, 1);
  expect_refused(synched_job_ref(job), SYNCHED_ENOENT, "not started");
  stage_end(&stage);
}

Test(job_steer, job_that_starts_paused_and_cancelled_ends_on_its_loop) {
  struct stage stage;
  stage_init(&stage, SYNCHED_JOB_OPTIONS(.flags = SYNCHED_JOB_START_PAUSED));
  cr_assert_eq(synched_job_cancel(stage.engine.job), 0);
  cr_assert_eq(synched_job_start(stage.engine.job, &stage.loop), 0);
  cr_assert_eq(uv_run(&stage.loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(stage.scene.done_count, 1, "the loop did not wait for the end");
  cr_assert_eq(stage.scene.done_status, SYNCHED_ECANCELED);
  stage_end(&stage);
}

static void *step_elsewhere(void *argument) {
  struct stage *stage = argument;
  return (void *)(intptr_t)synched_job_step(stage->engine.job, 1);
}

/* All that keeps the loop, but for the job. */
static void close_after_step(uv_timer_t *timer) {
  void *status;
  pthread_t thread;
  cr_assert_eq(pthread_create(&thread, NULL, step_elsewhere, timer->data), 0);
  cr_assert_eq(pthread_join(thread, &status), 0);
  cr_assert_eq((int)(intptr_t)status, 0);
  uv_close((uv_handle_t *)timer, NULL);
}

static void *let_go_when_held(void *argument) {
  struct scene *scene = argument;
  for (unsigned ms = 0; ms < 20000 && atomic_load(&scene->held) != 2; ms++)
    nap_ms(1);
  nap_ms(20);
  atomic_store(&scene->held, 0);
  return NULL;
}

Test(job_steer, step_from_another_thread_keeps_a_loop_that_runs) {
  struct stage stage;
  uv_timer_t timer;
  struct crew crew = {0};
  stage_init(&stage, SYNCHED_JOB_OPTIONS(.flags = SYNCHED_JOB_START_PAUSED));
  atomic_store(&stage.scene.held, 1);
  stage_start(&stage);
  cr_assert_eq(uv_run(&stage.loop, UV_RUN_DEFAULT), 0, "it is paused");
  cr_assert_eq(uv_timer_init(&stage.loop, &timer), 0);
  timer.data = &stage;
  cr_assert_eq(uv_timer_start(&timer, close_after_step, 1, 0), 0);
  crew_add(&crew, let_go_when_held, &stage.scene);
  cr_assert_eq(uv_run(&stage.loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(stage.scene.steered_count, 1, "the loop did not wait for the step");
  cr_assert_eq(atomic_load(&stage.scene.round), 1);
  crew_join(&crew);
  stage_end(&stage);
}

static void *unref_elsewhere(void *argument) {
  struct stage *stage = argument;
  stage->scene.done_status = synched_job_unref(stage->engine.job);
  return NULL;
}

Test(job_steer, ref_from_another_thread_is_refused) {
  struct stage stage;
  stage_init(&stage, SYNCHED_JOB_OPTIONS(.flags = SYNCHED_JOB_START_PAUSED));
  stage_start(&stage);
  struct crew crew = {0};
  crew_add(&crew, unref_elsewhere, &stage);
  crew_join(&crew);
  cr_assert_eq(stage.scene.done_status, SYNCHED_EPERM);
  stage_end(&stage);
}
