/*
 * chrome_test.c: a report as Chrome's trace events, to the letter. That the rules of the format
 * are kept whatever is in a report, tests/programs/ tests.
 */
#include "support/written.h"

#include "support/unit_support.h"

#define HEAD(name, of)                                                                             \
  "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"job\":\"" name                                     \
  "\",\"process\":\"7\",\"machine\":\"here\",\"placement\":\"\",\"library\":\"synched 0.1.0\","    \
  "\"status\":\"no error\",\"rounds\":\"" of "\"},\"traceEvents\":[\n"                             \
  "{\"ph\":\"M\",\"pid\":7,\"name\":\"process_name\",\"args\":{\"name\":\"" name "\"}},\n"         \
  "{\"ph\":\"M\",\"pid\":7,\"name\":\"process_labels\",\"args\":{\"labels\":\"here\"}}"
#define TRACK(tid, name, index)                                                                    \
  ",\n{\"ph\":\"M\",\"pid\":7,\"tid\":" tid ",\"name\":\"thread_name\",\"args\":{\"name\":\"" name \
  "\"}}"                                                                                           \
  ",\n{\"ph\":\"M\",\"pid\":7,\"tid\":" tid                                                        \
  ",\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":" index "}}"
#define SLICE(tid, ts, dur, category, name, arguments)                                             \
  ",\n{\"ph\":\"X\",\"pid\":7,\"tid\":" tid ",\"ts\":" ts ",\"dur\":" dur ",\"cat\":\"" category   \
  "\",\"name\":\"" name "\",\"args\":{" arguments "}}"
#define FLOW(phase, tid, ts, bind)                                                                 \
  ",\n{\"ph\":\"" phase "\",\"pid\":7,\"tid\":" tid ",\"ts\":" ts ",\"id\":1" bind                 \
  ",\"cat\":\"barrier\",\"name\":\"barrier\"}"
#define COUNTER(ts, name, ns)                                                                      \
  ",\n{\"ph\":\"C\",\"pid\":7,\"ts\":" ts ",\"name\":\"" name "\",\"args\":{\"ns\":" ns "}}"
#define END "\n]}\n"

static struct synched_report *create_here(unsigned worker_count, size_t round_count) {
  struct synched_report *report = create(worker_count, round_count);
  report->process = 7;
  (void)snprintf(report->machine, sizeof report->machine, "here");
  return report;
}

Test(chrome, no_rounds_are_empty_tracks) {
  struct synched_report *report = create_here(1, 1);
  expect_written(report, SYNCHED_FORMAT_TRACE,
                 HEAD("heat", "0, of which 0 are here") TRACK("8", "synched/0", "0") END);
  synched_report_destroy(report);
}

Test(chrome, parts_calls_sleeps_and_the_closing_are_slices) {
  struct synched_report *report = create_here(2, 1);
  record_run(report, 1, 1, 1);
  (void)snprintf(report->pool, sizeof report->pool, "pool");
  report->summary.start_ns = 999000;
  report->rounds[0].callback_ns = 600000;
  report->parts[1].slept_ns = 600;
  report->parts[1].sleep_count = 2;
  report->parts[1].wake_count = 1;
  report->tasks[report->task_count++] = (struct synched_report_task){
      .worker = 0, .round = 1, .segment = 3, .start_ns = 1000500, .compute_ns = 100001};
  expect_written(
      report, SYNCHED_FORMAT_TRACE,
      HEAD("heat", "1, of which 1 are here") TRACK("8", "pool/0", "0") SLICE(
          "8", "1000.000", "101.000", "part", "round 1",
          "\"round\":1,\"calls\":1,\"stolen\":0,\"compute_ns\":101000,\"longest_segment\":0,"
          "\"longest_ns\":101000") SLICE("8", "1000.500", "100.001", "task", "segment 3",
                                         "\"round\":1,\"segment\":3") FLOW("s", "8", "1100.999", "")
          TRACK("9", "pool/1", "1") SLICE("9", "999.400", "0.600", "sleep", "asleep",
                                          "\"round\":1,\"sleeps\":2,\"wakes\":1,\"slept_ns\":600")
              SLICE("9", "1000.000", "201.000", "part", "round 1",
                    "\"round\":1,\"calls\":1,\"stolen\":0,\"compute_ns\":201000,"
                    "\"longest_segment\":1,\"longest_ns\":201000")
                  SLICE("9", "1201.000", "799.000", "closing", "closing",
                        "\"round\":1,\"workers\":2,\"solo\":0")
                      FLOW("f", "9", "1201.000", ",\"bp\":\"e\"")
                          SLICE("9", "1400.000", "600.000", "callback", "on_round", "\"round\":1")
                              COUNTER("1000.000", "round time", "1000000")
                                  COUNTER("1000.000", "compute", "302000") END);
  synched_report_destroy(report);
}

/* A flow begins within its part, or where it is, if it took no time; and the job is not over. */
Test(chrome, parts_of_no_time_have_flows) {
  struct synched_report *report = create_here(2, 1);
  record_run(report, 1, 1, 1);
  report->parts[0].end_ns = report->parts[0].start_ns;
  report->summary.ended = 0;
  expect_part(report, SYNCHED_FORMAT_TRACE, FLOW("s", "8", "1000.000", ""));
  expect_part(report, SYNCHED_FORMAT_TRACE, "\"status\":\"it runs\"");
  synched_report_destroy(report);
}

Test(chrome, lateness_is_a_counter_of_periodic_jobs) {
  struct synched_report *report = create_here(1, 1);
  record_run(report, 1, 1, 1);
  report->summary.period_ns = 1000000;
  report->rounds[0].lateness_ns = 42;
  expect_part(report, SYNCHED_FORMAT_TRACE, COUNTER("1000.000", "lateness", "42") END);
  synched_report_destroy(report);
}

Test(chrome, names_are_strings_whatever_is_in_them) {
  struct synched_report *report = create_here(1, 1);
  (void)snprintf(report->name, sizeof report->name, "%s",
                 "a\"b\\</script>\n\x01\x7f\xff\xc3\xa4\xe2");
  expect_written(report, SYNCHED_FORMAT_TRACE,
                 HEAD("a\\\"b\\\\</script>\\u000a\\u0001\\u007f\\ufffd\xc3\xa4\\ufffd",
                      "0, of which 0 are here") TRACK("8", "synched/0", "0") END);
  synched_report_destroy(report);
}

Test(chrome, failures_are_told) {
  struct synched_report *report = create_here(2, 1);
  expect_failures_told(report, SYNCHED_FORMAT_TRACE, 2);
  synched_report_destroy(report);
}
