/*
 * omp_maxwell.c: maxwell as OpenMP's users write it: one parallel region, loops over the rows with
 * a static schedule, fields that are first touched by who uses them, and changed in place.
 */
#include <omp.h>
#include <string.h>

#include "../codes/codes.h"
#include "maxwell/kernel.h"

int maxwell_omp(struct code_run *run) {
  const size_t side = run->size;
  const struct maxwell_grid grid = {side, false};
  double *ez = code_allocate(side * side * sizeof *ez);
  double *hx = code_allocate(side * side * sizeof *hx);
  double *hy = code_allocate(side * side * sizeof *hy);
  const struct maxwell_fields fields = {ez, hx, hy};
  if (ez == NULL || hx == NULL || hy == NULL)
    return -1;
#pragma omp parallel num_threads((int)run->workers)
  {
#pragma omp for schedule(static)
    for (size_t i = 0; i < side; i++) {
      maxwell_start(&grid, (struct maxwell_rows){i, i + 1}, ez + i * side);
      memset(hx + i * side, 0, side * sizeof *hx);
      memset(hy + i * side, 0, side * sizeof *hy);
    }
    for (uint64_t step = 1; step <= run->steps; step++) {
#pragma omp for schedule(static)
      for (size_t i = 0; i < side; i++)
        maxwell_step_h(&grid, &fields, (struct maxwell_rows){i, i + 1}, hx + i * side,
                       hy + i * side);
#pragma omp for schedule(static)
      for (size_t i = 0; i < side; i++)
        maxwell_step_e(&grid, &fields, (struct maxwell_rows){i, i + 1}, ez + i * side);
      if (omp_get_thread_num() == 0)
        code_step_done(run, step);
    }
  }
  run->checksum = kernel_checksum(ez, side * side * sizeof *ez);
  free(ez);
  free(hx);
  free(hy);
  return 0;
}
