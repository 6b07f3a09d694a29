/*
 * deliver.h: what a job has for its event loop, whatever kind of loop that is (internal).
 *
 * The order of the end: the engine marks the job ended and notifies the loop; the loop delivers
 * what is still to be delivered, waits until nobody is inside the job any more, lets go of what it
 * polled with, and then finishes: the last that it does is to call on_done, which may destroy the
 * job.
 */
#ifndef SYNCHED_LOOP_DELIVER_H
#define SYNCHED_LOOP_DELIVER_H

#include "job/job.h"
#include "loop/progress.h"

/* The loop's side of a started job; a port begins with one. The loop's thread's. */
struct synched__delivery {
  struct synched_job *job;
  /* the last that on_snapshot got, or the one before the first */
  uint64_t delivered_round;
  /* for synched_job_run: where its status goes; else NULL */
  int *result;
  struct synched__progress progress;
};

void synched__delivery_init(struct synched__delivery *delivery, struct synched_job *job);

/* When the job's signal can be read: calls back what is due, but on_done. true: that is all there
 * will ever be, and nobody is inside the job any more. */
bool synched__deliver(struct synched__delivery *delivery);

/* Then: frees the port, which is the block that begins with the delivery, and calls on_done. */
void synched__delivery_finish(struct synched__delivery *delivery);

/* Starts a job on a port: open makes it, and polls the job's signal. */
typedef int (*synched__port_open_fn)(struct synched__delivery **out, struct synched_job *job,
                                     void *argument);
int synched__port_start(struct synched_job *job, const struct synched__port_calls *calls,
                        synched__port_open_fn open, void *argument);

/* The checks that every way of starting begins with. */
int synched__port_check_start(const struct synched_job *job);

/* The port of a job that was started with these calls, on this thread. SYNCHED_ENOENT,
 * SYNCHED_EPERM. */
int synched__port_find(struct synched__delivery **out, struct synched_job *job,
                       const struct synched__port_calls *calls);

#endif
