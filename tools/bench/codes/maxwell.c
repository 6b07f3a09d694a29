/*
 * maxwell.c: maxwell serially and with Synched: in place, with two buffers for each field, and in
 * place with several steps between two barriers.
 */
#include <string.h>
#include <synched/synched.h>

#include "codes.h"
#include "maxwell/kernel.h"

int maxwell_serial(struct code_run *run) {
  const size_t side = run->size;
  const struct maxwell_grid grid = {side, false};
  const struct maxwell_rows all = {0, side};
  double *ez = code_allocate(side * side * sizeof *ez);
  double *hx = code_allocate(side * side * sizeof *hx);
  double *hy = code_allocate(side * side * sizeof *hy);
  const struct maxwell_fields fields = {ez, hx, hy};
  if (ez == NULL || hx == NULL || hy == NULL)
    return -1;
  maxwell_start(&grid, all, ez);
  memset(hx, 0, side * side * sizeof *hx);
  memset(hy, 0, side * side * sizeof *hy);
  for (uint64_t step = 1; step <= run->steps; step++) {
    maxwell_step_h(&grid, &fields, all, hx, hy);
    maxwell_step_e(&grid, &fields, all, ez);
    code_step_done(run, step);
  }
  run->checksum = kernel_checksum(ez, side * side * sizeof *ez);
  free(ez);
  free(hx);
  free(hy);
  return 0;
}

/* --- Synched: an element is a row --- */

#define SEGMENTS_PER_WORKER 2u

enum { EZ, HX, HY, FIELDS };

/* What the calls get is its grid. */
struct plane {
  struct maxwell_grid grid;
  struct code_run *run;
};

static struct maxwell_rows rows_of(const struct synched_task *task) {
  return (struct maxwell_rows){task->first, task->first + task->capacity};
}

static struct maxwell_fields fields_of(const struct synched_task *task) {
  return (struct maxwell_fields){synched_task_all(task, EZ), synched_task_all(task, HX),
                                 synched_task_all(task, HY)};
}

/* What is written first has huge pages where it can; zeros that are read first have small ones. */
static int start(struct synched_task *task, void *grid) {
  const size_t bytes = task->capacity * synched_task_field(task, HX)->element_size;
  maxwell_start(grid, rows_of(task), synched_task_out(task, EZ));
  memset(synched_task_out(task, HX), 0, bytes);
  memset(synched_task_out(task, HY), 0, bytes);
  return 0;
}

static int step_h(struct synched_task *task, void *grid) {
  const struct maxwell_fields was = fields_of(task);
  maxwell_step_h(grid, &was, rows_of(task), synched_task_out(task, HX), synched_task_out(task, HY));
  return 0;
}

static int step_e(struct synched_task *task, void *grid) {
  const struct maxwell_fields now = fields_of(task);
  maxwell_step_e(grid, &now, rows_of(task), synched_task_out(task, EZ));
  return 0;
}

static const struct synched_stage stages[] = {
    {.compute = step_h, .writes = SYNCHED_FIELD(HX) | SYNCHED_FIELD(HY)},
    {.compute = step_e, .writes = SYNCHED_FIELD(EZ)}};

static int step_done(const struct synched_snapshot *now, void *user) {
  code_step_done(((const struct plane *)user)->run, now->round);
  return SYNCHED_CONTINUE;
}

int maxwell_synched(struct code_run *run) {
  const size_t side = run->size, row = side * sizeof(double);
  struct plane plane = {{side, false}, run};
  double *ez = code_allocate(side * row);
  const struct synched_array arrays[FIELDS] = {{ez, row}, {NULL, row}, {NULL, row}};
  if (ez == NULL)
    return -1;
  const int status = synched_run(
      SYNCHED_POOL_OPTIONS(.worker_count = run->workers),
      SYNCHED_MEMORY_OPTIONS(.flags = SYNCHED_MEMORY_IN_PLACE | SYNCHED_MEMORY_HUGE_PAGES,
                             .segment_count = (size_t)SEGMENTS_PER_WORKER * run->workers,
                             .element_count = side),
      arrays,
      SYNCHED_JOB_OPTIONS(.user = &plane, .init = start, .on_round = step_done,
                          .field_count = FIELDS, .stages = stages, .stage_count = 2,
                          .round_count = run->steps));
  run->checksum = kernel_checksum(ez, side * row);
  free(ez);
  return status;
}

/* --- the same with two buffers for each field, or with several steps between two barriers --- */

/* of one field in a band, where several steps run between two barriers; as in the example */
#define BAND_BYTES 65536u

static const struct synched_stage near_stages[] = {
    {.compute = step_h,
     .writes = SYNCHED_FIELD(HX) | SYNCHED_FIELD(HY),
     .reads = {.reach = SYNCHED_REACH_NEAR, .radius = 1}},
    {.compute = step_e,
     .writes = SYNCHED_FIELD(EZ),
     .reads = {.reach = SYNCHED_REACH_NEAR, .radius = 1}}};

/* Bands of two rows or more. */
static size_t band_count(const struct code_run *run, unsigned rounds_per_barrier) {
  const size_t few = (size_t)SEGMENTS_PER_WORKER * run->workers;
  const size_t many = run->size * run->size * sizeof(double) / BAND_BYTES;
  const size_t wanted = rounds_per_barrier == 1 || many < few ? few : many;
  return wanted < run->size / 2 ? wanted : run->size / 2;
}

/* The fields are as the options say. on_snapshot: NULL, or with two buffers for each field. */
static int run_otherwise(struct code_run *run, struct synched_memory_options *memory,
                         unsigned rounds_per_barrier, synched_snapshot_fn on_snapshot) {
  const size_t side = run->size, row = side * sizeof(double);
  struct plane plane = {{side, false}, run};
  double *ez = code_allocate(side * row);
  const struct synched_array arrays[FIELDS] = {{ez, row}, {NULL, row}, {NULL, row}};
  if (ez == NULL)
    return -1;
  memory->flags |= SYNCHED_MEMORY_HUGE_PAGES;
  memory->segment_count = band_count(run, rounds_per_barrier);
  memory->element_count = side;
  const int status = synched_run(
      SYNCHED_POOL_OPTIONS(.worker_count = run->workers), memory, arrays,
      SYNCHED_JOB_OPTIONS(.user = &plane, .init = start, .on_round = step_done,
                          .on_snapshot = on_snapshot, .field_count = FIELDS, .stages = near_stages,
                          .stage_count = 2, .rounds_per_barrier = rounds_per_barrier,
                          .round_count = run->steps));
  run->checksum = kernel_checksum(ez, side * row);
  free(ez);
  return status;
}

int maxwell_blocked_synched(struct code_run *run) {
  return run_otherwise(run, SYNCHED_MEMORY_OPTIONS(.flags = SYNCHED_MEMORY_IN_PLACE),
                       MAXWELL_BLOCKED, NULL);
}

/* What a loop does with a snapshot that it holds. */
static void look(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  volatile double seen = *(const double *)now->fields[EZ]->data;
  (void)job;
  (void)user;
  (void)seen;
}

static int run_buffered(struct code_run *run, unsigned rounds_per_barrier) {
  return run_otherwise(run, SYNCHED_MEMORY_OPTIONS(.refill = SYNCHED_REFILL_NONE, .lease_count = 1),
                       rounds_per_barrier, look);
}

int maxwell_buffered_synched(struct code_run *run) {
  return run_buffered(run, 1);
}

int maxwell_buffered_blocked_synched(struct code_run *run) {
  return run_buffered(run, MAXWELL_BLOCKED);
}
