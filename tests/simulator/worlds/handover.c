/*
 * handover.c: what one thread leaves is used, or ended, by another, who hears of it from the
 * library only.
 */
#include "platform/atomic.h"
#include "scene.h"

/* Who asks then may still be told that the job runs: nothing but the library orders the two. */
static void wait_until_over(const struct scene_job *job) {
  while (!promises_are_over(job->promises))
    sim_spend(3000);
}

static void set_up(struct scene *scene, struct scene_job *job,
                   const struct synched_job_options *options) {
  scene_open(scene, 2, SYNCHED_WAIT_AUTO);
  scene_job_open(job, scene, 2, 0, options);
}

/* --- a memory is loaded after a run, by another thread than the loop's --- */

/* With what is there, so that everybody sees the same before and after. */
static void load(void *argument) {
  const struct scene_job *job = argument;
  for (size_t s = 0; s < job->segment_count; s++) {
    const uint64_t value = promises_value(job->promises, 2, s);
    int status;
    while ((status = synched_memory_load(job->memory, s, &value, 1)) == SYNCHED_EBUSY)
      sim_spend(3000);
    SIM_CHECK(status == 0);
  }
}

static void run_load(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = scene_heavy};
  set_up(&scene, &job, SYNCHED_JOB_OPTIONS(.round_count = 2));
  scene_job_start(&job);
  sim_aloud();
  const unsigned thread = sim_thread_start(load, &job);
  scene_job_finish(&job);
  sim_thread_join(thread);
  scene_job_again(&job);
  scene_job_run(&job, 0);
  sim_quietly();
  SIM_CHECK(promises_rounds(job.promises) == 4);
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_load = {
    .name = "load-2x2x2",
    .about = "another thread loads the memory as soon as the job's run is over",
    .run = run_load,
    .bound = 1,
};

/* --- a memory without a job is loaded while others take its snapshots, and destroyed --- */

struct loaded {
  struct synched_memory *memory;
  _Atomic uint32_t taken_count;
};

static void look(void *argument) {
  struct loaded *loaded = argument;
  for (uint32_t i = 1; i <= 2; i++) {
    const struct synched_snapshot *now = synched_snapshot_current(loaded->memory);
    const uint64_t *data = now->data;
    synched__store_release(&loaded->taken_count, i);
    SIM_CHECK(now->round == 0 && data[0] <= 1 && now->counts[0] == 1);
    synched_snapshot_release(now);
  }
}

/* Who destroys the memory knows that the reader has come, but not that it has left. */
static void run_loaded(void) {
  struct loaded loaded;
  sim_quietly();
  SIM_CHECK(synched_memory_create(&loaded.memory,
                                  SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1,
                                                         .element_size = 8)) == 0);
  synched__store_relaxed(&loaded.taken_count, 0);
  sim_aloud();
  const unsigned thread = sim_thread_start(look, &loaded);
  for (uint64_t value = 0; value <= 1; value++)
    while (synched_memory_load(loaded.memory, 0, &value, 1) != 0)
      sim_spend(500);
  while (synched__load_acquire(&loaded.taken_count) < 2)
    sim_spend(500);
  while (synched_memory_destroy(loaded.memory) != 0)
    sim_spend(500);
  sim_quietly();
  sim_thread_join(thread);
}

const struct sim_world sim_world_loaded = {
    .name = "load-1x1",
    .about = "a memory is loaded beside a reader, and destroyed when that has left",
    .run = run_loaded,
    .bound = 2,
};

/* --- the allocator is set as soon as another thread has given the last block back --- */

static void destroy_memory(void *memory) {
  SIM_CHECK(synched_memory_destroy(memory) == 0);
}

static void run_allocator(void) {
  struct synched_memory *memory;
  const struct synched_memory_options *options =
      SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1, .element_size = 8);
  sim_quietly();
  SIM_CHECK(synched_memory_create(&memory, options) == 0);
  sim_aloud();
  const unsigned thread = sim_thread_start(destroy_memory, memory);
  while (synched_set_allocator(NULL) != 0)
    sim_spend(500);
  sim_quietly();
  SIM_CHECK(synched_memory_create(&memory, options) == 0);
  SIM_CHECK(synched_memory_destroy(memory) == 0);
  sim_thread_join(thread);
}

const struct sim_world sim_world_allocator = {
    .name = "allocator",
    .about = "the allocator is set as soon as another thread has given its last block back",
    .run = run_allocator,
    .bound = 2,
};

/* --- a job is started again, advanced and destroyed by other threads than its loop's --- */

static void start_again(void *argument) {
  struct scene_job *job = argument;
  wait_until_over(job);
  scene_job_again(job);
  while (synched_job_start_polled(job->job) == SYNCHED_EBUSY)
    sim_spend(3000);
  scene_job_finish(job);
}

static void advance_on(void *argument) {
  struct scene_job *job = argument;
  int status;
  wait_until_over(job);
  scene_job_again(job);
  while ((status = synched_job_advance(job->job, 2)) == SYNCHED_EBUSY)
    sim_spend(3000);
  SIM_CHECK(status == 0);
}

static void destroy(void *argument) {
  const struct scene_job *job = argument;
  wait_until_over(job);
  while (synched_job_destroy(job->job) == SYNCHED_EBUSY)
    sim_spend(3000);
}

static void run_after(void (*next)(void *), bool destroys) {
  struct scene scene;
  struct scene_job job = {.spend_ns = scene_heavy};
  set_up(
      &scene, &job,
      SYNCHED_JOB_OPTIONS(.round_count = 2, .record = SYNCHED_RECORD_ROUNDS, .report_rounds = 2));
  scene_job_start(&job);
  sim_aloud();
  const unsigned thread = sim_thread_start(next, &job);
  scene_job_finish(&job);
  sim_quietly();
  sim_thread_join(thread);
  SIM_CHECK(promises_rounds(job.promises) == (destroys ? 2 : 4));
  if (destroys)
    SIM_CHECK(synched_memory_destroy(job.memory) == 0);
  else
    scene_job_close(&job);
  scene_close(&scene);
}

static void run_again(void) {
  run_after(start_again, false);
}

static void run_advanced(void) {
  run_after(advance_on, false);
}

static void run_destroyed(void) {
  run_after(destroy, true);
}

const struct sim_world sim_world_again = {
    .name = "again-2x2x2",
    .about = "another thread starts the job again when it has ended",
    .run = run_again,
    .bound = 1,
};

const struct sim_world sim_world_advanced = {
    .name = "again-advanced-2x2x2",
    .about = "another thread advances the job when it has ended",
    .run = run_advanced,
    .bound = 1,
};

const struct sim_world sim_world_destroyed = {
    .name = "destroyed-2x2x2",
    .about = "another thread destroys the job when it has ended",
    .run = run_destroyed,
    .bound = 1,
};

/* --- a job is to be destroyed while its loop runs it --- */

static _Atomic uint32_t is_started;

static void destroy_early(void *argument) {
  const struct scene_job *job = argument;
  while (synched__load_acquire(&is_started) == 0)
    sim_spend(500);
  SIM_CHECK(synched_job_destroy(job->job) == SYNCHED_EBUSY);
  sim_tell();
}

/* The job is not dispatched before it was refused. */
static void run_destroyed_early(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = NULL};
  scene_open(&scene, 1, SYNCHED_WAIT_AUTO);
  scene_job_open(&job, &scene, 1, 0, SYNCHED_JOB_OPTIONS(.round_count = 1));
  synched__store_relaxed(&is_started, 0);
  const unsigned thread = sim_thread_start(destroy_early, &job);
  sim_aloud();
  scene_job_start(&job);
  synched__store_release(&is_started, 1);
  while (sim_told() == 0)
    sim_spend(500);
  scene_job_finish(&job);
  sim_quietly();
  sim_thread_join(thread);
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_destroyed_early = {
    .name = "destroyed-early-1x1x1",
    .about = "another thread would destroy a job that has ended, and is not delivered yet",
    .run = run_destroyed_early,
    .bound = 2,
};

/* --- on_done destroys the job, while who brought the end about may still be inside --- */

static void go(struct scene_job *job) {
  SIM_CHECK(synched_job_destroy(job->job) == 0);
}

static void cancel(void *argument) {
  const struct scene_job *job = argument;
  SIM_CHECK(synched_job_cancel(job->job) == 0);
}

static void stop(void *argument) {
  const struct scene_job *job = argument;
  SIM_CHECK(synched_job_stop(job->job) == 0);
}

static void run_gone(void (*end)(void *), uint32_t flags, int status) {
  struct scene scene;
  struct scene_job job = {.spend_ns = scene_heavy, .when_done = go};
  set_up(&scene, &job, SYNCHED_JOB_OPTIONS(.flags = flags));
  scene_job_start(&job);
  sim_aloud();
  const unsigned thread = sim_thread_start(end, &job);
  scene_job_finish(&job);
  sim_quietly();
  sim_thread_join(thread);
  SIM_CHECK(promises_status(job.promises) == status);
  SIM_CHECK(synched_memory_destroy(job.memory) == 0);
  scene_close(&scene);
}

static void run_gone_cancelled(void) {
  run_gone(cancel, 0, SYNCHED_ECANCELED);
}

static void run_gone_stopped(void) {
  run_gone(stop, 0, 0);
}

/* It waits for its first step: who stops it finishes it. */
static void run_gone_paused(void) {
  run_gone(stop, SYNCHED_JOB_START_PAUSED, 0);
}

const struct sim_world sim_world_gone_cancelled = {
    .name = "gone-cancelled-2x2",
    .about = "on_done destroys the job that another thread has just cancelled",
    .run = run_gone_cancelled,
    .bound = 2,
};

const struct sim_world sim_world_gone_stopped = {
    .name = "gone-stopped-2x2",
    .about = "on_done destroys the job that another thread has just stopped",
    .run = run_gone_stopped,
    .bound = 1,
};

const struct sim_world sim_world_gone_paused = {
    .name = "gone-paused-2x2",
    .about = "on_done destroys the paused job that another thread has just stopped",
    .run = run_gone_paused,
    .bound = 2,
};

/* Who releases a snapshot opens the job's last round. */
static void release(void *snapshot) {
  synched_snapshot_release(snapshot);
}

static void run_gone_freed(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = scene_heavy, .when_done = go};
  set_up(&scene, &job, SYNCHED_JOB_OPTIONS(.round_count = 2));
  const struct synched_snapshot *held = synched_snapshot_current(job.memory);
  scene_job_start(&job);
  sim_aloud();
  const unsigned thread = sim_thread_start(release, (void *)(uintptr_t)held);
  scene_job_finish(&job);
  sim_quietly();
  sim_thread_join(thread);
  SIM_CHECK(promises_rounds(job.promises) == 2);
  SIM_CHECK(synched_memory_destroy(job.memory) == 0);
  scene_close(&scene);
}

const struct sim_world sim_world_gone_freed = {
    .name = "gone-freed-2x2x2",
    .about = "on_done destroys the job whose last round waited for a reader",
    .run = run_gone_freed,
    .bound = 2,
};

/* --- a job's state says that all of its run is over --- */

static unsigned progress_count;

static void on_progress(struct synched_job *job, const struct synched_progress *progress,
                        void *user) {
  (void)job;
  (void)progress;
  (void)user;
  progress_count++;
}

static void wait_for_state(void *argument) {
  const struct scene_job *job = argument;
  while (synched_job_state(job->job) != SYNCHED_JOB_ENDED)
    sim_spend(3000);
  SIM_CHECK(progress_count != 0);
}

static void run_state(void) {
  struct scene scene;
  struct scene_job job = {.spend_ns = scene_heavy};
  set_up(
      &scene, &job,
      SYNCHED_JOB_OPTIONS(.round_count = 2, .on_progress = on_progress, .progress_ns = 1000000000));
  scene_job_start(&job);
  sim_aloud();
  const unsigned thread = sim_thread_start(wait_for_state, &job);
  scene_job_finish(&job);
  sim_thread_join(thread);
  sim_quietly();
  scene_job_close(&job);
  scene_close(&scene);
}

const struct sim_world sim_world_state = {
    .name = "state-2x2x2",
    .about = "another thread waits until the job's state says that it has ended",
    .run = run_state,
    .bound = 1,
};
