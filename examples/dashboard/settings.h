/*
 * settings.h: the command line.
 */
#ifndef DASHBOARD_SETTINGS_H
#define DASHBOARD_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

#define DASHBOARD_SIDE_MIN 16u /* cells */
#define DASHBOARD_SIDE_MAX 4096u

struct dashboard_settings {
  const char *address;   /* a numeric one */
  uint16_t port;         /* 0: any free one */
  unsigned worker_count; /* 0: the pool decides */
  size_t width, height;  /* cells */
  uint64_t period_ns;    /* 0: one round after the other */
  uint64_t seconds;      /* to end after; 0: none */
};

enum dashboard_settings_result {
  DASHBOARD_SETTINGS_RUN,
  DASHBOARD_SETTINGS_DONE, /* --help was printed */
  DASHBOARD_SETTINGS_WRONG /* one line about it is on stderr */
};

/* Reads the command line; the strings stay the caller's. */
enum dashboard_settings_result dashboard_settings_parse(struct dashboard_settings *out, int argc,
                                                        char **argv);

/* Reads a decimal number from `least` up to `most`, and nothing else. 0; or -1 and why not. */
struct dashboard_range {
  uint64_t least, most;
};
int dashboard_number_parse(uint64_t *out, const char *text, struct dashboard_range range,
                           struct example_error *error);

#endif
