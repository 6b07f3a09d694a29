/*
 * trace_scene.c: a program that goes wrong, in a build with trace rings, for trace.sh to look at.
 *
 *   trace_scene request      three rounds of four segments, then a dump on standard output
 *   trace_scene assertion    the same, then an assertion of the library fails
 *   trace_scene hang [OPTION...]    the same, as a stress program, which then does nothing any more
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job/where.h"
#include "platform/trace.h"
#include "support/stress.h"

#include <synched/synched.h>

static int compute(struct synched_task *task, void *user) {
  (void)task;
  (void)user;
  return 0;
}

static void must(int status) {
  if (status == 0)
    return;
  (void)fprintf(stderr, "trace_scene: %s\n", synched_error_message());
  exit(EXIT_FAILURE);
}

/* One worker, so that the order of events is always the same. */
static void run_rounds(void) {
  struct synched_pool *pool;
  struct synched_memory *memory;
  struct synched_job *job;
  must(synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = 1, .name = "traced",
                                                       .affinity = SYNCHED_AFFINITY_NONE)));
  must(synched_memory_create(&memory,
                             SYNCHED_MEMORY_OPTIONS(.segment_count = 4, .segment_capacity = 1,
                                                    .element_size = sizeof(double))));
  must(synched_job_create(&job, pool, memory,
                          SYNCHED_JOB_OPTIONS(.compute = compute, .round_count = 3)));
  must(synched_job_run(job));
  must(synched_job_destroy(job));
  must(synched_memory_destroy(memory));
  must(synched_pool_destroy(pool));
}

int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "";
  if (strcmp(mode, "hang") == 0)
    stress_begin("trace_scene", argc - 1, argv + 1);
  run_rounds();
  if (strcmp(mode, "request") == 0) {
    synched__trace_dump(STDOUT_FILENO);
    return EXIT_SUCCESS;
  }
  if (strcmp(mode, "assertion") == 0) {
    _Atomic uint32_t where = SYNCHED__WHERE_IDLE;
    synched__where_move(&where, SYNCHED__WHERE_BOUND);
  }
  while (strcmp(mode, "hang") == 0)
    (void)pause();
  return EXIT_FAILURE;
}
