/*
 * advance.h: a job's run in pieces, each of which a thread of the program waits for (internal).
 *
 * synched_job_advance begins a run, if none is under way, and computes some rounds of it. Then the
 * job is as one that has ended: its place is RELEASED, its state ENDED. But what is recorded of the
 * run is not closed: the next advance goes on with it. The run ends with an advance that fails or
 * is ended early, with a start of another kind, or with the job.
 *
 * There is no loop that would be notified. Who finishes the job sets `departed`, for which the
 * caller looks, and wakes it if it sleeps. But where the caller has opened the last round in a
 * worker's place, and waits there, whoever completes it makes the caller the leader. The caller
 * closes the round then, and finishes the job: what that reads and writes is in its own caches.
 *
 *   [advance-handed]  who completes the last round hands the leader's part to the caller.
 */
#ifndef SYNCHED_JOB_ADVANCE_H
#define SYNCHED_JOB_ADVANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/park.h"

struct synched_job;

/* What the thread does that waits for an advance to be over. */
enum synched__caller {
  SYNCHED__CALLER_AWAKE,
  SYNCHED__CALLER_ASLEEP,
  SYNCHED__CALLER_TOLD,
  SYNCHED__CALLER_IN_PLACE, /* of a worker, and looks whether the last round is handed to it */
  SYNCHED__CALLER_HANDED    /* it is the leader */
};

/* What the caller must know of a stage that another worker has completed: see struct
 * synched__run. */
struct synched__handed {
  uint64_t now_ns;
  uint64_t work_ns, round_work_ns;
  uint64_t compute_ns;
};

struct synched__advance {
  /* The owner's, and between advances under the mutex of the job's requests: */
  /* the run is made of advances */
  bool is_on;
  /* one is over, and the next one goes on with its run */
  bool goes_on;
  /* the worker in whose place the caller was last; the caller's */
  unsigned place;
  /* Who completes the last round writes these, and takes no other line away. */
  /* enum synched__caller */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint32_t caller;
  /* the leader's, until the caller is the leader */
  struct synched__handed handed;
  struct synched__parker parker;
};

/* Owner, of a run that is made of advances: whether one that has ended with this status, and with
 * what had been asked of the job by then, was only a piece of it. */
bool synched__advance_goes_on(const struct synched_job *job, int status);

/* Engine's side: the advance is over, but for the store to `departed`. */
void synched__advance_tell(struct synched_job *job);

/* Leader, but not the caller: makes the caller the leader, if it waits in a worker's place. false:
 * it does not. */
bool synched__advance_hand_over(struct synched_job *job, const struct synched__handed *handed);

/* The thread that advances, before it waits in a worker's place; and when it has waited for long.
 * false: the round has been handed to it, or the advance is over. */
void synched__advance_enter_place(struct synched_job *job);
bool synched__advance_leave_place(struct synched_job *job);

/* The same thread, in a worker's place: whether it is the leader now. */
bool synched__advance_is_handed(const struct synched_job *job);

/* The thread that advances: returns when the job is released. */
void synched__advance_wait(struct synched_job *job, uint64_t spin_ns);

/* Owner, or with the mutex of the job's requests between two advances: makes all that is recorded
 * so far what reports are made of, as of a run that is over. */
void synched__advance_publish(struct synched_job *job);

#endif
