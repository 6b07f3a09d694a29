#include "matrix.h"

#include <stdlib.h>

static int allocate(struct cg_matrix *out, size_t row_count, size_t entry_count,
                    struct example_error *error) {
  *out = (struct cg_matrix){
      .row_count = row_count,
      .entry_count = entry_count,
      .rows = calloc(row_count + 1, sizeof *out->rows),
      .columns = calloc(entry_count + 1, sizeof *out->columns),
      .values = calloc(entry_count + 1, sizeof *out->values),
  };
  if (out->rows && out->columns && out->values)
    return 0;
  cg_matrix_deinit(out);
  (void)example_out_of_memory(error);
  return -1;
}

void cg_matrix_deinit(struct cg_matrix *matrix) {
  free(matrix->rows);
  free(matrix->columns);
  free(matrix->values);
  *matrix = (struct cg_matrix){0};
}

/* --- of entries --- */

/* Adds what a symmetric list, or a pattern, leaves unsaid: the other direction of each entry; and
 * of a pattern, the whole diagonal, but for the numbers on it. */
static bool complete(struct cg_entries *entries) {
  const size_t count = entries->count;
  const bool mirrors = entries->is_symmetric || entries->is_pattern;
  for (size_t i = 0; mirrors && i < count; i++) {
    const struct cg_entry entry = entries->list[i];
    if (entry.row != entry.column &&
        !cg_entries_add(entries, (struct cg_entry){entry.column, entry.row, entry.value}))
      return false;
  }
  for (size_t row = 0; entries->is_pattern && row < entries->row_count; row++)
    if (!cg_entries_add(entries, (struct cg_entry){(uint32_t)row, (uint32_t)row, 0}))
      return false;
  return true;
}

static bool is_same_place(const struct cg_entry *a, const struct cg_entry *b) {
  return a->row == b->row && a->column == b->column;
}

/* Makes one of all that are in one place. They are sorted. */
static void merge(struct cg_entries *entries) {
  size_t count = 0;
  for (size_t i = 0; i < entries->count; i++) {
    const struct cg_entry *const entry = &entries->list[i];
    if (count > 0 && is_same_place(&entries->list[count - 1], entry))
      entries->list[count - 1].value += entry->value;
    else
      entries->list[count++] = *entry;
  }
  entries->count = count;
}

static void fill(struct cg_matrix *matrix, const struct cg_entries *entries) {
  for (size_t i = 0; i < entries->count; i++) {
    matrix->rows[entries->list[i].row + 1]++;
    matrix->columns[i] = entries->list[i].column;
    matrix->values[i] = entries->list[i].value;
  }
  for (size_t row = 0; row < matrix->row_count; row++)
    matrix->rows[row + 1] += matrix->rows[row];
}

/* Every row of a pattern has its diagonal. */
static void fill_laplacian(struct cg_matrix *matrix) {
  for (size_t row = 0; row < matrix->row_count; row++) {
    const size_t first = matrix->rows[row], end = matrix->rows[row + 1];
    for (size_t i = first; i < end; i++)
      matrix->values[i] = matrix->columns[i] == row ? (double)(end - first) : -1;
  }
}

static int refuse_alone(size_t row, size_t column, struct example_error *error) {
  return example_fail(error, 0,
                      "the matrix is not symmetric: there is an entry in row %zu, column %zu, and "
                      "none the other way around",
                      row + 1, column + 1);
}

/* Walks along all rows at once: what stands below the diagonal, row by row, must be what stands
 * above it, column by column. `places`: where in each row the walk is. */
static int check_symmetry(const struct cg_matrix *matrix, size_t *places,
                          struct example_error *error) {
  for (size_t row = 0; row < matrix->row_count; row++)
    places[row] = matrix->rows[row];
  for (size_t row = 0; row < matrix->row_count; row++)
    for (size_t i = matrix->rows[row]; i < matrix->rows[row + 1]; i++) {
      const size_t column = matrix->columns[i];
      const size_t mirror = places[column]++;
      if (mirror == matrix->rows[column + 1] || matrix->columns[mirror] > row)
        return refuse_alone(row, column, error);
      if (matrix->columns[mirror] < row)
        return refuse_alone(column, matrix->columns[mirror], error);
      if (matrix->values[mirror] != matrix->values[i])
        return example_fail(error, 0,
                            "the matrix is not symmetric: row %zu, column %zu is %.17g, and the "
                            "other way around it is %.17g",
                            row + 1, column + 1, matrix->values[i], matrix->values[mirror]);
    }
  return 0;
}

static int check_diagonal(const struct cg_matrix *matrix, struct example_error *error) {
  for (size_t row = 0; row < matrix->row_count; row++) {
    double diagonal = 0;
    for (size_t i = matrix->rows[row]; i < matrix->rows[row + 1]; i++)
      if (matrix->columns[i] == row)
        diagonal = matrix->values[i];
    if (!(diagonal > 0))
      return example_fail(error, 0,
                          "the matrix is not positive definite: row %zu has %.17g on the diagonal",
                          row + 1, diagonal);
  }
  return 0;
}

static int check(const struct cg_matrix *matrix, struct example_error *error) {
  size_t *const places = malloc(matrix->row_count * sizeof *places);
  if (!places)
    return example_out_of_memory(error);
  int status = check_symmetry(matrix, places, error);
  free(places);
  if (status == 0)
    status = check_diagonal(matrix, error);
  return status;
}

int cg_matrix_build(struct cg_matrix *out, struct cg_entries *entries,
                    struct example_error *error) {
  *out = (struct cg_matrix){0};
  if (!complete(entries) || !cg_entries_sort(entries))
    return example_out_of_memory(error);
  merge(entries);
  if (allocate(out, entries->row_count, entries->count, error) != 0)
    return -1;
  fill(out, entries);
  if (entries->is_pattern)
    fill_laplacian(out);
  const int status = check(out, error);
  if (status != 0)
    cg_matrix_deinit(out);
  return status;
}

/* --- of a grid --- */

static void put(struct cg_matrix *matrix, size_t *count, size_t column, double value) {
  matrix->columns[*count] = (uint32_t)column;
  matrix->values[*count] = value;
  ++*count;
}

int cg_matrix_make_grid(struct cg_matrix *out, size_t side, struct example_error *error) {
  size_t count = 0;
  if (allocate(out, side * side, 5 * side * side - 4 * side, error) != 0)
    return -1;
  for (size_t row = 0, x = 0, y = 0; row < out->row_count; row++, x++) {
    if (x == side) {
      x = 0;
      y++;
    }
    if (y > 0)
      put(out, &count, row - side, -1);
    if (x > 0)
      put(out, &count, row - 1, -1);
    put(out, &count, row, 4);
    if (x + 1 < side)
      put(out, &count, row + 1, -1);
    if (y + 1 < side)
      put(out, &count, row + side, -1);
    out->rows[row + 1] = count;
  }
  return 0;
}
