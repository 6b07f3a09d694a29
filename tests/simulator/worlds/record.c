/*
 * record.c: what is written down of rounds, and read meanwhile, without the rounds.
 */
#include "report/record.h"

#include "report/collect.h"
#include "report/model.h"
#include "scene.h"

/* Rings of one row, so that each round is written over the one before. */
static struct synched__record *make_record(void) {
  struct synched__record *record;
  SIM_CHECK(
      synched__record_create(&record, &(struct synched__record_shape){.name = "",
                                                                      .level = SYNCHED_RECORD_TASKS,
                                                                      .worker_count = 1,
                                                                      .segment_count = 1,
                                                                      .round_count = 1,
                                                                      .task_count = 1,
                                                                      .segment_times = true}) == 0);
  record->row_count = record->task_rows = 1;
  return record;
}

static void publish(struct synched__record *record, uint64_t round) {
  record->workers[0].round_count = record->workers[0].call_count = round - record->base_round;
  record->totals.period_ns = 100 * round + 7;
  synched__record_publish(record, round, 100 * round + 8);
}

/* Each word says of which round it is, and which one. */
static void write_round(struct synched__record *record, uint64_t round) {
  const uint64_t base = 100 * round;
  const struct synched__part part = {round,    base + 1, base + 2, base + 3,
                                     base + 4, base + 5, base + 6, base + 7};
  const struct synched__round_row row = {round,    base + 1, base + 2, base + 3,
                                         base + 4, base + 5, base + 6, 0};
  const struct synched__task task = {round, (size_t)round, base, base + round};
  synched__record_call(record, 0, 10);
  synched__record_stolen(record, 0);
  synched__record_task(record, 0, &task);
  synched__record_part(record, 0, &part, SYNCHED__NOT_BEFORE);
  synched__record_round(record, 0, &row, &(struct synched__phase){1, 1, 1});
  publish(record, round);
  synched__counter_add(&record->delivered_count, 1);
}

static void write_rounds(struct synched__record *record, uint64_t last) {
  for (uint64_t round = record->base_round + 1; round <= last; round++)
    write_round(record, round);
}

/* --- rows, calls and totals --- */

static void check_words(const void *words, uint64_t round, unsigned count) {
  for (unsigned i = 1; i < count; i++) {
    const uint64_t word = ((const uint64_t *)words)[i];
    if (word != 100 * round + i)
      sim_fail("word %u of round %llu is %llu", i, (unsigned long long)round,
               (unsigned long long)word);
  }
}

static uint64_t read_totals(struct synched__record *record) {
  struct synched__worker_totals totals;
  struct synched__reading reading = {.workers = &totals};
  synched__record_read(record, &reading);
  const uint64_t last = reading.totals.last_round;
  SIM_CHECK(reading.totals.period_ns == 100 * last + 7 && reading.totals.end_ns == 100 * last + 8);
  SIM_CHECK(totals.round_count == last && totals.call_count == last);
  return last;
}

static void read_rows(struct synched__record *record, uint64_t last) {
  struct synched__part part;
  if (synched__record_read_part(record, 0, last, &part) == SYNCHED__ROW_READ)
    check_words(&part, last, 8);
  struct synched__round_row row;
  if (synched__record_read_round(record, 0, last, &row) == SYNCHED__ROW_READ)
    check_words(&row, last, 7);
  struct synched__task task;
  if (synched__record_read_task(record, 0, last - 1, &task))
    SIM_CHECK(task.round == last && task.segment == last && task.start_ns == 100 * last &&
              task.end_ns == 101 * last);
}

static void write_second(void *record) {
  write_rounds(record, 2);
}

static void write_third(void *record) {
  write_rounds(record, 3);
}

static void publish_third(void *argument) {
  struct synched__record *record = argument;
  for (uint64_t round = 2; round <= 3; round++)
    publish(record, round);
}

/* The first round is there when the reader comes. */
static void run_written(void (*write)(void *), bool has_rows) {
  sim_quietly();
  struct synched__record *record = make_record();
  write_rounds(record, 1);
  sim_aloud();
  const unsigned thread = sim_thread_start(write, record);
  const uint64_t last = read_totals(record);
  if (has_rows)
    read_rows(record, last);
  sim_thread_join(thread);
  sim_quietly();
  synched__record_destroy(record);
}

static void run_record(void) {
  run_written(write_third, true);
}

static void run_rows(void) {
  run_written(write_second, true);
}

static void run_totals(void) {
  run_written(publish_third, false);
}

const struct sim_world sim_world_rows = {
    .name = "record-1x2",
    .about = "a round is written over the one that is read",
    .run = run_rows,
    .bound = 3,
};

const struct sim_world sim_world_totals = {
    .name = "totals-1x3",
    .about = "two rounds' totals are published while those before are read",
    .run = run_totals,
    .bound = 2,
};

const struct sim_world sim_world_record = {
    .name = "record-1x3",
    .about = "two rounds are written over the one that is read",
    .run = run_record,
    .bound = 2,
};

/* --- a report is made while the next run begins --- */

/* All of it is of the run before, whole, or of the next one. */
static void make_report(void *argument) {
  struct synched__record *record = argument;
  struct synched_report *report;
  SIM_CHECK(synched__report_create_for(&report, record) == 0);
  synched__report_collect(report, record);
  const struct synched_report_summary *summary = &report->summary;
  const struct synched_report_segment *segment = &report->segments[0];
  const uint64_t least = summary->round_count, most = least == 3 ? 3 : 1;
  SIM_CHECK(least == 0 || least == 1 || least == 3);
  SIM_CHECK(segment->call_count >= least && segment->call_count <= most);
  SIM_CHECK(segment->stolen_count >= least && segment->stolen_count <= most);
  SIM_CHECK(segment->compute_ns >= 10 * least && segment->compute_ns <= 10 * most);
  SIM_CHECK(segment->longest_ns == 10 || (least == 0 && segment->longest_ns == 0));
  SIM_CHECK(summary->delivered_count <= most);
  synched_report_destroy(report);
}

static void run_reset(void) {
  sim_quietly();
  struct synched__record *record = make_record();
  synched__record_reset(record, 0);
  write_rounds(record, 3);
  sim_aloud();
  const unsigned thread = sim_thread_start(make_report, record);
  synched__record_reset(record, 3);
  write_rounds(record, 4);
  sim_thread_join(thread);
  sim_quietly();
  synched__record_destroy(record);
}

const struct sim_world sim_world_reset = {
    .name = "reset-1x4",
    .about = "a report is made while what is recorded is forgotten, and the next run begins",
    .run = run_reset,
    .bound = 1,
};
