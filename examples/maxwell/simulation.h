/*
 * simulation.h: the engine at work. The only part of this program that knows Synched's rounds: a
 * round is a time step of two stages, a segment is a band of rows.
 */
#ifndef MAXWELL_SIMULATION_H
#define MAXWELL_SIMULATION_H

#include <stdint.h>

#include <synched/synched.h>

#include "common/error.h"
#include "options.h"
#include "run.h"

/* The job's fields, in their order. */
enum maxwell_field { MAXWELL_EZ, MAXWELL_HX, MAXWELL_HY, MAXWELL_FIELDS };

struct maxwell_simulation {
  const struct maxwell_options *options;
  struct maxwell_run run;
  unsigned worker_count; /* as obtained */
  struct synched_pool *pool;
  struct synched_memory *memories[MAXWELL_FIELDS];
  struct synched_job *job;
  double *energies; /* maxwell_energy_count of them; the closing worker's while it runs */
  /* what was reached; NULL where the fields are changed in place */
  const struct synched_snapshot *now;
  uint64_t frame_count;
  struct example_error frame_error; /* why a frame could not be written; "": none */
};

/* Gets everything that the run needs. The options stay the caller's. 0, to be ended with
 * maxwell_simulation_destroy; or -1 and why, and nothing is left. */
int maxwell_simulation_create(struct maxwell_simulation *out, const struct maxwell_options *options,
                              struct example_error *error);

/* Computes all steps. 0; or -1 and why. */
int maxwell_simulation_run(struct maxwell_simulation *simulation, struct example_error *error);

/* What was reached, valid until maxwell_simulation_destroy. */
struct maxwell_fields maxwell_simulation_fields(const struct maxwell_simulation *simulation);

void maxwell_simulation_destroy(struct maxwell_simulation *simulation);

#endif
