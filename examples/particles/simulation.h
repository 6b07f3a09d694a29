/*
 * simulation.h: the engine at work. The only part of this program that knows Synched's rounds: a
 * round is a time step of two stages, a segment is a part of the particles, and the fields are the
 * program's own arrays.
 */
#ifndef PARTICLES_SIMULATION_H
#define PARTICLES_SIMULATION_H

#include <stdbool.h>
#include <stdint.h>

#include <synched/synched.h>

#include "common/error.h"
#include "options.h"
#include "run.h"

/* The job's fields, in their order. */
enum particles_field {
  PARTICLES_POSITIONS,
  PARTICLES_VELOCITIES,
  PARTICLES_FORCES,
  PARTICLES_CELLS,
  PARTICLES_FIELDS
};

struct particles_simulation {
  struct particles_world world;
  unsigned worker_count; /* as obtained */
  struct synched_pool *pool;
  struct synched_job *job;
  /* whoever closes a round writes it, and the time loop reads it between two */
  struct particles_state state;
  double travelled; /* since cells were made, as particles_travel says */
  bool due;         /* cells are to be made before the next step */
};

/* Gets everything that the run needs. 0, to be ended with particles_simulation_destroy; or -1 and
 * why, and nothing is left. */
int particles_simulation_create(struct particles_simulation *out,
                                const struct particles_options *options,
                                struct example_error *error);

/* Computes so many more steps. 0; or -1 and why. */
int particles_simulation_advance(struct particles_simulation *simulation, uint64_t step_count,
                                 struct example_error *error);

void particles_simulation_destroy(struct particles_simulation *simulation);

#endif
