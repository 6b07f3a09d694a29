/*
 * turn.c: whose round is next.
 *
 * Jobs that are ready wait in the pool's list, first come first served, under its mutex. A job that is
 * alone never comes near it: its closing worker looks at one word, sees nobody contending and
 * opens its next round. A job whose memory has no free buffer leaves the list; who releases a snapshot,
 * or cancels the job, puts it back.
 */
#include "base/error.h"
#include "job/job.h"
#include "platform/clock.h"

static void push(struct synched_pool *pool, struct synched_job *job) {
  job->next = NULL;
  if (pool->ready_tail != NULL)
    pool->ready_tail->next = job;
  else
    pool->ready_head = job;
  pool->ready_tail = job;
}

static struct synched_job *pop(struct synched_pool *pool) {
  struct synched_job *job = pool->ready_head;
  if (job == NULL)
    return NULL;
  pool->ready_head = job->next;
  if (pool->ready_head == NULL)
    pool->ready_tail = NULL;
  return job;
}

void synched__turn_vacate(struct synched_job *job) {
  struct synched_pool *pool = job->pool;
  if (pool->occupant != job)
    return;
  job->memory->roles = pool->roles;
  pool->occupant = NULL;
}

static void occupy(struct synched_job *job) {
  job->pool->roles = job->memory->roles;
  job->pool->occupant = job;
}

/* The job has no buffer to write to. true: it has one after all, or must end; else it is not ours any more. */
static bool block(struct synched_job *job) {
  if (job->blocked_ns == 0)
    job->blocked_ns = synched__tick_ns();
  if (synched__memory_starve(job->memory))
    return true;
  /* Sequentially consistent with starved, which synched_job_cancel looks at after it has set the bit. */
  return (synched__load_seq_cst(&job->state) & SYNCHED__JOB_CANCELLED) != 0 &&
         synched__memory_unstarve(job->memory);
}

static void note_unblocked(struct synched_job *job) {
  job->report->lease_wait_count++;
  job->report->lease_wait_ns += synched__span_ns(job->blocked_ns, synched__tick_ns());
  job->blocked_ns = 0;
}

/* Whether the job's next round can be opened now. If not, it has ended, or waits for a buffer. The roles are
 * the memory's. */
static bool prepare(struct synched_job *job) {
  if (!synched__job_is_cancelled(job) &&
      !synched__memory_take_out(job->memory, &job->memory->roles) && !block(job))
    return false;
  if (job->blocked_ns != 0)
    note_unblocked(job);
  if (!synched__job_is_cancelled(job)) {
    occupy(job);
    return true;
  }
  synched__job_end(job, SYNCHED_ECANCELED, synched__tick_ns());
  return false;
}

/* Puts `last` behind the others, unless it is NULL, and takes the first. NULL: the pool is idle now. */
static struct synched_job *rotate(struct synched_pool *pool, struct synched_job *last) {
  synched__mutex_lock(&pool->mutex);
  if (last != NULL)
    push(pool, last);
  struct synched_job *first = pop(pool);
  synched__store_relaxed(&pool->contended, pool->ready_head != NULL);
  if (first == NULL)
    synched__store_relaxed(&pool->running, 0);
  synched__mutex_unlock(&pool->mutex);
  return first;
}

struct synched_job *synched__turn_next(struct synched_pool *pool, struct synched_job *job) {
  if (job != NULL) {
    const bool alone = synched__load_relaxed(&pool->contended) == 0;
    if (alone && pool->roles.out != NULL && !synched__job_is_cancelled(job))
      return job;
    synched__turn_vacate(job);
    if (alone && prepare(job))
      return job;
    if (alone)
      job = NULL;
  }
  for (;;) {
    job = rotate(pool, job);
    if (job == NULL || prepare(job))
      return job;
    job = NULL;
  }
}

void synched__job_submit(struct synched_job *job) {
  struct synched_pool *pool = job->pool;
  synched__mutex_lock(&pool->mutex);
  push(pool, job);
  bool idle = synched__load_relaxed(&pool->running) == 0;
  if (idle)
    synched__store_relaxed(&pool->running, 1);
  else
    synched__store_relaxed(&pool->contended, 1);
  synched__mutex_unlock(&pool->mutex);
  if (!idle)
    return;
  struct synched_job *next = synched__turn_next(pool, NULL);
  if (next == NULL)
    return;
  synched__round_prepare(pool, next, synched__tick_ns());
  synched__round_announce(pool, next, synched__load_relaxed(&pool->epoch) + 1);
}

void synched__job_resume(void *argument) {
  struct synched_job *job = argument;
  /* We are on a reader's thread, and still wake workers when the job may have ended and its on_done destroys it
   * and the pool: the loop waits for us to be out. Who won the right to resume keeps the job until it submits. */
  (void)synched__add_relaxed(&job->visitor_count, 1);
  synched__job_submit(job);
  /* The last touch: pairs with the acquire in synched__job_is_released. */
  (void)synched__sub_acq_rel(&job->visitor_count, 1);
}
