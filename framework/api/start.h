/*
 * start.h: the beginning of a job's run, for every way of starting one (internal).
 */
#ifndef SYNCHED_API_START_H
#define SYNCHED_API_START_H

#include "job/job.h"

/* The run begins of a job that has been opened (synched__requests_open). */
void synched__job_begin(struct synched_job *job);

#endif
