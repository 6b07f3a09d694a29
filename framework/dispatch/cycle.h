/*
 * cycle.h: the cycle of a round: open, take part, close, next (internal).
 */
#ifndef SYNCHED_DISPATCH_CYCLE_H
#define SYNCHED_DISPATCH_CYCLE_H

#include "dispatch/dispatch.h"

/* What a worker does, from the pool's start to its end. */
void synched__cycle_work(struct synched__worker *worker);

/* By whoever is in a worker's place (dispatch/stand_in.h). Each returns the last epoch in which it
 * has done the worker's part, when another worker may complete a round, or worker->own is released.
 * The worker's part in the round of an epoch, and what follows; */
uint64_t synched__cycle_take_part(struct synched__worker *worker, uint64_t epoch);
/* leader: the rounds of a job that it has bound; */
uint64_t synched__cycle_lead(struct synched__worker *worker, struct synched_job *bound);
/* leader, for a round of its own job that another worker has completed: closing it. */
uint64_t synched__cycle_take_over(struct synched__worker *worker, struct synched_job *own);

/* Owner: enqueues a job; opens its round, if the pool is idle and it is due. Any thread. */
void synched__cycle_submit(struct synched_job *job);

/* The same as a memory's on_free: the argument is the job that waited for a buffer. */
void synched__cycle_submit_freed(void *argument);

#endif
