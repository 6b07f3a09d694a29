/*
 * consumer.c: a small job, in C, against the installed library. Exit code 0 if the sums are right.
 */
#include <stdint.h>
#include <stdio.h>

#include <synched/synched.h>

#define SEGMENTS 5
#define ELEMENTS 8
#define ROUNDS 10

static int add_index(struct synched_task *task, void *user) {
  const uint32_t *before = synched_snapshot_segment(task->previous, task->segment);
  uint32_t *out = task->out;
  (void)user;
  for (size_t i = 0; i < task->capacity; i++)
    out[i] = before[i] + (uint32_t)task->segment + 1;
  return 0;
}

static int check(struct synched_memory *memory) {
  const struct synched_snapshot *now = synched_snapshot_current(memory);
  int wrong = now->round != ROUNDS;
  for (size_t s = 0; s < SEGMENTS; s++) {
    const uint32_t *elements = synched_snapshot_segment(now, s);
    for (size_t i = 0; i < ELEMENTS; i++)
      wrong += elements[i] != ROUNDS * (s + 1);
  }
  synched_snapshot_release(now);
  return wrong;
}

int main(void) {
  struct synched_pool *pool = NULL;
  struct synched_memory *memory = NULL;
  struct synched_job *job = NULL;
  int status = synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = 2));
  if (status == 0)
    status = synched_memory_create(
        &memory, SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = ELEMENTS,
                                        .element_size = sizeof(uint32_t)));
  if (status == 0)
    status = synched_job_create(&job, pool, memory,
                                SYNCHED_JOB_OPTIONS(.compute = add_index, .round_count = ROUNDS));
  if (status == 0)
    status = synched_job_run(job);
  if (status != 0) {
    fprintf(stderr, "%s: %s\n", synched_strerror(status), synched_error_message());
    return 1;
  }
  int wrong = check(memory);
  if (synched_job_destroy(job) != 0 || synched_memory_destroy(memory) != 0 ||
      synched_pool_destroy(pool) != 0)
    wrong++;
  printf("C, synched %s: %d wrong\n", synched_version_string(), wrong);
  return wrong != 0;
}
