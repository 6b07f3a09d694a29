#include "faults/world.h"

#include <stdint.h>

#include "faults/scenario.h"

struct world world;

static void open_of(unsigned worker_count, size_t segment_count) {
  world.segment_count = segment_count;
  FAULTS_MUST(
      synched_pool_create(&world.pool, SYNCHED_POOL_OPTIONS(.worker_count = worker_count,
                                                            .affinity = SYNCHED_AFFINITY_NONE)));
  FAULTS_MUST(synched_memory_create(
      &world.memory,
      SYNCHED_MEMORY_OPTIONS(.segment_count = segment_count, .segment_capacity = WORLD_CAPACITY,
                             .element_size = sizeof(uint64_t), .lease_count = 2)));
}

void world_open(void) {
  open_of(2, 5);
}

void world_open_least(void) {
  open_of(1, 1);
}

void world_close(void) {
  FAULTS_MUST(synched_memory_destroy(world.memory));
  FAULTS_MUST(synched_pool_destroy(world.pool));
}

int world_compute(struct synched_task *task, void *user) {
  uint64_t *out = task->out;
  (void)user;
  for (size_t i = 0; i < task->capacity; i++)
    out[i] = task->round;
  task->contribution = 1.0;
  return 0;
}

void world_expect(const struct synched_snapshot *now) {
  const uint64_t *elements = now->data;
  for (size_t i = 0; i < now->element_count; i++)
    FAULTS_CHECK(elements[i] == now->round, "element %zu of round %llu is %llu", i,
                 (unsigned long long)now->round, (unsigned long long)elements[i]);
}

void world_verify(int status) {
  (void)status;
  const struct synched_snapshot *now = synched_snapshot_current(world.memory);
  uint64_t same[WORLD_CAPACITY];
  world_expect(now);
  for (size_t i = 0; i < WORLD_CAPACITY; i++)
    same[i] = now->round;
  synched_snapshot_release(now);
  for (size_t s = 0; s < world.segment_count; s++)
    FAULTS_MUST(synched_memory_load(world.memory, s, same, WORLD_CAPACITY));
}

int world_create(struct synched_job **job, const struct synched_job_options *options) {
  *job = (struct synched_job *)(uintptr_t)16;
  const int status = synched_job_create(job, world.pool, world.memory, options);
  FAULTS_CHECK(status == 0 || *job == NULL, "a job that was refused is not NULL");
  return status;
}
