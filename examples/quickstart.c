/* quickstart.c: heat in a rod, 100 degrees at its left end and 0 at its right, until it settles. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <synched/synched.h>

/* Computes one segment of the rod: reads all of the last round, writes its own part of this one. */
static int relax(struct synched_task *task, void *user) {
  const double *was = task->previous->data;
  double *is = task->out;
  size_t at = task->first, end = task->previous->element_count - 1;
  (void)user;
  for (size_t i = 0; i < task->count; i++, at++) {
    is[i] = at == 0 ? 100.0 : at == end ? 0.0 : (was[at - 1] + was[at + 1]) / 2;
    task->contribution += fabs(is[i] - was[at]);
  }
  return 0;
}

static int settled(const struct synched_snapshot *now, void *user) {
  (void)user;
  return now->fold < 1e-4 ? SYNCHED_STOP : SYNCHED_CONTINUE; /* all contributions together */
}

int main(int argc, char **argv) {
  struct synched_pool *pool;
  struct synched_memory *rod;
  struct synched_job *job;
  struct synched_report *report;
  if (argc != 1 && (argc != 3 || strcmp(argv[1], "--report") != 0)) {
    fprintf(stderr, "usage: quickstart [--report FORM[:FILE]]\n");
    return 2;
  }
  if (synched_pool_create(&pool, NULL) != 0 || /* a worker for every CPU that we may use */
      synched_memory_create(&rod, SYNCHED_MEMORY_OPTIONS(.segment_count = 4, .segment_capacity = 50,
                                                         .element_size = sizeof(double))) != 0 ||
      synched_job_create(&job, pool, rod,
                         SYNCHED_JOB_OPTIONS(.compute = relax, .on_round = settled,
                                             .fold = SYNCHED_FOLD_SUM)) != 0 ||
      synched_job_run(job) != 0 || synched_job_report(job, &report) != 0 ||
      synched_report_write_as(report, argc == 3 ? argv[2] : "table") != 0) {
    fprintf(stderr, "quickstart: %s\n", synched_error_message());
    return 1;
  }
  synched_report_destroy(report);
  return synched_job_destroy(job) || synched_memory_destroy(rod) || synched_pool_destroy(pool);
}
