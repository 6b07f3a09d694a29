/*
 * cycle.h: the cycle of a round: open, take part, close, next (internal).
 */
#ifndef SYNCHED_DISPATCH_CYCLE_H
#define SYNCHED_DISPATCH_CYCLE_H

#include "dispatch/dispatch.h"

/* What a worker does, from the pool's start to its end. */
void synched__cycle_work(struct synched__worker *worker);

/* Owner: enqueues a job; opens its round, if the pool is idle and it is due. Any thread. */
void synched__cycle_submit(struct synched_job *job);

/* The same as a memory's on_free: the argument is the job that waited for a buffer. */
void synched__cycle_submit_freed(void *argument);

#endif
