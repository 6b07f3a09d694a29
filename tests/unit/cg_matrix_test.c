/*
 * cg_matrix_test.c: matrices made of entries, of patterns and of grids, and those that cannot be.
 */
#include <criterion/criterion.h>

#include <stdint.h>
#include <string.h>

#include "matrix.h"

#define SIDE_MOST 5

/* Builds it of copies of the entries. */
static int build(struct cg_matrix *out, size_t row_count, const struct cg_entry *list, size_t count,
                 const struct cg_entries *kind, struct example_error *error) {
  struct cg_entries entries = *kind;
  entries.row_count = row_count;
  for (size_t i = 0; i < count; i++)
    cr_assert(cg_entries_add(&entries, list[i]));
  const int status = cg_matrix_build(out, &entries, error);
  cg_entries_deinit(&entries);
  return status;
}

static const struct cg_entries general = {0};
static const struct cg_entries symmetric = {.is_symmetric = true};
static const struct cg_entries pattern = {.is_pattern = true};

/* It is this one, which is written with its zeros, none of which it has. */
static void expect(struct cg_matrix *matrix, size_t side, const double *dense) {
  size_t i = 0;
  cr_assert_eq(matrix->row_count, side);
  for (size_t row = 0; row < side; row++) {
    cr_assert_eq(matrix->rows[row], i);
    for (size_t column = 0; column < side; column++) {
      const double value = dense[row * side + column];
      if (value == 0)
        continue;
      cr_assert_lt(i, matrix->entry_count);
      cr_assert_eq(matrix->columns[i], column, "row %zu", row);
      cr_assert_eq(matrix->values[i], value, "row %zu, column %zu", row, column);
      i++;
    }
  }
  cr_assert_eq(matrix->rows[side], i);
  cr_assert_eq(matrix->entry_count, i);
  cg_matrix_deinit(matrix);
  cr_assert_null(matrix->rows);
}

Test(cg_matrix, build_sorts_entries_and_adds_up_those_of_one_place) {
  static const struct cg_entry list[] = {{2, 2, 3}, {0, 2, -1}, {1, 1, 2},  {0, 0, 1},
                                         {2, 0, 1}, {0, 0, 4},  {2, 0, -2}, {1, 1, 0.5}};
  static const double dense[] = {5, 0, -1, 0, 2.5, 0, -1, 0, 3};
  struct cg_matrix matrix;
  struct example_error error = {0, ""};
  cr_assert_eq(build(&matrix, 3, list, 8, &general, &error), 0, "%s", error.text);
  expect(&matrix, 3, dense);
}

Test(cg_matrix, build_mirrors_symmetric_ones) {
  static const struct cg_entry list[] = {{2, 0, -1}, {0, 0, 1}, {1, 1, 2}, {2, 1, 7}, {2, 2, 3}};
  static const double dense[] = {1, 0, -1, 0, 2, 7, -1, 7, 3};
  struct cg_matrix matrix;
  struct example_error error = {0, ""};
  cr_assert_eq(build(&matrix, 3, list, 5, &symmetric, &error), 0, "%s", error.text);
  expect(&matrix, 3, dense);
}

/* An edge that is there twice, in one direction or both, is one edge; one to itself is none; a
 * vertex without edges has a row. */
Test(cg_matrix, build_makes_a_laplacian_of_a_pattern) {
  static const struct cg_entry list[] = {{0, 1, 0}, {1, 0, 0}, {2, 1, 0},
                                         {2, 1, 0}, {2, 2, 0}, {0, 2, 0}};
  static const double dense[] = {3, -1, -1, 0, -1, 3, -1, 0, -1, -1, 3, 0, 0, 0, 0, 1};
  struct cg_matrix matrix;
  struct example_error error = {0, ""};
  cr_assert_eq(build(&matrix, 4, list, 6, &pattern, &error), 0, "%s", error.text);
  expect(&matrix, 4, dense);
}

static void refuse(size_t row_count, const struct cg_entry *list, size_t count, const char *why) {
  struct cg_matrix matrix;
  struct example_error error = {0, ""};
  cr_assert_eq(build(&matrix, row_count, list, count, &general, &error), -1, "not about '%s'", why);
  cr_assert_str_eq(error.text, why);
  cr_assert_eq(error.line, 0);
  cr_assert_null(matrix.rows);
}

Test(cg_matrix, build_without_a_mirror_image_is_refused) {
  static const struct cg_entry above[] = {{0, 0, 1}, {0, 1, 1}, {1, 1, 1}};
  refuse(
      2, above, 3,
      "the matrix is not symmetric: there is an entry in row 1, column 2, and none the other way "
      "around");
  static const struct cg_entry below[] = {{0, 0, 1}, {1, 1, 1}, {2, 0, 1}, {2, 2, 1}};
  refuse(
      3, below, 4,
      "the matrix is not symmetric: there is an entry in row 3, column 1, and none the other way "
      "around");
  /* Where the walk is at row 3, column 1, row 1 still waits for row 2. */
  static const struct cg_entry passed[] = {{0, 0, 1}, {1, 1, 1}, {2, 2, 1},
                                           {0, 2, 1}, {2, 0, 1}, {2, 1, 1}};
  refuse(
      3, passed, 6,
      "the matrix is not symmetric: there is an entry in row 3, column 2, and none the other way "
      "around");
  static const struct cg_entry other[] = {{0, 0, 1}, {0, 1, 0.25}, {1, 0, 0.5}, {1, 1, 1}};
  refuse(
      2, other, 4,
      "the matrix is not symmetric: row 1, column 2 is 0.25, and the other way around it is 0.5");
}

Test(cg_matrix, build_without_a_positive_diagonal_is_refused) {
  static const struct cg_entry missing[] = {{0, 0, 1}, {0, 1, 1}, {1, 0, 1}};
  refuse(2, missing, 3, "the matrix is not positive definite: row 2 has 0 on the diagonal");
  static const struct cg_entry negative[] = {{0, 0, 1}, {1, 1, -2}};
  refuse(2, negative, 2, "the matrix is not positive definite: row 2 has -2 on the diagonal");
}

/* Against the definition, point by point. */
Test(cg_matrix, grid_is_poissons_equation) {
  for (size_t side = 1; side <= SIDE_MOST; side++) {
    const size_t count = side * side;
    double dense[SIDE_MOST * SIDE_MOST * SIDE_MOST * SIDE_MOST] = {0};
    for (size_t a = 0; a < count; a++)
      for (size_t b = 0; b < count; b++) {
        const size_t dx = a % side > b % side ? a % side - b % side : b % side - a % side;
        const size_t dy = a / side > b / side ? a / side - b / side : b / side - a / side;
        dense[a * count + b] = dx + dy == 0 ? 4 : dx + dy == 1 ? -1 : 0;
      }
    struct cg_matrix matrix;
    struct example_error error = {0, ""};
    cr_assert_eq(cg_matrix_make_grid(&matrix, side, &error), 0, "%s", error.text);
    expect(&matrix, count, dense);
  }
}
