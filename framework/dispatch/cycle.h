/*
 * cycle.h: the cycle of a round: open, take part, close, next (internal).
 */
#ifndef SYNCHED_DISPATCH_CYCLE_H
#define SYNCHED_DISPATCH_CYCLE_H

#include "dispatch/dispatch.h"

/* What a worker does, from the pool's start to its end. */
void synched__cycle_work(struct synched__worker *worker);

/* What a thread does that is in a worker's place until the advance of its own job is over. Each
 * returns the last epoch in which it has done the worker's part.
 * Leader, when `own` is bound: opens or computes its rounds; */
uint64_t synched__cycle_lead_in_place(struct synched__worker *worker, struct synched_job *own);
/* and the worker's part in the round of an epoch, and what follows. */
uint64_t synched__cycle_take_part_in_place(struct synched__worker *worker, uint64_t epoch,
                                           struct synched_job *own);

/* Owner: enqueues a job; opens its round, if the pool is idle and it is due. Any thread. */
void synched__cycle_submit(struct synched_job *job);

/* The same as a memory's on_free: the argument is the job that waited for a buffer. */
void synched__cycle_submit_freed(void *argument);

#endif
