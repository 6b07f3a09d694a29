/*
 * Who may touch what: the first stage reads everybody's positions and writes its own forces; the
 * second one writes its own velocities and positions, and reads nothing of others. So all arrays
 * are changed in place. Between two advances no round runs, and all of them are the program's. It
 * then puts the particles into another order: on the same workers, by synched_pool_for.
 */
#include "simulation.h"

#include "cells.h"

#define REPORT_ROUNDS 8
#define PARTS_PER_WORKER ((size_t)8) /* so that a slow worker's rest can be stolen */
#define PARTS_MOST ((size_t)64)

enum stage { PULL, MOVE, STAGES };

static int pull(struct synched_task *task, void *user) {
  const struct particles_simulation *const simulation = user;
  const struct particles_range range = {task->first, task->first + task->capacity};
  task->contribution = particles_pull(
      &simulation->world, synched_task_all(task, PARTICLES_POSITIONS),
      synched_task_all(task, PARTICLES_CELLS), range, synched_task_out(task, PARTICLES_FORCES));
  return 0;
}

static int move(struct synched_task *task, void *user) {
  struct particles_sums *const sums = synched_task_fold(task);
  (void)user;
  *sums = particles_move(synched_task_in(task, PARTICLES_FORCES),
                         synched_task_out(task, PARTICLES_VELOCITIES),
                         synched_task_out(task, PARTICLES_POSITIONS), task->capacity);
  return 0;
}

static void add_sums(void *into, const void *next, void *user) {
  (void)user;
  particles_sums_add(into, next);
}

static int note_sums(const struct synched_snapshot *now, void *user) {
  struct particles_state *const state = &((struct particles_simulation *)user)->state;
  state->step = now->round;
  state->potential = now->fold;
  state->sums = *(const struct particles_sums *)now->folds[MOVE];
  return SYNCHED_CONTINUE;
}

static const struct synched_stage stages[STAGES] = {
    [PULL] = {.name = "pull",
              .compute = pull,
              .writes = SYNCHED_FIELD(PARTICLES_FORCES),
              .fold = SYNCHED_FOLD_SUM},
    [MOVE] = {.name = "move",
              .compute = move,
              .writes = SYNCHED_FIELD(PARTICLES_POSITIONS) | SYNCHED_FIELD(PARTICLES_VELOCITIES),
              .fold = SYNCHED_FOLD_CUSTOM,
              .fold_size = sizeof(struct particles_sums),
              .fold_combine = add_sums}};

static int count_part(size_t part, unsigned worker, void *user) {
  (void)worker;
  particles_cells_count(user, part);
  return 0;
}

static int move_part(size_t part, unsigned worker, void *user) {
  (void)worker;
  particles_cells_move(user, part);
  return 0;
}

static int sort(struct particles_simulation *simulation) {
  struct particles_world *const world = &simulation->world;
  int status = synched_pool_for(simulation->pool, world->part_count, count_part, world);
  if (status != 0)
    return status;
  particles_cells_place(world);
  status = synched_pool_for(simulation->pool, world->part_count, move_part, world);
  simulation->state.sort_count++;
  return status;
}

/* The program's arrays are the fields, changed in place; a segment is a part of the particles. */
static int create_job(struct particles_simulation *simulation,
                      const struct particles_options *options) {
  const struct particles_world *const world = &simulation->world;
  const struct synched_array arrays[PARTICLES_FIELDS] = {
      [PARTICLES_POSITIONS] = SYNCHED_ARRAY(world->positions),
      [PARTICLES_VELOCITIES] = SYNCHED_ARRAY(world->velocities),
      [PARTICLES_FORCES] = SYNCHED_ARRAY(world->forces),
      [PARTICLES_CELLS] = SYNCHED_ARRAY(world->cells)};
  return synched_job_create_on_arrays(
      &simulation->job, simulation->pool,
      SYNCHED_MEMORY_OPTIONS(.flags = SYNCHED_MEMORY_IN_PLACE, .segment_count = world->part_count,
                             .element_count = world->count),
      arrays,
      SYNCHED_JOB_OPTIONS(.name = "particles", .user = simulation, .on_round = note_sums,
                          .field_count = PARTICLES_FIELDS,
                          .reads_only = SYNCHED_FIELD(PARTICLES_CELLS), .stages = stages,
                          .stage_count = STAGES, .record = example_report_record(&options->report),
                          .report_rounds = example_report_rounds(&options->report, REPORT_ROUNDS)));
}

static int create_pool(struct particles_simulation *simulation, unsigned worker_count) {
  struct synched_pool_info info = {.struct_size = sizeof info};
  int status = synched_pool_create(
      &simulation->pool, SYNCHED_POOL_OPTIONS(.worker_count = worker_count, .name = "particles"));
  if (status == 0)
    status = synched_pool_info(simulation->pool, &info);
  simulation->worker_count = info.worker_count;
  return status;
}

static size_t parts_for(const struct particles_simulation *simulation,
                        const struct particles_options *options) {
  const size_t some = PARTS_PER_WORKER * simulation->worker_count;
  return options->segment_count > 0 ? options->segment_count
         : some < PARTS_MOST        ? some
                                    : PARTS_MOST;
}

int particles_simulation_create(struct particles_simulation *out,
                                const struct particles_options *options,
                                struct example_error *error) {
  *out = (struct particles_simulation){.due = true};
  int status = create_pool(out, options->worker_count);
  if (status == 0 &&
      particles_world_create(&out->world, options->count, parts_for(out, options)) != 0) {
    particles_simulation_destroy(out);
    return example_out_of_memory(error);
  }
  if (status == 0)
    status = create_job(out, options);
  if (status == 0)
    return 0;
  example_fail(error, 0, "%s", synched_error_message());
  particles_simulation_destroy(out);
  return -1;
}

/* A step; and before it, where that is due, new cells. */
static int step(struct particles_simulation *simulation) {
  int status = simulation->due ? sort(simulation) : 0;
  if (status == 0)
    status = synched_job_advance(simulation->job, 1);
  if (status == 0)
    simulation->due = particles_travel(&simulation->world, &simulation->travelled,
                                       simulation->state.sums.fastest);
  return status;
}

int particles_simulation_advance(struct particles_simulation *simulation, uint64_t step_count,
                                 struct example_error *error) {
  for (uint64_t i = 0; i < step_count; i++)
    if (step(simulation) != 0)
      return example_fail(error, 0, "%s", synched_error_message());
  return 0;
}

void particles_simulation_destroy(struct particles_simulation *simulation) {
  synched_job_destroy(simulation->job);
  synched_pool_destroy(simulation->pool);
  particles_world_destroy(&simulation->world);
  *simulation = (struct particles_simulation){0};
}
