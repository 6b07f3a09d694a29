/*
 * options.h: the command line.
 */
#ifndef PARTICLES_OPTIONS_H
#define PARTICLES_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/options.h"
#include "common/report.h"

struct particles_options {
  size_t count; /* of particles */
  uint64_t step_count;
  unsigned worker_count; /* 0: the pool decides */
  size_t segment_count;  /* 0: some per worker */
  uint64_t every;        /* steps from one line that is printed to the next; never 0 */
  struct example_report report;
  bool check;
  bool quiet;
};

enum example_options_result particles_options_parse(struct particles_options *out, int argc,
                                                    char **argv);

#endif
