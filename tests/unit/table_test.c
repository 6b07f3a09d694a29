/*
 * table_test.c: the text of a report, to the letter for small ones and by its shape for large ones.
 */
#include <criterion/criterion.h>

#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <synched/report.h>
#include <synched/status.h>

#include "support/recorded.h"

#define PAGE_WIDTH 80

static void expect_in_print(const struct synched_report *report, const char *expected) {
  char *text = printed(report);
  cr_assert_not_null(strstr(text, expected), "no \"%s\" in:\n%s", expected, text);
  free(text);
}

static void expect_not_in_print(const struct synched_report *report, const char *refused) {
  char *text = printed(report);
  cr_assert_null(strstr(text, refused), "\"%s\" in:\n%s", refused, text);
  free(text);
}

static size_t count_parts(const char *text, const char *part) {
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

static void expect_on_page(const char *text) {
  for (const char *line = text; *line != '\0';) {
    const size_t length = strcspn(line, "\n");
    cr_assert_leq(length, PAGE_WIDTH, "%zu columns: %.*s", length, (int)length, line);
    line += length + (line[length] == '\n' ? 1 : 0);
  }
}

/* What collect.c would have found of workers that computed, waited for the slowest, closed. */
static void fill_efficiency(struct synched_report *report) {
  struct synched_report_efficiency *efficiency = &report->efficiency;
  efficiency->total_ns = 6000000;
  efficiency->share_ns[SYNCHED_SHARE_COMPUTE] = 912000;
  efficiency->share_ns[SYNCHED_SHARE_SLOWEST] = 5058000;
  efficiency->share_ns[SYNCHED_SHARE_CLOSING] = 30000;
  efficiency->efficiency = 0.152;
  efficiency->serial = 0.996;
  efficiency->balance = 0.15279;
  efficiency->scheduling = 1.0;
  efficiency->utilisation = 0.152;
}

Test(table, print_small_job_is_exactly_this) {
  struct synched_report *report = create(2, 2);
  record_run(report, 1, 3, 2);
  report->summary.stolen_count = 2;
  report->summary.end_ns += 596;
  fill_efficiency(report);
  char *text = printed(report);
  cr_assert_str_eq(text,
                   "Job heat: ended well\n"
                   "  efficiency 0.15 (!) = serial 1.00 x balance 0.15 (!) x scheduling 1.00\n"
                   "  elapsed    3.001 ms: 84.3 % waiting for the slowest, 15.2 % compute, 0.5 %\n"
                   "             closing and callbacks\n"
                   "  workers    2, for 4 segments\n"
                   "  rounds     3 at 999.8 per second\n"
                   "  calls      6 at 2,000 per second, 2 stolen (33.3 %)\n"
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
  synched_report_destroy(report);
}

Test(table, home_ranges_dealt_anew_are_told) {
  struct synched_report *report = create(2, 0);
  char *text = printed(report);
  cr_assert_null(strstr(text, "homes"));
  free(text);
  report->summary.redealt_count = 1;
  text = printed(report);
  cr_assert_not_null(strstr(text, "\n  homes      dealt anew 1 time\n"), "%s", text);
  free(text);
  report->summary.redealt_count = 12;
  report->summary.strayed_count = 1;
  text = printed(report);
  cr_assert_not_null(strstr(text, "\n  homes      dealt anew 12 times; 1 segment off the NUMA "
                                  "node of its pages\n"),
                     "%s", text);
  free(text);
  report->summary.strayed_count = 3;
  text = printed(report);
  cr_assert_not_null(strstr(text, "3 segments off the NUMA node of their pages\n"), "%s", text);
  free(text);
  synched_report_destroy(report);
}

Test(table, print_without_rounds_divides_by_nothing) {
  struct synched_report *report = create(1, 4);
  report->summary.status = SYNCHED_ECANCELED;
  char *text = printed(report);
  cr_assert_str_eq(text, "Job heat: ended with ECANCELED (-125), cancelled\n"
                         "  elapsed    0 ns\n"
                         "  workers    1, for 4 segments\n"
                         "  rounds     0\n"
                         "  calls      0\n"
                         "\n"
                         "      ms in round     Total  Worker 0\n"
                         "  -----------------------------------\n"
                         "  Total Comp (ms)               0.000\n"
                         "  Total Time (ms)     0.000     0.000\n"
                         "   Comp Ratio (%)                   -\n");
  free(text);
  synched_report_destroy(report);
}

Test(table, print_nothing_recorded_is_said) {
  struct synched_report *report = create(2, 0);
  report->summary.record = SYNCHED_RECORD_OFF;
  report->summary.round_count = 1000;
  report->summary.end_ns = 1000000;
  char *text = printed(report);
  cr_assert_str_eq(text, "Job heat: ended well\n"
                         "  elapsed    1.000 ms\n"
                         "  workers    2, for 4 segments\n"
                         "  rounds     1,000 at 1,000,000 per second\n"
                         "  record     off: rounds were counted, and that is all\n");
  free(text);
  synched_report_destroy(report);
}

Test(table, print_running_job_says_so) {
  struct synched_report *report = create(1, 4);
  record_run(report, 1, 3, 4);
  report->summary.ended = 0;
  report->summary.status = 0;
  expect_in_print(report, "Job heat: still running\n");
  synched_report_destroy(report);
}

Test(table, print_failure_names_segment_and_code) {
  struct synched_report *report = create(1, 4);
  record_run(report, 1, 3, 4);
  report->summary.status = report->summary.failed_code = 42;
  report->summary.failed_segment = 3;
  expect_in_print(report, "Job heat: ended with 42, a code that is not Synched's own\n"
                          "  failed     segment 3 with code 42 (the lowest that failed)\n");
  synched_report_destroy(report);
}

Test(table, print_failure_names_its_stage_where_there_are_several) {
  struct synched_report *report = create(1, 4);
  report->summary.failed_code = 42;
  report->summary.failed_segment = 3;
  report->summary.failed_stage = 1;
  expect_in_print(report, "  failed     segment 3 with code 42 (the lowest that failed)\n");
  add_stages(report);
  expect_in_print(report,
                  "  failed     segment 3 in \"moves\" with code 42 (the lowest that failed)\n");
  report->summary.failed_stage = -1;
  expect_in_print(report, "  failed     segment 3 with code 42 (the lowest that failed)\n");
  report->summary.failed_stage = 3;
  expect_in_print(report, "  failed     segment 3 with code 42 (the lowest that failed)\n");
  report->summary.failed_stage = 0;
  memset(report->stage_names[0], 'f', sizeof report->stage_names[0] - 1);
  char *text = printed(report);
  expect_on_page(text);
  free(text);
  synched_report_destroy(report);
}

/* Its time counts, and no round of it is published. */
Test(table, print_failure_in_the_first_round) {
  struct synched_report *report = create(2, 4);
  report->summary.status = report->summary.failed_code = 42;
  report->summary.failed_segment = 0;
  report->summary.call_count = 2;
  report->summary.end_ns = 1000000;
  report->workers[1].compute_ns = 500000;
  report->efficiency = (struct synched_report_efficiency){
      .efficiency = 0.25, .serial = 1.0, .balance = 0.5, .scheduling = 0.5, .total_ns = 2000000};
  char *text = printed(report);
  cr_assert_not_null(strstr(text, "  rounds     0\n  calls      2 at 2,000 per second\n\n"), "%s",
                     text);
  cr_assert_not_null(strstr(text, "   Comp Ratio (%)                 0.0      50.0\n"), "%s", text);
  expect_aligned(text);
  free(text);
  synched_report_destroy(report);
}

Test(table, print_init_only_where_it_has_not_been_completed) {
  struct synched_report *report = create(1, 4);
  expect_not_in_print(report, "init");
  report->summary.init_missing = 1;
  expect_in_print(report, "  init       not completed; the memory holds what it held without it\n");
  synched_report_destroy(report);
}

/* --- where the time went --- */

Test(table, print_stages_of_several_with_their_shares) {
  struct synched_report *report = create(2, 4);
  record_run(report, 1, 3, 3);
  expect_not_in_print(report, "stages");
  add_stages(report);
  expect_in_print(report, "  stages       share    a round  compute\n"
                          "              63.1 %     400 us   95.8 %  forces\n"
                          "              36.8 %     233 us   64.3 %  moves\n"
                          "               0.0 %     500 ns    0.7 %  copies\n"
                          "  workers ");
  report->summary.record = SYNCHED_RECORD_OFF;
  expect_not_in_print(report, "stages");
  synched_report_destroy(report);
}

/* Whatever they are called, and whatever they took. */
Test(table, print_stages_of_any_name_keeps_to_the_page) {
  struct synched_report *report = create(2, 4);
  add_stages(report);
  memset(report->stage_names[0], 'f', sizeof report->stage_names[0] - 1);
  (void)snprintf(report->stage_names[1], sizeof report->stage_names[1], "a\nb\x1b[31m\xff");
  report->stages[0].total_ns = report->stages[0].compute_ns = UINT64_MAX;
  report->stages[1] = (struct synched_report_stage){.name = report->stage_names[1]};
  expect_in_print(report, "  a?b?[31m?\n");
  expect_in_print(report, "               0.0 %       0 ns      - %  a?b");
  char *text = printed(report);
  expect_on_page(text);
  free(text);
  synched_report_destroy(report);
}

/* What is shown as 0.80 is not below it. */
Test(table, print_efficiency_marks_what_is_below) {
  struct synched_report *report = create(1, 4);
  report->efficiency = (struct synched_report_efficiency){
      .efficiency = 0.7949, .serial = 0.7951, .balance = 0.8, .scheduling = 0.1, .total_ns = 1};
  expect_in_print(report, "  efficiency 0.79 (!) = serial 0.80 x balance 0.80 x scheduling "
                          "0.10 (!)\n");
  report->efficiency.efficiency = -1.0;
  report->efficiency.serial = 12.0;
  expect_in_print(report, "  efficiency 0.00 (!) = serial 9.99 x");
  report->efficiency = (struct synched_report_efficiency){.total_ns = 1};
  char *text = printed(report);
  expect_on_page(text);
  free(text);
  synched_report_destroy(report);
}

Test(table, print_utilisation_only_where_time_is_left_out) {
  struct synched_report *report = create(1, 4);
  record_run(report, 1, 3, 4);
  fill_efficiency(report);
  expect_not_in_print(report, "in all");
  report->efficiency.share_ns[SYNCHED_SHARE_TICK] = 1;
  report->efficiency.utilisation = 0.026;
  expect_in_print(report, "  in all     0.03, with waits for ticks, pauses and other jobs of the "
                          "pool\n");
  synched_report_destroy(report);
}

Test(table, print_shares_are_the_largest_first_and_none_too_small) {
  struct synched_report *report = create(1, 4);
  report->summary.end_ns = 1000000;
  uint64_t *share_ns = report->efficiency.share_ns;
  share_ns[SYNCHED_SHARE_PAUSED] = 899501;
  share_ns[SYNCHED_SHARE_OTHERS] = 100000;
  share_ns[SYNCHED_SHARE_COMPUTE] = 499;
  expect_in_print(report, "  elapsed    1.000 ms: 90.0 % paused, 10.0 % other jobs of the pool\n");
  for (unsigned s = 0; s < SYNCHED_SHARE_COUNT; s++)
    share_ns[s] = 111111;
  char *text = printed(report);
  cr_assert_eq(count_parts(text, "11.1 %"), SYNCHED_SHARE_COUNT);
  expect_on_page(text);
  free(text);
  synched_report_destroy(report);
}

/* A report of which three things are to be said, or more. */
static struct synched_report *wasteful(void) {
  struct synched_report *report = create(2, 4);
  record_run(report, 1, 3, 4);
  report->summary.callback_ns = 2000000;
  report->efficiency.total_ns = 6000000;
  report->efficiency.share_ns[SYNCHED_SHARE_BUFFER] = 600000;
  report->efficiency.share_ns[SYNCHED_SHARE_CLOSING] = 5400000;
  report->workers[0].cpu = report->workers[1].cpu = 0;
  report->workers[0].core = report->workers[1].core = 3;
  return report;
}

Test(table, print_advice_in_lines_of_a_page) {
  struct synched_report *report = wasteful();
  char *text = printed(report);
  cr_assert_not_null(strstr(text, "  advice     to save 33.3 %: on_round takes 66.7 %"), "%s",
                     text);
  cr_assert_not_null(strstr(text, "\n             "), "%s", text);
  cr_assert_not_null(
      strstr(text,
             "  advice     to save 10.0 %: rounds wait for a buffer 10.0 % of the time: take"),
      "%s", text);
  cr_assert_not_null(strstr(text, "  advice     workers 0 and 1 share CPU 0: "), "%s", text);
  expect_on_page(text);
  free(text);
  synched_report_destroy(report);
}

/* What people ask first: how well, into what, what to do. */
Test(table, print_begins_with_efficiency_and_advice) {
  struct synched_report *report = wasteful();
  report->workers[1].core = 4;
  char *text = printed(report);
  const char *advice = strstr(text, "10.0 %: rounds wait");
  size_t line = 1;
  cr_assert_not_null(advice);
  for (const char *at = text; at < advice; at++)
    line += *at == '\n';
  cr_assert_leq(line, 10, "line %zu of:\n%s", line, text);
  free(text);
  synched_report_destroy(report);
}

/* --- lines that are there where they say something --- */

Test(table, print_leases_and_snapshots_only_where_there_were_any) {
  struct synched_report *report = create(1, 4);
  record_run(report, 1, 3, 4);
  expect_not_in_print(report, "leases");
  expect_not_in_print(report, "snapshots");
  expect_not_in_print(report, "stolen");
  report->summary.lease_wait_count = 1;
  report->summary.lease_wait_ns = 1500;
  report->summary.missed_count = 12345;
  expect_in_print(report, "  leases     1 round waited for a free buffer, 1.500 us in all\n"
                          "  snapshots  0 delivered, 12,345 missed\n");
  report->summary.stalled_count = 1;
  report->summary.stalled_ns = 1234000000;
  report->summary.lease_wait_ns = 1300000000;
  expect_in_print(report,
                  "  leases     1 round waited for a free buffer, 1.300 s in all; 1 of them for\n"
                  "             over a second, 1.234 s\n");
  synched_report_destroy(report);
}

Test(table, print_schedule_of_a_periodic_job) {
  struct synched_report *report = create(1, 4);
  record_run(report, 1, 3, 4);
  expect_not_in_print(report, "period");
  expect_not_in_print(report, "lateness");
  report->summary.period_ns = 10000000;
  report->summary.tick_count = 1234;
  report->summary.started_count = 1233;
  report->summary.late_count = 12;
  report->summary.skipped_count = report->summary.overrun_count = 1;
  report->summary.lateness_p50_ns = 950;
  report->summary.lateness_p99_ns = 61500;
  report->summary.lateness_max_ns = 3200000;
  expect_in_print(report, "  period     10.000 ms: 1,234 ticks, 1,233 started, 12 of them late, "
                          "1 skipped,\n             1 overrun\n"
                          "  lateness   950 ns for 50 %, 61.500 us for 99 %, 3.200 ms at most\n"
                          "\n");
  report->summary.period_ns = 90000000000;
  report->summary.tick_count = report->summary.skipped_count = 1;
  report->summary.started_count = report->summary.late_count = report->summary.overrun_count = 0;
  expect_in_print(report, "  period     1 min 30 s: 1 tick, 0 started, 0 of them late, 1 skipped,\n"
                          "             0 overruns\n"
                          "\n");
  synched_report_destroy(report);
}

Test(table, print_deadlines_only_where_one_was_missed) {
  struct synched_report *report = create(1, 4);
  record_run(report, 1, 3, 4);
  report->summary.deadline_ns = 5000000;
  expect_not_in_print(report, "deadlines");
  report->summary.deadline_missed_count = 1234;
  expect_in_print(report, "  deadlines  1,234 missed, 0 rounds dropped\n\n");
  report->summary.dropped_count = 1;
  report->summary.missed_count = 2;
  expect_in_print(report, "  deadlines  1,234 missed, 1 round dropped\n"
                          "  snapshots  0 delivered, 2 missed\n");
  synched_report_destroy(report);
}

Test(table, print_solo_rounds_are_told) {
  struct synched_report *report = create(1, 4);
  record_run(report, 1, 3, 4);
  report->summary.solo_count = 2;
  expect_in_print(report, "  rounds     3 at 1,000 per second, 2 too small to share\n");
  synched_report_destroy(report);
}

/* --- many of them --- */

Test(table, print_sixty_four_workers_are_exactly_so) {
  struct synched_report *report = create(64, 2);
  record_run(report, 1, 3, 2);
  report->workers[63].closed_count = 3;
  report->workers[63].stolen_count = 1000;
  report->rounds[0].critical_ns = 0; /* its calls were not timed */
  char *text = printed(report);
  const char *rounds = strstr(text, "\n\n  ms in");
  cr_assert_not_null(rounds, "%s", text);
  const char *expected = "\n\n  ms in round  Total   Mean  Longest  Worker  Critical segment\n"
                         "  ------------------------------------------------------------\n"
                         "  ... 1 earlier round not shown, but in the totals\n"
                         "            2  1.000  3.252    6.402      63                 -\n"
                         "            3  1.000  3.253    6.403      63                63\n"
                         "\n"
                         "  Worker  Comp (ms)  Comp Ratio (%)  Calls  Stolen  Rounds closed\n"
                         "  ---------------------------------------------------------------\n"
                         "       0      0.306            10.2      3       0              0\n";
  cr_assert_eq(strncmp(rounds, expected, strlen(expected)), 0, "%s", text);
  cr_assert_not_null(
      strstr(text, "      63     19.206           640.2      3   1,000              3\n"), "%s",
      text);
  expect_aligned(text);
  expect_on_page(text);
  free(text);
  synched_report_destroy(report);
}

Test(table, print_any_worker_count_is_aligned_on_the_page) {
  for (unsigned worker_count = 1; worker_count <= 130; worker_count += worker_count < 20 ? 1 : 27) {
    struct synched_report *report = create(worker_count, 70);
    record_run(report, 1, 66, 70);
    fill_efficiency(report);
    char *text = printed(report);
    cr_assert_eq(count_parts(text, "Worker "), worker_count <= 8 ? worker_count : 2);
    expect_aligned(text);
    expect_on_page(text);
    free(text);
    synched_report_destroy(report);
  }
}

Test(table, print_eight_workers_in_tables_of_a_page) {
  struct synched_report *report = create(8, 70);
  record_run(report, 1, 66, 70);
  char *text = printed(report);
  cr_assert_eq(count_parts(text, "ms in round"), 2);
  cr_assert_eq(count_parts(text, "Total Time"), 2);
  cr_assert_eq(count_parts(text, "\n               66 "), 2);
  cr_assert_eq(count_parts(text, "Worker 7\n"), 1);
  free(text);
  synched_report_destroy(report);
}

Test(table, print_many_workers_without_rounds_have_no_table_of_rounds) {
  struct synched_report *report = create(64, 1);
  char *text = printed(report);
  cr_assert_eq(count_parts(text, "ms in round"), 0);
  cr_assert_eq(count_parts(text, "Rounds closed"), 1);
  expect_aligned(text);
  free(text);
  synched_report_destroy(report);
}

Test(table, print_huge_values_are_aligned) {
  for (unsigned worker_count = 3; worker_count <= 9; worker_count += 6) {
    struct synched_report *report = create(worker_count, 4);
    record_run(report, 1, 3, 4);
    report->summary.last_round = report->rounds[2].round = UINT64_MAX;
    report->workers[1].compute_ns = report->workers[1].call_count = UINT64_MAX;
    report->summary.end_ns = report->summary.start_ns + 1;
    char *text = printed(report);
    expect_aligned(text);
    cr_assert_not_null(strstr(text, "18446744073709.552"), "%s", text);
    cr_assert_not_null(strstr(text, "18,446,744,073,709,551,615"), "%s", text);
    free(text);
    report->summary.round_count = report->summary.call_count = UINT64_MAX;
    report->summary.stolen_count = report->summary.solo_count = UINT64_MAX;
    report->summary.segment_count = 4;
    report->summary.start_ns = 0;
    report->summary.end_ns = UINT64_MAX;
    text = printed(report);
    expect_aligned(text);
    cr_assert_not_null(strstr(text, "5,124,095 h 34 min"), "%s", text);
    free(text);
    synched_report_destroy(report);
  }
}

/* The lines above the tables are broken between words, however long they are. */
Test(table, print_huge_counts_stay_on_the_page) {
  struct synched_report *report = create(1, 0);
  struct synched_report_summary *job = &report->summary;
  job->end_ns = job->period_ns = job->tick_count = job->started_count = UINT64_MAX;
  job->late_count = job->skipped_count = job->overrun_count = UINT64_MAX;
  job->lateness_p50_ns = job->lateness_p99_ns = job->lateness_max_ns = UINT64_MAX;
  job->deadline_missed_count = job->dropped_count = job->lease_wait_count = UINT64_MAX;
  job->lease_wait_ns = job->stalled_count = job->stalled_ns = UINT64_MAX;
  job->delivered_count = job->missed_count = job->call_count = job->stolen_count = UINT64_MAX;
  char *text = printed(report);
  expect_on_page(text);
  free(text);
  synched_report_destroy(report);
}

Test(table, print_million_segments_is_no_longer) {
  struct synched_report *report;
  const struct synched__report_shape shape = {.worker_count = 2, .segment_count = 1000000};
  cr_assert_eq(synched__report_create(&report, &shape), 0);
  expect_in_print(report, "  workers    2, for 1,000,000 segments\n");
  char *text = printed(report);
  cr_assert_lt(strlen(text), 1000);
  free(text);
  synched_report_destroy(report);
}

/* --- ranks and checkpoints --- */

Test(table, print_ranks_of_a_cluster_with_what_they_waited_for) {
  struct synched_report *report = create(3, 4);
  record_run(report, 1, 2, 2);
  add_ranks(report);
  /* One of them is of a report in which nothing is written down. */
  report->ranks[1].worker_count = 0;
  report->ranks[1].compute_ns = 0;
  expect_in_print(
      report, "  ranks      2: efficiency 0.10 (!) = balance 0.50 (!) x communication 0.20 (!)\n"
              "             rank  workers  segments  compute  messages  agreeing  bytes a round\n"
              "                0        1         2   20.0 %    10.0 %     2.0 %  1,500\n"
              "                1        0         2    0.0 %    10.0 %     2.0 %  1,500\n");
  synched_report_destroy(report);
}

/* The report of one rank, before it has a round. */
Test(table, print_one_rank_has_no_efficiency_of_ranks) {
  struct synched_report *report = create(3, 4);
  record_run(report, 1, 2, 2);
  add_ranks(report);
  report->summary.rank_count = 1;
  report->summary.round_count = 0;
  expect_in_print(report,
                  "  ranks      1\n"
                  "             rank  workers  segments  compute  messages  agreeing  bytes a "
                  "round\n"
                  "                0        1         2   20.0 %    10.0 %     2.0 %  3,000\n");
  synched_report_destroy(report);
}

Test(table, print_many_ranks_are_cut_off) {
  for (unsigned more = 0; more < 3; more++) {
    struct synched_report *report = create(3, 4);
    const unsigned rank_count = 16 + more;
    report->ranks = synched__alloc(rank_count, sizeof *report->ranks);
    cr_assert_not_null(report->ranks);
    for (unsigned r = 0; r < rank_count; r++)
      report->ranks[r].rank = r;
    report->summary.rank_count = rank_count;
    static const char *const expected[] = {"bytes a round\n", "... 1 more rank\n",
                                           "... 2 more ranks\n"};
    expect_in_print(report, expected[more]);
    expect_in_print(report, "               15        0         0 ");
    char *text = printed(report);
    cr_expect_eq(strstr(text, "               16 ") != NULL, false);
    cr_expect_eq(strstr(text, " more rank") != NULL, more != 0);
    free(text);
    synched_report_destroy(report);
  }
}

Test(table, print_checkpoints_only_where_there_were_any) {
  struct synched_report *report = create(1, 4);
  char *text = printed(report);
  cr_expect_null(strstr(text, "  saved "));
  free(text);
  report->summary.checkpoint_count = 3;
  report->summary.checkpoint_bytes = 999001;
  report->summary.checkpoint_ns = 2000000;
  report->summary.checkpoint_held_ns = 1000;
  expect_in_print(report, "  saved      3 written, 1,000 kB in 2.000 ms beside the rounds, which "
                          "waited\n             1.000 us\n");
  report->summary.checkpoint_bytes = 1000000;
  report->summary.checkpoint_skipped_count = 2;
  report->summary.checkpoint_failed_count = 1;
  expect_in_print(report, "  saved      3 written, 1 MB in 2.000 ms beside the rounds, which "
                          "waited\n             1.000 us; 2 skipped; 1 failed\n");
  report->summary.checkpoint_count = 0;
  expect_in_print(report, "  saved      0 written, 1 MB ");
  synched_report_destroy(report);
}

/* --- numbers and names --- */

Test(table, print_elapsed_in_the_unit_that_suits) {
  static const struct {
    uint64_t ns;
    const char *expected;
  } cases[] = {
      {999, " 999 ns\n"},
      {1000, " 1.000 us\n"},
      {999999, " 999.999 us\n"},
      {1000000, " 1.000 ms\n"},
      {4595500, " 4.596 ms\n"},
      {4595499, " 4.595 ms\n"},
      {999999499, " 999.999 ms\n"},
      {999999500, " 1.000 s\n"},
      {59999499999, " 59.999 s\n"},
      {59999500000, " 1 min 0 s\n"},
      {3599499999999, " 59 min 59 s\n"},
      {3599500000000, " 1 h 0 min\n"},
      {93784000000000, " 26 h 3 min\n"},
  };
  struct synched_report *report = create(1, 4);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    report->summary.end_ns = cases[i].ns;
    expect_in_print(report, cases[i].expected);
  }
  synched_report_destroy(report);
}

Test(table, print_slow_rounds_are_told_by_their_time) {
  struct synched_report *report = create(1, 4);
  report->summary.round_count = 2;
  report->summary.end_ns = 25000000000;
  expect_in_print(report, "  rounds     2 at one per 12.500 s\n");
  expect_in_print(report, "  ... 2 rounds not shown, but in the totals\n");
  synched_report_destroy(report);
}

/* Where the machine has a locale with another decimal point. */
static bool set_decimal_comma(void) {
  static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "es_ES.UTF-8", "pl_PL.UTF-8",
                                      "ru_RU.UTF-8", "de_DE",       "fr_FR"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (setlocale(LC_ALL, names[i]) != NULL)
      return true;
  return false;
}

Test(table, print_is_the_same_in_every_locale) {
  struct synched_report *report = wasteful();
  fill_efficiency(report);
  char *plain = printed(report);
  const bool is_set = set_decimal_comma();
  char *text = printed(report);
  const bool same = strcmp(text, plain) == 0;
  free(text);
  free(plain);
  synched_report_destroy(report);
  /* Where there is no locale with a decimal comma, both were printed in the same one. */
  cr_log_info("a locale with a decimal comma: %s", is_set ? "yes" : "none here");
  cr_assert(same);
}

Test(table, print_name_cannot_drive_the_terminal) {
  struct synched_report *report = create(1, 1);
  (void)snprintf(report->name, sizeof report->name, "%s",
                 "\x1b[2Jheat\n\x7f\xc3\xa9\xe2\x82\x9b\xc2\x9b\x9b\xe0\x82\x9b");
  expect_in_print(report, "Job ?[2Jheat??\xc3\xa9\xe2\x82\x9b??????: ended well\n  elapsed");
  (void)snprintf(report->name, sizeof report->name, "<b>\"%%s'\\");
  expect_in_print(report, "Job <b>\"%s'\\: ended well\n");
  synched_report_destroy(report);
}

Test(table, print_write_failure_is_told) {
  struct synched_report *report = create(2, 4);
  record_run(report, 1, 3, 4);
  FILE *full = fopen("/dev/full", "w");
  cr_assert_not_null(full);
  cr_assert_eq(synched_report_print(report, full), SYNCHED_EIO);
  expect_message("the report could not be written: ");
  (void)fclose(full);
  FILE *read_only = fopen("/dev/null", "r");
  cr_assert_not_null(read_only);
  cr_assert_eq(synched_report_print(report, read_only), SYNCHED_EIO);
  (void)fclose(read_only);
  synched_report_destroy(report);
}
