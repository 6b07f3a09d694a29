/*
 * plan.h: how a mix is cut into rounds.
 */
#ifndef MIXER_PLAN_H
#define MIXER_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "options.h"
#include "output.h"

struct mixer_plan {
  uint64_t round_count; /* 0: the inputs are empty */
  size_t round_frames;
  uint64_t period_ns;    /* 0: as fast as can be */
  unsigned worker_count; /* 0: the pool decides */
};

/* Finds the plan; options->round_frames: 1 to 2^32. 0; or -1 and why: at the speed at which it
 * sounds, the period of a round would be shorter or longer than Synched's can be. */
int mixer_plan_make(struct mixer_plan *out, const struct mixer_options *options,
                    const struct mixer_output_format *format, struct mixer_error *error);

#endif
