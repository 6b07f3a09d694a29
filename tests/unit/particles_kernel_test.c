/* particles' cells and forces against what a loop over all pairs says, and what a run keeps. */
#include <math.h>
#include <string.h>

#include "cells.h"
#include "kernel.h"
#include "run.h"
#include "support/unit_support.h"

static void sort(struct particles_world *world) {
  for (size_t part = world->part_count; part-- > 0;)
    particles_cells_count(world, part);
  particles_cells_place(world);
  for (size_t part = world->part_count; part-- > 0;)
    particles_cells_move(world, part);
}

/* The nearest of the other's images. */
static double apart(const struct particles_world *world, double a, double b) {
  const double way = a - b;
  return way - world->side * round(way / world->side);
}

static struct particles_vector plain_force(const struct particles_world *world, size_t i,
                                           double *energy) {
  struct particles_vector force = {0, 0};
  for (size_t j = 0; j < world->count; j++) {
    const double x = apart(world, world->positions[i].x, world->positions[j].x);
    const double y = apart(world, world->positions[i].y, world->positions[j].y);
    const double overlap = 1 - x * x - y * y;
    if (j == i || overlap < 0)
      continue;
    force.x += 6 * overlap * overlap * x;
    force.y += 6 * overlap * overlap * y;
    *energy += overlap * overlap * overlap / 2;
  }
  return force;
}

static void expect_plain_forces(struct particles_world *world) {
  double expected = 0;
  const double energy = particles_pull(world, world->positions, world->cells,
                                       (struct particles_range){0, world->count}, world->forces);
  for (size_t i = 0; i < world->count; i++) {
    const struct particles_vector force = plain_force(world, i, &expected);
    cr_expect_float_eq(world->forces[i].x, force.x, 1e-12);
    cr_expect_float_eq(world->forces[i].y, force.y, 1e-12);
  }
  cr_expect_float_eq(energy, expected, 1e-9);
}

/* Three cells across is the least; then more, with sizes that no part divides. Positions that have
 * run ahead of their cells, too, as far as they may. */
Test(particles_kernel, forces_equal_those_of_all_pairs) {
  static const size_t counts[] = {PARTICLES_LEAST, 151, 1000};
  for (size_t c = 0; c < 3; c++) {
    struct particles_world world;
    double travelled = 0;
    struct particles_sums sums;
    cr_assert_eq(particles_world_create(&world, counts[c], 7), 0);
    cr_assert_geq(world.cells_across, 3);
    sort(&world);
    expect_plain_forces(&world);
    do {
      expect_plain_forces(&world);
      sums = particles_move(world.forces, world.velocities, world.positions, world.count);
    } while (!particles_travel(&world, &travelled, sums.fastest));
    particles_world_destroy(&world);
  }
}

Test(particles_kernel, sorted_particles_lie_by_their_cells_and_keep_their_order) {
  struct particles_world world;
  cr_assert_eq(particles_world_create(&world, 997, 7), 0);
  /* Some outside of the box; velocities tell who is who. */
  for (size_t i = 0; i < world.count; i++) {
    world.positions[i].x += (double)((int)(i % 3) - 1) * world.side;
    world.velocities[i].x = (double)i;
  }
  sort(&world);
  static bool seen[997];
  for (size_t i = 0; i < world.count; i++) {
    const size_t cell = (size_t)world.cells[i], who = (size_t)world.velocities[i].x;
    const size_t column = (size_t)(world.positions[i].x / world.cell_side);
    const size_t line = (size_t)(world.positions[i].y / world.cell_side);
    cr_expect_eq(cell, line * world.cells_across + column);
    cr_expect(i >= (size_t)world.firsts[cell] && i < (size_t)world.firsts[cell + 1]);
    cr_expect(i == 0 || world.cells[i - 1] < world.cells[i] ||
              world.velocities[i - 1].x < world.velocities[i].x);
    cr_expect(!seen[who]);
    seen[who] = true;
  }
  cr_expect_eq(world.firsts[world.cells_across * world.cells_across], 997);
  particles_world_destroy(&world);
}

Test(particles_kernel, run_keeps_energy_and_momentum) {
  struct particles_world world;
  cr_assert_eq(particles_world_create(&world, 2000, 3), 0);
  const struct particles_state first = particles_serial_run(&world, 1);
  const struct particles_state last = particles_serial_run(&world, 500);
  const double energy = first.potential + first.sums.kinetic;
  cr_expect_eq(last.step, 500);
  cr_expect_gt(last.sort_count, 5);
  cr_expect_float_eq(last.potential + last.sums.kinetic, energy, 1e-3 * energy);
  cr_expect_float_eq(last.sums.momentum.x, 0, 1e-9);
  cr_expect_float_eq(last.sums.momentum.y, 0, 1e-9);
  particles_world_destroy(&world);
}

/* Sums depend on how many parts there are, by rounding; nothing else does. */
Test(particles_kernel, run_does_not_depend_on_parts) {
  struct particles_world one, many;
  cr_assert_eq(particles_world_create(&one, 1000, 1), 0);
  cr_assert_eq(particles_world_create(&many, 1000, 13), 0);
  (void)particles_serial_run(&one, 100);
  (void)particles_serial_run(&many, 100);
  cr_expect(memcmp(one.positions, many.positions, 1000 * sizeof *one.positions) == 0);
  cr_expect(memcmp(one.velocities, many.velocities, 1000 * sizeof *one.velocities) == 0);
  particles_world_destroy(&one);
  particles_world_destroy(&many);
}
