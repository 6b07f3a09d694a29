#include "options.h"

#include <synched/job.h>
#include <synched/pool.h>

#include "kernel.h"

#define SIDE_MAX 32768u

#define MAXWELL(field) EXAMPLE_MEMBER(struct maxwell_options, field)

static const char *const borders[] = {"reflecting", "absorbing", NULL};

static const struct example_option known[] = {
    {.name = "size",
     .value = "N",
     MAXWELL(side),
     .range = {MAXWELL_SIDE_MIN, SIDE_MAX},
     .help = "cells on each side; default 1000"},
    {.name = "steps",
     .value = "N",
     MAXWELL(step_count),
     .range = {1, UINT64_MAX},
     .help = "time steps; default 1000"},
    {.name = "border",
     .value = "B",
     MAXWELL(absorbing),
     .choices = borders,
     .help = "what waves do there: reflecting, the default, or absorbing"},
    EXAMPLE_WORKERS_OPTION(struct maxwell_options, worker_count),
    {.name = "segments",
     .letter = 's',
     .value = "N",
     MAXWELL(segment_count),
     .range = {0, SIDE_MAX},
     .help = "bands of rows to cut the plane into; 0, the default: some per worker"},
    {.name = "buffered",
     MAXWELL(buffered),
     .help = "two buffers for each field, instead of one that is changed in place"},
    {.name = "rounds-per-barrier",
     .value = "N",
     MAXWELL(rounds_per_barrier),
     .range = {0, SYNCHED_ROUNDS_PER_BARRIER_MAX},
     .help = "so many steps run from one barrier of all workers to the next: a band of rows only "
             "waits for its neighbours meanwhile, and no energy is added up. 0: as many as the "
             "library thinks best; default 1"},
    {.name = "every",
     .value = "N",
     MAXWELL(every),
     .range = {1, UINT64_MAX},
     .help = "print the energy every so many steps; default: ten times in all"},
    {.name = "frames",
     .value = "FOLDER",
     MAXWELL(frames_path),
     .help = "write pictures while it runs, as many as there is time for"},
    {.name = "png",
     .value = "FILE",
     MAXWELL(png_path),
     .help = "write a picture of the end; - is standard output, and all else that is printed there "
             "goes to standard error then"},
    EXAMPLE_CHECK_OPTION(struct maxwell_options, check),
    EXAMPLE_REPORT_OPTION(struct maxwell_options, report),
    EXAMPLE_QUIET_OPTION(struct maxwell_options, quiet),
    {.name = NULL},
};

static const struct example_command command = {
    .program = "maxwell",
    .synopsis = "maxwell [options]",
    .about = "Computes a wave of light in a square plane, by finite differences in time and space, "
             "and prints its energy.",
    .options = known,
    .ending = "Exit code: 0, 1 when something failed or differs, 2 for a wrong command line."};

enum example_options_result maxwell_options_parse(struct maxwell_options *out, int argc,
                                                  char **argv) {
  struct example_error error;
  *out = (struct maxwell_options){.side = 1000, .step_count = 1000, .rounds_per_barrier = 1};
  const enum example_options_result result = example_options_read_only(&command, argc, argv, out);
  if (result != EXAMPLE_OPTIONS_RUN)
    return result;
  if (out->rounds_per_barrier != 1 && out->every > 0) {
    example_fail(&error, 0, "--every needs a barrier after each step: --rounds-per-barrier 1");
    example_error_print(&error, "maxwell", "usage");
    return EXAMPLE_OPTIONS_WRONG;
  }
  if (out->rounds_per_barrier == 1 && out->every == 0)
    out->every = (out->step_count + 9) / 10;
  return EXAMPLE_OPTIONS_RUN;
}
