/*
 * options.h: the command line.
 */
#ifndef PAGERANK_OPTIONS_H
#define PAGERANK_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct pagerank_options {
  const char *file;      /* "-": standard input; NULL: Debian's packages */
  unsigned worker_count; /* 0: the pool decides */
  double tolerance;      /* above 0 */
  size_t rounds_max;     /* 0: as many as any graph takes */
  size_t top_count;
  const char *output_path; /* NULL: none */
  bool report, quiet;
};

enum pagerank_options_result {
  PAGERANK_OPTIONS_RUN,
  PAGERANK_OPTIONS_DONE, /* --help was printed */
  PAGERANK_OPTIONS_WRONG /* one line about it is on stderr */
};

/* Reads the command line; the strings stay the caller's. */
enum pagerank_options_result pagerank_options_parse(struct pagerank_options *out, int argc,
                                                    char **argv);

#endif
