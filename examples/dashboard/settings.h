/*
 * settings.h: the command line.
 */
#ifndef DASHBOARD_SETTINGS_H
#define DASHBOARD_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "common/options.h"

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

/* Reads the command line; the strings stay the caller's. */
enum example_options_result dashboard_settings_parse(struct dashboard_settings *out, int argc,
                                                     char **argv);

#endif
