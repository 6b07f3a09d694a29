#include "options.h"

#include <getopt.h>
#include <string.h>

#include <synched/job.h>
#include <synched/pool.h>

#include "common/error.h"
#include "kernel.h"

#define SIDE_MAX 32768u

static const char usage[] =
    "usage: maxwell [options]\n"
    "\n"
    "Computes a wave of light in a square plane, by finite differences in time and space, and "
    "prints its\n"
    "energy.\n"
    "\n"
    "      --size N         cells on each side; default 1000\n"
    "      --steps N        time steps; default 1000\n"
    "      --border B       what waves do there: reflecting, the default, or absorbing\n"
    "  -w, --workers N      worker threads; 0, the default: as many as this process may use\n"
    "  -s, --segments N     bands of rows to cut the plane into; 0, the default: some per worker\n"
    "      --buffered       two buffers for each field, instead of one that is changed in place\n"
    "      --rounds-per-barrier N\n"
    "                       so many steps run from one barrier of all workers to the next: a band "
    "of\n"
    "                       rows only waits for its neighbours meanwhile, and no energy is added "
    "up.\n"
    "                       0: as many as the library thinks best; default 1\n"
    "      --every N        print the energy every so many steps; default: ten times in all\n"
    "      --frames FOLDER  write pictures while it runs, as many as there is time for\n"
    "      --png FILE       write a picture of the end; - is standard output, and all else that "
    "is\n"
    "                       printed there goes to standard error then\n"
    "      --check          compare the result with that of a serial loop, bit for "
    "bit\n" EXAMPLE_REPORT_USAGE "      --quiet          print nothing but errors\n"
    "      --help           print this\n"
    "\n"
    "Exit code: 0, 1 when something failed or differs, 2 for a wrong command line.\n";

enum long_only {
  OPTION_SIZE = EXAMPLE_OPTION_HELP + 1,
  OPTION_STEPS,
  OPTION_BORDER,
  OPTION_BUFFERED,
  OPTION_ROUNDS_PER_BARRIER,
  OPTION_EVERY,
  OPTION_FRAMES,
  OPTION_PNG,
  OPTION_CHECK,
  OPTION_REPORT,
  OPTION_QUIET
};

static const struct option long_options[] = {
    {"size", required_argument, NULL, OPTION_SIZE},
    {"steps", required_argument, NULL, OPTION_STEPS},
    {"border", required_argument, NULL, OPTION_BORDER},
    {"workers", required_argument, NULL, 'w'},
    {"segments", required_argument, NULL, 's'},
    {"buffered", no_argument, NULL, OPTION_BUFFERED},
    {"rounds-per-barrier", required_argument, NULL, OPTION_ROUNDS_PER_BARRIER},
    {"every", required_argument, NULL, OPTION_EVERY},
    {"frames", required_argument, NULL, OPTION_FRAMES},
    {"png", required_argument, NULL, OPTION_PNG},
    {"check", no_argument, NULL, OPTION_CHECK},
    {"report", required_argument, NULL, OPTION_REPORT},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {"help", no_argument, NULL, EXAMPLE_OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static int parse_border(bool *absorbing, const char *text, struct example_error *error) {
  *absorbing = strcmp(text, "absorbing") == 0;
  if (*absorbing || strcmp(text, "reflecting") == 0)
    return 0;
  return example_fail(error, 0, "'%.40s' is no border; there are reflecting and absorbing", text);
}

/* The options that are numbers. */
static int parse_number(struct maxwell_options *out, int option, struct example_error *error) {
  static const struct example_range any = {1, UINT64_MAX}, sides = {MAXWELL_SIDE_MIN, SIDE_MAX};
  static const struct example_range workers = {0, SYNCHED_WORKERS_MAX}, bands = {0, SIDE_MAX};
  static const struct example_range rounds = {0, SYNCHED_ROUNDS_PER_BARRIER_MAX};
  uint64_t number = 0;
  int status;
  switch (option) {
  case OPTION_STEPS:
    return example_number_parse(&out->step_count, optarg, any, error);
  case OPTION_EVERY:
    return example_number_parse(&out->every, optarg, any, error);
  case OPTION_SIZE:
    status = example_number_parse(&number, optarg, sides, error);
    out->side = (size_t)number;
    return status;
  case OPTION_ROUNDS_PER_BARRIER:
    status = example_number_parse(&number, optarg, rounds, error);
    out->rounds_per_barrier = (unsigned)number;
    return status;
  case 'w':
    status = example_number_parse(&number, optarg, workers, error);
    out->worker_count = (unsigned)number;
    return status;
  default:
    status = example_number_parse(&number, optarg, bands, error);
    out->segment_count = (size_t)number;
    return status;
  }
}

static int parse_option(void *progress, int option, struct example_error *error) {
  struct maxwell_options *const out = progress;
  switch (option) {
  case OPTION_BORDER:
    return parse_border(&out->absorbing, optarg, error);
  case OPTION_FRAMES:
    out->frames_path = optarg;
    return 0;
  case OPTION_PNG:
    out->png_path = optarg;
    return 0;
  case OPTION_REPORT:
    return example_report_parse(&out->report, optarg, error);
  case OPTION_BUFFERED:
    out->buffered = true;
    return 0;
  case OPTION_CHECK:
    out->check = true;
    return 0;
  case OPTION_QUIET:
    out->quiet = true;
    return 0;
  default:
    return parse_number(out, option, error);
  }
}

enum example_options_result maxwell_options_parse(struct maxwell_options *out, int argc,
                                                  char **argv) {
  static const struct example_options options = {.program = "maxwell",
                                                 .usage = usage,
                                                 .letters = ":w:s:",
                                                 .known = long_options,
                                                 .take = parse_option};
  struct example_error error;
  *out = (struct maxwell_options){.side = 1000, .step_count = 1000, .rounds_per_barrier = 1};
  const enum example_options_result result = example_options_read(&options, argc, argv, out);
  if (result != EXAMPLE_OPTIONS_RUN)
    return result;
  if (out->rounds_per_barrier != 1 && out->every > 0) {
    example_fail(&error, 0, "--every needs a barrier after each step: --rounds-per-barrier 1");
    example_error_print(&error, "maxwell", "usage");
    return EXAMPLE_OPTIONS_WRONG;
  }
  if (out->rounds_per_barrier == 1 && out->every == 0)
    out->every = (out->step_count + 9) / 10;
  return example_options_only("maxwell", argc, argv);
}
