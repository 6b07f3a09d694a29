/*
 * dashboard_message_test.c: what goes over the WebSocket of the example `dashboard`: commands, answers,
 * the state, and the picture.
 */
#include "support/life_world.h"

#include <inttypes.h>

#include <synched/job.h>

#include "command.h"
#include "frame.h"
#include "state.h"

/* --- commands --- */

static void expect_command(const char *message, enum dashboard_verb verb, uint64_t value) {
  struct dashboard_command command = {0};
  struct example_error error = {.text = ""};
  cr_assert_eq(dashboard_command_parse(&command, message, strlen(message), &error), 0, "%s: %s",
               message, error.text);
  cr_expect_eq(command.verb, verb, "%s", message);
  cr_expect_eq(command.value, value, "%s: %" PRIu64, message, command.value);
}

Test(dashboard_command, parse_reads_each_verb) {
  expect_command("pause", DASHBOARD_PAUSE, 0);
  expect_command("resume", DASHBOARD_RESUME, 0);
  expect_command("cancel", DASHBOARD_CANCEL, 0);
  expect_command("restart", DASHBOARD_RESTART, 0);
  expect_command("step", DASHBOARD_STEP, 1);
  expect_command("step 1000000", DASHBOARD_STEP, 1000000);
  expect_command("period 200", DASHBOARD_PERIOD, SYNCHED_PERIOD_MIN_NS);
  expect_command("period 100000000000000", DASHBOARD_PERIOD, SYNCHED_PERIOD_MAX_NS);
}

static void refuse_command(const char *message, size_t byte_count) {
  struct dashboard_command command = {.verb = DASHBOARD_CANCEL, .value = 77};
  struct example_error error = {.text = ""};
  cr_expect_eq(dashboard_command_parse(&command, message, byte_count, &error), -1, "%s", message);
  cr_expect(error.text[0] != '\0', "%s", message);
  cr_expect(command.verb == DASHBOARD_CANCEL && command.value == 77, "%s", message);
}

Test(dashboard_command, parse_refuses_everything_else) {
  static const char *const messages[] = {"",
                                         " ",
                                         "fly",
                                         "Pause",
                                         "pausex",
                                         "pause ",
                                         "pause 1",
                                         " pause",
                                         "cancel 0",
                                         "step 0",
                                         "step ",
                                         "step  1",
                                         "step -1",
                                         "step 1x",
                                         "step 1 2",
                                         "step 1000001",
                                         "period",
                                         "period ",
                                         "period 199",
                                         "period 100000000000001",
                                         "pause\n",
                                         "period 18446744073709551617",
                                         "step 18446744073709551617"};
  for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++)
    refuse_command(messages[i], strlen(messages[i]));
  refuse_command("pause\0", 6);
  refuse_command("\0pause", 6);
}

Test(dashboard_command, parse_looks_no_further_than_the_message) {
  struct dashboard_command command = {0};
  struct example_error error;
  cr_expect_eq(dashboard_command_parse(&command, "step 12345", 7, &error), 0);
  cr_expect_eq(command.value, 12);
}

Test(dashboard_command, parse_refuses_a_long_message) {
  char message[DASHBOARD_COMMAND_BYTES_MAX + 1];
  memset(message, '0', sizeof message);
  memcpy(message, "step ", 5);
  message[sizeof message - 2] = message[sizeof message - 1] = '1';
  refuse_command(message, sizeof message);
  struct dashboard_command command = {0};
  struct example_error error;
  cr_expect_eq(dashboard_command_parse(&command, message, sizeof message - 1, &error), 0);
}

/* --- texts --- */

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

/* --- pictures --- */

/* What the page does with a frame. */
static bool frame_cell(const unsigned char *frame, size_t width, size_t x, size_t y) {
  const unsigned char *const row = frame + DASHBOARD_FRAME_HEADER_BYTES + y * ((width + 7) / 8);
  return row[x / 8] >> (x % 8) & 1;
}

static void expect_picture(const char *rule, size_t bands) {
  char text[400];
  struct world world;
  snprintf(text, sizeof text, "x = 5, y = 6, rule = %s\nobobo$5o$b3o2$o3bo$5o!", rule);
  world_open_text(&world, text, 0, bands);
  world_run(&world, 3);
  const struct life_view view = world_view(&world);
  const size_t width = world.grid.width, bytes = dashboard_frame_bytes(&world.grid);
  unsigned char *const frame = malloc(bytes + 1);
  cr_assert_not_null(frame);
  memset(frame, 0xa5, bytes + 1);
  dashboard_frame_write(frame, &view, UINT64_C(0x0123456789abcdef));
  cr_expect_eq(frame[bytes], 0xa5, "written beyond the end");
  const unsigned char header[] = {(unsigned char)width,
                                  (unsigned char)(width >> 8),
                                  0,
                                  0,
                                  (unsigned char)world.grid.height,
                                  0,
                                  0,
                                  0,
                                  0xef,
                                  0xcd,
                                  0xab,
                                  0x89,
                                  0x67,
                                  0x45,
                                  0x23,
                                  0x01};
  cr_expect_arr_eq(frame, header, sizeof header);
  for (size_t y = 0; y < world.grid.height; y++)
    for (size_t x = 0; x < width; x++)
      cr_expect_eq(frame_cell(frame, width, x, y), world_alive(&world, x, y), "%zu, %zu", x, y);
  free(frame);
  world_close(&world);
}

Test(dashboard_frame, write_has_every_cell_where_it_belongs) {
  expect_picture("B3/S23:T16,16", 1);
  expect_picture("B3/S23:T300,20", 3);
  expect_picture("B3/S23:T64,64", 64); /* most bands are dead */
  expect_picture("B3/S23:T65,17", 5);
  expect_picture("B36/S23:T71,33", 2);
}
