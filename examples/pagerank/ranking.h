/*
 * ranking.h: the engine at work. The only part of this program that knows Synched's rounds: one
 * round is one step of power iteration, one segment a range of vertices with about as many edges to
 * it as any other.
 */
#ifndef PAGERANK_RANKING_H
#define PAGERANK_RANKING_H

#include <stdbool.h>

#include <synched/synched.h>

#include "common/checkpoint.h"
#include "common/error.h"
#include "common/ranks.h"
#include "common/report.h"
#include "graph.h"
#include "kernel.h"

struct pagerank_ranking {
  struct pagerank_kernel kernel;
  double tolerance;
  uint64_t rounds_max;
  const struct example_ranks *ranks;
  unsigned worker_count; /* as obtained */
  struct synched_pool *pool;
  struct synched_memory *memory;
  struct synched_job *job;
  struct example_checkpoint checkpoint;
  const struct synched_snapshot *now; /* what was reached, on the first rank; NULL before the run */
};

struct pagerank_ranking_options {
  const char *name;      /* for the report */
  unsigned worker_count; /* 0: the pool decides */
  double tolerance;
  uint64_t rounds_max;  /* 0: as many as any graph takes */
  size_t segment_count; /* 0: as many as suit the graph */
  const struct example_ranks *ranks;
  const struct example_report *report;
  const struct example_checkpoint_options *checkpoint;
  bool progress; /* on stderr, if that is a terminal */
};

/* Gets everything that the run needs. The graph stays the caller's. 0, to be ended with
 * pagerank_ranking_destroy; or -1 and why, and nothing is left. */
int pagerank_ranking_create(struct pagerank_ranking *out, const struct pagerank_graph *graph,
                            const struct pagerank_ranking_options *options,
                            struct example_error *error);

/* Computes rounds until one changes the ranks by less than the tolerance, or SIGTERM comes. Blocks.
 * 0; or -1 and why: it did not come to that, for one. */
int pagerank_ranking_run(struct pagerank_ranking *ranking, struct example_error *error);

void pagerank_ranking_destroy(struct pagerank_ranking *ranking);

#endif
