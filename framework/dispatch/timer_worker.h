/*
 * timer_worker.h: the worker that opens the next tick's round on time (internal).
 */
#ifndef SYNCHED_DISPATCH_TIMER_WORKER_H
#define SYNCHED_DISPATCH_TIMER_WORKER_H

#include "dispatch/dispatch.h"

/* With the mutex held, when nothing can run now: sees to it that a worker looks at the run queue in
 * time for the next tick; interrupts its wait for that, if it must. */
void synched__timer_worker_appoint(struct synched_pool *pool);

/* With the mutex held, when the queue of an idle pool has become shorter. */
void synched__timer_worker_note_shorter(struct synched_pool *pool);

/* By a worker whose wait is over without a round. true: the next tick is due now, or something else
 * can run, and the caller is the leader; those who will share its round are awake. */
bool synched__timer_worker_take_over(struct synched__worker *worker);

#endif
