#include "system.h"

#include <math.h>
#include <stdlib.h>

#include "common/random.h"
#include "kernel.h"

int cg_system_init(struct cg_system *out, struct cg_matrix *matrix, struct example_error *error) {
  *out = (struct cg_system){.matrix = *matrix,
                            .right = malloc(matrix->row_count * sizeof *out->right)};
  *matrix = (struct cg_matrix){0};
  if (!out->right) {
    cg_system_deinit(out);
    return example_out_of_memory(error);
  }
  for (size_t i = 0; i < out->matrix.row_count; i++)
    out->right[i] = 1;
  return 0;
}

static double random_at(uint64_t seed, size_t index) {
  return (double)(example_random_at(seed, index) >> 11) * 0x1p-52 - 1;
}

void cg_system_set_random(struct cg_system *system, uint64_t seed) {
  for (size_t i = 0; i < system->matrix.row_count; i++)
    system->right[i] = random_at(seed, i);
}

int cg_system_set_known(struct cg_system *system, uint64_t seed, struct example_error *error) {
  const size_t count = system->matrix.row_count;
  system->known = malloc(count * sizeof *system->known);
  if (!system->known)
    return example_out_of_memory(error);
  for (size_t i = 0; i < count; i++)
    system->known[i] = random_at(seed, i);
  (void)cg_multiply(&system->matrix, (struct cg_rows){0, count}, system->known, system->right);
  return 0;
}

/* The product of two factors is the same for an entry and its mirror image. */
static void scale_row(struct cg_matrix *matrix, size_t row, const double *scales) {
  for (size_t i = matrix->rows[row]; i < matrix->rows[row + 1]; i++)
    matrix->values[i] *= scales[row] * scales[matrix->columns[i]];
}

static double diagonal_of(const struct cg_matrix *matrix, size_t row) {
  size_t i = matrix->rows[row];
  while (matrix->columns[i] != row)
    i++;
  return matrix->values[i];
}

int cg_system_scale(struct cg_system *system, struct example_error *error) {
  struct cg_matrix *const matrix = &system->matrix;
  system->scales = malloc(matrix->row_count * sizeof *system->scales);
  if (!system->scales)
    return example_out_of_memory(error);
  for (size_t row = 0; row < matrix->row_count; row++)
    system->scales[row] = 1 / sqrt(diagonal_of(matrix, row));
  for (size_t row = 0; row < matrix->row_count; row++) {
    scale_row(matrix, row, system->scales);
    system->right[row] *= system->scales[row];
  }
  return 0;
}

static double length(const double *vector, size_t count) {
  return sqrt(cg_square(count, vector));
}

/* b - A x, unscaled, in `left`; and b, unscaled, in `right`. */
static void find_residual(const struct cg_system *system, const double *solution, double *left,
                          double *right) {
  const size_t count = system->matrix.row_count;
  (void)cg_multiply(&system->matrix, (struct cg_rows){0, count}, solution, left);
  for (size_t i = 0; i < count; i++) {
    const double scale = system->scales ? system->scales[i] : 1;
    left[i] = (system->right[i] - left[i]) / scale;
    right[i] = system->right[i] / scale;
  }
}

int cg_system_finish(const struct cg_system *system, double *solution, struct cg_quality *quality,
                     struct example_error *error) {
  const size_t count = system->matrix.row_count;
  double *const left = malloc(count * sizeof *left), *const right = malloc(count * sizeof *right);
  *quality = (struct cg_quality){0, system->known ? 0 : NAN};
  if (left && right) {
    find_residual(system, solution, left, right);
    const double whole = length(right, count);
    quality->residual = whole > 0 ? length(left, count) / whole : length(left, count);
    for (size_t i = 0; i < count; i++) {
      if (system->scales)
        solution[i] *= system->scales[i];
      if (system->known)
        quality->error = fmax(quality->error, fabs(solution[i] - system->known[i]));
    }
  }
  free(left);
  free(right);
  return left && right ? 0 : example_out_of_memory(error);
}

void cg_system_deinit(struct cg_system *system) {
  cg_matrix_deinit(&system->matrix);
  free(system->right);
  free(system->known);
  free(system->scales);
  *system = (struct cg_system){0};
}
