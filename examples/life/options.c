#include "options.h"

#include <ctype.h>
#include <getopt.h>
#include <string.h>

#include <synched/job.h>
#include <synched/pool.h>

#include "common/error.h"

static const char usage[] =
    "usage: life FILE.rle -g GENERATIONS [options]\n"
    "\n"
    "Runs a pattern in Golly's RLE format, packed by gzip or not; FILE may be - for standard "
    "input.\n"
    "\n"
    "  -g, --generations N  how many generations to compute\n"
    "  -w, --workers N      worker threads; 0, the default: as many as this process may use\n"
    "  -s, --segments N     bands of rows to cut the grid into; 0, the default: some per worker\n"
    "      --rounds-per-barrier N\n"
    "                       so many rounds run from one barrier of all workers to the next: a band "
    "of\n"
    "                       rows only waits for its neighbours meanwhile. 0, the default: as many "
    "as\n"
    "                       the library thinks best\n"
    "      --affinity A     where workers are pinned: auto, none, compact, scatter, cores, or a\n"
    "                       list of CPUs such as 0-3,8\n"
    "  -o, --output FILE    write the last generation as RLE\n"
    "      --png FILE       write it as a picture; for both, - is standard output, and all else "
    "that "
    "is\n"
    "                       printed there goes to standard error then\n" EXAMPLE_REPORT_USAGE
    "      --quiet          print nothing but warnings and errors\n"
    "      --help           print this\n"
    "\n"
    "Ctrl-C ends the run early; what was reached is then printed and written.\n"
    "Exit code: 0, 1 when something failed, 2 for a wrong command line, 130 after Ctrl-C.\n";

enum long_only {
  OPTION_ROUNDS_PER_BARRIER = EXAMPLE_OPTION_HELP + 1,
  OPTION_AFFINITY,
  OPTION_PNG,
  OPTION_REPORT,
  OPTION_QUIET
};

static const struct option long_options[] = {
    {"generations", required_argument, NULL, 'g'},
    {"workers", required_argument, NULL, 'w'},
    {"segments", required_argument, NULL, 's'},
    {"rounds-per-barrier", required_argument, NULL, OPTION_ROUNDS_PER_BARRIER},
    {"affinity", required_argument, NULL, OPTION_AFFINITY},
    {"output", required_argument, NULL, 'o'},
    {"png", required_argument, NULL, OPTION_PNG},
    {"report", required_argument, NULL, OPTION_REPORT},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {"help", no_argument, NULL, EXAMPLE_OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static int parse_affinity(struct life_options *out, const char *text, struct example_error *error) {
  if (isdigit((unsigned char)*text)) {
    out->affinity = SYNCHED_AFFINITY_LIST;
    out->cpu_list = text;
    return 0;
  }
  out->cpu_list = NULL;
  if (synched_affinity_parse(&out->affinity, text) != 0)
    return example_fail(error, 0,
                        "'%.40s' is no affinity; there are auto, none, compact, scatter, "
                        "cores and lists such as 0-3,8",
                        text);
  if (out->affinity == SYNCHED_AFFINITY_LIST)
    return example_fail(error, 0, "say which CPUs, as in --affinity 0-3,8");
  return 0;
}

/* What is known while reading. */
struct reading {
  struct life_options *out;
  bool generations_given;
};

static int parse_option(void *progress, int option, struct example_error *error) {
  struct reading *const reading = progress;
  struct life_options *const out = reading->out;
  uint64_t number = 0;
  int status = 0;
  switch (option) {
  case 'g':
    reading->generations_given = true;
    return example_number_parse(&out->generations, optarg, (struct example_range){0, UINT64_MAX},
                                error);
  case 'w':
    status = example_number_parse(&number, optarg, (struct example_range){0, SYNCHED_WORKERS_MAX},
                                  error);
    out->worker_count = (unsigned)number;
    return status;
  case 's':
    status = example_number_parse(&number, optarg, (struct example_range){0, SYNCHED_SEGMENTS_MAX},
                                  error);
    out->segment_count = (size_t)number;
    return status;
  case OPTION_ROUNDS_PER_BARRIER:
    status = example_number_parse(&number, optarg,
                                  (struct example_range){0, SYNCHED_ROUNDS_PER_BARRIER_MAX}, error);
    out->rounds_per_barrier = (unsigned)number;
    return status;
  case OPTION_AFFINITY:
    return parse_affinity(out, optarg, error);
  case 'o':
    out->rle_path = optarg;
    return 0;
  case OPTION_PNG:
    out->png_path = optarg;
    return 0;
  case OPTION_REPORT:
    return example_report_parse(&out->report, optarg, error);
  default:
    out->quiet = true;
    return 0;
  }
}

static int check_options(const struct reading *reading, int rest, struct example_error *error) {
  const struct life_options *const out = reading->out;
  if (rest == 0)
    return example_fail(error, 0, "no pattern file is named (see life --help)");
  if (rest > 1)
    return example_fail(error, 0, "more than one pattern file is named (see life --help)");
  if (!reading->generations_given)
    return example_fail(error, 0, "-g GENERATIONS is missing (see life --help)");
  if (out->rle_path && out->png_path && strcmp(out->rle_path, out->png_path) == 0)
    return example_fail(error, 0, "-o and --png name the same file");
  return 0;
}

enum example_options_result life_options_parse(struct life_options *out, int argc, char **argv) {
  static const struct example_options options = {.program = "life",
                                                 .usage = usage,
                                                 .letters = ":g:w:s:o:",
                                                 .known = long_options,
                                                 .take = parse_option};
  struct reading reading = {.out = out};
  struct example_error error;
  *out = (struct life_options){0};
  const enum example_options_result result = example_options_read(&options, argc, argv, &reading);
  if (result != EXAMPLE_OPTIONS_RUN)
    return result;
  if (check_options(&reading, argc - optind, &error) != 0) {
    example_error_print(&error, "life", "usage");
    return EXAMPLE_OPTIONS_WRONG;
  }
  out->file = argv[optind];
  return EXAMPLE_OPTIONS_RUN;
}
