/*
 * checkpoint_due_test.c: which rounds are due, and what becomes of them where they cannot be taken:
 * no lease is free, a copy is missing, or one that failed has ended the job already.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "support/saved.h"
#include "support/support.h"
#include "support/unit_support.h"

struct heard {
  _Atomic uint32_t count;
  /* call n waits until this is n or more */
  _Atomic uint32_t let_go;
  uint64_t rounds[16];
  int statuses[16];
};

static void hear(struct synched_checkpoint *checkpoint,
                 const struct synched_checkpoint_written *written, void *user) {
  struct heard *heard = user;
  const uint32_t call = atomic_load(&heard->count);
  (void)checkpoint;
  if (call < LENGTH(heard->rounds)) {
    heard->rounds[call] = written->round;
    heard->statuses[call] = written->status;
  }
  atomic_store(&heard->count, call + 1);
  while (atomic_load(&heard->let_go) < call + 1)
    nap_ms(1);
}

static struct synched_checkpoint *checkpoint_of(struct saved *saved, struct heard *heard,
                                                struct synched_checkpoint_options options) {
  const struct synched_checkpoint_options known = saved_checkpoint(saved_folder);
  struct synched_checkpoint *checkpoint;
  options.struct_size = known.struct_size;
  options.folder = known.folder;
  options.dtypes = known.dtypes;
  options.dtype_count = known.dtype_count;
  options.on_written = hear;
  options.user = heard;
  const int status = synched_checkpoint_create(&checkpoint, saved->job, &options);
  cr_assert_eq(status, 0, "%s", synched_error_message());
  return checkpoint;
}

static struct synched_checkpoint_info info_of(const struct synched_checkpoint *checkpoint) {
  struct synched_checkpoint_info info = {.struct_size = sizeof info};
  cr_assert_eq(synched_checkpoint_info(checkpoint, &info), 0);
  return info;
}

static void await_written(const struct synched_checkpoint *checkpoint) {
  while (info_of(checkpoint).pending_count != 0)
    nap_ms(1);
}

/* --- never --- */

Test(checkpoint_due, longest_periods_make_nothing_due) {
  struct heard heard = {.let_go = UINT32_MAX};
  struct saved saved;
  saved_enter();
  for (unsigned i = 0; i < 2; i++) {
    const struct synched_checkpoint_options options = {.every_rounds = i == 0 ? UINT64_MAX : 0,
                                                       .every_ns = i == 0 ? 0 : UINT64_MAX};
    saved_open(&saved, &(struct saved_options){.worker_count = 1, .round_count = 100});
    struct synched_checkpoint *checkpoint = checkpoint_of(&saved, &heard, options);
    /* So slowly that the thread looks at the clock meanwhile. */
    for (unsigned r = 0; r < 40; r++) {
      nap_ms(2);
      cr_assert_eq(synched_job_advance(saved.job, 1), 0);
    }
    /* And from the middle on. */
    cr_assert_eq(synched_job_run(saved.job), 0);
    cr_assert_eq(info_of(checkpoint).skipped_count, 0);
    cr_assert_eq(synched_checkpoint_destroy(checkpoint), 0);
    cr_assert_eq(atomic_load(&heard.count), 0);
    saved_close(&saved);
  }
  saved_leave();
}

/* --- no room --- */

/* The one lease is somebody else's; the job goes on all the same. */
Test(checkpoint_due, round_that_finds_no_lease_is_left_out) {
  struct heard heard = {.let_go = UINT32_MAX};
  struct saved saved;
  saved_enter();
  saved_open(&saved, &(struct saved_options){.worker_count = 2, .lease_count = 1});
  struct synched_checkpoint *checkpoint =
      checkpoint_of(&saved, &heard, (struct synched_checkpoint_options){.every_rounds = 2});
  const struct synched_snapshot *held = synched_snapshot_current(saved.memories[0]);
  cr_assert_eq(synched_job_advance(saved.job, 5), 0);
  cr_assert_eq(info_of(checkpoint).skipped_count, 2);
  synched_snapshot_release(held);
  cr_assert_eq(synched_job_advance(saved.job, 1), 0);
  cr_assert_eq(synched_checkpoint_destroy(checkpoint), 0);
  cr_assert_eq(atomic_load(&heard.count), 1);
  cr_assert_eq(heard.rounds[0], 6);
  saved_close(&saved);
  saved_leave();
}

/* --- a request in on_round --- */

static struct synched_checkpoint *asked;

static int ask_at_third(const struct synched_snapshot *now, void *user) {
  (void)user;
  return now->round == 3 ? synched_checkpoint_request(asked) : 0;
}

/* Of what is changed in place no copy has been made of that round any more. */
Test(checkpoint_due, request_without_a_copy_is_for_the_next_round) {
  struct heard heard = {.let_go = UINT32_MAX};
  struct saved saved;
  saved_enter();
  saved_open(&saved, &(struct saved_options){.worker_count = 2, .on_round = ask_at_third});
  asked = checkpoint_of(&saved, &heard, (struct synched_checkpoint_options){.every_rounds = 0});
  cr_assert_eq(synched_job_advance(saved.job, 9), 0);
  cr_assert_eq(synched_checkpoint_destroy(asked), 0);
  cr_assert_eq(atomic_load(&heard.count), 1);
  cr_assert_eq(heard.rounds[0], 4);
  cr_assert_eq(heard.statuses[0], 0);
  saved_close(&saved);
  saved_leave();
}

static void note_round(struct synched_checkpoint *checkpoint,
                       const struct synched_checkpoint_written *written, void *user) {
  uint64_t *round = user;
  (void)checkpoint;
  *round = written->round;
}

Test(checkpoint_due, request_in_on_round_is_for_the_round_of_that_call) {
  uint64_t round = 0;
  saved_enter();
  struct engine engine =
      engine_new(pool_new(1),
                 SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 4,
                                        .element_size = 8, .lease_count = 1),
                 SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .on_round = ask_at_third));
  cr_assert_eq(synched_checkpoint_create(&asked, engine.job,
                                         SYNCHED_CHECKPOINT_OPTIONS(.folder = saved_folder,
                                                                    .on_written = note_round,
                                                                    .user = &round)),
               0, "%s", synched_error_message());
  cr_assert_eq(synched_job_advance(engine.job, 9), 0);
  cr_assert_eq(synched_checkpoint_destroy(asked), 0);
  cr_assert_eq(round, 3);
  engine_end_with_pool(&engine);
  saved_leave();
}

/* --- failures --- */

static void obstruct(bool is_there) {
  char path[160];
  (void)snprintf(path, sizeof path, "%s/.writing", saved_folder);
  if (is_there)
    cr_assert_eq(close(open(path, O_CREAT | O_WRONLY, 0666)), 0);
  else
    cr_assert_eq(unlink(path), 0);
}

/* Rounds 5 and 10 are queued when the first of them fails. That ends the job; that the other one
 * fails, too, does not end the run that follows. */
Test(checkpoint_due, failure_of_a_round_that_was_queued_before_the_end_ends_nothing_else) {
  struct heard heard = {.let_go = 0};
  struct saved saved;
  saved_enter();
  saved_open(&saved, &(struct saved_options){.worker_count = 2, .lease_count = 3});
  struct synched_checkpoint *checkpoint =
      checkpoint_of(&saved, &heard,
                    (struct synched_checkpoint_options){.every_rounds = 5,
                                                        .overlap = SYNCHED_CHECKPOINT_WAIT,
                                                        .flags = SYNCHED_CHECKPOINT_REQUIRED});
  obstruct(true);
  cr_assert_eq(synched_job_advance(saved.job, 10), 0);
  cr_assert(reaches(&heard.count, 1));
  atomic_store(&heard.let_go, 1);
  cr_assert(reaches(&heard.count, 2));
  expect_refused(synched_job_advance(saved.job, 1), -ENOTDIR, "the checkpoint ended the job");
  atomic_store(&heard.let_go, UINT32_MAX);
  await_written(checkpoint);
  obstruct(false);
  cr_assert_eq(synched_job_advance(saved.job, 4), 0, "%s", synched_error_message());
  await_written(checkpoint);
  cr_assert_eq(synched_job_advance(saved.job, 1), 0, "%s", synched_error_message());
  cr_assert_eq(synched_checkpoint_destroy(checkpoint), 0);
  cr_assert_eq(atomic_load(&heard.count), 3);
  cr_assert_eq(heard.statuses[0], -ENOTDIR);
  cr_assert_eq(heard.statuses[1], -ENOTDIR);
  cr_assert_eq(heard.rounds[2], 15);
  cr_assert_eq(heard.statuses[2], 0);
  saved_close(&saved);
  saved_leave();
}
