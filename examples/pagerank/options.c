#include "options.h"

#include <getopt.h>
#include <stdint.h>

#include <synched/pool.h>

#include "common/error.h"
#include "kernel.h"

static const char usage[] =
    "usage: pagerank EDGES [options]\n"
    "       pagerank --deps [options]\n"
    "\n"
    "Ranks the vertices of a graph by who points at them. EDGES is a list of edges as SNAP has "
    "them: a\n"
    "line is two vertex numbers, from and to; lines that begin with # or % are "
    "comments.\n"
    "Edges that are there several times count as often. The list may be packed by gzip, and - is "
    "standard\n"
    "input.\n"
    "\n"
    "      --deps           rank this machine's Debian packages by who depends on them instead\n"
    "  -w, --workers N      worker threads; 0, the default: as many as this process may use\n"
    "  -t, --tolerance T    end when a round changes the ranks by less than this in all; their sum "
    "is\n"
    "                       1; default 1e-10\n"
    "      --rounds N       give up after so many rounds; 0, the default: after as many as any "
    "graph takes\n"
    "  -n, --top N          print so many of the highest ranks; default 10\n"
    "  -o, --output FILE    write all ranks, a line for each vertex; - is standard output, and all "
    "else\n"
    "                       that is printed there goes to standard error then\n"
    "  -s, --segments N     cut the graph into so many; 0, the default: as many as suit "
    "it\n" EXAMPLE_REPORT_USAGE
    "      --quiet          print nothing but errors and what was left out of the list\n"
    "      --help           print this\n"
    "\n"
    "Exit code: 0, 1 when something failed, 2 for a wrong command line.\n";

enum long_only {
  OPTION_DEPS = EXAMPLE_OPTION_HELP + 1,
  OPTION_ROUNDS,
  OPTION_REPORT,
  OPTION_QUIET
};

static const struct option long_options[] = {
    {"deps", no_argument, NULL, OPTION_DEPS},
    {"workers", required_argument, NULL, 'w'},
    {"tolerance", required_argument, NULL, 't'},
    {"rounds", required_argument, NULL, OPTION_ROUNDS},
    {"top", required_argument, NULL, 'n'},
    {"output", required_argument, NULL, 'o'},
    {"segments", required_argument, NULL, 's'},
    {"report", required_argument, NULL, OPTION_REPORT},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {"help", no_argument, NULL, EXAMPLE_OPTION_HELP},
    {NULL, 0, NULL, 0},
};

/* A count, which is 64 bits wide or less. */
static int parse_count(size_t *out, uint64_t most, struct example_error *error) {
  uint64_t number = 0;
  if (example_number_parse(&number, optarg, (struct example_range){0, most}, error) != 0)
    return -1;
  *out = (size_t)number;
  return 0;
}

/* What is known while reading. */
struct reading {
  struct pagerank_options *out;
  bool deps;
};

static int parse_option(void *progress, int option, struct example_error *error) {
  struct reading *const reading = progress;
  struct pagerank_options *const out = reading->out;
  size_t count = 0;
  int status = 0;
  switch (option) {
  case 'w':
    status = parse_count(&count, SYNCHED_WORKERS_MAX, error);
    out->worker_count = (unsigned)count;
    return status;
  case 't':
    return example_positive_parse(&out->tolerance, optarg, error);
  case 's':
    return parse_count(&out->segment_count, PAGERANK_SEGMENTS_MAX, error);
  case OPTION_ROUNDS:
    return parse_count(&out->rounds_max, SIZE_MAX, error);
  case 'n':
    return parse_count(&out->top_count, SIZE_MAX, error);
  case 'o':
    out->output_path = optarg;
    return 0;
  case OPTION_DEPS:
    reading->deps = true;
    return 0;
  case OPTION_REPORT:
    return example_report_parse(&out->report, optarg, error);
  default:
    out->quiet = true;
    return 0;
  }
}

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
  static const struct example_options options = {.program = "pagerank",
                                                 .usage = usage,
                                                 .letters = ":w:s:t:n:o:",
                                                 .known = long_options,
                                                 .take = parse_option};
  struct reading reading = {.out = out};
  struct example_error error;
  *out = (struct pagerank_options){.tolerance = 1e-10, .top_count = 10};
  const enum example_options_result result = example_options_read(&options, argc, argv, &reading);
  if (result != EXAMPLE_OPTIONS_RUN)
    return result;
  if (check_options(&reading, argc - optind, &error) != 0) {
    example_error_print(&error, "pagerank", "usage");
    return EXAMPLE_OPTIONS_WRONG;
  }
  out->file = reading.deps ? NULL : argv[optind];
  return EXAMPLE_OPTIONS_RUN;
}
