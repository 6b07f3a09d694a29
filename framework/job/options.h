/*
 * options.h: what a job may be asked to be (internal).
 */
#ifndef SYNCHED_JOB_OPTIONS_H
#define SYNCHED_JOB_OPTIONS_H

#include "memory/memory.h"

#include <synched/job.h>

/* Copies the caller's options, of whatever version. SYNCHED_EINVAL: NULL, or a struct of no version
 * that this one knows. */
int synched__job_copy_options(struct synched_job_options *copy,
                              const struct synched_job_options *options);

/* Reads and checks options; defaults are filled in. Of a job that leaves open how much is recorded,
 * `record` is, or as much of it as the other options allow. */
int synched__job_read_options(struct synched_job_options *read,
                              const struct synched_job_options *options,
                              const struct synched_memory *memory, enum synched_record record);

int synched__check_period(uint64_t period_ns, uint64_t deadline_ns);

#endif
