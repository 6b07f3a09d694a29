/*
 * report_test.c: the record's memory, and what the accessors make of it. No rounds run here.
 */
#include <criterion/criterion.h>

#include <inttypes.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <synched/report.h>
#include <synched/status.h>

#include "platform/fault.h"
#include "support/recorded.h"

Test(report, create_lays_each_workers_ring_on_its_own_lines) {
  static const size_t row_counts[] = {1, 2, 3, 4, 63, 64, 65, 1000};
  for (size_t i = 0; i < sizeof row_counts / sizeof row_counts[0]; i++) {
    struct synched_report *report = create(5, row_counts[i]);
    cr_assert_gt(report->row_count, row_counts[i]);
    for (unsigned worker = 0; worker < 5; worker++) {
      struct synched__record_cell *cells = report->workers[worker].cells;
      cr_assert_eq((uintptr_t)cells % SYNCHED__CACHE_LINE, 0);
      cr_assert_eq((uintptr_t)&report->workers[worker] % SYNCHED__CACHE_LINE, 0);
      if (worker > 0)
        cr_assert_geq(cells - report->workers[worker - 1].cells, (ptrdiff_t)report->row_count);
      memset(cells, 0xff, report->row_count * sizeof *cells);
    }
    synched__record_destroy(report);
  }
}

/* Refuses each allocation in turn, until there is none left to refuse; tells how many there
 * were. */
static unsigned refuse_each(const struct synched__record_shape *shape) {
  for (unsigned nth = 1;; nth++) {
    struct synched_report *report = (struct synched_report *)&report; /* anything but NULL */
    synched__fault_arm(SYNCHED__FAULT_ALLOCATE, nth);
    int status = synched__record_create(&report, shape);
    synched__fault_arm(SYNCHED__FAULT_ALLOCATE, 0);
    if (status == 0) {
      synched__record_destroy(report);
      return nth - 1;
    }
    cr_assert_eq(status, SYNCHED_ENOMEM);
    cr_assert_null(report);
    expect_message("64 rounds of 3 workers and 7 segments");
  }
}

Test(report, create_allocation_refused_leaves_nothing) {
  struct synched__record_shape shape = {
      .worker_count = 3, .segment_count = 7, .row_count = 64, .segment_times = true};
  /* The allocator keeps small blocks for later and calls them used: let that settle first. */
  for (unsigned i = 0; i < 50; i++)
    cr_assert_eq(refuse_each(&shape), 4);
  size_t before = mallinfo2().uordblks;
  for (unsigned i = 0; i < 50; i++)
    cr_assert_eq(refuse_each(&shape), 4);
  cr_assert_eq(mallinfo2().uordblks, before);
  shape.segment_times = false;
  cr_assert_eq(refuse_each(&shape), 3);
}

Test(report, create_impossible_size_is_refused) {
  struct synched__record_shape shape = {
      .worker_count = 4096, .segment_count = 1, .row_count = SIZE_MAX / 64};
  struct synched_report *report;
  cr_assert_eq(synched__record_create(&report, &shape), SYNCHED_ENOMEM);
  cr_assert_null(report);
  shape.row_count = SIZE_MAX;
  cr_assert_eq(synched__record_create(&report, &shape), SYNCHED_ENOMEM);
}

Test(report, destroy_null_does_nothing) {
  synched__record_destroy(NULL);
}

Test(report, name_missing_or_long_is_replaced_or_cut) {
  struct synched__record_shape shape = {.worker_count = 1, .segment_count = 1, .row_count = 1};
  struct synched_report *report;
  cr_assert_eq(synched__record_create(&report, &shape), 0);
  cr_assert_str_eq(report->name, "job");
  synched__record_destroy(report);

  char name[200];
  memset(name, 'n', sizeof name);
  memcpy(name + 62, "\xc3\xa9 and on", sizeof "\xc3\xa9 and on");
  shape.name = name;
  cr_assert_eq(synched__record_create(&report, &shape), 0);
  cr_assert_eq(strlen(report->name), 62, "cut inside a character");
  synched__record_destroy(report);
}

Test(report, null_report_is_refused) {
  struct synched_report_summary summary = {.struct_size = sizeof summary};
  struct synched_report_worker worker = {.struct_size = sizeof worker};
  struct synched_report_segment segment = {.struct_size = sizeof segment};
  struct synched_report_round round = {.struct_size = sizeof round};
  cr_assert_eq(synched_report_summary(NULL, &summary), SYNCHED_EINVAL);
  expect_message("report is NULL");
  cr_assert_eq(synched_report_worker(NULL, 0, &worker), SYNCHED_EINVAL);
  cr_assert_eq(synched_report_segment(NULL, 0, &segment), SYNCHED_EINVAL);
  cr_assert_eq(synched_report_round(NULL, 0, &round), SYNCHED_EINVAL);
  cr_assert_eq(synched_report_print(NULL, stdout), SYNCHED_EINVAL);
  cr_assert_eq(synched_report_recorded(NULL), 0);
  cr_assert_eq(synched_report_round_compute_ns(NULL, 0, 0), 0);
}

Test(report, null_out_is_refused) {
  struct synched_report *report = create(2, 4);
  record_run(report, 1, 2);
  cr_assert_eq(synched_report_summary(report, NULL), SYNCHED_EINVAL);
  expect_message("synched_report_summary");
  cr_assert_eq(synched_report_worker(report, 0, NULL), SYNCHED_EINVAL);
  cr_assert_eq(synched_report_segment(report, 0, NULL), SYNCHED_EINVAL);
  cr_assert_eq(synched_report_round(report, 0, NULL), SYNCHED_EINVAL);
  cr_assert_eq(synched_report_print(report, NULL), SYNCHED_EINVAL);
  synched__record_destroy(report);
}

Test(report, struct_size_too_small_changes_nothing) {
  struct synched_report *report = create(2, 4);
  record_run(report, 1, 3);
  struct synched_report_summary summary = {
      .struct_size = offsetof(struct synched_report_summary, period_ns) - 1, .round_count = 77};
  cr_assert_eq(synched_report_summary(report, &summary), SYNCHED_EINVAL);
  expect_message("struct_size of synched_report_summary");
  cr_assert_eq(summary.round_count, 77);
  struct synched_report_worker worker = {.struct_size = 0, .call_count = 77};
  cr_assert_eq(synched_report_worker(report, 0, &worker), SYNCHED_EINVAL);
  cr_assert_eq(worker.call_count, 77);
  struct synched_report_segment segment = {.struct_size = 4, .call_count = 77};
  cr_assert_eq(synched_report_segment(report, 0, &segment), SYNCHED_EINVAL);
  cr_assert_eq(segment.call_count, 77);
  struct synched_report_round round = {.struct_size = UINT32_MAX, .round = 77};
  cr_assert_eq(synched_report_round(report, 0, &round), SYNCHED_EINVAL);
  cr_assert_eq(round.round, 77);
  synched__record_destroy(report);
}

Test(report, struct_size_too_large_zeroes_the_tail) {
  struct synched_report *report = create(2, 4);
  record_run(report, 1, 3);
  struct {
    struct synched_report_summary known;
    unsigned char newer[24], behind;
  } longer;
  memset(&longer, 0xaa, sizeof longer);
  longer.known.struct_size = sizeof longer.known + sizeof longer.newer;
  cr_assert_eq(synched_report_summary(report, &longer.known), 0);
  cr_assert_eq(longer.known.struct_size, sizeof longer.known + sizeof longer.newer);
  cr_assert_eq(longer.known.round_count, 3);
  for (size_t i = 0; i < sizeof longer.newer; i++)
    cr_assert_eq(longer.newer[i], 0);
  cr_assert_eq(longer.behind, 0xaa);
  synched__record_destroy(report);
}

Test(report, out_of_range_is_refused_with_what_there_is) {
  struct synched_report *report = create(2, 4);
  record_run(report, 1, 3);
  struct synched_report_worker worker = {.struct_size = sizeof worker, .call_count = 77};
  cr_assert_eq(synched_report_worker(report, 2, &worker), SYNCHED_ERANGE);
  expect_message("there is no worker 2; the job had 2");
  cr_assert_eq(worker.call_count, 77);
  struct synched_report_segment segment = {.struct_size = sizeof segment};
  cr_assert_eq(synched_report_segment(report, 4, &segment), SYNCHED_ERANGE);
  expect_message("there is no segment 4; the memory has 4");
  struct synched_report_round round = {.struct_size = sizeof round};
  cr_assert_eq(synched_report_round(report, 3, &round), SYNCHED_ERANGE);
  expect_message("there is no recorded round 3; there are 3");
  cr_assert_eq(synched_report_round(report, SIZE_MAX, &round), SYNCHED_ERANGE);
  cr_assert_eq(synched_report_round_compute_ns(report, 3, 0), 0);
  cr_assert_eq(synched_report_round_compute_ns(report, 0, 2), 0);
  synched__record_destroy(report);
}

Test(report, summary_adds_up_the_workers) {
  struct synched_report *report = create(3, 4);
  record_run(report, 1, 2);
  report->workers[1].stolen_count = 1;
  report->workers[2].closing_ns = 5000;
  report->lease_wait_count = 6;
  report->lease_wait_ns = 7;
  report->delivered_count = 8;
  report->missed_count = 9;
  report->status = SYNCHED_ECANCELED;
  struct synched_report_summary summary = {.struct_size = sizeof summary};
  cr_assert_eq(synched_report_summary(report, &summary), 0);
  cr_assert_eq(summary.status, SYNCHED_ECANCELED);
  cr_assert_str_eq(summary.name, "heat");
  cr_assert_eq(summary.worker_count, 3);
  cr_assert_eq(summary.segment_count, 4);
  cr_assert_eq(summary.round_count, 2);
  cr_assert_eq(summary.call_count, 6);
  cr_assert_eq(summary.stolen_count, 1);
  cr_assert_eq(summary.start_ns, 1000000);
  cr_assert_eq(summary.end_ns, 3000000);
  cr_assert_eq(summary.compute_ns, 1209000);
  cr_assert_eq(summary.closing_ns, 5000);
  cr_assert_eq(summary.wait_ns, 6000000 - 1209000 - 5000);
  cr_assert_eq(summary.failed_segment, -1);
  cr_assert_eq(summary.failed_code, 0);
  cr_assert_eq(summary.lease_wait_count, 6);
  cr_assert_eq(summary.lease_wait_ns, 7);
  cr_assert_eq(summary.delivered_count, 8);
  cr_assert_eq(summary.missed_count, 9);
  synched__record_destroy(report);
}

Test(report, worker_tells_its_own_numbers) {
  struct synched_report *report = create(2, 4);
  record_run(report, 1, 3);
  struct synched__record_worker *recorded = &report->workers[1];
  recorded->call_count = 9;
  recorded->stolen_count = 4;
  recorded->closed_count = 2;
  recorded->closing_ns = 100;
  recorded->last_start_ns = 3000000;
  recorded->last_end_ns = 3203000;
  struct synched_report_worker worker = {.struct_size = sizeof worker};
  cr_assert_eq(synched_report_worker(report, 1, &worker), 0);
  cr_assert_eq(worker.round_count, 3);
  cr_assert_eq(worker.call_count, 9);
  cr_assert_eq(worker.stolen_count, 4);
  cr_assert_eq(worker.closed_count, 2);
  cr_assert_eq(worker.compute_ns, 606000);
  cr_assert_eq(worker.closing_ns, 100);
  cr_assert_eq(worker.wait_ns, 3000000 - 606000 - 100);
  cr_assert_eq(worker.last_start_ns, 3000000);
  cr_assert_eq(worker.last_end_ns, 3203000);
  synched__record_destroy(report);
}

Test(report, wait_is_never_below_zero) {
  static const uint64_t times[][3] = {/* elapsed, compute, closing */
                                      {1000, 1001, 0},
                                      {1000, 1000, 0},
                                      {1000, 999, 2},
                                      {1000, 0, 1001},
                                      {1000, UINT64_MAX, UINT64_MAX},
                                      {0, 5, 5}};
  struct synched_report *report = create(1, 4);
  for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
    report->start_ns = 5000;
    report->end_ns = 5000 + times[i][0];
    report->workers[0].compute_ns = times[i][1];
    report->workers[0].closing_ns = times[i][2];
    struct synched_report_worker worker = {.struct_size = sizeof worker};
    cr_assert_eq(synched_report_worker(report, 0, &worker), 0);
    cr_assert_eq(worker.wait_ns, 0);
  }
  report->end_ns = 0; /* it never got so far */
  struct synched_report_summary summary = {.struct_size = sizeof summary};
  cr_assert_eq(synched_report_summary(report, &summary), 0);
  cr_assert_eq(summary.wait_ns, 0);
  synched__record_destroy(report);
}

Test(report, segment_timed_or_not_is_told) {
  struct synched_report *report = create(1, 4);
  report->segments[3 * report->segment_stride] =
      (struct synched__record_segment){.call_count = 5, .compute_ns = 60, .longest_ns = 20};
  struct synched_report_segment segment = {.struct_size = sizeof segment};
  cr_assert_eq(synched_report_segment(report, 3, &segment), 0);
  cr_assert_eq(segment.call_count, 5);
  cr_assert_eq(segment.compute_ns, 60);
  cr_assert_eq(segment.longest_ns, 20);
  synched__record_destroy(report);

  struct synched__record_shape untimed = {.worker_count = 1, .segment_count = 2, .row_count = 1};
  cr_assert_eq(synched__record_create(&report, &untimed), 0);
  cr_assert_eq(synched_report_segment(report, 1, &segment), 0);
  cr_assert_eq(segment.call_count, 0);
  cr_assert_eq(segment.compute_ns, 0);
  cr_assert_eq(synched_report_segment(report, 2, &segment), SYNCHED_ERANGE);
  synched__record_destroy(report);
}

/* Every recorded round, in order, up to the last. */
static void expect_recorded(const struct synched_report *report, size_t recorded, uint64_t last) {
  cr_assert_eq(synched_report_recorded(report), recorded);
  for (size_t i = 0; i < recorded; i++) {
    uint64_t number = last - recorded + 1 + i, sum_ns = 0;
    for (unsigned worker = 0; worker < report->worker_count; worker++) {
      uint64_t ns = synched_report_round_compute_ns(report, i, worker);
      cr_assert_eq(ns, compute_ns(number, worker), "round %" PRIu64, number);
      sum_ns += ns;
    }
    struct synched_report_round round = {.struct_size = sizeof round};
    cr_assert_eq(synched_report_round(report, i, &round), 0);
    cr_assert_eq(round.round, number);
    cr_assert_eq(round.start_ns, number * 1000000);
    cr_assert_eq(round.total_ns, 1000000);
    cr_assert_eq(round.compute_ns, sum_ns);
  }
}

Test(report, round_any_ring_and_count_gives_the_last_ones) {
  for (size_t rows = 1; rows <= 9; rows++)
    for (uint64_t first = 1; first <= 4; first++)
      for (uint64_t count = 1; count <= 25; count++) {
        struct synched_report *report = create(2, rows);
        record_run(report, first, first + count - 1);
        expect_recorded(report, count < rows ? (size_t)count : rows, first + count - 1);
        synched__record_destroy(report);
      }
}

Test(report, round_not_taken_part_in_counts_as_zero) {
  struct synched_report *report = create(2, 4);
  record_run(report, 1, 30);
  report->workers[1].cells[30 % report->row_count].round = 30 - report->row_count;
  cr_assert_eq(synched_report_round_compute_ns(report, 3, 1), 0);
  struct synched_report_round round = {.struct_size = sizeof round};
  cr_assert_eq(synched_report_round(report, 3, &round), 0);
  cr_assert_eq(round.compute_ns, compute_ns(30, 0));
  synched__record_destroy(report);
}

Test(report, round_that_failed_costs_no_recorded_one) {
  struct synched_report *report = create(3, 8);
  record_run(report, 1, 20);
  record(report, 21); /* computed and timed, but one of its calls failed */
  expect_recorded(report, 8, 20);
  synched__record_destroy(report);
}

Test(report, reset_forgets_all_but_the_shape) {
  struct synched_report *report = create(2, 4);
  record_run(report, 1, 9);
  record(report, 10);
  report->status = report->failed_code = -7;
  report->failed_segment = 2;
  report->segments[report->segment_stride].call_count = 3;
  report->delivered_count = report->missed_count = 4;
  report->lease_wait_count = report->lease_wait_ns = 5;
  synched__record_reset(report);
  struct synched_report *untouched = create(2, 4);
  char *text = printed(report), *expected = printed(untouched);
  cr_assert_str_eq(text, expected);
  free(text);
  free(expected);
  cr_assert_eq(synched_report_recorded(report), 0);
  cr_assert_eq(report->segments[report->segment_stride].call_count, 0);
  /* The next run computes round 10 again, and only worker 0 gets to do anything in it. */
  report->round_count = 1;
  report->last_round = 10;
  cr_assert_eq(synched_report_round_compute_ns(report, 0, 1), 0);
  synched__record_destroy(untouched);
  synched__record_destroy(report);
}
