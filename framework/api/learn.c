/*
 * learn.c: the ranks of a job get segments by what these cost.
 */
#include "job/learn.h"

#include "api/check.h"
#include "base/error.h"
#include "pool/pool.h"

#include <synched/cluster.h>

int synched_cluster_learn(struct synched_job *job) {
  const int status = synched__job_check(job);
  if (status != 0)
    return status;
  if (job->work.link == NULL)
    return synched__fail(SYNCHED_EINVAL, "the job is none of a cluster");
  if (synched__worker_here(job->work.pool) != NULL)
    return synched__fail(SYNCHED_EDEADLK, "a worker cannot wait for a job of its own pool");
  return synched__learn(job);
}
