/*
 * record_test.c: what is written down of rounds, and read again. Rounds are made by hand here: who
 * computed how long in each, and who closed it.
 */
#include "report/record.h"

#include <criterion/criterion.h>

#include <inttypes.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "platform/clock.h"
#include "support/support.h"
#include "support/unit_support.h"

static struct synched__record *record_new(const struct synched__record_shape *shape) {
  struct synched__record *record;
  cr_assert_eq(synched__record_create(&record, shape), 0, "%s", synched_error_message());
  return record;
}

/* One that writes down every round. */
static struct synched__record *full_record(unsigned worker_count, size_t round_count) {
  return record_new(&(struct synched__record_shape){.level = SYNCHED_RECORD_ROUNDS,
                                                    .worker_count = worker_count,
                                                    .segment_count = 4,
                                                    .round_count = round_count});
}

/* --- rounds made by hand --- */

#define ROUND_NS 100000u
#define PHASE_NS 80000u

/* Different for each round and worker, and below a phase. */
static uint64_t compute_ns_of(uint64_t round, unsigned worker) {
  return 1000 * (worker + 1) + round % 1000;
}

static uint64_t opened_ns_of(uint64_t round) {
  return round * ROUND_NS;
}

static void write_part(struct synched__record *record, unsigned worker, uint64_t round) {
  const uint64_t start_ns = opened_ns_of(round) + 10;
  const struct synched__part part = {.round = round,
                                     .start_ns = start_ns,
                                     .end_ns = start_ns + compute_ns_of(round, worker),
                                     .compute_ns = compute_ns_of(round, worker),
                                     .calls = worker + 1,
                                     .longest_ns = round};
  synched__record_part(record, worker, &part, SYNCHED__NOT_BEFORE);
}

static struct synched__round_row row_of(uint64_t round) {
  return (struct synched__round_row){.round = round,
                                     .opened_ns = opened_ns_of(round),
                                     .complete_ns = opened_ns_of(round) + PHASE_NS,
                                     .closed_ns = opened_ns_of(round + 1),
                                     .callback_ns = 500};
}

/* The phase of a round that two workers or one have computed; of more it is not known. */
static struct synched__phase known_phase(unsigned worker_count, uint64_t round) {
  struct synched__phase phase = {0};
  for (unsigned w = 0; worker_count <= 2 && w < worker_count; w++) {
    phase.part_count++;
    phase.compute_ns += compute_ns_of(round, w);
    phase.most_ns = compute_ns_of(round, w);
  }
  return phase;
}

/* A round in which all take part, closed by each in turn. */
static void write_round(struct synched__record *record, uint64_t round) {
  const unsigned closer = (unsigned)(round % record->worker_count);
  const struct synched__round_row row = row_of(round);
  const struct synched__phase phase = known_phase(record->worker_count, round);
  record->workers[closer].closed_count++;
  if (!synched__record_samples(record, round))
    return;
  for (unsigned w = 0; w < record->worker_count; w++)
    write_part(record, w, round);
  synched__record_round(record, closer, &row, &phase);
}

static void write_rounds(struct synched__record *record, uint64_t first, uint64_t last) {
  for (uint64_t round = first; round <= last; round++)
    write_round(record, round);
}

static struct synched__worker_totals sum_of(const struct synched__record *record) {
  struct synched__worker_totals sum = {0};
  for (unsigned w = 0; w < record->worker_count; w++) {
    const struct synched__worker_totals *own = &record->workers[w];
    sum.closed_count += own->closed_count;
    sum.sampled_count += own->sampled_count;
    sum.closing_ns += own->closing_ns;
    sum.whole_ns += own->whole_ns;
    sum.phase_ns += own->phase_ns;
    sum.summed_ns += own->summed_ns;
    sum.most_ns += own->most_ns;
    sum.part_ns += own->part_ns;
    sum.callback_ns += own->callback_ns;
  }
  return sum;
}

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

/* --- rings --- */

/* What is read of the rows of a round that is still there, or is not. */
static void expect_rows(struct synched__record *record, uint64_t round, bool there) {
  const struct synched__round_row expected = row_of(round);
  for (unsigned w = 0; w < record->worker_count; w++) {
    struct synched__part part = {0};
    struct synched__round_row row = {0};
    const bool closed = w == round % record->worker_count;
    cr_assert_eq(synched__record_read_part(record, w, round, &part),
                 there ? SYNCHED__ROW_READ : SYNCHED__ROW_LOST);
    cr_assert(!there || (part.round == round && part.compute_ns == compute_ns_of(round, w) &&
                         part.calls == w + 1 && part.longest_ns == round));
    const enum synched__row_state state = synched__record_read_round(record, w, round, &row);
    cr_assert(!there || (state == SYNCHED__ROW_READ) == closed);
    cr_assert(state != SYNCHED__ROW_READ || memcmp(&row, &expected, sizeof row) == 0);
  }
}

Test(record, rings_hold_the_last_rounds) {
  for (unsigned workers = 1; workers <= 3; workers++)
    for (uint64_t first = 1; first <= 3; first++)
      for (uint64_t last = first; last <= first + 70; last += 7) {
        struct synched__record *record = full_record(workers, 20);
        synched__record_reset(record, first - 1);
        write_rounds(record, first, last);
        for (uint64_t round = last; round >= first; round--)
          expect_rows(record, round, last - round < record->row_count);
        synched__record_destroy(record);
      }
}

Test(record, row_written_over_is_lost_and_one_not_written_is_none) {
  struct synched__record *record = full_record(3, 20);
  const uint64_t ring = record->row_count;
  struct synched__part part;
  write_part(record, 0, 5);
  write_part(record, 1, 5 + ring);
  cr_assert_eq(synched__record_read_part(record, 0, 5, &part), SYNCHED__ROW_READ);
  cr_assert_eq(synched__record_read_part(record, 1, 5, &part), SYNCHED__ROW_LOST);
  cr_assert_eq(synched__record_read_part(record, 2, 5, &part), SYNCHED__ROW_NONE);
  cr_assert_eq(synched__record_read_part(record, 0, 5 + ring, &part), SYNCHED__ROW_NONE);
  cr_assert_eq(synched__record_read_part(record, 1, 5 + ring, &part), SYNCHED__ROW_READ);
  synched__record_destroy(record);
}

/* One writes rounds as fast as it can; whoever reads must find whole rows. */
struct chase {
  struct synched__record *record;
  _Atomic uint64_t last; /* written */
  _Atomic uint32_t over;
};

static void *write_on(void *argument) {
  struct chase *chase = argument;
  for (uint64_t round = 1; atomic_load(&chase->over) == 0; round++) {
    write_part(chase->record, 0, round);
    atomic_store(&chase->last, round);
  }
  return NULL;
}

Test(record, row_read_while_it_is_written_over_is_whole_or_lost) {
  struct chase chase = {.record = full_record(1, 1)};
  struct crew crew = {0};
  crew_add(&crew, write_on, &chase);
  unsigned read_count = 0, wrong_count = 0;
  for (unsigned i = 0; i < at_most(200000, 2000) || read_count == 0; i++) {
    const uint64_t round = atomic_load(&chase.last);
    struct synched__part part = {0};
    if (round == 0 || synched__record_read_part(chase.record, 0, round, &part) != SYNCHED__ROW_READ)
      continue;
    read_count++;
    wrong_count += part.round != round || part.start_ns != opened_ns_of(round) + 10 ||
                   part.compute_ns != compute_ns_of(round, 0) || part.longest_ns != round;
  }
  atomic_store(&chase.over, 1);
  crew_join(&crew);
  cr_assert_eq(wrong_count, 0, "%u of %u", wrong_count, read_count);
  synched__record_destroy(chase.record);
}

/* --- adding up --- */

/* All that is written down of the rounds is added up, once. */
static void expect_sums(const struct synched__record *record, uint64_t first, uint64_t last) {
  const struct synched__worker_totals sum = sum_of(record);
  const unsigned workers = record->worker_count;
  uint64_t count = 0, summed_ns = 0, most_ns = 0;
  for (uint64_t round = first; round <= last; round++) {
    count++;
    for (unsigned w = 0; w < workers; w++)
      summed_ns += compute_ns_of(round, w);
    most_ns += compute_ns_of(round, workers - 1);
  }
  cr_assert_eq(sum.sampled_count, count);
  cr_assert_eq(sum.whole_ns, count * ROUND_NS);
  cr_assert_eq(sum.phase_ns, count * PHASE_NS);
  cr_assert_eq(sum.closing_ns, count * (ROUND_NS - PHASE_NS));
  cr_assert_eq(sum.callback_ns, count * 500);
  cr_assert_eq(sum.summed_ns, summed_ns);
  cr_assert_eq(sum.most_ns, most_ns);
  cr_assert_eq(sum.part_ns, workers * most_ns);
}

static uint64_t counted(const struct synched__histogram *histogram) {
  uint64_t count = 0;
  for (unsigned i = 0; i < SYNCHED__BUCKET_COUNT; i++)
    count += synched__load_relaxed(&histogram->counts[i]);
  return count;
}

Test(record, rounds_of_any_number_of_workers_are_added_up_once) {
  static const unsigned worker_counts[] = {1, 2, 3, 16};
  for (unsigned i = 0; i < LENGTH(worker_counts); i++)
    for (uint64_t first = 1; first <= 9; first += 4) {
      const uint64_t last = first + 100;
      struct synched__record *record = full_record(worker_counts[i], 5);
      synched__record_reset(record, first - 1);
      write_rounds(record, first, last);
      synched__record_fold(record, 0);
      expect_sums(record, first, last);
      for (unsigned k = 0; k < SYNCHED__HISTOGRAM_LATENESS; k++)
        cr_assert_eq(counted(&record->histograms[k]), last - first + 1, "kind %u", k);
      for (unsigned w = 0; w < record->worker_count; w++)
        cr_assert_eq(counted(&record->worker_histograms[w]), last - first + 1);
      synched__record_fold(record, 1 % record->worker_count); /* there is nothing more */
      expect_sums(record, first, last);
      synched__record_destroy(record);
    }
}

Test(record, shared_rounds_among_solo_ones_are_folded_before_they_are_written_over) {
  struct synched__record *record = full_record(3, 1);
  uint64_t summed_ns = 0;
  for (uint64_t round = 1; round <= 5000; round++) {
    const bool is_solo = round % 7 != 0;
    const struct synched__round_row row = row_of(round);
    const struct synched__phase alone = {1, compute_ns_of(round, 0), compute_ns_of(round, 0)};
    const struct synched__phase unknown = {0};
    for (unsigned w = 0; w < (is_solo ? 1u : 3u); w++) {
      write_part(record, w, round);
      summed_ns += compute_ns_of(round, w);
    }
    synched__record_round(record, 0, &row, is_solo ? &alone : &unknown);
  }
  synched__record_fold(record, 0);
  cr_assert_eq(sum_of(record).sampled_count, 5000);
  cr_assert_eq(sum_of(record).whole_ns, 5000 * ROUND_NS);
  cr_assert_eq(sum_of(record).summed_ns, summed_ns);
  synched__record_destroy(record);
}

Test(record, part_in_several_stretches_counts_once) {
  struct synched__record *record = full_record(1, 4);
  struct synched__part part = {.round = 1, .start_ns = 10, .end_ns = 10};
  synched__record_part(record, 0, &part, SYNCHED__NOT_BEFORE);
  part.compute_ns = 100; /* the first stretch took no time: its calls were skipped */
  synched__record_part(record, 0, &part, 0);
  part.end_ns = 500;
  part.compute_ns = 300;
  synched__record_part(record, 0, &part, 100);
  struct synched__part read;
  cr_assert_eq(synched__record_read_part(record, 0, 1, &read), SYNCHED__ROW_READ);
  cr_assert_eq(read.compute_ns, 300);
  cr_assert_eq(counted(&record->worker_histograms[0]), 1);
  cr_assert_eq(synched__load_relaxed(&record->worker_histograms[0].counts[synched__bucket_of(300)]),
               1);
  synched__record_destroy(record);
}

Test(record, clocks_that_differ_make_no_negative_times) {
  struct synched__record *record = full_record(2, 4);
  /* Complete before it was opened, and computed for longer than it lasted. */
  const struct synched__round_row row = {
      .round = 1, .opened_ns = 1000, .complete_ns = 990, .closed_ns = 995};
  const struct synched__phase phase = {2, 150, 80};
  synched__record_round(record, 0, &row, &phase);
  const struct synched__worker_totals sum = sum_of(record);
  cr_assert_eq(sum.whole_ns, 0);
  cr_assert_eq(sum.phase_ns, 80);
  cr_assert_eq(sum.closing_ns, 5);
  cr_assert_eq(
      synched__load_relaxed(&record->histograms[SYNCHED__HISTOGRAM_WAIT].counts[2 * 80 - 150]), 1);
  cr_assert_eq(synched__load_relaxed(&record->histograms[SYNCHED__HISTOGRAM_CLOSING].counts[0]), 1);
  synched__record_destroy(record);
}

Test(record, dropped_round_counts_and_is_not_shown) {
  for (unsigned workers = 1; workers <= 3; workers++) {
    struct synched__record *record = full_record(workers, 20);
    const uint64_t last = record->row_count; /* the next one is written over the first */
    struct synched__part part;
    struct synched__round_row row = row_of(last + 1);
    row.solo = workers == 1;
    write_rounds(record, 1, last);
    for (unsigned w = 0; w < workers; w++)
      write_part(record, w, last + 1);
    record->workers[0].solo_count += workers == 1;
    synched__record_drop(record, 0, &row);
    synched__record_fold(record, 0);
    expect_sums(record, 1, last + 1);
    cr_assert_eq(record->workers[0].solo_count, 0);
    for (unsigned w = 0; w < workers; w++) {
      cr_assert_eq(synched__record_read_part(record, w, last + 1, &part), SYNCHED__ROW_NONE);
      cr_assert_eq(synched__record_read_part(record, w, 1, &part), SYNCHED__ROW_LOST,
                   "round 1 is not one without calls");
      cr_assert_eq(synched__record_read_part(record, w, 2, &part), SYNCHED__ROW_READ);
    }
    /* It is computed again. */
    write_round(record, last + 1);
    expect_rows(record, last + 1, true);
    synched__record_destroy(record);
  }
}

/* --- which rounds are written down --- */

Test(record, short_rounds_are_written_down_in_runs_and_all_of_each) {
  static const struct {
    uint64_t whole_ns;
    unsigned one_in;
  } cases[] = {{100, 32}, {499, 32}, {500, 8}, {1999, 8}, {2000, 1}, {1000000, 1}};
  for (size_t i = 0; i < LENGTH(cases); i++) {
    struct synched__record *record = record_new(&(struct synched__record_shape){
        .level = SYNCHED_RECORD_TOTALS, .worker_count = 3, .segment_count = 1, .round_count = 1});
    record->workers[1].whole_ns = 10 * cases[i].whole_ns;
    record->workers[1].sampled_count = 10;
    synched__record_publish(record, 1, 1);
    uint64_t count = 0;
    for (uint64_t round = 0; round < 64000; round++) {
      const bool sampled = synched__record_samples(record, round);
      count += sampled;
      cr_assert_eq(sampled, synched__record_samples(record, round & ~UINT64_C(7)), "a run of 8");
    }
    const double expected = 64000.0 / cases[i].one_in;
    cr_assert((double)count >= 0.9 * expected && (double)count <= 1.1 * expected,
              "%" PRIu64 " of %" PRIu64 " ns", count, cases[i].whole_ns);
    synched__record_destroy(record);
  }
}

Test(record, higher_levels_write_down_every_round) {
  struct synched__record *record = full_record(2, 1);
  record->workers[0].whole_ns = record->workers[0].sampled_count = 1;
  synched__record_publish(record, 1, 1);
  for (uint64_t round = 0; round < 1000; round++)
    cr_assert(synched__record_samples(record, round));
  synched__record_destroy(record);
}

/* With a ring that is shorter than what lies between two runs. */
Test(record, sampled_rounds_are_folded_before_they_are_written_over) {
  struct synched__record *record = record_new(&(struct synched__record_shape){
      .level = SYNCHED_RECORD_TOTALS, .worker_count = 3, .segment_count = 1, .round_count = 1});
  record->sample_count = SYNCHED__SAMPLE_ALL / 32;
  uint64_t count = 0, summed_ns = 0;
  for (uint64_t round = 1; round <= 100000; round++) {
    write_round(record, round);
    if (!synched__record_samples(record, round))
      continue;
    count++;
    for (unsigned w = 0; w < 3; w++)
      summed_ns += compute_ns_of(round, w);
  }
  synched__record_fold(record, 0);
  const struct synched__worker_totals sum = sum_of(record);
  cr_assert_eq(sum.closed_count, 100000);
  cr_assert_eq(sum.sampled_count, count);
  cr_assert_eq(sum.summed_ns, summed_ns);
  cr_assert_eq(sum.whole_ns, count * ROUND_NS);
  synched__record_destroy(record);
}

/* --- between rounds --- */

static struct synched__totals after_gap(struct synched__gap gap, uint64_t others_ns,
                                        uint64_t span_ns) {
  struct synched__record *record = full_record(1, 1);
  synched__record_leave(record, 1000, 500);
  record->gap = gap;
  synched__record_enter(record, 1000 + span_ns, 500 + others_ns);
  const struct synched__totals totals = record->totals;
  cr_assert_eq(record->left_ns, 0);
  cr_assert_eq(record->gap.paused_ns + record->gap.buffer_ns + record->gap.tick_ns, 0);
  cr_assert_eq(totals.between_ns + totals.gap.others_ns + totals.gap.paused_ns +
                   totals.gap.buffer_ns + totals.gap.tick_ns,
               span_ns, "each moment counts once");
  synched__record_destroy(record);
  return totals;
}

Test(record, gap_each_moment_counts_for_what_comes_first) {
  const struct synched__gap all = {.paused_ns = 20, .buffer_ns = 30, .tick_ns = 40};
  struct synched__totals totals = after_gap(all, 10, 105);
  cr_assert_eq(totals.gap.others_ns, 10);
  cr_assert_eq(totals.gap.paused_ns, 20);
  cr_assert_eq(totals.gap.buffer_ns, 30);
  cr_assert_eq(totals.gap.tick_ns, 40);
  cr_assert_eq(totals.between_ns, 5);
  /* They overlap. */
  totals = after_gap(all, 10, 50);
  cr_assert_eq(totals.gap.others_ns, 10);
  cr_assert_eq(totals.gap.paused_ns, 20);
  cr_assert_eq(totals.gap.buffer_ns, 20);
  cr_assert_eq(totals.gap.tick_ns, 0);
  cr_assert_eq(totals.between_ns, 0);
  totals = after_gap(all, 200, 50);
  cr_assert_eq(totals.gap.others_ns, 50);
  cr_assert_eq(totals.gap.paused_ns, 0);
  totals = after_gap((struct synched__gap){0}, 0, 50);
  cr_assert_eq(totals.between_ns, 50);
  totals = after_gap(all, 10, 0);
  cr_assert_eq(totals.gap.others_ns, 0);
}

Test(record, tick_waits_from_the_last_round_to_its_due_time) {
  struct synched__record *record = full_record(1, 1);
  synched__record_leave(record, 1000, 0);
  synched__record_tick(record, 30, 1100);
  synched__record_enter(record, 1100, 0);
  cr_assert_eq(record->totals.gap.tick_ns, 70);
  cr_assert_eq(record->totals.between_ns, 30);
  cr_assert_eq(record->lateness_ns, 30);
  cr_assert_eq(synched__load_relaxed(&record->histograms[SYNCHED__HISTOGRAM_LATENESS].counts[30]),
               1);
  /* It was due before the last round had ended. */
  synched__record_leave(record, 2000, 0);
  synched__record_tick(record, 500, 2010);
  synched__record_enter(record, 2010, 0);
  cr_assert_eq(record->totals.gap.tick_ns, 70);
  cr_assert_eq(record->totals.between_ns, 40);
  synched__record_destroy(record);
}

/* --- calls --- */

static struct synched__record *task_record(unsigned worker_count, size_t task_count) {
  return record_new(&(struct synched__record_shape){.level = SYNCHED_RECORD_TASKS,
                                                    .worker_count = worker_count,
                                                    .segment_count = SYNCHED_SEGMENTS_MAX,
                                                    .round_count = 1,
                                                    .task_count = task_count});
}

static struct synched__task task_of(uint64_t number) {
  return (struct synched__task){.round = number / 3 + 1,
                                .segment = SYNCHED_SEGMENTS_MAX - 1 - (size_t)number,
                                .start_ns = 1000 * number,
                                .end_ns = 1000 * number + number % 900};
}

Test(record, task_ring_holds_each_workers_last_calls) {
  struct synched__record *record = task_record(2, 20);
  const uint64_t count = 3 * record->task_rows + 5;
  for (uint64_t number = 0; number < count; number++) {
    const struct synched__task task = task_of(number);
    synched__record_task(record, 1, &task);
  }
  for (uint64_t number = 0; number < count; number++) {
    struct synched__task task;
    const struct synched__task expected = task_of(number);
    const bool read = synched__record_read_task(record, 1, number, &task);
    cr_assert_eq(read, number + record->task_rows >= count);
    cr_assert(!read || memcmp(&task, &expected, sizeof task) == 0, "call %" PRIu64, number);
  }
  cr_assert_eq(synched__load_relaxed(&record->tasks[0].begun_count), 0);
  synched__record_destroy(record);
}

Test(record, task_of_any_length_leaves_its_segment_alone) {
  struct synched__record *record = task_record(1, 4);
  const uint64_t most_ns = (UINT64_C(1) << SYNCHED__TASK_NS_BITS) - 1;
  const struct synched__task tasks[] = {{1, SYNCHED_SEGMENTS_MAX - 1, 10, 10 + most_ns + 5},
                                        {1, 7, 10, 5},
                                        {1, SYNCHED_SEGMENTS_MAX - 1, 0, UINT64_MAX}};
  const uint64_t shown_ns[] = {most_ns, 0, most_ns};
  for (uint64_t i = 0; i < 3; i++) {
    struct synched__task task;
    synched__record_task(record, 0, &tasks[i]);
    cr_assert(synched__record_read_task(record, 0, i, &task));
    cr_assert_eq(task.segment, tasks[i].segment);
    cr_assert_eq(task.end_ns - task.start_ns, shown_ns[i]);
  }
  synched__record_destroy(record);
}

static void *write_tasks_on(void *argument) {
  struct chase *chase = argument;
  for (uint64_t number = 0; atomic_load(&chase->over) == 0; number++) {
    const struct synched__task task = {number, number % 1000, number, 2 * number};
    synched__record_task(chase->record, 0, &task);
    atomic_store(&chase->last, number + 1);
  }
  return NULL;
}

Test(record, task_read_while_it_is_written_over_is_whole_or_lost) {
  struct chase chase = {.record = task_record(1, 1)};
  struct crew crew = {0};
  crew_add(&crew, write_tasks_on, &chase);
  unsigned read_count = 0, wrong_count = 0;
  for (unsigned i = 0; i < at_most(200000, 2000) || read_count == 0; i++) {
    const uint64_t end = atomic_load(&chase.last);
    struct synched__task task;
    if (end == 0 || !synched__record_read_task(chase.record, 0, end - 1, &task))
      continue;
    read_count++;
    wrong_count += task.round != end - 1 || task.start_ns != end - 1 ||
                   task.end_ns != 2 * (end - 1) || task.segment != (end - 1) % 1000;
  }
  atomic_store(&chase.over, 1);
  crew_join(&crew);
  cr_assert_eq(wrong_count, 0, "%u of %u", wrong_count, read_count);
  synched__record_destroy(chase.record);
}

Test(record, calls_add_up_per_segment) {
  struct synched__record *record =
      record_new(&(struct synched__record_shape){.level = SYNCHED_RECORD_TOTALS,
                                                 .worker_count = 1,
                                                 .segment_count = 5000,
                                                 .round_count = 1,
                                                 .segment_times = true});
  cr_assert_null(record->segment_histograms);
  for (size_t s = 0; s < 5000; s++) {
    synched__record_call(record, s, s);
    synched__record_call(record, s, 2 * s);
    synched__record_call(record, s, 1);
    synched__record_stolen(record, s);
  }
  for (size_t s = 0; s < 5000; s++) {
    const struct synched__segment_record *row = &record->segments[s * record->segment_stride];
    cr_assert_eq(synched__load_relaxed(&row->call_count), 3);
    cr_assert_eq(synched__load_relaxed(&row->stolen_count), 1);
    cr_assert_eq(synched__load_relaxed(&row->compute_ns), 3 * s + 1);
    cr_assert_eq(synched__load_relaxed(&row->longest_ns), s == 0 ? 1 : 2 * s);
  }
  synched__record_destroy(record);
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
