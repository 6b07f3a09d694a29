/*
 * simulation.h: the engine at work. The only part of this program that knows Synched's rounds: one
 * round is one generation, one segment one band.
 */
#ifndef LIFE_SIMULATION_H
#define LIFE_SIMULATION_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include <synched/synched.h>

#include "common/error.h"
#include "grid.h"
#include "kernel.h"
#include "options.h"
#include "pattern.h"

struct life_simulation {
  const struct life_options *options;
  const struct life_pattern *pattern;
  struct life_grid grid;
  struct life_kernel kernel;
  unsigned worker_count; /* as obtained */
  struct synched_pool *pool;
  struct synched_memory *memory;
  struct synched_job *job; /* NULL: there is nothing to compute */
  struct example_checkpoint checkpoint;
  const struct synched_snapshot *now; /* the generation reached; NULL before the run */
  int status;                         /* 0, SYNCHED_ECANCELED after Ctrl-C */
  uint64_t *edge_rounds;              /* [band_count]: of each band, as edge_round; its calls' */
  uint64_t edge_round;                /* the first with a live cell at a chosen edge; 0: none */
  bool skips;                         /* bands around which nothing has changed are not called */
  bool progress;                      /* it is to be shown */
  bool interruptible;                 /* `interrupt` is a live handle */
  uv_signal_t interrupt;
};

/* Gets everything that the run needs. Options and pattern stay the caller's. 0, to be ended with
 * life_simulation_destroy; or -1 and why, and nothing is left. */
int life_simulation_create(struct life_simulation *out, const struct life_options *options,
                           const struct life_pattern *pattern, const struct life_grid *grid,
                           struct example_error *error);

/* Computes the generations, with progress on stderr if that is a terminal. Ctrl-C ends it early,
 * with the last complete generation. 0; or -1 and why. */
int life_simulation_run(struct life_simulation *simulation, struct example_error *error);

/* The generation reached, valid until life_simulation_destroy. */
struct life_view life_simulation_view(const struct life_simulation *simulation);

void life_simulation_destroy(struct life_simulation *simulation);

#endif
