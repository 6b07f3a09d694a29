#include "options.h"

#include <ctype.h>
#include <getopt.h> /* optind */
#include <string.h>

#include <synched/job.h>
#include <synched/pool.h>

#include "common/error.h"
#include "common/ranks.h"

/* What is known while reading. */
struct reading {
  struct life_options options;
  bool generations_given;
};

/* Of the whole struct. */
static int parse_affinity(void *to, const char *text, struct example_error *error) {
  struct life_options *const out = &((struct reading *)to)->options;
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

/* Of the whole struct: there is no default. */
static int parse_generations(void *to, const char *text, struct example_error *error) {
  struct reading *const reading = to;
  reading->generations_given = true;
  return example_number_parse(&reading->options.generations, text,
                              (struct example_range){0, UINT64_MAX}, error);
}

#define LIFE(field) EXAMPLE_MEMBER(struct reading, options.field)

static const struct example_option known[] = {
    {.name = "generations",
     .letter = 'g',
     .value = "N",
     .parse = parse_generations,
     .help = "how many generations to compute"},
    EXAMPLE_WORKERS_OPTION(struct reading, options.worker_count),
    {.name = "segments",
     .letter = 's',
     .value = "N",
     LIFE(segment_count),
     .range = {0, SYNCHED_SEGMENTS_MAX},
     .help = "bands of rows to cut the grid into; 0, the default: some per worker"},
    {.name = "rounds-per-barrier",
     .value = "N",
     LIFE(rounds_per_barrier),
     .range = {0, SYNCHED_ROUNDS_PER_BARRIER_MAX},
     .help = "so many rounds run from one barrier of all workers to the next: a band of rows only "
             "waits for its neighbours meanwhile. 0, the default: as many as the library thinks "
             "best; or 1, and bands around which nothing has changed are left out, where the "
             "pattern is a small part of its world"},
    {.name = "affinity",
     .value = "A",
     .parse = parse_affinity,
     .help =
         "where workers are pinned: auto, none, compact, scatter, cores, or a list of CPUs such "
         "as 0-3,8"},
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     LIFE(rle_path),
     .help = "write the last generation as RLE"},
    {.name = "png",
     .value = "FILE",
     LIFE(png_path),
     .help = "write it as a picture; for both, - is standard output, and all else that is printed "
             "there goes to standard error then"},
    EXAMPLE_MPI_OPTION(struct reading, options.mpi),
    EXAMPLE_REPORT_OPTION(struct reading, options.report),
    EXAMPLE_CHECKPOINT_OPTION(struct reading, options.checkpoint.folder),
    EXAMPLE_EVERY_OPTION(struct reading, options.checkpoint.every),
    EXAMPLE_RESUME_OPTION(struct reading, options.checkpoint.resumes),
    {.name = "quiet", LIFE(quiet), .help = "print nothing but warnings and errors"},
    {.name = NULL},
};

static const struct example_command command = {
    .program = "life",
    .synopsis = "life FILE.rle -g GENERATIONS [options]",
    .about = "Runs a pattern in Golly's RLE format, packed by gzip or not; FILE may be - for "
             "standard input.",
    .options = known,
    .ending =
        "Ctrl-C ends the run early; what was reached is then printed and written.\n"
        "Exit code: 0, 1 when something failed, 2 for a wrong command line, 130 after Ctrl-C, 143 "
        "after SIGTERM with --checkpoint."};

static int check_options(const struct reading *reading, int rest, struct example_error *error) {
  const struct life_options *const out = &reading->options;
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
  struct reading reading = {.generations_given = false};
  struct example_error error;
  *out = (struct life_options){0};
  const enum example_options_result result = example_options_read(&command, argc, argv, &reading);
  if (result != EXAMPLE_OPTIONS_RUN)
    return result;
  if (example_checkpoint_check(&reading.options.checkpoint, "life") != 0)
    return EXAMPLE_OPTIONS_WRONG;
  if (check_options(&reading, argc - optind, &error) != 0) {
    example_error_print(&error, "life", "usage");
    return EXAMPLE_OPTIONS_WRONG;
  }
  *out = reading.options;
  out->file = argv[optind];
  return EXAMPLE_OPTIONS_RUN;
}
