/*
 * start.h: the beginning and the end of a job's run, for every way of starting one (internal).
 */
#ifndef SYNCHED_API_START_H
#define SYNCHED_API_START_H

#include "job/job.h"

/* Makes a job of options that have been checked; it is in no roster. Errors as
 * synched_job_create. */
int synched__job_make(struct synched_job **out, struct synched_pool *pool,
                      struct synched_memory *memory, const struct synched_job_options *read,
                      bool is_sweep);

/* The run begins of a job that has been opened (synched__requests_open). */
void synched__job_begin(struct synched_job *job);

/* Resets all that belongs to a run, which begins to be recorded. */
void synched__job_reset_run(struct synched_job *job);

/* How many of its round_count rounds a run has after this round, if that counts from another one.
 * UINT64_MAX: it has no limit. */
uint64_t synched__job_rounds_left(const struct synched_job *job, uint64_t counted_from,
                                  uint64_t round);

/* Between two advances: their run is over. */
void synched__job_end_advances(struct synched_job *job);

/* The run is over: what the environment asks for is written of it. The report is job->delivery's,
 * and the owner's. */
void synched__job_write_report(struct synched_job *job);

#endif
