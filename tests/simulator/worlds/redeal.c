/*
 * redeal.c: home ranges are dealt anew between two rounds. A window is two rounds here: the first
 * begins after round 2, and borders move after round 6 and after round 8. Up to on_round of round 6
 * all goes in the default order, so that costs are what they should be.
 */
#include "job/job.h"
#include "scene.h"

/* The first half costs three times as much. */
static uint64_t dear_first(uint64_t round, size_t segment) {
  (void)round;
  return segment < 6 ? 30000 : 10000;
}

/* Then it is the second half: the border comes back. */
static uint64_t dear_in_turn(uint64_t round, size_t segment) {
  return (segment < 6) == (round < 9) ? 30000 : 10000;
}

static struct synched_report_summary summary_of(const struct scene_job *job) {
  struct synched_report *report;
  struct synched_report_summary summary = {.struct_size = sizeof summary};
  SIM_CHECK(synched_job_report(job->job, &report) == 0);
  SIM_CHECK(synched_report_summary(report, &summary) == 0);
  synched_report_destroy(report);
  return summary;
}

static uint64_t redealt_count(const struct scene_job *job) {
  return summary_of(job).redealt_count;
}

static void run(unsigned worker_count, enum synched_balance balance, enum synched_wait wait) {
  struct scene scene;
  struct scene_job job = {.spend_ns = dear_first, .aloud_from = 7};
  sim_quietly();
  scene_open(&scene, worker_count, wait);
  scene_job_open(
      &job, &scene, 12, 0,
      SYNCHED_JOB_OPTIONS(.round_count = 10, .balance = balance, .homes = SYNCHED_HOMES_FOLLOW));
  promises_be_quiet(job.promises);
  scene_job_run(&job, 0);
  sim_quietly();
  SIM_CHECK(redealt_count(&job) > 0);
  scene_job_close(&job);
  scene_close(&scene);
}

static void run_static(void) {
  run(2, SYNCHED_BALANCE_STATIC, SYNCHED_WAIT_AUTO);
}

static void run_steal(void) {
  run(2, SYNCHED_BALANCE_STEAL, SYNCHED_WAIT_AUTO);
}

static void run_sleep(void) {
  run(3, SYNCHED_BALANCE_STEAL, SYNCHED_WAIT_SLEEP);
}

const struct sim_world sim_world_redeal_static = {
    .name = "redeal-static-2x12x10",
    .about = "2 workers, 12 segments of which 6 are dear: the border moves, each at home",
    .run = run_static,
    .bound = 2,
};

const struct sim_world sim_world_redeal_steal = {
    .name = "redeal-steal-2x12x10",
    .about = "the border moves between two thieves",
    .run = run_steal,
    .bound = 2,
};

const struct sim_world sim_world_redeal_sleep = {
    .name = "redeal-sleep-3x12x10",
    .about = "borders move among three workers that sleep, and steal",
    .run = run_sleep,
    .bound = 1,
};

/* --- a solo round is shared, whose ranges have been dealt anew --- */

static uint64_t turning(uint64_t round, size_t segment) {
  return round < 10 || round == 44 ? dear_first(round, segment) : 20;
}

/* It would take a good many rounds until they are computed by one worker. */
static void be_solo(struct scene_job *job, const struct synched_snapshot *now) {
  if (now->round >= 40)
    job->job->work.stages[0]->balance.solo = true;
}

static void run_turn(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = turning, .when_round = be_solo, .aloud_from = 44};
  sim_quietly();
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 12, 0,
                 SYNCHED_JOB_OPTIONS(.round_count = 44, .homes = SYNCHED_HOMES_FOLLOW));
  scene_job_run(&job, 0);
  sim_quietly();
  SIM_CHECK(redealt_count(&job) > 0);
  SIM_CHECK(summary_of(&job).solo_count > 0);
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_redeal_turn = {
    .name = "redeal-turn-2x12x44",
    .about = "the rest of a solo round is shared in ranges that were dealt anew",
    .run = run_turn,
    .bound = 1,
};

/* --- two jobs --- */

/* One of them has segments for two of the three workers only, and ranges that are even. */
static void run_two(void) {
  struct scene scene;
  struct scene_job first = {.spend_ns = dear_first, .aloud_from = 7};
  struct scene_job second = {.spend_ns = scene_heavy};
  sim_quietly();
  scene_open(&scene, 3, SYNCHED_WAIT_AUTO);
  scene_job_open(&first, &scene, 12, 0,
                 SYNCHED_JOB_OPTIONS(.round_count = 10, .homes = SYNCHED_HOMES_FOLLOW));
  scene_job_open(&second, &scene, 2, 0, SYNCHED_JOB_OPTIONS(.round_count = 10));
  scene_job_start(&first);
  scene_job_start(&second);
  scene_job_finish(&first);
  scene_job_finish(&second);
  sim_quietly();
  SIM_CHECK(redealt_count(&first) > 0);
  scene_job_close(&first);
  scene_job_close(&second);
  scene_close(&scene);
}

const struct sim_world sim_world_redeal_two = {
    .name = "redeal-two-3x12x10",
    .about = "a job whose borders move takes turns with one of fewer segments than workers",
    .run = run_two,
    .bound = 1,
};

/* --- crowds --- */

/* It runs twice: the second time with even ranges again. */
static void run_redeal_crowd(void) {
  static const unsigned workers[] = {2, 3, 5};
  struct scene scene;
  struct scene_job job = {.spend_ns = sim_any(2) ? dear_first : dear_in_turn};
  const unsigned worker_count = workers[sim_any(3)];
  scene_open(&scene, worker_count, sim_any(2) ? SYNCHED_WAIT_SLEEP : SYNCHED_WAIT_AUTO);
  scene_job_open(
      &job, &scene, worker_count + 1 + sim_any(8), sim_any(2),
      SYNCHED_JOB_OPTIONS(.round_count = 5 + sim_any(16), .homes = SYNCHED_HOMES_FOLLOW,
                          .flags = sim_any(2) ? SYNCHED_JOB_EAGER : 0, .report_rounds = 4,
                          .balance = sim_any(2) ? SYNCHED_BALANCE_STATIC : SYNCHED_BALANCE_STEAL));
  scene_job_run(&job, 0);
  scene_job_again(&job);
  scene_job_run(&job, 0);
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_redeal_crowd = {
    .name = "redeal-crowd",
    .about = "up to 5 workers, whose borders move back and forth, in two runs",
    .run = run_redeal_crowd,
};
