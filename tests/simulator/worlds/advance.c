/*
 * advance.c: a thread that advances a job, in a worker's place or outside; and one that runs
 * parallel loops beside a job.
 */
#include "scene.h"

#include <string.h>
#include <uv.h>

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

/* --- a loop that an event loop is told of, and a thread that ends the pool after it --- */

static void on_loop_done(int status, void *user) {
  struct touched *touched = user;
  SIM_CHECK(status == -55);
  for (unsigned i = 0; i < INDICES; i++)
    SIM_CHECK(touched->counts[i] == 1);
}

/* The second time with what the first one has left. */
static void loop_twice(void *pool) {
  uv_loop_t loop;
  SIM_CHECK(uv_loop_init(&loop) == 0);
  for (unsigned i = 0; i < 2; i++) {
    struct touched touched;
    memset(&touched, 0, sizeof touched);
    SIM_CHECK(synched_pool_for_start(pool, &loop, INDICES, touch, &touched, on_loop_done) == 0);
    if (i == 1)
      sim_tell();
    SIM_CHECK(uv_run(&loop, UV_RUN_DEFAULT) == 0);
  }
  SIM_CHECK(uv_loop_close(&loop) == 0);
}

static void run_started(void) {
  struct scene scene;
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  const unsigned thread = sim_thread_start(loop_twice, scene.pool);
  while (sim_told() == 0)
    sim_spend(1000);
  sim_aloud();
  while (synched_pool_destroy(scene.pool) == SYNCHED_EBUSY)
    sim_spend(3000);
  sim_quietly();
  sim_thread_join(thread);
}

const struct sim_world sim_world_sweep_started = {
    .name = "sweep-started-2x3",
    .about = "a pool is destroyed as soon as the loop that an event loop waits for has ended",
    .run = run_started,
    .bound = 2,
};

/* --- advances of one job by two threads, and reports meanwhile --- */

static void advance_when_free(void *argument) {
  const struct scene_job *job = argument;
  int status;
  while ((status = synched_job_advance(job->job, 2)) == SYNCHED_EBUSY)
    sim_spend(3000);
  SIM_CHECK(status == 0);
}

static void report_on(void *argument) {
  const struct scene_job *job = argument;
  for (unsigned i = 0; i < 4; i++) {
    struct synched_report *report = NULL;
    struct synched_report_summary summary = {.struct_size = sizeof summary};
    SIM_CHECK(synched_job_report(job->job, &report) == 0);
    SIM_CHECK(synched_report_summary(report, &summary) == 0 && summary.round_count <= 6);
    synched_report_destroy(report);
    sim_spend(20000);
  }
}

static void run_by_two(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = scene_heavy};
  scene_open(&scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 2, 0, SYNCHED_JOB_OPTIONS(.round_count = 0));
  advance(&job, 2, 2);
  sim_aloud();
  const unsigned other = sim_thread_start(advance_when_free, &job);
  const unsigned reporter = sim_thread_start(report_on, &job);
  advance_when_free(&job);
  sim_quietly();
  sim_thread_join(other);
  sim_thread_join(reporter);
  SIM_CHECK(promises_rounds(job.promises) == 6);
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_advance_by_two = {
    .name = "advance-by-two-2x2x4",
    .about = "two threads advance a job in turn, while a third one reports on it",
    .run = run_by_two,
    .bound = 1,
};

/* --- an advance while another job starts: somebody wakes for that --- */

static void advance_twice(void *argument) {
  struct scene_job *job = argument;
  advance(job, 1, 3);
  advance(job, 1, 4);
}

static void run_with_other(const struct synched_job_options *options) {
  struct scene scene;
  struct scene_job job = {.spend_ns = scene_heavy}, other = {.spend_ns = scene_heavy};
  scene_open(&scene, 2, SYNCHED_WAIT_SLEEP);
  scene_job_open(&job, &scene, 2, 0, SYNCHED_JOB_OPTIONS(.round_count = 0));
  scene_job_open(&other, &scene, 2, 0, options);
  advance(&job, 2, 2);
  sim_spend(20000);
  sim_aloud();
  const unsigned thread = sim_thread_start(advance_twice, &job);
  sim_spend(10000);
  scene_job_start(&other);
  scene_job_finish(&other);
  sim_quietly();
  sim_thread_join(thread);
  scene_job_close(&job);
  scene_job_close(&other);
  scene_close(&scene);
}

static void run_with_static(void) {
  run_with_other(SYNCHED_JOB_OPTIONS(.round_count = 2, .balance = SYNCHED_BALANCE_STATIC));
}

static void run_with_ticks(void) {
  run_with_other(SYNCHED_JOB_OPTIONS(.round_count = 2, .period_ns = 1000000));
}

const struct sim_world sim_world_advance_beside = {
    .name = "advance-beside-2x2x2",
    .about = "a thread gives a worker's place back while a round of another job is opened",
    .run = run_with_static,
    .bound = 2,
};

const struct sim_world sim_world_advance_ticks = {
    .name = "advance-ticks-2x2x2",
    .about = "a thread gives a worker's place back while a periodic job begins",
    .run = run_with_ticks,
    .bound = 2,
};
