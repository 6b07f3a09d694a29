/*
 * job_run.h: one job of Synched, from its options to its end.
 */
#ifndef SYNCHED_BENCH_JOB_RUN_H
#define SYNCHED_BENCH_JOB_RUN_H

#include <synched/synched.h>

/* Runs the job on a pool and a memory of its own; the contestant, "synched" or "synched_static",
 * decides its balance. 0, or a status and a line on stderr. */
int bench_job_run(const char *contestant, unsigned worker_count,
                  const struct synched_memory_options *memory_options,
                  const struct synched_job_options *job_options);

/* Says what went wrong, if the status is not 0, and destroys them all. Returns the status. */
int bench_job_end(int status, struct synched_job *job, struct synched_memory *const *fields,
                  size_t field_count, struct synched_pool *pool);

#endif
