/*
 * next.h: whose round is next (internal).
 */
#ifndef SYNCHED_DISPATCH_NEXT_H
#define SYNCHED_DISPATCH_NEXT_H

#include "dispatch/dispatch.h"
#include "engine/open_round.h"

/* Owner: applies what is asked of a job, and enqueues it. true: it is in the run queue, and the
 * dispatch mutex is held; false: the job has ended or is parked. */
bool synched__next_enqueue_locked(struct synched_job *job);

/* Takes a job from the run queue; false: it was not there. Any thread. */
bool synched__next_withdraw(struct synched_job *job);

/* Owner: if the pool is idle, and the job is all that could have a round, makes the caller the
 * leader and binds the job. false: nothing has changed; it is to be submitted. */
bool synched__next_take_idle(struct synched_job *job);

/* Leader: the open round's buffer pair is the memory's own again, if it was this job's. */
void synched__next_unbind(struct synched_job *job);

/* When it is time for the stall watch, again and again until it returns NULL: jobs that have waited
 * for a buffer for too long say so, and wait on; but one that wants a round is the caller's. */
struct synched_job *synched__next_take_stalled(struct synched_pool *pool);

/* Leader: whether the job, being alone, can continue at once. */
static inline bool synched__next_continues(const struct synched__dispatch *dispatch,
                                           struct synched_job *job, uint64_t now_ns) {
  return now_ns < synched__load_relaxed(&dispatch->recheck_ns) &&
         synched__load_relaxed(&job->work.state) == SYNCHED__JOB_STARTED && job->pace.is_free;
}

/* What follows, where that is not so, or no buffer is free. */
struct synched_job *synched__next_choose_anew(struct synched_pool *pool, struct synched_job *job,
                                              uint64_t now_ns);

/* Leader: whose round is next; `job` wants one more, if it is not NULL. NULL: the pool is idle now,
 * and the caller not its leader any more. now_ns is by synched__tick_ns. */
static inline struct synched_job *synched__next_choose(struct synched_pool *pool,
                                                       struct synched_job *job, uint64_t now_ns) {
  if (job != NULL && synched__next_continues(pool->dispatch, job, now_ns) &&
      pool->open->pair.next != NULL)
    return job;
  return synched__next_choose_anew(pool, job, now_ns);
}

#endif
