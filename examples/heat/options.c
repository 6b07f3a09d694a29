#include "options.h"

#include <string.h>

#include <synched/job.h>
#include <synched/pool.h>

#include "common/error.h"
#include "common/ranks.h"

#define SIDE_MAX 65536u

static int parse_side(size_t *out, const char *text, struct example_error *error) {
  static const struct example_range sides = {HEAT_SIDE_MIN, SIDE_MAX};
  uint64_t number = 0;
  const int status = example_number_parse(&number, text, sides, error);
  *out = (size_t)number;
  return status;
}

/* N, or WxH. */
static int parse_size(void *to, const char *text, struct example_error *error) {
  struct heat_plate *const out = to;
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

#define HEAT(field) EXAMPLE_MEMBER(struct heat_options, field)

static const struct example_option known[] = {
    {.name = "size",
     .value = "N",
     HEAT(plate),
     .parse = parse_size,
     .help = "cells on each side, or WxH: columns and rows; default 1000"},
    {.name = "rounds",
     .value = "N",
     HEAT(round_count),
     .range = {1, UINT64_MAX},
     .help = "time steps; default 1000"},
    {.name = "rounds-per-barrier",
     .value = "N",
     HEAT(rounds_per_barrier),
     .range = {0, SYNCHED_ROUNDS_PER_BARRIER_MAX},
     .help = "so many rounds run from one barrier of all workers to the next: a band of rows only "
             "waits for its neighbours meanwhile. 0, the default: as many as the library thinks "
             "best"},
    {.name = "rows-per-segment",
     .value = "N",
     HEAT(rows_per_segment),
     .range = {0, SIDE_MAX},
     .help = "rows of a band; 0, the default: so many that it has 128 to 256 kB"},
    EXAMPLE_WORKERS_OPTION(struct heat_options, worker_count),
    {.name = "png",
     .value = "FILE",
     HEAT(png_path),
     .help = "write a picture of the end; - is standard output, and all else that is printed there "
             "goes to standard error then"},
    {.name = "progress", HEAT(progress), .help = "show on the terminal how far it is"},
    EXAMPLE_MPI_OPTION(struct heat_options, mpi),
    EXAMPLE_CHECKPOINT_OPTION(struct heat_options, checkpoint.folder),
    EXAMPLE_EVERY_OPTION(struct heat_options, checkpoint.every),
    EXAMPLE_RESUME_OPTION(struct heat_options, checkpoint.resumes),
    EXAMPLE_CHECK_OPTION(struct heat_options, check),
    EXAMPLE_REPORT_OPTION(struct heat_options, report),
    EXAMPLE_QUIET_OPTION(struct heat_options, quiet),
    {.name = NULL},
};

static const struct example_command command = {
    .program = "heat",
    .synopsis = "heat [options]",
    .about = "Computes how heat spreads in a plate, by finite differences. The plate starts at 20 "
             "degrees, but for three round spots of 100: two inside, and one at the lower left, "
             "which the border cuts. The border is held at the temperatures that it starts with.",
    .options = known,
    .ending =
        "Exit code: 0, 1 when something failed or differs, 2 for a wrong command line, 143 after "
        "SIGTERM with --checkpoint."};

enum example_options_result heat_options_parse(struct heat_options *out, int argc, char **argv) {
  *out = (struct heat_options){.plate = {1000, 1000}, .round_count = 1000};
  const enum example_options_result result = example_options_read_only(&command, argc, argv, out);
  if (result == EXAMPLE_OPTIONS_RUN && example_checkpoint_check(&out->checkpoint, "heat") != 0)
    return EXAMPLE_OPTIONS_WRONG;
  return result;
}
