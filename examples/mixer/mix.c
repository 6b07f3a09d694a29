#include "mix.h"

#include <stdlib.h>

#include "common/output.h"

/* Renaming a new file over an input would be harmless for this run and fatal for the next one. */
static int check_output(const struct mixer_options *options, struct mixer_error *error) {
  for (size_t i = 0; i < options->input_count; i++)
    if (example_output_is_input(options->output_path, options->inputs[i].path))
      return mixer_fail(error, example_output_shown(options->output_path),
                        "is input %zu, and cannot be the output too", i + 1);
  return 0;
}

static int check_rate(const struct mixer_mix *mix, size_t i, struct mixer_error *error) {
  const struct mixer_input *const first = &mix->inputs[0], *const input = &mix->inputs[i];
  if (input->rate_hz == first->rate_hz)
    return 0;
  return mixer_fail(error, input->path, "has %u frames per second, and input 1 has %u",
                    input->rate_hz, first->rate_hz);
}

static int make_strip(struct mixer_strip *out, const struct mixer_input_options *options,
                      const struct mixer_input *input, struct mixer_error *error) {
  *out = (struct mixer_strip){.filter = mixer_biquad_through(),
                              .gain = options->gain,
                              .channel_count = input->channel_count};
  if (options->lowpass_hz <= 0)
    return 0;
  if (!(options->lowpass_hz < input->rate_hz / 2.0))
    return mixer_fail(error, input->path,
                      "--lowpass %g Hz is not below half of its sample rate, %u Hz",
                      options->lowpass_hz, input->rate_hz);
  out->filter = mixer_biquad_lowpass(options->lowpass_hz, input->rate_hz);
  return 0;
}

static int add_input(struct mixer_mix *mix, const struct mixer_input_options *options,
                     struct mixer_error *error) {
  const size_t i = mix->input_count;
  struct mixer_input *const input = &mix->inputs[i];
  if (mixer_input_open(input, options->path, error) != 0)
    return -1;
  mix->input_count++;
  if (check_rate(mix, i, error) != 0 || make_strip(&mix->strips[i], options, input, error) != 0)
    return -1;
  mix->format.rate_hz = input->rate_hz;
  if (mix->format.channel_count < input->channel_count)
    mix->format.channel_count = input->channel_count;
  if (mix->format.frame_count < input->frame_count)
    mix->format.frame_count = input->frame_count;
  return 0;
}

int mixer_mix_open(struct mixer_mix *out, const struct mixer_options *options,
                   struct mixer_error *error) {
  *out = (struct mixer_mix){0};
  out->inputs = calloc(options->input_count, sizeof *out->inputs);
  out->strips = calloc(options->input_count, sizeof *out->strips);
  int status = -1;
  if (out->inputs && out->strips)
    status = check_output(options, error);
  else
    mixer_fail(error, options->inputs[0].path, "out of memory");
  for (size_t i = 0; status == 0 && i < options->input_count; i++)
    status = add_input(out, &options->inputs[i], error);
  if (status != 0)
    mixer_mix_close(out);
  return status;
}

void mixer_mix_close(struct mixer_mix *mix) {
  for (size_t i = 0; i < mix->input_count; i++)
    mixer_input_close(&mix->inputs[i]);
  free(mix->inputs);
  free(mix->strips);
  *mix = (struct mixer_mix){0};
}
