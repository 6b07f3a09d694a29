/*
 * particles.c: particles serially and with Synched: the program's own arrays and time loop.
 */
#include <synched/synched.h>

#include "../job_run.h"
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

struct program {
  struct particles_world world;
  double fastest;
};

static int pull(struct synched_task *task, void *user) {
  const struct program *program = user;
  const struct particles_range range = {task->first, task->first + task->capacity};
  task->contribution =
      particles_pull(&program->world, synched_task_field(task, POSITIONS)->data,
                     synched_task_field(task, CELLS)->data, range, synched_task_out(task, FORCES));
  return 0;
}

static int move(struct synched_task *task, void *user) {
  (void)user;
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

static int note_fastest(const struct synched_snapshot *now, void *user) {
  ((struct program *)user)->fastest = now->fold;
  return SYNCHED_CONTINUE;
}

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

static int create_field(struct synched_memory **out, const struct particles_world *world,
                        void *array, size_t size) {
  return synched_memory_create(
      out,
      SYNCHED_MEMORY_OPTIONS(.flags = SYNCHED_MEMORY_IN_PLACE, .segment_count = world->part_count,
                             .segment_capacity = world->count / world->part_count,
                             .element_size = size, .buffers = &array, .buffer_count = 1,
                             .buffer_bytes = world->count * size));
}

int particles_synched(struct code_run *run) {
  struct program program = {.fastest = 0};
  struct particles_world *world = &program.world;
  struct synched_pool *pool = NULL;
  struct synched_memory *fields[FIELDS] = {NULL};
  struct synched_job *job = NULL;
  double travelled = 0;
  int due = 1;
  if (particles_world_create(world, run->size, (size_t)PARTS_PER_WORKER * run->workers) != 0)
    return -1;
  void *const arrays[FIELDS] = {world->positions, world->velocities, world->forces, world->cells};
  int status = synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = run->workers));
  for (int f = 0; f < FIELDS && status == 0; f++)
    status = create_field(&fields[f], world, arrays[f],
                          f == CELLS ? sizeof *world->cells : sizeof *world->positions);
  if (status == 0)
    status =
        synched_job_create(&job, pool, fields[POSITIONS],
                           SYNCHED_JOB_OPTIONS(.user = &program, .on_round = note_fastest,
                                               .fields = &fields[VELOCITIES], .field_count = FIELDS,
                                               .reads_only = SYNCHED_FIELD(CELLS), .stages = stages,
                                               .stage_count = 2));
  for (uint64_t step = 1; step <= run->steps && status == 0; step++) {
    if (due)
      status = sort(pool, world);
    if (status == 0)
      status = synched_job_advance(job, 1);
    due = particles_travel(world, &travelled, program.fastest);
    code_step_done(run, step);
  }
  run->checksum = kernel_checksum(world->positions, world->count * sizeof *world->positions);
  status = bench_job_end(status, job, fields, FIELDS, pool);
  particles_world_destroy(world);
  return status;
}
