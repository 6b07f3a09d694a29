/*
 * finish.h: the end of a job's run, on the engine's side (internal).
 */
#ifndef SYNCHED_JOB_FINISH_H
#define SYNCHED_JOB_FINISH_H

#include "job/job.h"

/* Owner, or the leader that completed its last round: ends a job that is bound to no pool; it may
 * be gone when this returns. */
void synched__job_finish(struct synched_job *job, int status, uint64_t now_ns);

#endif
