/*
 * The reference that the rounds are compared with. It shares with them the arithmetic of one
 * sample, and nothing of how the work is cut: its blocks have another size, and its filters' states
 * stay where they are.
 */
#include "mix.h"

#include <stdlib.h>

#define BLOCK_FRAMES 1024

/* Room for one block of everything. */
struct desk {
  struct mixer_strip_state *states; /* [input_count] */
  struct mixer_sum sum;
  float block[BLOCK_FRAMES * MIXER_CHANNELS_MAX];
  float strip_out[BLOCK_FRAMES * MIXER_CHANNELS_MAX];
  double sum_samples[BLOCK_FRAMES * MIXER_CHANNELS_MAX];
};

static int mix_block(struct mixer_mix *mix, struct desk *desk, struct mixer_error *error) {
  mixer_sum_clear(&desk->sum);
  for (size_t i = 0; i < mix->input_count; i++) {
    const struct mixer_strip *const strip = &mix->strips[i];
    if (mixer_input_read(&mix->inputs[i], desk->block, desk->sum.frames, error) != 0)
      return -1;
    mixer_strip_run(strip, &desk->states[i], desk->block, desk->strip_out, desk->sum.frames);
    mixer_sum_add(&desk->sum, desk->strip_out, strip->channel_count);
  }
  return 0;
}

static int mix_blocks(struct mixer_mix *mix, struct desk *desk, struct mixer_output *output,
                      const volatile sig_atomic_t *interrupted, struct mixer_error *error) {
  for (uint64_t left = mix->format.frame_count; left > 0; left -= desk->sum.frames) {
    if (*interrupted)
      return 1;
    desk->sum.frames = left < BLOCK_FRAMES ? (size_t)left : BLOCK_FRAMES;
    if (mix_block(mix, desk, error) != 0)
      return -1;
    mixer_sum_round(&desk->sum, desk->block, desk->sum.frames);
    if (mixer_output_write(output, desk->block, desk->sum.frames, error) != 0)
      return -1;
  }
  return 0;
}

int mixer_mix_serially(struct mixer_mix *mix, struct mixer_output *output,
                       const volatile sig_atomic_t *interrupted, struct mixer_error *error) {
  struct desk *const desk = malloc(sizeof *desk);
  struct mixer_strip_state *const states = calloc(mix->input_count, sizeof *states);
  int status;
  if (desk && states) {
    desk->states = states;
    desk->sum = (struct mixer_sum){.channel_count = mix->format.channel_count,
                                   .samples = desk->sum_samples};
    status = mix_blocks(mix, desk, output, interrupted, error);
  } else {
    status = mixer_fail(error, output->name, "out of memory");
  }
  free(states);
  free(desk);
  return status;
}
