#include "options.h"

#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <synched/memory.h>
#include <synched/pool.h>

#include "common/error.h"
#include "common/words.h"

static const char usage[] =
    "usage: life FILE.rle -g GENERATIONS [options]\n"
    "\n"
    "Runs a pattern in Golly's RLE format, packed by gzip or not; FILE may be - for standard "
    "input.\n"
    "\n"
    "  -g, --generations N  how many generations to compute\n"
    "  -w, --workers N      worker threads; 0, the default: as many as this process may use\n"
    "  -s, --segments N     bands of rows to cut the grid into; 0, the default: some per worker\n"
    "      --affinity A     where workers are pinned: auto, none, compact, scatter, cores, or a\n"
    "                       list of CPUs such as 0-3,8\n"
    "  -o, --output FILE    write the last generation as RLE\n"
    "      --png FILE       write it as a picture; for both, - is standard output, and all else "
    "that "
    "is\n"
    "                       printed there goes to standard error then\n"
    "      --quiet          print nothing but warnings and errors\n"
    "      --help           print this\n"
    "\n"
    "Ctrl-C ends the run early; what was reached is then printed and written.\n"
    "Exit code: 0, 1 when something failed, 2 for a wrong command line, 130 after Ctrl-C.\n";

enum long_only { OPTION_AFFINITY = 256, OPTION_PNG, OPTION_QUIET, OPTION_HELP };

static const struct option long_options[] = {
    {"generations", required_argument, NULL, 'g'},
    {"workers", required_argument, NULL, 'w'},
    {"segments", required_argument, NULL, 's'},
    {"affinity", required_argument, NULL, OPTION_AFFINITY},
    {"output", required_argument, NULL, 'o'},
    {"png", required_argument, NULL, OPTION_PNG},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

/* A decimal number up to `max`, and nothing else. */
static int parse_number(uint64_t *out, const char *text, uint64_t max,
                        struct example_error *error) {
  uint64_t value = 0;
  bool small = true;
  const char *at = text;
  for (; isdigit((unsigned char)*at); at++) {
    const unsigned digit = (unsigned)(*at - '0');
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

static int parse_option(struct life_options *out, int option, struct example_error *error) {
  uint64_t number = 0;
  int status = 0;
  switch (option) {
  case 'g':
    return parse_number(&out->generations, optarg, UINT64_MAX, error);
  case 'w':
    status = parse_number(&number, optarg, SYNCHED_WORKERS_MAX, error);
    out->worker_count = (unsigned)number;
    return status;
  case 's':
    status = parse_number(&number, optarg, SYNCHED_SEGMENTS_MAX, error);
    out->segment_count = (size_t)number;
    return status;
  case OPTION_AFFINITY:
    return parse_affinity(out, optarg, error);
  case 'o':
    out->rle_path = optarg;
    return 0;
  case OPTION_PNG:
    out->png_path = optarg;
    return 0;
  default:
    out->quiet = true;
    return 0;
  }
}

static int check_options(struct life_options *out, bool generations_given, int rest,
                         struct example_error *error) {
  if (rest == 0)
    return example_fail(error, 0, "no pattern file is named (see life --help)");
  if (rest > 1)
    return example_fail(error, 0, "more than one pattern file is named (see life --help)");
  if (!generations_given)
    return example_fail(error, 0, "-g GENERATIONS is missing (see life --help)");
  if (out->rle_path && out->png_path && strcmp(out->rle_path, out->png_path) == 0)
    return example_fail(error, 0, "-o and --png name the same file");
  return 0;
}

/* One option: 0, or -1 and a line on stderr. */
static int accept_option(struct life_options *out, int option, char **argv) {
  struct example_error error;
  char name[EXAMPLE_OPTION_BYTES];
  int status;
  if (option == ':')
    status = example_fail(&error, 0, "a value is missing (see life --help)");
  else if (option == '?')
    status = example_fail(&error, 0, "there is no such option (see life --help)");
  else
    status = parse_option(out, option, &error);
  if (status != 0)
    example_error_print(&error, "life", example_option_name(option, argv, long_options, name));
  return status;
}

enum life_options_result life_options_parse(struct life_options *out, int argc, char **argv) {
  struct example_error error;
  bool generations_given = false;
  int option;
  *out = (struct life_options){0};
  opterr = 0; /* getopt's own messages are not in our form */
  while ((option = getopt_long(argc, argv, ":g:w:s:o:", long_options, NULL)) != -1) {
    if (option == OPTION_HELP) {
      fputs(usage, stdout);
      return LIFE_OPTIONS_DONE;
    }
    generations_given |= option == 'g';
    if (accept_option(out, option, argv) != 0)
      return LIFE_OPTIONS_WRONG;
  }
  if (check_options(out, generations_given, argc - optind, &error) != 0) {
    example_error_print(&error, "life", "usage");
    return LIFE_OPTIONS_WRONG;
  }
  out->file = argv[optind];
  return LIFE_OPTIONS_RUN;
}
