/*
 * arrays.h: the arrays of a job that was made on them, after its last round (internal).
 */
#ifndef SYNCHED_API_ARRAYS_H
#define SYNCHED_API_ARRAYS_H

#include "job/job.h"

#include <synched/run.h>

/* Copies the last published round to where each array is, if it is not there. The job does not run,
 * and no snapshot of it is retained. */
void synched__arrays_bring_home(const struct synched_job *job, const struct synched_array *arrays);

#endif
