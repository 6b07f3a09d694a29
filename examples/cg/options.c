#include "options.h"

#include <getopt.h> /* optind */
#include <string.h>

#include <synched/pool.h>

#include "common/error.h"
#include "common/ranks.h"
#include "kernel.h"

#define SEED_MAX ((uint64_t)0xffffff) /* seeds up to here give different numbers */

#define CG(field) EXAMPLE_MEMBER(struct cg_options, field)

/* Of the whole struct: what is no word is a file. */
static int parse_right(void *to, const char *text, struct example_error *error) {
  static const char *const names[] = {"ones", "random", "known"};
  struct cg_options *const out = to;
  (void)error;
  out->right = CG_RIGHT_FILE;
  out->right_file = text;
  for (int right = CG_RIGHT_ONES; right < CG_RIGHT_FILE; right++)
    if (strcmp(text, names[right]) == 0)
      out->right = (enum cg_right)right;
  return 0;
}

static const struct example_option known[] = {
    {.name = "grid",
     .value = "N",
     CG(side),
     .range = {1, CG_SIDE_MAX},
     .help = "Poisson's equation on N x N points, five entries a row, instead"},
    {.name = "rhs",
     .letter = 'b',
     .value = "WHAT",
     .parse = parse_right,
     .help = "the right-hand side: ones, the default; random; known, which is made of a random "
             "solution; or a file of Matrix Market's with a column of numbers"},
    {.name = "seed",
     .value = "N",
     CG(seed),
     .range = {0, SEED_MAX},
     .help = "of random numbers; default 0"},
    {.name = "scale",
     CG(scale),
     .help = "scale A first, so that its diagonal is ones (Jacobi's preconditioner)"},
    {.name = "tolerance",
     .letter = 't',
     .value = "T",
     CG(tolerance),
     .help = "end when the residual is so long, in proportion to b; default 1e-10"},
    {.name = "max-rounds",
     .value = "N",
     CG(rounds_max),
     .range = {0, UINT64_MAX},
     .help = "give up after so many rounds; 0, the default: ten for each unknown"},
    EXAMPLE_WORKERS_OPTION(struct cg_options, worker_count),
    {.name = "segments",
     .letter = 's',
     .value = "N",
     CG(segment_count),
     .range = {0, CG_SEGMENTS_MAX},
     .help = "cut the rows into so many; 0, the default: as many as suit the matrix"},
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     CG(output_path),
     .help = "write x as a file of Matrix Market's; - is standard output, and all else that is "
             "printed there goes to standard error then"},
    EXAMPLE_MPI_OPTION(struct cg_options, mpi),
    EXAMPLE_CHECKPOINT_OPTION(struct cg_options, checkpoint.folder),
    EXAMPLE_EVERY_OPTION(struct cg_options, checkpoint.every),
    EXAMPLE_RESUME_OPTION(struct cg_options, checkpoint.resumes),
    EXAMPLE_CHECK_OPTION(struct cg_options, check),
    EXAMPLE_REPORT_OPTION(struct cg_options, report),
    EXAMPLE_QUIET_OPTION(struct cg_options, quiet),
    {.name = NULL},
};

static const struct example_command command = {
    .program = "cg",
    .synopsis = "cg MATRIX [options]\ncg --grid N [options]",
    .about =
        "Solves A x = b by conjugate gradients. MATRIX is A, in a file of Matrix Market's: "
        "coordinate; real, integer or pattern; symmetric, or general if it is symmetric all "
        "the same; packed by gzip or not; - is standard input. A must be positive definite. Of "
        "a pattern, a graph, A is the Laplacian plus 1.",
    .options = known,
    .ending =
        "Exit code: 0, 1 when something failed or differs, 2 for a wrong command line, 143 after "
        "SIGTERM with --checkpoint."};

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
  struct example_error error;
  *out = (struct cg_options){.tolerance = 1e-10};
  const enum example_options_result result = example_options_read(&command, argc, argv, out);
  if (result != EXAMPLE_OPTIONS_RUN)
    return result;
  if (example_checkpoint_check(&out->checkpoint, "cg") != 0)
    return EXAMPLE_OPTIONS_WRONG;
  out->file = argv[optind]; /* NULL behind the last one */
  if (check_options(out, argc - optind, &error) == 0)
    return EXAMPLE_OPTIONS_RUN;
  example_error_print(&error, "cg", "usage");
  return EXAMPLE_OPTIONS_WRONG;
}
