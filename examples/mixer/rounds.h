/*
 * rounds.h: the engine at work. The only part of this program that knows Synched's rounds: one round is one block of
 * frames, one segment one input.
 */
#ifndef MIXER_ROUNDS_H
#define MIXER_ROUNDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <synched/report.h>

#include "error.h"
#include "mix.h"
#include "options.h"
#include "output.h"

/* How the rounds are cut, and who computes them. */
struct mixer_plan {
  uint64_t round_count; /* 0: the inputs are empty */
  size_t round_frames;
  uint64_t period_ns;    /* 0: as fast as can be */
  unsigned worker_count; /* 0: the pool decides */
};

struct mixer_rounds_result {
  bool interrupted;                      /* by Ctrl-C: the mix is not complete */
  unsigned worker_count;                 /* as obtained */
  struct synched_report_summary summary; /* what the job did */
  uint64_t first_missed_round;           /* the first that missed its deadline; 0: none */
  const char *first_missed_input;        /* which it was then computing; NULL: none, or unknown */
};

/* Finds the plan. 0; or -1 and why: a period would be shorter or longer than Synched's clock allows. */
int mixer_plan_make(struct mixer_plan *out, const struct mixer_options *options,
                    const struct mixer_output_format *format, struct mixer_error *error);

/* Mixes it all, and writes it to `output`. 0; or -1 and why. Blocks until it is done. */
int mixer_rounds_run(struct mixer_rounds_result *out, struct mixer_mix *mix,
                     struct mixer_output *output, const struct mixer_plan *plan,
                     struct mixer_error *error);

#endif
