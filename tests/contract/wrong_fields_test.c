/*
 * wrong_fields_test.c: jobs of several fields and stages with one thing wrong, one a row; and calls
 * on their memories at the wrong time. The status, the sentence, and that nothing has changed.
 */
#include <criterion/criterion.h>

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "support/fixture.h"
#include "support/unit_support.h"

#define SEGMENTS 3u
#define CAPACITY 4u

/* --- jobs --- */

/* A memory of each kind, to make jobs of. */
static struct {
  struct synched_pool *pool;
  struct synched_memory *first; /* nobody's, like the next two */
  struct synched_memory *second;
  struct synched_memory *in_place;
  struct synched_memory *longer;   /* of one segment more */
  struct synched_memory *owned;    /* a job's */
  struct synched_memory *retained; /* its snapshot is held */
  struct synched_memory *seated;   /* a writer's */
  struct synched_memory *own;      /* in two buffers of the program's own */
} scene;

static uint64_t own_arrays[2][SEGMENTS * CAPACITY];

static struct synched_memory *memory_of(size_t segment_count, uint32_t flags) {
  return memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = segment_count,
                                            .segment_capacity = CAPACITY,
                                            .element_size = sizeof(uint64_t), .flags = flags));
}

static struct synched_memory *own_memory(void) {
  void *const buffers[] = {own_arrays[0], own_arrays[1]};
  return memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = CAPACITY,
                                            .element_size = sizeof(uint64_t), .buffers = buffers,
                                            .buffer_count = 2,
                                            .buffer_bytes = sizeof own_arrays[0]));
}

/* The other fields of each row. */
static struct synched_memory *others[16];

struct row_of_fields {
  const char *what;
  int expected;
  const char *says;
  struct synched_job_options options;
  struct synched_memory **others[2]; /* fields 1 and 2, where they are given */
};

#define STAGE(...) ((const struct synched_stage[]){{.compute = compute_nothing, __VA_ARGS__}})
#define ONE_STAGE(...) .stages = STAGE(__VA_ARGS__), .stage_count = 1
#define TWO_FIELDS .fields = others, .field_count = 2
#define COMPUTE .compute = compute_nothing

static const struct synched_stage many_stages[SYNCHED_STAGES_MAX + 1] = {
    {.compute = compute_nothing}};
static const struct synched_stage second_empty[2] = {{.compute = compute_nothing}, {.name = "x"}};
static const struct synched_stage write_twice[2] = {{.compute = compute_nothing},
                                                    {.compute = compute_nothing}};

static const struct row_of_fields field_rows[] = {
    {"a field NULL", SYNCHED_EINVAL, "field 1 is", {COMPUTE, TWO_FIELDS}, {NULL}},
    {"field 0 twice",
     SYNCHED_EINVAL,
     "fields 0 and 1 are the same",
     {COMPUTE, TWO_FIELDS},
     {&scene.first}},
    {"field 1 twice",
     SYNCHED_EINVAL,
     "fields 1 and 2 are the same",
     {COMPUTE, .fields = others, .field_count = 3},
     {&scene.second, &scene.second}},
    {"unequal segments",
     SYNCHED_EINVAL,
     "field 1 has 4 segments, and field 0 has",
     {COMPUTE, TWO_FIELDS},
     {&scene.longer}},
    {"a count without fields",
     SYNCHED_EINVAL,
     "field_count is 2, and fields is NULL",
     {COMPUTE, .field_count = 2},
     {NULL}},
    {"fields without a count",
     SYNCHED_EINVAL,
     "field_count is 1, and fields is given; it is",
     {COMPUTE, .fields = others},
     {&scene.second}},
    {"too many fields",
     SYNCHED_ERANGE,
     "field_count is 17; at most",
     {COMPUTE, .fields = others, .field_count = SYNCHED_FIELDS_MAX + 1},
     {NULL}},
    {"a huge count of fields",
     SYNCHED_ERANGE,
     "field_count",
     {COMPUTE, .fields = others, .field_count = UINT_MAX},
     {NULL}},
    {"reads_only beyond the only field",
     SYNCHED_EINVAL,
     "reads_only is 0x2; the job has 1",
     {COMPUTE, .reads_only = SYNCHED_FIELD(1)},
     {NULL}},
    {"reads_only beyond the last field",
     SYNCHED_EINVAL,
     "reads_only is 0x80000001; the job has 2",
     {COMPUTE, TWO_FIELDS, .reads_only = SYNCHED_FIELD(0) | SYNCHED_FIELD(31)},
     {&scene.second}},
    {"a field that has a job",
     SYNCHED_EBUSY,
     "field 1: the memory has a job",
     {COMPUTE, TWO_FIELDS},
     {&scene.owned}},
    {"a field that has a writer",
     SYNCHED_EBUSY,
     "field 2: the memory has open",
     {COMPUTE, .fields = others, .field_count = 3},
     {&scene.second, &scene.seated}},
    {"a field whose snapshot is retained",
     SYNCHED_EBUSY,
     "a snapshot of field 1 is retained",
     {COMPUTE, TWO_FIELDS},
     {&scene.retained}},
    {"too few buffers of the program's own for leases",
     SYNCHED_EINVAL,
     "field 1 has 2 buffers of the program's own, and the job needs",
     {.stages = write_twice, .stage_count = 2, TWO_FIELDS},
     {&scene.own}},
    {"a dropped round of a field in place",
     SYNCHED_EINVAL,
     "SYNCHED_DEADLINE_CANCEL, and field 1 is changed in place",
     {COMPUTE, TWO_FIELDS, .deadline_ns = 1000000000, .deadline_policy = SYNCHED_DEADLINE_CANCEL},
     {&scene.in_place}},
};

static void combine_nothing(void *into, const void *next, void *user) {
  (void)into;
  (void)next;
  (void)user;
}

static const struct row_of_fields stage_rows[] = {
    {"compute and stages",
     SYNCHED_EINVAL,
     "compute and stages are given",
     {COMPUTE, ONE_STAGE(.writes = 0)},
     {NULL}},
    {"neither", SYNCHED_EINVAL, "compute is NULL; a job needs it, or", {.name = "x"}, {NULL}},
    {"a count without stages",
     SYNCHED_EINVAL,
     "stage_count is 1, and stages is",
     {.stage_count = 1},
     {NULL}},
    {"a count without stages, and compute",
     SYNCHED_EINVAL,
     "stage_count is 1, and stages is",
     {COMPUTE, .stage_count = 1},
     {NULL}},
    {"stages without a count",
     SYNCHED_EINVAL,
     "stage_count is 0, and stages is",
     {.stages = many_stages},
     {NULL}},
    {"too many stages",
     SYNCHED_ERANGE,
     "stage_count is 17; at most",
     {.stages = many_stages, .stage_count = SYNCHED_STAGES_MAX + 1},
     {NULL}},
    {"a huge count of stages",
     SYNCHED_ERANGE,
     "stage_count",
     {.stages = many_stages, .stage_count = UINT_MAX},
     {NULL}},
    {"a stage without compute",
     SYNCHED_EINVAL,
     "stage 1 has no",
     {.stages = second_empty, .stage_count = 2},
     {NULL}},
    {"writes a field that does not exist",
     SYNCHED_EINVAL,
     "stage 0 writes the fields in 0x2; the job has",
     {ONE_STAGE(.writes = SYNCHED_FIELD(1))},
     {NULL}},
    {"writes nothing and a field",
     SYNCHED_EINVAL,
     "stage 0 writes the fields in 0x80000001",
     {ONE_STAGE(.writes = SYNCHED_WRITES_NONE | SYNCHED_FIELD(0))},
     {NULL}},
    {"writes what the job only reads",
     SYNCHED_EINVAL,
     "stage 0 writes the fields in 0x3, of which the job only reads",
     {ONE_STAGE(.writes = 3), TWO_FIELDS, .reads_only = SYNCHED_FIELD(1)},
     {&scene.second}},
    {"overwrites what it does not write",
     SYNCHED_EINVAL,
     "stage 0 overwrites the fields in 0x2, and writes",
     {ONE_STAGE(.writes = SYNCHED_FIELD(0), .overwrites = SYNCHED_FIELD(1)), TWO_FIELDS},
     {&scene.second}},
    {"overwrites what the job only reads",
     SYNCHED_EINVAL,
     "stage 0 overwrites the fields in 0x2, and writes",
     {ONE_STAGE(.overwrites = SYNCHED_FIELD(1)), TWO_FIELDS, .reads_only = SYNCHED_FIELD(1)},
     {&scene.second}},
    {"overwrites a field that does not exist",
     SYNCHED_EINVAL,
     "overwrites the fields in 0x100",
     {ONE_STAGE(.overwrites = SYNCHED_FIELD(8))},
     {NULL}},
    {"overwrites, but writes nothing",
     SYNCHED_EINVAL,
     "stage 0 overwrites the fields in 0x1",
     {ONE_STAGE(.writes = SYNCHED_WRITES_NONE, .overwrites = SYNCHED_FIELD(0))},
     {NULL}},
    {"a fold of the job beside stages",
     SYNCHED_EINVAL,
     "a fold and stages are given",
     {ONE_STAGE(.writes = 0), .fold = SYNCHED_FOLD_SUM},
     {NULL}},
    {"a length of the job's beside stages",
     SYNCHED_EINVAL,
     "a fold and stages are given",
     {ONE_STAGE(.writes = 0), .fold_length = 1},
     {NULL}},
    {"a type of the job's beside stages",
     SYNCHED_EINVAL,
     "a fold and stages are given",
     {ONE_STAGE(.writes = 0), .fold_type = SYNCHED_FOLD_INT64},
     {NULL}},
    {"a size of the job's beside stages",
     SYNCHED_EINVAL,
     "a fold and stages are given",
     {ONE_STAGE(.writes = 0), .fold_size = 8},
     {NULL}},
    {"a function of the job's fold beside stages",
     SYNCHED_EINVAL,
     "a fold and stages are given",
     {ONE_STAGE(.writes = 0), .fold_combine = combine_nothing},
     {NULL}},
    {"an identity of the job's fold beside stages",
     SYNCHED_EINVAL,
     "a fold and stages are given",
     {ONE_STAGE(.writes = 0), .fold_identity = own_arrays},
     {NULL}},
    {"what the job's fold is given, beside stages",
     SYNCHED_EINVAL,
     "a fold and stages are given",
     {ONE_STAGE(.writes = 0), .fold_user = own_arrays},
     {NULL}},
    {"overwrites nothing, and writes nothing",
     SYNCHED_EINVAL,
     "stage 0 overwrites the fields in 0x80000000",
     {ONE_STAGE(.writes = SYNCHED_WRITES_NONE, .overwrites = SYNCHED_WRITES_NONE)},
     {NULL}},
};

/* A fold with one thing wrong: of the job, and of a stage. */
struct fold_row {
  const char *what;
  int expected;
  const char *says;
  struct synched_stage fold;
};

static const struct fold_row fold_rows[] = {
    {"fold", SYNCHED_EINVAL, "fold is 6; there are 0 to", {.fold = (enum synched_fold)6}},
    {"fold -1", SYNCHED_EINVAL, "fold is -1", {.fold = (enum synched_fold) - 1}},
    {"type",
     SYNCHED_EINVAL,
     "fold_type is 2; there are 0 to",
     {.fold = SYNCHED_FOLD_SUM, .fold_type = (enum synched_fold_type)2}},
    {"type without a fold",
     SYNCHED_EINVAL,
     "fold_type is 1, but fold is 0",
     {.fold_type = SYNCHED_FOLD_INT64}},
    {"length without a fold", SYNCHED_EINVAL, "fold_length is 3, but fold", {.fold_length = 3}},
    {"size without a fold", SYNCHED_EINVAL, "fold_size is 8, but fold", {.fold_size = 8}},
    {"combine without a fold",
     SYNCHED_EINVAL,
     "fold_combine is given, but fold",
     {.fold_combine = combine_nothing}},
    {"identity without a fold",
     SYNCHED_EINVAL,
     "fold_identity is given, but fold",
     {.fold_identity = own_arrays}},
    {"user without a fold",
     SYNCHED_EINVAL,
     "fold_user is given, but fold",
     {.fold_user = own_arrays}},
    {"size of a sum",
     SYNCHED_EINVAL,
     "fold_size is 8, but fold is 1",
     {.fold = SYNCHED_FOLD_SUM, .fold_size = 8}},
    {"combine of a sum",
     SYNCHED_EINVAL,
     "fold_combine is given",
     {.fold = SYNCHED_FOLD_SUM, .fold_combine = combine_nothing}},
    {"compensated integers",
     SYNCHED_EINVAL,
     "fold is SYNCHED_FOLD_SUM_COMPENSATED of int64_t",
     {.fold = SYNCHED_FOLD_SUM_COMPENSATED, .fold_type = SYNCHED_FOLD_INT64}},
    {"length",
     SYNCHED_ERANGE,
     "fold_length is 513",
     {.fold = SYNCHED_FOLD_MIN, .fold_length = 513}},
    {"length huge",
     SYNCHED_ERANGE,
     "fold_length",
     {.fold = SYNCHED_FOLD_MAX, .fold_length = SIZE_MAX}},
    {"length that wraps in bytes",
     SYNCHED_ERANGE,
     "fold_length",
     {.fold = SYNCHED_FOLD_MAX, .fold_length = SIZE_MAX / 8 + 2}},
    {"custom of no bytes",
     SYNCHED_EINVAL,
     "fold_size is 0",
     {.fold = SYNCHED_FOLD_CUSTOM, .fold_combine = combine_nothing}},
    {"custom without combine",
     SYNCHED_EINVAL,
     "fold_combine is NULL",
     {.fold = SYNCHED_FOLD_CUSTOM, .fold_size = 8}},
    {"custom with a length",
     SYNCHED_EINVAL,
     "fold_length is 2",
     {.fold = SYNCHED_FOLD_CUSTOM,
      .fold_size = 8,
      .fold_length = 2,
      .fold_combine = combine_nothing}},
    {"custom with a type",
     SYNCHED_EINVAL,
     "fold_type is 1",
     {.fold = SYNCHED_FOLD_CUSTOM,
      .fold_size = 8,
      .fold_type = SYNCHED_FOLD_INT64,
      .fold_combine = combine_nothing}},
    {"size",
     SYNCHED_ERANGE,
     "fold_size is 4097 bytes",
     {.fold = SYNCHED_FOLD_CUSTOM, .fold_size = 4097, .fold_combine = combine_nothing}},
    {"size huge",
     SYNCHED_ERANGE,
     "fold_size",
     {.fold = SYNCHED_FOLD_CUSTOM, .fold_size = SIZE_MAX, .fold_combine = combine_nothing}},
};

/* Every memory that a row may have taken is free: it can be made a job of. */
static void expect_free(const char *what, struct synched_memory *memory) {
  struct synched_job *job;
  cr_assert_eq(synched_job_create(&job, scene.pool, memory, SYNCHED_JOB_OPTIONS(COMPUTE)), 0,
               "%s: %s", what, synched_error_message());
  cr_assert_eq(synched_job_destroy(job), 0);
}

static void expect_no_job(const char *what, int expected, const char *says,
                          const struct synched_job_options *given) {
  struct synched_job_options options = *given;
  struct synched_job *job = (struct synched_job *)&job;
  options.struct_size = (uint32_t)sizeof options;
  sentence_forget();
  const int status = synched_job_create(&job, scene.pool, scene.first, &options);
  cr_assert_eq(status, expected, "%s: %s: %s", what, synched_err_name(status),
               synched_error_message());
  cr_assert_null(job, "%s", what);
  sentence_expect(what, says);
  expect_free(what, scene.first);
  expect_free(what, scene.second);
  expect_free(what, scene.in_place);
  expect_free(what, scene.own);
}

static void expect_rows(const struct row_of_fields *rows, size_t row_count) {
  for (size_t i = 0; i < row_count; i++) {
    for (unsigned f = 0; f < 2; f++)
      others[f] = rows[i].others[f] == NULL ? NULL : *rows[i].others[f];
    expect_no_job(rows[i].what, rows[i].expected, rows[i].says, &rows[i].options);
  }
}

static void scene_begin(void) {
  scene.pool = pool_new(1);
  scene.first = memory_of(SEGMENTS, 0);
  scene.second = memory_of(SEGMENTS, 0);
  scene.in_place = memory_of(SEGMENTS, SYNCHED_MEMORY_IN_PLACE);
  scene.longer = memory_of(SEGMENTS + 1, 0);
  scene.owned = memory_of(SEGMENTS, 0);
  scene.retained = memory_of(SEGMENTS, 0);
  scene.seated = memory_of(SEGMENTS, 0);
  scene.own = own_memory();
}

static void scene_end(void) {
  memory_end(scene.first);
  memory_end(scene.second);
  memory_end(scene.in_place);
  memory_end(scene.longer);
  memory_end(scene.owned);
  memory_end(scene.retained);
  memory_end(scene.seated);
  memory_end(scene.own);
  pool_end(scene.pool);
}

Test(wrong_fields, fields) {
  struct synched_job *owner;
  struct synched_writer *writer;
  scene_begin();
  cr_assert_eq(synched_job_create(&owner, scene.pool, scene.owned, SYNCHED_JOB_OPTIONS(COMPUTE)),
               0);
  cr_assert_eq(synched_writer_open(&writer, scene.seated, 1), 0);
  const struct synched_snapshot *held = synched_snapshot_current(scene.retained);
  const uint64_t sum = snapshot_sum(held);
  expect_rows(field_rows, LENGTH(field_rows));
  cr_assert_eq(snapshot_sum(held), sum);
  synched_snapshot_release(held);
  cr_assert_eq(synched_writer_close(writer), 0);
  cr_assert_eq(synched_job_destroy(owner), 0);
  expect_free("afterwards", scene.retained);
  scene_end();
}

/* The job's own memory, too, where it is more than a plain job. */
Test(wrong_fields, first_field_whose_snapshot_is_retained) {
  scene_begin();
  others[0] = scene.second;
  const struct synched_snapshot *held = synched_snapshot_current(scene.first);
  expect_no_job("field 0 retained", SYNCHED_EBUSY, "a snapshot of field 0 is retained",
                &(struct synched_job_options){COMPUTE, TWO_FIELDS});
  synched_snapshot_release(held);
  scene_end();
}

Test(wrong_fields, stages) {
  scene_begin();
  expect_rows(stage_rows, LENGTH(stage_rows));
  scene_end();
}

Test(wrong_fields, folds) {
  scene_begin();
  for (size_t i = 0; i < LENGTH(fold_rows); i++) {
    const struct fold_row *row = &fold_rows[i];
    const struct synched_stage *fold = &row->fold;
    struct synched_stage stages[2] = {{COMPUTE}, *fold};
    char says[100];
    stages[1].compute = compute_nothing;
    expect_no_job(row->what, row->expected, row->says,
                  &(struct synched_job_options){
                      COMPUTE, .fold = fold->fold, .fold_type = fold->fold_type,
                      .fold_length = fold->fold_length, .fold_size = fold->fold_size,
                      .fold_combine = fold->fold_combine, .fold_identity = fold->fold_identity,
                      .fold_user = fold->fold_user});
    (void)snprintf(says, sizeof says, "stage 1: %s", row->says);
    expect_no_job(row->what, row->expected, says,
                  &(struct synched_job_options){.stages = stages, .stage_count = 2});
  }
  scene_end();
}

Test(wrong_fields, limits_themselves_are_accepted) {
  struct synched_memory *memories[SYNCHED_FIELDS_MAX];
  struct synched_stage stages[SYNCHED_STAGES_MAX];
  struct synched_job *job;
  struct synched_pool *pool = pool_new(2);
  for (unsigned f = 0; f < SYNCHED_FIELDS_MAX; f++)
    memories[f] = memory_of(SEGMENTS, f % 3 == 2 ? SYNCHED_MEMORY_IN_PLACE : 0);
  for (unsigned s = 0; s < SYNCHED_STAGES_MAX; s++)
    stages[s] = (struct synched_stage){COMPUTE, .fold = SYNCHED_FOLD_CUSTOM, .fold_size = 4096,
                                       .fold_combine = combine_nothing};
  cr_assert_eq(synched_job_create(&job, pool, memories[0],
                                  SYNCHED_JOB_OPTIONS(.stages = stages, .round_count = 3,
                                                      .stage_count = SYNCHED_STAGES_MAX,
                                                      .fields = &memories[1],
                                                      .field_count = SYNCHED_FIELDS_MAX)),
               0, "%s", synched_error_message());
  cr_assert_eq(synched_job_run(job), 0);
  cr_assert_eq(synched_job_destroy(job), 0);
  for (unsigned f = 0; f < SYNCHED_FIELDS_MAX; f++)
    memory_end(memories[f]);
  pool_end(pool);
}

/* --- calls at the wrong time --- */

static const uint64_t elements[CAPACITY] = {11, 12, 13, 14};

/* A job of two fields, of which it only reads the second, and one that is changed in place. */
struct trio {
  struct synched_pool *pool;
  struct synched_memory *memories[3];
  struct synched_job *job;
  int load_status;
  char sentence[128];
};

static int count_up(struct synched_task *task, void *user) {
  (void)user;
  uint64_t *out = task->out;
  for (size_t i = 0; i < CAPACITY; i++)
    out[i] = task->round;
  return 0;
}

/* Each field in turn. */
static int try_to_load(const struct synched_snapshot *now, void *user) {
  struct trio *trio = user;
  trio->load_status = synched_memory_load(trio->memories[now->round % 3], 0, elements, CAPACITY);
  (void)snprintf(trio->sentence, sizeof trio->sentence, "%s", synched_error_message());
  return trio->load_status == SYNCHED_EBUSY ? SYNCHED_CONTINUE : SYNCHED_STOP;
}

static void trio_begin(struct trio *trio) {
  trio->pool = pool_new(2);
  for (unsigned f = 0; f < 3; f++)
    trio->memories[f] =
        memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = CAPACITY,
                                           .element_size = sizeof(uint64_t), .lease_count = 1,
                                           .flags = f == 2 ? SYNCHED_MEMORY_IN_PLACE : 0));
  cr_assert_eq(synched_job_create(&trio->job, trio->pool, trio->memories[0],
                                  SYNCHED_JOB_OPTIONS(.compute = count_up, .user = trio,
                                                      .fields = &trio->memories[1],
                                                      .field_count = 3, .reads_only = 2,
                                                      .round_count = 6, .on_round = try_to_load)),
               0, "%s", synched_error_message());
}

static void trio_end(struct trio *trio) {
  cr_assert_eq(synched_job_destroy(trio->job), 0, "%s", synched_error_message());
  for (unsigned f = 0; f < 3; f++)
    memory_end(trio->memories[f]);
  pool_end(trio->pool);
}

Test(wrong_fields, load_while_the_job_runs) {
  struct trio trio;
  trio_begin(&trio);
  cr_assert_eq(synched_job_run(trio.job), 0);
  cr_assert_eq(memory_round(trio.memories[0]), 6, "a load while the job runs came to %s",
               synched_err_name(trio.load_status));
  cr_assert_str_eq(trio.sentence, "the memory has a running job");
  trio_end(&trio);
}

static void expect_busy(const char *what, int status, const char *says) {
  cr_assert_eq(status, SYNCHED_EBUSY, "%s: %s", what, synched_err_name(status));
  sentence_expect(what, says);
}

/* Whoever holds a snapshot holds all its fields: none can be loaded, and the job cannot go. */
Test(wrong_fields, load_and_destroy_while_a_snapshot_is_retained) {
  struct trio trio;
  trio_begin(&trio);
  cr_assert_eq(synched_job_run(trio.job), 0);
  for (unsigned held_field = 0; held_field < 2; held_field++) {
    const struct synched_snapshot *held = synched_snapshot_current(trio.memories[held_field]);
    const uint64_t sums[] = {snapshot_sum(held->fields[0]), snapshot_sum(held->fields[1])};
    for (unsigned f = 0; f < 3; f++)
      expect_busy("load", synched_memory_load(trio.memories[f], 1, elements, 1), "retained 1 time");
    expect_busy("destroy", synched_job_destroy(trio.job),
                "a snapshot of the job is still retained");
    for (unsigned f = 0; f < 3; f++)
      expect_busy("destroy a field", synched_memory_destroy(trio.memories[f]), "job");
    cr_assert_eq(snapshot_sum(held->fields[0]), sums[0]);
    cr_assert_eq(snapshot_sum(held->fields[1]), sums[1]);
    synched_snapshot_release(held);
  }
  for (unsigned f = 0; f < 3; f++)
    cr_assert_eq(synched_memory_load(trio.memories[f], 1, elements, 2), 0);
  /* It works as before. */
  cr_assert_eq(synched_job_run(trio.job), 0);
  cr_assert_eq(memory_round(trio.memories[1]), 12);
  const struct synched_snapshot *now = synched_snapshot_current(trio.memories[1]);
  cr_assert_eq(now->counts[1], 2);
  cr_assert_arr_eq(synched_snapshot_segment(now, 1), elements, 2 * sizeof elements[0]);
  synched_snapshot_release(now);
  trio_end(&trio);
}

/* A field that no stage writes has the same elements in all rounds. */
Test(wrong_fields, load_what_an_older_retained_snapshot_has_too) {
  struct trio trio;
  trio_begin(&trio);
  cr_assert_eq(synched_memory_load(trio.memories[1], 0, elements, CAPACITY), 0);
  const struct synched_snapshot *held = synched_snapshot_current(trio.memories[0]);
  cr_assert_eq(synched_job_run(trio.job), 0);
  sentence_forget();
  expect_busy("load", synched_memory_load(trio.memories[1], 0, NULL, 0),
              "the snapshot of round 0 is retained, and has the same elements");
  cr_assert_arr_eq(held->fields[1]->data, elements, sizeof elements);
  /* Of the field that has been written since, it has others. */
  cr_assert_eq(synched_memory_load(trio.memories[0], 0, elements, CAPACITY), 0);
  synched_snapshot_release(held);
  cr_assert_eq(synched_memory_load(trio.memories[1], 0, NULL, 0), 0);
  trio_end(&trio);
}

Test(wrong_fields, writer_on_a_memory_that_is_changed_in_place) {
  struct synched_memory *memory = memory_of(SEGMENTS, SYNCHED_MEMORY_IN_PLACE);
  struct synched_writer *writer = (struct synched_writer *)&writer;
  sentence_forget();
  cr_assert_eq(synched_writer_open(&writer, memory, 0), SYNCHED_EINVAL);
  sentence_expect("writer", "changed in place");
  cr_assert_null(writer);
  memory_end(memory);
}
