/*
 * run.h: a world on its way, whoever computes it.
 */
#ifndef PARTICLES_RUN_H
#define PARTICLES_RUN_H

#include <stdint.h>

#include "kernel.h"
#include "world.h"

/* What does not change as a whole, and how often cells were made. */
struct particles_state {
  uint64_t step;
  double potential; /* energy, as the step began */
  struct particles_sums sums;
  uint64_t sort_count; /* how often cells were made */
};

/* The same computation as a plain loop, to compare with. The last step's state. */
struct particles_state particles_serial_run(struct particles_world *world, uint64_t step_count);

#endif
