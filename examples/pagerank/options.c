#include "options.h"

#include <ctype.h>
#include <getopt.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <synched/pool.h>

#include "common/error.h"
#include "common/words.h"

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
    "      --report         print where the time of the rounds went\n"
    "      --quiet          print nothing but errors and what was left out of the list\n"
    "      --help           print this\n"
    "\n"
    "Exit code: 0, 1 when something failed, 2 for a wrong command line.\n";

enum long_only { OPTION_DEPS = 256, OPTION_ROUNDS, OPTION_REPORT, OPTION_QUIET, OPTION_HELP };

static const struct option long_options[] = {
    {"deps", no_argument, NULL, OPTION_DEPS},
    {"workers", required_argument, NULL, 'w'},
    {"tolerance", required_argument, NULL, 't'},
    {"rounds", required_argument, NULL, OPTION_ROUNDS},
    {"top", required_argument, NULL, 'n'},
    {"output", required_argument, NULL, 'o'},
    {"report", no_argument, NULL, OPTION_REPORT},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

/* A decimal number up to `max`, and nothing else. */
static int parse_count(size_t *out, const char *text, size_t max, struct example_error *error) {
  size_t value = 0;
  const char *at = text;
  bool small = true;
  for (; isdigit((unsigned char)*at); at++) {
    const size_t digit = (size_t)(*at - '0');
    small &= value <= (max - digit) / 10;
    value = small ? value * 10 + digit : max;
  }
  if (at == text || *at != '\0')
    return example_fail(error, 0, "'%.40s' is not a number", text);
  if (!small)
    return example_fail(error, 0, "%.40s is too large", text);
  *out = value;
  return 0;
}

static int parse_tolerance(double *out, const char *text, struct example_error *error) {
  char *end;
  const double value = strtod(text, &end);
  if (end == text || *end != '\0' || isspace((unsigned char)*text) || !isfinite(value))
    return example_fail(error, 0, "'%.40s' is not a number", text);
  if (value <= 0)
    return example_fail(error, 0, "'%.40s' is not above 0", text);
  *out = value;
  return 0;
}

static int parse_option(struct pagerank_options *out, int option, bool *deps,
                        struct example_error *error) {
  size_t count = 0;
  int status = 0;
  switch (option) {
  case 'w':
    status = parse_count(&count, optarg, SYNCHED_WORKERS_MAX, error);
    out->worker_count = (unsigned)count;
    return status;
  case 't':
    return parse_tolerance(&out->tolerance, optarg, error);
  case OPTION_ROUNDS:
    return parse_count(&out->rounds_max, optarg, SIZE_MAX, error);
  case 'n':
    return parse_count(&out->top_count, optarg, SIZE_MAX, error);
  case 'o':
    out->output_path = optarg;
    return 0;
  case OPTION_DEPS:
    *deps = true;
    return 0;
  case OPTION_REPORT:
    out->report = true;
    return 0;
  default:
    out->quiet = true;
    return 0;
  }
}

static int check_options(const struct pagerank_options *options, bool deps, int rest,
                         struct example_error *error) {
  if (deps && rest > 0)
    return example_fail(error, 0, "a list of edges is named besides --deps (see pagerank --help)");
  if (!deps && rest == 0)
    return example_fail(error, 0, "no list of edges is named (see pagerank --help)");
  if (rest > 1)
    return example_fail(error, 0, "more than one list of edges is named (see pagerank --help)");
  if (options->report && options->quiet)
    return example_fail(error, 0, "--report and --quiet exclude each other");
  return 0;
}

/* One option: 0, or -1 and a line on stderr. */
static int accept_option(struct pagerank_options *out, int option, bool *deps, char **argv) {
  struct example_error error;
  char name[EXAMPLE_OPTION_BYTES];
  int status;
  if (option == ':')
    status = example_fail(&error, 0, "a value is missing (see pagerank --help)");
  else if (option == '?')
    status = example_fail(&error, 0, "there is no such option (see pagerank --help)");
  else
    status = parse_option(out, option, deps, &error);
  if (status != 0)
    example_error_print(&error, "pagerank", example_option_name(option, argv, long_options, name));
  return status;
}

enum pagerank_options_result pagerank_options_parse(struct pagerank_options *out, int argc,
                                                    char **argv) {
  struct example_error error;
  bool deps = false;
  int option;
  *out = (struct pagerank_options){.tolerance = 1e-10, .top_count = 10};
  opterr = 0; /* getopt's own messages are not in our form */
  while ((option = getopt_long(argc, argv, ":w:t:n:o:", long_options, NULL)) != -1) {
    if (option == OPTION_HELP) {
      fputs(usage, stdout);
      return PAGERANK_OPTIONS_DONE;
    }
    if (accept_option(out, option, &deps, argv) != 0)
      return PAGERANK_OPTIONS_WRONG;
  }
  if (check_options(out, deps, argc - optind, &error) != 0) {
    example_error_print(&error, "pagerank", "usage");
    return PAGERANK_OPTIONS_WRONG;
  }
  out->file = deps ? NULL : argv[optind];
  return PAGERANK_OPTIONS_RUN;
}
