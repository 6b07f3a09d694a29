/*
 * A call reads its band and the two beside it, and says so: so a band can go on to its next round
 * as soon as those two have completed the one before, and several rounds of some bands are computed
 * while these are in the cache. A plate that is larger than the cache goes through it once for all
 * rounds from barrier to barrier, and not once for each.
 *
 * Of the bands beside its own it reads the nearest row only, and says so, too: so no more than a
 * row goes from one rank to the next, where the plate is on several.
 */
#include "simulation.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

#define REPORT_ROUNDS 8
/* From here on, huge pages are worth asking for. */
#define HUGE_BYTES ((size_t)4 << 20)

/* An element is a row, so a segment's first element is its first row. */
static struct heat_rows rows_of(const struct synched_task *task) {
  return (struct heat_rows){task->first, task->first + task->capacity};
}

static int start(struct synched_task *task, void *user) {
  const struct heat_simulation *const simulation = user;
  heat_start(&simulation->run.plate, rows_of(task), task->out);
  return 0;
}

static int step(struct synched_task *task, void *user) {
  const struct heat_simulation *const simulation = user;
  heat_step(&simulation->run.plate, task->previous->data, rows_of(task), task->out);
  return 0;
}

/* The rows of each band, which the caller frees; NULL: out of memory. */
static size_t *capacities_of(const struct heat_run *run) {
  const size_t count = heat_band_count(run);
  size_t *const capacities = malloc(count * sizeof *capacities);
  for (size_t segment = 0; capacities && segment < count; segment++) {
    const struct heat_rows rows = heat_band(run, segment);
    capacities[segment] = rows.end - rows.first;
  }
  return capacities;
}

static int create_memory(struct heat_simulation *simulation, const size_t *capacities) {
  const struct heat_plate *const plate = &simulation->run.plate;
  const bool huge = plate->columns * plate->rows * sizeof(double) >= HUGE_BYTES;
  return synched_memory_create(
      &simulation->memory,
      SYNCHED_MEMORY_OPTIONS(.flags = huge ? SYNCHED_MEMORY_HUGE_PAGES : 0,
                             .segment_count = heat_band_count(&simulation->run),
                             .segment_capacities = capacities,
                             .element_size = plate->columns * sizeof(double),
                             .refill = SYNCHED_REFILL_NONE,
                             .lease_count = simulation->options->checkpoint.folder ? 1 : 0));
}

static int create_job(struct heat_simulation *simulation) {
  const struct heat_options *const options = simulation->options;
  const struct synched_reads nearest_rows = {
      .reach = SYNCHED_REACH_NEAR, .radius = 1, .first = 1, .last = 1};
  return synched_job_create(
      &simulation->job, simulation->pool, simulation->memory,
      SYNCHED_JOB_OPTIONS(.name = "heat", .user = simulation, .init = start, .compute = step,
                          .reads = nearest_rows, .rounds_per_barrier = options->rounds_per_barrier,
                          .cluster = simulation->ranks->cluster,
                          .round_count = options->round_count,
                          .on_progress = options->progress ? synched_progress_bar : NULL,
                          .record = example_report_record(&options->report),
                          .report_rounds = example_report_rounds(&options->report, REPORT_ROUNDS)));
}

static int create_pool(struct heat_simulation *simulation) {
  struct synched_pool_info info = {.struct_size = sizeof info};
  int status = synched_pool_create(
      &simulation->pool,
      SYNCHED_POOL_OPTIONS(.worker_count = simulation->options->worker_count, .name = "heat"));
  if (status == 0)
    status = synched_pool_info(simulation->pool, &info);
  simulation->worker_count = info.worker_count;
  return status;
}

static size_t rows_per_segment(const struct heat_simulation *simulation) {
  const struct heat_plate *const plate = &simulation->run.plate;
  const size_t wanted = simulation->options->rows_per_segment;
  const bool saves = simulation->options->checkpoint.folder != NULL;
  const unsigned workers = saves ? EXAMPLE_CHECKPOINT_WORKERS
                                 : example_ranks_same(simulation->ranks, simulation->worker_count);
  const size_t rows = wanted > 0 ? wanted : heat_rows_for(plate, workers);
  return rows < plate->rows ? rows : plate->rows;
}

static int open_checkpoint(struct heat_simulation *simulation, struct example_error *error) {
  static const char *const dtypes[] = {"<f8"};
  simulation->checkpoint = (struct example_checkpoint){
      .options = &simulation->options->checkpoint, .program = "heat", .ranks = simulation->ranks};
  return example_checkpoint_open(&simulation->checkpoint, simulation->job,
                                 SYNCHED_CHECKPOINT_OPTIONS(.dtypes = dtypes, .dtype_count = 1),
                                 error);
}

int heat_simulation_create(struct heat_simulation *out, const struct heat_options *options,
                           const struct example_ranks *ranks, struct example_error *error) {
  *out = (struct heat_simulation){
      .options = options,
      .ranks = ranks,
      .run = {.plate = options->plate, .round_count = options->round_count}};
  if (create_pool(out) != 0)
    return example_fail(error, 0, "%s", synched_error_message());
  out->run.rows_per_segment = rows_per_segment(out);
  assert(out->run.rows_per_segment > 0 && out->run.plate.rows > 0);
  size_t *const capacities = capacities_of(&out->run);
  const bool made = capacities && create_memory(out, capacities) == 0 && create_job(out) == 0;
  if (!capacities)
    example_out_of_memory(error);
  else if (!made)
    example_fail(error, 0, "%s", synched_error_message());
  free(capacities);
  const bool opened = made && open_checkpoint(out, error) == 0;
  if (!opened)
    heat_simulation_destroy(out);
  return opened ? 0 : -1;
}

int heat_simulation_run(struct heat_simulation *simulation, struct example_error *error) {
  const int status = example_checkpoint_run(&simulation->checkpoint);
  if (status != 0)
    return example_fail(error, 0, "%s", synched_strerror(status));
  simulation->now = synched_snapshot_current(simulation->memory);
  simulation->run.round_count = simulation->now->round;
  if (simulation->ranks->cluster &&
      synched_cluster_gather(simulation->ranks->cluster, simulation->now, 0) != 0)
    return example_fail(error, 0, "%s", synched_error_message());
  return 0;
}

const double *heat_simulation_cells(const struct heat_simulation *simulation) {
  return simulation->now->data;
}

void heat_simulation_destroy(struct heat_simulation *simulation) {
  synched_snapshot_release(simulation->now);
  (void)synched_checkpoint_destroy(simulation->checkpoint.checkpoint);
  synched_job_destroy(simulation->job);
  synched_memory_destroy(simulation->memory);
  synched_pool_destroy(simulation->pool);
  *simulation = (struct heat_simulation){0};
}
