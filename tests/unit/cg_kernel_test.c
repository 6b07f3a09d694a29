/*
 * cg_kernel_test.c: the loops of conjugate gradients, however the rows are cut, and what they
 * solve.
 */
#include <criterion/criterion.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "serial.h"
#include "system.h"

#define SIDE 23u
#define ROWS (SIDE * SIDE)

static void make_grid(struct cg_system *out, size_t side) {
  struct cg_matrix matrix;
  struct example_error error = {0, ""};
  cr_assert_eq(cg_matrix_make_grid(&matrix, side, &error), 0, "%s", error.text);
  cr_assert_eq(cg_system_init(out, &matrix, &error), 0, "%s", error.text);
}

/* A matrix of a few rows, from the part of it that is on and below the diagonal. */
static void make_small(struct cg_system *out, size_t side, const double *lower) {
  struct cg_entries entries = {.row_count = side, .is_symmetric = true};
  struct cg_matrix matrix;
  struct example_error error = {0, ""};
  for (size_t row = 0; row < side; row++)
    for (size_t column = 0; column <= row; column++)
      cr_assert(
          cg_entries_add(&entries, (struct cg_entry){(uint32_t)row, (uint32_t)column, *lower++}));
  cr_assert_eq(cg_matrix_build(&matrix, &entries, &error), 0, "%s", error.text);
  cg_entries_deinit(&entries);
  cr_assert_eq(cg_system_init(out, &matrix, &error), 0, "%s", error.text);
}

static struct cg_run run_of(const struct cg_system *system, size_t segments_max) {
  struct cg_run run;
  cg_run_init(&run, system, segments_max);
  run.tolerance = 1e-12;
  run.rounds_max = 1000;
  return run;
}

/* --- cuts --- */

Test(cg_kernel, cut_has_every_row_once_and_no_empty_segment) {
  static const size_t sides[] = {1, 2, 3, 7, 23, 100};
  static const size_t counts[] = {1, 2, 3, 7, 64, CG_SEGMENTS_MAX};
  for (size_t i = 0; i < sizeof sides / sizeof *sides; i++)
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
      struct cg_system system;
      struct cg_cut cut;
      make_grid(&system, sides[i]);
      cg_cut_make(&cut, &system.matrix, counts[k]);
      cr_assert(cut.segment_count >= 1 && cut.segment_count <= counts[k]);
      size_t row = 0;
      for (size_t s = 0; s < cut.segment_count; s++) {
        const struct cg_rows rows = cg_cut_rows(&cut, s);
        cr_assert_eq(rows.first, row);
        cr_assert_gt(rows.end, rows.first);
        cr_assert_eq(rows.first % 8, 0);
        row = rows.end;
      }
      cr_assert_eq(row, sides[i] * sides[i]);
      cg_system_deinit(&system);
    }
}

/* One heavy row, in the middle of light ones. */
Test(cg_kernel, cut_deals_entries_and_not_rows) {
  struct cg_entries entries = {.row_count = 2000, .is_pattern = true};
  struct cg_matrix matrix;
  struct cg_cut cut;
  struct example_error error = {0, ""};
  for (uint32_t row = 0; row < 2000; row++)
    cr_assert(cg_entries_add(&entries, (struct cg_entry){row, 1000, 0}));
  cr_assert_eq(cg_matrix_build(&matrix, &entries, &error), 0, "%s", error.text);
  cg_entries_deinit(&entries);
  cg_cut_make(&cut, &matrix, 8);
  for (size_t s = 0; s < cut.segment_count; s++) {
    const struct cg_rows rows = cg_cut_rows(&cut, s);
    const size_t entry_count = matrix.rows[rows.end] - matrix.rows[rows.first];
    cr_assert_leq(entry_count + 4 * (rows.end - rows.first), 4000, "segment %zu", s);
  }
  cg_matrix_deinit(&matrix);
}

Test(cg_kernel, cut_count_grows_with_the_matrix) {
  static const struct { size_t side, count; } cases[] = {{1, 1}, {60, 1}, {100, 5}, {1200, 512}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct cg_system system;
    make_grid(&system, cases[i].side);
    cr_assert_eq(cg_cut_count(&system.matrix), cases[i].count, "%zu: %zu", cases[i].side,
                 cg_cut_count(&system.matrix));
    cg_system_deinit(&system);
  }
}

/* --- loops --- */

/* Numbers without a pattern, of which sums are rounded. */
static void fill(double *out, size_t count, double phase) {
  for (size_t i = 0; i < count; i++)
    out[i] = sin((double)i + phase) / (1 + (double)(i % 13));
}

Test(cg_kernel, multiply_is_what_the_matrix_says) {
  struct cg_system system;
  double p[ROWS], q[ROWS], product = 0;
  make_grid(&system, SIDE);
  fill(p, ROWS, 0);
  const double returned = cg_multiply(&system.matrix, (struct cg_rows){0, ROWS}, p, q);
  for (size_t row = 0; row < ROWS; row++) {
    const size_t x = row % SIDE, y = row / SIDE;
    const double expected = 4 * p[row] - (x > 0 ? p[row - 1] : 0) -
                            (x + 1 < SIDE ? p[row + 1] : 0) - (y > 0 ? p[row - SIDE] : 0) -
                            (y + 1 < SIDE ? p[row + SIDE] : 0);
    cr_assert_float_eq(q[row], expected, 1e-14);
    product += p[row] * q[row];
  }
  cr_assert_float_eq(returned, product, 1e-12);
  /* The same bits row by row. */
  for (size_t row = 0; row < ROWS; row++) {
    double alone;
    (void)cg_multiply(&system.matrix, (struct cg_rows){row, row + 1}, p, &alone);
    cr_assert_eq(alone, q[row]);
  }
  cg_system_deinit(&system);
}

/* Of any number of rows, so that some are left over from whole vectors. */
Test(cg_kernel, reduce_and_turn_are_what_they_say) {
  const double step = 0.3, share = 0.7;
  for (size_t count = 0; count <= 40; count++) {
    double q[40], r[40], r_was[40], x[40] = {0}, p[40], square = 0;
    fill(q, 40, 1);
    fill(r, 40, 2);
    fill(p, 40, 3);
    memcpy(r_was, r, sizeof r);
    const double returned = cg_reduce(count, step, q, r);
    for (size_t i = 0; i < 40; i++) {
      const double reduced = r_was[i] - step * q[i];
      cr_assert_eq(r[i], i < count ? reduced : r_was[i]);
      square += i < count ? r[i] * r[i] : 0;
    }
    cr_assert_float_eq(returned, square, 1e-14);
    cr_assert_eq(cg_square(count, r), returned);
    double p_was[40];
    memcpy(p_was, p, sizeof p);
    cg_turn(count, (struct cg_factors){step, share}, r, x, p);
    for (size_t i = 0; i < 40; i++) {
      const double moved = step * p_was[i], turned = r[i] + share * p_was[i];
      cr_assert_eq(x[i], i < count ? moved : 0);
      cr_assert_eq(p[i], i < count ? turned : p_was[i]);
    }
  }
}

/* --- solutions --- */

Test(cg_kernel, serial_loop_solves_in_as_many_rounds_as_there_are_unknowns) {
  static const double lower[] = {4, 1, 3, 0, -1, 2};
  struct cg_system system;
  struct cg_serial serial;
  make_small(&system, 3, lower);
  system.right[0] = 1, system.right[1] = 2, system.right[2] = 3;
  const struct cg_run run = run_of(&system, 1);
  cr_assert_eq(cg_serial_run(&serial, &run), 0);
  cr_assert_eq(serial.round_count, 3);
  cr_assert_eq(serial.trouble, 0);
  /* Cramer's rule: the determinant is 18. */
  cr_assert_float_eq(serial.x[0], -2.0 / 18, 1e-14);
  cr_assert_float_eq(serial.x[1], 26.0 / 18, 1e-14);
  cr_assert_float_eq(serial.x[2], 40.0 / 18, 1e-14);
  cg_serial_deinit(&serial);
  cg_system_deinit(&system);
}

Test(cg_kernel, serial_loop_finds_a_known_solution) {
  for (int scale = 0; scale < 2; scale++) {
    struct cg_system system;
    struct cg_serial serial;
    struct cg_quality quality;
    struct example_error error = {0, ""};
    make_grid(&system, SIDE);
    cr_assert_eq(cg_system_set_known(&system, 5, &error), 0);
    if (scale)
      cr_assert_eq(cg_system_scale(&system, &error), 0);
    const struct cg_run run = run_of(&system, 7);
    cr_assert_eq(cg_serial_run(&serial, &run), 0);
    cr_assert(serial.round_count > 10 && serial.round_count < ROWS);
    cr_assert_eq(cg_system_finish(&system, serial.x, &quality, &error), 0);
    cr_assert_lt(quality.residual, 1e-11);
    cr_assert_lt(quality.error, 1e-9);
    cg_serial_deinit(&serial);
    cg_system_deinit(&system);
  }
}

/* Columns of very different length, which are made equal. */
Test(cg_kernel, scaled_system_has_ones_and_the_solution_of_the_given_one) {
  static const double lower[] = {1e8, 1e3, 1, 0, 1e-5, 1e-8};
  struct cg_system system;
  struct cg_serial serial;
  struct cg_quality quality;
  struct example_error error = {0, ""};
  make_small(&system, 3, lower);
  cr_assert_eq(cg_system_set_known(&system, 1, &error), 0);
  cr_assert_eq(cg_system_scale(&system, &error), 0);
  for (size_t row = 0; row < 3; row++)
    for (size_t i = system.matrix.rows[row]; i < system.matrix.rows[row + 1]; i++)
      if (system.matrix.columns[i] == row)
        cr_assert_float_eq(system.matrix.values[i], 1, 1e-15);
  const struct cg_run run = run_of(&system, 1);
  cr_assert_eq(cg_serial_run(&serial, &run), 0);
  cr_assert_leq(serial.round_count, 4);
  cr_assert_eq(cg_system_finish(&system, serial.x, &quality, &error), 0);
  cr_assert_lt(quality.error, 1e-6);
  cr_assert_lt(quality.residual, 1e-10);
  cg_serial_deinit(&serial);
  cg_system_deinit(&system);
}

Test(cg_kernel, zeros_on_the_right_are_solved_by_zeros) {
  struct cg_system system;
  struct cg_serial serial;
  make_grid(&system, 3);
  memset(system.right, 0, 9 * sizeof *system.right);
  const struct cg_run run = run_of(&system, 2);
  cr_assert_eq(cg_serial_run(&serial, &run), 0);
  cr_assert_eq(serial.round_count, 0);
  for (size_t i = 0; i < 9; i++)
    cr_assert_eq(serial.x[i], 0);
  cg_serial_deinit(&serial);
  cg_system_deinit(&system);
}

Test(cg_kernel, serial_loop_sees_what_cannot_be_solved) {
  static const double indefinite[] = {1, 2, 1}, huge[] = {1e308, 1e308, 1e308};
  struct cg_system system;
  struct cg_serial serial;
  make_small(&system, 2, indefinite);
  system.right[1] = -1;
  struct cg_run run = run_of(&system, 1);
  cr_assert_eq(cg_serial_run(&serial, &run), 0);
  cr_assert_eq(serial.trouble, CG_NOT_DEFINITE);
  cg_serial_deinit(&serial);
  cg_system_deinit(&system);
  make_small(&system, 2, huge);
  run = run_of(&system, 1);
  cr_assert_eq(cg_serial_run(&serial, &run), 0);
  cr_assert_eq(serial.trouble, CG_NOT_FINITE);
  cr_assert_eq(serial.round_count, 0);
  cg_serial_deinit(&serial);
  cg_system_deinit(&system);
}

Test(cg_kernel, serial_loop_ends_after_the_rounds_it_may_take) {
  struct cg_system system;
  struct cg_serial serial;
  make_grid(&system, SIDE);
  struct cg_run run = run_of(&system, 3);
  run.rounds_max = 5;
  cr_assert_eq(cg_serial_run(&serial, &run), 0);
  cr_assert_eq(serial.round_count, 5);
  cr_assert_not(cg_is_solved(&run, serial.square));
  cg_serial_deinit(&serial);
  cg_system_deinit(&system);
}
