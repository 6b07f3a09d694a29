/* quickstart.c: heat in a rod, held at 100 degrees on the left, 0 on the right, until it settles. */
#include <stdio.h>
#include <synched/synched.h>

/* One segment, here a single cell, in one round: reads all of the last round, writes its own. */
static int spread(struct synched_task *task, void *user) {
  const double *was = task->previous->data, *ends = user;
  size_t cell = task->segment, last = task->previous->segment_count - 1;
  double left = cell > 0 ? was[cell - 1] : ends[0], right = cell < last ? was[cell + 1] : ends[1];
  *(double *)task->out = (left + right) / 2;
  task->contribution = (left + right) / 2 - was[cell]; /* the heat that the cell took up */
  return 0;
}

static int settled(const struct synched_snapshot *now, void *user) { /* between rounds */
  const double *rod = now->data, *ends = user;
  if (now->fold < 1e-6) /* the heat that all cells together took up */
    printf("%.0f .. %.3f .. %.0f degrees\n", ends[0], rod[now->segment_count / 2], ends[1]);
  return now->fold < 1e-6 ? SYNCHED_STOP : SYNCHED_CONTINUE;
}

int main(void) {
  double ends[] = {100.0, 0.0};
  struct synched_pool *pool = NULL;
  struct synched_memory *rod = NULL;
  struct synched_job *job = NULL;
  const struct synched_report *info = NULL;
  int failed = /* every call returns 0, or a status; the first that fails ends this chain */
      synched_pool_create(&pool, NULL) || /* with a worker for each CPU that we may use */
      synched_memory_create(&rod, SYNCHED_MEMORY_OPTIONS(.segment_count = 60, .segment_capacity = 1,
                                                         .element_size = sizeof(double))) ||
      synched_job_create(&job, pool, rod,
                         SYNCHED_JOB_OPTIONS(.compute = spread, .on_round = settled, .user = ends,
                                             .fold = SYNCHED_FOLD_SUM, .name = "rod",
                                             .report_rounds = 5)) ||
      synched_job_run(job) || synched_job_report(job, &info) || synched_report_print(info, stdout);
  return synched_job_destroy(job) || synched_pool_destroy(pool) || synched_memory_destroy(rod) ||
         (failed && fprintf(stderr, "quickstart: %s\n", synched_error_message()));
}
