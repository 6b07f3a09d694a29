/*
 * begin.c: pools that begin and end, and what the system refuses meanwhile.
 */
#include "scene.h"

static void run_pool(void) {
  struct synched_pool *pool;
  const int status = synched_pool_create(
      &pool, SYNCHED_POOL_OPTIONS(.worker_count = 2, .affinity = SYNCHED_AFFINITY_NONE,
                                  .wait = SYNCHED_WAIT_SLEEP));
  SIM_CHECK(status == 0);
  SIM_CHECK(synched_pool_destroy(pool) == 0);
}

const struct sim_world sim_world_pool = {
    .name = "pool-2",
    .about = "a pool of two workers begins and ends",
    .run = run_pool,
    .bound = 2,
};

/* --- refusals: an error, and nothing is left; or success --- */

static int compute(struct synched_task *task, void *user) {
  (void)user;
  *(uint64_t *)task->out = task->round;
  return 0;
}

/* What the call has made is there if it succeeded, and only then; an error has a sentence. */
static bool made(int status, const void *what) {
  SIM_CHECK((status == 0) == (*(void *const *)what != NULL));
  SIM_CHECK(status == 0 || synched_error_message()[0] != '\0');
  return status == 0;
}

static void use(struct synched_job *job) {
  const int status = synched_job_run(job);
  SIM_CHECK(status == 0 || synched_error_message()[0] != '\0');
}

static void run_refused(void) {
  struct synched_pool *pool = NULL;
  struct synched_memory *memory = NULL;
  struct synched_job *job = NULL;
  if (!made(synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = 1 + sim_any(4),
                                                            .affinity = SYNCHED_AFFINITY_NONE)),
            &pool))
    return;
  if (made(synched_memory_create(&memory,
                                 SYNCHED_MEMORY_OPTIONS(.segment_count = 3, .segment_capacity = 1,
                                                        .element_size = 8, .lease_count = 1)),
           &memory)) {
    if (made(synched_job_create(&job, pool, memory,
                                SYNCHED_JOB_OPTIONS(.compute = compute, .round_count = 2,
                                                    .period_ns = sim_any(2) ? 200000 : 0,
                                                    .report_rounds = 2)),
             &job)) {
      use(job);
      use(job);
      SIM_CHECK(synched_job_destroy(job) == 0);
    }
    SIM_CHECK(synched_memory_destroy(memory) == 0);
  }
  SIM_CHECK(synched_pool_destroy(pool) == 0);
}

const struct sim_world sim_world_refused = {
    .name = "refused",
    .about = "the system refuses memory, threads, locks, descriptors, or interrupts",
    .run = run_refused,
    .may_fail = true,
};

/* --- fork: at any moment of a job's --- */

struct family {
  struct scene *scene;
  struct scene_job *job;
};

/* What the parent made is refused, and what the child makes itself works. */
static void be_child(void *argument) {
  const struct family *family = argument;
  struct scene scene;
  struct scene_job job = {.spend_ns = scene_heavy};
  SIM_CHECK(synched_job_cancel(family->job->job) == SYNCHED_ENOTSUP);
  SIM_CHECK(synched_job_destroy(family->job->job) == SYNCHED_ENOTSUP);
  SIM_CHECK(synched_pool_destroy(family->scene->pool) == SYNCHED_ENOTSUP);
  /* A snapshot of the moment of the fork, or none if it was being written. */
  const struct synched_snapshot *now = synched_snapshot_current(family->job->memory);
  if (now != NULL)
    scene_check_snapshot(family->job, now);
  synched_snapshot_release(now);
  scene_open(&scene, 2, SYNCHED_WAIT_SLEEP);
  scene_job_open(&job, &scene, 2, 0, SYNCHED_JOB_OPTIONS(.round_count = 2));
  scene_job_run(&job, 0);
  scene_job_close(&job);
  scene_close(&scene);
}

static void fork_once(void *argument) {
  sim_spend(1000 * sim_any(80));
  sim_fork(be_child, argument);
}

static void run_fork(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = scene_heavy};
  struct family family = {&scene, &job};
  scene_open(&scene, 1 + sim_any(3), SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 3, 0, SYNCHED_JOB_OPTIONS(.round_count = 3));
  scene_job_start(&job);
  sim_aloud();
  const unsigned thread = sim_thread_start(fork_once, &family);
  scene_job_finish(&job);
  sim_thread_join(thread);
  sim_quietly();
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_fork = {
    .name = "fork",
    .about = "the process forks while a job runs",
    .run = run_fork,
};
