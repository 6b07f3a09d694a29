/*
 * wrong_run_test.c: jobs on arrays with one thing wrong, one a row: the same status and sentence
 * from synched_job_create_on_arrays and from synched_run, and nothing is left of either.
 */
#include <criterion/criterion.h>

#include <limits.h>
#include <stdint.h>

#include "support/fixture.h"
#include "support/unit_support.h"

#define COUNT 12u

static uint64_t numbers[2][COUNT + 1];

static void *const one_buffer[] = {numbers[0]};
static struct synched_memory *const some_field[] = {(struct synched_memory *)numbers};

static const struct synched_array both[] = {SYNCHED_ARRAY(numbers[0]), SYNCHED_ARRAY(numbers[1])};
static const struct synched_array twice[] = {SYNCHED_ARRAY(numbers[1]), SYNCHED_ARRAY(numbers[1])};
static const struct synched_array nearly[] = {SYNCHED_ARRAY(numbers[0]),
                                              SYNCHED_ARRAY(&numbers[0][COUNT - 1])};
static const struct synched_array backwards[] = {SYNCHED_ARRAY(&numbers[0][1]),
                                                 SYNCHED_ARRAY(&numbers[0][0])};
static const struct synched_array of_nothing[] = {SYNCHED_ARRAY(numbers[0]), {numbers[1], 0}};
static const struct synched_array unaligned[] = {SYNCHED_ARRAY(numbers[0]),
                                                 {(char *)numbers[1] + 1, 8}};

struct run_row {
  const char *what;
  int expected;
  const char *says;
  struct synched_memory_options memory;
  const struct synched_array *arrays;
  struct synched_job_options job;
};

#define IN_PLACE .segment_count = 3, .element_count = COUNT, .flags = SYNCHED_MEMORY_IN_PLACE
#define TWO .compute = compute_nothing, .field_count = 2, .round_count = 1

static const struct run_row rows[] = {
    {"buffers",
     SYNCHED_EINVAL,
     "buffers are given",
     {IN_PLACE, .buffers = one_buffer},
     both,
     {TWO}},
    {"a count of buffers",
     SYNCHED_EINVAL,
     "buffers are given",
     {IN_PLACE, .buffer_count = 1},
     both,
     {TWO}},
    {"bytes of buffers",
     SYNCHED_EINVAL,
     "buffers are given",
     {IN_PLACE, .buffer_bytes = 1},
     both,
     {TWO}},
    {"two element sizes",
     SYNCHED_EINVAL,
     "element_size is 8, and arrays is given",
     {IN_PLACE, .element_size = 8},
     both,
     {TWO}},
    {"no element size", SYNCHED_EINVAL, "field 0: element_size is 0", {IN_PLACE}, NULL, {TWO}},
    {"an array of nothing",
     SYNCHED_EINVAL,
     "field 1: element_size is 0",
     {IN_PLACE},
     of_nothing,
     {TWO}},
    {"an array that is not aligned",
     SYNCHED_EINVAL,
     "field 1: buffers[0] is at",
     {IN_PLACE},
     unaligned,
     {TWO}},
    {"an array twice", SYNCHED_EINVAL, "arrays[0] and arrays[1] overlap", {IN_PLACE}, twice, {TWO}},
    {"arrays that overlap",
     SYNCHED_EINVAL,
     "arrays[0] and arrays[1] overlap",
     {IN_PLACE},
     nearly,
     {TWO}},
    {"the second one before the first",
     SYNCHED_EINVAL,
     "arrays[0] and arrays[1] overlap",
     {IN_PLACE},
     backwards,
     {TWO}},
    {"no segments",
     SYNCHED_EINVAL,
     "field 0: segment_count is 0",
     {.element_count = COUNT},
     both,
     {TWO}},
    {"a memory's unknown flag",
     SYNCHED_EINVAL,
     "field 0: flags is 0x12",
     {IN_PLACE | 16u},
     both,
     {TWO}},
    {"fields", SYNCHED_EINVAL, "fields is given", {IN_PLACE}, both, {TWO, .fields = some_field}},
    {"a cluster",
     SYNCHED_EINVAL,
     "cluster is given",
     {IN_PLACE},
     both,
     {TWO, .cluster = (struct synched_cluster *)numbers}},
    {"too many fields",
     SYNCHED_ERANGE,
     "field_count is 17; at most",
     {IN_PLACE},
     both,
     {.compute = compute_nothing, .field_count = SYNCHED_FIELDS_MAX + 1}},
    {"a huge count of fields",
     SYNCHED_ERANGE,
     "field_count",
     {IN_PLACE},
     both,
     {.compute = compute_nothing, .field_count = UINT_MAX}},
    {"no compute", SYNCHED_EINVAL, "compute", {IN_PLACE}, both, {.field_count = 2}},
    {"a job's unknown flag",
     SYNCHED_EINVAL,
     "flags is 0x80000000",
     {IN_PLACE},
     both,
     {TWO, .flags = 0x80000000u}},
    {"snapshots without a lease",
     SYNCHED_EINVAL,
     "on_snapshot needs",
     {IN_PLACE},
     both,
     {TWO, .on_snapshot = (synched_snapshot_fn)(void (*)(void))compute_nothing}},
};

static void expect_refusal(struct synched_pool *pool, const struct run_row *row) {
  struct synched_memory_options memory = row->memory;
  struct synched_job_options options = row->job;
  struct synched_job *job = (struct synched_job *)&job;
  memory.struct_size = (uint32_t)sizeof memory;
  options.struct_size = (uint32_t)sizeof options;
  sentence_forget();
  int status = synched_job_create_on_arrays(&job, pool, &memory, row->arrays, &options);
  cr_assert_eq(status, row->expected, "%s: %s: %s", row->what, synched_err_name(status),
               synched_error_message());
  cr_assert_null(job, "%s", row->what);
  sentence_expect(row->what, row->says);
  sentence_forget();
  status = synched_run(SYNCHED_POOL_OPTIONS(.worker_count = 1), &memory, row->arrays, &options);
  cr_assert_eq(status, row->expected, "%s: %s", row->what, synched_err_name(status));
  sentence_expect(row->what, row->says);
}

Test(wrong_run, options_and_arrays, .init = threads_begin) {
  struct synched_pool *pool = pool_new(1);
  for (size_t i = 0; i < LENGTH(rows); i++)
    expect_refusal(pool, &rows[i]);
  pool_end(pool);
  threads_expect(0);
}

#define GOOD_MEMORY SYNCHED_MEMORY_OPTIONS(IN_PLACE)
#define GOOD_JOB SYNCHED_JOB_OPTIONS(TWO)

Test(wrong_run, nothing_given, .init = threads_begin) {
  struct synched_pool *pool = pool_new(1);
  struct synched_job *job;
  expect_refused(synched_job_create_on_arrays(NULL, pool, GOOD_MEMORY, both, GOOD_JOB),
                 SYNCHED_EINVAL, "the job to create is NULL");
  expect_refused(synched_job_create_on_arrays(&job, NULL, GOOD_MEMORY, both, GOOD_JOB),
                 SYNCHED_EINVAL, "the pool is NULL");
  expect_refused(synched_job_create_on_arrays(&job, pool, NULL, both, GOOD_JOB), SYNCHED_EINVAL,
                 "options are NULL");
  expect_refused(synched_job_create_on_arrays(&job, pool, GOOD_MEMORY, both, NULL), SYNCHED_EINVAL,
                 "the job's options is NULL");
  cr_assert_null(job);
  expect_refused(synched_run(NULL, NULL, both, GOOD_JOB), SYNCHED_EINVAL, "options are NULL");
  expect_refused(synched_run(NULL, GOOD_MEMORY, both, NULL), SYNCHED_EINVAL,
                 "the job's options is NULL");
  expect_refused(synched_run(SYNCHED_POOL_OPTIONS(.flags = 1), GOOD_MEMORY, both, GOOD_JOB),
                 SYNCHED_EINVAL, "flags");
  pool_end(pool);
  threads_expect(0);
}

/* A memory or a job of a version that had less, or has more. */
Test(wrong_run, options_of_other_versions) {
  struct synched_memory_options memory = *GOOD_MEMORY;
  struct synched_job_options options = *GOOD_JOB;
  memory.struct_size = 3;
  expect_refused(synched_run(NULL, &memory, both, &options), SYNCHED_EINVAL,
                 "struct_size of synched_memory_options is 3");
  memory.struct_size = (uint32_t)sizeof memory;
  options.struct_size = 3;
  expect_refused(synched_run(NULL, &memory, both, &options), SYNCHED_EINVAL,
                 "struct_size of synched_job_options is 3");
}
