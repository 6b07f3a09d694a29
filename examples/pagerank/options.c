#include "options.h"

#include <getopt.h> /* optind */
#include <stdint.h>

#include <synched/pool.h>

#include "common/error.h"
#include "common/ranks.h"
#include "kernel.h"

/* What is known while reading. */
struct reading {
  struct pagerank_options options;
  bool deps;
};

#define PAGERANK(field) EXAMPLE_MEMBER(struct reading, options.field)

static const struct example_option known[] = {
    {.name = "deps",
     EXAMPLE_MEMBER(struct reading, deps),
     .help = "rank this machine's Debian packages by who depends on them instead"},
    EXAMPLE_WORKERS_OPTION(struct reading, options.worker_count),
    {.name = "tolerance",
     .letter = 't',
     .value = "T",
     PAGERANK(tolerance),
     .help = "end when a round changes the ranks by less than this in all; their sum is 1; default "
             "1e-10"},
    {.name = "rounds",
     .value = "N",
     PAGERANK(rounds_max),
     .range = {0, SIZE_MAX},
     .help = "give up after so many rounds; 0, the default: after as many as any graph takes"},
    {.name = "top",
     .letter = 'n',
     .value = "N",
     PAGERANK(top_count),
     .range = {0, SIZE_MAX},
     .help = "print so many of the highest ranks; default 10"},
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     PAGERANK(output_path),
     .help = "write all ranks, a line for each vertex; - is standard output, and all else that is "
             "printed there goes to standard error then"},
    {.name = "segments",
     .letter = 's',
     .value = "N",
     PAGERANK(segment_count),
     .range = {0, PAGERANK_SEGMENTS_MAX},
     .help = "cut the graph into so many; 0, the default: as many as suit it"},
    EXAMPLE_MPI_OPTION(struct reading, options.mpi),
    EXAMPLE_CHECKPOINT_OPTION(struct reading, options.checkpoint.folder),
    EXAMPLE_EVERY_OPTION(struct reading, options.checkpoint.every),
    EXAMPLE_RESUME_OPTION(struct reading, options.checkpoint.resumes),
    EXAMPLE_REPORT_OPTION(struct reading, options.report),
    {.name = "quiet",
     PAGERANK(quiet),
     .help = "print nothing but errors and what was left out of the list"},
    {.name = NULL},
};

static const struct example_command command = {
    .program = "pagerank",
    .synopsis = "pagerank EDGES [options]\npagerank --deps [options]",
    .about =
        "Ranks the vertices of a graph by who points at them. EDGES is a list of edges as SNAP "
        "has them: a line is two vertex numbers, from and to; lines that begin with # or % are "
        "comments. Edges that are there several times count as often. The list may be packed "
        "by gzip, and - is standard input.",
    .options = known,
    .ending =
        "Exit code: 0, 1 when something failed, 2 for a wrong command line, 143 after SIGTERM "
        "with --checkpoint."};

static int check_options(const struct reading *reading, int rest, struct example_error *error) {
  const bool deps = reading->deps;
  if (deps && rest > 0)
    return example_fail(error, 0, "a list of edges is named besides --deps (see pagerank --help)");
  if (!deps && rest == 0)
    return example_fail(error, 0, "no list of edges is named (see pagerank --help)");
  if (rest > 1)
    return example_fail(error, 0, "more than one list of edges is named (see pagerank --help)");
  return 0;
}

enum example_options_result pagerank_options_parse(struct pagerank_options *out, int argc,
                                                   char **argv) {
  struct reading reading = {.options = {.tolerance = 1e-10, .top_count = 10}};
  struct example_error error;
  *out = (struct pagerank_options){0};
  const enum example_options_result result = example_options_read(&command, argc, argv, &reading);
  if (result != EXAMPLE_OPTIONS_RUN)
    return result;
  if (example_checkpoint_check(&reading.options.checkpoint, "pagerank") != 0)
    return EXAMPLE_OPTIONS_WRONG;
  if (check_options(&reading, argc - optind, &error) != 0) {
    example_error_print(&error, "pagerank", "usage");
    return EXAMPLE_OPTIONS_WRONG;
  }
  *out = reading.options;
  out->file = reading.deps ? NULL : argv[optind];
  return EXAMPLE_OPTIONS_RUN;
}
