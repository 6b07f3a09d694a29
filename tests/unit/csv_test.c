/*
 * csv_test.c: the recorded rounds as a table, to the letter. That it is what spreadsheets read,
 * tests/programs/ tests.
 */
#include "support/written.h"

#include "support/unit_support.h"

#define COLUMNS                                                                                    \
  "job,round,start_ns,total_ns,phase_ns,compute_ns,callback_ns,lateness_ns,workers,solo,closer,"   \
  "longest_worker,longest_ns,critical_segment,critical_ns,worker 0 compute_ns,worker 1 "           \
  "compute_ns,worker 0 calls,worker 1 calls,worker 0 stolen,worker 1 stolen,worker 0 "             \
  "slept_ns,worker 1 slept_ns\r\n"

Test(csv, rounds_are_rows_and_workers_columns) {
  struct synched_report *report = create(2, 2);
  record_run(report, 7, 9, 2);
  report->rounds[1].callback_ns = 5;
  report->rounds[1].lateness_ns = 6;
  report->rounds[1].solo = 1;
  report->parts[3].stolen_count = 1;
  report->parts[3].slept_ns = 4000;
  expect_written(report, SYNCHED_FORMAT_CSV,
                 COLUMNS "\"heat\",8,1000000,1000000,208000,316000,0,0,2,0,0,1,208000,1,208000,"
                         "108000,208000,1,1,0,0,0,0\r\n"
                         "\"heat\",9,2000000,1000000,209000,318000,5,6,2,1,1,1,209000,1,209000,"
                         "109000,209000,1,1,0,1,0,4000\r\n");
  synched_report_destroy(report);
}

Test(csv, no_rounds_are_a_header) {
  struct synched_report *report = create(2, 1);
  expect_written(report, SYNCHED_FORMAT_CSV, COLUMNS);
  synched_report_destroy(report);
}

static void expect_name(const char *name, const char *cell) {
  char line[600];
  struct synched_report *report = create(1, 1);
  record_run(report, 1, 1, 1);
  (void)snprintf(report->name, sizeof report->name, "%s", name);
  (void)snprintf(line, sizeof line, "\r\n%s,1,0,", cell);
  expect_part(report, SYNCHED_FORMAT_CSV, line);
  synched_report_destroy(report);
}

Test(csv, names_are_one_cell_whatever_is_in_them) {
  expect_name("", "\"\"");
  expect_name("a,b", "\"a,b\"");
  expect_name("say \"heat\"", "\"say \"\"heat\"\"\"");
  expect_name("a\nb\tc", "\"a\nb\tc\"");
  expect_name("a\r\x01\x7f\xff", "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
  expect_name("\xc3\xa4", "\"\xc3\xa4\"");
}

Test(csv, names_are_no_formulas) {
  expect_name("=1+1", "\"'=1+1\"");
  expect_name("+1", "\"'+1\"");
  expect_name("-1", "\"'-1\"");
  expect_name("@a", "\"'@a\"");
  expect_name("\t=a", "\"'\t=a\"");
  expect_name("a=1", "\"a=1\"");
}

Test(csv, failures_are_told) {
  struct synched_report *report = create(2, 1);
  expect_failures_told(report, SYNCHED_FORMAT_CSV, 0);
  synched_report_destroy(report);
}
