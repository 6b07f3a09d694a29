/*
 * cg_matrix.c: the example cg reads files of Matrix Market's, the same however they are cut into
 * blocks, and makes a matrix of them that is symmetric, or refuses them; and columns of numbers.
 */
#include <math.h>
#include <string.h>

#include "fuzz_source.h"
#include "market.h"
#include "matrix.h"

#define COLUMN_ROWS 3

static void check_entries(const struct cg_entries *entries) {
  FUZZ_CHECK(entries->row_count > 0 && entries->row_count <= 16 * (entries->count + 1),
             "%zu rows of %zu entries", entries->row_count, entries->count);
  for (size_t i = 0; i < entries->count; i++) {
    const struct cg_entry *const entry = &entries->list[i];
    FUZZ_CHECK(entry->row < entries->row_count && entry->column < entries->row_count,
               "entry %zu is outside", i);
    FUZZ_CHECK(isfinite(entry->value), "entry %zu is no number", i);
    FUZZ_CHECK(!entries->is_symmetric || entry->column <= entry->row, "entry %zu is above", i);
  }
}

/* The value in a place; 0 where there is none. */
static double value_at(const struct cg_matrix *matrix, size_t row, size_t column) {
  for (size_t i = matrix->rows[row]; i < matrix->rows[row + 1]; i++)
    if (matrix->columns[i] == column)
      return matrix->values[i];
  return 0;
}

static void check_matrix(const struct cg_matrix *matrix) {
  FUZZ_CHECK(matrix->rows[0] == 0 && matrix->rows[matrix->row_count] == matrix->entry_count,
             "entries are missing");
  for (size_t row = 0; row < matrix->row_count; row++) {
    FUZZ_CHECK(value_at(matrix, row, row) > 0, "row %zu has no diagonal", row);
    for (size_t i = matrix->rows[row]; i < matrix->rows[row + 1]; i++) {
      const size_t column = matrix->columns[i];
      FUZZ_CHECK(column < matrix->row_count, "entry %zu is outside", i);
      FUZZ_CHECK(i == matrix->rows[row] || matrix->columns[i - 1] < column, "out of order");
      FUZZ_CHECK(value_at(matrix, column, row) == matrix->values[i], "not symmetric");
    }
  }
}

/* What is refused says why in a line, and leaves nothing; the rest is a matrix. */
static void build(struct cg_entries *entries) {
  struct cg_matrix matrix;
  struct example_error error = {0, ""};
  if (cg_matrix_build(&matrix, entries, &error) != 0) {
    fuzz_check_raw_line(error.text);
    FUZZ_CHECK(matrix.rows == NULL && matrix.row_count == 0, "a matrix is left");
    return;
  }
  check_matrix(&matrix);
  cg_matrix_deinit(&matrix);
}

static void check_cut(const uint8_t *data, size_t size, int status, const struct example_error *why,
                      const struct cg_entries *entries) {
  struct cg_entries cut;
  struct example_source source;
  struct example_error error = {0, ""};
  fuzz_source_open_cut(&source, data, size, 1 + data[size - 1] % 7);
  fuzz_source_check_same(status, why, cg_market_read_matrix(&cut, &source, &error), &error);
  example_source_close(&source);
  FUZZ_CHECK(cut.count == entries->count, "%zu entries, and cut %zu", entries->count, cut.count);
  for (size_t i = 0; i < cut.count; i++)
    FUZZ_CHECK(cut.list[i].row == entries->list[i].row &&
                   cut.list[i].column == entries->list[i].column &&
                   cut.list[i].value == entries->list[i].value,
               "other entries");
  cg_entries_deinit(&cut);
}

static void check_column(const uint8_t *data, size_t size) {
  double numbers[COLUMN_ROWS];
  struct example_source source;
  struct example_error error = {0, ""};
  fuzz_source_open(&source, data, size);
  const int status = cg_market_read_vector(numbers, COLUMN_ROWS, &source, &error);
  example_source_close(&source);
  if (status != 0)
    fuzz_check_raw_line(error.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct cg_entries entries;
  struct example_source source;
  struct example_error error = {0, ""};
  fuzz_source_open(&source, data, size);
  const int status = cg_market_read_matrix(&entries, &source, &error);
  example_source_close(&source);
  if (fuzz_source_can_cut(data, size))
    check_cut(data, size, status, &error, &entries);
  check_column(data, size);
  if (status != 0) {
    fuzz_check_raw_line(error.text);
    FUZZ_CHECK(entries.list == NULL && entries.count == 0, "entries are left of what was refused");
    return 0;
  }
  check_entries(&entries);
  build(&entries);
  cg_entries_deinit(&entries);
  return 0;
}
