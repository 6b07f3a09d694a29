/*
 * advice_test.c: what a report advises, from records in which all numbers are known.
 */
#include <criterion/criterion.h>

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <synched/report.h>
#include <synched/status.h>

#include "platform/fault.h"
#include "support/recorded.h"

#define MS UINT64_C(1000000)

/* 100 rounds of 1 ms on so many workers, each on a core of its own, who compute all the time, in so
 * many equal segments: nothing is to be said of it. */
static struct synched_report *busy(unsigned worker_count, size_t segment_count) {
  struct synched_report *report;
  const struct synched__report_shape shape = {.worker_count = worker_count,
                                              .segment_count = segment_count};
  cr_assert_eq(synched__report_create(&report, &shape), 0);
  report->can_steal = true;
  report->usable_cpus = worker_count;
  report->summary.ended = 1;
  report->summary.round_count = report->summary.shared_count = 100;
  report->summary.end_ns = 100 * MS;
  report->summary.compute_ns = 100 * MS * worker_count;
  report->efficiency.share_ns[SYNCHED_SHARE_COMPUTE] = 100 * MS * worker_count;
  report->efficiency.total_ns = 100 * MS * worker_count;
  for (unsigned w = 0; w < worker_count; w++) {
    report->workers[w].cpu = report->workers[w].core = (int)w;
    report->workers[w].package = 0;
  }
  for (size_t s = 0; s < segment_count; s++) {
    report->segments[s].call_count = 100;
    report->segments[s].compute_ns = 100 * MS * worker_count / segment_count;
  }
  return report;
}

/* So much of all workers' time went into this instead of computing. */
static void spend(struct synched_report *report, enum synched_share share, double part) {
  const uint64_t ns = (uint64_t)(part * (double)report->efficiency.total_ns + 0.5);
  report->efficiency.share_ns[share] += ns;
  report->efficiency.share_ns[SYNCHED_SHARE_COMPUTE] -= ns;
  report->summary.compute_ns -= ns;
}

/* In ms; as many as there are segments. */
static void weigh(struct synched_report *report, const double *round_ms) {
  double sum_ms = 0.0;
  for (size_t s = 0; s < report->summary.segment_count; s++) {
    report->segments[s].compute_ns = (uint64_t)(round_ms[s] * 100.0 * (double)MS);
    sum_ms += round_ms[s];
  }
  report->summary.compute_ns = (uint64_t)(sum_ms * 100.0 * (double)MS);
}

static struct synched_report_advice at(const struct synched_report *report, size_t index) {
  struct synched_report_advice advice = {.struct_size = sizeof advice};
  cr_assert_eq(synched_report_advice(report, index, &advice), 0, "there is no advice %zu", index);
  return advice;
}

static size_t count_of(const struct synched_report *report) {
  struct synched_report_advice advice = {.struct_size = sizeof advice};
  size_t count = 0;
  while (synched_report_advice(report, count, &advice) == 0)
    count++;
  return count;
}

static void expect_nothing(struct synched_report *report) {
  struct synched_report_advice advice = {.struct_size = sizeof advice};
  const int status = synched_report_advice(report, 0, &advice);
  cr_assert_eq(status, SYNCHED_ENOENT, "%s", advice.text);
  synched_report_destroy(report);
}

/* One advice, with this gain in thousandths and this text. */
static void expect_only(struct synched_report *report, enum synched_advice kind,
                        unsigned thousandths, const char *text) {
  const struct synched_report_advice advice = at(report, 0);
  cr_assert_str_eq(advice.text, text);
  cr_assert_eq(advice.kind, kind);
  cr_assert_eq((unsigned)(advice.gain * 1000.0 + 0.5), thousandths, "%f", advice.gain);
  cr_assert_eq(count_of(report), 1);
  synched_report_destroy(report);
}

/* --- where there is nothing to say --- */

Test(advice, busy_workers_need_none) {
  expect_nothing(busy(1, 1));
  expect_nothing(busy(2, 4));
  expect_nothing(busy(16, 64));
}

Test(advice, no_rounds_no_advice) {
  struct synched_report *report = busy(2, 4);
  report->summary.round_count = 0;
  expect_nothing(report);
}

Test(advice, failed_in_its_first_round_gets_none) {
  struct synched_report *report = create(2, 0);
  report->summary.status = report->summary.failed_code = 42;
  report->summary.failed_segment = 1;
  report->summary.end_ns = MS;
  report->efficiency.total_ns = 2 * MS;
  expect_nothing(report);
}

Test(advice, nothing_recorded_gets_none) {
  struct synched_report *report = busy(2, 4);
  spend(report, SYNCHED_SHARE_BUFFER, 0.5);
  report->summary.record = SYNCHED_RECORD_OFF;
  expect_nothing(report);
}

Test(advice, no_time_has_passed_gets_none) {
  struct synched_report *report = busy(2, 4);
  report->efficiency = (struct synched_report_efficiency){.total_ns = 0};
  report->summary.end_ns = 0;
  expect_nothing(report);
}

Test(advice, untimed_segments_are_not_judged) {
  struct synched_report *report = busy(2, 4);
  spend(report, SYNCHED_SHARE_SLOWEST, 0.4);
  for (size_t s = 0; s < 4; s++)
    report->segments[s].call_count = report->segments[s].compute_ns = 0;
  expect_nothing(report);
}

Test(advice, small_gains_are_not_worth_a_line) {
  struct synched_report *report = busy(2, 4);
  spend(report, SYNCHED_SHARE_BUFFER, 0.019);
  report->summary.callback_ns = 3 * MS;
  expect_nothing(report);
}

/* --- each of them --- */

/* SynchedMemory's headline on two workers: 0.5, 9, 9.5 and 10 ms. */
Test(advice, uneven_segments_are_cut) {
  static const double round_ms[] = {0.5, 9.0, 9.5, 10.0};
  struct synched_report *report = busy(2, 4);
  report->efficiency.total_ns = report->efficiency.share_ns[SYNCHED_SHARE_COMPUTE] = 3700 * MS;
  report->summary.end_ns = 1850 * MS;
  spend(report, SYNCHED_SHARE_SLOWEST, 800.0 / 3700.0);
  weigh(report, round_ms);
  expect_only(report, SYNCHED_ADVICE_MORE_SEGMENTS, 203,
              "segment 3 takes 1.38 x the mean: 8 segments instead of 4 would bring a round to "
              "about 0.80 x its length");
}

/* The best schedule would bring a round to 0.79 x, but no thief looks ahead: with six segments the
 * second worker waits for the first one's last, which is the lightest of its three. */
Test(advice, cut_is_as_good_as_stealing_makes_it) {
  static const double round_ms[] = {0.480, 0.438, 0.396};
  struct synched_report *report = busy(2, 3);
  report->efficiency.total_ns = report->efficiency.share_ns[SYNCHED_SHARE_COMPUTE] =
      UINT64_C(1668) * MS / 10;
  report->summary.end_ns = UINT64_C(834) * MS / 10;
  spend(report, SYNCHED_SHARE_SLOWEST, 354.0 / 1668.0);
  weigh(report, round_ms);
  expect_only(report, SYNCHED_ADVICE_MORE_SEGMENTS, 162,
              "3 segments cannot be spread evenly over 2 workers: 6 segments would bring a round "
              "to about 0.84 x its length");
}

Test(advice, even_segments_that_do_not_divide_are_cut) {
  struct synched_report *report = busy(2, 3);
  report->efficiency.share_ns[SYNCHED_SHARE_COMPUTE] = 150 * MS;
  report->efficiency.share_ns[SYNCHED_SHARE_SLOWEST] = 50 * MS;
  report->summary.compute_ns = 150 * MS;
  for (size_t s = 0; s < 3; s++)
    report->segments[s].compute_ns = 50 * MS;
  expect_only(report, SYNCHED_ADVICE_MORE_SEGMENTS, 250,
              "3 segments cannot be spread evenly over 2 workers: 6 segments would bring a round "
              "to about 0.75 x its length");
}

/* Two of them share all of it already, whatever is said of four workers. */
Test(advice, one_segment_is_cut_into_no_more_than_eight) {
  struct synched_report *report = busy(8, 1);
  report->summary.compute_ns = 100 * MS;
  spend(report, SYNCHED_SHARE_SLOWEST, 0.875);
  report->segments[0].compute_ns = 100 * MS;
  const struct synched_report_advice advice = at(report, 0);
  cr_assert_eq(advice.kind, SYNCHED_ADVICE_MORE_SEGMENTS);
  cr_assert_str_eq(advice.text,
                   "1 segment cannot be spread evenly over 8 workers: 8 segments would "
                   "bring a round to about 0.13 x its length");
  synched_report_destroy(report);
}

Test(advice, workers_without_a_cpu_do_not_count) {
  struct synched_report *report = busy(4, 4);
  report->usable_cpus = 2;
  spend(report, SYNCHED_SHARE_ASLEEP, 0.5);
  expect_nothing(report);
}

Test(advice, static_balance_is_told_of_stealing) {
  static const double round_ms[] = {1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5};
  struct synched_report *report = busy(2, 8);
  report->can_steal = false;
  report->efficiency.total_ns = report->efficiency.share_ns[SYNCHED_SHARE_COMPUTE] = 800 * MS;
  spend(report, SYNCHED_SHARE_SLOWEST, 200.0 / 800.0);
  weigh(report, round_ms);
  expect_only(report, SYNCHED_ADVICE_STEAL, 250,
              "workers that are done wait 25.0 % of the time: SYNCHED_BALANCE_STEAL, the default, "
              "would bring a round to about 0.75 x its length");
}

/* Stealing alone brings nothing where one segment is all the work. */
Test(advice, static_balance_is_told_of_both) {
  static const double round_ms[] = {2.0, 0.0, 0.0, 0.0};
  struct synched_report *report = busy(2, 4);
  report->can_steal = false;
  report->efficiency.total_ns = report->efficiency.share_ns[SYNCHED_SHARE_COMPUTE] = 400 * MS;
  spend(report, SYNCHED_SHARE_SLOWEST, 0.5);
  weigh(report, round_ms);
  expect_only(report, SYNCHED_ADVICE_MORE_SEGMENTS, 500,
              "segment 0 takes 4.00 x the mean: 8 segments instead of 4 would bring a round to "
              "about 0.50 x its length, with SYNCHED_BALANCE_STEAL");
}

static struct synched_report *tiny_rounds(void) {
  struct synched_report *report = busy(2, 4);
  report->summary.round_count = report->summary.shared_count = 100000 / 3;
  return report;
}

Test(advice, tiny_rounds_are_to_be_larger) {
  struct synched_report *report = tiny_rounds();
  spend(report, SYNCHED_SHARE_OPENING, 0.6);
  for (size_t s = 0; s < 4; s++)
    report->segments[s].compute_ns = report->segments[s].call_count = 0;
  expect_only(report, SYNCHED_ADVICE_LARGER_ROUNDS, 200,
              "rounds of 3.000 us: one worker is as fast as 2, and opening and closing take 60.0 "
              "%. Let a round do more, or take one worker");
}

/* One worker computed all of them, so another cut of them helps nobody. */
Test(advice, solo_rounds_are_to_be_larger) {
  struct synched_report *report = tiny_rounds();
  report->summary.solo_count = report->summary.round_count;
  report->summary.shared_count = 0;
  spend(report, SYNCHED_SHARE_ASLEEP, 0.4);
  spend(report, SYNCHED_SHARE_CLOSING, 0.2);
  report->segments[0].compute_ns *= 10;
  expect_only(report, SYNCHED_ADVICE_LARGER_ROUNDS, 200,
              "rounds of 3.000 us: one worker is as fast as 2, and opening and closing take 20.0 "
              "%. Let a round do more, or take one worker");
}

Test(advice, large_rounds_are_large_enough) {
  struct synched_report *report = busy(2, 4);
  spend(report, SYNCHED_SHARE_CLOSING, 0.6);
  expect_nothing(report);
  /* As fast as one worker, by less than is worth a line. */
  report = tiny_rounds();
  spend(report, SYNCHED_SHARE_OPENING, 0.505);
  expect_nothing(report);
}

Test(advice, workers_beyond_the_segments_have_no_work) {
  struct synched_report *report = busy(4, 2);
  for (size_t s = 0; s < 2; s++)
    report->segments[s].call_count = 0;
  expect_only(report, SYNCHED_ADVICE_FEWER_WORKERS, 0,
              "4 workers, but 2 segments: the others never have work. Cut the memory into 4 "
              "segments or more, or take fewer workers");
  report = busy(4, 1);
  report->usable_cpus = 1;
  expect_only(report, SYNCHED_ADVICE_FEWER_WORKERS, 0,
              "4 workers, but 1 segment and 1 CPU: the others never have work. Take 1 worker");
}

Test(advice, workers_that_share_a_core_are_named) {
  struct synched_report *report = busy(4, 4);
  report->workers[3].core = 1;
  expect_only(report, SYNCHED_ADVICE_CORES, 0,
              "workers 1 and 3 share core 1: where there are cores enough, SYNCHED_AFFINITY_CORES "
              "gives each worker its own");
  report = busy(4, 4);
  report->workers[3].core = report->workers[3].cpu = 1;
  expect_only(report, SYNCHED_ADVICE_CORES, 0,
              "workers 1 and 3 share CPU 1: where there are cores enough, SYNCHED_AFFINITY_CORES "
              "gives each worker its own");
  report = busy(4, 4);
  report->workers[3].core = 1;
  report->workers[3].package = 1; /* another core of that number */
  expect_nothing(report);
  report = busy(4, 4);
  for (unsigned w = 0; w < 4; w++)
    report->workers[w].core = report->workers[w].cpu = -1; /* bound to none */
  expect_nothing(report);
}

/* Two ranks of two workers, with a core of the same number. */
static struct synched_report *two_ranks(const char *host, const char *other) {
  struct synched_report *report = busy(4, 4);
  report->ranks = synched__alloc(2, sizeof *report->ranks);
  cr_assert_not_null(report->ranks);
  report->summary.rank_count = 2;
  for (unsigned r = 0; r < 2; r++) {
    report->ranks[r] =
        (struct synched_report_rank){.rank = r, .first_worker = 2 * r, .worker_count = 2};
    (void)snprintf(report->ranks[r].host, sizeof report->ranks[r].host, "%s",
                   r == 0 ? host : other);
  }
  for (unsigned w = 0; w < 4; w++) {
    report->workers[w].core = w == 2 ? 0 : (int)w;
    report->workers[w].cpu = (int)w;
    report->workers[w].package = 0;
  }
  return report;
}

Test(advice, ranks_that_share_a_core_are_named) {
  expect_only(two_ranks("here", "here"), SYNCHED_ADVICE_CORES, 0,
              "workers 0 and 2, of ranks 0 and 1, share core 0: have the launcher bind each rank "
              "to CPUs of its own (mpirun --map-by slot:PE=2), or take SYNCHED_AFFINITY_NONE");
}

Test(advice, cores_of_ranks_on_other_machines_are_others) {
  expect_nothing(two_ranks("here", "there"));
}

Test(advice, ranks_that_are_bound_to_few_cpus_are_told_how_to_start) {
  struct synched_report *report = busy(4, 4);
  (void)snprintf(report->binding, sizeof report->binding, "start it otherwise");
  report->binding_gain = 0.75;
  expect_only(report, SYNCHED_ADVICE_BINDING, 750, "start it otherwise");
}

Test(advice, static_workers_that_take_turns_are_too_many) {
  struct synched_report *report = busy(4, 4);
  report->can_steal = false;
  report->usable_cpus = 1;
  spend(report, SYNCHED_SHARE_OPENING, 0.25);
  expect_only(report, SYNCHED_ADVICE_CORES, 250,
              "4 workers take turns on 1 CPU, and each has segments of its own: take 1 worker");
  report = busy(4, 4);
  report->can_steal = false;
  report->usable_cpus = 2;
  spend(report, SYNCHED_SHARE_OPENING, 0.25);
  expect_only(report, SYNCHED_ADVICE_CORES, 250,
              "4 workers take turns on 2 CPUs, and each has segments of its own: take 2 workers");
}

Test(advice, callbacks_are_to_be_shared) {
  struct synched_report *report = busy(2, 4);
  spend(report, SYNCHED_SHARE_CLOSING, 0.18);
  report->summary.callback_ns = 18 * MS;
  expect_only(report, SYNCHED_ADVICE_CALLBACK, 90,
              "on_round takes 18.0 % of the time, and nobody computes meanwhile. In the segments "
              "its work would take 9.0 %; what only looks at the result can go to on_snapshot, "
              "with LATEST");
}

/* There is nobody to share it with. */
Test(advice, callbacks_of_one_worker_stay) {
  struct synched_report *report = busy(1, 4);
  spend(report, SYNCHED_SHARE_CLOSING, 0.18);
  report->summary.callback_ns = 18 * MS;
  expect_nothing(report);
}

Test(advice, waits_for_buffers_want_leases) {
  struct synched_report *report = busy(2, 4);
  report->lease_count = 1;
  report->delivers_every = true;
  spend(report, SYNCHED_SHARE_BUFFER, 0.09);
  expect_only(report, SYNCHED_ADVICE_LEASES, 90,
              "rounds wait for a buffer 9.0 % of the time: take one lease more (lease_count = 2), "
              "or deliver LATEST");
  report = busy(2, 4);
  spend(report, SYNCHED_SHARE_BUFFER, 0.09);
  expect_only(report, SYNCHED_ADVICE_LEASES, 90,
              "rounds wait for a buffer 9.0 % of the time: take one lease more (lease_count = 1), "
              "or release snapshots sooner");
}

Test(advice, sleepers_between_short_rounds_are_to_spin) {
  struct synched_report *report = busy(2, 4);
  spend(report, SYNCHED_SHARE_OPENING, 0.3);
  report->summary.wake_count = 90;
  expect_only(report, SYNCHED_ADVICE_SPIN, 150,
              "workers are woken 0.90 times a round, and waking and opening take 30.0 %: a longer "
              "spin_ns, or SYNCHED_WAIT_SPIN, keeps them awake");
  report = busy(2, 4);
  spend(report, SYNCHED_SHARE_OPENING, 0.3);
  report->summary.wake_count = 90;
  report->summary.period_ns = MS; /* they sleep until the tick, and that is right */
  expect_nothing(report);
}

Test(advice, overruns_want_a_longer_period) {
  struct synched_report *report = busy(2, 4);
  report->summary.period_ns = MS;
  report->summary.started_count = 1000;
  report->summary.overrun_count = 10;
  report->summary.skipped_count = 10;
  report->summary.tick_count = 1010;
  count(report, SYNCHED_DISTRIBUTION_ROUND, 0, 100);
  expect_only(report, SYNCHED_ADVICE_PERIOD, 0,
              "10 of 1,000 rounds lasted longer than the period of 1.000 ms (99 % take up to 100 "
              "ns): take a longer period, or let a round do less");
  report = busy(2, 4);
  report->summary.period_ns = MS;
  report->summary.started_count = 1000;
  report->summary.overrun_count = 9;
  expect_nothing(report);
}

/* A run of a minute, nearly all of it waits for ticks: what is saved is a part of the rest. */
Test(advice, gain_is_a_part_of_the_time_without_ticks) {
  struct synched_report *report = busy(2, 4);
  report->summary.end_ns = 60000 * MS;
  report->efficiency.share_ns[SYNCHED_SHARE_TICK] = 2 * 59900 * MS;
  spend(report, SYNCHED_SHARE_BUFFER, 0.09);
  cr_assert_float_eq(at(report, 0).gain, 0.09, 1e-9);
  synched_report_destroy(report);
}

/* --- all of it --- */

Test(advice, largest_gain_comes_first) {
  struct synched_report *report = busy(2, 1);
  report->summary.callback_ns = 30 * MS;
  spend(report, SYNCHED_SHARE_CLOSING, 0.3);
  spend(report, SYNCHED_SHARE_BUFFER, 0.09);
  spend(report, SYNCHED_SHARE_ASLEEP, 0.305);
  report->segments[0].compute_ns = 61 * MS;
  report->workers[1].core = 0;
  static const enum synched_advice kinds[] = {SYNCHED_ADVICE_MORE_SEGMENTS, SYNCHED_ADVICE_CALLBACK,
                                              SYNCHED_ADVICE_LEASES, SYNCHED_ADVICE_FEWER_WORKERS,
                                              SYNCHED_ADVICE_CORES};
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    cr_assert_eq(at(report, i).kind, kinds[i], "%s", at(report, i).text);
    if (i > 0)
      cr_assert_leq(at(report, i).gain, at(report, i - 1).gain);
  }
  cr_assert_eq(count_of(report), sizeof kinds / sizeof kinds[0]);
  struct synched_report_advice advice = {.struct_size = sizeof advice};
  cr_assert_eq(synched_report_advice(report, 5, &advice), SYNCHED_ENOENT);
  expect_message("there is no more advice; there are 5");
  cr_assert_eq(synched_report_advice(report, SIZE_MAX, &advice), SYNCHED_ENOENT);
  synched_report_destroy(report);
}

/* A text that fills its room might have been cut. */
static void expect_whole(const struct synched_report *report) {
  for (size_t i = 0; i < count_of(report); i++) {
    const struct synched_report_advice advice = at(report, i);
    cr_assert_lt(strlen(advice.text), sizeof advice.text - 1, "%s", advice.text);
    cr_assert_geq(advice.gain, 0.0);
    cr_assert_leq(advice.gain, 1.0);
  }
}

Test(advice, no_text_is_cut) {
  struct synched_report *report = busy(2, 4);
  struct synched_report_summary *job = &report->summary;
  for (unsigned s = 0; s < SYNCHED_SHARE_COUNT; s++)
    report->efficiency.share_ns[s] = UINT64_MAX / 16;
  report->efficiency.total_ns = 1;
  report->delivers_every = true;
  report->lease_count = UINT32_MAX - 1;
  report->usable_cpus = 2;
  for (int steals = 0; steals < 2; steals++)
    for (unsigned large = 0; large < 2; large++) {
      report->can_steal = steals == 1;
      job->period_ns = large == 0 ? 0 : UINT64_MAX;
      job->started_count = job->tick_count = job->overrun_count = UINT64_MAX / 100;
      job->round_count = large == 0 ? 1 : UINT64_MAX;
      job->wake_count = job->callback_ns = job->closing_ns = UINT64_MAX;
      report->segments[1].compute_ns = UINT64_MAX;
      report->workers[1].core = report->workers[1].cpu = 0;
      count(report, SYNCHED_DISTRIBUTION_ROUND, 0, UINT64_MAX);
      cr_assert_geq(count_of(report), 3);
      expect_whole(report);
    }
  synched_report_destroy(report);
}

Test(advice, million_segments_are_judged) {
  struct synched_report *report = busy(2, 1000000);
  report->segments[999999].compute_ns = 100 * MS;
  spend(report, SYNCHED_SHARE_SLOWEST, 0.4);
  for (size_t i = 0; i < count_of(report); i++)
    expect_whole(report);
  synched_report_destroy(report);
}

Test(advice, memory_refused_leaves_out_what_needs_it) {
  struct synched_report *report = busy(2, 4);
  weigh(report, (double[]){1.0, 0.1, 0.05, 0.05});
  spend(report, SYNCHED_SHARE_SLOWEST, 0.4);
  const size_t count = count_of(report);
  cr_assert_gt(count, 0);
  struct synched_report_advice advice = {.struct_size = sizeof advice};
  for (unsigned nth = 1; nth <= 3; nth++) {
    synched__fault_arm(SYNCHED__FAULT_ALLOCATE, nth);
    cr_assert_eq(synched_report_advice(report, count - 1, &advice), SYNCHED_ENOENT);
  }
  synched__fault_arm(SYNCHED__FAULT_ALLOCATE, 0);
  cr_assert_eq(count_of(report), count);
  synched_report_destroy(report);
}

Test(advice, wrong_calls_are_refused) {
  struct synched_report *report = busy(2, 4);
  struct synched_report_advice advice = {.struct_size = sizeof advice};
  spend(report, SYNCHED_SHARE_BUFFER, 0.5);
  cr_assert_eq(synched_report_advice(NULL, 0, &advice), SYNCHED_EINVAL);
  cr_assert_eq(synched_report_advice(report, 0, NULL), SYNCHED_EINVAL);
  advice.struct_size = 3;
  cr_assert_eq(synched_report_advice(report, 0, &advice), SYNCHED_EINVAL);
  synched_report_destroy(report);
}
