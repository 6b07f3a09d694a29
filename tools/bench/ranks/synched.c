#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

#include <synched/mpi.h>
#include <synched/synched.h>

#include "ranks.h"

static struct heat_rows rows_of(const struct synched_task *task) {
  return (struct heat_rows){task->first, task->first + task->capacity};
}

static int start(struct synched_task *task, void *user) {
  const struct ranks_run *run = user;
  heat_start(&run->plate, rows_of(task), task->out);
  return 0;
}

static int step(struct synched_task *task, void *user) {
  const struct ranks_run *run = user;
  heat_step(&run->plate, task->previous->data, rows_of(task), task->out);
  return 0;
}

struct parts {
  struct synched_cluster *cluster;
  struct synched_pool *pool;
  struct synched_memory *memory;
  struct synched_job *job;
};

/* Bands of rows, as even as can be. */
static int make_memory(struct parts *parts, const struct ranks_run *run) {
  int rank_count = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &rank_count);
  const size_t wanted =
      run->segment_rows != 0 ? run->plate.rows / run->segment_rows : (size_t)rank_count * 16;
  const size_t count = wanted < run->plate.rows ? wanted : run->plate.rows;
  size_t *capacities = calloc(count, sizeof *capacities);
  for (size_t s = 0; capacities != NULL && s < count; s++)
    capacities[s] = run->plate.rows * (s + 1) / count - run->plate.rows * s / count;
  const int status = synched_memory_create(
      &parts->memory,
      SYNCHED_MEMORY_OPTIONS(.flags = SYNCHED_MEMORY_HUGE_PAGES, .segment_count = count,
                             .segment_capacities = capacities,
                             .element_size = run->plate.columns * sizeof(double),
                             .refill = SYNCHED_REFILL_NONE));
  free(capacities);
  return status;
}

static int make_job(struct parts *parts, struct ranks_run *run) {
  const struct synched_reads nearest_rows = {
      .reach = SYNCHED_REACH_NEAR, .radius = 1, .first = 1, .last = 1};
  return synched_job_create(&parts->job, parts->pool, parts->memory,
                            SYNCHED_JOB_OPTIONS(.name = "ranks", .user = run, .init = start,
                                                .compute = step, .reads = nearest_rows,
                                                .rounds_per_barrier = run->rounds_per_barrier,
                                                .cluster = parts->cluster));
}

/* Ranks on one machine would all bind their workers to its first CPUs. */
static int make(struct parts *parts, struct ranks_run *run) {
  int status = synched_cluster_create(&parts->cluster, MPI_COMM_WORLD, NULL);
  if (status == 0)
    status =
        synched_pool_create(&parts->pool, SYNCHED_POOL_OPTIONS(.worker_count = run->workers,
                                                               .affinity = SYNCHED_AFFINITY_NONE));
  if (status == 0)
    status = make_memory(parts, run);
  return status == 0 ? make_job(parts, run) : status;
}

static void end(struct parts *parts) {
  (void)synched_job_destroy(parts->job);
  (void)synched_memory_destroy(parts->memory);
  (void)synched_pool_destroy(parts->pool);
  (void)synched_cluster_destroy(parts->cluster);
}

/* The rows that this rank computes: those of its segments. */
static void add_up(struct ranks_run *run, const struct parts *parts) {
  const struct synched_snapshot *now = synched_snapshot_current(parts->memory);
  struct synched_cluster_info info = {.struct_size = sizeof info};
  (void)synched_cluster_info(parts->cluster, &info);
  const struct synched_segments own =
      synched_cluster_segments(parts->cluster, now->segment_count, info.rank);
  const struct heat_rows rows = {now->offsets[own.first], now->offsets[own.first + own.count]};
  const double *cells = now->data;
  run->checksum = ranks_checksum(&run->plate, rows, cells + rows.first * run->plate.columns);
  synched_snapshot_release(now);
}

static int compute(struct ranks_run *run, const struct parts *parts) {
  struct synched_cluster_info before = {.struct_size = sizeof before};
  struct synched_cluster_info after = {.struct_size = sizeof after};
  int status = synched_job_advance(parts->job, run->warm_up);
  (void)synched_cluster_info(parts->cluster, &before);
  MPI_Barrier(MPI_COMM_WORLD);
  const double begun = MPI_Wtime();
  if (status == 0)
    status = synched_job_advance(parts->job, run->timed);
  MPI_Barrier(MPI_COMM_WORLD);
  run->seconds = MPI_Wtime() - begun;
  (void)synched_cluster_info(parts->cluster, &after);
  run->sent_messages = after.sent_messages - before.sent_messages;
  run->sent_bytes = after.sent_bytes - before.sent_bytes;
  return status;
}

int ranks_synched(struct ranks_run *run) {
  struct parts parts = {NULL, NULL, NULL, NULL};
  int status = make(&parts, run);
  if (status == 0)
    status = compute(run, &parts);
  if (status == 0)
    add_up(run, &parts);
  else
    (void)fprintf(stderr, "bench-ranks: %s\n", synched_error_message());
  end(&parts);
  return status == 0 ? 0 : -1;
}
