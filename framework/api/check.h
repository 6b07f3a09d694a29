/*
 * check.h: what every call for a job begins with (internal).
 */
#ifndef SYNCHED_API_CHECK_H
#define SYNCHED_API_CHECK_H

#include "job/job.h"

/* SYNCHED_EINVAL for NULL, SYNCHED_ENOTSUP for a job that another process made. */
int synched__job_check(const struct synched_job *job);

#endif
