/*
 * meeting.h: how the ranks of a job hear of each other while it computes no rounds (internal).
 *
 * What is asked of a job on one rank takes effect on all of them when they agree: at the end of
 * each round, or of those up to a barrier. A job that is paused has no rounds, and one whose next
 * tick is far away has none for long. It has meetings instead: agreements that are no round's. Each
 * of them says what comes next, a meeting or a round, from what all ranks know; so it is the same
 * everywhere, whatever a rank's own clock says.
 *
 * Between two meetings the job is in the run queue, like one that waits for a tick: its workers
 * sleep, and other jobs of the pool have their rounds. While nothing is asked, meetings become
 * rarer, up to some 60 in a second. Who finds in a meeting that others are not there yet puts the
 * job back into the queue, too.
 *
 * Ticks are those of the first rank's clock: it says how long it is to the next one, and the others
 * have theirs then.
 */
#ifndef SYNCHED_JOB_MEETING_H
#define SYNCHED_JOB_MEETING_H

#include <stdbool.h>
#include <stdint.h>

struct synched_job;

/* The owner's; the leader's, too. All zeros in a job of one rank. */
struct synched__meeting {
  /* the next thing is a meeting, at due_ns by the clock; else it is a round */
  bool is_next;
  /* its messages have set out, at begun_ns; how often they were looked for in vain */
  bool is_under_way;
  unsigned look_count;
  uint64_t due_ns, begun_ns;
  /* ranks have agreed on something, and what comes next has not been chosen since */
  bool is_open;
  /* what that was: whether a call was among it; and when the next tick is, as in struct
   * synched__verdict */
  bool was_steered;
  uint64_t tick_in_ns;
  /* meetings of a paused job in which nothing was asked, since something was */
  unsigned quiet_count;
};

/* Before a run, or an advance. */
void synched__meeting_reset(struct synched_job *job);

/* Owner, when requests have been applied and the job wants a round: whether that comes next. */
void synched__meeting_choose(struct synched_job *job);

/* Leader, of a job whose meeting is due: begins it, or goes on with it. The job is to be enqueued
 * again then. Or a status: the ranks have lost each other, and the job is to be finished. */
int synched__meeting_hold(struct synched_job *job);

/* Makes a job hear and speak in its link's agreements. */
void synched__meeting_attach(struct synched_job *job);

#endif
