#include "options.h"

#include <getopt.h>

#include <synched/pool.h>

#include "common/error.h"
#include "world.h"

#define SEGMENTS_MAX 64u /* of which every one has a count for each cell */

static const char usage[] =
    "usage: particles [options]\n"
    "\n"
    "Moves particles that push each other apart when they are near, and prints what they keep "
    "together:\n"
    "energy and momentum.\n"
    "\n"
    "      --particles N    how many; default 100000\n"
    "      --steps N        time steps; default 200\n"
    "  -w, --workers N      worker threads; 0, the default: as many as this process may use\n"
    "  -s, --segments N     parts to deal the particles into; 0, the default: some per worker\n"
    "      --every N        print a line every so many steps; default: ten times in all\n"
    "      --check          compare the result with that of a serial loop, bit for "
    "bit\n" EXAMPLE_REPORT_USAGE "      --quiet          print nothing but errors\n"
    "      --help           print this\n"
    "\n"
    "Exit code: 0, 1 when something failed or differs, 2 for a wrong command line.\n";

enum long_only {
  OPTION_PARTICLES = EXAMPLE_OPTION_HELP + 1,
  OPTION_STEPS,
  OPTION_EVERY,
  OPTION_CHECK,
  OPTION_REPORT,
  OPTION_QUIET
};

static const struct option long_options[] = {
    {"particles", required_argument, NULL, OPTION_PARTICLES},
    {"steps", required_argument, NULL, OPTION_STEPS},
    {"workers", required_argument, NULL, 'w'},
    {"segments", required_argument, NULL, 's'},
    {"every", required_argument, NULL, OPTION_EVERY},
    {"check", no_argument, NULL, OPTION_CHECK},
    {"report", required_argument, NULL, OPTION_REPORT},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {"help", no_argument, NULL, EXAMPLE_OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static int parse_option(void *progress, int option, struct example_error *error) {
  static const struct example_range any = {1, UINT64_MAX}, workers = {0, SYNCHED_WORKERS_MAX};
  static const struct example_range parts = {0, SEGMENTS_MAX};
  static const struct example_range counts = {PARTICLES_LEAST, PARTICLES_MOST};
  struct particles_options *const out = progress;
  uint64_t number = 0;
  int status;
  switch (option) {
  case OPTION_PARTICLES:
    status = example_number_parse(&number, optarg, counts, error);
    out->count = (size_t)number;
    return status;
  case OPTION_STEPS:
    return example_number_parse(&out->step_count, optarg, any, error);
  case OPTION_EVERY:
    return example_number_parse(&out->every, optarg, any, error);
  case 'w':
    status = example_number_parse(&number, optarg, workers, error);
    out->worker_count = (unsigned)number;
    return status;
  case 's':
    status = example_number_parse(&number, optarg, parts, error);
    out->segment_count = (size_t)number;
    return status;
  case OPTION_REPORT:
    return example_report_parse(&out->report, optarg, error);
  case OPTION_CHECK:
    out->check = true;
    return 0;
  default:
    out->quiet = true;
    return 0;
  }
}

enum example_options_result particles_options_parse(struct particles_options *out, int argc,
                                                    char **argv) {
  static const struct example_options options = {.program = "particles",
                                                 .usage = usage,
                                                 .letters = ":w:s:",
                                                 .known = long_options,
                                                 .take = parse_option};
  *out = (struct particles_options){.count = 100000, .step_count = 200};
  const enum example_options_result result = example_options_read(&options, argc, argv, out);
  if (result != EXAMPLE_OPTIONS_RUN)
    return result;
  if (out->every == 0)
    out->every = (out->step_count + 9) / 10;
  return example_options_only("particles", argc, argv);
}
