/*
 * stall.h: how long jobs wait for a buffer, and how they say so (internal).
 *
 * Who has a job that finds no buffer free notes since when it waits, and who has it when there is one again notes the
 * end: so the report is always right, and of every wait that took a second on_stalled is told then at the latest. But it is
 * meant for waits that do not end. So somebody has to look while nobody has the job, and no thread is there for that: one
 * of the pool's workers, which sleep anyway, sleeps no longer than until the first wait becomes a stall (look_ns), and
 * where workers are busy with other jobs, who closes a round then looks. Who looks takes the job, as a release of a
 * snapshot would, tells the loop, and leaves it to wait as before: so nothing that is written here has two owners.
 *
 * Only jobs with on_stalled are looked after. Waits that are over in time cost them two loads, and a pool's mutex once a
 * second; rounds that do not wait cost nothing.
 *
 * No look is lost: a job that begins to wait stores due_ns, then starved, then loads look_ns; who looks stores
 * look_ns, then loads due_ns of all jobs, and takes those whose starved is set. All of these are sequentially consistent, so
 * either it finds the job, or that one finds that nobody looks in time, and sees to it under the mutex.
 */
#ifndef SYNCHED_JOB_STALL_H
#define SYNCHED_JOB_STALL_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/atomic.h"
#include "platform/thread.h"

#include <synched/job.h>

struct synched_pool;
struct synched__worker;

/* A job's part in it. */
struct synched__stall {
  uint64_t
      since_ns; /* when its wait began, on the monotonic clock; 0: it does not. Who has the job */
  _Atomic uint64_t
      due_ns; /* when on_stalled is to be told; NEVER: it has been, or nobody wants to know */
  struct synched_job *next; /* in the pool's list; under its mutex */
  /* The last stall, for the loop; under this mutex. */
  struct synched__mutex mutex;
  bool posted;
  struct synched_stall last;
  uint64_t *held_rounds;  /* [buffer_count] what last points to, */
  uint64_t *shown_rounds; /* [buffer_count] and the loop's copy of it */
};

/* Of a job, when it is created; and its end. SYNCHED_ENOMEM. */
int synched__stall_init(struct synched_job *job);
void synched__stall_deinit(struct synched_job *job);

/* Before a run. */
void synched__stall_reset(struct synched_job *job);

/* Who has the job: it is about to wait for a buffer, perhaps not for the first time in this wait; */
void synched__stall_begin(struct synched_job *job);

/* and its wait is over. */
void synched__stall_end(struct synched_job *job);

/* When nobody has the job, by one who keeps it from going away: sees to it that somebody looks in time. */
void synched__stall_arm(struct synched_job *job);

/* Looks, if it is time. With no mutex held. */
void synched__stall_look(struct synched_pool *pool);

/* The same for a worker whose wait is over. */
void synched__stall_keep(struct synched__worker *worker);

/* Loop: the last stall that has not been shown; false: there is none. *stall is valid until the next call. */
bool synched__stall_take(struct synched_job *job, struct synched_stall *stall);

/* SYNCHED_STALL_NS, but where a test has set it. */
#if defined(SYNCHED_INTERNAL_TESTING)
extern _Atomic uint64_t synched__stall_after_ns;
#endif

#endif
