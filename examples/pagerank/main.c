/*
 * pagerank: ranks the vertices of a graph, or this machine's Debian packages, on Synched.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include <synched/synched.h>

#include "apt.h"
#include "common/error.h"
#include "common/output.h"
#include "common/source.h"
#include "common/words.h"
#include "edges_read.h"
#include "graph.h"
#include "options.h"
#include "output.h"
#include "packages_read.h"
#include "ranking.h"
#include "top.h"
#include "vertices.h"

enum exit_code { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* What has been read. */
struct input {
  struct pagerank_vertices vertices;
  struct pagerank_graph graph;
};

static const char *shown_name(const struct pagerank_options *options) {
  if (!options->file)
    return PAGERANK_APT_COMMAND;
  return strcmp(options->file, "-") == 0 ? "<stdin>" : options->file;
}

static double seconds_since(uint64_t start_ns) {
  return (double)(uv_hrtime() - start_ns) / 1e9;
}

static int read_edges(struct pagerank_edges *edges, struct pagerank_vertices *vertices,
                      const struct pagerank_options *options, struct example_error *error) {
  struct example_source source;
  struct example_error note;
  if (example_source_open(&source, options->file, error) != 0)
    return -1;
  int status = pagerank_edges_read(edges, &source, &note, error);
  example_source_close(&source);
  if (status == 0 && note.text[0] != '\0')
    example_note_print("pagerank", shown_name(options), note.line, note.text);
  if (status == 0 && pagerank_vertices_number(vertices, edges, error) != 0) {
    pagerank_edges_deinit(edges);
    status = -1;
  }
  return status;
}

/* A line that cannot be read is the better reason, where there are two. */
static int read_packages(struct pagerank_edges *edges, struct pagerank_vertices *vertices,
                         struct example_error *error) {
  struct pagerank_apt apt;
  struct example_error ending;
  if (pagerank_apt_open(&apt, error) != 0)
    return -1;
  const int status = pagerank_packages_read(edges, vertices, apt.file, error);
  if (pagerank_apt_close(&apt, &ending) == 0)
    return status;
  if (status == 0) {
    pagerank_edges_deinit(edges);
    pagerank_vertices_deinit(vertices);
  }
  if (status == 0 || error->line == 0)
    *error = ending;
  return -1;
}

static int read_input(struct input *out, const struct pagerank_options *options,
                      struct example_error *error) {
  struct pagerank_edges edges;
  const int status = options->file ? read_edges(&edges, &out->vertices, options, error)
                                   : read_packages(&edges, &out->vertices, error);
  if (status != 0)
    return -1;
  const int built = pagerank_graph_build(&out->graph, &edges, out->vertices.count, error);
  if (built != 0)
    pagerank_vertices_deinit(&out->vertices);
  pagerank_edges_deinit(&edges);
  return built;
}

static void print_input(const struct pagerank_options *options, const struct input *input,
                        double seconds) {
  example_print_safely(shown_name(options), stdout);
  printf(": %zu vertices, %zu without edges from them; %zu edges; read in %.3f s\n",
         input->graph.vertex_count, input->graph.dangling_count, input->graph.edge_count, seconds);
  fflush(stdout);
}

static void print_run(const struct pagerank_ranking *ranking) {
  struct synched_report_summary summary = {.struct_size = sizeof summary};
  struct synched_report *report = NULL;
  if (synched_job_report(ranking->job, &report) == 0)
    (void)synched_report_summary(report, &summary);
  synched_report_destroy(report);
  printf("%s in round %" PRIu64 ", which changed the ranks by %.3g in all; %.3f s, "
         "%zu segment%s, %u worker%s\n",
         ranking->checkpoint.stopped ? "Stopped" : "Settled", ranking->now->round,
         ranking->now->fold, (double)(summary.end_ns - summary.start_ns) / 1e9,
         ranking->kernel.segment_count, example_plural(ranking->kernel.segment_count),
         ranking->worker_count, example_plural(ranking->worker_count));
}

static int print_top(const struct pagerank_vertices *vertices, const double *ranks, size_t most,
                     struct example_error *error) {
  const size_t room = most < vertices->count ? most : vertices->count;
  if (room == 0)
    return 0;
  size_t *const best = malloc(room * sizeof *best);
  if (!best)
    return example_out_of_memory(error);
  const size_t count = pagerank_top(best, room, ranks, vertices->count);
  putchar('\n');
  for (size_t i = 0; i < count; i++) {
    printf("%4zu  %.9f  ", i + 1, ranks[best[i]]);
    pagerank_vertices_print(vertices, best[i], stdout);
    putchar('\n');
  }
  free(best);
  return 0;
}

/* Where the time went, if that was asked for. */
static int write_report(const struct pagerank_options *options,
                        const struct synched_report *report) {
  if (report == NULL)
    return 0;
  if (example_report_is_printed(&options->report) && !options->quiet)
    putchar('\n');
  return example_report_write(&options->report, "pagerank", report);
}

/* What was asked for of the result; the file first, for the rest may go to a pipe that closes. */
static int hand_out(const struct pagerank_options *options, const struct input *input,
                    const struct pagerank_ranking *ranking, const struct synched_report *report) {
  struct example_error error;
  double *const ranks = malloc(input->vertices.count * sizeof *ranks);
  if (!ranks) {
    fputs("pagerank: out of memory\n", stderr);
    return EXIT_FAILED;
  }
  pagerank_kernel_ranks(&ranking->kernel, ranking->now->data, ranks);
  int code = EXIT_OK;
  if (options->output_path &&
      pagerank_output_write(options->output_path, &input->vertices, ranks, &error) != 0) {
    example_error_print(&error, "pagerank", example_output_shown(options->output_path));
    code = EXIT_FAILED;
  }
  if (!options->quiet) {
    print_run(ranking);
    if (print_top(&input->vertices, ranks, options->top_count, &error) != 0) {
      example_error_print(&error, "pagerank", shown_name(options));
      code = EXIT_FAILED;
    }
  }
  if (write_report(options, report) != 0)
    code = EXIT_FAILED;
  free(ranks);
  return code;
}

/* What the first rank does; the others only have their part in its report. */
static int tell(const struct pagerank_options *options, const struct input *input,
                const struct pagerank_ranking *ranking) {
  struct synched_report *report = NULL;
  if (options->report.form != NULL)
    (void)example_ranks_report(ranking->ranks, ranking->job, &report);
  const int code =
      example_ranks_tells(ranking->ranks) ? hand_out(options, input, ranking, report) : EXIT_OK;
  synched_report_destroy(report);
  return code;
}

static int rank(const struct pagerank_options *options, const struct example_ranks *ranks,
                const struct input *input) {
  const char *const slash = options->file ? strrchr(options->file, '/') : NULL;
  struct pagerank_ranking ranking;
  struct example_error error;
  const struct pagerank_ranking_options how = {
      .name = slash ? slash + 1 : shown_name(options),
      .worker_count = options->worker_count,
      .tolerance = options->tolerance,
      .rounds_max = options->rounds_max,
      .segment_count = options->segment_count,
      .ranks = ranks,
      .report = &options->report,
      .checkpoint = &options->checkpoint,
      .progress = !options->quiet && example_ranks_tells(ranks),
  };
  int code = EXIT_FAILED;
  if (pagerank_ranking_create(&ranking, &input->graph, &how, &error) != 0) {
    example_error_print(&error, "pagerank", shown_name(options));
    return code;
  }
  if (!options->quiet && example_ranks_tells(ranks))
    example_checkpoint_print(&ranking.checkpoint);
  if (pagerank_ranking_run(&ranking, &error) != 0)
    example_error_print(&error, "pagerank", shown_name(options));
  else if (example_checkpoint_close(&ranking.checkpoint) == 0)
    code = tell(options, input, &ranking);
  if (code == EXIT_OK && ranking.checkpoint.stopped)
    code = EXAMPLE_CHECKPOINT_STOPPED;
  pagerank_ranking_destroy(&ranking);
  return code;
}

/* What can be known of the output before anything is read or printed. */
static int prepare_output(const struct pagerank_options *options, struct example_error *error) {
  if (!options->output_path)
    return 0;
  if (options->file && example_output_is_input(options->output_path, options->file))
    return example_fail(error, 0, "is the input, and cannot be the output too");
  return pagerank_output_check(options->output_path, error);
}

int main(int argc, char **argv) {
  struct pagerank_options options;
  struct example_ranks ranks;
  struct example_error error;
  struct input input;
  const enum example_options_result parsed = pagerank_options_parse(&options, argc, argv);
  if (parsed != EXAMPLE_OPTIONS_RUN)
    return example_output_exit_code("pagerank",
                                    parsed == EXAMPLE_OPTIONS_DONE ? EXIT_OK : EXIT_USAGE);
  if (example_report_check(&options.report, "pagerank") != 0)
    return EXIT_FAILED;
  if (prepare_output(&options, &error) != 0) {
    example_error_print(&error, "pagerank", example_output_shown(options.output_path));
    return EXIT_FAILED;
  }
  const uint64_t start_ns = uv_hrtime();
  if (read_input(&input, &options, &error) != 0) {
    example_error_print(&error, "pagerank", shown_name(&options));
    return EXIT_FAILED;
  }
  int code = EXIT_FAILED;
  if (example_ranks_begin(&ranks, options.mpi, "pagerank") == 0) {
    if (!options.quiet && example_ranks_tells(&ranks))
      print_input(&options, &input, seconds_since(start_ns));
    code = rank(&options, &ranks, &input);
    example_ranks_end(&ranks);
  }
  pagerank_graph_deinit(&input.graph);
  pagerank_vertices_deinit(&input.vertices);
  return example_output_exit_code("pagerank", code);
}
