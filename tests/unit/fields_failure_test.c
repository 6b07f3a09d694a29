/*
 * fields_failure_test.c: how jobs of several fields and stages end other than well: what their
 * sentence says, and what is left of the round.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "memory/memory.h"
#include "support/support.h"
#include "support/unit_support.h"

#define SEGMENTS 6u
#define CAPACITY 4u
#define ELEMENTS ((size_t)SEGMENTS * CAPACITY)
#define FIELDS 3u
#define STAGES 3u

/* Where something is done that ends the job. */
struct mishap {
  uint64_t round; /* 0: never */
  unsigned stage;
  int code;       /* a failure, */
  unsigned field; /* or a count of it */
  size_t count;
  bool cancels; /* or neither of both */
  bool waits;   /* until the deadline has passed */
  struct synched_job *job;
  double fold_seen;
  const struct synched_snapshot *kept[2];
};

static int compute(struct synched_task *task, void *user) {
  struct mishap *mishap = user;
  const unsigned stage = task->parts->stage;
  for (unsigned f = 0; f < task->parts->field_count; f++) {
    uint64_t *out = synched_task_out(task, f);
    for (size_t i = 0; out != NULL && i < CAPACITY; i++)
      out[i] = task->round * 10 + f;
  }
  task->contribution = (double)task->round;
  if (task->segment != 4 || task->round != mishap->round || stage != mishap->stage)
    return 0;
  if (mishap->count != 0)
    synched_task_set_count(task, mishap->field, mishap->count);
  if (mishap->cancels)
    cr_assert_eq(synched_job_cancel(mishap->job), 0);
  while (mishap->waits && synched_task_cancelled(task) == 0)
    nap_ms(1);
  return mishap->code;
}

struct made {
  struct synched_pool *pool;
  struct synched_memory *memories[FIELDS];
  struct synched_job *job;
};

static struct synched_memory *make_memory(uint32_t flags) {
  return memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = CAPACITY,
                                            .element_size = sizeof(uint64_t), .lease_count = 1,
                                            .flags = flags));
}

/* Adds fields 1 and 2 to the options. */
static struct made make(unsigned workers, uint32_t in_place, struct mishap *mishap,
                        struct synched_job_options options) {
  struct made made = {.pool = pool_new(workers)};
  for (unsigned f = 0; f < FIELDS; f++)
    made.memories[f] = make_memory((in_place >> f & 1) != 0 ? SYNCHED_MEMORY_IN_PLACE : 0);
  options.struct_size = (uint32_t)sizeof options;
  options.user = mishap;
  if (options.field_count > 1)
    options.fields = &made.memories[1];
  if (options.round_count == 0)
    options.round_count = 9;
  cr_assert_eq(synched_job_create(&made.job, made.pool, made.memories[0], &options), 0, "%s",
               synched_error_message());
  mishap->job = made.job;
  return made;
}

static void end(struct made *made) {
  cr_assert_eq(synched_job_destroy(made->job), 0, "%s", synched_error_message());
  for (unsigned f = 0; f < FIELDS; f++)
    memory_end(made->memories[f]);
  pool_end(made->pool);
}

/* Stage 0 writes fields 0 and 1; "pressure" writes field 2; the last one writes field 1 again. */
static const struct synched_stage stages[STAGES] = {
    {.compute = compute, .writes = SYNCHED_FIELD(0) | SYNCHED_FIELD(1), .fold = SYNCHED_FOLD_SUM},
    {.compute = compute, .name = "pressure", .writes = SYNCHED_FIELD(2)},
    {.compute = compute, .writes = SYNCHED_FIELD(1), .fold = SYNCHED_FOLD_MAX}};

#define OF_STAGES .stages = stages, .stage_count = STAGES, .field_count = FIELDS

/* The job ends with this in round 6, for each number of workers; what is not changed in place is as
 * round 5 left it. */
static void expect_end(uint32_t in_place, const struct mishap *like,
                       const struct synched_job_options *options, int status, const char *says) {
  for (unsigned workers = 1; workers <= 3; workers++) {
    struct mishap mishap = *like;
    mishap.round = 6;
    struct made made = make(workers, in_place, &mishap, *options);
    cr_assert_eq(synched_job_run(made.job), status);
    cr_assert_str_eq(synched_error_message(), says);
    for (unsigned f = 0; f < options->field_count; f++) {
      const struct synched_snapshot *now = synched_snapshot_current(made.memories[f]);
      cr_assert_eq(now == NULL, (in_place >> f & 1) != 0);
      if (now == NULL)
        continue;
      cr_assert_eq(now->round, 5);
      for (size_t i = 0; i < ELEMENTS; i++)
        cr_assert_eq(((const uint64_t *)now->data)[i], 50 + f);
      synched_snapshot_release(now);
    }
    end(&made);
  }
}

/* --- what the sentence says --- */

Test(fields_failure, failing_call_names_its_stage) {
  expect_end(0, &(struct mishap){.stage = 1, .code = 17}, &(struct synched_job_options){OF_STAGES},
             17,
             "segment 4 failed in round 6 in stage \"pressure\" with code 17 (a code that is not "
             "Synched's own)");
  expect_end(0, &(struct mishap){.stage = 2, .code = -9}, &(struct synched_job_options){OF_STAGES},
             -9,
             "segment 4 failed in round 6 in stage \"stage 2\" with code -9 (a code that is not "
             "Synched's own)");
  expect_end(0, &(struct mishap){.stage = 0, .code = SYNCHED_STOP},
             &(struct synched_job_options){OF_STAGES}, SYNCHED_STOP,
             "segment 4 failed in round 6 in stage \"stage 0\" with code 1: SYNCHED_STOP is for "
             "on_round; a compute call returns 0, or any other value to fail");
}

Test(fields_failure, count_beyond_names_the_field_and_its_capacity) {
  expect_end(0, &(struct mishap){.stage = 1, .field = 2, .count = 5},
             &(struct synched_job_options){OF_STAGES}, SYNCHED_ERANGE,
             "segment 4 failed in round 6 in stage \"pressure\": it set the count of field 2 to 5, "
             "and has a capacity of 4 there");
  char says[160];
  (void)snprintf(says, sizeof says,
                 "segment 4 failed in round 6 in stage \"stage 0\": it set the count of field 0 to "
                 "%zu, and has a capacity of 4 there",
                 SIZE_MAX);
  expect_end(0, &(struct mishap){.stage = 0, .field = 0, .count = SIZE_MAX},
             &(struct synched_job_options){OF_STAGES}, SYNCHED_ERANGE, says);
}

Test(fields_failure, job_of_fields_without_stages_names_none) {
  expect_end(0, &(struct mishap){.code = 17},
             &(struct synched_job_options){.compute = compute, .field_count = 2}, 17,
             "segment 4 failed in round 6 with code 17 (a code that is not Synched's own)");
}

/* Of a stage that does not write the field nobody looks at the count. */
Test(fields_failure, count_of_a_field_that_is_not_written_is_ignored) {
  struct mishap mishap = {.round = 6, .stage = 1, .field = 1, .count = 5};
  struct made made = make(2, 0, &mishap, (struct synched_job_options){OF_STAGES});
  cr_assert_eq(synched_job_run(made.job), 0);
  const struct synched_snapshot *now = synched_snapshot_current(made.memories[1]);
  for (size_t s = 0; s < SEGMENTS; s++)
    cr_assert_eq(now->counts[s], CAPACITY);
  synched_snapshot_release(now);
  end(&made);
}

/* --- what is changed in place --- */

Test(fields_failure, failure_says_which_fields_are_undefined) {
  expect_end(SYNCHED_FIELD(1), &(struct mishap){.stage = 1, .code = 17},
             &(struct synched_job_options){OF_STAGES}, 17,
             "segment 4 failed in round 6 in stage \"pressure\" with code 17 (a code that is not "
             "Synched's own); field 1, changed in place, is undefined now");
  expect_end(SYNCHED_FIELD(0) | SYNCHED_FIELD(1) | SYNCHED_FIELD(2),
             &(struct mishap){.stage = 2, .field = 1, .count = 7},
             &(struct synched_job_options){OF_STAGES}, SYNCHED_ERANGE,
             "segment 4 failed in round 6 in stage \"stage 2\": it set the count of field 1 to 7, "
             "and has a capacity of 4 there; fields 0, 1, 2, changed in place, are undefined now");
  expect_end(SYNCHED_FIELD(0), &(struct mishap){.code = 3},
             &(struct synched_job_options){.compute = compute, .field_count = 1}, 3,
             "segment 4 failed in round 6 with code 3 (a code that is not Synched's own); the "
             "memory, changed in place, is undefined now");
}

/* A stage that was not begun has changed nothing. */
Test(fields_failure, field_that_only_later_stages_write_is_not_undefined) {
  expect_end(SYNCHED_FIELD(2), &(struct mishap){.stage = 0, .code = 17},
             &(struct synched_job_options){OF_STAGES}, 17,
             "segment 4 failed in round 6 in stage \"stage 0\" with code 17 (a code that is not "
             "Synched's own)");
}

Test(fields_failure, cancel_in_a_round_says_which_fields_are_undefined) {
  expect_end(SYNCHED_FIELD(2), &(struct mishap){.stage = 1, .cancels = true},
             &(struct synched_job_options){OF_STAGES}, SYNCHED_ECANCELED,
             "the job was cancelled after round 5; field 2, changed in place, is undefined now");
  expect_end(SYNCHED_FIELD(2), &(struct mishap){.stage = 0, .cancels = true},
             &(struct synched_job_options){OF_STAGES}, SYNCHED_ECANCELED,
             "the job was cancelled after round 5");
}

static int cancel_after(const struct synched_snapshot *now, void *user) {
  const struct mishap *mishap = user;
  if (now->round == 4)
    cr_assert_eq(synched_job_cancel(mishap->job), 0);
  return SYNCHED_CONTINUE;
}

Test(fields_failure, cancel_between_rounds_leaves_all_fields_defined) {
  struct mishap mishap = {.round = 0};
  struct made made =
      make(2, 7, &mishap, (struct synched_job_options){OF_STAGES, .on_round = cancel_after});
  cr_assert_eq(synched_job_run(made.job), SYNCHED_ECANCELED);
  cr_assert_str_eq(synched_error_message(), "the job was cancelled after round 4");
  for (unsigned f = 0; f < FIELDS; f++)
    cr_assert_eq(*(const uint64_t *)synched_memory_elements(made.memories[f]), 40 + f);
  end(&made);
}

Test(fields_failure, deadline_says_which_fields_are_undefined) {
  struct mishap mishap = {.round = 3, .stage = 1, .waits = true};
  struct made made = make(2, SYNCHED_FIELD(1), &mishap,
                          (struct synched_job_options){OF_STAGES, .deadline_ns = 400000000,
                                                       .deadline_policy = SYNCHED_DEADLINE_FAIL});
  cr_assert_eq(synched_job_run(made.job), SYNCHED_ETIMEDOUT);
  cr_assert_not_null(strstr(synched_error_message(),
                            "missed its deadline, 400000000 ns after it was due; field 1, changed "
                            "in place, is undefined now"),
                     "%s", synched_error_message());
  end(&made);
}

static int fail_init(struct synched_task *task, void *user) {
  (void)user;
  return task->segment == 1 ? 23 : 0;
}

Test(fields_failure, failing_init_names_itself_and_what_is_undefined) {
  struct mishap mishap = {.round = 0};
  struct made made = make(2, SYNCHED_FIELD(1), &mishap,
                          (struct synched_job_options){OF_STAGES, .init = fail_init});
  cr_assert_eq(synched_job_run(made.job), 23);
  cr_assert_str_eq(
      synched_error_message(),
      "segment 1 failed in init with code 23 (a code that is not Synched's own); field "
      "1, changed in place, is undefined now");
  end(&made);
}

/* --- what a dropped round leaves --- */

/* What stage 0 sees of its own fold is that of the round before. */
static int look_at_fold(struct synched_task *task, void *user) {
  struct mishap *mishap = user;
  if (task->segment == 0)
    mishap->fold_seen = *(const double *)synched_task_folded(task, 0);
  task->contribution = (double)task->round;
  return 0;
}

static int fail_in_round(struct synched_task *task, void *user) {
  const struct mishap *mishap = user;
  return task->round == mishap->round ? 17 : 0;
}

static const struct synched_stage folding[2] = {
    {.compute = look_at_fold, .writes = SYNCHED_WRITES_NONE, .fold = SYNCHED_FOLD_SUM},
    {.compute = fail_in_round, .writes = SYNCHED_WRITES_NONE, .fold = SYNCHED_FOLD_MIN}};

#define FOLDING .stages = folding, .stage_count = 2, .field_count = 1

/* Stage 0 is complete in the round that fails, but its fold belongs to that round. */
Test(fields_failure, fold_of_a_dropped_round_is_not_seen_by_the_next_one) {
  struct mishap mishap = {.round = 4};
  struct made made = make(2, 0, &mishap, (struct synched_job_options){FOLDING});
  for (unsigned run = 0; run < 3; run++) {
    mishap.fold_seen = -1;
    cr_assert_eq(synched_job_run(made.job), 17);
    cr_assert_eq(mishap.fold_seen, 3.0 * SEGMENTS, "run %u", run);
  }
  end(&made);
}

Test(fields_failure, fold_begins_with_the_identity_in_each_job) {
  struct mishap mishap = {.round = 1};
  struct made made = make(2, 0, &mishap, (struct synched_job_options){FOLDING});
  cr_assert_eq(synched_job_run(made.job), 17);
  cr_assert_eq(mishap.fold_seen, 0);
  mishap.round = 5;
  cr_assert_eq(synched_job_run(made.job), 17);
  cr_assert_eq(synched_job_destroy(made.job), 0);
  cr_assert_eq(synched_job_create(&made.job, made.pool, made.memories[0],
                                  SYNCHED_JOB_OPTIONS(FOLDING, .user = &mishap)),
               0);
  cr_assert_eq(synched_job_run(made.job), 17);
  cr_assert_eq(mishap.fold_seen, 0);
  end(&made);
}

/* --- what cannot be retained --- */

static int retain_fields(struct synched_task *task, void *user) {
  struct mishap *mishap = user;
  if (task->segment == 0 && task->round == 3)
    for (unsigned f = 0; f < 2; f++)
      mishap->kept[f] = synched_snapshot_retain(synched_task_field(task, f));
  return 0;
}

/* Stage 0 writes field 0, which stage 1 sees in the middle of the round; field 1 is as it was. */
Test(fields_failure, what_is_not_published_cannot_be_retained) {
  static const struct synched_stage retaining[2] = {
      {.compute = compute, .writes = SYNCHED_FIELD(0)},
      {.compute = retain_fields, .writes = SYNCHED_FIELD(2)}};
  for (uint32_t in_place = 0; in_place <= 3; in_place++) {
    struct mishap mishap = {.round = 0};
    struct made made = make(
        2, in_place, &mishap,
        (struct synched_job_options){.stages = retaining, .stage_count = 2, .field_count = FIELDS});
    cr_assert_eq(synched_job_run(made.job), 0);
    cr_assert_null(mishap.kept[0]);
    cr_assert_eq(mishap.kept[1] == NULL, (in_place & 2) != 0);
    if (mishap.kept[1] != NULL) {
      cr_assert_eq(mishap.kept[1]->round, 2);
      cr_assert_eq(mishap.kept[1]->field_count, FIELDS);
      cr_assert_eq(synched_job_destroy(made.job), SYNCHED_EBUSY);
    }
    for (unsigned f = 0; f < 2; f++)
      synched_snapshot_release(mishap.kept[f]);
    end(&made);
  }
}

/* --- what is made for a job only --- */

/* Field 0 and field 1 have fewer leases than the job needs of them, or are written twice. */
static struct made make_greedy(void) {
  struct made made = {.pool = pool_new(1), .memories = {NULL}};
  for (unsigned f = 0; f < FIELDS; f++)
    made.memories[f] = memory_with(
        SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = CAPACITY,
                               .element_size = sizeof(uint64_t), .lease_count = f == 0 ? 3 : f,
                               .flags = f == 2 ? SYNCHED_MEMORY_IN_PLACE : 0));
  return made;
}

static void look(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  (void)job;
  (void)now;
  (void)user;
}

static int create_greedy(struct made *made) {
  return synched_job_create(&made->job, made->pool, made->memories[0],
                            SYNCHED_JOB_OPTIONS(OF_STAGES, .fields = &made->memories[1],
                                                .on_snapshot = look, .round_count = 4,
                                                .user = &(struct mishap){0}));
}

static void expect_own_blocks(const struct made *made) {
  cr_assert_eq(made->memories[0]->blocks.count, 5);
  cr_assert_eq(made->memories[1]->blocks.count, 3);
  cr_assert_eq(made->memories[2]->blocks.count, 1);
}

Test(fields_failure, refused_job_leaves_no_buffers_that_it_has_made) {
  struct made made = make_greedy();
  const struct synched_snapshot *now = synched_snapshot_current(made.memories[1]);
  cr_assert_eq(create_greedy(&made), SYNCHED_EBUSY);
  expect_own_blocks(&made);
  synched_snapshot_release(now);
  for (unsigned f = 0; f < FIELDS; f++)
    memory_end(made.memories[f]);
  pool_end(made.pool);
}

Test(fields_failure, job_that_ends_gives_its_buffers_back_and_the_content_stays) {
  struct made made = make_greedy();
  for (unsigned job = 0; job < 3; job++) {
    cr_assert_eq(create_greedy(&made), 0, "%s", synched_error_message());
    cr_assert_gt(made.memories[1]->blocks.count, 3);
    cr_assert_gt(made.memories[2]->blocks.count, 1);
    struct mishap mishap = {.round = 0};
    cr_assert_eq(synched_job_destroy(made.job), 0);
    made.job = NULL;
    expect_own_blocks(&made);
    cr_assert_eq(synched_job_create(&made.job, made.pool, made.memories[0],
                                    SYNCHED_JOB_OPTIONS(OF_STAGES, .fields = &made.memories[1],
                                                        .round_count = 4, .user = &mishap)),
                 0);
    cr_assert_eq(synched_job_run(made.job), 0);
    cr_assert_eq(synched_job_destroy(made.job), 0);
    expect_own_blocks(&made);
    const uint64_t round = 4 * (job + 1);
    for (unsigned f = 0; f < 2; f++) {
      const struct synched_snapshot *now = synched_snapshot_current(made.memories[f]);
      cr_assert_eq(now->round, round);
      cr_assert_eq(((const uint64_t *)now->data)[SEGMENTS * CAPACITY - 1], round * 10 + f);
      synched_snapshot_release(now);
    }
    cr_assert_eq(((uint64_t *)synched_memory_elements(made.memories[2]))[0], round * 10 + 2);
  }
  for (unsigned f = 0; f < FIELDS; f++)
    memory_end(made.memories[f]);
  pool_end(made.pool);
}
