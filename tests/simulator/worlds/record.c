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
                                                                      .exchange_count = 1,
                                                                      .segment_times = true}) == 0);
  record->row_count = record->task_rows = record->exchange_rows = 1;
  return record;
}

static void publish(struct synched__record *record, uint64_t round) {
  record->workers[0].round_count = record->workers[0].call_count = round - record->base_round;
  record->totals.period_ns = 100 * round + 7;
  synched__record_publish(record, round, 100 * round + 8);
}

/* Each word says of which round it is, and which one. */
static void write_part(struct synched__record *record, uint64_t round) {
  const uint64_t base = 100 * round;
  const struct synched__part part = {round,    base + 1, base + 2, base + 3,
                                     base + 4, base + 5, base + 6, base + 7};
  synched__record_part(record, 0, &part, SYNCHED__NOT_BEFORE);
}

static void write_row(struct synched__record *record, uint64_t round) {
  const uint64_t base = 100 * round;
  const struct synched__round_row row = {round,    base + 1, base + 2, base + 3,
                                         base + 4, base + 5, base + 6, 0};
  synched__record_round(record, 0, &row, &(struct synched__phase){1, 1, 1});
}

static void write_task(struct synched__record *record, uint64_t round) {
  const struct synched__task task = {round, (size_t)round, 100 * round, 101 * round};
  synched__record_task(record, 0, &task);
}

/* Its number is that of the round. */
static void write_exchange(struct synched__record *record, uint64_t round) {
  const uint64_t base = 100 * round;
  struct synched__exchange_row row = {0,        base + 1, base + 2, base + 3,
                                      base + 4, base + 5, base + 6, base + 7};
  synched__record_exchange(record, &row, false);
}

static void write_round(struct synched__record *record, uint64_t round) {
  synched__record_call(record, 0, 10);
  synched__record_stolen(record, 0);
  write_task(record, round);
  write_part(record, round);
  write_row(record, round);
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

static void read_part(struct synched__record *record, uint64_t round) {
  struct synched__part part;
  if (synched__record_read_part(record, 0, round, &part) == SYNCHED__ROW_READ)
    check_words(&part, round, 8);
}

static void read_row(struct synched__record *record, uint64_t round) {
  struct synched__round_row row;
  if (synched__record_read_round(record, 0, round, &row) == SYNCHED__ROW_READ)
    check_words(&row, round, 7);
}

static void read_task(struct synched__record *record, uint64_t round) {
  struct synched__task task;
  if (synched__record_read_task(record, 0, round - 1, &task))
    SIM_CHECK(task.round == round && task.segment == round && task.start_ns == 100 * round &&
              task.end_ns == 101 * round);
}

static void read_exchange(struct synched__record *record, uint64_t round) {
  struct synched__exchange_row row;
  if (synched__record_read_exchange(record, round, &row) == SYNCHED__ROW_READ)
    check_words(&row, round, 8);
}

static void read_rows(struct synched__record *record, uint64_t last) {
  read_part(record, last);
  read_row(record, last);
  read_task(record, last);
}

/* --- one row, and the next one over it --- */

struct written {
  struct synched__record *record;
  void (*put)(struct synched__record *record, uint64_t round);
};

static void write_over(void *argument) {
  const struct written *written = argument;
  written->put(written->record, 2);
}

static void run_over(void (*put)(struct synched__record *record, uint64_t round),
                     void (*get)(struct synched__record *record, uint64_t round)) {
  sim_quietly();
  struct written written = {make_record(), put};
  put(written.record, 1);
  sim_aloud();
  const unsigned thread = sim_thread_start(write_over, &written);
  get(written.record, 1);
  sim_quietly();
  sim_thread_join(thread);
  synched__record_destroy(written.record);
}

static void run_part(void) {
  run_over(write_part, read_part);
}

static void run_row(void) {
  run_over(write_row, read_row);
}

static void run_task(void) {
  run_over(write_task, read_task);
}

static void run_exchange(void) {
  run_over(write_exchange, read_exchange);
}

const struct sim_world sim_world_part = {
    .name = "part-1x1",
    .about = "a worker's part is written over the one that is read",
    .run = run_part,
    .bound = 3,
};

const struct sim_world sim_world_row = {
    .name = "row-1x1",
    .about = "a round's row is written over the one that is read",
    .run = run_row,
    .bound = 3,
};

const struct sim_world sim_world_task = {
    .name = "task-1x1",
    .about = "a call is written over the one that is read",
    .run = run_task,
    .bound = 3,
};

const struct sim_world sim_world_exchange = {
    .name = "exchange-1x1",
    .about = "what a rank has exchanged is written over what is read",
    .run = run_exchange,
    .bound = 3,
};

/* --- all of it --- */

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

/* --- a row is read while all is forgotten --- */

static void forget(void *record) {
  synched__record_reset(record, 1);
}

/* It is whole, or there is none. */
static void run_forgotten(void) {
  sim_quietly();
  struct synched__record *record = make_record();
  synched__record_reset(record, 0);
  synched__record_reset(record, 0);
  write_rounds(record, 1);
  sim_aloud();
  const unsigned thread = sim_thread_start(forget, record);
  read_rows(record, 1);
  sim_quietly();
  sim_thread_join(thread);
  synched__record_destroy(record);
}

const struct sim_world sim_world_forgotten = {
    .name = "forgotten-1x1",
    .about = "a row is read while all that is recorded is forgotten",
    .run = run_forgotten,
    .bound = 3,
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

static void run_reported(uint64_t last) {
  sim_quietly();
  struct synched__record *record = make_record();
  synched__record_reset(record, 0);
  write_rounds(record, 3);
  sim_aloud();
  const unsigned thread = sim_thread_start(make_report, record);
  synched__record_reset(record, 3);
  write_rounds(record, last);
  sim_thread_join(thread);
  sim_quietly();
  synched__record_destroy(record);
}

static void run_reset(void) {
  run_reported(4);
}

static void run_emptied(void) {
  run_reported(3);
}

const struct sim_world sim_world_emptied = {
    .name = "reset-1x3",
    .about = "a report is made while what is recorded is forgotten",
    .run = run_emptied,
    .bound = 2,
};

const struct sim_world sim_world_reset = {
    .name = "reset-1x4",
    .about = "a report is made while what is recorded is forgotten, and the next run begins",
    .run = run_reset,
    .bound = 1,
};
