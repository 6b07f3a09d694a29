/*
 * rounds.c: two workers, two segments, two rounds.
 */
#include <synched/synched.h>

#include "simulator.h"

#define SEGMENTS 2

static int compute(struct synched_task *task, void *user) {
  (void)user;
  const uint64_t *previous = task->previous->data;
  uint64_t *out = task->out;
  uint64_t sum = 0;
  for (unsigned s = 0; s < SEGMENTS; s++)
    sum += previous[s];
  out[0] = sum + task->segment + 1;
  return 0;
}

static int on_round(const struct synched_snapshot *now, void *user) {
  uint64_t *round = user;
  SIM_CHECK(now->round == ++*round);
  return SYNCHED_CONTINUE;
}

static void run(void) {
  struct synched_pool *pool;
  struct synched_memory *memory;
  struct synched_job *job;
  uint64_t round = 0;
  sim_quietly();
  SIM_CHECK(synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = 2, .wait = SYNCHED_WAIT_SLEEP,
                                                           .affinity = SYNCHED_AFFINITY_NONE)) == 0);
  SIM_CHECK(synched_memory_create(&memory, SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS,
                                                                 .segment_capacity = 1,
                                                                 .element_size = 8)) == 0);
  SIM_CHECK(synched_job_create(&job, pool, memory,
                               SYNCHED_JOB_OPTIONS(.compute = compute, .on_round = on_round,
                                                   .user = &round, .round_count = 2, .record = SYNCHED_RECORD_OFF,
                                                   .balance = SYNCHED_BALANCE_STATIC)) == 0);
  sim_aloud();
  SIM_CHECK(synched_job_run(job) == 0);
  sim_quietly();
  SIM_CHECK(round == 2);
  synched_job_destroy(job);
  synched_memory_destroy(memory);
  synched_pool_destroy(pool);
}

const struct sim_world sim_world_rounds = {
    .name = "rounds", .about = "two workers, two segments, two rounds", .run = run, .bound = 2};
