/*
 * stand_in.h: a thread of the program that takes part in rounds, in the place of a worker that
 * sleeps (internal).
 *
 * A thread that waits for rounds has a CPU that nobody uses meanwhile. The pool has as many workers
 * as there are CPUs: one more thread that computes, or only looks whether they are done, takes the
 * CPU away from one of them. So it takes the place of one of them, and computes as that worker,
 * under its index, while the worker's own thread sleeps on. To the rounds it makes no difference.
 *
 * Nobody is waited for. A thread that finds no worker asleep waits outside, and asks one to sleep
 * the next time; a thread that has waited in a worker's place for as long as the worker would spin
 * gives it back, and sleeps. So a worker's place is never empty for longer than a call lasts.
 */
#ifndef SYNCHED_DISPATCH_STAND_IN_H
#define SYNCHED_DISPATCH_STAND_IN_H

#include "job/job.h"

/* Owner, of a run that is made of advances: submits the job, and returns when the advance is over,
 * and nobody is inside the job any more. Not by a worker of the pool. */
void synched__stand_in_run(struct synched_job *job);

#endif
