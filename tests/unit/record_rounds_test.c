/*
 * record_rounds_test.c: what is written down of rounds, and how it is added up: rings, sums,
 * samples, gaps.
 */
#include "report/record.h"

#include <criterion/criterion.h>

#include <inttypes.h>
#include <string.h>

#include "support/rounds_by_hand.h"
#include "support/support.h"
#include "support/unit_support.h"

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

Test(record_rounds, rings_hold_the_last_rounds) {
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

Test(record_rounds, row_written_over_is_lost_and_one_not_written_is_none) {
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

static void *write_on(void *argument) {
  struct chase *chase = argument;
  for (uint64_t round = 1; atomic_load(&chase->over) == 0; round++) {
    write_part(chase->record, 0, round);
    atomic_store(&chase->last, round);
  }
  return NULL;
}

Test(record_rounds, row_read_while_it_is_written_over_is_whole_or_lost) {
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

Test(record_rounds, rounds_of_any_number_of_workers_are_added_up_once) {
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

Test(record_rounds, shared_rounds_among_solo_ones_are_folded_before_they_are_written_over) {
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

Test(record_rounds, part_in_several_stretches_counts_once) {
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

Test(record_rounds, clocks_that_differ_make_no_negative_times) {
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

Test(record_rounds, dropped_round_counts_and_is_not_shown) {
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

Test(record_rounds, short_rounds_are_written_down_in_runs_and_all_of_each) {
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

Test(record_rounds, higher_levels_write_down_every_round) {
  struct synched__record *record = full_record(2, 1);
  record->workers[0].whole_ns = record->workers[0].sampled_count = 1;
  synched__record_publish(record, 1, 1);
  for (uint64_t round = 0; round < 1000; round++)
    cr_assert(synched__record_samples(record, round));
  synched__record_destroy(record);
}

/* With a ring that is shorter than what lies between two runs. */
Test(record_rounds, sampled_rounds_are_folded_before_they_are_written_over) {
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

Test(record_rounds, gap_each_moment_counts_for_what_comes_first) {
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

Test(record_rounds, tick_waits_from_the_last_round_to_its_due_time) {
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
