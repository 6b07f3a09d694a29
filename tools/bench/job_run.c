#include "job_run.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

int bench_job_end(int status, struct synched_job *job, struct synched_memory *const *fields,
                  size_t field_count, struct synched_pool *pool) {
  if (status != 0)
    (void)fprintf(stderr, "synched-bench: %s\n", synched_error_message());
  (void)synched_job_destroy(job);
  for (size_t f = 0; f < field_count; f++)
    (void)synched_memory_destroy(fields[f]);
  (void)synched_pool_destroy(pool);
  return status;
}

int bench_job_run(const char *contestant, unsigned worker_count,
                  const struct synched_memory_options *memory_options,
                  const struct synched_job_options *job_options) {
  struct synched_pool *pool = NULL;
  struct synched_memory *memory = NULL;
  struct synched_job *job = NULL;
  struct synched_job_options options = *job_options;
  const bool follows = strcmp(contestant, "synched_follow") == 0;
  if (follows || strcmp(contestant, "synched_static") == 0)
    options.balance = SYNCHED_BALANCE_STATIC;
  if (follows)
    options.homes = SYNCHED_HOMES_FOLLOW;
  if (strcmp(contestant, "synched_fixed") == 0)
    options.homes = SYNCHED_HOMES_FIXED;
  int status = synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = worker_count));
  if (status == 0)
    status = synched_memory_create(&memory, memory_options);
  if (status == 0)
    status = synched_job_create(&job, pool, memory, &options);
  if (status == 0)
    status = synched_job_run(job);
  return bench_job_end(status, job, &memory, 1, pool);
}
