/*
 * rounds.c: claims, thieves, solo rounds, late opening, sleep: rounds that follow each other.
 */
#include "scene.h"

/* One segment holds the others up, another one in each round. */
static uint64_t uneven(uint64_t round, size_t segment) {
  return segment == round % 3 ? 40000 : 3000;
}

/* Rounds that are not worth sharing, then some that are, and back. */
static uint64_t changing(uint64_t round, size_t segment) {
  (void)segment;
  return round >= 3 && round <= 4 ? 60000 : 20;
}

struct shape {
  unsigned worker_count;
  size_t segment_count;
  uint64_t round_count;
  enum synched_balance balance;
  enum synched_wait wait;
  uint64_t (*spend_ns)(uint64_t round, size_t segment);
};

static void run(const struct shape *shape) {
  struct scene scene;
  struct scene_job job = {.spend_ns = shape->spend_ns};
  scene_open(&scene, shape->worker_count, shape->wait);
  scene_job_open(&job, &scene, shape->segment_count, 0,
                 SYNCHED_JOB_OPTIONS(.round_count = shape->round_count, .balance = shape->balance));
  promises_be_quiet(job.promises);
  sim_aloud();
  scene_job_run(&job, 0);
  sim_quietly();
  SIM_CHECK(promises_rounds(job.promises) == shape->round_count);
  scene_job_close(&job);
  scene_close(&scene);
}

SCENE_WORLD(static_2, "static-2x2x2", "2 workers, 2 segments, 2 rounds, each at home", 2, 2, 2, 2,
            SYNCHED_BALANCE_STATIC, SYNCHED_WAIT_AUTO, scene_heavy);
SCENE_WORLD(late_open, "late-open-2x2x3", "static rounds of very little work, opened late", 2, 2, 2,
            3, SYNCHED_BALANCE_STATIC, SYNCHED_WAIT_AUTO, NULL);
SCENE_WORLD(steal_2, "steal-2x2x3", "2 workers, 2 segments, 3 rounds, with thieves", 2, 2, 2, 3,
            SYNCHED_BALANCE_STEAL, SYNCHED_WAIT_AUTO, scene_heavy);
SCENE_WORLD(steal_3, "steal-2x3x3", "2 workers, 3 uneven segments, 3 rounds", 2, 2, 3, 3,
            SYNCHED_BALANCE_STEAL, SYNCHED_WAIT_AUTO, uneven);
SCENE_WORLD(thieves, "steal-3x3x2", "3 workers, 3 uneven segments, 2 rounds", 2, 3, 3, 2,
            SYNCHED_BALANCE_STEAL, SYNCHED_WAIT_AUTO, uneven);
SCENE_WORLD(solo, "solo-2x2x5", "rounds too small to share, then not, then again", 1, 2, 2, 5,
            SYNCHED_BALANCE_STEAL, SYNCHED_WAIT_AUTO, changing);
SCENE_WORLD(sleepers, "sleep-2x2x3", "workers that sleep whenever they wait", 2, 2, 2, 3,
            SYNCHED_BALANCE_STATIC, SYNCHED_WAIT_SLEEP, scene_heavy);
SCENE_WORLD(thieves_sleep, "sleep-3x3x2", "3 workers that sleep, and steal", 2, 3, 3, 2,
            SYNCHED_BALANCE_STEAL, SYNCHED_WAIT_SLEEP, uneven);

SCENE_WORLD(batches, "batch-2x5x7", "claims of several segments at a time", 1, 2, 5, 7,
            SYNCHED_BALANCE_STEAL, SYNCHED_WAIT_AUTO, NULL);

/* --- solo, then shared in the middle --- */

/* The job has learnt that its rounds are not worth sharing; then one of them is. */
static uint64_t turning(uint64_t round, size_t segment) {
  (void)segment;
  return round == 30 ? 90000 : 20;
}

static void run_turn(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = turning, .aloud_from = 30};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 4, 0, SYNCHED_JOB_OPTIONS(.round_count = 31));
  promises_be_quiet(job.promises);
  scene_job_run(&job, 0);
  sim_quietly();
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_turn = {
    .name = "turn-2x4x31",
    .about = "a solo round turns out to be long, and the rest of it is shared",
    .run = run_turn,
    .bound = 1,
};

/* --- the last round is shared, late, and then there is nothing any more --- */

/* When it turns out, the leader has computed some of the last worker's segments. */
static uint64_t turning_late(uint64_t round, size_t segment) {
  return round == 30 && segment >= 4 ? 90000 : 20;
}

static void run_turn_last(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = turning_late, .aloud_from = 30};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 6, 0, SYNCHED_JOB_OPTIONS(.round_count = 30));
  scene_job_run(&job, 0);
  scene_job_close(&job);
  sim_quietly();
  scene_close(&scene);
}

const struct sim_world sim_world_turn_last = {
    .name = "turn-last-2x6x30",
    .about = "the last solo round turns out to be long in the last worker's segments",
    .run = run_turn_last,
    .bound = 1,
};

/* --- many rounds: a thief that is held up for so long that tags might come round --- */

static void run_held_up(void) {
  run(&(struct shape){2, 2, 600, SYNCHED_BALANCE_STEAL, SYNCHED_WAIT_AUTO, uneven});
}

const struct sim_world sim_world_held_up = {
    .name = "held-up-2x2x600",
    .about = "a thief is held up for hundreds of rounds",
    .run = run_held_up,
};

/* --- crowds --- */

static void run_crowd(void) {
  static const unsigned workers[] = {1, 3, 5, 8, 16, 17, 33, 64};
  const unsigned worker_count = workers[sim_any(8)];
  const size_t segment_count = 1 + sim_any(100);
  uint64_t (*const costs[])(uint64_t, size_t) = {NULL, scene_heavy, uneven, changing};
  run(&(struct shape){worker_count, segment_count, 1 + sim_any(6),
                      sim_any(2) ? SYNCHED_BALANCE_STATIC : SYNCHED_BALANCE_STEAL,
                      sim_any(2) ? SYNCHED_WAIT_SLEEP : SYNCHED_WAIT_AUTO, costs[sim_any(4)]});
}

const struct sim_world sim_world_crowd = {
    .name = "crowd",
    .about = "up to 64 workers and 100 segments",
    .run = run_crowd,
};

/* Above sixteen workers they are counted, and woken, in groups; the job runs twice. */
static void run_groups(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = sim_any(2) ? scene_heavy : changing};
  const size_t segment_count = 18 + sim_any(20);
  const uint64_t round_count = 2 + sim_any(4);
  scene_open(&scene, 17 + sim_any(20), sim_any(2) ? SYNCHED_WAIT_SLEEP : SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, segment_count, 0, SYNCHED_JOB_OPTIONS(.round_count = round_count));
  scene_job_run(&job, 0);
  scene_job_again(&job);
  scene_job_run(&job, 0);
  SIM_CHECK(promises_rounds(job.promises) == 2 * round_count);
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_groups = {
    .name = "groups",
    .about = "more than sixteen workers, and a job that runs twice",
    .run = run_groups,
};

/* --- solo rounds that are shared: by many, and without segments' times --- */

static void run_turned(unsigned worker_count, size_t segment_count, uint32_t flags) {
  struct scene scene;
  struct scene_job job = {.spend_ns = turning, .aloud_from = 30};
  scene_open(&scene, worker_count, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, segment_count, 0,
                 SYNCHED_JOB_OPTIONS(.round_count = 33, .flags = flags));
  scene_job_run(&job, 0);
  sim_quietly();
  scene_job_close(&job);
  scene_close(&scene);
}

static void run_turn_uneven(void) {
  run_turned(3, 7, 0);
}

static void run_turn_untimed(void) {
  run_turned(2, 5, SYNCHED_JOB_NO_SEGMENT_TIMES);
}

static void run_turn_groups(void) {
  run_turned(17, 35, 0);
}

const struct sim_world sim_world_turn_uneven = {
    .name = "turn-3x7x33",
    .about = "a solo round is shared by three workers, and solo rounds follow",
    .run = run_turn_uneven,
    .bound = 1,
};

const struct sim_world sim_world_turn_untimed = {
    .name = "turn-untimed-2x5x33",
    .about = "a solo round whose segments are not timed is shared",
    .run = run_turn_untimed,
    .bound = 1,
};

const struct sim_world sim_world_turn_groups = {
    .name = "turn-17x35x33",
    .about = "a solo round is shared by workers that are counted in groups",
    .run = run_turn_groups,
    .bound = 1,
};

/* --- a worker that is late by two epochs finds another shape in the slot --- */

/* In round 4 the snapshot is retained on the spot: so round 6 is the first in a third buffer, and
 * that one is computed at home, which the two before are not. */
static void retain_once(struct scene_job *job, const struct synched_snapshot *now) {
  if (now->round == 3)
    sim_aloud();
  if (now->round == 4)
    job->kept = synched_snapshot_retain(now);
  if (now->round == 5)
    sim_let_go();
  if (now->round == 6)
    sim_quietly();
}

static uint64_t holding(uint64_t round, size_t segment) {
  if (round == 4)
    sim_hold_others();
  return scene_heavy(round, segment);
}

static void run_late(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = holding, .when_round = retain_once, .is_large = true};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 2, 1, SYNCHED_JOB_OPTIONS(.round_count = 6));
  scene_job_run(&job, 0);
  sim_quietly();
  synched_snapshot_release(job.kept);
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_late = {
    .name = "late-2x2x6",
    .about = "who is late by two rounds finds one that is computed at home",
    .run = run_late,
    .bound = 2,
};

/* --- the last of more than sixteen workers sleeps, the others do not --- */

static uint64_t short_last(uint64_t round, size_t segment) {
  (void)round;
  return segment == 16 ? 1000 : 30000;
}

static void run_branch(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = short_last, .aloud_from = 3};
  scene_open(&scene, 17, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 17, 0,
                 SYNCHED_JOB_OPTIONS(.round_count = 3, .balance = SYNCHED_BALANCE_STATIC));
  scene_job_run(&job, 0);
  sim_quietly();
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_branch = {
    .name = "branch-17x17x3",
    .about = "a worker sleeps that only another one wakes",
    .run = run_branch,
    .bound = 1,
};
