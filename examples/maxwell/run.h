/*
 * run.h: what is to be computed, whoever computes it.
 */
#ifndef MAXWELL_RUN_H
#define MAXWELL_RUN_H

#include <stdint.h>

#include "kernel.h"

struct maxwell_run {
  struct maxwell_grid grid;
  size_t segment_count; /* bands of rows; 1 .. maxwell_bands_most */
  uint64_t step_count;
  uint64_t every; /* steps from one energy to the next; 0: there are none */
};

/* Bands have two rows or more: the grid's first two belong together, and its last two. */
static inline size_t maxwell_bands_most(const struct maxwell_grid *grid) {
  return grid->side / 2;
}

/* The rows of a band. The first bands have one more where they cannot be dealt evenly. */
static inline struct maxwell_rows maxwell_band(const struct maxwell_run *run, size_t segment) {
  const size_t rows = run->grid.side / run->segment_count;
  const size_t longer = run->grid.side % run->segment_count;
  const size_t first = segment * rows + (segment < longer ? segment : longer);
  return (struct maxwell_rows){first, first + rows + (segment < longer)};
}

/* Energies are those of the start and of what every so many steps have left. A step computes, as it
 * begins, that of what the one before it has left. */
static inline bool maxwell_energy_is_due(const struct maxwell_run *run, uint64_t step) {
  return run->every > 0 && (step - 1) % run->every == 0;
}

static inline uint64_t maxwell_energy_count(const struct maxwell_run *run) {
  return run->every > 0 ? (run->step_count - 1) / run->every + 1 : 0;
}

#endif
