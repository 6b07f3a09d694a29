/*
 * rounds.h: the engine at work. The only part of this program that knows Synched's rounds: one
 * round is one block of frames, one segment one input.
 */
#ifndef MIXER_ROUNDS_H
#define MIXER_ROUNDS_H

#include <stdbool.h>
#include <stdint.h>

#include <synched/report.h>

#include "error.h"
#include "mix.h"
#include "output.h"
#include "plan.h"

struct mixer_rounds_result {
  bool interrupted;                      /* by Ctrl-C: the mix is not complete */
  bool report_failed;                    /* a line on stderr has said why; the mix is complete */
  unsigned worker_count;                 /* as obtained */
  struct synched_report_summary summary; /* what the job did */
  uint64_t first_missed_round;           /* the first that missed its deadline; 0: none */
  const char *first_missed_input;        /* which it was then computing; NULL: none, or unknown */
};

struct example_report; /* common/report.h */

struct mixer_rounds_order {
  struct mixer_mix *mix;
  struct mixer_output *output;
  const struct mixer_plan *plan;
  const struct example_report *report;
};

/* Mixes it all, and writes it to the output, and the report where one is asked for. 0; or -1 and
 * why. Blocks until it is done, with progress on stderr if that is a terminal. */
int mixer_rounds_run(struct mixer_rounds_result *out, const struct mixer_rounds_order *order,
                     struct mixer_error *error);

#endif
