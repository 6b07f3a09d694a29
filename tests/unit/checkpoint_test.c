/*
 * checkpoint_test.c: what is written, when; what a job goes on from; and what is refused.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "support/saved.h"
#include "support/support.h"
#include "support/unit_support.h"

static struct synched_checkpoint *checkpoint_of(struct saved *saved,
                                                const struct synched_checkpoint_options *options) {
  struct synched_checkpoint *checkpoint;
  const int status = synched_checkpoint_create(&checkpoint, saved->job, options);
  cr_assert_eq(status, 0, "%s", synched_error_message());
  return checkpoint;
}

static struct synched_checkpoint_info info_of(const struct synched_checkpoint *checkpoint) {
  struct synched_checkpoint_info info = {.struct_size = sizeof info};
  cr_assert_eq(synched_checkpoint_info(checkpoint, &info), 0);
  return info;
}

static struct synched_checkpoint_resumed resume(struct saved *saved) {
  const struct synched_checkpoint_options options = saved_checkpoint(saved_folder);
  struct synched_checkpoint_resumed resumed = {.struct_size = sizeof resumed};
  const int status = synched_checkpoint_resume(saved->job, &options, &resumed);
  cr_assert_eq(status, 0, "%s", synched_error_message());
  return resumed;
}

/* Runs so many rounds of a new job and saves the last one. */
static void save_after(uint64_t rounds) {
  const struct synched_checkpoint_options options = saved_checkpoint(saved_folder);
  struct saved saved;
  saved_open(&saved, &(struct saved_options){.worker_count = 2, .round_count = 60});
  if (saved_entries(saved_folder).generations != 0)
    (void)resume(&saved);
  struct synched_checkpoint *checkpoint = checkpoint_of(&saved, &options);
  cr_assert_eq(synched_job_advance(saved.job, rounds), 0);
  cr_assert_eq(synched_checkpoint_save(checkpoint), 0, "%s", synched_error_message());
  cr_assert_eq(synched_checkpoint_destroy(checkpoint), 0);
  saved_close(&saved);
}

static void corrupt(const char *file, long at) {
  char path[128];
  (void)snprintf(path, sizeof path, "%s/%s", saved_folder, file);
  FILE *opened = fopen(path, "r+");
  cr_assert_not_null(opened, "%s", path);
  cr_assert_eq(fseek(opened, at, at < 0 ? SEEK_END : SEEK_SET), 0);
  const int byte = fgetc(opened);
  cr_assert_eq(fseek(opened, -1, SEEK_CUR), 0);
  cr_assert_eq(fputc(byte ^ 1, opened), byte ^ 1);
  cr_assert_eq(fclose(opened), 0);
}

/* --- the same bits --- */

Test(checkpoint, resumed_job_computes_the_bits_of_an_unbroken_one) {
  static const unsigned workers[] = {1, 2, 3, 5};
  saved_enter();
  for (unsigned i = 0; i < LENGTH(workers) * 4; i++) {
    const uint64_t broken = 1 + i * 2;
    struct saved saved;
    save_after(broken);
    saved_open(&saved, &(struct saved_options){.worker_count = workers[i % LENGTH(workers)],
                                               .layout = i & 4 ? SYNCHED_LAYOUT_PADDED : 0,
                                               .balance = i & 8 ? SYNCHED_BALANCE_STATIC : 0,
                                               .has_init = (i & 1) != 0});
    cr_assert_eq(resume(&saved).round, broken);
    cr_assert_eq(saved_sum(&saved), saved_expected(broken));
    cr_assert_eq(synched_job_advance(saved.job, 7), 0);
    cr_assert_eq(saved_sum(&saved), saved_expected(broken + 7));
    saved_close(&saved);
    saved_remove(saved_folder);
  }
  saved_leave();
}

Test(checkpoint, resumed_run_is_the_rest_of_the_one_that_was_written) {
  struct saved saved;
  saved_enter();
  save_after(25);
  saved_open(&saved, &(struct saved_options){.worker_count = 2, .round_count = 60});
  const struct synched_checkpoint_resumed resumed = resume(&saved);
  cr_assert_eq(resumed.rounds_left, 35);
  cr_assert_eq(resumed.damaged_count, 0);
  cr_assert_str_eq(resumed.note, "round 25 of generation 1");
  cr_assert_eq(synched_job_run(saved.job), 0);
  cr_assert_eq(saved_round(&saved), 60);
  cr_assert_eq(saved_sum(&saved), saved_expected(60));
  /* And the next run is a whole one. */
  cr_assert_eq(synched_job_run(saved.job), 0);
  cr_assert_eq(saved_round(&saved), 120);
  saved_close(&saved);
  saved_leave();
}

Test(checkpoint, complete_run_has_no_rounds_left) {
  struct saved saved;
  saved_enter();
  save_after(60);
  saved_open(&saved, &(struct saved_options){.worker_count = 1, .round_count = 60});
  cr_assert_eq(resume(&saved).rounds_left, 0);
  cr_assert_eq(synched_job_run(saved.job), 0);
  cr_assert_eq(saved_round(&saved), 120);
  saved_close(&saved);
  saved_leave();
}

/* --- what is written, when --- */

struct heard {
  unsigned count;
  uint64_t rounds[64];
  int status;
  /* the thread that writes waits until this is 0 */
  _Atomic uint32_t held;
  /* how many times it was called, for who waits */
  _Atomic uint32_t calls;
};

static void hear(struct synched_checkpoint *checkpoint,
                 const struct synched_checkpoint_written *written, void *user) {
  struct heard *heard = user;
  if (heard->count < LENGTH(heard->rounds))
    heard->rounds[heard->count++] = written->round;
  heard->status = written->status;
  if (synched_checkpoint_destroy(checkpoint) != SYNCHED_EDEADLK)
    heard->status = SYNCHED_EFAULT;
  atomic_fetch_add(&heard->calls, 1);
  while (atomic_load(&heard->held) != 0)
    nap_ms(1);
}

static struct synched_checkpoint_options heard_checkpoint(struct heard *heard) {
  struct synched_checkpoint_options options = saved_checkpoint(saved_folder);
  options.on_written = hear;
  options.user = heard;
  return options;
}

Test(checkpoint, each_multiple_of_every_rounds_is_written_where_the_job_waits) {
  struct heard heard = {0};
  struct saved saved;
  saved_enter();
  struct synched_checkpoint_options options = heard_checkpoint(&heard);
  options.every_rounds = 5;
  options.overlap = SYNCHED_CHECKPOINT_WAIT;
  options.keep = 3;
  saved_open(&saved, &(struct saved_options){.worker_count = 2, .round_count = 52});
  struct synched_checkpoint *checkpoint = checkpoint_of(&saved, &options);
  cr_assert_eq(synched_job_run(saved.job), 0);
  cr_assert_eq(synched_job_destroy(saved.job), SYNCHED_EBUSY);
  cr_assert_eq(synched_checkpoint_destroy(checkpoint), 0);
  cr_assert_eq(heard.status, 0);
  cr_assert_eq(heard.count, 10);
  for (unsigned i = 0; i < heard.count; i++)
    cr_assert_eq(heard.rounds[i], (i + 1) * 5);
  const struct saved_entries entries = saved_entries(saved_folder);
  cr_assert_eq(entries.generations, 3);
  cr_assert_eq(entries.newest, 10);
  cr_assert_eq(entries.others, 0);
  saved_close(&saved);
  saved_leave();
}

Test(checkpoint, due_round_is_skipped_while_another_is_written) {
  struct heard heard = {.held = 1};
  struct saved saved;
  saved_enter();
  struct synched_checkpoint_options options = heard_checkpoint(&heard);
  options.every_rounds = 2;
  saved_open(&saved, &(struct saved_options){.worker_count = 2, .lease_count = 2});
  struct synched_checkpoint *checkpoint = checkpoint_of(&saved, &options);
  cr_assert_eq(synched_job_advance(saved.job, 2), 0);
  cr_assert(reaches(&heard.calls, 1));
  cr_assert_eq(synched_job_advance(saved.job, 7), 0);
  cr_assert_eq(info_of(checkpoint).skipped_count, 3);
  /* A request stays. */
  cr_assert_eq(synched_checkpoint_request(checkpoint), 0);
  cr_assert_eq(synched_job_advance(saved.job, 1), 0);
  atomic_store(&heard.held, 0);
  while (info_of(checkpoint).pending_count != 0)
    nap_ms(1);
  cr_assert_eq(synched_job_advance(saved.job, 1), 0);
  cr_assert_eq(synched_checkpoint_destroy(checkpoint), 0);
  cr_assert_eq(heard.count, 2);
  cr_assert_eq(heard.rounds[0], 2);
  cr_assert_eq(heard.rounds[1], 11);
  saved_close(&saved);
  saved_leave();
}

/* Until the checkpoint has written something. */
static int stop_when_heard(const struct synched_snapshot *now, void *user) {
  (void)user;
  return saved_entries(saved_folder).generations == 0 && now->round < 4000 ? SYNCHED_CONTINUE
                                                                           : SYNCHED_STOP;
}

Test(checkpoint, time_makes_the_next_round_due) {
  struct saved saved;
  saved_enter();
  struct synched_checkpoint_options options = saved_checkpoint(saved_folder);
  options.every_ns = 1000000;
  saved_open(&saved, &(struct saved_options){.worker_count = 2, .on_round = stop_when_heard});
  struct synched_checkpoint *checkpoint = checkpoint_of(&saved, &options);
  while (saved_entries(saved_folder).generations == 0)
    cr_assert_eq(synched_job_run(saved.job), 0);
  cr_assert_eq(synched_checkpoint_save(checkpoint), 0);
  const struct synched_checkpoint_info info = info_of(checkpoint);
  cr_assert_geq(info.written_count, 2);
  cr_assert_eq(info.failed_count, 0);
  cr_assert_eq(info.generation, saved_entries(saved_folder).newest);
  cr_assert_eq(info.round, saved_round(&saved));
  cr_assert_gt(info.bytes, 0);
  cr_assert_eq(synched_checkpoint_destroy(checkpoint), 0);
  saved_close(&saved);
  saved_leave();
}

/* --- every way of running --- */

static void step_started(struct synched_job *job) {
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(synched_job_start(job, &loop), 0);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&loop), 0);
}

static void step_polled(struct synched_job *job) {
  cr_assert_eq(synched_job_start_polled(job), 0);
  while (synched_job_dispatch(job) == SYNCHED_CONTINUE)
    nap_ms(1);
}

static void step_run(struct synched_job *job) {
  cr_assert_eq(synched_job_run(job), 0);
}

static void step_advanced(struct synched_job *job) {
  cr_assert_eq(synched_job_advance(job, 10), 0);
}

static void ignore(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  (void)job;
  (void)now;
  (void)user;
}

Test(checkpoint, rounds_are_written_however_the_job_is_run) {
  static void (*const steps[])(struct synched_job *) = {step_started, step_polled, step_run,
                                                        step_advanced};
  saved_enter();
  for (unsigned i = 0; i < LENGTH(steps) * 2; i++) {
    struct heard heard = {0};
    struct saved saved;
    struct synched_checkpoint_options options = heard_checkpoint(&heard);
    options.every_rounds = 3;
    options.overlap = SYNCHED_CHECKPOINT_WAIT;
    saved_open(&saved, &(struct saved_options){.worker_count = 2,
                                               .round_count = 10,
                                               .on_snapshot = i < LENGTH(steps) ? NULL : ignore});
    struct synched_checkpoint *checkpoint = checkpoint_of(&saved, &options);
    steps[i % LENGTH(steps)](saved.job);
    cr_assert_eq(synched_checkpoint_destroy(checkpoint), 0);
    cr_assert_eq(heard.count, 3, "%u of way %u", heard.count, i);
    cr_assert_eq(heard.rounds[2], 9);
    (void)resume(&saved);
    cr_assert_eq(saved_sum(&saved), saved_expected(9));
    saved_close(&saved);
    saved_remove(saved_folder);
  }
  saved_leave();
}

/* --- damage --- */

static void expect_fallback(const char *file, long at, const char *says) {
  struct saved saved;
  save_after(4);
  save_after(2);
  corrupt(file, at);
  saved_open(&saved, &(struct saved_options){.worker_count = 2});
  const struct synched_checkpoint_resumed resumed = resume(&saved);
  cr_assert_eq(resumed.generation, 1);
  cr_assert_eq(resumed.damaged_count, 1);
  cr_assert_eq(resumed.round, 4);
  cr_assert_not_null(strstr(resumed.note, says), "%s: %s", file, resumed.note);
  cr_assert_eq(saved_sum(&saved), saved_expected(4));
  /* What is damaged is not one of those that are kept. */
  const struct synched_checkpoint_options options = saved_checkpoint(saved_folder);
  struct synched_checkpoint *checkpoint = checkpoint_of(&saved, &options);
  cr_assert_eq(saved_entries(saved_folder).newest, 1);
  cr_assert_eq(synched_checkpoint_destroy(checkpoint), 0);
  saved_close(&saved);
  saved_remove(saved_folder);
}

Test(checkpoint, damaged_generation_is_passed_over_and_told) {
  saved_enter();
  expect_fallback("generation-00000002/field0.npy", -1, "field0.npy is damaged in segment 4");
  expect_fallback("generation-00000002/field1.npy", 20, "field1.npy begins with another header");
  expect_fallback("generation-00000002/field2.npy", 128, "field2.npy is damaged in segment 0");
  expect_fallback("generation-00000002/manifest.json", 40, "manifest.json: it is not what its sum");
  expect_fallback("generation-00000002/manifest.json", -4, "manifest.json: it is not what its sum");
  saved_leave();
}

Test(checkpoint, all_damaged_is_refused_and_nothing_changes) {
  struct saved saved;
  struct synched_checkpoint_resumed resumed = {.struct_size = sizeof resumed};
  const struct synched_checkpoint_options options = saved_checkpoint(saved_folder);
  saved_enter();
  save_after(4);
  corrupt("generation-00000001/field0.npy", -1);
  saved_open(&saved, &(struct saved_options){.worker_count = 2});
  expect_refused(synched_checkpoint_resume(saved.job, &options, &resumed), SYNCHED_EIO,
                 "generation 1 is damaged: field0.npy");
  cr_assert_eq(saved_sum(&saved), saved_expected(0));
  saved_close(&saved);
  saved_leave();
}

/* --- folders --- */

Test(checkpoint, what_a_dead_process_left_is_removed_and_what_a_live_one_writes_is_not) {
  struct saved saved, other;
  char path[128];
  const struct synched_checkpoint_options options = saved_checkpoint(saved_folder);
  saved_enter();
  save_after(1);
  static const char *const left[] = {".writing", ".removing"};
  for (unsigned i = 0; i < LENGTH(left); i++) {
    (void)snprintf(path, sizeof path, "%s/%s", saved_folder, left[i]);
    cr_assert_eq(mkdir(path, 0777), 0);
    (void)snprintf(path, sizeof path, "%s/%s/field0.npy", saved_folder, left[i]);
    cr_assert_geq(close(open(path, O_CREAT | O_WRONLY, 0666)), 0);
  }
  saved_open(&saved, &(struct saved_options){.worker_count = 1});
  saved_open(&other, &(struct saved_options){.worker_count = 1});
  cr_assert_eq(saved_entries(saved_folder).others, 2);
  struct synched_checkpoint *checkpoint = checkpoint_of(&saved, &options);
  cr_assert_eq(saved_entries(saved_folder).others, 0);
  struct synched_checkpoint *second;
  expect_refused(synched_checkpoint_create(&second, other.job, &options), SYNCHED_EBUSY,
                 "another checkpoint writes to");
  cr_assert_null(second);
  /* But it may be read. */
  cr_assert_eq(resume(&other).round, 1);
  cr_assert_eq(synched_checkpoint_destroy(checkpoint), 0);
  saved_close(&other);
  saved_close(&saved);
  saved_leave();
}

/* A file where the folder should be made. */
static void obstruct(bool is_there) {
  char path[128];
  (void)snprintf(path, sizeof path, "%s/.writing", saved_folder);
  if (is_there)
    cr_assert_geq(close(open(path, O_CREAT | O_WRONLY, 0666)), 0);
  else
    cr_assert_eq(unlink(path), 0);
}

Test(checkpoint, failure_is_told_and_ends_the_job_only_where_that_is_wanted) {
  saved_enter();
  for (unsigned required = 0; required < 2; required++) {
    struct heard heard = {0};
    struct saved saved;
    struct synched_checkpoint_options options = heard_checkpoint(&heard);
    options.flags = required ? SYNCHED_CHECKPOINT_REQUIRED : 0;
    options.every_rounds = 2;
    saved_open(&saved, &(struct saved_options){.worker_count = 2, .lease_count = 3});
    struct synched_checkpoint *checkpoint = checkpoint_of(&saved, &options);
    obstruct(true);
    cr_assert_eq(synched_job_advance(saved.job, 2), 0);
    while (info_of(checkpoint).pending_count != 0)
      nap_ms(1);
    cr_assert_eq(synched_job_advance(saved.job, 1), required ? -ENOTDIR : 0);
    if (required)
      cr_assert_not_null(strstr(synched_error_message(), "the checkpoint ended the job"));
    const struct synched_checkpoint_info info = info_of(checkpoint);
    cr_assert_eq(info.failed_count, 1);
    cr_assert_eq(info.last_status, -ENOTDIR);
    cr_assert_not_null(strstr(info.message, ".writing could not be removed"), "%s", info.message);
    cr_assert_eq(heard.status, -ENOTDIR);
    cr_assert_eq(saved_round(&saved), 3);
    obstruct(false);
    cr_assert_eq(synched_checkpoint_save(checkpoint), 0);
    cr_assert_eq(synched_checkpoint_destroy(checkpoint), 0);
    saved_close(&saved);
    saved_remove(saved_folder);
  }
  saved_leave();
}

/* --- a plain job --- */

static int add_one(struct synched_task *task, void *user) {
  (void)user;
  const uint32_t *before = synched_snapshot_segment(task->previous, task->segment);
  uint32_t *out = task->out;
  for (size_t i = 0; i < task->capacity; i++)
    out[i] = before[i] + (uint32_t)i + (uint32_t)task->previous->fold;
  task->contribution = (double)(task->round % 5);
  return 0;
}

Test(checkpoint, plain_job_keeps_its_fold) {
  struct synched_checkpoint *checkpoint;
  struct synched_checkpoint_resumed resumed = {.struct_size = sizeof resumed};
  uint64_t sums[2];
  saved_enter();
  for (unsigned i = 0; i < 2; i++) {
    struct engine engine =
        engine_new(pool_new(2),
                   SYNCHED_MEMORY_OPTIONS(.segment_count = 70000, .segment_capacity = 2,
                                          .element_size = 4, .lease_count = 1),
                   SYNCHED_JOB_OPTIONS(.compute = add_one, .fold = SYNCHED_FOLD_SUM));
    const struct synched_checkpoint_options *options =
        SYNCHED_CHECKPOINT_OPTIONS(.folder = saved_folder, .dtypes = (const char *const[]){"<u4"},
                                   .dtype_count = 1);
    if (i == 1)
      cr_assert_eq(synched_checkpoint_resume(engine.job, options, &resumed), 0, "%s",
                   synched_error_message());
    cr_assert_eq(synched_job_advance(engine.job, i == 0 ? 6 : 3), 0);
    if (i == 0) {
      cr_assert_eq(synched_checkpoint_create(&checkpoint, engine.job, options), 0);
      cr_assert_eq(synched_checkpoint_save(checkpoint), 0);
      cr_assert_eq(synched_checkpoint_destroy(checkpoint), 0);
      cr_assert_eq(synched_job_advance(engine.job, 3), 0);
    }
    sums[i] = memory_sum(engine.memory);
    engine_end_with_pool(&engine);
  }
  cr_assert_eq(resumed.round, 6);
  cr_assert_eq(sums[0], sums[1]);
  saved_leave();
}

/* --- a field that is left out --- */

static int add_input(struct synched_task *task, void *user) {
  const uint32_t *before = synched_task_in(task, 0);
  const uint32_t *input = synched_task_in(task, 1);
  uint32_t *out = synched_task_out(task, 0);
  (void)user;
  for (size_t i = 0; i < 4; i++)
    out[i] = before[i] * 3 + input[i];
  synched_task_set_count(task, 0, 4);
  return 0;
}

/* Field 1 is the program's input, which it has filled in with numbers from `first` on. */
static void open_with_input(struct engine *engine, struct synched_memory **input, uint32_t first) {
  static const struct synched_stage stage = {
      .compute = add_input, .writes = SYNCHED_FIELD(0), .reads = {.reach = SYNCHED_REACH_OWN}};
  const struct synched_memory_options *options =
      SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 4, .element_size = 4,
                             .lease_count = 1);
  const uint32_t numbers[] = {first, first + 1, first + 2, first + 3};
  *input = memory_with(options);
  for (size_t s = 0; s < 2; s++)
    cr_assert_eq(synched_memory_load(*input, s, numbers, 4), 0);
  *engine = engine_new(
      pool_new(1), options,
      SYNCHED_JOB_OPTIONS(.fields = input, .field_count = 2, .stages = &stage, .stage_count = 1));
}

static void end_with_input(struct engine *engine, struct synched_memory *input) {
  engine_end_with_pool(engine);
  memory_end(input);
}

Test(checkpoint, field_that_is_left_out_is_not_written_and_stays_as_it_is) {
  const struct synched_checkpoint_options *options =
      SYNCHED_CHECKPOINT_OPTIONS(.folder = saved_folder, .leaves_out = SYNCHED_FIELD(1));
  struct synched_checkpoint_resumed resumed = {.struct_size = sizeof resumed};
  struct synched_checkpoint *checkpoint;
  struct synched_memory *input;
  struct engine engine;
  char path[128];
  saved_enter();
  open_with_input(&engine, &input, 10);
  cr_assert_eq(synched_job_advance(engine.job, 3), 0);
  cr_assert_eq(synched_checkpoint_create(&checkpoint, engine.job, options), 0, "%s",
               synched_error_message());
  cr_assert_eq(synched_checkpoint_save(checkpoint), 0);
  cr_assert_eq(synched_checkpoint_destroy(checkpoint), 0);
  end_with_input(&engine, input);
  (void)snprintf(path, sizeof path, "%s/generation-00000001/field1.npy", saved_folder);
  cr_assert_neq(access(path, F_OK), 0);

  open_with_input(&engine, &input, 70);
  cr_assert_eq(synched_checkpoint_resume(engine.job, options, &resumed), 0, "%s",
               synched_error_message());
  const struct synched_snapshot *now = synched_snapshot_current(engine.memory);
  const uint32_t *results = now->data;
  const uint32_t *numbers = now->fields[1]->data;
  cr_assert_eq(now->round, 3);
  for (uint32_t i = 0; i < 8; i++) {
    cr_assert_eq(results[i], 13 * (10 + i % 4));
    cr_assert_eq(numbers[i], 70 + i % 4);
  }
  synched_snapshot_release(now);
  end_with_input(&engine, input);
  saved_leave();
}

/* --- lack --- */

static int save_once(void *saved) {
  const struct synched_checkpoint_options options = saved_checkpoint(saved_folder);
  struct synched_checkpoint *checkpoint;
  int status = synched_checkpoint_create(&checkpoint, ((struct saved *)saved)->job, &options);
  if (status != 0)
    return status;
  status = synched_checkpoint_save(checkpoint);
  cr_assert_eq(synched_checkpoint_destroy(checkpoint), 0);
  return status;
}

static int resume_once(void *saved) {
  const struct synched_checkpoint_options options = saved_checkpoint(saved_folder);
  struct synched_checkpoint_resumed resumed = {.struct_size = sizeof resumed};
  return synched_checkpoint_resume(((struct saved *)saved)->job, &options, &resumed);
}

static void leave_it(void *saved) {
  (void)saved;
}

Test(checkpoint, refused_memory_threads_and_locks_leave_things_as_they_were) {
  struct saved saved;
  saved_enter();
  saved_open(&saved, &(struct saved_options){.worker_count = 1});
  cr_assert_eq(synched_job_advance(saved.job, 3), 0);
  const unsigned files = file_count();
  const struct refusing refusals[] = {
      {SYNCHED__FAULT_ALLOCATE, SYNCHED_ENOMEM, 0, save_once, leave_it, &saved},
      {SYNCHED__FAULT_SYNC, SYNCHED_ENOMEM, 0, save_once, leave_it, &saved},
      {SYNCHED__FAULT_THREAD, SYNCHED_EAGAIN, 0, save_once, leave_it, &saved},
      {SYNCHED__FAULT_ALLOCATE, SYNCHED_ENOMEM, 0, resume_once, leave_it, &saved}};
  for (unsigned i = 0; i < LENGTH(refusals); i++) {
    cr_assert_gt(refuse_in_turn(&refusals[i]), 0);
    cr_assert_eq(saved_sum(&saved), saved_expected(3));
    cr_assert_eq(saved_entries(saved_folder).others, 0);
  }
  cr_assert_leq(file_count(), files + 4);
  saved_close(&saved);
  saved_leave();
}
