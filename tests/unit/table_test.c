/*
 * table_test.c: the text of a report, to the letter for small ones and by its shape for large ones.
 */
#include <criterion/criterion.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <synched/report.h>
#include <synched/status.h>

#include "support/recorded.h"

static void expect_in_print(const struct synched_report *report, const char *expected) {
  char *text = printed(report);
  cr_assert_not_null(strstr(text, expected), "no \"%s\" in:\n%s", expected, text);
  free(text);
}

static size_t count_of(const char *text, const char *part) {
  size_t count = 0;
  for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
    count++;
  return count;
}

/* All lines of tables, which are those between rules and after: no two lengths in one table. */
static void expect_aligned(const char *text) {
  size_t width = 0;
  for (const char *line = text; *line != '\0';) {
    size_t length = strcspn(line, "\n");
    if (strncmp(line, "  ---", 5) == 0) {
      cr_assert(width == 0 || width == length, "a rule of %zu under one of %zu", length, width);
      width = length;
    } else if (length == 0) {
      width = 0;
    } else if (width != 0 && strncmp(line, "  ...", 5) != 0) {
      cr_assert_eq(length, width, "%zu instead of %zu: %.*s", length, width, (int)length, line);
    }
    line += length + (line[length] == '\n' ? 1 : 0);
  }
}

Test(table, print_small_job_is_exactly_this) {
  struct synched_report *report = create(2, 2);
  record_run(report, 1, 3);
  report->workers[0].stolen_count = 2;
  report->workers[1].closing_ns = 30000;
  report->end_ns += 596;
  char *text = printed(report);
  cr_assert_str_eq(text, "Job heat: ended well\n"
                         "  workers    2, for 4 segments\n"
                         "  rounds     3 at 999.8 per second\n"
                         "  calls      6 at 2,000 per second, 2 stolen (33.3 %)\n"
                         "  elapsed    3.001 ms: 15.2 % compute, 0.5 % closing, 84.3 % wait\n"
                         "\n"
                         "      ms in round     Total  Worker 0  Worker 1\n"
                         "  ---------------------------------------------\n"
                         "  ... 1 earlier round not shown, but in the totals\n"
                         "                2     1.000     0.102     0.202\n"
                         "                3     1.000     0.103     0.203\n"
                         "  ---------------------------------------------\n"
                         "  Total Comp (ms)               0.306     0.606\n"
                         "  Total Time (ms)     3.001     3.001     3.001\n"
                         "   Comp Ratio (%)                10.2      20.2\n");
  free(text);
  synched__record_destroy(report);
}

Test(table, print_without_rounds_divides_by_nothing) {
  struct synched_report *report = create(1, 4);
  report->status = SYNCHED_ECANCELED;
  char *text = printed(report);
  cr_assert_str_eq(text, "Job heat: ended with ECANCELED (-125), cancelled\n"
                         "  workers    1, for 4 segments\n"
                         "  rounds     0\n"
                         "  calls      0\n"
                         "  elapsed    0 ns\n"
                         "\n"
                         "      ms in round     Total  Worker 0\n"
                         "  -----------------------------------\n"
                         "  Total Comp (ms)               0.000\n"
                         "  Total Time (ms)     0.000     0.000\n"
                         "   Comp Ratio (%)                   -\n");
  free(text);
  synched__record_destroy(report);
}

Test(table, print_failure_names_segment_and_code) {
  struct synched_report *report = create(1, 4);
  record_run(report, 1, 3);
  report->status = report->failed_code = 42;
  report->failed_segment = 3;
  expect_in_print(report, "Job heat: ended with 42, a code that is not Synched's own\n"
                          "  failed     segment 3 with code 42 (the lowest that failed)\n");
  synched__record_destroy(report);
}

Test(table, print_init_only_where_it_has_not_been_completed) {
  struct synched_report *report = create(1, 4);
  char *text = printed(report);
  cr_assert_null(strstr(text, "init"));
  free(text);
  report->init_missing = true;
  expect_in_print(report, "  init       not completed; the memory holds what it held without it\n");
  synched__record_destroy(report);
}

Test(table, print_leases_and_snapshots_only_where_there_were_any) {
  struct synched_report *report = create(1, 4);
  record_run(report, 1, 3);
  char *text = printed(report);
  cr_assert_null(strstr(text, "leases"));
  cr_assert_null(strstr(text, "snapshots"));
  cr_assert_null(strstr(text, "stolen"));
  free(text);
  report->lease_wait_count = 1;
  report->lease_wait_ns = 1500;
  report->missed_count = 12345;
  expect_in_print(report, "  leases     1 round waited for a free buffer, 1.500 us in all\n"
                          "  snapshots  0 delivered, 12,345 missed\n");
  report->stalled_count = 1;
  report->stalled_ns = 1234000000;
  report->lease_wait_ns = 1300000000;
  expect_in_print(report,
                  "  leases     1 round waited for a free buffer, 1.300 s in all; 1 of them "
                  "for over a second, 1.234 s\n");
  synched__record_destroy(report);
}

Test(table, print_schedule_of_a_periodic_job) {
  struct synched_report *report = create(1, 4);
  record_run(report, 1, 3);
  report->time = (struct synched__record_time){.period_ns = 10000000,
                                               .started_count = 1233,
                                               .late_count = 12,
                                               .skipped_count = 1,
                                               .overrun_count = 1,
                                               .lateness_p50_ns = 950,
                                               .lateness_p99_ns = 61500,
                                               .lateness_max_ns = 3200000};
  expect_in_print(report,
                  "% wait\n"
                  "  period     10.000 ms: 1,234 ticks, 1,233 started, 12 of them late, 1 skipped, "
                  "1 overrun\n"
                  "  lateness   950 ns for 50 %, 61.500 us for 99 %, 3.200 ms at most\n"
                  "\n");
  report->time = (struct synched__record_time){
      .period_ns = 90000000000, .skipped_count = 1, .overrun_count = 0};
  expect_in_print(report, "% wait\n"
                          "  period     1 min 30 s: 1 tick, 0 started, 0 of them late, 1 skipped, "
                          "0 overruns\n"
                          "\n");
  synched__record_destroy(report);
}

Test(table, print_deadlines_only_where_one_was_missed) {
  struct synched_report *report = create(1, 4);
  record_run(report, 1, 3);
  report->time.deadline_ns = 5000000;
  char *text = printed(report);
  cr_assert_null(strstr(text, "period"));
  cr_assert_null(strstr(text, "lateness"));
  cr_assert_null(strstr(text, "deadlines"));
  free(text);
  report->time.deadline_missed_count = 1234;
  expect_in_print(report, "% wait\n"
                          "  deadlines  1,234 missed, 0 rounds dropped\n"
                          "\n");
  report->time.dropped_count = 1;
  report->time.period_ns = 1000000;
  report->missed_count = 2;
  expect_in_print(report, "0 overruns\n"
                          "  deadlines  1,234 missed, 1 round dropped\n"
                          "  snapshots  0 delivered, 2 missed\n");
  synched__record_destroy(report);
}

Test(table, print_hundred_workers_in_tables_of_eight) {
  struct synched_report *report = create(100, 5);
  record_run(report, 1, 1000000);
  char *text = printed(report);
  cr_assert_eq(count_of(text, "ms in round"), 13);
  cr_assert_eq(count_of(text, "Comp Ratio (%)"), 13);
  cr_assert_eq(count_of(text, "  ... 999,995 earlier rounds not shown, but in the totals\n"), 13);
  cr_assert_eq(count_of(text, "\n        1,000,000 "), 13);
  cr_assert_eq(count_of(text, "Worker "), 100);
  cr_assert_eq(count_of(text, "Worker 99\n"), 1);
  expect_aligned(text);
  free(text);
  synched__record_destroy(report);
}

Test(table, print_any_worker_count_is_aligned) {
  for (unsigned worker_count = 1; worker_count <= 25; worker_count++) {
    struct synched_report *report = create(worker_count, 70);
    record_run(report, 1, 66);
    char *text = printed(report);
    cr_assert_eq(count_of(text, "Worker "), worker_count);
    cr_assert_eq(count_of(text, "Total Time"), (worker_count + 7) / 8);
    cr_assert_eq(count_of(text, "\n               66 "), (worker_count + 7) / 8);
    expect_aligned(text);
    free(text);
    synched__record_destroy(report);
  }
}

Test(table, print_huge_values_are_aligned) {
  struct synched_report *report = create(3, 4);
  record_run(report, 1, 3);
  report->last_round = UINT64_MAX; /* so that no row matches its number */
  report->workers[1].compute_ns = UINT64_MAX;
  report->end_ns = report->start_ns + 1;
  char *text = printed(report);
  expect_aligned(text);
  cr_assert_not_null(strstr(text, "18446744073709.552"));
  cr_assert_not_null(strstr(text, "18,446,744,073,709,551,615"));
  free(text);
  report->round_count = UINT64_MAX;
  report->segment_count = SIZE_MAX;
  report->start_ns = 0;
  report->end_ns = UINT64_MAX;
  text = printed(report);
  expect_aligned(text);
  cr_assert_not_null(strstr(text, "5,124,095 h 34 min"));
  free(text);
  synched__record_destroy(report);
}

Test(table, print_elapsed_in_the_unit_that_suits) {
  static const struct {
    uint64_t ns;
    const char *expected;
  } cases[] = {
      {999, " 999 ns:"},
      {1000, " 1.000 us:"},
      {999999, " 999.999 us:"},
      {1000000, " 1.000 ms:"},
      {4595500, " 4.596 ms:"},
      {4595499, " 4.595 ms:"},
      {999999499, " 999.999 ms:"},
      {999999500, " 1.000 s:"},
      {59999499999, " 59.999 s:"},
      {59999500000, " 1 min 0 s:"},
      {3599499999999, " 59 min 59 s:"},
      {3599500000000, " 1 h 0 min:"},
      {93784000000000, " 26 h 3 min:"},
  };
  struct synched_report *report = create(1, 4);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    report->end_ns = cases[i].ns;
    expect_in_print(report, cases[i].expected);
  }
  synched__record_destroy(report);
}

Test(table, print_slow_rounds_are_told_by_their_time) {
  struct synched_report *report = create(1, 4);
  report->round_count = 2;
  report->last_round = 2;
  report->end_ns = 25000000000;
  expect_in_print(report, "  rounds     2 at one per 12.500 s\n");
  synched__record_destroy(report);
}

Test(table, print_name_cannot_drive_the_terminal) {
  struct synched__record_shape shape = {
      .name = "\x1b[2Jheat\n\x7f\xc3\xa9\xe2\x82\x9b\xc2\x9b\x9b\xe0\x82\x9b",
      .worker_count = 1,
      .segment_count = 1,
      .row_count = 1};
  struct synched_report *report;
  cr_assert_eq(synched__record_create(&report, &shape), 0);
  expect_in_print(
      report,
      "Job ?[2Jheat??\xc3\xa9\xe2\x82\x9b??????: ended well\n  workers    1, for 1 segment\n");
  synched__record_destroy(report);
}

Test(table, print_write_failure_is_told) {
  struct synched_report *report = create(2, 4);
  record_run(report, 1, 3);
  FILE *full = fopen("/dev/full", "w");
  cr_assert_not_null(full);
  cr_assert_eq(synched_report_print(report, full), SYNCHED_EIO);
  expect_message("report of job heat");
  (void)fclose(full);
  FILE *read_only = fopen("/dev/null", "r");
  cr_assert_not_null(read_only);
  cr_assert_eq(synched_report_print(report, read_only), SYNCHED_EIO);
  (void)fclose(read_only);
  synched__record_destroy(report);
}
