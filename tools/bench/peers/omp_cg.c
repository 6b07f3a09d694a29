/*
 * omp_cg.c: conjugate gradients as OpenMP's users write them: one parallel region, loops over the
 * rows with a static schedule, dot products by reductions. Vectors are first touched by who uses
 * them.
 */
#include <omp.h>

#include "../codes/codes.h"
#include "cg/kernel.h"

#define CHUNK ((size_t)1024) /* rows that one call computes */

int cg_omp(struct code_run *run) {
  struct cg_matrix matrix;
  struct example_error error;
  if (cg_matrix_make_grid(&matrix, run->size, &error) != 0)
    return -1;
  const size_t count = matrix.row_count, bytes = count * sizeof(double);
  double *x = code_allocate(bytes), *r = code_allocate(bytes);
  double *p = code_allocate(bytes), *q = code_allocate(bytes);
  double square = (double)count, product = 0, reduced = 0;
  if (x == NULL || r == NULL || p == NULL || q == NULL)
    return -1;
#pragma omp parallel num_threads((int)run->workers)
  {
#pragma omp for schedule(static)
    for (size_t i = 0; i < count; i++) {
      x[i] = q[i] = 0;
      r[i] = p[i] = 1;
    }
    for (uint64_t step = 1; step <= run->steps; step++) {
#pragma omp for schedule(static) reduction(+ : product)
      for (size_t i = 0; i < count; i += CHUNK)
        product += cg_multiply(&matrix, (struct cg_rows){i, i + CHUNK < count ? i + CHUNK : count},
                               p, q + i);
      const double alpha = square / product;
#pragma omp for schedule(static) reduction(+ : reduced)
      for (size_t i = 0; i < count; i += CHUNK)
        reduced += cg_reduce(count - i < CHUNK ? count - i : CHUNK, alpha, q + i, r + i);
      const struct cg_factors factors = {alpha, reduced / square};
#pragma omp for schedule(static)
      for (size_t i = 0; i < count; i += CHUNK)
        cg_turn(count - i < CHUNK ? count - i : CHUNK, factors, r + i, x + i, p + i);
#pragma omp single
      {
        square = reduced;
        product = reduced = 0;
        code_step_done(run, step);
      }
    }
  }
  run->value = square;
  cg_matrix_deinit(&matrix);
  free(x);
  free(r);
  free(p);
  free(q);
  return 0;
}
