/*
 * quiet_rounds.c: rounds for syscalls.sh to watch.
 *
 *   quiet_rounds spin|auto steal|static|eager FIRST LAST
 *
 * Two workers; where round FIRST and round LAST end, a write to nowhere marks the place for who
 * traces system calls. Exit code 77: this machine has no two CPUs to spin on.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <synched/synched.h>

enum { EXIT_SKIPPED = 77 };

static uint64_t first_round, last_round;

static void mark(const char *text) {
  /* Fails, and is only meant to be seen. */
  if (write(-1, text, strlen(text)) >= 0)
    abort();
}

static int compute(struct synched_task *task, void *user) {
  (void)task;
  (void)user;
  return 0;
}

static int on_round(const struct synched_snapshot *now, void *user) {
  (void)user;
  if (now->round == first_round)
    mark("synched: steady from here");
  if (now->round < last_round)
    return SYNCHED_CONTINUE;
  mark("synched: steady up to here");
  return SYNCHED_STOP;
}

static int fail(const char *what) {
  (void)fprintf(stderr, "quiet_rounds: %s: %s\n", what, synched_error_message());
  return EXIT_FAILURE;
}

static int run(bool spin, const struct synched_job_options *options) {
  struct synched_pool *pool;
  struct synched_memory *memory;
  struct synched_job *job;
  if (synched_pool_create(
          &pool, SYNCHED_POOL_OPTIONS(.worker_count = 2,
                                      .wait = spin ? SYNCHED_WAIT_SPIN : SYNCHED_WAIT_AUTO)) != 0)
    return fail("no pool");
  if (synched_memory_create(&memory,
                            SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 1,
                                                   .element_size = 8)) != 0)
    return fail("no memory");
  if (synched_job_create(&job, pool, memory, options) != 0)
    return fail("no job");
  if (synched_job_run(job) != 0)
    return fail("the job failed");
  (void)synched_job_destroy(job);
  (void)synched_memory_destroy(memory);
  (void)synched_pool_destroy(pool);
  return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
  struct synched_topology_info info = {.struct_size = sizeof info};
  if (argc != 5) {
    (void)fprintf(stderr, "usage: quiet_rounds spin|auto steal|static|eager FIRST LAST\n");
    return EXIT_FAILURE;
  }
  if (synched_topology_info(&info) != 0)
    return fail("no topology");
  if (info.usable_count < 2)
    return EXIT_SKIPPED;
  first_round = strtoull(argv[3], NULL, 10);
  last_round = strtoull(argv[4], NULL, 10);
  return run(strcmp(argv[1], "spin") == 0,
             SYNCHED_JOB_OPTIONS(.compute = compute, .on_round = on_round,
                                 .flags = strcmp(argv[2], "eager") == 0 ? SYNCHED_JOB_EAGER : 0,
                                 .balance = strcmp(argv[2], "static") == 0
                                                ? SYNCHED_BALANCE_STATIC
                                                : SYNCHED_BALANCE_STEAL));
}
