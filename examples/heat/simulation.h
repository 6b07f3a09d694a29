/*
 * simulation.h: the engine at work. The only part of this program that knows Synched's rounds: a
 * round is a time step, a segment is a band of rows, an element a row.
 */
#ifndef HEAT_SIMULATION_H
#define HEAT_SIMULATION_H

#include <synched/synched.h>

#include "common/error.h"
#include "common/ranks.h"
#include "options.h"
#include "run.h"

struct heat_simulation {
  const struct heat_options *options;
  const struct example_ranks *ranks;
  struct heat_run run;
  /* as obtained */
  unsigned worker_count;
  struct synched_pool *pool;
  struct synched_memory *memory;
  struct synched_job *job;
  struct example_checkpoint checkpoint;
  /* what was reached; NULL before the run */
  const struct synched_snapshot *now;
};

/* Gets everything that the run needs. The options and the ranks stay the caller's. 0, to be ended
 * with heat_simulation_destroy; or -1 and why, and nothing is left. */
int heat_simulation_create(struct heat_simulation *out, const struct heat_options *options,
                           const struct example_ranks *ranks, struct example_error *error);

/* Computes all rounds, or those up to a SIGTERM: run.round_count is what was reached. 0; or -1 and
 * why. */
int heat_simulation_run(struct heat_simulation *simulation, struct example_error *error);

/* What was reached, on the first rank; valid until heat_simulation_destroy. */
const double *heat_simulation_cells(const struct heat_simulation *simulation);

void heat_simulation_destroy(struct heat_simulation *simulation);

#endif
