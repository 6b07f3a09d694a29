/*
 * restore_test.c: a job's memories get another content, with readers and starts kept out meanwhile.
 */
#include "memory/restore.h"

#include <criterion/criterion.h>

#include "job/job.h"
#include "support/support.h"
#include "support/unit_support.h"

#define SEGMENTS 3u
#define FIELDS 2u

/* Two fields and two stages, of which the second one folds. */
struct things {
  struct synched_pool *pool;
  struct synched_memory *memories[FIELDS];
  struct synched_job *job;
};

static int write_one(struct synched_task *task, void *user) {
  (void)user;
  for (unsigned f = 0; f < FIELDS; f++)
    if (synched_task_out(task, f) != NULL)
      *(uint64_t *)synched_task_out(task, f) = task->round;
  task->contribution = 1;
  return 0;
}

static const struct synched_stage stages[] = {
    {.compute = write_one, .writes = SYNCHED_FIELD(0)},
    {.compute = write_one, .writes = SYNCHED_FIELD(1), .fold = SYNCHED_FOLD_SUM}};

static struct things begin(void) {
  struct things things = {.pool = pool_new(1)};
  for (unsigned f = 0; f < FIELDS; f++)
    things.memories[f] =
        memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = 1,
                                           .element_size = sizeof(uint64_t)));
  cr_assert_eq(
      synched_job_create(&things.job, things.pool, things.memories[0],
                         SYNCHED_JOB_OPTIONS(.fields = &things.memories[1], .field_count = FIELDS,
                                             .stages = stages, .stage_count = LENGTH(stages))),
      0);
  cr_assert_eq(synched_job_advance(things.job, 2), 0);
  return things;
}

static void end(struct things *things) {
  cr_expect_eq(synched_job_destroy(things->job), 0);
  for (unsigned f = 0; f < FIELDS; f++)
    memory_end(things->memories[f]);
  pool_end(things->pool);
}

static struct synched__restoring restoring_of(const struct things *things) {
  return (struct synched__restoring){.memories = {things->memories[0], things->memories[1]},
                                     .count = FIELDS,
                                     .fields = things->job->work.fields};
}

Test(restore, current_snapshot_has_what_was_written_and_its_round) {
  struct things things = begin();
  struct synched__restoring restoring = restoring_of(&things);
  const double sum = 12.5;
  /* The first stage has no fold. */
  const void *const folds[] = {NULL, &sum};
  const struct synched__restored now = {.round = 70, .fold = sum, .folds = folds};
  cr_assert_eq(synched__restoring_open(&restoring), 0);
  for (unsigned f = 0; f < FIELDS; f++)
    for (size_t s = 0; s < SEGMENTS; s++)
      ((uint64_t *)synched__restoring_block(&restoring, f)->data)[s] = 100 * f + s;
  synched__restoring_close(&restoring, &now);
  const struct synched_snapshot *current = synched_snapshot_current(things.memories[0]);
  cr_expect_eq(current->round, 70);
  cr_expect_eq(current->fold, sum);
  cr_expect_eq(*(const double *)current->folds[1], sum);
  for (unsigned f = 0; f < FIELDS; f++)
    for (size_t s = 0; s < SEGMENTS; s++)
      cr_expect_eq(((const uint64_t *)current->fields[f]->data)[s], 100 * f + s);
  synched_snapshot_release(current);
  cr_expect_eq(synched_job_advance(things.job, 1), 0);
  cr_expect_eq(memory_round(things.memories[0]), 71);
  end(&things);
}

Test(restore, nothing_that_was_written_leaves_the_round) {
  struct things things = begin();
  struct synched__restoring restoring = restoring_of(&things);
  cr_assert_eq(synched__restoring_open(&restoring), 0);
  synched__restoring_close(&restoring, NULL);
  cr_expect_eq(memory_round(things.memories[0]), 2);
  cr_expect_eq(synched_job_advance(things.job, 1), 0);
  end(&things);
}

/* After a refusal nothing is locked: the job goes on. */
Test(restore, a_snapshot_that_is_held_refuses_it) {
  struct things things = begin();
  struct synched__restoring restoring = restoring_of(&things);
  const struct synched_snapshot *held = synched_snapshot_current(things.memories[0]);
  expect_refused(synched__restoring_open(&restoring), SYNCHED_EBUSY, "retained; release it first");
  synched_snapshot_release(held);
  cr_expect_eq(synched_job_advance(things.job, 1), 0);
  cr_assert_eq(synched__restoring_open(&restoring), 0);
  synched__restoring_close(&restoring, NULL);
  end(&things);
}

static int open_status;

static int open_in_round(const struct synched_snapshot *now, void *user) {
  struct things *things = user;
  struct synched__restoring restoring = {.memories = {things->memories[0], things->memories[1]},
                                         .count = FIELDS};
  (void)now;
  open_status = synched__restoring_open(&restoring);
  return SYNCHED_CONTINUE;
}

Test(restore, a_job_that_runs_refuses_it) {
  struct things things = begin();
  cr_expect_eq(synched_job_destroy(things.job), 0);
  cr_assert_eq(synched_job_create(&things.job, things.pool, things.memories[0],
                                  SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .round_count = 1,
                                                      .on_round = open_in_round, .user = &things)),
               0);
  cr_expect_eq(synched_job_run(things.job), 0);
  cr_expect_eq(open_status, SYNCHED_EBUSY);
  end(&things);
}
