/*
 * requests.h: what is asked of a started job: pause, resume, step, changes, its end (internal).
 *
 * A call is accepted under the mutex, against the state that all calls accepted before lead to, and
 * becomes a request. Then the STEERED bit of the job's state says so to the job's owner
 * (job/job.h). The owner applies all requests before it puts the job anywhere. A caller that has
 * set a bit therefore looks in all places where the job may be, and becomes its owner if it finds
 * it; if it does not, then somebody owns the job who sees the bit before putting it back:
 *  - the run queue is changed under the dispatch mutex, and who enqueues a job looks at the bits
 *    under it, too;
 *  - parking is decided under this mutex, with the bits looked at under it;
 *  - waiting for a buffer: see await_buffer in dispatch/next.c.
 *
 *   [asked]  a bit of the job's state; sequentially consistent with the places where the job may
 *            be.
 *
 * What accepting a call (A) and applying it (B) do to the states of <synched/job.h>:
 *
 *   RUNNING  pause   A: PAUSED is accepted    B: paused; a step under way is cancelled: parked
 *   PAUSED   resume  A: RUNNING is accepted   B: not paused; ticks keep their phase: enqueued
 *   PAUSED   step    A: STEPPING is accepted  B: steps_left is set: enqueued
 *   STEPPING pause, resume: as above; the step completes with SYNCHED_ECANCELED
 *   STEPPING the last round of the step: the step completes, PAUSED is accepted: parked
 *   any      cancel, stop                     B: it ends, whatever else is asked: finished
 *
 * A job on several ranks applies no call before all of them have agreed on it. Until then it is
 * proposed: at each agreement (job/meeting.h) every rank says its first one, and they agree on that
 * of the lowest rank that says any. So all ranks apply the same calls in the same order. Each is
 * accepted by what its own rank knows; what has been agreed on meanwhile may leave nothing to do
 * for it. A step that meets a job which is not paused completes with SYNCHED_ECANCELED, as does one
 * that waits for the end of another rank's step when another call follows it. Such a job is not
 * parked when it is paused: it has meetings.
 */
#ifndef SYNCHED_JOB_REQUESTS_H
#define SYNCHED_JOB_REQUESTS_H

#include <stdbool.h>
#include <stdint.h>

#include "job/request_list.h"
#include "platform/thread.h"

#include <synched/job.h>

struct synched__requests {
  struct synched__mutex mutex;
  /* RUNNING, PAUSED or STEPPING, after all that is accepted */
  enum synched_job_state accepted;
  /* the run has ended, or none has begun: nothing is accepted */
  bool closed;
  /* accepted, without effect yet */
  struct synched__request_list asked;
  /* The same of a job on several ranks, of which not all have heard. */
  struct synched__request_list proposed;
  /* all ranks have agreed on a call, which is the owner's to apply: on `said`, or on one that was
   * made on another rank */
  bool is_agreed, is_own;
  struct synched_steered agreed;
  /* completed, for the loop */
  struct synched__request_list done;
  /* The owner's; steps_left is the leader's, too. */
  bool paused;
  /* how many rounds the step still has; 0: no step is under way */
  uint64_t steps_left;
  /* the step that is under way */
  struct synched__request *step;
  /* which one of those proposed this rank speaks of; the leader's, too */
  const struct synched__request *said;
};

/* What the owner of a job does next, after applying requests. */
enum synched__next_step {
  SYNCHED__NEXT_RUN,    /* it wants a round: enqueue it */
  SYNCHED__NEXT_PARKED, /* it is parked, and not the caller's any more */
  SYNCHED__NEXT_STOP,   /* finish it, with status 0 */
  SYNCHED__NEXT_CANCEL  /* finish it, with SYNCHED_ECANCELED */
};

/* Where a caller finds a job that it has asked something of. */
enum synched__parking {
  SYNCHED__PARKING_NOT,      /* not here */
  SYNCHED__PARKING_STARTING, /* who starts it will look */
  SYNCHED__PARKING_TAKEN     /* it was parked; the caller is its owner now */
};

/* 0, or SYNCHED_ENOMEM. */
int synched__requests_init(struct synched__requests *requests);
void synched__requests_deinit(struct synched__requests *requests);

/* Starts a job that is READY or ENDED: its state, and what is accepted from now on. *before: what
 * to give back with undo_open if the start comes to nothing. SYNCHED_EBUSY: it is started. */
int synched__requests_open(struct synched_job *job, uint32_t *before);
void synched__requests_undo_open(struct synched_job *job, uint32_t before);

/* The same for an advance, which cannot come to nothing. *begins: a run begins with it, and
 * synched__requests_ready is to follow; else the caller owns the job. */
int synched__requests_open_advance(struct synched_job *job, bool *begins);

/* Between two advances: publishes what is recorded of their run so far; else does nothing. Any
 * thread. */
void synched__requests_publish_advances(struct synched_job *job);

/* When the start is sure, and the job is ready for its first round. */
void synched__requests_ready(struct synched_job *job);

/* Any thread, which pins the job: accepts or refuses a call by the table in <synched/job.h>. Takes
 * *request over, and makes it NULL, if it is to be applied by the job's owner: see to it then that
 * the job has one. */
int synched__requests_accept(struct synched_job *job, struct synched__request **request);

/* The same for a call that ends a job; bit: CANCELLED or STOPPING. *is_started: see to it that the
 * job has an owner. */
int synched__requests_accept_end(struct synched_job *job, uint32_t bit, bool *is_started);

/* Any thread, after such a call was accepted: takes the job if it is parked. */
enum synched__parking synched__requests_unpark(struct synched_job *job);

/* The state that calls meet. Any thread. */
enum synched_job_state synched__requests_state(struct synched_job *job);

/* Owner, outside of rounds: does what is asked of the job. */
enum synched__next_step synched__requests_apply(struct synched_job *job);

/* Owner, at the job's end: everything that is asked of it is void. */
void synched__requests_close(struct synched_job *job);

/* Leader: `round` has been published, the last of `count` more of a step that is under way. */
void synched__requests_count_rounds(struct synched_job *job, uint64_t round, uint64_t count);

/* Leader, of a job on several ranks: the next call that this rank proposes. false: there is none
 * that the others could agree to now. */
bool synched__requests_say(struct synched_job *job, struct synched_steered *out);

/* All ranks have agreed on a call; is_own: on that which this one has proposed. */
void synched__requests_agree(struct synched_job *job, const struct synched_steered *what,
                             bool is_own);

/* The completed requests, for the loop, which frees them. */
struct synched__request_list synched__requests_take_done(struct synched_job *job);

/* Whether the job is parked: it does nothing until something is asked of it, and it has notified
 * the loop of all that it did before. Any thread. */
bool synched__requests_have_parked(struct synched_job *job);

#endif
