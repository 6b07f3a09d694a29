/*
 * checkpoint.c: whatever a manifest says, it is read as what a job has, or refused with a sentence;
 * and its counts are within their capacities.
 *
 * The first byte says whether the text's own sum is made right, so that more than that is looked
 * at.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "checkpoint/manifest.h"
#include "fuzz.h"

#include <synched/synched.h>

#define SEGMENTS 3u
#define SUM_BYTES (sizeof ",\n\"sum\":\"0123456789abcdef\"}\n" - 1)

static struct synched__plan plan;

static int compute(struct synched_task *task, void *user) {
  (void)task;
  (void)user;
  return 0;
}

/* A job of two fields, and a fold. */
static void make_plan(void) {
  static const size_t capacities[] = {2, 0, 4};
  static struct synched_memory *memories[2];
  struct synched_pool *pool;
  struct synched_job *job;
  FUZZ_CHECK(
      synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = 1)) == 0 &&
          synched_memory_create(&memories[0],
                                SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS,
                                                       .segment_capacities = capacities,
                                                       .element_size = 8)) == 0 &&
          synched_memory_create(&memories[1], SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS,
                                                                     .segment_capacity = 1,
                                                                     .element_size = 3)) == 0 &&
          synched_job_create(&job, pool, memories[0],
                             SYNCHED_JOB_OPTIONS(.name = "fuzz", .compute = compute,
                                                 .fields = memories + 1, .field_count = 2,
                                                 .fold = SYNCHED_FOLD_SUM)) == 0 &&
          synched__plan_init(&plan, job, SYNCHED_CHECKPOINT_OPTIONS(.folder = "x")) == 0,
      "no job: %s", synched_error_message());
}

/* Puts the right sum where the text has one. */
static void set_sum(char *text, size_t length) {
  char digits[17];
  if (length < SUM_BYTES)
    return;
  (void)snprintf(digits, sizeof digits, "%016" PRIx64, XXH3_64bits(text, length - SUM_BYTES));
  memcpy(text + length - SUM_BYTES, ",\n\"sum\":\"", 9);
  memcpy(text + length - SUM_BYTES + 9, digits, 16);
  memcpy(text + length - 3, "\"}\n", 3);
}

static void check_manifest(const struct synched__manifest *manifest) {
  FUZZ_CHECK(manifest->counted_from <= manifest->round, "it counts from a round to come");
  for (unsigned f = 0; f < plan.field_count; f++)
    for (size_t s = 0; s < SEGMENTS; s++)
      FUZZ_CHECK(manifest->counts[f][s] <= plan.fields[f].layout->capacities[s],
                 "field %u, segment %zu: a count of %zu", f, s, manifest->counts[f][s]);
  for (unsigned s = 0; s < plan.stage_count; s++)
    FUZZ_CHECK((manifest->folds[s] != NULL) == (plan.fold_bytes[s] != 0), "the fold of %u", s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct synched__manifest manifest;
  if (plan.job == NULL)
    make_plan();
  if (size == 0)
    return 0;
  char *text = fuzz_text(data + 1, size - 1);
  if ((data[0] & 1) != 0)
    set_sum(text, size - 1);
  FUZZ_CHECK(synched__manifest_init(&manifest, &plan) == 0, "no memory");
  const int status = synched__manifest_read(&manifest, text, size - 1);
  fuzz_check_status(status);
  if (status == 0) {
    check_manifest(&manifest);
    /* What was read can be written, and is read again. */
    struct synched__manifest again;
    FUZZ_CHECK(synched__manifest_write(&manifest) == 0 &&
                   synched__manifest_init(&again, &plan) == 0 &&
                   synched__manifest_read(&again, manifest.text, manifest.length) == 0 &&
                   again.round == manifest.round && again.generation == manifest.generation,
               "it is not read again: %s", synched_error_message());
    synched__manifest_deinit(&again);
  }
  synched__manifest_deinit(&manifest);
  free(text);
  return 0;
}
