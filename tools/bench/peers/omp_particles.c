/*
 * omp_particles.c: particles as OpenMP's users write them: one parallel region, a loop over the
 * particles for each half of a step, with reductions, and loops over parts where cells are made.
 */
#include <omp.h>

#include "../codes/codes.h"
#include "particles/cells.h"
#include "particles/kernel.h"

#define PARTS_PER_WORKER 4u
#define CHUNK 64u /* particles that one call computes */

static void sort(struct particles_world *world) {
#pragma omp for schedule(static)
  for (size_t part = 0; part < world->part_count; part++)
    particles_cells_count(world, part);
#pragma omp single
  particles_cells_place(world);
#pragma omp for schedule(static)
  for (size_t part = 0; part < world->part_count; part++)
    particles_cells_move(world, part);
}

int particles_omp(struct code_run *run) {
  struct particles_world world;
  double potential = 0, fastest = 0, travelled = 0;
  int due = 1;
  if (particles_world_create(&world, run->size, (size_t)PARTS_PER_WORKER * run->workers) != 0)
    return -1;
#pragma omp parallel num_threads((int)run->workers)
  for (uint64_t step = 1; step <= run->steps; step++) {
    if (due)
      sort(&world);
#pragma omp for schedule(static) reduction(+ : potential)
    for (size_t i = 0; i < world.count; i += CHUNK)
      potential += particles_pull(
          &world, world.positions, world.cells,
          (struct particles_range){i, i + CHUNK < world.count ? i + CHUNK : world.count},
          world.forces + i);
#pragma omp for schedule(static) reduction(max : fastest)
    for (size_t i = 0; i < world.count; i += CHUNK) {
      const struct particles_sums sums =
          particles_move(world.forces + i, world.velocities + i, world.positions + i,
                         world.count - i < CHUNK ? world.count - i : CHUNK);
      fastest = sums.fastest > fastest ? sums.fastest : fastest;
    }
#pragma omp single
    {
      due = particles_travel(&world, &travelled, fastest);
      potential = fastest = 0;
      code_step_done(run, step);
    }
  }
  run->checksum = kernel_checksum(world.positions, world.count * sizeof *world.positions);
  particles_world_destroy(&world);
  return 0;
}
