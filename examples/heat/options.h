/*
 * options.h: the command line.
 */
#ifndef HEAT_OPTIONS_H
#define HEAT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/checkpoint.h"
#include "common/options.h"
#include "common/report.h"
#include "kernel.h"

struct heat_options {
  struct heat_plate plate;
  uint64_t round_count;
  /* 0: the library chooses */
  unsigned rounds_per_barrier;
  /* 0: heat_rows_for decides; may be more than there are */
  size_t rows_per_segment;
  /* 0: the pool decides */
  unsigned worker_count;
  /* NULL: no picture of the end */
  const char *png_path;
  struct example_report report;
  struct example_checkpoint_options checkpoint;
  bool progress;
  /* on all ranks */
  bool mpi;
  bool check;
  bool quiet;
};

/* Reads the command line; the strings stay the caller's. */
enum example_options_result heat_options_parse(struct heat_options *out, int argc, char **argv);

#endif
