#include "command.h"

#include <stdbool.h>
#include <string.h>

#include <synched/job.h>

#include "settings.h"

#define NS_PER_US UINT64_C(1000)

static const char *const names[] = {
    [DASHBOARD_PAUSE] = "pause",   [DASHBOARD_RESUME] = "resume", [DASHBOARD_STEP] = "step",
    [DASHBOARD_PERIOD] = "period", [DASHBOARD_CANCEL] = "cancel", [DASHBOARD_RESTART] = "restart",
};
#define VERB_COUNT (sizeof names / sizeof names[0])

const char *dashboard_verb_name(enum dashboard_verb verb) {
  return names[verb];
}

static int parse_value(struct dashboard_command *out, const char *text,
                       struct example_error *error) {
  const struct example_range rounds = {1, DASHBOARD_STEP_MAX};
  const struct example_range period_us = {SYNCHED_PERIOD_MIN_NS / NS_PER_US,
                                          SYNCHED_PERIOD_MAX_NS / NS_PER_US};
  switch (out->verb) {
  case DASHBOARD_STEP:
    out->value = 1;
    return text ? example_number_parse(&out->value, text, rounds, error) : 0;
  case DASHBOARD_PERIOD:
    if (!text)
      return example_fail(error, 0, "period takes a number of microseconds");
    if (example_number_parse(&out->value, text, period_us, error) != 0)
      return -1;
    out->value *= NS_PER_US;
    return 0;
  default:
    out->value = 0;
    return text ? example_fail(error, 0, "%s takes no number", names[out->verb]) : 0;
  }
}

int dashboard_command_parse(struct dashboard_command *out, const char *message, size_t byte_count,
                            struct example_error *error) {
  char text[DASHBOARD_COMMAND_BYTES_MAX + 1];
  struct dashboard_command command;
  if (byte_count > DASHBOARD_COMMAND_BYTES_MAX)
    return example_fail(error, 0, "a command has at most %u bytes", DASHBOARD_COMMAND_BYTES_MAX);
  if (byte_count == 0 || memchr(message, '\0', byte_count))
    return example_fail(error, 0, "that is no command");
  memcpy(text, message, byte_count);
  text[byte_count] = '\0';
  char *space = strchr(text, ' ');
  if (space)
    *space = '\0';
  for (size_t verb = 0; verb < VERB_COUNT; verb++)
    if (strcmp(text, names[verb]) == 0) {
      command.verb = (enum dashboard_verb)verb;
      if (parse_value(&command, space ? space + 1 : NULL, error) != 0)
        return -1;
      *out = command;
      return 0;
    }
  return example_fail(error, 0, "there is no command '%.40s'", text);
}
