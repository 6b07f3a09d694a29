/*
 * loops.c: event loops that have nothing but one job: they return when it is paused and all is
 * told, and not before.
 */
#include <uv.h>

#include "scene.h"

/* A world in which nothing else happens goes on until this loop returns. */
static void run_loop(uv_loop_t *loop, const struct scene_job *job, unsigned steered_count) {
  SIM_CHECK(uv_run(loop, UV_RUN_DEFAULT) == 0);
  if (promises_are_over(job->promises))
    return;
  SIM_CHECK(synched_job_state(job->job) == SYNCHED_JOB_PAUSED);
  promises_paused(job->promises);
  SIM_CHECK(promises_steered_count(job->promises) == steered_count);
}

static void end_loop(uv_loop_t *loop, struct scene_job *job) {
  promises_cancelled(job->promises);
  SIM_CHECK(synched_job_cancel(job->job) == 0);
  run_loop(loop, job, 0);
  SIM_CHECK(promises_are_over(job->promises));
  promises_end(job->promises);
  SIM_CHECK(uv_loop_close(loop) == 0);
}

/* --- paused and stepped by its own callbacks --- */

/* Until the round that is open may be published, and the pause complete. */
static void pause_if_running(struct scene_job *job) {
  if (synched_job_state(job->job) != SYNCHED_JOB_RUNNING)
    return;
  SIM_CHECK(synched_job_pause(job->job) == 0);
  sim_spend(50000);
}

static void run_alone(void) {
  struct scene scene;
  uv_loop_t loop;
  struct scene_job job = {.spend_ns = scene_heavy, .latest = true, .when_seen = pause_if_running};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 2, 1, SYNCHED_JOB_OPTIONS(.round_count = 0));
  SIM_CHECK(uv_loop_init(&loop) == 0);
  sim_aloud();
  SIM_CHECK(synched_job_start(job.job, &loop) == 0);
  run_loop(&loop, &job, 1);
  SIM_CHECK(synched_job_step(job.job, 1) == 0);
  run_loop(&loop, &job, 2);
  end_loop(&loop, &job);
  sim_quietly();
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_alone = {
    .name = "alone-2x2",
    .about = "a job alone on its loop is paused by a callback, and stepped",
    .run = run_alone,
    .bound = 1,
};

/* --- one that starts paused, and one that is stepped by another thread --- */

static void step_once(void *argument) {
  const struct scene_job *job = argument;
  SIM_CHECK(synched_job_step(job->job, 1) == 0);
  sim_tell();
}

/* Keeps the loop until the step has been asked for. */
static void close_when_told(uv_timer_t *timer) {
  if (sim_told() != 0)
    uv_close((uv_handle_t *)timer, NULL);
  else
    (void)uv_timer_start(timer, close_when_told, 1, 0);
}

static uint64_t longer_than_the_timer(uint64_t round, size_t segment) {
  (void)round;
  (void)segment;
  return 5000000;
}

static void run_stepped(void) {
  struct scene scene;
  uv_loop_t loop;
  uv_timer_t timer;
  struct scene_job job = {.spend_ns = longer_than_the_timer};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 2, 0,
                 SYNCHED_JOB_OPTIONS(.round_count = 0, .flags = SYNCHED_JOB_START_PAUSED));
  SIM_CHECK(uv_loop_init(&loop) == 0);
  sim_aloud();
  SIM_CHECK(synched_job_start(job.job, &loop) == 0);
  run_loop(&loop, &job, 0);
  SIM_CHECK(uv_timer_init(&loop, &timer) == 0);
  SIM_CHECK(uv_timer_start(&timer, close_when_told, 1, 0) == 0);
  const unsigned thread = sim_thread_start(step_once, &job);
  run_loop(&loop, &job, 1);
  SIM_CHECK(promises_rounds(job.promises) == 1);
  sim_thread_join(thread);
  end_loop(&loop, &job);
  sim_quietly();
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_stepped = {
    .name = "stepped-2x2",
    .about = "a job that starts paused is stepped by another thread, and keeps its loop",
    .run = run_stepped,
    .bound = 1,
};

/* --- a change, of which alone the loop is told --- */

static void stop_when_changed(struct scene_job *job, const struct synched_steered *steered) {
  SIM_CHECK(steered->call == SYNCHED_STEER_PERIOD && steered->status == 0);
  SIM_CHECK(synched_job_stop(job->job) == 0);
}

static void run_changed(void) {
  struct scene scene;
  uv_loop_t loop;
  struct scene_job job = {.spend_ns = scene_heavy, .when_steered = stop_when_changed};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 2, 0, SYNCHED_JOB_OPTIONS(.round_count = 0, .period_ns = 1000000));
  SIM_CHECK(uv_loop_init(&loop) == 0);
  sim_aloud();
  SIM_CHECK(synched_job_start(job.job, &loop) == 0);
  SIM_CHECK(synched_job_set_period(job.job, 9000000) == 0);
  run_loop(&loop, &job, 0);
  SIM_CHECK(promises_are_over(job.promises));
  sim_quietly();
  promises_end(job.promises);
  SIM_CHECK(uv_loop_close(&loop) == 0);
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_changed = {
    .name = "changed-2x2",
    .about = "a job that ends when it is told that its period has changed",
    .run = run_changed,
    .bound = 1,
};
