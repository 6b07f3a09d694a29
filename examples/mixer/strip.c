#include "strip.h"

#include <string.h>

void mixer_strip_run(const struct mixer_strip *strip, struct mixer_strip_state *state,
                     const float *in, float *out, size_t frames) {
  const unsigned stride = strip->channel_count;
  for (unsigned channel = 0; channel < stride; channel++) {
    struct mixer_biquad_state filter = state->channels[channel];
    for (size_t i = channel; i < frames * stride; i += stride) {
      out[i] = (float)(strip->gain * mixer_biquad_step(&strip->filter, &filter, (double)in[i]));
      /* For each sample, not each block: how the input is cut into blocks must not be heard. */
      mixer_biquad_settle(&filter);
    }
    state->channels[channel] = filter;
  }
}

void mixer_sum_clear(struct mixer_sum *sum) {
  memset(sum->samples, 0, sum->frames * sum->channel_count * sizeof *sum->samples);
}

void mixer_sum_add(struct mixer_sum *sum, const float *block, unsigned channel_count) {
  if (channel_count == sum->channel_count) {
    for (size_t i = 0; i < sum->frames * channel_count; i++)
      sum->samples[i] += (double)block[i];
    return;
  }
  for (size_t i = 0; i < sum->frames; i++) {
    sum->samples[2 * i] += (double)block[i];
    sum->samples[2 * i + 1] += (double)block[i];
  }
}

void mixer_sum_round(const struct mixer_sum *sum, float *out, size_t frames) {
  for (size_t i = 0; i < frames * sum->channel_count; i++)
    out[i] = (float)sum->samples[i];
}
