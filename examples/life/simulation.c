/*
 * Who may touch what: workers read the simulation and write only their own band, and when that
 * reached the edge, in edge_rounds; all else belongs to the thread that runs the loop, which reads
 * edge_rounds when the job has ended. So nobody looks at each round, and a band goes on to its next
 * one as soon as those beside it have completed the one before.
 *
 * What progress shows is taken from the current snapshot ten times a second and not delivered for
 * every round: a round can be shorter than a line on a terminal, and the loop has only the CPU that
 * the workers leave. The memory has a lease for that, so that no round waits while a snapshot is
 * being counted.
 */
#include "simulation.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bands.h"

#define REPORT_ROUNDS 8

static bool draw_band(const void *user, size_t band, uint64_t *out) {
  const struct life_simulation *const simulation = user;
  return life_grid_draw(&simulation->grid, simulation->pattern, band, out);
}

static int fill_band(struct synched_task *task, void *user) {
  task->count = draw_band(user, task->segment, task->out) ? task->capacity : 0;
  return 0;
}

static int step_band(struct synched_task *task, void *user) {
  const struct life_simulation *const simulation = user;
  const struct life_step step = life_bands_step(&simulation->grid, &simulation->kernel, task);
  uint64_t *const edge_round = &simulation->edge_rounds[task->segment];
  if (step.at_edge && *edge_round == 0)
    *edge_round = task->round;
  if (simulation->skips)
    task->unchanged = life_bands_is_same(task);
  return 0;
}

/* The first of the rounds that count: those after the generation reached were given up. */
static uint64_t first_edge_round(const struct life_simulation *simulation) {
  uint64_t first = 0;
  for (size_t band = 0; band < simulation->grid.band_count; band++) {
    const uint64_t round = simulation->edge_rounds[band];
    if (round > 0 && round <= simulation->now->round && (first == 0 || round < first))
      first = round;
  }
  return first;
}

static void show_progress(struct synched_job *job, const struct synched_progress *progress,
                          void *user) {
  const struct life_simulation *const simulation = user;
  char note[64];
  (void)job;
  const struct synched_snapshot *const now = synched_snapshot_current(simulation->memory);
  const struct life_view view = life_bands_view(&simulation->grid, now);
  (void)snprintf(note, sizeof note, "population %" PRIu64, life_view_population(&view));
  synched_snapshot_release(now);
  synched_progress_print(progress, note, stderr);
}

static void on_interrupt(uv_signal_t *interrupt, int number) {
  struct life_simulation *const simulation = interrupt->data;
  (void)number;
  synched_job_cancel(simulation->job); /* too late, or asked for before: both are fine */
}

static void on_done(struct synched_job *job, int status, const struct synched_report *report,
                    void *user) {
  struct life_simulation *const simulation = user;
  (void)job;
  (void)report;
  simulation->status = status;
  if (simulation->interruptible)
    uv_close((uv_handle_t *)&simulation->interrupt, NULL);
  example_checkpoint_deafen(&simulation->checkpoint);
}

/* In a large world with little in it, it pays more to leave quiet bands out than to let several
 * generations run between two barriers. */
#define SPARSE_PART 4u
static bool is_sparse(const struct life_simulation *simulation) {
  return simulation->options->rounds_per_barrier == 0 && !simulation->ranks->cluster &&
         simulation->pattern->height < simulation->grid.height / SPARSE_PART;
}

static int create_job(struct life_simulation *simulation) {
  const struct example_report *const report = &simulation->options->report;
  const char *const slash = strrchr(simulation->options->file, '/');
  return synched_job_create(
      &simulation->job, simulation->pool, simulation->memory,
      SYNCHED_JOB_OPTIONS(.name = slash ? slash + 1 : simulation->options->file, .user = simulation,
                          .compute = step_band, .init = fill_band, .on_done = on_done,
                          .reads = life_bands_reads(&simulation->grid),
                          .cluster = simulation->ranks->cluster,
                          .rounds_per_barrier = simulation->options->rounds_per_barrier,
                          .flags = simulation->skips ? SYNCHED_JOB_SKIP_UNCHANGED : 0,
                          .round_count = simulation->options->generations,
                          .on_progress = simulation->progress ? show_progress : NULL,
                          .record = example_report_record(report),
                          .report_rounds = example_report_rounds(report, REPORT_ROUNDS)));
}

static int create_pool(struct life_simulation *simulation) {
  const struct life_options *const options = simulation->options;
  struct synched_pool_info info = {.struct_size = sizeof info};
  int status = synched_pool_create(
      &simulation->pool,
      SYNCHED_POOL_OPTIONS(.worker_count = options->worker_count, .affinity = options->affinity,
                           .cpu_list = options->cpu_list, .name = "life"));
  if (status == 0)
    status = synched_pool_info(simulation->pool, &info);
  simulation->worker_count = info.worker_count;
  return status;
}

static int open_checkpoint(struct life_simulation *simulation, struct example_error *error) {
  static const char *const dtypes[] = {"<u8"};
  simulation->checkpoint = (struct example_checkpoint){
      .options = &simulation->options->checkpoint, .program = "life", .ranks = simulation->ranks};
  return example_checkpoint_open(&simulation->checkpoint, simulation->job,
                                 SYNCHED_CHECKPOINT_OPTIONS(.dtypes = dtypes, .dtype_count = 1),
                                 error);
}

int life_simulation_create(struct life_simulation *out, const struct life_plan *plan,
                           struct example_error *error) {
  const struct life_options *const options = plan->options;
  const struct life_pattern *const pattern = plan->pattern;
  *out = (struct life_simulation){
      .options = options, .ranks = plan->ranks, .pattern = pattern, .grid = *plan->grid};
  /* One rank sees its own part of the world only. */
  out->progress = !options->quiet && isatty(STDERR_FILENO) && !plan->ranks->cluster;
  if (create_pool(out) != 0)
    goto failed;
  const bool saves = options->checkpoint.folder != NULL;
  life_grid_divide(&out->grid, options->segment_count,
                   saves ? EXAMPLE_CHECKPOINT_WORKERS
                         : example_ranks_same(plan->ranks, out->worker_count));
  out->skips = is_sparse(out);
  if (life_bands_create(&out->memory, &out->grid, (unsigned)out->progress + (unsigned)saves) != 0)
    goto failed;
  /* A job always computes something: for 0 generations the memory is loaded without one. */
  if ((options->generations > 0 ? create_job(out)
                                : life_bands_load(out->memory, &out->grid, draw_band, out)) != 0)
    goto failed;
  out->edge_rounds = calloc(out->grid.band_count, sizeof *out->edge_rounds);
  if (!out->edge_rounds || !life_kernel_init(&out->kernel, &pattern->rule, &out->grid)) {
    life_simulation_destroy(out);
    return example_out_of_memory(error);
  }
  if (out->job && open_checkpoint(out, error) == 0)
    return 0;
  if (!out->job)
    return 0;
  life_simulation_destroy(out);
  return -1;

failed:
  example_fail(error, 0, "%s", synched_error_message());
  life_simulation_destroy(out);
  return -1;
}

/* Starts what shares the loop with the job. A signal handle that cannot be had costs a comfort,
 * not the run. */
static void start_handles(struct life_simulation *simulation, uv_loop_t *loop) {
  uv_signal_t *const interrupt = &simulation->interrupt;
  simulation->interruptible = uv_signal_init(loop, interrupt) == 0;
  interrupt->data = simulation;
  if (simulation->interruptible)
    uv_signal_start(interrupt, on_interrupt, SIGINT);
  example_checkpoint_listen(&simulation->checkpoint, loop);
}

static int run_job(struct life_simulation *simulation, struct example_error *error) {
  uv_loop_t loop;
  const int failure = uv_loop_init(&loop);
  if (failure != 0)
    return example_fail(error, 0, "no event loop: %s", uv_strerror(failure));
  start_handles(simulation, &loop);
  const int status = synched_job_start(simulation->job, &loop);
  if (status != 0)
    on_done(simulation->job, status, NULL, simulation);
  uv_run(&loop, UV_RUN_DEFAULT);
  uv_loop_close(&loop);
  if (simulation->status != 0 && simulation->status != SYNCHED_ECANCELED)
    return example_fail(error, 0, "%s", synched_strerror(simulation->status));
  (void)example_checkpoint_close(&simulation->checkpoint);
  return 0;
}

int life_simulation_run(struct life_simulation *simulation, struct example_error *error) {
  if (simulation->job && !example_checkpoint_is_complete(&simulation->checkpoint) &&
      run_job(simulation, error) != 0)
    return -1;
  simulation->now = synched_snapshot_current(simulation->memory);
  simulation->edge_round = example_ranks_least(simulation->ranks, first_edge_round(simulation));
  /* Without a job each rank has loaded all of it. */
  if (simulation->job && simulation->ranks->cluster &&
      synched_cluster_gather(simulation->ranks->cluster, simulation->now, 0) != 0)
    return example_fail(error, 0, "%s", synched_error_message());
  return 0;
}

struct life_view life_simulation_view(const struct life_simulation *simulation) {
  return life_bands_view(&simulation->grid, simulation->now);
}

void life_simulation_destroy(struct life_simulation *simulation) {
  synched_snapshot_release(simulation->now);
  (void)synched_checkpoint_destroy(simulation->checkpoint.checkpoint);
  synched_job_destroy(simulation->job);
  synched_memory_destroy(simulation->memory);
  synched_pool_destroy(simulation->pool);
  life_kernel_deinit(&simulation->kernel);
  free(simulation->edge_rounds);
  *simulation = (struct life_simulation){0};
}
