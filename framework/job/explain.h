/*
 * explain.h: why a job has ended, in words (internal).
 */
#ifndef SYNCHED_JOB_EXPLAIN_H
#define SYNCHED_JOB_EXPLAIN_H

struct synched_job;

/* Sets synched_error_message of this thread for a job that has ended with a status that is not
 * 0. */
void synched__explain_end(const struct synched_job *job);

#endif
