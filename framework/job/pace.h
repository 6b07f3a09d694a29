/*
 * pace.h: what is done for a round beside computing it, where it has a tick, a deadline, or is one
 * of a step (internal).
 */
#ifndef SYNCHED_JOB_PACE_H
#define SYNCHED_JOB_PACE_H

#include "job/job.h"

/* Whether the coming round is that of a tick: not init's, and not one of a step. Owner, leader. */
static inline bool synched__pace_has_tick(const struct synched_job *job) {
  return job->pace.ticks.period_ns != 0 && !job->work.initialising &&
         job->control.requests.steps_left == 0;
}

/* Owner, when requests have been applied and the job wants a round: what its next rounds need. */
void synched__pace_choose(struct synched_job *job);

/* Leader, for a paced job: its prepared round is opened; */
void synched__pace_open(struct synched_job *job, uint64_t round);

/* it is complete. true: it is late and to be dropped; */
bool synched__pace_close(struct synched_job *job);

/* and what has become of it is known. */
void synched__pace_closed(struct synched_job *job, uint64_t round, bool published);

#endif
