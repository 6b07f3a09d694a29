/*
 * including.c: folds of what -ffast-math says that there is none of, or that it may add up in
 * another order. This file is compiled with that, so it looks at bits. Exit code 0 if they are
 * right.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <synched/synched.h>

#define SEGMENTS 64

static double number_of(uint64_t bits) {
  double number;
  memcpy(&number, &bits, sizeof number);
  return number;
}

static uint64_t bits_of(double number) {
  uint64_t bits;
  memcpy(&bits, &number, sizeof bits);
  return bits;
}

static int contribute(struct synched_task *task, void *user) {
  const uint64_t *bits = user;
  task->contribution = number_of(bits[task->segment]);
  return 0;
}

static int run(struct synched_memory *memory, struct synched_pool *pool, enum synched_fold fold,
               uint64_t *bits, uint64_t *folded) {
  struct synched_job *job;
  int status = synched_job_create(
      &job, pool, memory,
      SYNCHED_JOB_OPTIONS(.compute = contribute, .user = bits, .fold = fold, .round_count = 1));
  if (status != 0)
    return status;
  status = synched_job_run(job);
  const struct synched_snapshot *now = synched_snapshot_current(memory);
  *folded = bits_of(now->fold);
  synched_snapshot_release(now);
  return status != 0 ? status : synched_job_destroy(job);
}

/* 2^53, and from then on ones, each of which is lost where they are added one by one. */
static uint64_t lose_ones(uint64_t *bits) {
  for (size_t s = 0; s < SEGMENTS; s++)
    bits[s] = s == 0 ? UINT64_C(0x4340000000000000) : UINT64_C(0x3ff0000000000000);
  return bits[0];
}

static uint64_t hide_a_nan(uint64_t *bits) {
  for (size_t s = 0; s < SEGMENTS; s++)
    bits[s] = s == 7 ? UINT64_C(0x7ff8000000000000) : UINT64_C(0x3ff0000000000000);
  return bits[7];
}

int main(void) {
  struct synched_pool *pool;
  struct synched_memory *memory;
  uint64_t bits[SEGMENTS], sum = 0, least = 0;
  if (synched_pool_create(&pool, NULL) != 0 ||
      synched_memory_create(&memory,
                            SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = 1,
                                                   .element_size = 8)) != 0)
    return 2;
  const uint64_t right_sum = lose_ones(bits);
  int status = run(memory, pool, SYNCHED_FOLD_SUM, bits, &sum);
  const uint64_t right_least = hide_a_nan(bits);
  if (status == 0)
    status = run(memory, pool, SYNCHED_FOLD_MIN, bits, &least);
  printf("status %d, sum %#" PRIx64 " for %#" PRIx64 ", least %#" PRIx64 " for %#" PRIx64 "\n",
         status, sum, right_sum, least, right_least);
  return status != 0 || sum != right_sum || least != right_least;
}
