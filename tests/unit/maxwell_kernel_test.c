/* maxwell's two halves of a step: the same bits in whatever parts and places; what they keep. */
#include <math.h>
#include <string.h>

#include "kernel.h"
#include "serial.h"
#include "support/unit_support.h"

#define SIDE 37u
#define CELLS (SIDE * SIDE)
#define STEPS 60u

struct plane {
  double ez[CELLS], hx[CELLS], hy[CELLS];
};

static struct maxwell_fields fields_of(const struct plane *plane) {
  return (struct maxwell_fields){plane->ez, plane->hx, plane->hy};
}

static void start(const struct maxwell_grid *grid, struct plane *plane) {
  memset(plane, 0, sizeof *plane);
  maxwell_start(grid, (struct maxwell_rows){0, SIDE}, plane->ez);
}

/* A step from one plane to another, in parts of so many rows, the last one first. */
static double step(const struct maxwell_grid *grid, const struct plane *was, struct plane *now,
                   size_t rows) {
  const struct maxwell_fields old = fields_of(was), half = {was->ez, now->hx, now->hy};
  const size_t parts = (SIDE + rows - 1) / rows;
  double sum = 0;
  for (size_t p = parts; p-- > 0;) {
    const size_t first = p * rows, end = first + rows < SIDE ? first + rows : SIDE;
    sum += maxwell_step_h_energy(grid, &old, (struct maxwell_rows){first, end},
                                 now->hx + first * SIDE, now->hy + first * SIDE);
  }
  for (size_t p = parts; p-- > 0;) {
    const size_t first = p * rows, end = first + rows < SIDE ? first + rows : SIDE;
    maxwell_step_e(grid, &half, (struct maxwell_rows){first, end}, now->ez + first * SIDE);
  }
  return sum;
}

Test(maxwell_kernel, steps_in_place_equal_those_between_two_buffers) {
  static struct plane in_place, buffers[2];
  for (int absorbing = 0; absorbing < 2; absorbing++) {
    const struct maxwell_grid grid = {SIDE, absorbing};
    start(&grid, &in_place);
    start(&grid, &buffers[0]);
    for (unsigned i = 0; i < STEPS; i++) {
      step(&grid, &in_place, &in_place, SIDE);
      memset(&buffers[~i & 1], 0xff, sizeof buffers[0]);
      step(&grid, &buffers[i & 1], &buffers[~i & 1], SIDE);
    }
    cr_expect(memcmp(&in_place, &buffers[STEPS & 1], sizeof in_place) == 0);
  }
}

/* Rows one by one, too: a border's row is then computed by the call for the row inside it. */
Test(maxwell_kernel, steps_in_parts_equal_whole_ones) {
  static struct plane whole, parts;
  for (int absorbing = 0; absorbing < 2; absorbing++)
    for (size_t rows = 1; rows <= SIDE; rows += 1 + rows / 3) {
      const struct maxwell_grid grid = {SIDE, absorbing};
      start(&grid, &whole);
      start(&grid, &parts);
      for (unsigned i = 0; i < STEPS; i++) {
        step(&grid, &whole, &whole, SIDE);
        step(&grid, &parts, &parts, rows);
      }
      cr_expect(memcmp(&whole, &parts, sizeof whole) == 0, "%zu rows", rows);
    }
}

Test(maxwell_kernel, reflecting_borders_keep_the_energy) {
  static struct plane plane;
  const struct maxwell_grid grid = {SIDE, false};
  start(&grid, &plane);
  const double first = step(&grid, &plane, &plane, SIDE);
  double last = first;
  for (unsigned i = 0; i < 2000; i++)
    last = step(&grid, &plane, &plane, SIDE);
  cr_expect_gt(first, 0.1);
  cr_expect_float_eq(last, first, 1e-12 * first);
}

Test(maxwell_kernel, absorbing_borders_let_nearly_all_of_it_go) {
  static struct plane plane;
  const struct maxwell_grid grid = {SIDE, true};
  start(&grid, &plane);
  const double first = step(&grid, &plane, &plane, SIDE);
  double last = first;
  for (unsigned i = 0; i < 8 * SIDE; i++)
    last = step(&grid, &plane, &plane, SIDE);
  cr_expect_lt(last, first / 100);
  cr_expect_geq(last, 0);
}

/* Energies are added up by bands; the fields do not depend on them. */
Test(maxwell_kernel, serial_run_has_an_energy_for_every_so_many_steps) {
  struct maxwell_run run = {{SIDE, false}, 5, 10, 4};
  struct maxwell_serial serial, other;
  cr_assert_eq(maxwell_energy_count(&run), 3);
  cr_assert_eq(maxwell_serial_run(&serial, &run), 0);
  run.segment_count = 1;
  cr_assert_eq(maxwell_serial_run(&other, &run), 0);
  cr_expect(memcmp(serial.ez, other.ez, CELLS * sizeof *serial.ez) == 0);
  for (int i = 0; i < 3; i++) {
    cr_expect_float_eq(serial.energies[i], serial.energies[0], 1e-12);
    cr_expect_float_eq(serial.energies[i], other.energies[i], 1e-12);
  }
  maxwell_serial_deinit(&serial);
  maxwell_serial_deinit(&other);
}

Test(maxwell_kernel, serial_run_without_energies_has_the_same_fields) {
  struct maxwell_run run = {{SIDE, true}, 5, 10, 1};
  struct maxwell_serial serial, other;
  cr_assert_eq(maxwell_serial_run(&serial, &run), 0);
  run.every = 0;
  cr_assert_eq(maxwell_energy_count(&run), 0);
  cr_assert_eq(maxwell_serial_run(&other, &run), 0);
  cr_expect(memcmp(serial.ez, other.ez, CELLS * sizeof *serial.ez) == 0);
  cr_expect(memcmp(serial.hx, other.hx, CELLS * sizeof *serial.hx) == 0);
  cr_expect(memcmp(serial.hy, other.hy, CELLS * sizeof *serial.hy) == 0);
  maxwell_serial_deinit(&serial);
  maxwell_serial_deinit(&other);
}
