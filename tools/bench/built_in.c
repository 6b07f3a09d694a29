/*
 * built_in.c: Synched's own rounds, and the serial loop.
 */
#include <string.h>
#include <synched/synched.h>

#include "bench.h"

static int compute(struct synched_task *task, void *user) {
  const struct bench_work *work = user;
  work->compute(work->user, task->segment, task->round);
  return 0;
}

static int complete(const struct synched_snapshot *now, void *user) {
  const struct bench_work *work = user;
  work->complete(work->user, now->round);
  return SYNCHED_CONTINUE;
}

/* Rounds with a completion callback and everything recorded. */
static int run(const struct bench_work *work, enum synched_balance balance,
               struct synched_pool *pool, struct synched_memory *memory) {
  struct synched_job *job = NULL;
  int status = synched_job_create(&job, pool, memory,
                                  SYNCHED_JOB_OPTIONS(.compute = compute, .on_round = complete,
                                                      .user = (void *)work, .balance = balance,
                                                      .round_count = work->round_count));
  if (status == 0)
    status = synched_job_run(job);
  (void)synched_job_destroy(job);
  return status;
}

int bench_synched_rounds(const struct bench_work *work, const char *contestant) {
  const enum synched_balance balance =
      strcmp(contestant, "synched_static") == 0 ? SYNCHED_BALANCE_STATIC : SYNCHED_BALANCE_STEAL;
  struct synched_pool *pool = NULL;
  struct synched_memory *memory = NULL;
  int status = synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = work->worker_count));
  if (status == 0)
    status = synched_memory_create(
        &memory, SYNCHED_MEMORY_OPTIONS(.segment_count = work->segment_count, .segment_capacity = 1,
                                        .element_size = 8, .layout = SYNCHED_LAYOUT_PADDED,
                                        .refill = SYNCHED_REFILL_NONE));
  if (status == 0)
    status = run(work, balance, pool, memory);
  if (status != 0)
    (void)fprintf(stderr, "synched-bench: %s\n", synched_error_message());
  (void)synched_memory_destroy(memory);
  (void)synched_pool_destroy(pool);
  return status == 0 ? 0 : -1;
}

int bench_serial_rounds(const struct bench_work *work) {
  for (uint64_t round = 1; round <= work->round_count; round++) {
    for (size_t segment = 0; segment < work->segment_count; segment++)
      work->compute(work->user, segment, round);
    work->complete(work->user, round);
  }
  return 0;
}
