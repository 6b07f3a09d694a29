/*
 * Who may touch what: workers read the world and write only their own band and their own lane; all
 * else belongs to the loop's thread, which also reads the lanes at any moment.
 *
 * The report says where the time went, but only when a job has ended. What is shown while it runs
 * is measured here: each worker adds up what its calls took. A lane has one writer, so it needs no
 * atomic addition, only that a reader never sees half of a number.
 */
#include "world.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "bands.h"
#include "common/random.h"

/* Each lane has its own pair of cache lines, so workers do not slow each other down. */
struct dashboard_lane {
  _Alignas(128) _Atomic uint64_t work_ns;
};

/* One band of a random soup: three cells of eight are alive, from which Life has most to make. The
 * bits behind a row's last cell stay 0. */
static bool sow_band(const void *user, size_t band, uint64_t *out) {
  const struct dashboard_world *const world = user;
  const struct life_grid *const grid = &world->grid;
  const uint64_t last_mask = world->kernel.last_mask;
  const size_t first = life_grid_band_row(grid, band) * grid->row_words;
  const size_t words = life_grid_band_words(grid, band);
  for (size_t i = 0; i < words; i++) {
    const uint64_t at = 3 * (uint64_t)(first + i);
    out[i] = example_random_at(world->seed, at) &
             (example_random_at(world->seed, at + 1) | example_random_at(world->seed, at + 2));
    if ((i + 1) % grid->row_words == 0)
      out[i] &= last_mask;
  }
  return true;
}

static int fill_band(struct synched_task *task, void *user) {
  task->count = sow_band(user, task->segment, task->out) ? task->capacity : 0;
  return 0;
}

static double count_cells(const uint64_t *words, size_t count) {
  uint64_t population = 0;
  for (size_t i = 0; i < count; i++)
    population += (uint64_t)__builtin_popcountll(words[i]);
  return (double)population;
}

static int step_band(struct synched_task *task, void *user) {
  const struct dashboard_world *const world = user;
  _Atomic uint64_t *const work_ns = &world->lanes[task->worker].work_ns;
  const uint64_t since_ns = uv_hrtime();
  const struct life_step step = life_bands_step(&world->grid, &world->kernel, task);
  task->contribution = step.alive ? count_cells(task->out, task->capacity) : 0;
  const uint64_t before_ns = atomic_load_explicit(work_ns, memory_order_relaxed);
  atomic_store_explicit(work_ns, before_ns + uv_hrtime() - since_ns, memory_order_relaxed);
  return 0;
}

uint64_t dashboard_world_work_ns(const struct dashboard_world *world, unsigned worker) {
  return atomic_load_explicit(&world->lanes[worker].work_ns, memory_order_relaxed);
}

static void on_snapshot(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  const struct dashboard_world *const world = user;
  (void)job;
  world->hooks.on_round(now, world->hooks.user);
}

static void on_steered(struct synched_job *job, const struct synched_steered *steered, void *user) {
  const struct dashboard_world *const world = user;
  (void)job;
  world->hooks.on_steered(steered, world->hooks.user);
}

static void on_done(struct synched_job *job, int status, const struct synched_report *report,
                    void *user) {
  const struct dashboard_world *const world = user;
  (void)job;
  (void)report;
  world->hooks.on_ended(status, world->hooks.user);
}

static int create_pool(struct dashboard_world *world, unsigned worker_count) {
  struct synched_pool_info info = {.struct_size = sizeof info};
  int status = synched_pool_create(
      &world->pool, SYNCHED_POOL_OPTIONS(.worker_count = worker_count, .name = "dashboard"));
  if (status == 0)
    status = synched_pool_info(world->pool, &info);
  world->worker_count = info.worker_count;
  return status;
}

static int create_job(struct dashboard_world *world, uint64_t period_ns) {
  return synched_job_create(
      &world->job, world->pool, world->memory,
      SYNCHED_JOB_OPTIONS(.name = "dashboard", .user = world, .compute = step_band,
                          .init = fill_band, .reads = life_bands_reads(&world->grid),
                          .on_snapshot = on_snapshot, .on_steered = on_steered, .on_done = on_done,
                          .fold = SYNCHED_FOLD_SUM, .period_ns = period_ns,
                          .delivery = SYNCHED_DELIVER_LATEST));
}

/* Conway's rule on a torus of this size. */
static int fit_grid(struct dashboard_world *world, const struct dashboard_settings *settings,
                    struct example_error *error) {
  char rule[LIFE_RULE_TEXT_BYTES];
  snprintf(rule, sizeof rule, "B3/S23:T%zu,%zu", settings->width, settings->height);
  life_pattern_init(&world->pattern);
  if (life_rule_parse(&world->pattern.rule, rule, 0, error) != 0 ||
      life_grid_fit(&world->grid, &world->pattern, 0, error) != 0)
    return -1;
  return 0;
}

int dashboard_world_create(struct dashboard_world *out, const struct dashboard_settings *settings,
                           const struct dashboard_hooks *hooks, struct example_error *error) {
  *out = (struct dashboard_world){.hooks = *hooks, .seed = 1};
  if (fit_grid(out, settings, error) != 0)
    return -1;
  if (create_pool(out, settings->worker_count) != 0)
    goto failed;
  life_grid_divide(&out->grid, 0, out->worker_count);
  out->lanes = aligned_alloc(_Alignof(struct dashboard_lane),
                             out->worker_count * sizeof(struct dashboard_lane));
  if (!out->lanes || !life_kernel_init(&out->kernel, &out->pattern.rule, &out->grid)) {
    dashboard_world_destroy(out);
    return example_fail(error, 0, "out of memory");
  }
  for (unsigned worker = 0; worker < out->worker_count; worker++)
    atomic_init(&out->lanes[worker].work_ns, 0);
  /* Two leases: on_snapshot looks at one snapshot while the loop may hold another, and no round
   * waits for either. No client ever holds one: what clients get is a copy, the same for all of
   * them. */
  if (life_bands_create(&out->memory, &out->grid, 2) != 0 ||
      create_job(out, settings->period_ns) != 0)
    goto failed;
  return 0;

failed:
  example_fail(error, 0, "%s", synched_error_message());
  dashboard_world_destroy(out);
  return -1;
}

int dashboard_world_sow(struct dashboard_world *world) {
  world->seed++;
  return life_bands_load(world->memory, &world->grid, sow_band, world);
}

void dashboard_world_destroy(struct dashboard_world *world) {
  (void)synched_job_destroy(world->job);
  (void)synched_memory_destroy(world->memory);
  (void)synched_pool_destroy(world->pool);
  life_kernel_deinit(&world->kernel);
  life_pattern_deinit(&world->pattern);
  free(world->lanes);
  *world = (struct dashboard_world){0};
}
