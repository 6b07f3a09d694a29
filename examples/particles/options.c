#include "options.h"

#include <synched/pool.h>

#include "world.h"

#define SEGMENTS_MAX 64u /* of which every one has a count for each cell */

#define PARTICLES(field) EXAMPLE_MEMBER(struct particles_options, field)

static const struct example_option known[] = {
    {.name = "particles",
     .value = "N",
     PARTICLES(count),
     .range = {PARTICLES_LEAST, PARTICLES_MOST},
     .help = "how many; default 100000"},
    {.name = "steps",
     .value = "N",
     PARTICLES(step_count),
     .range = {1, UINT64_MAX},
     .help = "time steps; default 200"},
    EXAMPLE_WORKERS_OPTION(struct particles_options, worker_count),
    {.name = "segments",
     .letter = 's',
     .value = "N",
     PARTICLES(segment_count),
     .range = {0, SEGMENTS_MAX},
     .help = "parts to deal the particles into; 0, the default: some per worker"},
    {.name = "every",
     .value = "N",
     PARTICLES(every),
     .range = {1, UINT64_MAX},
     .help = "print a line every so many steps; default: ten times in all"},
    EXAMPLE_CHECK_OPTION(struct particles_options, check),
    EXAMPLE_REPORT_OPTION(struct particles_options, report),
    EXAMPLE_QUIET_OPTION(struct particles_options, quiet),
    {.name = NULL},
};

static const struct example_command command = {
    .program = "particles",
    .synopsis = "particles [options]",
    .about = "Moves particles that push each other apart when they are near, and prints what they "
             "keep together: energy and momentum.",
    .options = known,
    .ending = "Exit code: 0, 1 when something failed or differs, 2 for a wrong command line."};

enum example_options_result particles_options_parse(struct particles_options *out, int argc,
                                                    char **argv) {
  *out = (struct particles_options){.count = 100000, .step_count = 200};
  const enum example_options_result result = example_options_read_only(&command, argc, argv, out);
  if (out->every == 0)
    out->every = (out->step_count + 9) / 10;
  return result;
}
