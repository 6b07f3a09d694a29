#include "api/sweep.h"

#include <string.h>

#include "api/check.h"
#include "api/start.h"
#include "base/error.h"
#include "dispatch/dispatch.h"
#include "dispatch/stand_in.h"
#include "engine/round.h"
#include "job/explain.h"
#include "job/notify.h"
#include "job/options.h"
#include "platform/alloc.h"
#include "platform/process.h"

struct synched__sweeps {
  struct synched__mutex mutex;
  struct synched__sweep *all, *free;
};

/* --- all of a pool --- */

int synched__sweeps_create(struct synched__sweeps **out) {
  struct synched__sweeps *sweeps = synched__alloc(1, sizeof *sweeps);
  if (sweeps == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a pool's parallel loops");
  const int status = synched__mutex_init(&sweeps->mutex);
  if (status != 0) {
    synched__free(sweeps);
    return status;
  }
  *out = sweeps;
  return 0;
}

static void destroy(struct synched__sweep *sweep) {
  (void)synched_job_destroy(sweep->job);
  (void)synched_memory_destroy(sweep->memory);
  synched__free(sweep);
}

/* With the mutex held: the loop of one that was started was closed, and the engine has left it. Any
 * thread may ask; so the port is looked at only as long as its loop is not about to free it. */
static bool is_lost(struct synched__sweep *sweep) {
  return !sweep->ends && synched__job_is_abandoned(sweep->job);
}

int synched__sweeps_end(struct synched__sweeps *sweeps) {
  bool is_busy = false;
  synched__mutex_lock(&sweeps->mutex);
  for (struct synched__sweep *sweep = sweeps->all; sweep != NULL; sweep = sweep->next)
    is_busy = is_busy || (sweep->is_busy && !is_lost(sweep));
  synched__mutex_unlock(&sweeps->mutex);
  return is_busy ? synched__fail(SYNCHED_EBUSY, "a parallel loop is under way on the pool") : 0;
}

void synched__sweeps_destroy(struct synched__sweeps *sweeps) {
  struct synched__sweep *sweep = sweeps->all;
  while (sweep != NULL) {
    struct synched__sweep *next = sweep->next;
    destroy(sweep);
    sweep = next;
  }
  synched__mutex_deinit(&sweeps->mutex);
  synched__free(sweeps);
}

/* --- one --- */

/* Only so that the job has one. */
static int compute_nothing(struct synched_task *task, void *user) {
  (void)task;
  (void)user;
  return 0;
}

static void on_job_done(struct synched_job *job, int status, const struct synched_report *report,
                        void *user) {
  struct synched__sweep *sweep = user;
  synched_for_done_fn on_done = sweep->on_done;
  void *const loop_user = sweep->user;
  (void)job;
  (void)report;
  synched__sweep_give(sweep);
  on_done(status, loop_user);
}

static int make_job(struct synched__sweep *sweep) {
  const struct synched_job_options options = {.struct_size = sizeof options,
                                              .flags = SYNCHED_JOB_NO_SEGMENT_TIMES,
                                              .name = "parallel loop",
                                              .user = sweep,
                                              .compute = compute_nothing,
                                              .on_done = on_job_done,
                                              .round_count = 1,
                                              .record = SYNCHED_RECORD_OFF};
  struct synched_job_options read;
  int status = synched__job_read_options(&read, &options, sweep->memory, SYNCHED_RECORD_OFF);
  if (status == 0)
    status = synched__job_make(&sweep->job, sweep->pool, sweep->memory, &read, true);
  return status;
}

static int make(struct synched__sweep **out, struct synched_pool *pool) {
  struct synched__sweep *sweep = synched__alloc(1, sizeof *sweep);
  if (sweep == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a parallel loop");
  sweep->pool = pool;
  int status = synched_memory_create(
      &sweep->memory, SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1,
                                             .element_size = 1, .refill = SYNCHED_REFILL_NONE));
  if (status == 0)
    status = make_job(sweep);
  if (status != 0) {
    destroy(sweep);
    return status;
  }
  /* No page of it is worth a place. */
  for (unsigned b = 0; b < sweep->memory->buffer_count; b++)
    sweep->memory->buffers[b].block->placed = true;
  *out = sweep;
  return 0;
}

/* --- what is learned --- */

static unsigned scale_of(size_t count) {
  unsigned scale = 0;
  while (count >> scale > 1)
    scale++;
  return scale;
}

static void keep_lesson(struct synched__sweep *sweep) {
  const struct synched__stage *stage = sweep->job->work.stages[0];
  struct synched__sweep_lesson *lesson = sweep->lesson;
  lesson->batch = stage->shape.batch;
  lesson->wake_count = stage->shape.wake_count;
  lesson->looks = stage->looks;
  lesson->balance = stage->balance;
}

static bool is_of(const struct synched__sweep_lesson *lesson,
                  const struct synched__sweep_request *request, unsigned scale) {
  return lesson->fn == request->fn && lesson->scale == scale;
}

/* The first sweep of its kind begins alone: mostly it is small, or the only one. */
static void begin_lesson(struct synched__sweep *sweep, const struct synched__sweep_request *request,
                         unsigned scale) {
  struct synched__stage *stage = sweep->job->work.stages[0];
  sweep->lesson = &sweep->lessons[sweep->next_lesson++ % SYNCHED__SWEEP_LESSONS];
  *sweep->lesson = (struct synched__sweep_lesson){.fn = request->fn, .scale = scale};
  stage->shape.batch = 1;
  synched__round_reset_adaption(stage);
  stage->balance.solo = true;
}

/* Makes the stage run as has been learned of sweeps of this kind. */
static void recall(struct synched__sweep *sweep, const struct synched__sweep_request *request) {
  struct synched__stage *stage = sweep->job->work.stages[0];
  const unsigned scale = scale_of(request->count);
  if (sweep->lesson != NULL && is_of(sweep->lesson, request, scale))
    return;
  if (sweep->lesson != NULL)
    keep_lesson(sweep);
  for (unsigned i = 0; i < SYNCHED__SWEEP_LESSONS; i++) {
    struct synched__sweep_lesson *lesson = &sweep->lessons[i];
    if (!is_of(lesson, request, scale))
      continue;
    sweep->lesson = lesson;
    stage->shape.batch = lesson->batch;
    stage->shape.wake_count = lesson->wake_count;
    stage->looks = lesson->looks;
    stage->balance = lesson->balance;
    return;
  }
  begin_lesson(sweep, request, scale);
}

/* --- a sweep --- */

int synched__sweep_check(const struct synched_pool *pool,
                         const struct synched__sweep_request *request) {
  if (pool == NULL || request->fn == NULL)
    return synched__fail(SYNCHED_EINVAL, "the %s is NULL",
                         pool == NULL ? "pool" : "function of the loop");
  if (request->count == 0)
    return synched__fail(SYNCHED_EINVAL, "count is 0; a loop has 1 index or more");
  if (request->count > SYNCHED_SEGMENTS_MAX)
    return synched__fail(SYNCHED_ERANGE, "count is %zu; at most %u", request->count,
                         SYNCHED_SEGMENTS_MAX);
  if (synched__is_foreign(pool->generation))
    return synched__process_refuse("pool");
  if (synched__worker_here(pool) != NULL)
    return synched__fail(SYNCHED_EDEADLK, "a worker cannot wait for a loop of its own pool");
  return 0;
}

static void set_up(struct synched__sweep *sweep, const struct synched__sweep_request *request) {
  struct synched_job *job = sweep->job;
  struct synched__stage *stage = job->work.stages[0];
  stage->for_fn = request->fn;
  stage->for_user = request->user;
  if (stage->shape.segment_count != request->count) {
    stage->shape.segment_count = request->count;
    stage->groups_partial = true;
  }
  job->work.fp_mode = synched__fp_mode_here();
  if (synched__work_has_failed(&job->work))
    synched__work_forget_failures(&job->work);
}

int synched__sweep_take(struct synched__sweep **out, struct synched_pool *pool,
                        const struct synched__sweep_request *request) {
  struct synched__sweeps *sweeps = pool->sweeps;
  synched__mutex_lock(&sweeps->mutex);
  struct synched__sweep *sweep = sweeps->free;
  int status = 0;
  if (sweep != NULL) {
    sweeps->free = sweep->next_free;
  } else {
    status = make(&sweep, pool);
    if (status == 0) {
      sweep->next = sweeps->all;
      sweeps->all = sweep;
    }
  }
  if (status == 0) {
    sweep->is_busy = true;
    sweep->ends = false;
  }
  synched__mutex_unlock(&sweeps->mutex);
  if (status != 0)
    return status;
  set_up(sweep, request);
  *out = sweep;
  return 0;
}

void synched__sweep_give(struct synched__sweep *sweep) {
  struct synched__sweeps *sweeps = sweep->pool->sweeps;
  synched__mutex_lock(&sweeps->mutex);
  sweep->is_busy = false;
  sweep->next_free = sweeps->free;
  sweeps->free = sweep;
  synched__mutex_unlock(&sweeps->mutex);
}

void synched__sweep_note_end(struct synched__sweep *sweep) {
  struct synched__sweeps *sweeps = sweep->pool->sweeps;
  synched__mutex_lock(&sweeps->mutex);
  sweep->ends = true;
  synched__mutex_unlock(&sweeps->mutex);
}

/* The run of another kind learns for itself. */
void synched__sweep_prepare_start(struct synched__sweep *sweep, synched_for_done_fn on_done,
                                  void *user) {
  if (sweep->lesson != NULL)
    keep_lesson(sweep);
  sweep->lesson = NULL;
  sweep->has_run = false;
  sweep->job->work.stages[0]->shape.batch = 1;
  sweep->on_done = on_done;
  sweep->user = user;
}

/* As a piece of a run that goes on for as long as the pool has sweeps. */
static void begin(struct synched__sweep *sweep, const struct synched__sweep_request *request) {
  struct synched_job *job = sweep->job;
  const uint64_t round = job->work.memory->pair.current->snapshot.round;
  bool begins;
  (void)synched__requests_open_advance(job, &begins); /* nobody else knows the job */
  if (!sweep->has_run)
    synched__job_reset_run(job);
  sweep->has_run = true;
  recall(sweep, request);
  job->setup.base_round = round - sweep->lesson->done_count++;
  job->setup.last_round = round + 1;
  synched__store_relaxed(&job->advance.caller, SYNCHED__CALLER_AWAKE);
  synched__store_relaxed(&job->delivery.ended, 0);
  synched__store_relaxed(&job->delivery.departed, 0);
  if (begins)
    synched__requests_ready(job);
}

int synched_pool_for(struct synched_pool *pool, size_t count, synched_for_fn fn, void *user) {
  const struct synched__sweep_request request = {count, fn, user};
  int status = synched__sweep_check(pool, &request);
  if (status != 0)
    return status;
  struct synched__sweep *sweep;
  status = synched__sweep_take(&sweep, pool, &request);
  if (status != 0)
    return status;
  begin(sweep, &request);
  synched__stand_in_run(sweep->job);
  status = sweep->job->delivery.status;
  if (status != 0)
    synched__explain_end(sweep->job);
  /* Whoever takes the sweep next, or destroys it, has the mutex after us. */
  synched__store_relaxed(&sweep->job->work.state, SYNCHED__JOB_ENDED);
  synched__sweep_give(sweep);
  return status;
}
