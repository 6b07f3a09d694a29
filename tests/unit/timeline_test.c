/*
 * timeline_test.c: the walk over a report, as an encoder sees it: slices nest and times rise on
 * each track, whatever is in the report.
 */
#include "report/timeline.h"

#include "support/written.h"

#include "support/unit_support.h"

#define DEPTH_MAX 2u

/* What was seen of all of it. */
struct seen {
  unsigned depth, track;
  struct synched__timeline_slice open[DEPTH_MAX];
  uint64_t reached_ns;
  size_t counts[SYNCHED__TIMELINE_KINDS];
  size_t track_count, departures, arrivals, samples[SYNCHED__TIMELINE_COUNTERS];
  uint64_t departure_sum, arrival_sum;
  uint64_t first_start_ns[SYNCHED__TIMELINE_KINDS], first_end_ns[SYNCHED__TIMELINE_KINDS];
};

static void see_head(void *state, const struct synched__timeline_head *head) {
  (void)state;
  cr_assert_str_eq(head->facts[0].name, "job");
}

static void see_track(void *state, unsigned track, const char *thread_name) {
  struct seen *seen = state;
  /* A rank without messages leaves its track out. */
  cr_assert_geq(track, seen->track_count++);
  seen->track = track;
  cr_assert(strchr(thread_name, '/') != NULL || strcmp(thread_name, "messages") == 0);
  cr_assert_eq(seen->depth, 0u);
  seen->reached_ns = 0;
}

static void see_begin(void *state, const struct synched__timeline_slice *slice) {
  struct seen *seen = state;
  cr_assert_lt(seen->depth, DEPTH_MAX);
  cr_assert_eq(slice->track, seen->track);
  cr_assert_geq(slice->start_ns, seen->reached_ns);
  cr_assert_geq(slice->end_ns, slice->start_ns);
  if (seen->depth > 0)
    cr_assert_leq(slice->end_ns, seen->open[seen->depth - 1].end_ns);
  seen->open[seen->depth++] = *slice;
  seen->reached_ns = slice->start_ns;
  if (seen->counts[slice->kind]++ == 0) {
    seen->first_start_ns[slice->kind] = slice->start_ns;
    seen->first_end_ns[slice->kind] = slice->end_ns;
  }
  seen->departures += slice->departure != 0;
  seen->departure_sum += slice->departure;
  seen->arrivals += slice->arrival_count;
  for (size_t i = 0; i < slice->arrival_count; i++)
    seen->arrival_sum += slice->arrivals[i];
}

static void see_end(void *state, const struct synched__timeline_slice *slice) {
  struct seen *seen = state;
  cr_assert_gt(seen->depth, 0u);
  cr_assert_eq(seen->open[--seen->depth].start_ns, slice->start_ns);
  cr_assert_geq(slice->end_ns, seen->reached_ns);
  seen->reached_ns = slice->end_ns;
}

static void see_counter(void *state, enum synched__timeline_counter counter) {
  (void)counter;
  ((struct seen *)state)->reached_ns = 0;
}

static void see_sample(void *state, enum synched__timeline_counter counter, uint64_t at_ns,
                       uint64_t value) {
  struct seen *seen = state;
  (void)value;
  cr_assert_geq(at_ns, seen->reached_ns);
  seen->reached_ns = at_ns;
  seen->samples[counter]++;
}

static struct seen see(const struct synched_report *report) {
  static const struct synched__timeline_encoder encoder = {
      .open = see_head,
      .track = see_track,
      .begin = see_begin,
      .end = see_end,
      .counter = see_counter,
      .sample = see_sample,
  };
  struct seen seen = {.depth = 0};
  cr_assert_eq(synched__timeline_walk(report, &encoder, &seen), 0);
  cr_assert_eq(seen.depth, 0u);
  cr_assert_eq(seen.departures, seen.arrivals);
  cr_assert_eq(seen.departure_sum, seen.arrival_sum);
  return seen;
}

static void add_task(struct synched_report *report, unsigned worker, uint64_t start_ns,
                     uint64_t compute_ns) {
  report->tasks[report->task_count++] = (struct synched_report_task){
      .worker = worker, .round = 1, .start_ns = start_ns, .compute_ns = compute_ns};
}

Test(timeline, walk_has_all_that_is_recorded) {
  struct synched_report *report = create(3, 4);
  record_run(report, 1, 4, 4);
  report->rounds[2].callback_ns = 100;
  const struct seen seen = see(report);
  cr_expect_eq(seen.track_count, 3u);
  cr_expect_eq(seen.counts[SYNCHED__TIMELINE_PART], 12u);
  cr_expect_eq(seen.counts[SYNCHED__TIMELINE_CLOSING], 4u);
  cr_expect_eq(seen.counts[SYNCHED__TIMELINE_CALLBACK], 1u);
  cr_expect_eq(seen.departures, 8u);
  cr_expect_eq(seen.samples[SYNCHED__TIMELINE_COUNTER_ROUND], 4u);
  cr_expect_eq(seen.samples[SYNCHED__TIMELINE_COUNTER_LATENESS], 0u);
  synched_report_destroy(report);
}

Test(timeline, solo_rounds_have_no_flows) {
  struct synched_report *report = create(2, 1);
  record_run(report, 1, 1, 1);
  report->rounds[0].solo = 1;
  cr_expect_eq(see(report).departures, 0u);
  synched_report_destroy(report);
}

/* Two ranks, each of which closes its own part of a round: the second one has two workers. */
Test(timeline, ranks_have_their_messages_and_close_by_themselves) {
  struct synched_report *report = create(3, 2);
  record_run(report, 1, 2, 2);
  add_ranks(report);
  for (size_t i = 0; i < 2; i++)
    report->rank_rounds[2 * i + 1].closer = 2;
  report->exchanges[1].agreed_ns = 0;
  const struct seen seen = see(report);
  cr_expect_eq(seen.track_count, 3 + 2);
  cr_expect_eq(seen.counts[SYNCHED__TIMELINE_MESSAGES], 3);
  cr_expect_eq(seen.counts[SYNCHED__TIMELINE_AGREEMENT], 2);
  cr_expect_eq(seen.counts[SYNCHED__TIMELINE_CLOSING], 4);
  /* Only the second rank has a worker beside the one that closes. */
  cr_expect_eq(seen.departures, 2);
  cr_expect_eq(seen.arrivals, 2);
  synched_report_destroy(report);
}

Test(timeline, ranks_without_exchanges_have_no_messages) {
  struct synched_report *report = create(2, 2);
  record_run(report, 1, 2, 2);
  add_ranks(report);
  report->exchange_count = 1;
  report->exchanges[0].rank = 1;
  const struct seen seen = see(report);
  cr_expect_eq(seen.track_count, 2 + 1);
  cr_expect_eq(seen.counts[SYNCHED__TIMELINE_MESSAGES], 1);
  report->exchange_count = 0;
  cr_expect_eq(see(report).counts[SYNCHED__TIMELINE_MESSAGES], 0);
  synched_report_destroy(report);
}

Test(timeline, calls_are_sorted_by_time) {
  struct synched_report *report = create(2, 1);
  record_run(report, 1, 1, 1);
  add_task(report, 1, 1000300, 10);
  add_task(report, 0, 1000500, 10);
  add_task(report, 1, 1000100, 10);
  add_task(report, 0, 1000200, 10);
  add_task(report, 0, 1000200, 10);
  const struct seen seen = see(report);
  cr_expect_eq(seen.counts[SYNCHED__TIMELINE_TASK], 5u);
  cr_expect_eq(seen.first_start_ns[SYNCHED__TIMELINE_TASK], 1000200u);
  synched_report_destroy(report);
}

Test(timeline, calls_of_rounds_that_are_gone_are_on_the_track) {
  struct synched_report *report = create(1, 1);
  record_run(report, 5, 5, 1);
  add_task(report, 0, 1000000, 500);
  add_task(report, 0, 9000000, 500);
  const struct seen seen = see(report);
  cr_expect_eq(seen.counts[SYNCHED__TIMELINE_TASK], 2u);
  cr_expect_eq(seen.first_end_ns[SYNCHED__TIMELINE_TASK], 1000500u);
  synched_report_destroy(report);
}

Test(timeline, sleeps_come_before_the_part_and_after_what_was_there) {
  struct synched_report *report = create(1, 2);
  record_run(report, 1, 2, 2);
  report->rounds[0].total_ns = 400000;
  report->parts[1].slept_ns = 10000000;
  const struct seen seen = see(report);
  cr_expect_eq(seen.counts[SYNCHED__TIMELINE_SLEEP], 1u);
  cr_expect_eq(seen.first_start_ns[SYNCHED__TIMELINE_SLEEP], 1400000u);
  cr_expect_eq(seen.first_end_ns[SYNCHED__TIMELINE_SLEEP], 2000000u);
  synched_report_destroy(report);
}

Test(timeline, clocks_that_disagree_are_put_right) {
  struct synched_report *report = create(1, 2);
  record_run(report, 1, 2, 2);
  report->rounds[0].phase_ns -= 3; /* the closing begins before the part ends */
  report->rounds[0].total_ns += 3; /* and ends after the next one has begun */
  add_task(report, 0, report->parts[0].start_ns, 101004);
  const struct seen seen = see(report);
  cr_expect_eq(seen.first_start_ns[SYNCHED__TIMELINE_CLOSING], report->parts[0].end_ns);
  cr_expect_eq(seen.first_end_ns[SYNCHED__TIMELINE_CLOSING], 2000003u);
  cr_expect_eq(seen.first_end_ns[SYNCHED__TIMELINE_TASK], report->parts[0].end_ns);
  synched_report_destroy(report);
}

/* Times that mean nothing may come from a file that somebody has changed. */
Test(timeline, any_times_make_slices_that_nest) {
  uint64_t random = 1;
  for (unsigned i = 0; i < 2000; i++) {
    struct synched_report *report = create(3, 4);
    record_run(report, 1, 4, 4);
    for (unsigned t = 0; t < 20; t++)
      add_task(report, t % 4, 1000000 + t * 190000u, 50000);
    for (unsigned change = 0; change < 12; change++) {
      random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
      const uint64_t value = (random >> 60) % 3 == 0 ? random : random >> 42;
      struct synched_report_round *round = &report->rounds[(random >> 33) % 4];
      struct synched_report_part *part = &report->parts[(random >> 35) % 12];
      struct synched_report_task *task = &report->tasks[(random >> 40) % 20];
      uint64_t *const fields[] = {&round->start_ns,    &round->phase_ns, &round->total_ns,
                                  &round->callback_ns, &part->start_ns,  &part->end_ns,
                                  &part->slept_ns,     &task->start_ns,  &task->compute_ns};
      *fields[(random >> 50) % LENGTH(fields)] = value;
      round->closer = (unsigned)(random >> 55) % 5;
    }
    (void)see(report);
    synched_report_destroy(report);
  }
}
