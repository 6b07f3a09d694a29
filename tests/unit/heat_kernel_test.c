/* heat's step: the same bits in whatever parts; what it keeps, and where it goes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "run.h"
#include "serial.h"
#include "support/unit_support.h"

#define COLUMNS 37u
#define ROWS 23u
#define CELLS (COLUMNS * ROWS)

static const struct heat_plate plate = {COLUMNS, ROWS};
static const struct heat_rows all = {0, ROWS};

/* A plate of what cannot be told from its neighbour by mistake. */
static void fill(double *cells) {
  for (size_t i = 0; i < CELLS; i++)
    cells[i] = 20 + (double)(i * 7919 % 8011) / 100;
}

Test(heat_kernel, step_is_the_sum_of_a_cell_and_its_differences) {
  static double was[CELLS], now[CELLS];
  fill(was);
  heat_step(&plate, was, all, now);
  for (size_t i = 0; i < ROWS; i++)
    for (size_t j = 0; j < COLUMNS; j++) {
      const size_t at = i * COLUMNS + j;
      const bool border = i == 0 || j == 0 || i == ROWS - 1 || j == COLUMNS - 1;
      const double flow =
          border ? 0
                 : was[at - COLUMNS] + was[at + COLUMNS] + was[at - 1] + was[at + 1] - 4 * was[at];
      cr_expect_float_eq(now[at], was[at] + 0.2 * flow, 1e-12, "row %zu, column %zu", i, j);
    }
}

Test(heat_kernel, steps_in_parts_equal_whole_ones) {
  static double was[CELLS], whole[CELLS], parts[CELLS];
  fill(was);
  heat_step(&plate, was, all, whole);
  for (size_t rows = 1; rows <= ROWS; rows++) {
    memset(parts, 0xff, sizeof parts);
    for (size_t first = 0; first < ROWS; first += rows) {
      const size_t end = first + rows < ROWS ? first + rows : ROWS;
      heat_step(&plate, was, (struct heat_rows){first, end}, parts + first * COLUMNS);
    }
    cr_expect(memcmp(whole, parts, sizeof whole) == 0, "%zu rows", rows);
  }
}

Test(heat_kernel, start_in_parts_equals_a_whole_one_and_has_hot_and_cool_cells) {
  static double whole[CELLS], parts[CELLS];
  size_t hot = 0;
  heat_start(&plate, all, whole);
  for (size_t i = 0; i < ROWS; i++)
    heat_start(&plate, (struct heat_rows){i, i + 1}, parts + i * COLUMNS);
  cr_expect(memcmp(whole, parts, sizeof whole) == 0);
  for (size_t i = 0; i < CELLS; i++) {
    cr_assert(whole[i] == HEAT_COOL || whole[i] == HEAT_HOT);
    hot += whole[i] == HEAT_HOT;
  }
  cr_expect_gt(hot, CELLS / 20);
  cr_expect_lt(hot, CELLS / 2);
  cr_expect_eq(whole[0], HEAT_COOL);
}

/* It goes to where nothing changes any more, and never beyond what there was. */
Test(heat_kernel, plate_settles_between_the_temperatures_of_its_border) {
  const struct heat_run run = {plate, 6000, 1};
  static double next[CELLS];
  double *const cells = heat_serial_run(&run);
  cr_assert_not_null(cells);
  heat_step(&plate, cells, all, next);
  for (size_t i = 0; i < CELLS; i++) {
    cr_assert_float_eq(next[i], cells[i], 1e-9);
    cr_assert(cells[i] >= HEAT_COOL - 1e-9 && cells[i] <= HEAT_HOT + 1e-9);
  }
  free(cells);
}

Test(heat_kernel, serial_run_is_so_many_steps) {
  static double buffers[2][CELLS];
  for (unsigned rounds = 1; rounds <= 9; rounds++) {
    const struct heat_run run = {plate, rounds, 1};
    double *const cells = heat_serial_run(&run);
    cr_assert_not_null(cells);
    heat_start(&plate, all, buffers[0]);
    for (unsigned i = 0; i < rounds; i++)
      heat_step(&plate, buffers[i & 1], all, buffers[~i & 1]);
    cr_expect(memcmp(cells, buffers[rounds & 1], sizeof *buffers) == 0, "%u rounds", rounds);
    free(cells);
  }
}

Test(heat_kernel, bands_follow_each_other_and_are_all_rows) {
  for (size_t rows = 1; rows <= ROWS; rows++) {
    const struct heat_run run = {plate, 1, rows};
    size_t next = 0;
    for (size_t segment = 0; segment < heat_band_count(&run); segment++) {
      const struct heat_rows band = heat_band(&run, segment);
      cr_assert_eq(band.first, next);
      cr_assert(band.end > band.first && band.end - band.first <= rows);
      next = band.end;
    }
    cr_assert_eq(next, ROWS);
  }
}

Test(heat_kernel, band_that_nobody_asked_for_fits_the_cache_and_leaves_enough_of_them) {
  static const struct heat_plate plates[] = {{3, 3},       {1000, 3},     {1000, 1000},
                                             {1024, 8192}, {8192, 8192},  {65536, 16},
                                             {3, 65536},   {20000, 20000}};
  for (size_t p = 0; p < sizeof plates / sizeof *plates; p++)
    for (unsigned workers = 1; workers <= 256; workers *= 4) {
      const size_t rows = heat_rows_for(&plates[p], workers);
      const size_t bytes = rows * plates[p].columns * sizeof(double);
      cr_assert(rows >= 1 && rows <= plates[p].rows);
      cr_expect(rows == 1 || bytes <= 2 * HEAT_BAND_BYTES);
      cr_expect(rows <= HEAT_BAND_ROWS || bytes <= HEAT_BAND_BYTES);
      cr_expect(rows == 1 || plates[p].rows / rows >= HEAT_BANDS_PER_WORKER * workers);
    }
}

Test(heat_kernel, band_that_nobody_asked_for_has_as_many_rows_as_measured_best) {
  static const struct {
    size_t side, rows;
  } cases[] = {{1024, 16}, {2048, 8}, {4096, 4}, {8192, 4}, {16384, 2}, {32768, 1}, {65536, 1}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
    cr_expect_eq(heat_rows_for(&(struct heat_plate){cases[c].side, cases[c].side}, 2),
                 cases[c].rows);
}
