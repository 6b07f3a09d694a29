/*
 * empty_rounds.c: WORKERS SEGMENTS ROUNDS static|steal|eager: rounds of empty calls, and nothing
 * else; for instructions.sh to count what they are made of.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <synched/synched.h>

static int compute(struct synched_task *task, void *user) {
  (void)task;
  (void)user;
  return 0;
}

static int on_round(const struct synched_snapshot *now, void *user) {
  (void)now;
  (void)user;
  return SYNCHED_CONTINUE;
}

static int run(struct synched_pool *pool, struct synched_memory *memory, const char *kind,
               uint64_t round_count) {
  struct synched_job *job = NULL;
  int status = synched_job_create(
      &job, pool, memory,
      SYNCHED_JOB_OPTIONS(.compute = compute, .on_round = on_round, .round_count = round_count,
                          .balance = strcmp(kind, "static") == 0 ? SYNCHED_BALANCE_STATIC
                                                                 : SYNCHED_BALANCE_STEAL,
                          .flags = strcmp(kind, "eager") == 0 ? SYNCHED_JOB_EAGER : 0));
  if (status == 0)
    status = synched_job_run(job);
  (void)synched_job_destroy(job);
  return status;
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: %s WORKERS SEGMENTS ROUNDS static|steal|eager\n", argv[0]);
    return 2;
  }
  struct synched_pool *pool = NULL;
  struct synched_memory *memory = NULL;
  const unsigned worker_count = (unsigned)strtoul(argv[1], NULL, 10);
  const size_t segment_count = strtoul(argv[2], NULL, 10);
  /* Who waits sleeps at once: a simulated machine runs one thread at a time. */
  int status = synched_pool_create(
      &pool, SYNCHED_POOL_OPTIONS(.worker_count = worker_count, .wait = SYNCHED_WAIT_SLEEP));
  if (status == 0)
    status = synched_memory_create(
        &memory, SYNCHED_MEMORY_OPTIONS(.segment_count = segment_count, .segment_capacity = 1,
                                        .element_size = 8, .layout = SYNCHED_LAYOUT_PADDED,
                                        .refill = SYNCHED_REFILL_NONE));
  if (status == 0)
    status = run(pool, memory, argv[4], strtoull(argv[3], NULL, 10));
  if (status != 0)
    fprintf(stderr, "empty_rounds: %s\n", synched_error_message());
  (void)synched_memory_destroy(memory);
  (void)synched_pool_destroy(pool);
  return status != 0;
}
