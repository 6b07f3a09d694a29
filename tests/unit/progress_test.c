/*
 * progress_test.c: how far a job is, as its loop is told.
 *
 * Jobs without an end are ended by what on_progress sees, so nothing here depends on how fast they
 * are.
 */
#include <criterion/criterion.h>

#include <poll.h>
#include <uv.h>

#include "support/support.h"
#include "support/unit_support.h"

#define MS UINT64_C(1000000)

enum plan { WAIT, STOP, CANCEL, PAUSE_AND_RESUME, CLOSE_LOOP };

struct scene {
  uv_loop_t *loop;
  enum plan plan;
  unsigned call_count, paused_count, ended_count, done_count;
  bool after_done, backward, misplaced;
  struct synched_progress last;
  int status, dispatched;
};

static void close_handle(uv_handle_t *handle, void *argument) {
  (void)argument;
  if (!uv_is_closing(handle))
    uv_close(handle, NULL);
}

/* On the third call. */
static void follow_plan(struct scene *scene, struct synched_job *job) {
  if (scene->plan == STOP)
    cr_assert_eq(synched_job_stop(job), 0);
  else if (scene->plan == CANCEL)
    cr_assert_eq(synched_job_cancel(job), 0);
  else if (scene->plan == PAUSE_AND_RESUME)
    cr_assert_eq(synched_job_pause(job), 0);
  else if (scene->plan == CLOSE_LOOP)
    uv_walk(scene->loop, close_handle, NULL);
}

static void note_progress(struct synched_job *job, const struct synched_progress *progress,
                          void *user) {
  struct scene *scene = user;
  scene->call_count++;
  scene->after_done |= scene->done_count > 0 || scene->ended_count > 0;
  scene->backward |= progress->done_count < scene->last.done_count ||
                     progress->elapsed_ns < scene->last.elapsed_ns;
  scene->misplaced |= progress->paused && progress->ended;
  scene->ended_count += progress->ended != 0;
  scene->paused_count += progress->paused != 0;
  scene->last = *progress;
  scene->dispatched = synched_job_dispatch(job);
  if (progress->ended)
    return;
  if (progress->paused && scene->plan == PAUSE_AND_RESUME) {
    cr_assert_eq(synched_job_resume(job), 0);
    scene->plan = STOP;
    scene->call_count = 0;
  } else if (scene->call_count == 3) {
    follow_plan(scene, job);
  }
}

static void note_done(struct synched_job *job, int status, const struct synched_report *report,
                      void *user) {
  struct scene *scene = user;
  (void)job;
  (void)report;
  scene->done_count++;
  scene->status = status;
}

static int fail_in_round_five(struct synched_task *task, void *user) {
  (void)user;
  return task->round == 5 && task->segment == 1 ? 42 : 0;
}

static struct engine scene_engine(struct scene *scene, struct synched_job_options options) {
  options.struct_size = (uint32_t)sizeof options;
  options.compute = options.compute == NULL ? compute_nothing : options.compute;
  options.name = "heat";
  options.user = scene;
  options.on_progress = note_progress;
  options.on_done = note_done;
  return engine_new(
      pool_new(2),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 1, .element_size = 8),
      &options);
}

/* One call at the run's end, of which nothing is missing, and none behind it. */
static void expect_end(const struct scene *scene, int status) {
  cr_assert_eq(scene->ended_count, 1);
  cr_assert_eq(scene->done_count, 1);
  cr_assert(!scene->after_done && !scene->backward && !scene->misplaced);
  cr_assert_eq(scene->status, status);
  cr_assert_eq(scene->last.status, status);
  cr_assert_eq(scene->last.ended, 1);
  cr_assert_eq(scene->last.left_ns, 0);
}

Test(progress, last_call_has_all_rounds) {
  for (enum synched_record record = SYNCHED_RECORD_TOTALS; record <= SYNCHED_RECORD_TASKS;
       record++) {
    struct scene scene = {.plan = WAIT};
    struct engine engine =
        scene_engine(&scene, (struct synched_job_options){.round_count = 5000, .record = record});
    for (unsigned run = 1; run <= 2; run++) {
      scene = (struct scene){.plan = WAIT};
      cr_assert_eq(synched_job_run(engine.job), 0);
      expect_end(&scene, 0);
      cr_assert_eq(scene.last.done_count, 5000, "of this run, not of all");
      cr_assert_eq(scene.last.round_count, 5000);
      cr_assert_str_eq(scene.last.name, "heat");
    }
    engine_end_with_pool(&engine);
  }
}

Test(progress, job_without_end_is_told_of_until_it_is_stopped) {
  struct scene scene = {.plan = STOP};
  struct engine engine = scene_engine(&scene, (struct synched_job_options){.progress_ns = MS});
  cr_assert_eq(synched_job_run(engine.job), 0);
  expect_end(&scene, 0);
  cr_assert_geq(scene.call_count, 4);
  cr_assert_gt(scene.last.per_second, 0.0);
  cr_assert_eq(scene.last.round_count, 0);
  cr_assert_eq(scene.last.done_count, memory_round(engine.memory));
  engine_end_with_pool(&engine);
}

Test(progress, cancelled_job_ends_as_well) {
  struct scene scene = {.plan = CANCEL};
  struct engine engine =
      scene_engine(&scene, (struct synched_job_options){.progress_ns = 1, .period_ns = MS});
  cr_assert_eq(synched_job_run(engine.job), SYNCHED_ECANCELED);
  expect_end(&scene, SYNCHED_ECANCELED);
  cr_assert_eq(scene.last.done_count, memory_round(engine.memory));
  engine_end_with_pool(&engine);
}

Test(progress, failed_job_ends_as_well) {
  struct scene scene = {.plan = WAIT};
  struct engine engine = scene_engine(
      &scene, (struct synched_job_options){.compute = fail_in_round_five, .round_count = 9});
  cr_assert_eq(synched_job_run(engine.job), 42);
  expect_end(&scene, 42);
  cr_assert_eq(scene.last.done_count, 4);
  engine_end_with_pool(&engine);
}

Test(progress, pause_is_told_and_does_not_end_it) {
  struct scene scene = {.plan = PAUSE_AND_RESUME};
  struct engine engine = scene_engine(&scene, (struct synched_job_options){.progress_ns = MS});
  cr_assert_eq(synched_job_run(engine.job), 0);
  expect_end(&scene, 0);
  cr_assert_eq(scene.paused_count, 1);
  cr_assert_geq(scene.call_count, 4, "it goes on after the pause");
  engine_end_with_pool(&engine);
}

Test(progress, job_that_starts_paused_says_so) {
  struct scene scene = {.plan = PAUSE_AND_RESUME};
  struct engine engine = scene_engine(
      &scene, (struct synched_job_options){.progress_ns = MS, .flags = SYNCHED_JOB_START_PAUSED});
  cr_assert_eq(synched_job_run(engine.job), 0);
  expect_end(&scene, 0);
  cr_assert_eq(scene.paused_count, 1);
  engine_end_with_pool(&engine);
}

static void count_handle(uv_handle_t *handle, void *argument) {
  unsigned *count = argument;
  (void)handle;
  ++*count;
}

/* What keeps a loop alive is the job, as it was. */
Test(progress, timer_keeps_no_loop_alive) {
  struct scene scene = {.plan = WAIT};
  struct engine engine = scene_engine(
      &scene, (struct synched_job_options){.flags = SYNCHED_JOB_START_PAUSED, .round_count = 3});
  uv_loop_t loop;
  unsigned handle_count = 0;
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(synched_job_start(engine.job, &loop), 0);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0, "a paused job lets its loop return");
  cr_assert_eq(synched_job_resume(engine.job), 0);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  expect_end(&scene, 0);
  uv_walk(&loop, count_handle, &handle_count);
  cr_assert_eq(handle_count, 0);
  cr_assert_eq(uv_loop_close(&loop), 0);
  engine_end_with_pool(&engine);
}

/* There is no on_done then, and nothing that is left may be looked at. */
Test(progress, loop_closed_in_the_callback_is_survived) {
  uv_loop_t loop;
  struct scene scene = {.plan = CLOSE_LOOP, .loop = &loop};
  struct engine engine = scene_engine(&scene, (struct synched_job_options){.progress_ns = MS});
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(synched_job_start(engine.job, &loop), 0);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&loop), 0);
  cr_assert_eq(scene.call_count, 3);
  cr_assert_eq(synched_job_cancel(engine.job), 0);
  int status = SYNCHED_EBUSY;
  for (unsigned ms = 0; status == SYNCHED_EBUSY && ms < HANG_SECONDS * 1000; ms++) {
    status = synched_job_destroy(engine.job);
    nap_ms(1);
  }
  cr_assert_eq(status, 0);
  cr_assert_eq(scene.call_count, 3);
  engine.job = NULL;
  engine_end_with_pool(&engine);
}

Test(progress, polled_job_is_told_of_when_it_is_dispatched) {
  struct scene scene = {.plan = STOP};
  struct engine engine = scene_engine(&scene, (struct synched_job_options){.progress_ns = MS});
  struct pollfd poller = {.fd = synched_job_fd(engine.job), .events = POLLIN};
  int status = SYNCHED_CONTINUE;
  cr_assert_eq(synched_job_start_polled(engine.job), 0);
  while (status == SYNCHED_CONTINUE) {
    cr_assert_geq(poll(&poller, 1, 2), 0);
    status = synched_job_dispatch(engine.job);
  }
  cr_assert_eq(status, SYNCHED_STOP);
  cr_assert_eq(scene.dispatched, SYNCHED_EDEADLK, "not from within");
  expect_end(&scene, 0);
  engine_end_with_pool(&engine);
}
