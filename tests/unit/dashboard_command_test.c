/*
 * dashboard_command_test.c: what clients of the example `dashboard` ask of it.
 */
#include "command.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>

#include <synched/job.h>

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
