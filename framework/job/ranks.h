/*
 * ranks.h: a job as one of several ranks: what it may be asked to be, its passes, and its link
 * (internal).
 */
#ifndef SYNCHED_JOB_RANKS_H
#define SYNCHED_JOB_RANKS_H

#include "cluster/link.h"
#include "job/job.h"

/* What does not go together with a cluster. SYNCHED_ENOTSUP, with a sentence. */
int synched__ranks_check(const struct synched_job_options *options);

/* Makes a job, which is complete but for that, one of several ranks; `options` are those that it
 * was made with, and what they point at is there. Waits for all ranks: where one could not make its
 * job, or has made another one, none gets one. A status with a sentence: the job is to be
 * destroyed. */
int synched__ranks_attach(struct synched_job *job, const struct synched_job_options *options);
void synched__ranks_detach(struct synched_job *job);

/* Makes the job's link and the passes of its stages, for the segments that its rank has now. After
 * a failure the link may be there, and some passes. */
int synched__ranks_link(struct synched_job *job, struct synched__link_spec *spec,
                        unsigned first_tag);

/* Waits for all ranks. `status`: this rank's own; `what` it could not do, for others' sentences. */
int synched__ranks_agree(struct synched_cluster *cluster, struct synched__verdict *verdict,
                         int status, const char *what);

/* The same of a job that could not be made, for `status`: the other ranks learn of it. Returns
 * `status`, and leaves the sentence as it is. */
int synched__ranks_refuse(struct synched_cluster *cluster, int status);

#endif
