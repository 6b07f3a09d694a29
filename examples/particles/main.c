/*
 * particles: a program with arrays and a time loop of its own, on Synched.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <uv.h>

#include "common/error.h"
#include "common/output.h"
#include "common/words.h"
#include "options.h"
#include "simulation.h"

enum exit_code { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static void print_plan(const struct particles_simulation *simulation) {
  const struct particles_world *const world = &simulation->world;
  printf("%zu particles in %zu x %zu cells, in %zu part%s for %u worker%s\n\n", world->count,
         world->cells_across, world->cells_across, world->part_count,
         example_plural(world->part_count), simulation->worker_count,
         example_plural(simulation->worker_count));
  printf("%10s %18s %18s %18s %24s\n", "step", "potential", "kinetic", "energy", "momentum");
}

static void print_state(const struct particles_state *state) {
  printf("%10" PRIu64 " %18.6f %18.6f %18.6f %11.3e, %11.3e\n", state->step, state->potential,
         state->sums.kinetic, state->potential + state->sums.kinetic, state->sums.momentum.x,
         state->sums.momentum.y);
}

static void print_result(const struct particles_simulation *simulation, double seconds) {
  const struct particles_state *const state = &simulation->state;
  printf(
      "\n%" PRIu64 " steps in %.3f s, %.1f million particles per second, %u worker%s; cells were "
      "made %" PRIu64 " time%s\n",
      state->step, seconds, (double)simulation->world.count * (double)state->step / seconds / 1e6,
      simulation->worker_count, example_plural(simulation->worker_count), state->sort_count,
      example_plural(state->sort_count));
}

/* The time loop. */
static int run(struct particles_simulation *simulation, const struct particles_options *options,
               struct example_error *error) {
  const uint64_t start_ns = uv_hrtime();
  uint64_t left = options->step_count;
  while (left > 0) {
    const uint64_t next = left < options->every ? left : options->every;
    if (particles_simulation_advance(simulation, next, error) != 0)
      return -1;
    left -= next;
    if (!options->quiet)
      print_state(&simulation->state);
  }
  if (!options->quiet)
    print_result(simulation, (double)(uv_hrtime() - start_ns) / 1e9);
  return 0;
}

/* Where the time went, if that was asked for. */
static int write_report(const struct particles_simulation *simulation,
                        const struct particles_options *options) {
  struct synched_report *report;
  if (options->report.form == NULL || synched_job_report(simulation->job, &report) != 0)
    return 0;
  const int status = example_report_write(&options->report, "particles", report);
  synched_report_destroy(report);
  return status;
}

static bool is_same_state(const struct particles_state *state,
                          const struct particles_state *other) {
  return state->step == other->step && state->sort_count == other->sort_count &&
         state->potential == other->potential && state->sums.kinetic == other->sums.kinetic &&
         state->sums.momentum.x == other->sums.momentum.x &&
         state->sums.momentum.y == other->sums.momentum.y &&
         state->sums.fastest == other->sums.fastest;
}

static bool is_same(const struct particles_world *world, const struct particles_state *state,
                    const struct particles_world *other, const struct particles_state *others) {
  const size_t bytes = world->count * sizeof *world->positions;
  return memcmp(world->positions, other->positions, bytes) == 0 &&
         memcmp(world->velocities, other->velocities, bytes) == 0 &&
         memcmp(world->forces, other->forces, bytes) == 0 &&
         memcmp(world->cells, other->cells, world->count * sizeof *world->cells) == 0 &&
         is_same_state(state, others);
}

/* Compares all that was computed with a serial loop's, bit for bit. */
static int check(const struct particles_simulation *simulation,
                 const struct particles_options *options) {
  const struct particles_world *const world = &simulation->world;
  struct particles_world other;
  if (!options->check)
    return 0;
  if (particles_world_create(&other, world->count, world->part_count) != 0) {
    fputs("particles: out of memory\n", stderr);
    return -1;
  }
  const struct particles_state state = particles_serial_run(&other, options->step_count);
  const bool same = is_same(world, &simulation->state, &other, &state);
  particles_world_destroy(&other);
  if (!same)
    fputs("particles: the particles differ from those of a serial loop\n", stderr);
  else if (!options->quiet)
    puts("All particles and sums are those of a serial loop, bit for bit");
  return same ? 0 : -1;
}

static int simulate(const struct particles_options *options) {
  struct particles_simulation simulation;
  struct example_error error;
  if (particles_simulation_create(&simulation, options, &error) != 0) {
    fprintf(stderr, "particles: %s\n", error.text);
    return EXIT_FAILED;
  }
  if (!options->quiet)
    print_plan(&simulation);
  int code = EXIT_OK;
  if (run(&simulation, options, &error) != 0) {
    fprintf(stderr, "particles: %s\n", error.text);
    code = EXIT_FAILED;
  } else if (write_report(&simulation, options) != 0 || check(&simulation, options) != 0) {
    code = EXIT_FAILED;
  }
  particles_simulation_destroy(&simulation);
  return code;
}

int main(int argc, char **argv) {
  struct particles_options options;
  const enum example_options_result parsed = particles_options_parse(&options, argc, argv);
  if (parsed != EXAMPLE_OPTIONS_RUN)
    return example_output_exit_code("particles",
                                    parsed == EXAMPLE_OPTIONS_DONE ? EXIT_OK : EXIT_USAGE);
  if (example_report_check(&options.report, "particles") != 0)
    return EXIT_FAILED;
  return example_output_exit_code("particles", simulate(&options));
}
