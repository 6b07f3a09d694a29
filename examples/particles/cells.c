#include "cells.h"

#include <math.h>

static size_t cell_count(const struct particles_world *world) {
  return world->cells_across * world->cells_across;
}

/* From 0 to below the box's side, or just that, by rounding. */
static double inside(const struct particles_world *world, double along) {
  return along - world->side * floor(along / world->side);
}

static size_t line_of(const struct particles_world *world, double along) {
  const size_t line = (size_t)(along / world->cell_side);
  return line < world->cells_across ? line : world->cells_across - 1;
}

void particles_cells_count(struct particles_world *world, size_t part) {
  const struct particles_range range = particles_part(world, part);
  int32_t *const counts = world->places + part;
  for (size_t cell = 0; cell < cell_count(world); cell++)
    counts[cell * world->part_count] = 0;
  for (size_t i = range.first; i < range.end; i++) {
    const struct particles_vector at = {inside(world, world->positions[i].x),
                                        inside(world, world->positions[i].y)};
    const size_t cell = line_of(world, at.y) * world->cells_across + line_of(world, at.x);
    world->old_positions[i] = at;
    world->old_velocities[i] = world->velocities[i];
    world->old_cells[i] = (int32_t)cell;
    counts[cell * world->part_count]++;
  }
}

void particles_cells_place(struct particles_world *world) {
  int32_t *at = world->places;
  int32_t next = 0;
  for (size_t cell = 0; cell < cell_count(world); cell++) {
    world->firsts[cell] = next;
    for (size_t part = 0; part < world->part_count; part++, at++) {
      const int32_t count = *at;
      *at = next;
      next += count;
    }
  }
  world->firsts[cell_count(world)] = next;
}

void particles_cells_move(struct particles_world *world, size_t part) {
  const struct particles_range range = particles_part(world, part);
  int32_t *const places = world->places + part;
  for (size_t i = range.first; i < range.end; i++) {
    const int32_t to = places[(size_t)world->old_cells[i] * world->part_count]++;
    world->positions[to] = world->old_positions[i];
    world->velocities[to] = world->old_velocities[i];
    world->cells[to] = world->old_cells[i];
  }
}
