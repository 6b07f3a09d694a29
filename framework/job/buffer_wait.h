/*
 * buffer_wait.h: how long a job waits for a buffer, and how it says so (internal).
 *
 * The owner that finds no buffer free notes since when the job waits, and the owner that finds one
 * notes the end: so the report is always right, and of every wait that took a second on_stalled is
 * told then at the latest. It is meant for waits that do not end, so somebody looks meanwhile:
 * dispatch/stall_watch.h.
 *
 *   [stall-due]  see dispatch/stall_watch.h.
 */
#ifndef SYNCHED_JOB_BUFFER_WAIT_H
#define SYNCHED_JOB_BUFFER_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/atomic.h"
#include "platform/thread.h"

#include <synched/job.h>

struct synched__buffer_wait {
  /* when it began, on the monotonic clock; 0: the job does not wait. The owner's */
  uint64_t since_ns;
  /* when on_stalled is to be told; NEVER: it has been, or nobody wants to know */
  _Atomic uint64_t due_ns;
  /* in the pool's list of jobs with on_stalled; under the dispatch mutex */
  struct synched_job *next;
  /* The last stall, for the loop; under this mutex. */
  struct synched__mutex mutex;
  bool posted;
  struct synched_stall last;
  /* [buffer_count] what `last` points to */
  uint64_t *held_rounds;
  /* [buffer_count] the loop's copy of that */
  uint64_t *shown_rounds;
};

/* Of a job, when it is created; and its end. SYNCHED_ENOMEM. */
int synched__buffer_wait_init(struct synched_job *job);
void synched__buffer_wait_deinit(struct synched_job *job);

/* Before a run. */
void synched__buffer_wait_reset(struct synched_job *job);

/* Owner: the job is about to wait for a buffer, perhaps not for the first time in this wait; */
void synched__buffer_wait_begin(struct synched_job *job);

/* and its wait is over. */
void synched__buffer_wait_end(struct synched_job *job);

/* Loop: the last stall that has not been shown; false: there is none. *stall is valid until the
 * next call. */
bool synched__buffer_wait_take(struct synched_job *job, struct synched_stall *stall);

/* SYNCHED_STALL_NS, but where a test has set it. */
#if defined(SYNCHED_INTERNAL_TESTING)
extern _Atomic uint64_t synched__stall_after_ns;
#endif

#endif
