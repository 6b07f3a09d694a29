/*
 * stages.h: what a job's rounds consist of, made of its options (internal).
 */
#ifndef SYNCHED_JOB_STAGES_H
#define SYNCHED_JOB_STAGES_H

#include "job/job.h"

/* Makes the stages of job->work, of job->setup.options, and frees them. SYNCHED_ENOMEM: call
 * synched__stages_destroy all the same. */
int synched__stages_create(struct synched_job *job);
void synched__stages_destroy(struct synched_job *job);

/* A stage of the job over `segment_count` segments, or indices; and what is kept of one. NULL,
 * false: no memory. */
struct synched__stage *synched__stage_new(struct synched_job *job, unsigned index,
                                          size_t segment_count);
bool synched__stage_equip(struct synched__stage *stage, const struct synched_job_options *options);

/* Makes the memories the job's: all of them, or none. Errors as synched_job_create. */
int synched__stages_join_memories(struct synched_job *job);

/* The end of that. SYNCHED_EBUSY: a snapshot of a job with job->work.fields is retained, and
 * nothing has changed. */
int synched__stages_part_memories(struct synched_job *job);

/* The memory that is the job's field; NULL: there is no such field. */
struct synched_memory *synched__stages_memory(const struct synched_job *job, unsigned field);

/* Before a run: what is learned of stages begins anew. */
void synched__stages_reset(struct synched_job *job);

/* A run begins, or is over: [memory-idle], see memory/memory.h. */
void synched__stages_note_running(struct synched_job *job, bool runs);

#endif
