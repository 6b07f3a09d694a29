/*
 * stall_watch.h: somebody looks at jobs that wait for a buffer for too long (internal).
 *
 * No thread is there for that. One of the pool's workers, which sleep anyway, sleeps no longer than
 * until the first wait becomes a stall; where workers are busy with other jobs, the leader looks
 * between two rounds. Who looks becomes the job's owner, as a release of a snapshot would make one,
 * tells the loop, and lets the job wait as before: so nothing that job/buffer_wait.h writes has two
 * owners.
 *
 * Only jobs with on_stalled are looked after. Waits that are over in time cost them two loads, and
 * the dispatch mutex once a second; rounds that do not wait cost nothing.
 *
 * No look is lost: a job that begins to wait stores due_ns, then `awaiting`, then loads
 * stall_look_ns; who looks stores stall_look_ns, then loads due_ns of all jobs, and takes those
 * whose `awaiting` is set. All of these are sequentially consistent, so either it finds the job, or
 * that one finds that nobody looks in time, and sees to it under the mutex.
 *
 *   [stall-due]  the orders of the sentences above: due_ns and stall_look_ns.
 */
#ifndef SYNCHED_DISPATCH_STALL_WATCH_H
#define SYNCHED_DISPATCH_STALL_WATCH_H

#include "dispatch/dispatch.h"

/* When nobody owns the job, by one who pins it: sees to it that somebody looks in time. */
void synched__stall_watch_arm(struct synched_job *job);

/* Whether it is time to look. With no mutex held. */
bool synched__stall_watch_is_due(const struct synched_pool *pool);

/* Then, again and again until it returns NULL: takes a job that has waited for too long, and is the
 * caller's then. */
struct synched_job *synched__stall_watch_take(struct synched_pool *pool);

/* For a worker whose wait is over: its alarm is off; another look is seen to, if there is to be
 * one. */
void synched__stall_watch_wake(struct synched__worker *worker);

#endif
