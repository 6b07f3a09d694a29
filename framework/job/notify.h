/*
 * notify.h: telling the loop's side of a job, and keeping a job from going away (internal).
 *
 *   [notified]  who notifies hands all that it did before to the loop, which answers before it
 *               looks; and the loop hands over that the signal is cleared.
 *   [departed]  the engine's last touch: what it wrote to the job is the loop's.
 *   [unpinned]  the last touch of who pinned the job.
 *   [port-set]  the port that a start has made.
 */
#ifndef SYNCHED_JOB_NOTIFY_H
#define SYNCHED_JOB_NOTIFY_H

#include "engine/open_round.h"
#include "job/job.h"
#include "pool/pool.h"

/* Lets the loop know that there is something for it. Any thread. */
void synched__job_notify(struct synched_job *job);

/* Loop: answers, before it looks at what there is. */
void synched__job_answer(struct synched_job *job);

/* Whether the loop has still to answer. */
static inline bool synched__job_is_notified(const struct synched_job *job) {
  return synched__load_relaxed(&job->delivery.notified) != 0; /* only the loop makes it 0 */
}

/* Lets the loop's side know that a paused job goes on, when it is parked no more. Any thread, which
 * pins the job. */
void synched__job_expect_more(struct synched_job *job);

/* Whether the engine has left it for good. */
static inline bool synched__job_is_departed(struct synched_job *job) {
  return synched__load_acquire(&job->delivery.departed) != 0; /* [departed] acquire */
}

/* Whether the job has ended and nobody but the caller is inside it any more. */
bool synched__job_is_released(struct synched_job *job);

/* Of a job that was started: whether its loop was closed under it, so that it hears of no end, and
 * loop and engine have both left it. On the loop's thread, sees to it that the loop does. */
bool synched__job_is_abandoned(struct synched_job *job);

/* Whether that may become so: its loop was closed, but still has a handle of it. */
bool synched__job_is_lost(struct synched_job *job);

/* Leader: whether the loop can take a copy of what is changed in place. */
static inline bool synched__job_shows_copy(const struct synched_job *job) {
  const struct synched__open_round *open = job->work.pool->open;
  return job->setup.shows && (job->setup.options.delivery == SYNCHED_DELIVER_EVERY ||
                              open->round == job->setup.last_round ||
                              synched__mailbox_count(&job->delivery.mailbox) == 0);
}

/* Leader: whether anybody can. */
static inline bool synched__job_takes_copy(const struct synched_job *job) {
  const struct synched__saver *saver = job->setup.saver;
  return synched__job_shows_copy(job) || (saver != NULL && synched__saver_takes(saver) &&
                                          synched__saver_wants(saver, job->work.pool->open->round));
}

/* Who does what may make the job end, or leaves it to others who may end it, and looks at it
 * afterwards, pins it meanwhile: on_done may destroy the job, and the loop waits until nobody pins
 * it before it calls that.
 *
 * The count may rise relaxed only because something else orders it before the store to `departed`,
 * after which the loop reads it. Who steers or ends a job (api/steer.c) takes the mutex of its
 * requests next, and synched__job_finish takes that before the store: so the loop sees the pin, or
 * the caller is told that the job has ended, and must not destroy it meanwhile. Who lets it wait
 * for a buffer, or ends that wait (dispatch/next.c), owns it, and only who is given it from there
 * on, through memory->awaiting or the dispatch mutex, can end it. A pin of another kind needs an
 * order of its own. */
static inline void synched__job_pin(struct synched_job *job) {
  (void)synched__add_relaxed(&job->delivery.pin_count, 1);
}

static inline void synched__job_unpin(struct synched_job *job) {
  (void)synched__sub_release(&job->delivery.pin_count, 1); /* [unpinned] release */
}

#endif
