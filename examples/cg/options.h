/*
 * options.h: the command line.
 */
#ifndef CG_OPTIONS_H
#define CG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/checkpoint.h"
#include "common/options.h"
#include "common/report.h"

enum cg_right { CG_RIGHT_ONES, CG_RIGHT_RANDOM, CG_RIGHT_KNOWN, CG_RIGHT_FILE };

struct cg_options {
  const char *file; /* "-": standard input; NULL: a grid */
  size_t side;      /* of the grid */
  enum cg_right right;
  const char *right_file;
  uint64_t seed; /* of random numbers */
  bool scale;
  double tolerance;        /* above 0 */
  uint64_t rounds_max;     /* 0: some for each unknown */
  unsigned worker_count;   /* 0: the pool decides */
  size_t segment_count;    /* 0: as many as suit the matrix */
  const char *output_path; /* NULL: none */
  struct example_report report;
  bool mpi; /* on all ranks */
  struct example_checkpoint_options checkpoint;
  bool check;
  bool quiet;
};

/* Reads the command line; the strings stay the caller's. */
enum example_options_result cg_options_parse(struct cg_options *out, int argc, char **argv);

#endif
