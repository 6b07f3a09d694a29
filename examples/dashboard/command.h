/*
 * command.h: what a client may ask for, as a text message of the WebSocket:
 *
 *   pause | resume | step [ROUNDS] | period MICROSECONDS | cancel | restart
 */
#ifndef DASHBOARD_COMMAND_H
#define DASHBOARD_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

#define DASHBOARD_COMMAND_BYTES_MAX 64u /* a longer message is none */
#define DASHBOARD_STEP_MAX 1000000u     /* rounds */

enum dashboard_verb {
  DASHBOARD_PAUSE = 0,
  DASHBOARD_RESUME,
  DASHBOARD_STEP,
  DASHBOARD_PERIOD,
  DASHBOARD_CANCEL,
  DASHBOARD_RESTART
};

struct dashboard_command {
  enum dashboard_verb verb;
  uint64_t value; /* STEP: rounds; PERIOD: ns */
};

/* Reads a message, which need not end with a 0. 0 and *out; or -1 and why, and *out stays. */
int dashboard_command_parse(struct dashboard_command *out, const char *message, size_t byte_count,
                            struct example_error *error);

const char *dashboard_verb_name(enum dashboard_verb verb);

#endif
