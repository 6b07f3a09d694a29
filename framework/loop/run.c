/*
 * run.c: a whole run in one call. What is made first is ended last, and a refusal on the way ends
 * what there is.
 */
#include <synched/run.h>

#include "api/arrays.h"
#include "memory/memory.h"

/* Runs it; its arrays hold what it has left. */
static int run(struct synched_job *job, const struct synched_array *arrays) {
  job->setup.is_held = true;
  const int status = synched_job_run(job);
  job->setup.is_held = false;
  /* What somebody holds, or computes, must not change. */
  if (synched_job_state(job) == SYNCHED_JOB_ENDED &&
      synched__memory_retained_count(job->work.memory) == 0)
    synched__arrays_bring_home(job, arrays);
  return status;
}

int synched_run(const struct synched_pool_options *pool,
                const struct synched_memory_options *memory, const struct synched_array *arrays,
                const struct synched_job_options *options) {
  struct synched_pool *workers = NULL;
  struct synched_job *job = NULL;
  int status = synched_pool_create(&workers, pool);
  if (status == 0)
    status = synched_job_create_on_arrays(&job, workers, memory, arrays, options);
  if (status == 0)
    status = run(job, arrays);
  int ended = synched_job_destroy(job);
  if (ended == 0)
    ended = synched_pool_destroy(workers);
  return ended != 0 ? ended : status;
}
