/*
 * A row of the matrix is added up from left to right. A dot product of vectors is LANES sums side
 * by side, of every LANES-th row each, which are added up at the end in one order: so its bits are
 * those of this source, and not those of what a compiler makes of it, and it can become vector
 * instructions. Where a segment begins does matter: the sums begin there, too.
 *
 * All this is bound by memory: a round of a large matrix reads it once, 12 bytes an entry, and
 * reads and writes some 12 numbers for every row. So what can be done in one loop is: x could be
 * changed together with r, but in the last loop p, which that needs, is in the cache anyway.
 */
#include "kernel.h"

/* As many as a vector of any instruction set has, and enough that no addition waits for another. */
#define LANES 8

/* Rows that begin a segment are multiples of this, so that no two segments write the same cache
 * line. */
#define ROWS_STEP ((size_t)8)

/* An entry costs 1, and a row as much as so many. */
#define ROW_COST ((size_t)4)

/* A segment costs so much or more: some ten microseconds. */
#define SEGMENT_COST_MIN ((size_t)16384)

static size_t cost_before(const struct cg_matrix *matrix, size_t row) {
  return matrix->rows[row] + row * ROW_COST;
}

size_t cg_cut_count(const struct cg_matrix *matrix) {
  const size_t count = cost_before(matrix, matrix->row_count) / SEGMENT_COST_MIN;
  return count < 1 ? 1 : count > CG_SEGMENTS_MAX ? CG_SEGMENTS_MAX : count;
}

/* A segment ends with the rows that reach its share of the cost. Rows that reach the shares of
 * several segments leave fewer of them. */
void cg_cut_make(struct cg_cut *out, const struct cg_matrix *matrix, size_t segments_max) {
  const size_t row_count = matrix->row_count, cost = cost_before(matrix, row_count);
  size_t row = 0, count = 0;
  for (size_t s = 1; s <= segments_max; s++) {
    /* cost * s / segments_max, which could overflow */
    const size_t end = cost / segments_max * s + cost % segments_max * s / segments_max;
    if (cost_before(matrix, row) >= end)
      continue;
    out->first_row[count++] = row;
    while (row < row_count && cost_before(matrix, row) < end)
      row = row_count - row > ROWS_STEP ? row + ROWS_STEP : row_count;
  }
  out->first_row[count] = row_count;
  out->segment_count = count;
}

double cg_multiply(const struct cg_matrix *matrix, struct cg_rows rows, const double *restrict p,
                   double *restrict q) {
  const size_t *const ends = matrix->rows + 1;
  const uint32_t *const columns = matrix->columns;
  const double *const values = matrix->values;
  size_t i = matrix->rows[rows.first];
  double product = 0;
  for (size_t row = rows.first; row < rows.end; row++) {
    double sum = 0;
    for (; i < ends[row]; i++)
      sum += values[i] * p[columns[i]];
    q[row - rows.first] = sum;
    product += p[row] * sum;
  }
  return product;
}

static double add_up(const double sums[LANES]) {
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

double cg_reduce(size_t count, double alpha, const double *restrict q, double *restrict r) {
  double sums[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= count; i += LANES)
    for (size_t lane = 0; lane < LANES; lane++) {
      r[i + lane] -= alpha * q[i + lane];
      sums[lane] += r[i + lane] * r[i + lane];
    }
  for (size_t lane = 0; i < count; i++, lane++) {
    r[i] -= alpha * q[i];
    sums[lane] += r[i] * r[i];
  }
  return add_up(sums);
}

void cg_turn(size_t count, struct cg_factors factors, const double *restrict r, double *restrict x,
             double *restrict p) {
  for (size_t i = 0; i < count; i++) {
    x[i] += factors.alpha * p[i];
    p[i] = r[i] + factors.beta * p[i];
  }
}

double cg_square(size_t count, const double *r) {
  double sums[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= count; i += LANES)
    for (size_t lane = 0; lane < LANES; lane++)
      sums[lane] += r[i + lane] * r[i + lane];
  for (size_t lane = 0; i < count; i++, lane++)
    sums[lane] += r[i] * r[i];
  return add_up(sums);
}
