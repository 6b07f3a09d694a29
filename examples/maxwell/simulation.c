/*
 * Who may touch what: in the magnetic stage each call writes its own rows of hx and hy, and reads
 * ez, which nobody writes then; in the electric one it is the other way around. So all three can be
 * changed in place, also where a band is some stages ahead of others: the two beside it, whose rows
 * it reads, and which read its own, are never more than one stage behind or before it. The closing
 * worker writes the energies, between rounds; the frames belong to the thread that runs the loop.
 *
 * Frames are pictures of the newest step at a moment when the last one has been written. While one
 * is written rounds go on, for a frame is a copy that the workers have made at the end of a round
 * (or, with two buffers, the buffer itself, retained).
 */
#include "simulation.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"

#define REPORT_ROUNDS 8
#define BANDS_PER_WORKER ((size_t)2) /* so that a slow worker's rest can be stolen */
/* Of one field in a band, where several steps run between two barriers: so small that some bands
 * stay in a core's own cache. */
#define BAND_BYTES ((size_t)65536)
#define HUGE_BYTES ((size_t)4 << 20) /* from here on, huge pages are worth asking for */

static struct maxwell_fields fields_of(const struct synched_task *task) {
  return (struct maxwell_fields){synched_task_field(task, MAXWELL_EZ)->data,
                                 synched_task_field(task, MAXWELL_HX)->data,
                                 synched_task_field(task, MAXWELL_HY)->data};
}

/* An element is a row, so a segment's first element is its first row. */
static struct maxwell_rows rows_of(const struct synched_task *task) {
  return (struct maxwell_rows){task->first, task->first + task->capacity};
}

static int start(struct synched_task *task, void *user) {
  const struct maxwell_simulation *const simulation = user;
  const size_t bytes = task->capacity * simulation->run.grid.side * sizeof(double);
  maxwell_start(&simulation->run.grid, rows_of(task), synched_task_out(task, MAXWELL_EZ));
  memset(synched_task_out(task, MAXWELL_HX), 0, bytes);
  memset(synched_task_out(task, MAXWELL_HY), 0, bytes);
  return 0;
}

static int step_h(struct synched_task *task, void *user) {
  const struct maxwell_simulation *const simulation = user;
  const struct maxwell_grid *const grid = &simulation->run.grid;
  const struct maxwell_fields was = fields_of(task);
  double *const hx = synched_task_out(task, MAXWELL_HX);
  double *const hy = synched_task_out(task, MAXWELL_HY);
  if (maxwell_energy_is_due(&simulation->run, task->round))
    task->contribution = maxwell_step_h_energy(grid, &was, rows_of(task), hx, hy);
  else
    maxwell_step_h(grid, &was, rows_of(task), hx, hy);
  return 0;
}

static int step_e(struct synched_task *task, void *user) {
  const struct maxwell_simulation *const simulation = user;
  const struct maxwell_fields now = fields_of(task);
  maxwell_step_e(&simulation->run.grid, &now, rows_of(task), synched_task_out(task, MAXWELL_EZ));
  return 0;
}

static int note_energy(const struct synched_snapshot *now, void *user) {
  struct maxwell_simulation *const simulation = user;
  if (!maxwell_energy_is_due(&simulation->run, now->round))
    return SYNCHED_CONTINUE;
  simulation->energies[(now->round - 1) / simulation->run.every] = now->fold;
  if (!simulation->options->quiet)
    printf("step %10" PRIu64 "  energy %.12g\n", now->round - 1, now->fold);
  return SYNCHED_CONTINUE;
}

static void write_frame(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  struct maxwell_simulation *const simulation = user;
  char *path;
  (void)job;
  if (simulation->frame_error.text[0] != '\0')
    return;
  if (asprintf(&path, "%s/%010" PRIu64 ".png", simulation->options->frames_path, now->round) < 0) {
    example_out_of_memory(&simulation->frame_error);
    return;
  }
  if (maxwell_picture_save(path, now->fields[MAXWELL_EZ]->data, simulation->run.grid.side,
                           &simulation->frame_error) == 0)
    simulation->frame_count++;
  free(path);
}

/* A snapshot holds all fields of its step together. Of a field that is changed in place it is a
 * copy, and pictures need one of ez only. */
static unsigned leases_of(const struct maxwell_options *options, enum maxwell_field field) {
  return options->frames_path && (options->buffered || field == MAXWELL_EZ);
}

static int create_field(struct maxwell_simulation *simulation, enum maxwell_field field,
                        const size_t *capacities) {
  const struct maxwell_options *const options = simulation->options;
  const size_t side = simulation->run.grid.side;
  const bool huge = side * side * sizeof(double) >= HUGE_BYTES;
  return synched_memory_create(
      &simulation->memories[field],
      SYNCHED_MEMORY_OPTIONS(.flags = (options->buffered ? 0 : SYNCHED_MEMORY_IN_PLACE) |
                                      (huge ? SYNCHED_MEMORY_HUGE_PAGES : 0),
                             .segment_count = simulation->run.segment_count,
                             .segment_capacities = capacities,
                             .element_size = side * sizeof(double),
                             .refill =
                                 options->buffered ? SYNCHED_REFILL_NONE : SYNCHED_REFILL_ZERO,
                             .lease_count = leases_of(options, field)));
}

static int create_fields(struct maxwell_simulation *simulation) {
  const size_t count = simulation->run.segment_count;
  size_t *const capacities = malloc(count * sizeof *capacities);
  int status = capacities ? 0 : SYNCHED_ENOMEM;
  for (size_t segment = 0; status == 0 && segment < count; segment++) {
    const struct maxwell_rows rows = maxwell_band(&simulation->run, segment);
    capacities[segment] = rows.end - rows.first;
  }
  for (int field = 0; status == 0 && field < MAXWELL_FIELDS; field++)
    status = create_field(simulation, (enum maxwell_field)field, capacities);
  free(capacities);
  return status;
}

static int create_job(struct maxwell_simulation *simulation) {
  const struct maxwell_options *const options = simulation->options;
  const bool has_energies = simulation->run.every > 0;
  const struct synched_reads beside = {.reach = SYNCHED_REACH_NEAR, .radius = 1};
  const struct synched_stage stages[] = {
      {.name = "magnetic",
       .compute = step_h,
       .reads = beside,
       .writes = SYNCHED_FIELD(MAXWELL_HX) | SYNCHED_FIELD(MAXWELL_HY),
       .fold = has_energies ? SYNCHED_FOLD_SUM : SYNCHED_FOLD_NONE},
      {.name = "electric",
       .compute = step_e,
       .reads = beside,
       .writes = SYNCHED_FIELD(MAXWELL_EZ)}};
  return synched_job_create(
      &simulation->job, simulation->pool, simulation->memories[MAXWELL_EZ],
      SYNCHED_JOB_OPTIONS(.name = "maxwell", .user = simulation, .init = start,
                          .fields = &simulation->memories[MAXWELL_HX],
                          .field_count = MAXWELL_FIELDS, .stages = stages, .stage_count = 2,
                          .rounds_per_barrier = options->rounds_per_barrier,
                          .on_round = has_energies ? note_energy : NULL,
                          .on_snapshot = options->frames_path ? write_frame : NULL,
                          .round_count = options->step_count,
                          .record = example_report_record(&options->report),
                          .report_rounds = example_report_rounds(&options->report, REPORT_ROUNDS)));
}

static int create_pool(struct maxwell_simulation *simulation) {
  struct synched_pool_info info = {.struct_size = sizeof info};
  int status = synched_pool_create(
      &simulation->pool,
      SYNCHED_POOL_OPTIONS(.worker_count = simulation->options->worker_count, .name = "maxwell"));
  if (status == 0)
    status = synched_pool_info(simulation->pool, &info);
  simulation->worker_count = info.worker_count;
  return status;
}

static size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

static size_t bands_for(const struct maxwell_simulation *simulation) {
  const size_t row_bytes = simulation->run.grid.side * sizeof(double);
  const size_t few = BANDS_PER_WORKER * simulation->worker_count;
  const size_t many = simulation->run.grid.side * row_bytes / BAND_BYTES;
  const size_t wanted = simulation->options->segment_count;
  const bool blocked = simulation->options->rounds_per_barrier != 1;
  return smaller(wanted > 0              ? wanted
                 : blocked && many > few ? many
                                         : few,
                 maxwell_bands_most(&simulation->run.grid));
}

int maxwell_simulation_create(struct maxwell_simulation *out, const struct maxwell_options *options,
                              struct example_error *error) {
  *out = (struct maxwell_simulation){.options = options,
                                     .run = {.grid = {options->side, options->absorbing},
                                             .step_count = options->step_count,
                                             .every = options->every}};
  out->energies = calloc((size_t)maxwell_energy_count(&out->run) + 1, sizeof *out->energies);
  if (!out->energies)
    return example_out_of_memory(error);
  int status = create_pool(out);
  out->run.segment_count = bands_for(out);
  if (status == 0)
    status = create_fields(out);
  if (status == 0)
    status = create_job(out);
  if (status == 0)
    return 0;
  example_fail(error, 0, "%s", synched_error_message());
  maxwell_simulation_destroy(out);
  return -1;
}

int maxwell_simulation_run(struct maxwell_simulation *simulation, struct example_error *error) {
  const int status = synched_job_run(simulation->job);
  if (status != 0)
    return example_fail(error, 0, "%s", synched_strerror(status));
  if (simulation->frame_error.text[0] != '\0')
    return example_fail(error, 0, "a frame %s", simulation->frame_error.text);
  if (simulation->options->buffered)
    simulation->now = synched_snapshot_current(simulation->memories[MAXWELL_EZ]);
  return 0;
}

static const void *elements(const struct maxwell_simulation *simulation, enum maxwell_field field) {
  return simulation->now ? simulation->now->fields[field]->data
                         : synched_memory_elements(simulation->memories[field]);
}

struct maxwell_fields maxwell_simulation_fields(const struct maxwell_simulation *simulation) {
  return (struct maxwell_fields){elements(simulation, MAXWELL_EZ), elements(simulation, MAXWELL_HX),
                                 elements(simulation, MAXWELL_HY)};
}

void maxwell_simulation_destroy(struct maxwell_simulation *simulation) {
  synched_snapshot_release(simulation->now);
  synched_job_destroy(simulation->job);
  for (int field = 0; field < MAXWELL_FIELDS; field++)
    synched_memory_destroy(simulation->memories[field]);
  synched_pool_destroy(simulation->pool);
  free(simulation->energies);
  *simulation = (struct maxwell_simulation){0};
}
