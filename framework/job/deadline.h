/*
 * deadline.h: deadlines (internal).
 *
 * Whoever opens a round with a deadline writes it into one word of the job; whoever closes the
 * round takes it out again. One thread of the pool, the deadline monitor, which the first job with
 * a deadline brings, sleeps until the nearest of them, and finds most of them gone: rounds on time
 * cost nothing but those two words, and an unpark where a deadline is nearer than what the monitor
 * sleeps until. A deadline that is still there when its time has come is missed: the monitor marks
 * it, writes down which calls are running, and tells the loop. So a call that never returns is
 * reported although no worker is left to do that.
 */
#ifndef SYNCHED_JOB_DEADLINE_H
#define SYNCHED_JOB_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/atomic.h"

#include <synched/job.h>

struct synched__deadline_monitor;

/* A job's part in it. */
struct synched__deadline {
  /* NULL: the job has no deadline */
  struct synched__deadline_monitor *monitor;
  /* in the monitor's list; under its mutex */
  struct synched_job *next;
  /* the open round's deadline, or 0: see deadline.c */
  _Atomic uint64_t word;
  /* the open round, and when it was due */
  uint64_t round, due_ns;
  /* The last miss, for the loop; under the monitor's mutex. */
  bool posted;
  struct synched_deadline_miss miss;
  /* [worker_count] what `miss` points to */
  struct synched_running_call *running;
  /* [worker_count] the loop's copy of that */
  struct synched_running_call *shown;
};

/* The monitor of a pool. SYNCHED_ENOMEM, SYNCHED_EAGAIN. */
int synched__deadline_monitor_create(struct synched__deadline_monitor **out);
void synched__deadline_monitor_destroy(struct synched__deadline_monitor *monitor);

/* Of a job with a deadline, when it is created; and its end. SYNCHED_ENOMEM. */
int synched__deadline_init(struct synched_job *job, struct synched__deadline_monitor *monitor);
void synched__deadline_deinit(struct synched_job *job);

/* Before a run. */
void synched__deadline_reset(struct synched_job *job);

/* Leader: a round is opened, whose deadline counts from due_ns. */
void synched__deadline_open(struct synched_job *job, uint64_t round, uint64_t due_ns);

/* Leader: it is complete. true: it has missed its deadline. */
bool synched__deadline_close(struct synched_job *job);

/* Loop: the last miss that has not been shown; false: there is none. *miss is valid until the next
 * call. */
bool synched__deadline_take(struct synched_job *job, struct synched_deadline_miss *miss);

#endif
