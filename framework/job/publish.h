/*
 * publish.h: what a job's record says of it, for whoever makes a report meanwhile (internal).
 */
#ifndef SYNCHED_JOB_PUBLISH_H
#define SYNCHED_JOB_PUBLISH_H

#include "job/job.h"

/* Leader, or before a run: what is recorded begins now. */
void synched__job_record_start(struct synched_job *job, uint64_t now_ns);

/* Owner: publishes all that is recorded, up to the job's current snapshot and to now_ns. */
void synched__job_publish(struct synched_job *job, uint64_t now_ns);

#endif
