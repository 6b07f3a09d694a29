#include "options.h"

#include <getopt.h>
#include <string.h>

#include <synched/job.h>
#include <synched/pool.h>

#include "common/error.h"

#define SIDE_MAX 65536u

static const char usage[] =
    "usage: heat [options]\n"
    "\n"
    "Computes how heat spreads in a plate, by finite differences. The plate starts at 20 degrees, "
    "but for\n"
    "three round spots of 100: two inside, and one at the lower left, which the border cuts. The "
    "border\n"
    "is held at the temperatures that it starts with.\n"
    "\n"
    "      --size N         cells on each side, or WxH: columns and rows; default 1000\n"
    "      --rounds N       time steps; default 1000\n"
    "      --rounds-per-barrier N\n"
    "                       so many rounds run from one barrier of all workers to the next: a band "
    "of\n"
    "                       rows only waits for its neighbours meanwhile. 0, the default: as many "
    "as\n"
    "                       the library thinks best\n"
    "      --rows-per-segment N\n"
    "                       rows of a band; 0, the default: so many that it has 128 to 256 kB\n"
    "  -w, --workers N      worker threads; 0, the default: as many as this process may use\n"
    "      --png FILE       write a picture of the end; - is standard output, and all else that "
    "is\n"
    "                       printed there goes to standard error then\n"
    "      --progress       show on the terminal how far it is\n"
    "      --check          compare the result with that of a serial loop, bit for "
    "bit\n" EXAMPLE_REPORT_USAGE "      --quiet          print nothing but errors\n"
    "      --help           print this\n"
    "\n"
    "Exit code: 0, 1 when something failed or differs, 2 for a wrong command line.\n";

enum long_only {
  OPTION_SIZE = EXAMPLE_OPTION_HELP + 1,
  OPTION_ROUNDS,
  OPTION_ROUNDS_PER_BARRIER,
  OPTION_ROWS_PER_SEGMENT,
  OPTION_PNG,
  OPTION_PROGRESS,
  OPTION_CHECK,
  OPTION_REPORT,
  OPTION_QUIET
};

static const struct option long_options[] = {
    {"size", required_argument, NULL, OPTION_SIZE},
    {"rounds", required_argument, NULL, OPTION_ROUNDS},
    {"rounds-per-barrier", required_argument, NULL, OPTION_ROUNDS_PER_BARRIER},
    {"rows-per-segment", required_argument, NULL, OPTION_ROWS_PER_SEGMENT},
    {"workers", required_argument, NULL, 'w'},
    {"png", required_argument, NULL, OPTION_PNG},
    {"progress", no_argument, NULL, OPTION_PROGRESS},
    {"check", no_argument, NULL, OPTION_CHECK},
    {"report", required_argument, NULL, OPTION_REPORT},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {"help", no_argument, NULL, EXAMPLE_OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static int parse_side(size_t *out, const char *text, struct example_error *error) {
  static const struct example_range sides = {HEAT_SIDE_MIN, SIDE_MAX};
  uint64_t number = 0;
  const int status = example_number_parse(&number, text, sides, error);
  *out = (size_t)number;
  return status;
}

/* N, or WxH. */
static int parse_size(struct heat_plate *out, const char *text, struct example_error *error) {
  char columns[24];
  const size_t length = strcspn(text, "x");
  if (text[length] == '\0') {
    const int status = parse_side(&out->columns, text, error);
    out->rows = out->columns;
    return status;
  }
  if (length >= sizeof columns)
    return example_fail(error, 0, "'%.40s' is no size; there are N and WxH", text);
  memcpy(columns, text, length);
  columns[length] = '\0';
  if (parse_side(&out->columns, columns, error) != 0)
    return -1;
  return parse_side(&out->rows, text + length + 1, error);
}

/* The options that are numbers. */
static int parse_number(struct heat_options *out, int option, struct example_error *error) {
  static const struct example_range any = {1, UINT64_MAX}, bands = {0, SIDE_MAX};
  static const struct example_range workers = {0, SYNCHED_WORKERS_MAX};
  static const struct example_range rounds = {0, SYNCHED_ROUNDS_PER_BARRIER_MAX};
  uint64_t number = 0;
  int status;
  switch (option) {
  case OPTION_ROUNDS:
    return example_number_parse(&out->round_count, optarg, any, error);
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
    out->rows_per_segment = (size_t)number;
    return status;
  }
}

static int parse_option(void *progress, int option, struct example_error *error) {
  struct heat_options *const out = progress;
  switch (option) {
  case OPTION_SIZE:
    return parse_size(&out->plate, optarg, error);
  case OPTION_PNG:
    out->png_path = optarg;
    return 0;
  case OPTION_REPORT:
    return example_report_parse(&out->report, optarg, error);
  case OPTION_PROGRESS:
    out->progress = true;
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

enum example_options_result heat_options_parse(struct heat_options *out, int argc, char **argv) {
  static const struct example_options options = {.program = "heat",
                                                 .usage = usage,
                                                 .letters = ":w:",
                                                 .known = long_options,
                                                 .take = parse_option};
  *out = (struct heat_options){.plate = {1000, 1000}, .round_count = 1000};
  const enum example_options_result result = example_options_read(&options, argc, argv, out);
  return result != EXAMPLE_OPTIONS_RUN ? result : example_options_only("heat", argc, argv);
}
