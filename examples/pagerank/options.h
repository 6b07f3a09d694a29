/*
 * options.h: the command line.
 */
#ifndef PAGERANK_OPTIONS_H
#define PAGERANK_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/checkpoint.h"
#include "common/options.h"
#include "common/report.h"

struct pagerank_options {
  const char *file;      /* "-": standard input; NULL: Debian's packages */
  unsigned worker_count; /* 0: the pool decides */
  double tolerance;      /* above 0 */
  size_t rounds_max;     /* 0: as many as any graph takes */
  size_t top_count;
  const char *output_path; /* NULL: none */
  size_t segment_count;    /* 0: as many as suit the graph */
  struct example_report report;
  bool mpi; /* on all ranks */
  struct example_checkpoint_options checkpoint;
  bool quiet;
};

/* Reads the command line; the strings stay the caller's. */
enum example_options_result pagerank_options_parse(struct pagerank_options *out, int argc,
                                                   char **argv);

#endif
