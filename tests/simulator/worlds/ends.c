/*
 * ends.c: rounds that are not published: failures, cancels, deadlines.
 */
#include "scene.h"

/* --- failure: of two segments that fail, the lowest is told --- */

static void run_failure(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = scene_heavy, .fail_round = 2, .fail_segment = 1};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 3, 0, SYNCHED_JOB_OPTIONS(.round_count = 3));
  sim_aloud();
  scene_job_run(&job, SCENE_FAILURE - 1);
  sim_quietly();
  SIM_CHECK(promises_rounds(job.promises) == 1);
  scene_job_close(&job);
  /* the pool can be used again */
  struct scene_job next = {.spend_ns = scene_heavy};
  scene_job_open(&next, &scene, 2, 0, SYNCHED_JOB_OPTIONS(.round_count = 1));
  scene_job_run(&next, 0);
  scene_job_close(&next);
  scene_close(&scene);
}

const struct sim_world sim_world_failure = {
    .name = "failure-2x3x3",
    .about = "two of three segments fail in the second round",
    .run = run_failure,
    .bound = 2,
};

/* --- cancel: by another thread, at any time --- */

static void cancel(void *argument) {
  struct scene_job *job = argument;
  const int status = synched_job_cancel(job->job);
  SIM_CHECK(status == 0 || status == SYNCHED_EALREADY);
}

static void stop(void *argument) {
  struct scene_job *job = argument;
  const int status = synched_job_stop(job->job);
  SIM_CHECK(status == 0 || status == SYNCHED_EALREADY);
}

static void run_ended(void (*end)(void *), int status) {
  struct scene scene;
  struct scene_job job = {.spend_ns = scene_heavy};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 2, 0, SYNCHED_JOB_OPTIONS(.round_count = 3));
  scene_job_start(&job);
  sim_aloud();
  const unsigned thread = sim_thread_start(end, &job);
  scene_job_finish(&job);
  sim_thread_join(thread);
  sim_quietly();
  const bool whole = promises_rounds(job.promises) == 3;
  SIM_CHECK(promises_status(job.promises) == status ||
            (whole && promises_status(job.promises) == 0));
  scene_job_close(&job);
  scene_close(&scene);
}

static void run_cancel(void) {
  run_ended(cancel, SYNCHED_ECANCELED);
}

static void run_stop(void) {
  run_ended(stop, 0);
}

const struct sim_world sim_world_cancel = {
    .name = "cancel-2x2x3",
    .about = "another thread cancels the job",
    .run = run_cancel,
    .bound = 2,
};

const struct sim_world sim_world_stop = {
    .name = "stop-2x2x3",
    .about = "another thread stops the job after the round that is open",
    .run = run_stop,
    .bound = 2,
};

/* --- deadlines --- */

static uint64_t late_sometimes(uint64_t round, size_t segment) {
  return round == 2 && segment == 1 ? 700000 : 5000;
}

static void run_late(enum synched_deadline_policy policy) {
  struct scene scene;
  struct scene_job job = {.spend_ns = late_sometimes};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 2, 0,
                 SYNCHED_JOB_OPTIONS(.round_count = 3, .period_ns = 1000000, .deadline_ns = 500000,
                                     .deadline_policy = policy));
  sim_aloud();
  scene_job_start(&job);
  scene_job_finish(&job);
  sim_quietly();
  const bool fails = policy == SYNCHED_DEADLINE_FAIL;
  SIM_CHECK(promises_status(job.promises) == (fails ? SYNCHED_ETIMEDOUT : 0));
  SIM_CHECK(fails ? promises_rounds(job.promises) < 2 : promises_rounds(job.promises) == 3);
  scene_job_close(&job);
  scene_close(&scene);
}

static void run_deadline(void) {
  run_late(SYNCHED_DEADLINE_FAIL);
}

static void run_reported(void) {
  run_late(SYNCHED_DEADLINE_REPORT);
}

const struct sim_world sim_world_reported = {
    .name = "reported-2x2x3",
    .about = "a periodic round that misses its deadline is told to the loop",
    .run = run_reported,
    .bound = 1,
};

const struct sim_world sim_world_deadline = {
    .name = "deadline-2x2x3",
    .about = "a periodic round that misses its deadline fails",
    .run = run_deadline,
    .bound = 1,
};

/* --- a call that only the missed deadline can end --- */

static void run_endless(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = scene_heavy, .endless_round = 2};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 2, 0,
                 SYNCHED_JOB_OPTIONS(.round_count = 3, .deadline_ns = 500000,
                                     .deadline_policy = SYNCHED_DEADLINE_FAIL));
  sim_aloud();
  scene_job_start(&job);
  scene_job_finish(&job);
  sim_quietly();
  SIM_CHECK(promises_status(job.promises) == SYNCHED_ETIMEDOUT);
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_endless = {
    .name = "endless-2x2x3",
    .about = "calls go on until the missed deadline ends them",
    .run = run_endless,
    .bound = 1,
};

/* The first round is that one: its deadline is set while the monitor begins. */
static void run_endless_first(void) {
  struct scene scene;
  struct scene_job job = {.endless_round = 1};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  sim_aloud();
  scene_job_open(&job, &scene, 2, 0,
                 SYNCHED_JOB_OPTIONS(.round_count = 1, .deadline_ns = 500000,
                                     .deadline_policy = SYNCHED_DEADLINE_FAIL));
  scene_job_start(&job);
  scene_job_finish(&job);
  sim_quietly();
  SIM_CHECK(promises_status(job.promises) == SYNCHED_ETIMEDOUT);
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_endless_first = {
    .name = "endless-2x2x1",
    .about = "the calls of the first round go on until the missed deadline ends them",
    .run = run_endless_first,
    .bound = 2,
};

/* --- what is said of the calls that run at a missed deadline --- */

static uint64_t short_calls(uint64_t round, size_t segment) {
  (void)round;
  return 24000 + 2000 * segment;
}

static void run_called(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = short_calls, .knows_calls = true};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 6, 0,
                 SYNCHED_JOB_OPTIONS(.round_count = 2, .deadline_ns = 30000,
                                     .balance = SYNCHED_BALANCE_STATIC,
                                     .deadline_policy = SYNCHED_DEADLINE_REPORT));
  sim_aloud();
  scene_job_start(&job);
  scene_job_finish(&job);
  sim_quietly();
  SIM_CHECK(job.deadline_count != 0);
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_called = {
    .name = "called-2x6x2",
    .about = "the monitor looks which calls run, while one follows the other",
    .run = run_called,
    .bound = 2,
};

/* --- a late round is dropped, and comes again --- */

static uint64_t late_once(uint64_t round, size_t segment) {
  if (round != 2 || segment != 1 || sim_told() != 0)
    return 5000;
  sim_tell();
  return 700000;
}

static void run_dropped(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = late_once};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 2, 0,
                 SYNCHED_JOB_OPTIONS(.round_count = 3, .period_ns = 1000000, .deadline_ns = 500000,
                                     .deadline_policy = SYNCHED_DEADLINE_CANCEL));
  promises_drop(job.promises);
  sim_aloud();
  scene_job_start(&job);
  scene_job_finish(&job);
  sim_quietly();
  SIM_CHECK(promises_status(job.promises) == 0);
  SIM_CHECK(promises_rounds(job.promises) == 3 && job.deadline_count != 0);
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_dropped = {
    .name = "dropped-2x2x3",
    .about = "a round that misses its deadline is dropped, and comes again",
    .run = run_dropped,
    .bound = 1,
};

/* --- a job that ends in each way, and is started again each time --- */

static void run_restarted(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = scene_heavy, .inits = true, .stop_round = 2};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 3, 0, SYNCHED_JOB_OPTIONS(.round_count = 3));
  sim_aloud();
  scene_job_run(&job, 0);
  SIM_CHECK(promises_rounds(job.promises) == 2);
  job.fail_round = 4;
  job.fail_segment = 1;
  scene_job_again(&job);
  scene_job_run(&job, SCENE_FAILURE - 1);
  SIM_CHECK(promises_rounds(job.promises) == 3);
  job.fail_round = 0;
  scene_job_again(&job);
  scene_job_run(&job, 0);
  SIM_CHECK(promises_rounds(job.promises) == 6);
  sim_quietly();
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_restarted = {
    .name = "restarted-2x3x6",
    .about = "a job with init is stopped by on_round, fails, and ends well, one run after another",
    .run = run_restarted,
    .bound = 1,
};
