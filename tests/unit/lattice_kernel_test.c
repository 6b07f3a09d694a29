/*
 * The arithmetic of the example lattice.
 */
#include <criterion/criterion.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

#define WIDTH 48u
#define HEIGHT 32u

/* A plane with a cylinder, and two states. */
struct scene {
  struct lattice_range solid[HEIGHT];
  struct lattice_plane plane;
  double was[HEIGHT * LATTICE_DIRECTIONS * WIDTH], is[HEIGHT * LATTICE_DIRECTIONS * WIDTH];
};

static struct scene scene;

static void prepare(void) {
  scene.plane = (struct lattice_plane){.width = WIDTH, .height = HEIGHT};
  cr_assert_float_eq(lattice_place_cylinder(&scene.plane, 10, scene.solid), 16.0 / 6, 1e-12);
  lattice_init(&scene.plane, 0, HEIGHT, scene.was);
}

static void step_many(unsigned steps) {
  for (unsigned i = 0; i < steps; i++) {
    lattice_step(&scene.plane, scene.was, 0, HEIGHT, scene.is);
    memcpy(scene.was, scene.is, sizeof scene.is);
  }
}

Test(lattice_kernel, cylinder_is_round_and_within_the_plane, .init = prepare) {
  size_t rows = 0, cells = 0;
  for (size_t y = 0; y < HEIGHT; y++) {
    const struct lattice_range solid = scene.solid[y];
    cr_expect_leq(solid.begin, solid.end);
    cr_expect_lt(solid.end, WIDTH - 1);
    rows += solid.begin < solid.end;
    cells += solid.end - solid.begin;
  }
  cr_expect_eq(rows, 3);
  cr_expect_eq(cells, 6); /* the circle is 5.6 */
}

Test(lattice_kernel, ranges_of_rows_do_not_change_the_bits, .init = prepare) {
  static double parts[sizeof scene.is / sizeof *scene.is];
  const size_t row = lattice_row(&scene.plane);
  step_many(20);
  lattice_step(&scene.plane, scene.was, 0, HEIGHT, scene.is);
  for (size_t rows = 1; rows < HEIGHT; rows++) {
    for (size_t first = 0; first < HEIGHT; first += rows) {
      const size_t end = first + rows < HEIGHT ? first + rows : HEIGHT;
      lattice_step(&scene.plane, scene.was, first, end, parts + first * row);
    }
    cr_assert_arr_eq(parts, scene.is, sizeof parts, "%zu rows at a time", rows);
  }
}

Test(lattice_kernel, flow_without_obstacle_stays_as_it_is, .init = prepare) {
  for (size_t y = 0; y < HEIGHT; y++)
    scene.solid[y] = (struct lattice_range){0, 0};
  step_many(3000); /* until the unrest of the start has gone */
  for (size_t y = 0; y < HEIGHT; y++)
    for (size_t x = 0; x < WIDTH; x++) {
      const struct lattice_velocity at =
          lattice_velocity_at(&scene.plane, scene.was + y * lattice_row(&scene.plane), y, x);
      cr_assert_float_eq(at.x, scene.plane.inflow, 1e-3);
      cr_assert_float_eq(at.y, 0, 1e-3);
    }
}

/* Collisions keep mass and momentum: what has left a cell's neighbours is what it has then. */
Test(lattice_kernel, collisions_keep_mass_and_momentum, .init = prepare) {
  const size_t row = lattice_row(&scene.plane);
  step_many(10);
  lattice_step(&scene.plane, scene.was, 0, HEIGHT, scene.is);
  static const int along[] = {0, 1, 0, -1, 0, 1, -1, -1, 1};
  static const int across[] = {0, 0, 1, 0, -1, 1, 1, -1, -1};
  for (size_t y = 1; y + 1 < HEIGHT; y++)
    for (size_t x = 1; x + 2 < WIDTH; x++) {
      double before[3] = {0, 0, 0}, after[3] = {0, 0, 0};
      if (x >= scene.solid[y].begin && x < scene.solid[y].end)
        continue;
      for (size_t i = 0; i < LATTICE_DIRECTIONS; i++) {
        const size_t from_y = y - (size_t)across[i], from_x = x - (size_t)along[i];
        const double in = scene.was[from_y * row + i * WIDTH + from_x];
        const double out = scene.is[y * row + i * WIDTH + x];
        const double weights[] = {1, along[i], across[i]};
        for (size_t k = 0; k < 3; k++) {
          before[k] += weights[k] * in;
          after[k] += weights[k] * out;
        }
      }
      for (size_t k = 0; k < 3; k++)
        cr_assert_float_eq(before[k], after[k], 1e-14, "cell %zu, %zu", x, y);
    }
}

Test(lattice_kernel, solid_cells_turn_around_what_they_get, .init = prepare) {
  const size_t row = lattice_row(&scene.plane);
  lattice_step(&scene.plane, scene.was, 0, HEIGHT, scene.is);
  const size_t y = HEIGHT / 2, x = scene.solid[y].begin;
  /* what comes from the left, density 1, goes back as density 3 */
  cr_expect_eq(scene.is[y * row + 3 * WIDTH + x], scene.was[y * row + 1 * WIDTH + x - 1]);
  cr_expect_eq(scene.is[y * row + 7 * WIDTH + x], scene.was[(y - 1) * row + 5 * WIDTH + x - 1]);
}

Test(lattice_kernel, sums_are_those_of_the_cells, .init = prepare) {
  step_many(5);
  double mass = 0, energy = 0, fastest = 0;
  for (size_t y = 0; y < HEIGHT; y++)
    for (size_t x = 0; x < WIDTH; x++) {
      const double *cell = scene.was + y * lattice_row(&scene.plane) + x;
      double density = 0;
      if (x >= scene.solid[y].begin && x < scene.solid[y].end)
        continue;
      for (size_t i = 0; i < LATTICE_DIRECTIONS; i++)
        density += cell[i * WIDTH];
      const struct lattice_velocity u = lattice_velocity_at(&scene.plane, cell - x, y, x);
      const double squared = u.x * u.x + u.y * u.y;
      mass += density;
      energy += density * squared / 2;
      fastest = fmax(fastest, squared);
    }
  const struct lattice_sums sums = lattice_measure(&scene.plane, scene.was, 0, HEIGHT);
  cr_expect_float_eq(sums.mass, mass, 1e-9);
  cr_expect_float_eq(sums.energy, energy, 1e-12);
  cr_expect_float_eq(sums.fastest, fastest, 1e-15);
}
