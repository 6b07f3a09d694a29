/*
 * maxwell: a wave of light in a plane, on Synched: three fields that two stages change in place.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <synched/synched.h>

#include "common/error.h"
#include "common/output.h"
#include "common/words.h"
#include "options.h"
#include "picture.h"
#include "serial.h"
#include "simulation.h"

enum exit_code { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static void print_plan(const struct maxwell_simulation *simulation) {
  const struct maxwell_options *const options = simulation->options;
  printf("%zu x %zu cells, %s borders, %s, in %zu band%s for %u worker%s\n", options->side,
         options->side, options->absorbing ? "absorbing" : "reflecting",
         options->buffered ? "two buffers for each field" : "fields changed in place",
         simulation->run.segment_count, example_plural(simulation->run.segment_count),
         simulation->worker_count, example_plural(simulation->worker_count));
  fflush(stdout);
}

/* The report of the run; NULL: there is none, which has been said on stderr. */
static struct synched_report *report_of(const struct maxwell_simulation *simulation) {
  struct synched_report *report = NULL;
  if (synched_job_report(simulation->job, &report) != 0)
    fprintf(stderr, "maxwell: no report: %s\n", synched_error_message());
  return report;
}

static void print_result(const struct maxwell_simulation *simulation,
                         const struct synched_report *report) {
  const double cells = (double)simulation->run.grid.side * (double)simulation->run.grid.side;
  struct synched_report_summary summary = {.struct_size = sizeof summary};
  (void)synched_report_summary(report, &summary);
  const double seconds = (double)(summary.end_ns - summary.start_ns) / 1e9;
  printf("%" PRIu64 " steps in %.3f s, %.1f million cells per second, %u worker%s\n",
         summary.round_count, seconds,
         seconds > 0 ? cells * (double)summary.round_count / seconds / 1e6 : 0.0,
         summary.worker_count, example_plural(summary.worker_count));
  if (simulation->options->frames_path)
    printf("%" PRIu64 " frames in %s\n", simulation->frame_count, simulation->options->frames_path);
  if (!example_report_is_printed(&simulation->options->report)) {
    putchar('\n');
    synched_report_print(report, stdout);
  }
}

/* What was asked for besides the fields. */
static int tell(const struct maxwell_simulation *simulation) {
  struct synched_report *const report = report_of(simulation);
  if (!report)
    return -1;
  if (!simulation->options->quiet)
    print_result(simulation, report);
  const int status = example_report_write(&simulation->options->report, "maxwell", report);
  synched_report_destroy(report);
  return status;
}

static int write_picture(const struct maxwell_simulation *simulation) {
  const struct maxwell_options *const options = simulation->options;
  const struct maxwell_fields fields = maxwell_simulation_fields(simulation);
  struct example_error error;
  if (!options->png_path ||
      maxwell_picture_save(options->png_path, fields.ez, options->side, &error) == 0)
    return 0;
  example_error_print(&error, "maxwell", example_output_shown(options->png_path));
  return -1;
}

/* Compares all that was computed, bit for bit. */
static int check(const struct maxwell_simulation *simulation) {
  const struct maxwell_run *const run = &simulation->run;
  const struct maxwell_fields fields = maxwell_simulation_fields(simulation);
  const size_t bytes = run->grid.side * run->grid.side * sizeof(double);
  struct maxwell_serial serial;
  if (!simulation->options->check)
    return 0;
  if (maxwell_serial_run(&serial, run) != 0) {
    fputs("maxwell: out of memory\n", stderr);
    return -1;
  }
  const bool same = memcmp(fields.ez, serial.ez, bytes) == 0 &&
                    memcmp(fields.hx, serial.hx, bytes) == 0 &&
                    memcmp(fields.hy, serial.hy, bytes) == 0 &&
                    memcmp(simulation->energies, serial.energies,
                           (size_t)maxwell_energy_count(run) * sizeof *serial.energies) == 0;
  maxwell_serial_deinit(&serial);
  if (!same)
    fputs("maxwell: the fields differ from those of a serial loop\n", stderr);
  else if (!simulation->options->quiet)
    printf("The fields%s are those of a serial loop, bit for bit\n",
           run->every > 0 ? " and energies" : "");
  return same ? 0 : -1;
}

static int simulate(const struct maxwell_options *options) {
  struct maxwell_simulation simulation;
  struct example_error error;
  if (maxwell_simulation_create(&simulation, options, &error) != 0) {
    fprintf(stderr, "maxwell: %s\n", error.text);
    return EXIT_FAILED;
  }
  if (!options->quiet)
    print_plan(&simulation);
  int code = EXIT_OK;
  if (maxwell_simulation_run(&simulation, &error) != 0) {
    fprintf(stderr, "maxwell: %s\n", error.text);
    code = EXIT_FAILED;
  } else if (tell(&simulation) != 0 || write_picture(&simulation) != 0 || check(&simulation) != 0) {
    code = EXIT_FAILED;
  }
  maxwell_simulation_destroy(&simulation);
  return code;
}

/* What can be known of the outputs before anything is computed. */
static int prepare_outputs(const struct maxwell_options *options) {
  const char *const png = options->png_path, *const frames = options->frames_path;
  struct example_error error;
  struct stat folder;
  if (png && (example_output_check(png) != 0 ||
              (example_output_is_stdout(png) && example_output_claim_stdout() != 0))) {
    example_fail(&error, 0, "cannot be written: %s", strerror(errno));
    example_error_print(&error, "maxwell", example_output_shown(png));
    return -1;
  }
  if (frames && (stat(frames, &folder) != 0 || !S_ISDIR(folder.st_mode))) {
    example_fail(&error, 0, "is no folder");
    example_error_print(&error, "maxwell", frames);
    return -1;
  }
  return 0;
}

int main(int argc, char **argv) {
  struct maxwell_options options;
  const enum example_options_result parsed = maxwell_options_parse(&options, argc, argv);
  if (parsed != EXAMPLE_OPTIONS_RUN)
    return example_output_exit_code("maxwell",
                                    parsed == EXAMPLE_OPTIONS_DONE ? EXIT_OK : EXIT_USAGE);
  if (prepare_outputs(&options) != 0 || example_report_check(&options.report, "maxwell") != 0)
    return EXIT_FAILED;
  return example_output_exit_code("maxwell", simulate(&options));
}
