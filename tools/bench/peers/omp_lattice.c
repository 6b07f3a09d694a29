/*
 * omp_lattice.c: a flow past a cylinder as OpenMP's users write it: one parallel region, a loop
 * over the rows with a static schedule from one buffer to the other, which are first touched by who
 * uses them.
 */
#include <omp.h>
#include <string.h>

#include "../codes/codes.h"
#include "lattice/kernel.h"

#define REYNOLDS 60

int lattice_omp(struct code_run *run) {
  struct lattice_plane plane = {.width = 2 * run->size, .height = run->size};
  struct lattice_range *solid = malloc(plane.height * sizeof *solid);
  const size_t row = lattice_row(&plane), bytes = plane.height * row * sizeof(double);
  double *states[2] = {code_allocate(bytes), code_allocate(bytes)};
  if (solid == NULL || states[0] == NULL || states[1] == NULL)
    return -1;
  (void)lattice_place_cylinder(&plane, REYNOLDS, solid);
#pragma omp parallel num_threads((int)run->workers)
  {
#pragma omp for schedule(static)
    for (size_t y = 0; y < plane.height; y++) {
      lattice_init(&plane, y, y + 1, states[0] + y * row);
      memset(states[1] + y * row, 0, row * sizeof(double));
    }
    for (uint64_t step = 1; step <= run->steps; step++) {
      const double *was = states[~step & 1];
      double *is = states[step & 1];
#pragma omp for schedule(static)
      for (size_t y = 0; y < plane.height; y++)
        lattice_step(&plane, was, y, y + 1, is + y * row);
      if (omp_get_thread_num() == 0)
        code_step_done(run, step);
    }
  }
  run->checksum = kernel_checksum(states[run->steps & 1], bytes);
  free(solid);
  free(states[0]);
  free(states[1]);
  return 0;
}
