/*
 * checked.h: which jobs have their calls checked (internal).
 */
#ifndef SYNCHED_JOB_CHECKED_H
#define SYNCHED_JOB_CHECKED_H

struct synched_job;
struct synched_job_options;

/* Adds what SYNCHED_CHECK asks of every job to the flags of one. SYNCHED_EINVAL: it is none of 0, 1
 * and 2. */
int synched__checked_read(struct synched_job_options *options);

/* Makes what a job with stages needs to be checked, if it is. As synched__check_create. */
int synched__checked_create(struct synched_job *job);

#endif
