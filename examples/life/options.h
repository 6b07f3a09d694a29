/*
 * options.h: the command line.
 */
#ifndef LIFE_OPTIONS_H
#define LIFE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <synched/topology.h>

#include "common/checkpoint.h"
#include "common/options.h"
#include "common/report.h"

struct life_options {
  const char *file; /* "-": standard input */
  uint64_t generations;
  unsigned worker_count;       /* 0: the pool decides */
  size_t segment_count;        /* 0: life_grid_divide decides */
  unsigned rounds_per_barrier; /* 0: the library chooses */
  enum synched_affinity affinity;
  const char *cpu_list; /* for SYNCHED_AFFINITY_LIST */
  const char *rle_path; /* NULL: none */
  const char *png_path; /* NULL: none */
  struct example_report report;
  bool mpi; /* on all ranks */
  struct example_checkpoint_options checkpoint;
  bool quiet;
};

/* Reads the command line; the strings stay the caller's. */
enum example_options_result life_options_parse(struct life_options *out, int argc, char **argv);

#endif
