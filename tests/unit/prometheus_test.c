/*
 * prometheus_test.c: the totals as OpenMetrics text. That it is what Prometheus reads,
 * tests/programs/ tests.
 */
#include "support/written.h"

#include "support/unit_support.h"

static struct synched_report *made;

static void make(void) {
  made = create(2, 4);
  record_run(made, 1, 3, 3);
}

static void drop(void) {
  synched_report_destroy(made);
}

TestSuite(prometheus, .init = make, .fini = drop);

static void has(const char *lines) {
  expect_part(made, SYNCHED_FORMAT_PROMETHEUS, lines);
}

Test(prometheus, counters_end_in_total_and_tell_their_unit) {
  has("# TYPE synched_rounds counter\n"
      "# HELP synched_rounds Rounds completed and published.\n"
      "synched_rounds_total{job=\"heat\"} 3\n");
  has("# TYPE synched_compute_seconds counter\n"
      "# UNIT synched_compute_seconds seconds\n"
      "# HELP synched_compute_seconds Time in compute calls, of all workers.\n"
      "synched_compute_seconds_total{job=\"heat\"} 0.000912000\n");
}

Test(prometheus, workers_are_a_label) {
  has("# HELP synched_worker_calls Its compute calls.\n"
      "synched_worker_calls_total{job=\"heat\",worker=\"0\"} 3\n"
      "synched_worker_calls_total{job=\"heat\",worker=\"1\"} 3\n");
}

Test(prometheus, stages_of_several_are_labels) {
  size_t byte_count;
  char *text = written(made, SYNCHED_FORMAT_PROMETHEUS, &byte_count);
  cr_expect_null(strstr(text, "synched_stage"), "a job of one stage");
  free(text);
  add_stages(made);
  (void)snprintf(made->stage_names[1], sizeof made->stage_names[1], "a\"b\n");
  has("# TYPE synched_stage_seconds counter\n"
      "# UNIT synched_stage_seconds seconds\n"
      "# HELP synched_stage_seconds From its opening to its end.\n"
      "synched_stage_seconds_total{job=\"heat\",stage=\"0\",name=\"forces\"} 0.001200000\n"
      "synched_stage_seconds_total{job=\"heat\",stage=\"1\",name=\"a\\\"b\\n\"} 0.000700000\n");
  has("synched_stage_rounds_total{job=\"heat\",stage=\"2\",name=\"copies\"} 1\n");
  has("synched_stage_compute_seconds_total{job=\"heat\",stage=\"0\",name=\"forces\"} "
      "0.002300000\n");
}

Test(prometheus, efficiencies_and_shares_are_ratios) {
  made->efficiency.balance = 0.75;
  made->efficiency.share_ns[SYNCHED_SHARE_COMPUTE] = 2000000000;
  made->efficiency.share_ns[SYNCHED_SHARE_TICK] = 1000000000;
  has("synched_efficiency_ratio{job=\"heat\",kind=\"balance\"} 0.750000\n");
  has("synched_share_seconds_total{job=\"heat\",share=\"compute\"} 2.000000000\n");
  has("synched_share_ratio{job=\"heat\",share=\"waiting for the tick\"} 0.333333\n");
  has("synched_share_ratio{job=\"heat\",share=\"paused\"} 0.000000\n");
}

Test(prometheus, distributions_are_summaries) {
  has("# TYPE synched_round_seconds summary\n"
      "# UNIT synched_round_seconds seconds\n"
      "# HELP synched_round_seconds Rounds, from the opening to the end.\n"
      "synched_round_seconds{job=\"heat\",quantile=\"0.5\"} 0.001003519\n");
  has("synched_round_seconds_count{job=\"heat\"} 3\n"
      "synched_round_seconds_sum{job=\"heat\"} 0.00301");
  has("synched_worker_round_seconds{job=\"heat\",worker=\"1\",quantile=\"0.99\"} 0.000203");
  /* Nothing was late: there is nothing to say of how late. */
  has("# HELP synched_tick_lateness_seconds From a tick's due time to its opening.\n"
      "synched_tick_lateness_seconds_count{job=\"heat\"} 0\n"
      "synched_tick_lateness_seconds_sum{job=\"heat\"} 0.000000000\n");
}

Test(prometheus, labels_are_escaped) {
  (void)snprintf(made->name, sizeof made->name, "%s", "a\"b\\c\nd\re\xff\x7f{}");
  has("synched_running{job=\"a\\\"b\\\\c\\nd\xef\xbf\xbd"
      "e\xef\xbf\xbd\xef\xbf\xbd{}\"} 0\n");
}

Test(prometheus, what_is_not_recorded_is_not_told) {
  size_t byte_count;
  made->summary.record = SYNCHED_RECORD_OFF;
  char *text = written(made, SYNCHED_FORMAT_PROMETHEUS, &byte_count);
  cr_expect_not_null(strstr(text, "synched_rounds_total{job=\"heat\"} 3\n"));
  cr_expect_null(strstr(text, "synched_calls"));
  cr_expect_null(strstr(text, "synched_efficiency"));
  cr_expect_str_eq(text + byte_count - 6, "# EOF\n");
  free(text);
}

Test(prometheus, no_time_has_passed_before_the_first_round) {
  made->summary.end_ns = made->summary.start_ns;
  has("synched_elapsed_seconds{job=\"heat\"} 0.000000000\n");
}

Test(prometheus, failures_are_told) {
  expect_failures_told(made, SYNCHED_FORMAT_PROMETHEUS, 0);
}
