/*
 * life: runs patterns of Conway's Game of Life, and of all rules like it, on Synched.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <synched/synched.h>

#include "common/error.h"
#include "common/output.h"
#include "common/source.h"
#include "common/words.h"
#include "grid.h"
#include "options.h"
#include "pattern.h"
#include "picture.h"
#include "rle.h"
#include "simulation.h"

enum exit_code { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_INTERRUPTED = 130 };

static const char *shown_name(const struct life_options *options) {
  return strcmp(options->file, "-") == 0 ? "<stdin>" : options->file;
}

static int read_pattern(const struct life_options *options, struct life_pattern *pattern,
                        struct example_error *error) {
  struct example_source source;
  if (example_source_open(&source, options->file, error) != 0)
    return -1;
  const int status = life_rle_read(pattern, &source, error);
  example_source_close(&source);
  for (size_t i = 0; status == 0 && i < pattern->note_count; i++)
    example_note_print("life", shown_name(options), pattern->notes[i].line, pattern->notes[i].text);
  return status;
}

/* What is about to be computed, and on how much room where the file leaves that to us. */
static void print_plan(const struct life_simulation *simulation) {
  const struct life_grid *const grid = &simulation->grid;
  const struct life_rule *const rule = &simulation->pattern->rule;
  char text[LIFE_RULE_TEXT_BYTES];
  life_rule_format(rule, text);
  example_print_safely(shown_name(simulation->options), stdout);
  printf(": %s, %zu x %zu cells (%s), in %zu band%s for %u worker%s\n", text, grid->width,
         grid->height, grid->torus ? "torus" : "plane", grid->band_count,
         example_plural(grid->band_count), simulation->worker_count,
         example_plural(simulation->worker_count));
  if (grid->open_x || grid->open_y) {
    const size_t margin = grid->open_x ? grid->column : grid->row;
    printf("No bounds are given: the plane was chosen to go %zu cells beyond the pattern, %s\n",
           margin,
           simulation->options->generations < margin
               ? "which is as far as it can grow"
               : "and no farther for its size's sake; the pattern may reach its edge");
  }
  fflush(stdout);
}

static void print_result(const struct life_simulation *simulation, uint64_t generation) {
  const struct life_view view = life_simulation_view(simulation);
  struct synched_report_summary summary = {.struct_size = sizeof summary};
  struct synched_report *report = NULL;
  printf("Generation %" PRIu64 ", population %" PRIu64 "\n", generation,
         life_view_population(&view));
  if (!simulation->job || synched_job_report(simulation->job, &report) != 0)
    return;
  (void)synched_report_summary(report, &summary);
  const double seconds = (double)(summary.end_ns - summary.start_ns) / 1e9;
  printf("%" PRIu64 " generations in %.3f s, %.0f rounds per second, %u worker%s\n\n",
         summary.round_count, seconds, seconds > 0 ? (double)summary.round_count / seconds : 0.0,
         summary.worker_count, example_plural(summary.worker_count));
  if (!example_report_is_printed(&simulation->options->report))
    synched_report_print(report, stdout);
  synched_report_destroy(report);
}

/* The report that was asked for, of all ranks. Of a run of no generations there is none. */
static int write_report(const struct life_simulation *simulation) {
  struct synched_report *report = NULL;
  if (!simulation->job || simulation->options->report.form == NULL ||
      example_ranks_report(simulation->ranks, simulation->job, &report) != 0 || report == NULL)
    return 0;
  const int status = example_report_write(&simulation->options->report, "life", report);
  synched_report_destroy(report);
  return status;
}

static void print_warnings(const struct life_simulation *simulation) {
  const uint64_t generation = simulation->pattern->generation;
  const struct life_grid *const grid = &simulation->grid;
  if (simulation->edge_round == 0 && simulation->checkpoint.resumed.generation != 0 &&
      (grid->open_x || grid->open_y))
    fprintf(stderr,
            "life: note: whether the pattern reached the edge of the plane before generation "
            "%" PRIu64 ", the run that was written has told\n",
            generation + simulation->checkpoint.resumed.round);
  if (simulation->edge_round > 0)
    fprintf(stderr,
            "life: warning: the pattern reached the edge of the plane in generation %" PRIu64
            "; what came after may not be what an unbounded plane would show\n",
            generation + simulation->edge_round);
  if (simulation->status == SYNCHED_ECANCELED)
    fprintf(stderr, "life: interrupted in generation %" PRIu64 "\n",
            generation + simulation->now->round);
}

static int write_rle(const struct life_simulation *simulation, FILE *file,
                     struct example_error *error) {
  const struct life_view view = life_simulation_view(simulation);
  const uint64_t generation = simulation->pattern->generation + simulation->now->round;
  if (life_rle_write(file, simulation->pattern, &view, generation) != 0)
    return example_fail(error, 0, "cannot be written: %s", strerror(errno));
  return 0;
}

static int write_png(const struct life_simulation *simulation, FILE *file,
                     struct example_error *error) {
  const struct life_view view = life_simulation_view(simulation);
  return life_picture_write(file, &view, error);
}

static int fail_written(struct example_error *error) {
  return example_fail(error, 0, "cannot be written: %s", strerror(errno));
}

/* Writes one of the two outputs, if it is wanted. */
static int write_output(const struct life_simulation *simulation, const char *path,
                        int (*write)(const struct life_simulation *, FILE *,
                                     struct example_error *)) {
  struct example_output output;
  struct example_error error;
  if (!path)
    return 0;
  int status = 0;
  const bool opened = example_output_open(&output, path) == 0;
  if (opened && write(simulation, output.file, &error) != 0) {
    example_output_discard(&output);
    status = -1;
  } else if (!opened || example_output_commit(&output) != 0) {
    status = fail_written(&error);
  }
  if (status != 0)
    example_error_print(&error, "life", example_output_shown(path));
  return status;
}

static int exit_code(const struct life_simulation *simulation) {
  if (simulation->status == SYNCHED_ECANCELED)
    return EXIT_INTERRUPTED;
  return simulation->checkpoint.stopped ? EXAMPLE_CHECKPOINT_STOPPED : EXIT_OK;
}

/* What was asked for of the result. Returns the exit code. */
static int hand_out(struct life_simulation *simulation) {
  const struct life_options *const options = simulation->options;
  if (!options->quiet)
    print_result(simulation, simulation->pattern->generation + simulation->now->round);
  const int reported = write_report(simulation);
  print_warnings(simulation);
  int code = reported == 0 ? exit_code(simulation) : EXIT_FAILED;
  if (write_output(simulation, options->rle_path, write_rle) != 0)
    code = EXIT_FAILED;
  if (write_output(simulation, options->png_path, write_png) != 0)
    code = EXIT_FAILED;
  return code;
}

static int run_and_write(struct life_simulation *simulation) {
  const struct life_options *const options = simulation->options;
  const bool tells = example_ranks_tells(simulation->ranks);
  struct example_error error;
  if (!options->quiet && tells) {
    print_plan(simulation);
    example_checkpoint_print(&simulation->checkpoint);
  }
  if (life_simulation_run(simulation, &error) != 0) {
    example_error_print(&error, "life", shown_name(options));
    return EXIT_FAILED;
  }
  int code = exit_code(simulation);
  if (tells)
    code = hand_out(simulation);
  else
    (void)write_report(simulation); /* its part in the first rank's */
  return example_checkpoint_close(&simulation->checkpoint) == 0 ? code : EXIT_FAILED;
}

static int prepare_output(const struct life_options *options, const char *path,
                          struct example_error *error) {
  if (example_output_is_input(path, options->file))
    return example_fail(error, 0, "is the input, and cannot be the output too");
  return example_output_check(path) == 0 ? 0 : fail_written(error);
}

/* What can be known of the outputs before anything is read or printed. */
static int prepare_outputs(const struct life_options *options) {
  const char *const paths[] = {options->rle_path, options->png_path};
  struct example_error error;
  for (size_t i = 0; i < 2; i++)
    if (paths[i] && prepare_output(options, paths[i], &error) != 0) {
      example_error_print(&error, "life", example_output_shown(paths[i]));
      return -1;
    }
  if (paths[0] && paths[1] && example_output_is_output(paths[0], paths[1])) {
    example_fail(&error, 0, "-o and --png name the same file");
    example_error_print(&error, "life", example_output_shown(paths[1]));
    return -1;
  }
  for (size_t i = 0; i < 2; i++)
    if (paths[i] && example_output_is_stdout(paths[i]) && example_output_claim_stdout() != 0) {
      fail_written(&error);
      example_error_print(&error, "life", example_output_shown(paths[i]));
      return -1;
    }
  return 0;
}

/* Everything that can be known to be wrong before anything is computed. */
static int check_plan(const struct life_options *options, const struct life_pattern *pattern,
                      struct life_grid *grid) {
  struct example_error error;
  int status = life_grid_fit(grid, pattern, options->generations, &error);
  if (status == 0 && pattern->generation > UINT64_MAX - options->generations)
    status =
        example_fail(&error, 0, "generation %" PRIu64 " is too far on to count %" PRIu64 " more",
                     pattern->generation, options->generations);
  if (status != 0)
    example_error_print(&error, "life", shown_name(options));
  return status;
}

static int simulate(const struct life_options *options, const struct example_ranks *ranks,
                    const struct life_pattern *pattern) {
  struct life_grid grid;
  struct life_simulation simulation;
  struct example_error error;
  if (check_plan(options, pattern, &grid) != 0)
    return EXIT_FAILED;
  const struct life_plan plan = {
      .options = options, .ranks = ranks, .pattern = pattern, .grid = &grid};
  if (life_simulation_create(&simulation, &plan, &error) != 0) {
    example_error_print(&error, "life", shown_name(options));
    return EXIT_FAILED;
  }
  const int code = run_and_write(&simulation);
  life_simulation_destroy(&simulation);
  return code;
}

int main(int argc, char **argv) {
  struct life_options options;
  struct example_ranks ranks;
  struct life_pattern pattern;
  struct example_error error;
  const enum example_options_result parsed = life_options_parse(&options, argc, argv);
  if (parsed != EXAMPLE_OPTIONS_RUN)
    return example_output_exit_code("life", parsed == EXAMPLE_OPTIONS_DONE ? EXIT_OK : EXIT_USAGE);
  if (prepare_outputs(&options) != 0 || example_report_check(&options.report, "life") != 0)
    return EXIT_FAILED;
  life_pattern_init(&pattern);
  if (read_pattern(&options, &pattern, &error) != 0) {
    example_error_print(&error, "life", shown_name(&options));
    return EXIT_FAILED;
  }
  int code = EXIT_FAILED;
  if (example_ranks_begin(&ranks, options.mpi, "life") == 0) {
    code = simulate(&options, &ranks, &pattern);
    example_ranks_end(&ranks);
  }
  life_pattern_deinit(&pattern);
  return example_output_exit_code("life", code);
}
