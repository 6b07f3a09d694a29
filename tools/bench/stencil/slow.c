/*
 * slow.c: see slow.h.
 *
 * With a barrier after each round, a round takes as long as its slow call at the least. Without, it
 * delays what comes to depend on it, and who computes it. The slow call moves by SLOW_STRIDE
 * segments a round: so far that within eight rounds no slow call waits for another one.
 */
#include "slow.h"

#include <synched/synched.h>
#include <time.h>

#include "../bench.h"
#include "../job_run.h"
#include "../kernel_math.h"

#define SLOW_STRIDE 23u
#define SLOW_TIMES 10.0
#define WARM_UP 8u
#define TIMED 64u

static void nap(double ns) {
  struct timespec span = {.tv_nsec = (long)ns};
  (void)nanosleep(&span, NULL);
}

static int compute(struct synched_task *task, void *user) {
  const struct slow_run *run = user;
  const uint64_t *was = task->previous->data;
  const size_t s = task->segment;
  const bool is_slow = task->round * SLOW_STRIDE % SLOW_SEGMENTS == s;
  const double ns = run->unit_ns * (is_slow ? SLOW_TIMES : 1);
  uint64_t *now = task->out;
  *now = 3 * was[s] + 5 * was[s > 0 ? s - 1 : s] + 7 * was[s + 1 < SLOW_SEGMENTS ? s + 1 : s] + s;
  if (run->naps) {
    nap(ns);
    return 0;
  }
  volatile uint64_t sink = bench_spin((uint64_t)(ns * run->steps_per_ns), *now);
  (void)sink;
  return 0;
}

static int advance(struct synched_job *job, struct slow_run *run) {
  int status = synched_job_advance(job, WARM_UP);
  const double start_ns = bench_now_ns();
  if (status == 0)
    status = synched_job_advance(job, TIMED);
  run->round_ns = (bench_now_ns() - start_ns) / TIMED;
  return status;
}

int slow_synched(struct slow_run *run) {
  struct synched_pool *pool = NULL;
  struct synched_memory *memory = NULL;
  struct synched_job *job = NULL;
  int status = synched_pool_create(
      &pool, SYNCHED_POOL_OPTIONS(.worker_count = run->workers,
                                  .wait = run->naps ? SYNCHED_WAIT_SLEEP : SYNCHED_WAIT_AUTO));
  if (status == 0)
    status = synched_memory_create(
        &memory, SYNCHED_MEMORY_OPTIONS(.segment_count = SLOW_SEGMENTS, .segment_capacity = 1,
                                        .element_size = sizeof(uint64_t)));
  if (status == 0)
    status = synched_job_create(&job, pool, memory,
                                SYNCHED_JOB_OPTIONS(.flags = run->naps ? SYNCHED_JOB_EAGER : 0,
                                                    .user = run, .compute = compute,
                                                    .reads = {SYNCHED_REACH_NEAR, .radius = 1},
                                                    .rounds_per_barrier = run->rounds_per_barrier));
  if (status == 0)
    status = advance(job, run);
  if (status == 0) {
    const struct synched_snapshot *now = synched_snapshot_current(memory);
    run->checksum = kernel_checksum(now->data, SLOW_SEGMENTS * sizeof(uint64_t));
    synched_snapshot_release(now);
  }
  return bench_job_end(status, job, &memory, 1, pool) == 0 ? 0 : -1;
}
