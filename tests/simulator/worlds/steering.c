/*
 * steering.c: requests of other threads: pause, resume, step; periods; two jobs.
 */
#include "platform/atomic.h"
#include "scene.h"

static void pause_and_resume(void *argument) {
  struct scene_job *job = argument;
  int status = synched_job_pause(job->job);
  SIM_CHECK(status == 0 || status == SYNCHED_EALREADY);
  status = synched_job_resume(job->job);
  SIM_CHECK(status == 0 || status == SYNCHED_EALREADY);
}

/* A step is refused while the job computes the one before. */
static void step_twice(void *argument) {
  struct scene_job *job = argument;
  for (unsigned i = 0; i < 2; i++) {
    int status = synched_job_step(job->job, 1);
    while (status == SYNCHED_EBUSY) {
      sim_spend(10000);
      status = synched_job_step(job->job, 1);
    }
    if (status != 0)
      sim_fail("no step: %s", synched_error_message());
  }
}

static void run_steered(void (*steer)(void *), uint64_t round_count, uint32_t flags,
                        uint64_t period_ns) {
  struct scene scene;
  struct scene_job job = {.spend_ns = scene_heavy};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(
      &job, &scene, 2, 0,
      SYNCHED_JOB_OPTIONS(.round_count = round_count, .flags = flags, .period_ns = period_ns));
  scene_job_start(&job);
  sim_aloud();
  const unsigned thread = sim_thread_start(steer, &job);
  scene_job_finish(&job);
  sim_thread_join(thread);
  sim_quietly();
  SIM_CHECK(promises_status(job.promises) == 0);
  SIM_CHECK(promises_rounds(job.promises) == round_count);
  scene_job_close(&job);
  scene_close(&scene);
}

static void run_pause(void) {
  run_steered(pause_and_resume, 2, 0, 0);
}

static void run_step(void) {
  run_steered(step_twice, 2, SYNCHED_JOB_START_PAUSED, 0);
}

static void run_pause_paced(void) {
  run_steered(pause_and_resume, 2, 0, 1000000);
}

const struct sim_world sim_world_pause = {
    .name = "pause-2x2x2",
    .about = "another thread pauses the job, and resumes it",
    .run = run_pause,
    .bound = 2,
};

const struct sim_world sim_world_step = {
    .name = "step-2x2x2",
    .about = "a job that starts paused, and is stepped",
    .run = run_step,
    .bound = 1,
};

const struct sim_world sim_world_pause_paced = {
    .name = "pause-paced-2x2x2",
    .about = "another thread pauses a periodic job, and resumes it",
    .run = run_pause_paced,
    .bound = 1,
};

/* --- periods --- */

static void run_periodic(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = scene_heavy};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 2, 0, SYNCHED_JOB_OPTIONS(.round_count = 3, .period_ns = 1000000));
  const uint64_t began_ns = sim_time_ns();
  sim_aloud();
  scene_job_run(&job, 0);
  sim_quietly();
  SIM_CHECK(sim_time_ns() - began_ns >= 2000000);
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_periodic = {
    .name = "periodic-2x2x3",
    .about = "workers sleep between periodic rounds, and open them in time",
    .run = run_periodic,
    .bound = 1,
};

/* --- two jobs --- */

static void run_both(unsigned worker_count, size_t first_segments,
                     const struct synched_job_options *first_options,
                     const struct synched_job_options *second_options) {
  struct scene scene;
  struct scene_job first = {.spend_ns = scene_heavy}, second = {.spend_ns = scene_heavy};
  scene_open(&scene, worker_count, SYNCHED_WAIT_AUTO);
  scene_job_open(&first, &scene, first_segments, 0, first_options);
  scene_job_open(&second, &scene, 2, 0, second_options);
  sim_aloud();
  scene_job_start(&first);
  scene_job_start(&second);
  scene_job_finish(&first);
  scene_job_finish(&second);
  sim_quietly();
  scene_job_close(&first);
  scene_job_close(&second);
  scene_close(&scene);
}

static void run_two_jobs(void) {
  run_both(2, 2, SYNCHED_JOB_OPTIONS(.round_count = 2), SYNCHED_JOB_OPTIONS(.round_count = 2));
}

static void run_two_paces(void) {
  run_both(2, 2, SYNCHED_JOB_OPTIONS(.round_count = 2, .period_ns = 1000000),
           SYNCHED_JOB_OPTIONS(.round_count = 2));
}

const struct sim_world sim_world_two_jobs = {
    .name = "two-jobs-2x2x2",
    .about = "two jobs share the workers, round by round",
    .run = run_two_jobs,
    .bound = 1,
};

const struct sim_world sim_world_two_paces = {
    .name = "two-paces-2x2x2",
    .about = "a periodic job, and one that runs between its ticks",
    .run = run_two_paces,
    .bound = 1,
};

static void run_ticks(void) {
  run_both(2, 2, SYNCHED_JOB_OPTIONS(.round_count = 2, .period_ns = 3000000),
           SYNCHED_JOB_OPTIONS(.round_count = 3, .period_ns = 1000000));
}

const struct sim_world sim_world_ticks = {
    .name = "ticks-2x2x3",
    .about = "a periodic job begins whose tick is nearer than that of the one before",
    .run = run_ticks,
    .bound = 1,
};

/* Three workers, and jobs of other segments and another balance in turn: who is late finds another
 * job's round in the place of its own. */
static void run_unlike(void) {
  run_both(3, 5, SYNCHED_JOB_OPTIONS(.round_count = 3, .balance = SYNCHED_BALANCE_STATIC),
           SYNCHED_JOB_OPTIONS(.round_count = 3));
}

const struct sim_world sim_world_unlike = {
    .name = "unlike-3x5x3",
    .about = "two jobs of other shapes take turns on three workers",
    .run = run_unlike,
    .bound = 1,
};

/* --- a job that is used by other threads than its loop's --- */

static void look_on(void *argument) {
  const struct scene_job *job = argument;
  for (unsigned i = 0; i < 3; i++) {
    struct synched_report *report = NULL;
    const int status = synched_job_report(job->job, &report); /* refused before the start */
    SIM_CHECK((status == 0) == (report != NULL));
    synched_report_destroy(report);
    sim_spend(10000);
  }
}

static void run_job(void *argument) {
  struct scene_job *job = argument;
  scene_job_start(job);
  scene_job_finish(job);
}

/* The loop is on another thread, a report is made beside the rounds, and who hears of the end
 * destroys the job. */
static void run_elsewhere(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = scene_heavy};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 2, 0,
                 SYNCHED_JOB_OPTIONS(.round_count = 3, .record = SYNCHED_RECORD_TASKS,
                                     .report_rounds = 2, .report_tasks = 2));
  sim_aloud();
  const unsigned loop = sim_thread_start(run_job, &job);
  look_on(&job);
  while (synched_job_state(job.job) != SYNCHED_JOB_ENDED)
    sim_spend(5000);
  while (synched_job_destroy(job.job) != 0)
    sim_spend(5000);
  sim_quietly();
  sim_thread_join(loop);
  SIM_CHECK(synched_memory_destroy(job.memory) == 0);
  scene_close(&scene);
}

const struct sim_world sim_world_elsewhere = {
    .name = "elsewhere-2x2x3",
    .about = "the loop is on another thread than who makes reports and destroys the job",
    .run = run_elsewhere,
    .bound = 1,
};

/* --- eight jobs, two loops, whatever happens --- */

enum { JOBS_MOST = 8 };

struct crowd {
  struct scene_job jobs[JOBS_MOST];
  unsigned count;
};

static void run_half(void *argument) {
  struct crowd *crowd = argument;
  for (unsigned j = 0; j < crowd->count; j++)
    scene_job_start(&crowd->jobs[j]);
  for (unsigned j = 0; j < crowd->count; j++)
    scene_job_finish(&crowd->jobs[j]);
}

/* Any steering; a job that is over refuses it. */
static void steer_some(void *argument) {
  struct crowd *crowd = argument;
  for (unsigned i = 0; i < 6; i++) {
    const struct scene_job *one = &crowd->jobs[sim_any(crowd->count)];
    struct synched_job *job = one->job;
    switch (sim_any(6)) {
    case 0:
      (void)synched_job_pause(job);
      break;
    case 1:
      (void)synched_job_step(job, 1 + sim_any(2));
      break;
    case 2:
      (void)synched_job_set_weight(job, 1 + sim_any(5));
      break;
    case 3:
      (void)synched_job_set_period(job, 100000 + 100000 * sim_any(9));
      break;
    case 4:
      promises_cancelled(one->promises);
      (void)synched_job_cancel(job);
      break;
    default:
      break;
    }
    sim_spend(1000 * sim_any(200));
  }
  for (unsigned j = 0; j < crowd->count; j++)
    (void)synched_job_resume(crowd->jobs[j].job);
}

static void open_some(struct crowd *crowd, const struct scene *scene) {
  crowd->count = 1 + sim_any(JOBS_MOST / 2);
  for (unsigned j = 0; j < crowd->count; j++) {
    struct scene_job *job = &crowd->jobs[j];
    *job = (struct scene_job){.spend_ns = sim_any(2) ? scene_heavy : NULL};
    if (sim_any(4) == 1) {
      job->fail_round = 1 + sim_any(3);
      job->fail_segment = sim_any(3);
    }
    const bool periodic = sim_any(3) == 1;
    scene_job_open(
        job, scene, 1 + sim_any(8), 1 + sim_any(3),
        SYNCHED_JOB_OPTIONS(.round_count = 1 + sim_any(5), .period_ns = periodic ? 300000 : 0,
                            .balance = sim_any(2) ? SYNCHED_BALANCE_STATIC : SYNCHED_BALANCE_STEAL,
                            .weight = 1 + sim_any(3),
                            .delivery = sim_any(3) ? SYNCHED_DELIVER_LATEST : SYNCHED_DELIVER_EVERY,
                            .deadline_ns = periodic && sim_any(3) ? 200000 : 0));
  }
}

static void run_jobs(void) {
  struct scene scene;
  struct crowd here = {.count = 0}, there = {.count = 0};
  scene_open(&scene, 1 + sim_any(6), sim_any(2) ? SYNCHED_WAIT_SLEEP : SYNCHED_WAIT_AUTO);
  open_some(&here, &scene);
  open_some(&there, &scene);
  const unsigned loop = sim_thread_start(run_half, &there);
  const unsigned steering = sim_thread_start(steer_some, &here);
  run_half(&here);
  sim_thread_join(loop);
  sim_thread_join(steering);
  for (unsigned j = 0; j < here.count; j++)
    scene_job_close(&here.jobs[j]);
  for (unsigned j = 0; j < there.count; j++)
    scene_job_close(&there.jobs[j]);
  scene_close(&scene);
}

const struct sim_world sim_world_jobs = {
    .name = "jobs",
    .about = "up to 8 jobs of two loops, failures, deadlines, steering, by seeds",
    .run = run_jobs,
};

/* --- pauses in which nothing happens, and calls of which the loop is told --- */

static void wait_until_steered(const struct scene_job *job, unsigned count) {
  while (promises_steered_count(job->promises) < count)
    sim_spend(10000);
}

/* The pool is idle before the job goes on; and nothing but a call's completion wakes the loop. */
static void pause_for_long(void *argument) {
  struct scene_job *job = argument;
  int status = synched_job_pause(job->job);
  SIM_CHECK(status == 0);
  wait_until_steered(job, 1);
  sim_spend(300000);
  status = synched_job_resume(job->job);
  SIM_CHECK(status == 0);
}

/* The second step takes more rounds than there are: the pause cancels it. */
static void step_and_pause(void *argument) {
  struct scene_job *job = argument;
  SIM_CHECK(synched_job_step(job->job, 1) == 0);
  wait_until_steered(job, 1);
  SIM_CHECK(synched_job_step(job->job, 1000000) == 0);
  sim_spend(50000);
  SIM_CHECK(synched_job_pause(job->job) == 0);
  wait_until_steered(job, 3);
  const uint64_t rounds = promises_rounds(job->promises);
  sim_spend(100000);
  SIM_CHECK(promises_rounds(job->promises) == rounds);
  SIM_CHECK(synched_job_step(job->job, 1) == 0);
  wait_until_steered(job, 4);
  SIM_CHECK(promises_rounds(job->promises) == rounds + 1);
  SIM_CHECK(synched_job_stop(job->job) == 0);
}

/* What is asked just when it ends is told, too. */
static void ask_and_end(void *argument) {
  struct scene_job *job = argument;
  unsigned accepted = 0;
  accepted += synched_job_set_weight(job->job, 2) == 0;
  accepted += synched_job_set_weight(job->job, 3) == 0;
  (void)synched_job_cancel(job->job);
  while (!promises_are_over(job->promises))
    sim_spend(10000);
  SIM_CHECK(promises_steered_count(job->promises) == accepted);
}

static void run_asked(void (*steer)(void *), const struct synched_job_options *options) {
  struct scene scene;
  struct scene_job job = {.spend_ns = scene_heavy};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 2, 0, options);
  scene_job_start(&job);
  sim_aloud();
  const unsigned thread = sim_thread_start(steer, &job);
  scene_job_finish(&job);
  sim_thread_join(thread);
  sim_quietly();
  scene_job_close(&job);
  scene_close(&scene);
}

static void run_long_pause(void) {
  run_asked(pause_for_long, SYNCHED_JOB_OPTIONS(.round_count = 3, .period_ns = 1000000));
}

static void run_step_pause(void) {
  run_asked(step_and_pause, SYNCHED_JOB_OPTIONS(.flags = SYNCHED_JOB_START_PAUSED));
}

static void run_ask_end(void) {
  run_asked(ask_and_end, SYNCHED_JOB_OPTIONS(.round_count = 0));
}

const struct sim_world sim_world_long_pause = {
    .name = "pause-long-2x2x3",
    .about = "a periodic job is paused for so long that everybody sleeps",
    .run = run_long_pause,
    .bound = 1,
};

const struct sim_world sim_world_step_pause = {
    .name = "step-pause-2x2",
    .about = "steps, one of which a pause cancels, each told before the next",
    .run = run_step_pause,
    .bound = 1,
};

const struct sim_world sim_world_ask_end = {
    .name = "ask-end-2x2",
    .about = "what is asked of a job that ends is told before on_done",
    .run = run_ask_end,
    .bound = 2,
};

/* --- a job is cancelled just when it is enqueued behind a round that waits for its end --- */

static void cancel_when_told(void *argument) {
  struct scene_job *job = argument;
  while (sim_told() == 0)
    synched__cpu_pause();
  SIM_CHECK(synched_job_cancel(job->job) == 0);
}

static void tell_first(struct scene_job *job, const struct synched_snapshot *now) {
  (void)job;
  if (now->round == 1)
    sim_tell();
}

static void tell_done(struct scene_job *job) {
  (void)job;
  sim_tell();
}

static uint64_t until_done(uint64_t round, size_t segment) {
  (void)round;
  (void)segment;
  while (sim_told() == 1)
    sim_spend(50000);
  return 0;
}

static void run_enqueued(void) {
  struct scene scene;
  struct scene_job cancelled = {.when_round = tell_first, .when_done = tell_done};
  struct scene_job other = {.spend_ns = until_done};
  scene_open(&scene, 1, SYNCHED_WAIT_AUTO);
  scene_job_open(&cancelled, &scene, 1, 0, SYNCHED_JOB_OPTIONS(.round_count = 0));
  scene_job_open(&other, &scene, 1, 0, SYNCHED_JOB_OPTIONS(.round_count = 9));
  scene_job_start(&other);
  scene_job_start(&cancelled);
  sim_aloud();
  const unsigned thread = sim_thread_start(cancel_when_told, &cancelled);
  scene_job_finish(&cancelled);
  scene_job_finish(&other);
  sim_thread_join(thread);
  sim_quietly();
  scene_job_close(&cancelled);
  scene_job_close(&other);
  scene_close(&scene);
}

const struct sim_world sim_world_enqueued = {
    .name = "enqueued-1x1x1",
    .about = "a job is cancelled as it is enqueued behind a round that waits for its end",
    .run = run_enqueued,
    .bound = 1,
};

/* --- ticks: who waits for which --- */

static void withdraw_nearest(void *argument) {
  struct scene_job *job = argument;
  sim_spend(500000);
  SIM_CHECK(synched_job_cancel(job->job) == 0);
}

/* The nearest tick is that of a job which is cancelled before; and the pool sleeps meanwhile. */
static void run_withdrawn(void) {
  struct scene scene;
  struct scene_job near = {.spend_ns = scene_heavy}, far = {.spend_ns = scene_heavy};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&near, &scene, 2, 0, SYNCHED_JOB_OPTIONS(.period_ns = 2000000));
  scene_job_open(&far, &scene, 2, 0, SYNCHED_JOB_OPTIONS(.round_count = 2, .period_ns = 9000000));
  sim_aloud();
  scene_job_start(&far);
  scene_job_start(&near);
  const unsigned thread = sim_thread_start(withdraw_nearest, &near);
  scene_job_finish(&near);
  scene_job_finish(&far);
  sim_thread_join(thread);
  sim_quietly();
  scene_job_close(&near);
  scene_job_close(&far);
  scene_close(&scene);
}

const struct sim_world sim_world_withdrawn = {
    .name = "ticks-withdrawn-2x2",
    .about = "the job of the nearest tick is cancelled before it, and another one's is later",
    .run = run_withdrawn,
    .bound = 1,
};

/* --- a free job that never ends, and another one that starts beside it --- */

static void run_short(void *argument) {
  const struct scene_job *job = argument;
  while (!promises_are_over(job[1].promises))
    sim_spend(10000);
  SIM_CHECK(synched_job_stop(job[0].job) == 0);
}

static void run_turns(void) {
  struct scene scene;
  struct scene_job jobs[2] = {{.spend_ns = scene_heavy}, {.spend_ns = scene_heavy}};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&jobs[0], &scene, 2, 0, SYNCHED_JOB_OPTIONS(.round_count = 0));
  scene_job_open(&jobs[1], &scene, 2, 0, SYNCHED_JOB_OPTIONS(.round_count = 2));
  scene_job_start(&jobs[0]);
  sim_aloud();
  const unsigned thread = sim_thread_start(run_short, jobs);
  scene_job_start(&jobs[1]);
  scene_job_finish(&jobs[1]);
  scene_job_finish(&jobs[0]);
  sim_thread_join(thread);
  sim_quietly();
  scene_job_close(&jobs[0]);
  scene_job_close(&jobs[1]);
  scene_close(&scene);
}

const struct sim_world sim_world_turns = {
    .name = "turns-2x2x2",
    .about = "a job starts beside one that goes on until the other has ended",
    .run = run_turns,
    .bound = 1,
};

/* --- three jobs in turn: an epoch's slot is that of two epochs before, and another job's --- */

static void run_three(void) {
  struct scene scene;
  struct scene_job jobs[3] = {
      {.spend_ns = scene_heavy}, {.spend_ns = scene_heavy}, {.spend_ns = scene_heavy}};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  for (unsigned j = 0; j < 3; j++)
    scene_job_open(&jobs[j], &scene, 2 + j, 0,
                   SYNCHED_JOB_OPTIONS(.round_count = 3, .balance = j == 2
                                                                        ? SYNCHED_BALANCE_STATIC
                                                                        : SYNCHED_BALANCE_STEAL));
  for (unsigned j = 0; j < 3; j++)
    scene_job_start(&jobs[j]);
  sim_aloud();
  for (unsigned j = 0; j < 3; j++)
    scene_job_finish(&jobs[j]);
  sim_quietly();
  for (unsigned j = 0; j < 3; j++)
    scene_job_close(&jobs[j]);
  scene_close(&scene);
}

const struct sim_world sim_world_three = {
    .name = "three-2x4x3",
    .about = "three jobs of other shapes take turns: who is late by two finds another's round",
    .run = run_three,
    .bound = 1,
};
