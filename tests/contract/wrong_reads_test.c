/*
 * wrong_reads_test.c: declarations of what calls read, and rounds between two barriers, with one
 * thing wrong, one a row: of compute, and of a stage. The status, the sentence, and that the memory
 * is free afterwards.
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

static struct {
  struct synched_pool *pool;
  struct synched_memory *memory;
} scene;

static struct synched_memory *memory_of(const struct synched_memory_options *given) {
  struct synched_memory_options options = *given;
  options.segment_count = SEGMENTS;
  options.segment_capacity = CAPACITY;
  options.element_size = sizeof(uint64_t);
  return memory_with(&options);
}

static void scene_begin(void) {
  scene.pool = pool_new(2);
  scene.memory = memory_of(SYNCHED_MEMORY_OPTIONS(.lease_count = 1));
}

static void scene_end(void) {
  memory_end(scene.memory);
  pool_end(scene.pool);
}

/* What is refused leaves nothing: the memory can be made a job of. */
static void expect_no_job(const char *what, int expected, const char *says,
                          const struct synched_job_options *given) {
  struct synched_job_options options = *given;
  struct synched_job *job = (struct synched_job *)&job;
  options.struct_size = (uint32_t)sizeof options;
  sentence_forget();
  const int status = synched_job_create(&job, scene.pool, scene.memory, &options);
  cr_assert_eq(status, expected, "%s: %s: %s", what, synched_err_name(status),
               synched_error_message());
  cr_assert_null(job, "%s", what);
  sentence_expect(what, says);
  cr_assert_eq(synched_job_create(&job, scene.pool, scene.memory,
                                  SYNCHED_JOB_OPTIONS(.compute = compute_nothing)),
               0, "%s: %s", what, synched_error_message());
  cr_assert_eq(synched_job_destroy(job), 0);
}

static struct synched_job *job_of(const struct synched_job_options *given) {
  struct synched_job_options options = *given;
  struct synched_job *job = NULL;
  options.struct_size = (uint32_t)sizeof options;
  cr_assert_eq(synched_job_create(&job, scene.pool, scene.memory, &options), 0, "%s",
               synched_error_message());
  return job;
}

static void expect_right(const struct synched_job_options *given) {
  struct synched_job *job = job_of(given);
  cr_assert_eq(synched_job_run(job), 0, "%s", synched_error_message());
  cr_assert_eq(synched_job_destroy(job), 0);
}

/* --- declarations --- */

static const size_t even[] = {0, 1, 2, 3};
static const size_t late[] = {1, 2, 3, 4};
static const size_t descending[] = {0, 2, 1, 3};
#if SIZE_MAX > UINT32_MAX
static const size_t huge[] = {0, 1, 1, ((size_t)1 << 32) + 1};
#endif
static const size_t none[] = {0, 0, 0, 0};
static const size_t all_right[] = {2, 0, 1};
static const size_t one_beyond[] = {0, 3, 1};
static const size_t far_beyond[] = {0, 1, SIZE_MAX};

struct reads_row {
  const char *what;
  int expected;
  const char *says;
  struct synched_reads reads;
};

#define LIST .reach = SYNCHED_REACH_LIST
#define NEAR .reach = SYNCHED_REACH_NEAR

static const struct reads_row reads_rows[] = {
    {"reach", SYNCHED_EINVAL, "the reach of reads is 4; at", {.reach = (enum synched_reach)4}},
    {"reach -1",
     SYNCHED_EINVAL,
     "the reach of reads is 4294967295",
     {.reach = (enum synched_reach) - 1}},
    {"a radius of all", SYNCHED_EINVAL, "reads has a radius or wraps, and is", {.radius = 1}},
    {"all wraps", SYNCHED_EINVAL, "reads has a radius or wraps, and is", {.wraps = 1}},
    {"a radius of its own",
     SYNCHED_EINVAL,
     "reads has a radius or wraps",
     {.reach = SYNCHED_REACH_OWN, .radius = 1}},
    {"its own wraps",
     SYNCHED_EINVAL,
     "reads has a radius or wraps",
     {.reach = SYNCHED_REACH_OWN, .wraps = 1}},
    {"a radius of a list",
     SYNCHED_EINVAL,
     "reads has a radius or wraps",
     {LIST, .radius = 1, .offsets = none}},
    {"a list wraps",
     SYNCHED_EINVAL,
     "reads has a radius or wraps",
     {LIST, .wraps = -1, .offsets = none}},
    {"offsets of all",
     SYNCHED_EINVAL,
     "reads has offsets or segments, and is not a",
     {.offsets = none}},
    {"segments of its own",
     SYNCHED_EINVAL,
     "reads has offsets or segments",
     {.reach = SYNCHED_REACH_OWN, .segments = all_right}},
    {"offsets of near ones",
     SYNCHED_EINVAL,
     "reads has offsets or segments",
     {NEAR, .radius = 1, .offsets = even}},
    {"no offsets", SYNCHED_EINVAL, "reads is a list without", {LIST}},
    {"segments without offsets",
     SYNCHED_EINVAL,
     "reads is a list without",
     {LIST, .segments = all_right}},
    {"offsets that begin late",
     SYNCHED_EINVAL,
     "the offsets of reads begin with 1, not",
     {LIST, .offsets = late, .segments = all_right}},
    {"offsets that descend",
     SYNCHED_EINVAL,
     "the offsets of reads descend behind segment 1, from 2",
     {LIST, .offsets = descending, .segments = all_right}},
#if SIZE_MAX > UINT32_MAX
    {"too many",
     SYNCHED_ERANGE,
     "reads lists 4294967297 segments; at",
     {LIST, .offsets = huge, .segments = all_right}},
    {"too many, and none",
     SYNCHED_ERANGE,
     "reads lists 4294967297 segments",
     {LIST, .offsets = huge}},
#endif
    {"no segments",
     SYNCHED_EINVAL,
     "reads is a list of 3 segments, and segments",
     {LIST, .offsets = even}},
    {"a segment beyond the last",
     SYNCHED_ERANGE,
     "by entry 1 of reads, segment 1 reads segment 3; there",
     {LIST, .offsets = even, .segments = one_beyond}},
    {"a segment far beyond",
     SYNCHED_ERANGE,
     "by entry 2 of reads, segment 2 reads segment 18446744073709551615; there",
     {LIST, .offsets = even, .segments = far_beyond}},
};

Test(wrong_reads, of_compute) {
  scene_begin();
  for (size_t i = 0; i < LENGTH(reads_rows); i++)
    expect_no_job(
        reads_rows[i].what, reads_rows[i].expected, reads_rows[i].says,
        &(struct synched_job_options){.compute = compute_nothing, .reads = reads_rows[i].reads});
  scene_end();
}

Test(wrong_reads, of_a_stage) {
  scene_begin();
  for (size_t i = 0; i < LENGTH(reads_rows); i++) {
    const struct synched_stage stages[2] = {
        {.compute = compute_nothing}, {.compute = compute_nothing, .reads = reads_rows[i].reads}};
    char says[160];
    (void)snprintf(says, sizeof says, "stage 1: %s", reads_rows[i].says);
    expect_no_job(reads_rows[i].what, reads_rows[i].expected, says,
                  &(struct synched_job_options){.stages = stages, .stage_count = 2});
  }
  scene_end();
}

Test(wrong_reads, of_the_job_beside_stages) {
  static const struct synched_stage stage = {.compute = compute_nothing};
  scene_begin();
  for (int reach = SYNCHED_REACH_OWN; reach <= SYNCHED_REACH_LIST; reach++)
    expect_no_job("reads and stages", SYNCHED_EINVAL, "reads and stages are given; each stage has",
                  &(struct synched_job_options){
                      .stages = &stage,
                      .stage_count = 1,
                      .reads = {.reach = (enum synched_reach)reach,
                                .offsets = reach == SYNCHED_REACH_LIST ? none : NULL}});
  scene_end();
}

/* --- rounds between two barriers --- */

static const struct synched_stage second_reads_all[] = {
    {.compute = compute_nothing, .reads = {.reach = SYNCHED_REACH_OWN}},
    {.compute = compute_nothing}};
static const struct synched_stage second_folds[] = {
    {.compute = compute_nothing, .reads = {.reach = SYNCHED_REACH_OWN}},
    {.compute = compute_nothing, .reads = {.reach = SYNCHED_REACH_OWN}, .fold = SYNCHED_FOLD_SUM}};

struct barrier_row {
  const char *what;
  int expected;
  const char *says;
  struct synched_job_options options;
};

#define COMPUTE .compute = compute_nothing
#define OWN .reads = {.reach = SYNCHED_REACH_OWN}

static const struct barrier_row barrier_rows[] = {
    {"too many rounds",
     SYNCHED_ERANGE,
     "rounds_per_barrier is 65; at",
     {COMPUTE, OWN, .rounds_per_barrier = SYNCHED_ROUNDS_PER_BARRIER_MAX + 1}},
    {"a huge number of rounds",
     SYNCHED_ERANGE,
     "rounds_per_barrier is 4294967295",
     {COMPUTE, OWN, .rounds_per_barrier = UINT_MAX}},
    {"compute reads all",
     SYNCHED_EINVAL,
     "rounds_per_barrier is 2, and compute reads all",
     {COMPUTE, .rounds_per_barrier = 2}},
    {"a stage reads all",
     SYNCHED_EINVAL,
     "rounds_per_barrier is 3, and stage 1 reads all",
     {.stages = second_reads_all, .stage_count = 2, .rounds_per_barrier = 3}},
    {"a stage folds",
     SYNCHED_EINVAL,
     "rounds_per_barrier is 2, and stage 1 folds, which takes",
     {.stages = second_folds, .stage_count = 2, .rounds_per_barrier = 2}},
    {"a period",
     SYNCHED_EINVAL,
     "rounds_per_barrier is 2, and period_ns gives each round a time of",
     {COMPUTE, OWN, .period_ns = SYNCHED_PERIOD_MIN_NS, .rounds_per_barrier = 2}},
};

Test(wrong_reads, rounds_per_barrier) {
  scene_begin();
  for (size_t i = 0; i < LENGTH(barrier_rows); i++)
    expect_no_job(barrier_rows[i].what, barrier_rows[i].expected, barrier_rows[i].says,
                  &barrier_rows[i].options);
  scene_end();
}

/* Each field that is written takes a buffer more than for one round. */
Test(wrong_reads, too_few_buffers_of_the_program) {
  static uint64_t arrays[3][SEGMENTS * CAPACITY];
  void *const buffers[] = {arrays[0], arrays[1], arrays[2]};
  scene.pool = pool_new(1);
  scene.memory = memory_of(SYNCHED_MEMORY_OPTIONS(.buffers = buffers, .buffer_count = 2,
                                                  .buffer_bytes = sizeof arrays[0]));
  expect_no_job("two buffers", SYNCHED_EINVAL, "has 2 buffers of the program's own, and the job",
                &(struct synched_job_options){COMPUTE, OWN, .rounds_per_barrier = 2});
  memory_end(scene.memory);
  scene.memory = memory_of(SYNCHED_MEMORY_OPTIONS(.buffers = buffers, .buffer_count = 3,
                                                  .buffer_bytes = sizeof arrays[0]));
  expect_right(
      &(struct synched_job_options){COMPUTE, OWN, .round_count = 5, .rounds_per_barrier = 2});
  scene_end();
}

/* What is right next to what is wrong. */
Test(wrong_reads, limits_are_accepted) {
  scene_begin();
  expect_right(&(struct synched_job_options){COMPUTE, OWN, .round_count = 70,
                                             .rounds_per_barrier = SYNCHED_ROUNDS_PER_BARRIER_MAX});
  expect_right(&(struct synched_job_options){COMPUTE, .reads = {NEAR, .radius = UINT32_MAX},
                                             .round_count = 5, .rounds_per_barrier = 2});
  expect_right(&(struct synched_job_options){COMPUTE,
                                             .reads = {NEAR, .radius = UINT32_MAX, .wraps = -1},
                                             .round_count = 5, .rounds_per_barrier = 2});
  expect_right(&(struct synched_job_options){COMPUTE, .reads = {LIST, .offsets = none},
                                             .round_count = 5, .rounds_per_barrier = 2});
  expect_right(&(struct synched_job_options){
      COMPUTE, .reads = {LIST, .offsets = even, .segments = all_right}, .round_count = 5,
      .rounds_per_barrier = 2});
  expect_right(&(struct synched_job_options){COMPUTE, .round_count = 5, .rounds_per_barrier = 1});
  expect_right(&(struct synched_job_options){
      .stages = second_folds, .stage_count = 2, .round_count = 5, .rounds_per_barrier = 1});
  scene_end();
}

/* --- a period afterwards --- */

static void expect_no_period(struct synched_job *job, uint64_t period_ns) {
  sentence_forget();
  cr_assert_eq(synched_job_set_period(job, period_ns), SYNCHED_EINVAL);
  sentence_expect("set_period", "rounds_per_barrier is 3, and a period would give each round a");
}

static int ask_for_a_period(const struct synched_snapshot *now, void *user) {
  struct synched_job *const *job = user;
  return now->round < 3 || synched_job_set_period(*job, SYNCHED_PERIOD_MIN_NS) == SYNCHED_EINVAL
             ? SYNCHED_CONTINUE
             : -77;
}

Test(wrong_reads, set_period) {
  static struct synched_job *job;
  scene_begin();
  job =
      job_of(&(struct synched_job_options){COMPUTE, OWN, .user = &job, .on_round = ask_for_a_period,
                                           .round_count = 8, .rounds_per_barrier = 3});
  expect_no_period(job, SYNCHED_PERIOD_MIN_NS);
  expect_no_period(job, 0);
  cr_assert_eq(synched_job_run(job), 0, "%s", synched_error_message());
  expect_no_period(job, SYNCHED_PERIOD_MIN_NS);
  cr_assert_eq(synched_job_run(job), 0, "%s", synched_error_message());
  cr_assert_eq(memory_round(scene.memory), 16);
  cr_assert_eq(synched_job_destroy(job), 0);
  /* With a barrier for each round it is as ever. */
  job = job_of(&(struct synched_job_options){COMPUTE, OWN, .round_count = 3});
  cr_assert_eq(synched_job_set_period(job, SYNCHED_PERIOD_MIN_NS), 0);
  cr_assert_eq(synched_job_run(job), 0);
  cr_assert_eq(synched_job_destroy(job), 0);
  scene_end();
}
