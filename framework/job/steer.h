/*
 * steer.h: pause, resume, step, and changes of a running job (internal).
 *
 * A call is accepted under the mutex, against the state that all calls accepted before lead to, and becomes a request. Then the
 * STEERED bit of the job's state says so to whoever has the job. That is always exactly one: a job is in the pool's
 * schedule, or waits for a buffer, or is parked here, or some thread has it: the one that closes its round, one that
 * took it out of one of these places, or the thread that starts it. Who has it settles what is asked of it and
 * puts it back. A caller that sets a bit therefore looks in all three places, and takes the job if it finds it; if it
 * does not, then somebody has it who sees the bit before putting it back:
 *  - the schedule is changed under the pool's mutex, and who adds a job looks at the bits under it, too;
 *  - parking is decided under this mutex, with the bits looked at under it;
 *  - waiting for a buffer: see block in turn.c.
 */
#ifndef SYNCHED_JOB_STEER_H
#define SYNCHED_JOB_STEER_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/thread.h"

#include <synched/job.h>

struct synched__request {
  struct synched__request *next;
  struct synched_steered steered;
};

struct synched__requests {
  struct synched__request *first, *last;
};

struct synched__steer {
  struct synched__mutex mutex;
  enum synched_job_state
      accepted;  /* RUNNING, PAUSED or STEPPING, as far as that is what was accepted */
  bool closed;   /* the run has ended, or none has begun: nothing is accepted */
  bool starting; /* who starts the job has it still, and will look at what is asked */
  bool parked;   /* the job is here, until a call takes it */
  struct synched__requests asked; /* accepted, without effect yet */
  struct synched__requests done;  /* completed, for the loop */
  /* Whoever has the job. */
  bool paused;
  uint64_t steps_left;           /* rounds; 0: no step is under way */
  struct synched__request *step; /* that is under way */
};

/* 0, or SYNCHED_ENOMEM. */
int synched__steer_init(struct synched__steer *steer);
void synched__steer_deinit(struct synched__steer *steer);

/* Starts a job that is READY or ENDED: its state, and what is accepted from now on. *before: what to give back with
 * reopen if the start comes to nothing. SYNCHED_EBUSY: it is started. */
int synched__steer_open(struct synched_job *job, uint32_t *before);
void synched__steer_reopen(struct synched_job *job, uint32_t before);

/* When the start is sure, and the job is ready for its first turn. */
void synched__steer_ready(struct synched_job *job);

/* By who has the job, outside of rounds: does what is asked of it. true: it wants a round; else it has ended or is
 * parked, and belongs to somebody else now. */
bool synched__steer_settle(struct synched_job *job);

/* By who has the job, at its end: everything that is asked of it is void. */
void synched__steer_close(struct synched_job *job);

/* By who closes the job's rounds: `round` has been published, one more of a step that is under way. */
void synched__steer_count(struct synched_job *job, uint64_t round);

/* A completed request, for the loop, which frees it; NULL: there is none. */
struct synched__request *synched__steer_take_done(struct synched_job *job);

#endif
