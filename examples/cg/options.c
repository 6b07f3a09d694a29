#include "options.h"

#include <getopt.h>
#include <string.h>

#include <synched/pool.h>

#include "common/error.h"
#include "kernel.h"

#define SEED_MAX ((uint64_t)0xffffff) /* seeds up to here give different numbers */

static const char usage[] =
    "usage: cg MATRIX [options]\n"
    "       cg --grid N [options]\n"
    "\n"
    "Solves A x = b by conjugate gradients. MATRIX is A, in a file of Matrix Market's: "
    "coordinate; real,\n"
    "integer or pattern; symmetric, or general if it is symmetric all the same; packed by gzip or "
    "not; -\n"
    "is standard input. A must be positive definite. Of a pattern, a graph, A is the Laplacian "
    "plus 1.\n"
    "\n"
    "      --grid N         Poisson's equation on N x N points, five entries a row, instead\n"
    "  -b, --rhs WHAT       the right-hand side: ones, the default; random; known, which is made "
    "of a\n"
    "                       random solution; or a file of Matrix Market's with a column of "
    "numbers\n"
    "      --seed N         of random numbers; default 0\n"
    "      --scale          scale A first, so that its diagonal is ones (Jacobi's preconditioner)\n"
    "  -t, --tolerance T    end when the residual is so long, in proportion to b; default 1e-10\n"
    "      --max-rounds N   give up after so many rounds; 0, the default: ten for each unknown\n"
    "  -w, --workers N      worker threads; 0, the default: as many as this process may use\n"
    "  -s, --segments N     cut the rows into so many; 0, the default: as many as suit the matrix\n"
    "  -o, --output FILE    write x as a file of Matrix Market's; - is standard output, and all "
    "else that\n"
    "                       is printed there goes to standard error then\n"
    "      --check          compare the result with that of a serial loop, bit for "
    "bit\n" EXAMPLE_REPORT_USAGE "      --quiet          print nothing but errors\n"
    "      --help           print this\n"
    "\n"
    "Exit code: 0, 1 when something failed or differs, 2 for a wrong command line.\n";

enum long_only {
  OPTION_GRID = EXAMPLE_OPTION_HELP + 1,
  OPTION_SEED,
  OPTION_SCALE,
  OPTION_MAX_ROUNDS,
  OPTION_CHECK,
  OPTION_REPORT,
  OPTION_QUIET
};

static const struct option long_options[] = {
    {"grid", required_argument, NULL, OPTION_GRID},
    {"rhs", required_argument, NULL, 'b'},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"scale", no_argument, NULL, OPTION_SCALE},
    {"tolerance", required_argument, NULL, 't'},
    {"max-rounds", required_argument, NULL, OPTION_MAX_ROUNDS},
    {"workers", required_argument, NULL, 'w'},
    {"segments", required_argument, NULL, 's'},
    {"output", required_argument, NULL, 'o'},
    {"check", no_argument, NULL, OPTION_CHECK},
    {"report", required_argument, NULL, OPTION_REPORT},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {"help", no_argument, NULL, EXAMPLE_OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static void parse_right(struct cg_options *out, const char *text) {
  static const char *const names[] = {"ones", "random", "known"};
  out->right = CG_RIGHT_FILE;
  out->right_file = text;
  for (int right = CG_RIGHT_ONES; right < CG_RIGHT_FILE; right++)
    if (strcmp(text, names[right]) == 0)
      out->right = (enum cg_right)right;
}

static int parse_workers(unsigned *out, struct example_error *error) {
  uint64_t number = 0;
  if (example_number_parse(&number, optarg, (struct example_range){0, SYNCHED_WORKERS_MAX},
                           error) != 0)
    return -1;
  *out = (unsigned)number;
  return 0;
}

static int parse_size(size_t *out, struct example_range range, struct example_error *error) {
  uint64_t number = 0;
  if (example_number_parse(&number, optarg, range, error) != 0)
    return -1;
  *out = (size_t)number;
  return 0;
}

static int parse_option(void *to, int option, struct example_error *error) {
  struct cg_options *const out = to;
  switch (option) {
  case OPTION_GRID:
    return parse_size(&out->side, (struct example_range){1, CG_SIDE_MAX}, error);
  case 'b':
    parse_right(out, optarg);
    return 0;
  case OPTION_SEED:
    return example_number_parse(&out->seed, optarg, (struct example_range){0, SEED_MAX}, error);
  case OPTION_SCALE:
    out->scale = true;
    return 0;
  case 't':
    return example_positive_parse(&out->tolerance, optarg, error);
  case OPTION_MAX_ROUNDS:
    return example_number_parse(&out->rounds_max, optarg, (struct example_range){0, UINT64_MAX},
                                error);
  case 'w':
    return parse_workers(&out->worker_count, error);
  case 's':
    return parse_size(&out->segment_count, (struct example_range){0, CG_SEGMENTS_MAX}, error);
  case 'o':
    out->output_path = optarg;
    return 0;
  case OPTION_CHECK:
    out->check = true;
    return 0;
  case OPTION_REPORT:
    return example_report_parse(&out->report, optarg, error);
  default:
    out->quiet = true;
    return 0;
  }
}

static int check_options(const struct cg_options *options, int rest, struct example_error *error) {
  const bool is_grid = options->side > 0;
  const bool both_are_input = options->right == CG_RIGHT_FILE && options->file != NULL &&
                              strcmp(options->file, "-") == 0 &&
                              strcmp(options->right_file, "-") == 0;
  if (is_grid && rest > 0)
    return example_fail(error, 0, "a matrix is named besides --grid (see cg --help)");
  if (!is_grid && rest == 0)
    return example_fail(error, 0, "no matrix is named (see cg --help)");
  if (rest > 1)
    return example_fail(error, 0, "more than one matrix is named (see cg --help)");
  if (both_are_input)
    return example_fail(error, 0,
                        "standard input cannot be both the matrix and the right-hand "
                        "side");
  return 0;
}

enum example_options_result cg_options_parse(struct cg_options *out, int argc, char **argv) {
  static const struct example_options options = {.program = "cg",
                                                 .usage = usage,
                                                 .letters = ":b:t:w:s:o:",
                                                 .known = long_options,
                                                 .take = parse_option};
  struct example_error error;
  *out = (struct cg_options){.tolerance = 1e-10};
  const enum example_options_result result = example_options_read(&options, argc, argv, out);
  if (result != EXAMPLE_OPTIONS_RUN)
    return result;
  out->file = argv[optind]; /* NULL behind the last one */
  if (check_options(out, argc - optind, &error) == 0)
    return EXAMPLE_OPTIONS_RUN;
  example_error_print(&error, "cg", "usage");
  return EXAMPLE_OPTIONS_WRONG;
}
