#include "cells.h"
#include "run.h"

static void sort(struct particles_world *world) {
  for (size_t part = 0; part < world->part_count; part++)
    particles_cells_count(world, part);
  particles_cells_place(world);
  for (size_t part = 0; part < world->part_count; part++)
    particles_cells_move(world, part);
}

/* Sums are added up part by part, as Synched folds them. */
static void step(struct particles_world *world, struct particles_state *state) {
  state->step++;
  state->potential = 0;
  state->sums = (struct particles_sums){0};
  for (size_t part = 0; part < world->part_count; part++) {
    const struct particles_range range = particles_part(world, part);
    state->potential +=
        particles_pull(world, world->positions, world->cells, range, world->forces + range.first);
  }
  for (size_t part = 0; part < world->part_count; part++) {
    const struct particles_range range = particles_part(world, part);
    const struct particles_sums sums =
        particles_move(world->forces + range.first, world->velocities + range.first,
                       world->positions + range.first, range.end - range.first);
    particles_sums_add(&state->sums, &sums);
  }
}

struct particles_state particles_serial_run(struct particles_world *world, uint64_t step_count) {
  struct particles_state state = {0};
  double travelled = 0;
  int due = 1;
  while (state.step < step_count) {
    if (due) {
      sort(world);
      state.sort_count++;
    }
    step(world, &state);
    due = particles_travel(world, &travelled, state.sums.fastest);
  }
  return state;
}
