/*
 * released_snapshot.c: a program under address sanitizer that looks at a snapshot which it has let
 * go, in a job whose calls are checked; the sanitizer is to say so. With an argument it keeps the
 * snapshot while it looks, which is right.
 */
#include <stdio.h>

#include <synched/synched.h>

static int compute(struct synched_task *task, void *user) {
  double *out = task->out;
  (void)user;
  for (size_t i = 0; i < task->count; i++)
    out[i] = (double)task->round;
  return 0;
}

int main(int argc, char **argv) {
  struct synched_pool *pool = NULL;
  struct synched_memory *memory = NULL;
  struct synched_job *job = NULL;
  (void)argv;
  int status = synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = 1));
  if (status == 0)
    status = synched_memory_create(
        &memory, SYNCHED_MEMORY_OPTIONS(.segment_count = 4, .segment_capacity = 64,
                                        .element_size = sizeof(double), .lease_count = 1));
  if (status == 0)
    status = synched_job_create(
        &job, pool, memory,
        SYNCHED_JOB_OPTIONS(.compute = compute, .init = compute, .flags = SYNCHED_JOB_CHECKED));
  if (status == 0)
    status = synched_job_advance(job, 3);
  const struct synched_snapshot *held = synched_snapshot_current(memory);
  if (argc == 1)
    synched_snapshot_release(held);
  if (status == 0)
    status = synched_job_advance(job, 1);
  printf("%s, round 3 held %g\n", synched_err_name(status), ((const double *)held->data)[70]);
  if (argc != 1)
    synched_snapshot_release(held);
  (void)synched_job_destroy(job);
  (void)synched_memory_destroy(memory);
  (void)synched_pool_destroy(pool);
  return status != 0;
}
