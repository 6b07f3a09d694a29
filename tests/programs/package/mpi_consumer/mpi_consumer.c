/* Counts rounds on all ranks together. */
#include <stdio.h>

#include <synched/mpi.h>
#include <synched/synched.h>

static int add(struct synched_task *task, void *user) {
  (void)user;
  *(double *)task->out = (double)task->round;
  task->contribution = 1;
  return 0;
}

static int run(struct synched_cluster *cluster, double *sum) {
  struct synched_pool *pool = NULL;
  struct synched_memory *memory = NULL;
  struct synched_job *job = NULL;
  int status = synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = 1));
  if (status == 0)
    status = synched_memory_create(&memory, SYNCHED_MEMORY_OPTIONS(.segment_count = 10,
                                                                   .segment_capacity = 1,
                                                                   .element_size = sizeof(double)));
  if (status == 0)
    status = synched_job_create(&job, pool, memory,
                                SYNCHED_JOB_OPTIONS(.compute = add, .cluster = cluster,
                                                    .fold = SYNCHED_FOLD_SUM, .round_count = 5));
  if (status == 0)
    status = synched_job_run(job);
  if (status == 0) {
    const struct synched_snapshot *now = synched_snapshot_current(memory);
    *sum = now->fold;
    synched_snapshot_release(now);
  }
  synched_job_destroy(job);
  synched_memory_destroy(memory);
  synched_pool_destroy(pool);
  return status;
}

int main(int argc, char **argv) {
  int provided;
  double sum = 0;
  struct synched_cluster *cluster;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_SERIALIZED, &provided);
  int status = synched_cluster_create(&cluster, MPI_COMM_WORLD, NULL);
  if (status == 0)
    status = run(cluster, &sum);
  if (status != 0)
    fprintf(stderr, "%s\n", synched_error_message());
  synched_cluster_destroy(cluster);
  MPI_Finalize();
  return status == 0 && sum == 10 ? 0 : 1;
}
