/*
 * cg: solves linear equations with a large sparse matrix by conjugate gradients, on Synched: rounds
 * of three stages, which are joined by dot products.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include <synched/synched.h>

#include "common/error.h"
#include "common/output.h"
#include "common/source.h"
#include "common/words.h"
#include "market.h"
#include "options.h"
#include "serial.h"
#include "solver.h"

#define ROUNDS_PER_UNKNOWN 10u /* without rounding, one would do */

/* Squares of such numbers, and sums of many of them, are within the range of a double. */
#define RIGHT_LEAST 1e-100
#define RIGHT_MOST 1e100

enum exit_code { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

static const char *shown_input(const char *path) {
  return strcmp(path, "-") == 0 ? "<stdin>" : path;
}

static const char *shown_matrix(const struct cg_options *options) {
  return options->file ? shown_input(options->file) : "grid";
}

static double seconds_since(uint64_t start_ns) {
  return (double)(uv_hrtime() - start_ns) / 1e9;
}

/* --- what is to be solved --- */

static int read_matrix(struct cg_matrix *out, const char *path, struct example_error *error) {
  struct example_source source;
  struct cg_entries entries;
  if (example_source_open(&source, path, error) != 0)
    return -1;
  int status = cg_market_read_matrix(&entries, &source, error);
  example_source_close(&source);
  if (status != 0)
    return -1;
  status = cg_matrix_build(out, &entries, error);
  cg_entries_deinit(&entries);
  return status;
}

static int make_system(struct cg_system *out, const struct cg_options *options,
                       struct example_error *error) {
  struct cg_matrix matrix;
  const int status = options->file ? read_matrix(&matrix, options->file, error)
                                   : cg_matrix_make_grid(&matrix, options->side, error);
  return status == 0 ? cg_system_init(out, &matrix, error) : -1;
}

static int read_right(struct cg_system *system, const char *path, struct example_error *error) {
  struct example_source source;
  if (example_source_open(&source, path, error) != 0)
    return -1;
  int status = cg_market_read_vector(system->right, system->matrix.row_count, &source, error);
  example_source_close(&source);
  double most = 0;
  for (size_t i = 0; status == 0 && i < system->matrix.row_count; i++)
    most = fmax(most, fabs(system->right[i]));
  if (status == 0 && most != 0 && (most < RIGHT_LEAST || most > RIGHT_MOST))
    status = example_fail(error, 0,
                          "the largest number is %.3g, and the squares of such numbers "
                          "cannot be computed with",
                          most);
  return status;
}

static int make_right(struct cg_system *system, const struct cg_options *options,
                      struct example_error *error) {
  switch (options->right) {
  case CG_RIGHT_RANDOM:
    cg_system_set_random(system, options->seed);
    return 0;
  case CG_RIGHT_KNOWN:
    return cg_system_set_known(system, options->seed, error);
  case CG_RIGHT_FILE:
    return read_right(system, options->right_file, error);
  default:
    return 0;
  }
}

/* All of it; what is wrong is on stderr. */
static int prepare(struct cg_system *system, const struct cg_options *options) {
  struct example_error error;
  const bool is_file = options->right == CG_RIGHT_FILE;
  if (make_system(system, options, &error) != 0) {
    example_error_print(&error, "cg", shown_matrix(options));
    return -1;
  }
  int status = make_right(system, options, &error);
  if (status != 0)
    example_error_print(&error, "cg",
                        is_file ? shown_input(options->right_file) : shown_matrix(options));
  else if (options->scale && (status = cg_system_scale(system, &error)) != 0)
    example_error_print(&error, "cg", shown_matrix(options));
  if (status != 0)
    cg_system_deinit(system);
  return status;
}

static void print_system(const struct cg_options *options, const struct cg_system *system,
                         double seconds) {
  example_print_safely(shown_matrix(options), stdout);
  printf(": %zu unknowns, %zu entries; %s in %.3f s\n", system->matrix.row_count,
         system->matrix.entry_count, options->file ? "read" : "made", seconds);
  fflush(stdout);
}

/* --- what has come out --- */

/* Of all ranks, on the first one; all of them make it. Of a job that was complete when it was
 * written there is none. */
static struct synched_report *report_of(const struct cg_solver *solver) {
  struct synched_report *report = NULL;
  if (example_ranks_report(solver->ranks, solver->job, &report) != 0 &&
      solver->checkpoint.resumed.generation == 0)
    fprintf(stderr, "cg: no report: %s\n", synched_error_message());
  return report;
}

static void print_run(const struct cg_solver *solver, const struct cg_quality *quality,
                      const struct synched_report *report) {
  struct synched_report_summary summary = {.struct_size = sizeof summary};
  if (report)
    (void)synched_report_summary(report, &summary);
  printf("%s in round %" PRIu64 ": the residual is %.3g, and %.3g when computed anew; %.3f s, "
         "%zu segment%s, %u worker%s\n",
         solver->checkpoint.stopped ? "Stopped" : "Solved", solver->round_count,
         solver->square > 0 ? sqrt(solver->square / solver->run->first_square) : 0.0,
         quality->residual, (double)(summary.end_ns - summary.start_ns) / 1e9,
         solver->run->cut.segment_count, example_plural(solver->run->cut.segment_count),
         solver->worker_count, example_plural(solver->worker_count));
  if (!isnan(quality->error))
    printf("The largest error is %.3g\n", quality->error);
}

/* Compares all that is left of the run, bit for bit. */
static int check(const struct cg_options *options, const struct cg_solver *solver) {
  static const char differs[] = "cg: the numbers differ from those of a serial loop\n";
  const size_t bytes = solver->run->system->matrix.row_count * sizeof(double);
  struct cg_serial serial;
  struct cg_run run = *solver->run;
  if (!options->check)
    return 0;
  if (solver->checkpoint.stopped)
    run.rounds_max = solver->round_count;
  if (cg_serial_run(&serial, &run) != 0) {
    fputs("cg: out of memory\n", stderr);
    return -1;
  }
  const bool same = serial.round_count == solver->round_count && serial.square == solver->square &&
                    memcmp(serial.x, cg_solver_field(solver, CG_X), bytes) == 0 &&
                    memcmp(serial.r, cg_solver_field(solver, CG_R), bytes) == 0 &&
                    memcmp(serial.p, cg_solver_field(solver, CG_P), bytes) == 0;
  cg_serial_deinit(&serial);
  if (!same)
    fputs(differs, stderr);
  else if (!options->quiet)
    puts("The numbers are those of a serial loop, bit for bit");
  return same ? 0 : -1;
}

/* What was asked for of the result; the file first, for the rest may go to a pipe that closes. */
static int hand_out(const struct cg_options *options, const struct cg_solver *solver,
                    const struct synched_report *report) {
  struct example_error error;
  struct cg_quality quality;
  const struct cg_system *const system = solver->run->system;
  double *const x = cg_solver_field(solver, CG_X);
  int status = check(options, solver); /* before x is unscaled */
  if (cg_system_finish(system, x, &quality, &error) != 0) {
    example_error_print(&error, "cg", shown_matrix(options));
    return -1;
  }
  if (options->output_path &&
      cg_market_write_vector(options->output_path, x, system->matrix.row_count, &error) != 0) {
    example_error_print(&error, "cg", example_output_shown(options->output_path));
    status = -1;
  }
  if (!report && solver->checkpoint.resumed.generation == 0)
    return -1;
  if (!options->quiet)
    print_run(solver, &quality, report);
  if (!report)
    return status;
  if (example_report_is_printed(&options->report) && !options->quiet)
    putchar('\n');
  if (example_report_write(&options->report, "cg", report) != 0)
    status = -1;
  return status;
}

/* What the first rank does; the others only have their part in its report. */
static int tell(const struct cg_options *options, const struct cg_solver *solver) {
  struct synched_report *const report = report_of(solver);
  const int status = example_ranks_tells(solver->ranks) ? hand_out(options, solver, report) : 0;
  synched_report_destroy(report);
  return status;
}

/* What the first rank hands out. */
static int gather(const struct cg_options *options, const struct cg_solver *solver,
                  struct example_error *error) {
  int status = cg_solver_gather(solver, CG_X, error);
  if (status == 0 && options->check)
    status = cg_solver_gather(solver, CG_R, error);
  if (status == 0 && options->check)
    status = cg_solver_gather(solver, CG_P, error);
  return status;
}

static int solve(const struct cg_options *options, const struct example_ranks *ranks,
                 const struct cg_system *system) {
  const char *const slash = options->file ? strrchr(options->file, '/') : NULL;
  const size_t row_count = system->matrix.row_count;
  const struct cg_solver_options how = {
      .name = slash ? slash + 1 : shown_matrix(options),
      .worker_count = options->worker_count,
      .ranks = ranks,
      .report = &options->report,
      .checkpoint = &options->checkpoint,
      .progress = !options->quiet && example_ranks_tells(ranks),
  };
  struct cg_run run;
  struct cg_solver solver;
  struct example_error error;
  cg_run_init(&run, system, options->segment_count);
  run.tolerance = options->tolerance;
  run.rounds_max =
      options->rounds_max > 0 ? options->rounds_max : (uint64_t)row_count * ROUNDS_PER_UNKNOWN;
  if (cg_solver_create(&solver, &run, &how, &error) != 0) {
    example_error_print(&error, "cg", shown_matrix(options));
    return EXIT_FAILED;
  }
  int code = EXIT_FAILED;
  if (!options->quiet && example_ranks_tells(ranks))
    example_checkpoint_print(&solver.checkpoint);
  if (cg_solver_run(&solver, &error) != 0 || gather(options, &solver, &error) != 0)
    example_error_print(&error, "cg", shown_matrix(options));
  else if (example_checkpoint_close(&solver.checkpoint) == 0 && tell(options, &solver) == 0)
    code = solver.checkpoint.stopped ? EXAMPLE_CHECKPOINT_STOPPED : EXIT_OK;
  cg_solver_destroy(&solver);
  return code;
}

/* What can be known of the output before anything is read or printed. */
static int prepare_output(const struct cg_options *options) {
  const char *const path = options->output_path;
  struct example_error error;
  if (!path)
    return 0;
  const bool is_input =
      (options->file && example_output_is_input(path, options->file)) ||
      (options->right == CG_RIGHT_FILE && example_output_is_input(path, options->right_file));
  if (is_input)
    example_fail(&error, 0, "is the input, and cannot be the output too");
  else if (example_output_check(path) != 0 ||
           (example_output_is_stdout(path) && example_output_claim_stdout() != 0))
    example_fail(&error, 0, "cannot be written: %s", strerror(errno));
  else
    return 0;
  example_error_print(&error, "cg", example_output_shown(path));
  return -1;
}

int main(int argc, char **argv) {
  struct cg_options options;
  struct example_ranks ranks;
  struct cg_system system;
  const enum example_options_result parsed = cg_options_parse(&options, argc, argv);
  if (parsed != EXAMPLE_OPTIONS_RUN)
    return example_output_exit_code("cg", parsed == EXAMPLE_OPTIONS_DONE ? EXIT_OK : EXIT_USAGE);
  if (example_report_check(&options.report, "cg") != 0 || prepare_output(&options) != 0)
    return EXIT_FAILED;
  const uint64_t start_ns = uv_hrtime();
  if (prepare(&system, &options) != 0)
    return EXIT_FAILED;
  int code = EXIT_FAILED;
  if (example_ranks_begin(&ranks, options.mpi, "cg") == 0) {
    if (!options.quiet && example_ranks_tells(&ranks))
      print_system(&options, &system, seconds_since(start_ns));
    code = solve(&options, &ranks, &system);
    example_ranks_end(&ranks);
  }
  cg_system_deinit(&system);
  return example_output_exit_code("cg", code);
}
