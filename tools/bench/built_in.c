/*
 * built_in.c: Synched's own rounds, and the serial loop.
 */
#include "bench.h"
#include "job_run.h"

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
int bench_synched_rounds(const struct bench_work *work, const char *contestant) {
  const int status = bench_job_run(
      contestant, work->worker_count,
      SYNCHED_MEMORY_OPTIONS(.segment_count = work->segment_count, .segment_capacity = 1,
                             .element_size = 8, .layout = SYNCHED_LAYOUT_PADDED,
                             .refill = SYNCHED_REFILL_NONE),
      SYNCHED_JOB_OPTIONS(.compute = compute, .on_round = complete, .user = (void *)work,
                          .round_count = work->round_count));
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
