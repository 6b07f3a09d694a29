/*
 * maxwell.c: maxwell serially and with Synched: in place, with two buffers for each field, and in
 * place with several steps between two barriers.
 */
#include <string.h>
#include <synched/synched.h>

#include "../job_run.h"
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
/* of one field in a band, where several steps run between two barriers; as in the example */
#define BAND_BYTES 65536u

enum { EZ, HX, HY, FIELDS };

struct plane {
  struct maxwell_grid grid;
  struct code_run *run;
};

static struct maxwell_rows rows_of(const struct synched_task *task) {
  return (struct maxwell_rows){task->first, task->first + task->capacity};
}

static struct maxwell_fields fields_of(const struct synched_task *task) {
  return (struct maxwell_fields){synched_task_field(task, EZ)->data,
                                 synched_task_field(task, HX)->data,
                                 synched_task_field(task, HY)->data};
}

static int start(struct synched_task *task, void *user) {
  const struct plane *plane = user;
  maxwell_start(&plane->grid, rows_of(task), synched_task_out(task, EZ));
  memset(synched_task_out(task, HX), 0, task->capacity * plane->grid.side * sizeof(double));
  memset(synched_task_out(task, HY), 0, task->capacity * plane->grid.side * sizeof(double));
  return 0;
}

static int step_h(struct synched_task *task, void *user) {
  const struct plane *plane = user;
  const struct maxwell_fields was = fields_of(task);
  maxwell_step_h(&plane->grid, &was, rows_of(task), synched_task_out(task, HX),
                 synched_task_out(task, HY));
  return 0;
}

static int step_e(struct synched_task *task, void *user) {
  const struct plane *plane = user;
  const struct maxwell_fields now = fields_of(task);
  maxwell_step_e(&plane->grid, &now, rows_of(task), synched_task_out(task, EZ));
  return 0;
}

static uint64_t checksum_of(struct synched_memory *field, size_t bytes) {
  const void *in_place = synched_memory_elements(field);
  if (in_place != NULL)
    return kernel_checksum(in_place, bytes);
  const struct synched_snapshot *now = synched_snapshot_current(field);
  const uint64_t checksum = kernel_checksum(now->data, bytes);
  synched_snapshot_release(now);
  return checksum;
}

static int step_done(const struct synched_snapshot *now, void *user) {
  code_step_done(((const struct plane *)user)->run, now->round);
  return SYNCHED_CONTINUE;
}

static const struct synched_stage stages[] = {
    {.compute = step_h,
     .writes = SYNCHED_FIELD(HX) | SYNCHED_FIELD(HY),
     .reads = {.reach = SYNCHED_REACH_NEAR, .radius = 1}},
    {.compute = step_e,
     .writes = SYNCHED_FIELD(EZ),
     .reads = {.reach = SYNCHED_REACH_NEAR, .radius = 1}}};

/* Bands of the same number of rows, two or more: as many as wanted, or some fewer. */
static size_t band_count(size_t side, size_t wanted) {
  size_t count = wanted < side / 2 ? wanted : side / 2;
  while (side % count != 0)
    count--;
  return count;
}

/* The fields are as the options say, in segments of the same size. on_snapshot: NULL, or with two
 * buffers for each field. */
static int run_job(struct code_run *run, struct synched_memory_options *field,
                   unsigned rounds_per_barrier, synched_snapshot_fn on_snapshot) {
  struct plane plane = {{run->size, false}, run};
  struct synched_pool *pool = NULL;
  struct synched_memory *fields[FIELDS] = {NULL};
  struct synched_job *job = NULL;
  const size_t few = (size_t)SEGMENTS_PER_WORKER * run->workers;
  const size_t many = run->size * run->size * sizeof(double) / BAND_BYTES;
  field->segment_count = rounds_per_barrier == 1 || many < few ? few : band_count(run->size, many);
  field->segment_capacity = run->size / field->segment_count;
  field->element_size = run->size * sizeof(double);
  int status = synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = run->workers));
  for (int f = 0; f < FIELDS && status == 0; f++)
    status = synched_memory_create(&fields[f], field);
  if (status == 0)
    status = synched_job_create(
        &job, pool, fields[EZ],
        SYNCHED_JOB_OPTIONS(.user = &plane, .init = start, .on_round = step_done,
                            .on_snapshot = on_snapshot, .fields = &fields[HX],
                            .field_count = FIELDS, .stages = stages, .stage_count = 2,
                            .rounds_per_barrier = rounds_per_barrier, .round_count = run->steps));
  if (status == 0)
    status = synched_job_run(job);
  if (status == 0)
    run->checksum = checksum_of(fields[EZ], run->size * run->size * sizeof(double));
  return bench_job_end(status, job, fields, FIELDS, pool);
}

int maxwell_synched(struct code_run *run) {
  return run_job(
      run, SYNCHED_MEMORY_OPTIONS(.flags = SYNCHED_MEMORY_HUGE_PAGES | SYNCHED_MEMORY_IN_PLACE), 1,
      NULL);
}

int maxwell_blocked_synched(struct code_run *run) {
  return run_job(
      run, SYNCHED_MEMORY_OPTIONS(.flags = SYNCHED_MEMORY_HUGE_PAGES | SYNCHED_MEMORY_IN_PLACE),
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
  return run_job(run,
                 SYNCHED_MEMORY_OPTIONS(.flags = SYNCHED_MEMORY_HUGE_PAGES,
                                        .refill = SYNCHED_REFILL_NONE, .lease_count = 1),
                 rounds_per_barrier, look);
}

int maxwell_buffered_synched(struct code_run *run) {
  return run_buffered(run, 1);
}

int maxwell_buffered_blocked_synched(struct code_run *run) {
  return run_buffered(run, MAXWELL_BLOCKED);
}
