/*
 * record_test.c: the memory that a run is recorded in, how totals are published and read, and what
 * a reset forgets.
 */
#include "report/record.h"

#include <criterion/criterion.h>

#include <malloc.h>
#include <stdint.h>
#include <string.h>

#include "support/rounds_by_hand.h"
#include "support/support.h"
#include "support/unit_support.h"

/* --- its memory --- */

Test(record, create_lays_workers_rows_on_lines_of_their_own) {
  static const size_t round_counts[] = {1, 2, 15, 16, 17, 63, 64, 65, 1000};
  for (size_t i = 0; i < LENGTH(round_counts); i++) {
    struct synched__record *record = full_record(5, round_counts[i]);
    cr_assert_gt(record->row_count, round_counts[i]);
    cr_assert_eq(record->row_count & (record->row_count - 1), 0);
    cr_assert_eq((uintptr_t)record % SYNCHED__CACHE_LINE, 0);
    for (unsigned w = 0; w < 5; w++) {
      cr_assert_eq((uintptr_t)synched__record_row(record, w, 0) % SYNCHED__CACHE_LINE, 0);
      cr_assert_eq((uintptr_t)&record->workers[w] % SYNCHED__CACHE_LINE, 0);
    }
    /* All of it is ours to write. */
    write_rounds(record, 1, 2 * record->row_count + 3);
    synched__record_destroy(record);
  }
}

static int create_and_destroy(void *context) {
  struct synched__record *record = context; /* anything but NULL */
  const int status = synched__record_create(&record, context);
  if (status != 0)
    cr_assert_null(record);
  synched__record_destroy(record);
  return status;
}

static void undo_nothing(void *context) {
  (void)context;
}

Test(record, create_allocation_refused_leaves_nothing) {
  struct synched__record_shape shape = {.level = SYNCHED_RECORD_TASKS,
                                        .worker_count = 3,
                                        .segment_count = 7,
                                        .round_count = 64,
                                        .task_count = 64,
                                        .segment_times = true};
  const struct refusing refusing = {.fault = SYNCHED__FAULT_ALLOCATE,
                                    .expected = SYNCHED_ENOMEM,
                                    .attempt = create_and_destroy,
                                    .undo = undo_nothing,
                                    .context = &shape};
  const unsigned all = refuse_in_turn(&refusing);
  /* The allocator keeps small blocks for later and calls them used: let that settle first. */
  for (unsigned i = 0; i < 20; i++)
    cr_assert_eq(refuse_in_turn(&refusing), all);
  const size_t before = mallinfo2().uordblks;
  for (unsigned i = 0; i < 20; i++)
    cr_assert_eq(refuse_in_turn(&refusing), all);
  cr_assert_eq(mallinfo2().uordblks, before);
  shape.level = SYNCHED_RECORD_ROUNDS;
  cr_assert_eq(refuse_in_turn(&refusing), all - 2, "calls have a ring and its rows");
  shape.level = SYNCHED_RECORD_OFF;
  cr_assert_lt(refuse_in_turn(&refusing), all - 2);
}

Test(record, create_impossible_size_is_refused) {
  struct synched__record_shape shape = {.level = SYNCHED_RECORD_ROUNDS,
                                        .worker_count = 4096,
                                        .segment_count = 1,
                                        .round_count = SIZE_MAX / 64};
  struct synched__record *record;
  expect_refused(synched__record_create(&record, &shape), SYNCHED_ENOMEM, "4096 workers");
  cr_assert_null(record);
  shape.round_count = SIZE_MAX;
  cr_assert_eq(synched__record_create(&record, &shape), SYNCHED_ENOMEM);
  shape.round_count = 1;
  shape.level = SYNCHED_RECORD_TASKS;
  shape.task_count = SIZE_MAX / 2;
  cr_assert_eq(synched__record_create(&record, &shape), SYNCHED_ENOMEM);
  cr_assert_null(record);
}

Test(record, destroy_null_does_nothing) {
  synched__record_destroy(NULL);
}

Test(record, name_missing_or_long_is_replaced_or_cut) {
  struct synched__record_shape shape = {.worker_count = 1, .segment_count = 1, .round_count = 1};
  struct synched__record *record = record_new(&shape);
  cr_assert_str_eq(record->about.name, "job");
  synched__record_destroy(record);
  char name[200];
  memset(name, 'n', sizeof name);
  memcpy(name + 62, "\xc3\xa9 and on", sizeof "\xc3\xa9 and on");
  shape.name = name;
  record = record_new(&shape);
  cr_assert_eq(strlen(record->about.name), 62, "cut inside a character");
  synched__record_destroy(record);
  memset(name, '\x80', sizeof name - 1); /* no character begins in it */
  name[sizeof name - 1] = '\0';
  record = record_new(&shape);
  cr_assert_str_eq(record->about.name, "");
  synched__record_destroy(record);
}

Test(record, levels_have_what_they_say) {
  struct synched__record_shape shape = {.worker_count = 2,
                                        .segment_count = 100,
                                        .round_count = 3,
                                        .task_count = 5,
                                        .segment_times = true};
  static const enum synched_record levels[] = {SYNCHED_RECORD_OFF, SYNCHED_RECORD_TOTALS,
                                               SYNCHED_RECORD_ROUNDS, SYNCHED_RECORD_TASKS};
  for (unsigned i = 0; i < LENGTH(levels); i++) {
    shape.level = levels[i];
    struct synched__record *record = record_new(&shape);
    cr_assert_eq(record->rows != NULL, i >= 1);
    cr_assert_eq(record->worker_histograms != NULL, i >= 1);
    cr_assert_eq(record->segment_histograms != NULL, i >= 2, "100 segments are many for TOTALS");
    cr_assert_eq(record->tasks != NULL, i == 3);
    cr_assert_eq(record->shown_count, i == 0 ? 0 : 3);
    cr_assert_eq(record->shown_tasks, i == 3 ? 5 : 0);
    cr_assert_eq(synched__record_samples(record, 12345), i != 0);
    synched__record_destroy(record);
  }
}

/* --- publishing --- */

Test(record, read_gives_what_was_published_last) {
  struct synched__record *record = full_record(3, 1);
  struct synched__worker_totals workers[3];
  struct synched__reading reading = {.workers = workers};
  synched__record_reset(record, 40);
  for (uint64_t last = 41; last < 50; last++) {
    record->workers[2].call_count = last;
    record->totals.lease_wait_ns = last;
    synched__record_publish(record, last, 1000 * last);
    record->workers[2].call_count = 7777; /* not published */
    record->totals.lease_wait_ns = 7777;
    synched__record_read(record, &reading);
    cr_assert_eq(reading.totals.last_round, last);
    cr_assert_eq(reading.totals.round_count, last - 40);
    cr_assert_eq(reading.totals.end_ns, 1000 * last);
    cr_assert_eq(reading.totals.lease_wait_ns, last);
    cr_assert_eq(workers[2].call_count, last);
    cr_assert_eq(workers[0].call_count, 0);
  }
  synched__record_destroy(record);
}

static void *publish_on(void *argument) {
  struct chase *chase = argument;
  struct synched__record *record = chase->record;
  for (uint64_t round = 1; atomic_load(&chase->over) == 0; round++) {
    for (unsigned w = 0; w < record->worker_count; w++)
      record->workers[w].call_count = record->workers[w].slept_ns = round;
    record->totals.lease_wait_ns = record->totals.deadline_ns = round;
    synched__record_publish(record, round, round);
    atomic_store(&chase->last, round);
  }
  return NULL;
}

Test(record, totals_read_while_others_are_published_are_of_one_moment) {
  struct chase chase = {.record = full_record(16, 1)};
  struct crew crew = {0};
  crew_add(&crew, publish_on, &chase);
  struct synched__worker_totals workers[16];
  struct synched__reading reading = {.workers = workers};
  unsigned wrong_count = 0;
  uint64_t before = 0;
  for (unsigned i = 0; i < at_most(50000, 500) || before == 0; i++) {
    synched__record_read(chase.record, &reading);
    const uint64_t round = reading.totals.last_round;
    wrong_count += round < before || reading.totals.end_ns != round ||
                   reading.totals.lease_wait_ns != round || reading.totals.deadline_ns != round;
    for (unsigned w = 0; w < 16; w++)
      wrong_count += workers[w].call_count != round || workers[w].slept_ns != round;
    before = round;
  }
  atomic_store(&chase.over, 1);
  crew_join(&crew);
  cr_assert_eq(wrong_count, 0);
  synched__record_destroy(chase.record);
}

Test(record, shown_times_lie_between_the_two_ends_offsets) {
  const struct synched__totals totals = {
      .start_ns = 1000, .end_ns = 2000, .start_offset_ns = 50, .end_offset_ns = -50};
  cr_assert_eq(synched__record_shown_ns(&totals, 1000), 1050);
  cr_assert_eq(synched__record_shown_ns(&totals, 1500), 1500);
  cr_assert_eq(synched__record_shown_ns(&totals, 2000), 1950);
  cr_assert_eq(synched__record_shown_ns(&totals, 900), 960, "before the start");
  const struct synched__totals empty = {.start_ns = 5, .end_ns = 5, .start_offset_ns = 2};
  cr_assert_eq(synched__record_shown_ns(&empty, 5), 7);
}

/* --- stages --- */

static struct synched__record *staged_record(void) {
  static const char *const names[] = {"forces", "moves", "copies"};
  return record_new(&(struct synched__record_shape){.level = SYNCHED_RECORD_TOTALS,
                                                    .worker_count = 2,
                                                    .segment_count = 4,
                                                    .stage_names = names,
                                                    .stage_count = 3,
                                                    .round_count = 4});
}

static void expect_stage(const struct synched__stage_totals *stage, uint64_t round_count,
                         uint64_t total_ns, uint64_t compute_ns) {
  cr_assert_eq(stage->round_count, round_count);
  cr_assert_eq(stage->total_ns, total_ns);
  cr_assert_eq(stage->compute_ns, compute_ns);
}

/* A pass is the stage's; what is not known of a stage is what the workers' totals have more. */
Test(record, stages_are_added_up_with_their_passes) {
  struct synched__record *record = staged_record();
  struct synched__stage_part part = {
      .stage = 0, .is_recorded = true, .is_known = true, .total_ns = 100, .compute_ns = 150};
  record->workers[0].compute_ns = 150;
  synched__record_stage(record, &part);
  part = (struct synched__stage_part){
      .stage = 0, .is_pass = true, .is_known = true, .total_ns = 10, .compute_ns = 7};
  synched__record_stage(record, &part);
  part = (struct synched__stage_part){
      .stage = 1, .is_recorded = true, .total_ns = 50, .compute_ns = 1};
  record->workers[0].compute_ns += 30;
  record->workers[1].compute_ns += 40;
  synched__record_stage(record, &part);
  part = (struct synched__stage_part){.stage = 2, .total_ns = 5, .compute_ns = 4};
  synched__record_stage(record, &part);
  expect_stage(&record->stages[0], 1, 110, 157);
  expect_stage(&record->stages[1], 1, 50, 70);
  expect_stage(&record->stages[2], 1, 5, 4);
  synched__record_destroy(record);
}

Test(record, stages_are_published_with_the_totals_and_forgotten) {
  struct synched__record *record = staged_record();
  struct synched__worker_totals workers[2];
  struct synched__stage_totals stages[SYNCHED__STAGES_SHOWN];
  struct synched__reading reading = {.workers = workers, .stages = stages};
  cr_assert_str_eq(record->about.stage_names[1], "moves");
  for (unsigned s = 0; s < 3; s++)
    record->stages[s] = (struct synched__stage_totals){10 + s, 20 + s, 30 + s};
  record->workers[1].callback_ns = 99;
  synched__record_publish(record, 1, 1);
  record->stages[1].round_count = 7777; /* not published */
  synched__record_read(record, &reading);
  for (unsigned s = 0; s < 3; s++)
    expect_stage(&stages[s], 10 + s, 20 + s, 30 + s);
  cr_assert_eq(workers[1].callback_ns, 99);
  synched__record_reset(record, 0);
  synched__record_read(record, &reading);
  for (unsigned s = 0; s < 3; s++)
    expect_stage(&stages[s], 0, 0, 0);
  synched__record_destroy(record);
}

/* --- reset --- */

Test(record, reset_forgets_all_but_the_shape) {
  struct synched__record *record =
      record_new(&(struct synched__record_shape){.level = SYNCHED_RECORD_TASKS,
                                                 .worker_count = 3,
                                                 .segment_count = 4,
                                                 .round_count = 4,
                                                 .task_count = 4,
                                                 .segment_times = true});
  struct synched__worker_totals workers[3];
  struct synched__reading reading = {.workers = workers};
  struct synched__part part;
  struct synched__round_row row;
  synched__record_reset(record, 0); /* its job's first start */
  write_rounds(record, 1, 21);
  synched__record_call(record, 2, 99);
  synched__histogram_add(&record->segment_histograms[2], 99);
  const struct synched__task task = task_of(1);
  synched__record_task(record, 1, &task);
  synched__record_tick(record, 5, 6);
  record->totals.failed_segment = record->totals.status = 3;
  synched__record_publish(record, 21, 99999);
  synched__record_reset(record, 20); /* 21 has failed, and is computed again */
  cr_assert_eq(synched__load_relaxed(&record->reset_count) % 2, 0);
  synched__record_read(record, &reading);
  cr_assert_eq(reading.totals.round_count, 0);
  cr_assert_eq(reading.totals.last_round, 20);
  cr_assert_eq(reading.totals.failed_segment, -1);
  cr_assert_eq(reading.totals.failed_stage, -1);
  cr_assert_eq(reading.totals.status, 0);
  cr_assert_eq(record->pending_count, 0);
  for (unsigned w = 0; w < 3; w++) {
    cr_assert_eq(workers[w].sampled_count, 0);
    cr_assert_eq(counted(&record->worker_histograms[w]), 0);
    for (uint64_t round = 1; round <= 21; round++) {
      cr_assert_eq(synched__record_read_part(record, w, round, &part), SYNCHED__ROW_NONE);
      cr_assert_eq(synched__record_read_round(record, w, round, &row), SYNCHED__ROW_NONE);
    }
  }
  for (unsigned k = 0; k < SYNCHED__HISTOGRAM_COUNT; k++)
    cr_assert_eq(counted(&record->histograms[k]), 0);
  cr_assert_eq(counted(&record->segment_histograms[2]), 0);
  cr_assert_eq(synched__load_relaxed(&record->segments[2 * record->segment_stride].call_count), 0);
  cr_assert_eq(synched__load_relaxed(&record->tasks[1].begun_count), 0);
  synched__record_destroy(record);
}
