/*
 * heat: heat that spreads in a plate, on Synched: each segment reads its neighbours only, and
 * rounds go on without waiting for all of the others.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <synched/synched.h>

#include "common/error.h"
#include "common/output.h"
#include "common/words.h"
#include "options.h"
#include "picture.h"
#include "serial.h"
#include "simulation.h"

enum exit_code { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static void print_plan(const struct heat_simulation *simulation) {
  const struct heat_run *const run = &simulation->run;
  const unsigned rounds = simulation->options->rounds_per_barrier;
  const size_t bands = heat_band_count(run);
  const unsigned workers = simulation->worker_count;
  printf("%zu x %zu cells, in %zu band%s of %zu row%s for %u worker%s, ", run->plate.columns,
         run->plate.rows, bands, example_plural(bands), run->rows_per_segment,
         example_plural(run->rows_per_segment), workers, example_plural(workers));
  if (rounds == 0)
    printf("a barrier whenever the library thinks best\n");
  else if (rounds == 1)
    printf("a barrier after every round\n");
  else
    printf("a barrier after every %u rounds\n", rounds);
  fflush(stdout);
}

static void print_temperatures(const struct heat_simulation *simulation) {
  const double *const cells = heat_simulation_cells(simulation);
  const size_t count = simulation->run.plate.columns * simulation->run.plate.rows;
  double least = cells[0], most = cells[0], sum = 0;
  for (size_t i = 0; i < count; i++) {
    least = cells[i] < least ? cells[i] : least;
    most = cells[i] > most ? cells[i] : most;
    sum += cells[i];
  }
  printf("From %.3f to %.3f degrees, %.6f on average\n", least, most, sum / (double)count);
}

static void print_result(const struct heat_simulation *simulation,
                         const struct synched_report *report) {
  const double cells = (double)simulation->run.plate.columns * (double)simulation->run.plate.rows;
  struct synched_report_summary summary = {.struct_size = sizeof summary};
  (void)synched_report_summary(report, &summary);
  const double seconds = (double)(summary.end_ns - summary.start_ns) / 1e9;
  print_temperatures(simulation);
  printf("%" PRIu64 " rounds in %.3f s, %.1f million cells per second, %u worker%s\n",
         summary.round_count, seconds,
         seconds > 0 ? cells * (double)summary.round_count / seconds / 1e6 : 0.0,
         summary.worker_count, example_plural(summary.worker_count));
  if (!example_report_is_printed(&simulation->options->report)) {
    putchar('\n');
    synched_report_print(report, stdout);
  }
}

/* Of a run that was complete when it was written. */
static void print_complete(const struct heat_simulation *simulation) {
  if (simulation->options->quiet)
    return;
  print_temperatures(simulation);
  printf("All %" PRIu64 " rounds had been computed\n", simulation->run.round_count);
}

/* What was asked for besides the cells. */
static int tell(const struct heat_simulation *simulation, const struct synched_report *report) {
  if (report == NULL) {
    print_complete(simulation);
    return 0;
  }
  if (!simulation->options->quiet)
    print_result(simulation, report);
  return example_report_write(&simulation->options->report, "heat", report);
}

static int write_picture(const struct heat_simulation *simulation) {
  const char *const path = simulation->options->png_path;
  struct example_error error;
  if (!path || heat_picture_save(path, &simulation->run.plate, heat_simulation_cells(simulation),
                                 &error) == 0)
    return 0;
  example_error_print(&error, "heat", example_output_shown(path));
  return -1;
}

/* Compares all cells, bit for bit. */
static int check(const struct heat_simulation *simulation) {
  const struct heat_run *const run = &simulation->run;
  if (!simulation->options->check)
    return 0;
  double *const serial = heat_serial_run(run);
  if (!serial) {
    fputs("heat: out of memory\n", stderr);
    return -1;
  }
  const bool same = memcmp(heat_simulation_cells(simulation), serial,
                           run->plate.columns * run->plate.rows * sizeof *serial) == 0;
  free(serial);
  if (!same)
    fputs("heat: the cells differ from those of a serial loop\n", stderr);
  else if (!simulation->options->quiet)
    puts("The cells are those of a serial loop, bit for bit");
  return same ? 0 : -1;
}

/* The first rank hands out; all of them make the report of it. */
static int hand_out(const struct heat_simulation *simulation, const struct example_ranks *ranks) {
  struct synched_report *report = NULL;
  if (!example_checkpoint_is_complete(&simulation->checkpoint) &&
      example_ranks_report(ranks, simulation->job, &report) != 0) {
    fprintf(stderr, "heat: no report: %s\n", synched_error_message());
    return -1;
  }
  int status = 0;
  if (example_ranks_tells(ranks) &&
      (tell(simulation, report) != 0 || write_picture(simulation) != 0 || check(simulation) != 0))
    status = -1;
  synched_report_destroy(report);
  return status;
}

static int simulate(const struct heat_options *options, const struct example_ranks *ranks) {
  struct heat_simulation simulation;
  struct example_error error;
  const bool tells = example_ranks_tells(ranks);
  if (heat_simulation_create(&simulation, options, ranks, &error) != 0) {
    fprintf(stderr, "heat: %s\n", error.text);
    return EXIT_FAILED;
  }
  if (!options->quiet && tells) {
    print_plan(&simulation);
    example_checkpoint_print(&simulation.checkpoint);
  }
  int code = EXIT_OK;
  if (heat_simulation_run(&simulation, &error) != 0) {
    fprintf(stderr, "heat: %s\n", error.text);
    code = EXIT_FAILED;
  } else {
    code = simulation.checkpoint.stopped ? EXAMPLE_CHECKPOINT_STOPPED : EXIT_OK;
    if (hand_out(&simulation, ranks) != 0)
      code = EXIT_FAILED;
    if (example_checkpoint_close(&simulation.checkpoint) != 0)
      code = EXIT_FAILED;
  }
  heat_simulation_destroy(&simulation);
  return code;
}

/* What can be known of the picture before anything is computed. */
static int prepare_picture(const char *path) {
  struct example_error error;
  if (!path || (example_output_check(path) == 0 &&
                (!example_output_is_stdout(path) || example_output_claim_stdout() == 0)))
    return 0;
  example_fail(&error, 0, "cannot be written: %s", strerror(errno));
  example_error_print(&error, "heat", example_output_shown(path));
  return -1;
}

int main(int argc, char **argv) {
  struct heat_options options;
  struct example_ranks ranks;
  const enum example_options_result parsed = heat_options_parse(&options, argc, argv);
  if (parsed != EXAMPLE_OPTIONS_RUN)
    return example_output_exit_code("heat", parsed == EXAMPLE_OPTIONS_DONE ? EXIT_OK : EXIT_USAGE);
  if (prepare_picture(options.png_path) != 0 || example_report_check(&options.report, "heat") != 0)
    return EXIT_FAILED;
  if (example_ranks_begin(&ranks, options.mpi, "heat") != 0)
    return EXIT_FAILED;
  const int code = simulate(&options, &ranks);
  example_ranks_end(&ranks);
  return example_output_exit_code("heat", code);
}
