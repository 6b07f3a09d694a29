/*
 * dashboard_state_test.c: what the example `dashboard` tells its clients in words: its state, and
 * its answers.
 */
#include "state.h"

#include <criterion/criterion.h>
#include <string.h>

#include <synched/job.h>

Test(dashboard_state, write_says_all) {
  const double shares[] = {0.25, 1.5, -0.1};
  const struct dashboard_state state = {.name = "paused",
                                        .round = 12,
                                        .population = 34,
                                        .rounds_per_second = 5.678,
                                        .period_ns = 20000000,
                                        .client_count = 2,
                                        .worker_count = 3,
                                        .work_shares = shares,
                                        .effect = {7, "step", "done", 12}};
  static const char expected[] =
      "{\"type\":\"state\",\"state\":\"paused\",\"round\":12,\"population\":34,\"rate\":5.7,"
      "\"period_us\":20000,\"clients\":2,\"effect\":{\"serial\":7,\"command\":\"step\","
      "\"status\":\"done\",\"round\":12},\"work\":[0.250,1.000,0.000]}";
  char text[2000];
  const size_t bytes = dashboard_state_write(text, dashboard_state_bytes(3), &state);
  cr_expect_str_eq(text, expected);
  cr_expect_eq(bytes, sizeof expected - 1);
}

/* All numbers as long as they get. */
Test(dashboard_state, write_fits_in_the_room_that_is_asked_for) {
  double shares[100];
  for (size_t i = 0; i < 100; i++)
    shares[i] = 0.999;
  const struct dashboard_state state = {
      .name = "not connected",
      .round = UINT64_MAX,
      .population = UINT64_MAX,
      .rounds_per_second = 1e18,
      .period_ns = UINT64_MAX,
      .client_count = SIZE_MAX,
      .worker_count = 100,
      .work_shares = shares,
      .effect = {UINT64_MAX, "restart", "SYNCHED_ECANCELED", UINT64_MAX}};
  char text[4000];
  const size_t bytes = dashboard_state_write(text, dashboard_state_bytes(100), &state);
  cr_expect_lt(bytes, dashboard_state_bytes(100) - 1, "it may have been cut");
  cr_expect_str_eq(text + bytes - 8, ",0.999]}");
}

Test(dashboard_state, write_cuts_what_does_not_fit) {
  const struct dashboard_state state = {.name = "running"};
  char text[20];
  memset(text, 'x', sizeof text);
  cr_expect_eq(dashboard_state_write(text, 10, &state), 9);
  cr_expect_eq(text[9], '\0');
  cr_expect_eq(text[10], 'x');
}

Test(dashboard_state, reply_write_accepts_and_refuses) {
  char reply[DASHBOARD_REPLY_BYTES_MAX];
  cr_expect_eq(dashboard_reply_write(reply, "pause", NULL), strlen(reply));
  cr_expect_str_eq(reply, "{\"type\":\"accepted\",\"command\":\"pause\"}");
  dashboard_reply_write(reply, "", "no\n\"\\\x7f\xc3\xa4");
  cr_expect_str_eq(reply, "{\"type\":\"refused\",\"error\":\"no?\\\"\\\\???\"}");
}

Test(dashboard_state, reply_write_is_whole_however_long_the_error) {
  char reply[DASHBOARD_REPLY_BYTES_MAX], error[1000] = "";
  memset(error, '"', sizeof error - 1);
  const size_t bytes = dashboard_reply_write(reply, "", error);
  cr_expect_eq(bytes, strlen(reply));
  cr_expect_str_eq(reply + bytes - 4, "\\\"\"}");
}
