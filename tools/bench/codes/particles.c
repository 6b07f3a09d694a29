/*
 * particles.c: particles serially and with Synched: the program's own arrays and time loop.
 */
#include <synched/synched.h>

#include "codes.h"
#include "particles/cells.h"
#include "particles/kernel.h"

#define PARTS_PER_WORKER 4u

int particles_serial(struct code_run *run) {
  struct particles_world world;
  double travelled = 0;
  int due = 1;
  if (particles_world_create(&world, run->size, 1) != 0)
    return -1;
  for (uint64_t step = 1; step <= run->steps; step++) {
    if (due) {
      particles_cells_count(&world, 0);
      particles_cells_place(&world);
      particles_cells_move(&world, 0);
    }
    (void)particles_pull(&world, world.positions, world.cells,
                         (struct particles_range){0, world.count}, world.forces);
    const struct particles_sums sums =
        particles_move(world.forces, world.velocities, world.positions, world.count);
    due = particles_travel(&world, &travelled, sums.fastest);
    code_step_done(run, step);
  }
  run->checksum = kernel_checksum(world.positions, world.count * sizeof *world.positions);
  particles_world_destroy(&world);
  return 0;
}

/* --- Synched --- */

enum { POSITIONS, VELOCITIES, FORCES, CELLS, FIELDS };

static int pull(struct synched_task *task, void *world) {
  const struct particles_range range = {task->first, task->first + task->capacity};
  task->contribution =
      particles_pull(world, synched_task_all(task, POSITIONS), synched_task_all(task, CELLS), range,
                     synched_task_out(task, FORCES));
  return 0;
}

static int move(struct synched_task *task, void *world) {
  (void)world;
  task->contribution =
      particles_move(synched_task_in(task, FORCES), synched_task_out(task, VELOCITIES),
                     synched_task_out(task, POSITIONS), task->capacity)
          .fastest;
  return 0;
}

static const struct synched_stage stages[] = {
    {.compute = pull, .writes = SYNCHED_FIELD(FORCES), .fold = SYNCHED_FOLD_SUM},
    {.compute = move,
     .writes = SYNCHED_FIELD(POSITIONS) | SYNCHED_FIELD(VELOCITIES),
     .fold = SYNCHED_FOLD_MAX}};

static int count_part(size_t part, unsigned worker, void *world) {
  (void)worker;
  particles_cells_count(world, part);
  return 0;
}

static int move_part(size_t part, unsigned worker, void *world) {
  (void)worker;
  particles_cells_move(world, part);
  return 0;
}

static int sort(struct synched_pool *pool, struct particles_world *world) {
  const int status = synched_pool_for(pool, world->part_count, count_part, world);
  particles_cells_place(world);
  return status != 0 ? status : synched_pool_for(pool, world->part_count, move_part, world);
}

int particles_synched(struct code_run *run) {
  struct particles_world world;
  struct synched_pool *pool = NULL;
  struct synched_job *job = NULL;
  double travelled = 0;
  int due = 1;
  if (particles_world_create(&world, run->size, (size_t)PARTS_PER_WORKER * run->workers) != 0)
    return -1;
  const struct synched_array arrays[FIELDS] = {
      SYNCHED_ARRAY(world.positions), SYNCHED_ARRAY(world.velocities), SYNCHED_ARRAY(world.forces),
      SYNCHED_ARRAY(world.cells)};
  int status = synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = run->workers));
  if (status == 0)
    status = synched_job_create_on_arrays(&job, pool,
                                          SYNCHED_MEMORY_OPTIONS(.flags = SYNCHED_MEMORY_IN_PLACE,
                                                                 .segment_count = world.part_count,
                                                                 .element_count = world.count),
                                          arrays,
                                          SYNCHED_JOB_OPTIONS(.user = &world, .field_count = FIELDS,
                                                              .reads_only = SYNCHED_FIELD(CELLS),
                                                              .stages = stages, .stage_count = 2));
  for (uint64_t step = 1; step <= run->steps && status == 0; step++) {
    if (due)
      status = sort(pool, &world);
    if (status == 0)
      status = synched_job_advance(job, 1);
    due = particles_travel(&world, &travelled, synched_job_fold(job));
    code_step_done(run, step);
  }
  run->checksum = kernel_checksum(world.positions, world.count * sizeof *world.positions);
  (void)synched_job_destroy(job);
  (void)synched_pool_destroy(pool);
  particles_world_destroy(&world);
  return status;
}
