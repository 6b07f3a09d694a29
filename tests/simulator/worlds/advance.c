/*
 * advance.c: a thread that advances a job, in a worker's place or outside; and one that runs
 * parallel loops beside a job.
 */
#include "scene.h"

#include <string.h>

static void check_round(const struct scene_job *job, uint64_t round) {
  const struct synched_snapshot *now = synched_snapshot_current(job->memory);
  SIM_CHECK(now != NULL && now->round == round);
  scene_check_snapshot(job, now);
  synched_snapshot_release(now);
}

static void advance(struct scene_job *job, uint64_t rounds, uint64_t last) {
  const int status = synched_job_advance(job->job, rounds);
  if (status != 0)
    sim_fail("an advance: %s", synched_error_message());
  check_round(job, last);
}

struct shape {
  enum synched_balance balance;
  enum synched_wait wait;
};

static void run(const struct shape *shape) {
  struct scene scene;
  struct scene_job job = {.spend_ns = scene_heavy};
  sim_quietly();
  scene_open(&scene, 2, shape->wait);
  scene_job_open(&job, &scene, 2, 0, SYNCHED_JOB_OPTIONS(.balance = shape->balance));
  /* The first rounds place the pages, and no place is taken for them. */
  advance(&job, 2, 2);
  sim_spend(20000); /* the workers sleep now, or are about to */
  sim_aloud();
  advance(&job, 1, 3);
  advance(&job, 2, 5);
  sim_spend(10000);
  advance(&job, 1, 6);
  sim_quietly();
  SIM_CHECK(promises_rounds(job.promises) == 6);
  scene_job_close(&job);
  scene_close(&scene);
}

static void run_shared(void) {
  run(&(struct shape){SYNCHED_BALANCE_STEAL, SYNCHED_WAIT_AUTO});
}

static void run_at_home(void) {
  run(&(struct shape){SYNCHED_BALANCE_STATIC, SYNCHED_WAIT_SLEEP});
}

const struct sim_world sim_world_advance = {
    .name = "advance-2x2x3",
    .about = "2 workers, 2 segments, 3 advances by a thread that may be in a worker's place",
    .run = run_shared,
    .bound = 2,
};

const struct sim_world sim_world_advance_home = {
    .name = "advance-home-2x2x3",
    .about = "the same with workers that sleep whenever they wait, each segment at home",
    .run = run_at_home,
    .bound = 2,
};

/* --- loops beside a job --- */

#define INDICES 3u

struct touched {
  unsigned counts[INDICES];
  _Atomic uint32_t in_turn[2];
};

static int touch(size_t index, unsigned worker, void *user) {
  struct touched *touched = user;
  SIM_CHECK(worker < 2);
  SIM_CHECK(__atomic_exchange_n((uint32_t *)&touched->in_turn[worker], 1, __ATOMIC_ACQUIRE) == 0);
  touched->counts[index]++;
  sim_spend(15000);
  __atomic_store_n((uint32_t *)&touched->in_turn[worker], 0, __ATOMIC_RELEASE);
  return index == 2 ? -55 : 0;
}

static void loop(struct scene *scene) {
  struct touched touched;
  memset(&touched, 0, sizeof touched);
  SIM_CHECK(synched_pool_for(scene->pool, INDICES, touch, &touched) == -55);
  for (unsigned i = 0; i < INDICES; i++)
    SIM_CHECK(touched.counts[i] == 1);
}

static void run_beside(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = scene_heavy};
  sim_quietly();
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 2, 0, SYNCHED_JOB_OPTIONS(.round_count = 3));
  loop(&scene);
  sim_spend(20000);
  sim_aloud();
  scene_job_start(&job);
  loop(&scene);
  scene_job_finish(&job);
  loop(&scene);
  sim_quietly();
  SIM_CHECK(promises_rounds(job.promises) == 3);
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_sweep = {
    .name = "sweep-2x3",
    .about = "parallel loops of 3 indices, the last of which fails, beside a job of 2 workers",
    .run = run_beside,
    .bound = 1,
};
