/*
 * options.h: the command line.
 */
#ifndef MAXWELL_OPTIONS_H
#define MAXWELL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/options.h"
#include "common/report.h"

struct maxwell_options {
  size_t side; /* cells */
  uint64_t step_count;
  unsigned worker_count; /* 0: the pool decides */
  size_t segment_count;  /* 0: some per worker */
  bool absorbing;
  bool buffered; /* two buffers for each field, instead of one that is changed in place */
  /* 0: the library chooses. Energies are added up at barriers, so there are none but with 1 */
  unsigned rounds_per_barrier;
  uint64_t every;          /* steps from one energy that is printed to the next; 0: none is */
  const char *frames_path; /* the folder for pictures while it runs; NULL: none */
  const char *png_path;    /* NULL: no picture of the end */
  struct example_report report;
  bool check;
  bool quiet;
};

/* Reads the command line; the strings stay the caller's. */
enum example_options_result maxwell_options_parse(struct maxwell_options *out, int argc,
                                                  char **argv);

#endif
