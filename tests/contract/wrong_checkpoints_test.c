/*
 * wrong_checkpoints_test.c: checkpoints with one thing wrong, one a row; calls at the wrong time;
 * and what does not fit a job. The status, the sentence, and that nothing has changed.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/saved.h"
#include "support/support.h"
#include "support/unit_support.h"

/* --- options --- */

static const char *const good_dtypes[] = {"<f8", "|u1", "<u8", "<f8"};

#define OPTIONS(...)                                                                               \
  { .struct_size = sizeof(struct synched_checkpoint_options), .folder = saved_folder, __VA_ARGS__ }
#define DTYPE(text) .dtypes = (const char *const[]){text}, .dtype_count = 1

static const struct row_of_options {
  const char *what;
  int expected;
  const char *says;
  struct synched_checkpoint_options options;
} rows[] = {
    {"no struct_size", SYNCHED_EINVAL, "struct_size of synched_checkpoint_options is 0", {0}},
    {"an unknown flag", SYNCHED_EINVAL, "flags is 0x8", OPTIONS(.flags = 8)},
    {"no folder",
     SYNCHED_EINVAL,
     "folder is NULL",
     {.struct_size = sizeof(struct synched_checkpoint_options)}},
    {"an empty folder",
     SYNCHED_EINVAL,
     "folder is empty",
     {.struct_size = sizeof(struct synched_checkpoint_options), .folder = ""}},
    {"too many to keep", SYNCHED_ERANGE, "keep is 1001; at most 1000", OPTIONS(.keep = 1001)},
    {"no overlap", SYNCHED_EINVAL, "overlap is 2", OPTIONS(.overlap = 2)},
    {"a count without dtypes", SYNCHED_EINVAL, "dtypes is NULL and dtype_count is 2",
     OPTIONS(.dtype_count = 2)},
    {"dtypes without a count", SYNCHED_EINVAL, "dtypes is set and dtype_count is 0",
     OPTIONS(.dtypes = good_dtypes)},
    {"too many dtypes", SYNCHED_EINVAL, "dtype_count is 4; the job has 3 fields",
     OPTIONS(.dtypes = good_dtypes, .dtype_count = 4)},
    {"an empty dtype", SYNCHED_EINVAL, "field 0: dtype \"\" is none", OPTIONS(DTYPE(""))},
    {"no byte order", SYNCHED_EINVAL, "dtype \"f8\" is none", OPTIONS(DTYPE("f8"))},
    {"a byte order of no use", SYNCHED_EINVAL, "dtype \"<u1\" is none", OPTIONS(DTYPE("<u1"))},
    {"a byte order that is missing", SYNCHED_EINVAL, "dtype \"|f8\" is none",
     OPTIONS(DTYPE("|f8"))},
    {"a byte order that is none", SYNCHED_EINVAL, "dtype \"=f8\" is none", OPTIONS(DTYPE("=f8"))},
    {"a size with a sign", SYNCHED_EINVAL, "dtype \"<f-8\" is none", OPTIONS(DTYPE("<f-8"))},
    {"a size with a letter", SYNCHED_EINVAL, "dtype \"<f8x\" is none", OPTIONS(DTYPE("<f8x"))},
    {"text with a byte order", SYNCHED_EINVAL, "dtype \"<S8\" is none", OPTIONS(DTYPE("<S8"))},
    {"no kind", SYNCHED_EINVAL, "dtype \"<x8\" is none", OPTIONS(DTYPE("<x8"))},
    {"a quote", SYNCHED_EINVAL, "dtype \"<'8\" is none", OPTIONS(DTYPE("<'8"))},
    {"no size", SYNCHED_EINVAL, "dtype \"<f\" is none", OPTIONS(DTYPE("<f"))},
    {"a size of 0", SYNCHED_EINVAL, "dtype \"|V0\" is none", OPTIONS(DTYPE("|V0"))},
    {"a long size", SYNCHED_EINVAL, "is none", OPTIONS(DTYPE("<f88888888888888888888888"))},
    {"a size that does not fit", SYNCHED_EINVAL, "dtype \"|V3\" has 3 bytes, and an element 8",
     OPTIONS(DTYPE("|V3"))},
    {"a field that there is not", SYNCHED_EINVAL, "leaves_out is 0x8; the job has 3 fields",
     OPTIONS(.leaves_out = 8)},
    {"all fields", SYNCHED_EINVAL, "leaves_out is 0x7: that is all", OPTIONS(.leaves_out = 7)},
};

Test(wrong_checkpoints, wrong_options_are_refused) {
  struct saved saved;
  struct synched_checkpoint_resumed resumed = {.struct_size = sizeof resumed};
  saved_enter();
  saved_open(&saved, &(struct saved_options){.worker_count = 1});
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct synched_checkpoint *checkpoint = (struct synched_checkpoint *)&saved;
    expect_refused(synched_checkpoint_create(&checkpoint, saved.job, &rows[i].options),
                   rows[i].expected, rows[i].says);
    cr_assert_null(checkpoint, "%s", rows[i].what);
    expect_refused(synched_checkpoint_resume(saved.job, &rows[i].options, &resumed),
                   rows[i].expected, rows[i].says);
    cr_assert_eq(saved_sum(&saved), saved_expected(0));
    cr_assert_neq(access(saved_folder, F_OK), 0, "%s: there is a folder", rows[i].what);
  }
  saved_close(&saved);
  saved_leave();
}

/* The sentence is in the singular then. */
Test(wrong_checkpoints, options_of_more_fields_than_the_job_has_are_refused) {
  static const struct row_of_options of_one[] = {
      {"two dtypes", SYNCHED_EINVAL, "dtype_count is 2; the job has 1 field",
       OPTIONS(.dtypes = good_dtypes, .dtype_count = 2)},
      {"a second field", SYNCHED_EINVAL, "leaves_out is 0x2; the job has 1 field",
       OPTIONS(.leaves_out = 2)},
  };
  saved_enter();
  struct engine engine =
      engine_new(pool_new(1),
                 SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 4,
                                        .element_size = 8, .lease_count = 1),
                 SYNCHED_JOB_OPTIONS(.compute = compute_nothing));
  for (size_t i = 0; i < LENGTH(of_one); i++) {
    struct synched_checkpoint *checkpoint;
    expect_refused(synched_checkpoint_create(&checkpoint, engine.job, &of_one[i].options),
                   of_one[i].expected, of_one[i].says);
    const char *message = synched_error_message();
    cr_assert_neq(message[strlen(message) - 1], 's', "%s: %s", of_one[i].what, message);
  }
  engine_end_with_pool(&engine);
  saved_leave();
}

/* --- calls --- */

static struct synched_checkpoint *watched;
static int statuses[4];

static int call_while_it_runs(const struct synched_snapshot *now, void *user) {
  const struct saved *saved = user;
  const struct synched_checkpoint_options options = saved_checkpoint(saved_folder);
  struct synched_checkpoint *second;
  struct synched_checkpoint_resumed resumed = {.struct_size = sizeof resumed};
  (void)now;
  statuses[0] = synched_checkpoint_save(watched);
  statuses[1] = synched_checkpoint_destroy(watched);
  statuses[2] = synched_checkpoint_create(&second, saved->job, &options);
  statuses[3] = synched_checkpoint_resume(saved->job, &options, &resumed);
  return SYNCHED_STOP;
}

Test(wrong_checkpoints, calls_with_nothing_or_at_the_wrong_time_are_refused) {
  const struct synched_checkpoint_options options = saved_checkpoint(saved_folder);
  struct synched_checkpoint *checkpoint = NULL, *second;
  struct synched_checkpoint_info info = {.struct_size = 1};
  struct synched_checkpoint_resumed resumed = {.struct_size = sizeof resumed};
  struct saved saved;
  saved_enter();
  saved_open(&saved, &(struct saved_options){
                         .worker_count = 2, .has_init = true, .on_round = call_while_it_runs});
  expect_refused(synched_checkpoint_create(NULL, saved.job, &options), SYNCHED_EINVAL, "NULL");
  expect_refused(synched_checkpoint_create(&second, NULL, &options), SYNCHED_EINVAL, "job is NULL");
  expect_refused(synched_checkpoint_create(&second, saved.job, NULL), SYNCHED_EINVAL, "are NULL");
  expect_refused(synched_checkpoint_resume(NULL, &options, &resumed), SYNCHED_EINVAL,
                 "job is NULL");
  expect_refused(synched_checkpoint_resume(saved.job, NULL, &resumed), SYNCHED_EINVAL, "are NULL");
  expect_refused(synched_checkpoint_resume(saved.job, &options, NULL), SYNCHED_EINVAL, "is NULL");
  resumed.struct_size = 3;
  expect_refused(synched_checkpoint_resume(saved.job, &options, &resumed), SYNCHED_EINVAL,
                 "struct_size");
  resumed.struct_size = sizeof resumed;
  expect_refused(synched_checkpoint_resume(saved.job, &options, &resumed), SYNCHED_ENOENT,
                 "there is no folder");
  expect_refused(synched_checkpoint_request(NULL), SYNCHED_EINVAL, "checkpoint is NULL");
  expect_refused(synched_checkpoint_save(NULL), SYNCHED_EINVAL, "checkpoint is NULL");
  expect_refused(synched_checkpoint_info(NULL, &info), SYNCHED_EINVAL, "checkpoint is NULL");
  cr_assert_eq(synched_checkpoint_destroy(NULL), 0);

  cr_assert_eq(synched_checkpoint_create(&checkpoint, saved.job, &options), 0);
  watched = checkpoint;
  expect_refused(synched_checkpoint_create(&second, saved.job, &options), SYNCHED_EEXIST,
                 "has a checkpoint already");
  expect_refused(synched_checkpoint_info(checkpoint, &info), SYNCHED_EINVAL, "struct_size");
  expect_refused(synched_checkpoint_info(checkpoint, NULL), SYNCHED_EINVAL, "is NULL");
  expect_refused(synched_checkpoint_save(checkpoint), SYNCHED_ENOENT, "has not run its init");
  expect_refused(synched_checkpoint_resume(saved.job, &options, &resumed), SYNCHED_ENOENT,
                 "there is no checkpoint in");
  cr_assert_eq(synched_job_advance(saved.job, 1), 0);
  for (size_t i = 0; i < LENGTH(statuses); i++)
    cr_assert_eq(statuses[i], SYNCHED_EBUSY, "call %zu: %d", i, statuses[i]);
  const struct synched_snapshot *held = synched_snapshot_current(saved.memories[0]);
  cr_assert_eq(synched_checkpoint_save(checkpoint), 0);
  expect_refused(synched_checkpoint_resume(saved.job, &options, &resumed), SYNCHED_EBUSY,
                 "retained");
  synched_snapshot_release(held);
  expect_refused(synched_job_destroy(saved.job), SYNCHED_EBUSY, "has a checkpoint");
  cr_assert_eq(synched_checkpoint_destroy(checkpoint), 0);
  saved_close(&saved);
  saved_leave();
}

Test(wrong_checkpoints, child_process_is_refused) {
  const struct synched_checkpoint_options options = saved_checkpoint(saved_folder);
  struct synched_checkpoint *checkpoint;
  struct synched_checkpoint_info info = {.struct_size = sizeof info};
  struct saved saved;
  int status = 0;
  saved_enter();
  saved_open(&saved, &(struct saved_options){.worker_count = 1});
  cr_assert_eq(synched_checkpoint_create(&checkpoint, saved.job, &options), 0);
  const pid_t child = fork();
  if (child == 0)
    end_child(synched_checkpoint_request(checkpoint) == SYNCHED_ENOTSUP &&
                      synched_checkpoint_save(checkpoint) == SYNCHED_ENOTSUP &&
                      synched_checkpoint_info(checkpoint, &info) == SYNCHED_ENOTSUP &&
                      synched_checkpoint_destroy(checkpoint) == SYNCHED_ENOTSUP
                  ? 0
                  : 1);
  cr_assert_eq(waitpid(child, &status, 0), child);
  cr_assert_eq(status, 0);
  cr_assert_eq(synched_checkpoint_destroy(checkpoint), 0);
  saved_close(&saved);
  saved_leave();
}

/* --- jobs that cannot have one --- */

Test(wrong_checkpoints, job_without_leases_or_copies_is_refused) {
  struct synched_checkpoint *checkpoint;
  saved_enter();
  for (unsigned i = 0; i < 2; i++) {
    struct engine engine = engine_new(
        pool_new(1),
        SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 4, .element_size = 8,
                               .flags = i == 0 ? 0 : SYNCHED_MEMORY_IN_PLACE, .lease_count = i),
        SYNCHED_JOB_OPTIONS(.compute = compute_nothing));
    expect_refused(synched_checkpoint_create(&checkpoint, engine.job,
                                             SYNCHED_CHECKPOINT_OPTIONS(.folder = saved_folder)),
                   SYNCHED_EINVAL, i == 0 ? "lease_count 1 or more" : "SYNCHED_JOB_COPIES");
    engine_end_with_pool(&engine);
  }
  saved_leave();
}

/* --- what does not fit --- */

static const size_t uneven[] = {4, 4, 3};

static const struct misfit {
  const char *says; /* NULL: it fits */
  struct synched_memory_options memory;
  struct synched_job_options job;
  const char *dtype;
} misfits[] = {
    {NULL, {.segment_count = 3, .segment_capacity = 4, .element_size = 8}, {0}, "<f8"},
    {NULL,
     {.segment_count = 3,
      .segment_capacity = 4,
      .element_size = 8,
      .layout = SYNCHED_LAYOUT_PADDED,
      .refill = SYNCHED_REFILL_KEEP},
     {.fold = SYNCHED_FOLD_SUM},
     "<f8"},
    {"there are 3 segments in it, and 4 in the job",
     {.segment_count = 4, .segment_capacity = 4, .element_size = 8},
     {0},
     "<f8"},
    {"segment 0 of field 0 has a capacity of 4 there, and of 5 in the job",
     {.segment_count = 3, .segment_capacity = 5, .element_size = 8},
     {0},
     "<f8"},
    {"segment 2 of field 0 has a capacity of 4 there, and of 3 in the job",
     {.segment_count = 3, .segment_capacities = uneven, .element_size = 8},
     {0},
     "<f8"},
    {"elements of field 0 have 8 bytes there, and 16 in the job",
     {.segment_count = 3, .segment_capacity = 4, .element_size = 16},
     {0},
     "<f8"},
    {"field 0 has dtype \"<f8\" there, and \"<i8\" here",
     {.segment_count = 3, .segment_capacity = 4, .element_size = 8},
     {0},
     "<i8"},
    {"folds of 0 stages are in it, and 1 in the job",
     {.segment_count = 3, .segment_capacity = 4, .element_size = 8},
     {.fold = SYNCHED_FOLD_SUM, .fold_type = SYNCHED_FOLD_INT64},
     "<f8"},
};

Test(wrong_checkpoints, checkpoint_that_does_not_fit_is_refused_and_says_how) {
  struct synched_checkpoint *checkpoint;
  saved_enter();
  for (size_t i = 0; i < LENGTH(misfits); i++) {
    const struct misfit *misfit = &misfits[i];
    struct synched_checkpoint_resumed resumed = {.struct_size = sizeof resumed};
    struct synched_memory_options memory = misfit->memory;
    struct synched_job_options job = misfit->job;
    memory.struct_size = sizeof memory;
    memory.lease_count = 1;
    job.struct_size = sizeof job;
    job.compute = compute_nothing;
    struct engine engine = engine_new(pool_new(1), &memory, &job);
    const struct synched_checkpoint_options *options =
        SYNCHED_CHECKPOINT_OPTIONS(.folder = saved_folder, .dtypes = &misfit->dtype,
                                   .dtype_count = 1);
    if (i == 0) {
      cr_assert_eq(synched_job_advance(engine.job, 5), 0);
      cr_assert_eq(synched_checkpoint_create(&checkpoint, engine.job, options), 0);
      cr_assert_eq(synched_checkpoint_save(checkpoint), 0);
      cr_assert_eq(synched_checkpoint_destroy(checkpoint), 0);
    }
    const int status = synched_checkpoint_resume(engine.job, options, &resumed);
    if (misfit->says != NULL)
      expect_refused(status, SYNCHED_EINVAL, misfit->says);
    else
      cr_assert_eq(status, 0, "%zu: %s", i, synched_error_message());
    cr_assert_eq(memory_round(engine.memory), misfit->says != NULL ? 0 : 5);
    engine_end_with_pool(&engine);
  }
  saved_leave();
}
