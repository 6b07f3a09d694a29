/*
 * strip.h: what a mixing desk has for each input: a filter and a gain; and the sum of them all.
 *
 * Samples are floats, 1 being full scale. A block is some frames, a frame the samples of one
 * moment: one where the input is mono, left and right where it is stereo.
 */
#ifndef MIXER_STRIP_H
#define MIXER_STRIP_H

#include <stddef.h>

#include "biquad.h"

#define MIXER_CHANNELS_MAX 2

struct mixer_strip {
  struct mixer_biquad filter;
  double gain;
  unsigned channel_count; /* 1 or 2 */
};

/* What a strip carries from one block to the next. All zeros before the first. */
struct mixer_strip_state {
  struct mixer_biquad_state channels[MIXER_CHANNELS_MAX];
};

/* Filters a block, then applies the gain: from `in` to `out`, which do not overlap. */
void mixer_strip_run(const struct mixer_strip *strip, struct mixer_strip_state *state,
                     const float *in, float *out, size_t frames);

/* A mix of one block that is being added up, in double precision, so that it is rounded once. */
struct mixer_sum {
  unsigned channel_count; /* 1 or 2 */
  size_t frames;
  double *samples; /* [frames * channel_count] */
};

/* Starts over with silence. */
void mixer_sum_clear(struct mixer_sum *sum);

/* Adds a block of so many channels. Mono is heard on both sides of a stereo mix; a stereo block
 * cannot be added to a mono mix. */
void mixer_sum_add(struct mixer_sum *sum, const float *block, unsigned channel_count);

/* The first `frames` of it as samples. */
void mixer_sum_round(const struct mixer_sum *sum, float *out, size_t frames);

#endif
