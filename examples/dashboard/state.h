/*
 * state.h: what is known about the job, and answers to commands, as text messages in JSON.
 */
#ifndef DASHBOARD_STATE_H
#define DASHBOARD_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "command.h"

/* A command that has taken effect, or will not any more. */
struct dashboard_effect {
  uint64_t serial;  /* counted from 1; 0: there was none yet */
  const char *verb; /* its name */
  const char *status;
  uint64_t round;
};

struct dashboard_state {
  const char *name; /* running, paused, stepping, ending, ended */
  uint64_t round, population;
  double rounds_per_second;
  uint64_t period_ns;
  size_t client_count;
  size_t worker_count;
  const double *work_shares; /* [worker_count], of the time since the last state, 0 .. 1 */
  struct dashboard_effect effect;
};

/* Room enough for so many workers. */
size_t dashboard_state_bytes(size_t worker_count);

/* Writes {"type":"state",...}. Returns its bytes, without the 0 at its end. `room`: as
 * dashboard_state_bytes says. */
size_t dashboard_state_write(char *out, size_t room, const struct dashboard_state *state);

#define DASHBOARD_REPLY_BYTES_MAX 640u

/* Writes {"type":"accepted","command":...}, or {"type":"refused","error":...} where `error` is not
 * NULL. Returns its bytes. */
size_t dashboard_reply_write(char out[static DASHBOARD_REPLY_BYTES_MAX], const char *verb,
                             const char *error);

#endif
