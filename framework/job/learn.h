/*
 * learn.h: segments are dealt anew to the ranks of a job, by what they have cost (internal).
 *
 * All that depends on which segments a rank has is made a second time: the link with its messages,
 * and the passes of stages. Until all ranks have it, what there was stays; where one of them cannot
 * make it, nothing changes on any.
 */
#ifndef SYNCHED_JOB_LEARN_H
#define SYNCHED_JOB_LEARN_H

#include "job/job.h"

/* Of a job on several ranks, between runs or advances. Waits for all ranks. A status with a
 * sentence; but for the wire's trouble, nothing has changed then. */
int synched__learn(struct synched_job *job);

#endif
