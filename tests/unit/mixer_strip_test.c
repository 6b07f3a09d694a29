/*
 * mixer_strip_test.c: strips and sums: channels do not touch each other, and how a signal is cut
 * into blocks is not heard.
 */
#include <criterion/criterion.h>

#include <stdint.h>
#include <string.h>

#include "strip.h"

#define FRAMES 1000
#define SAMPLES (FRAMES * 2)

static void make_noise(float *out, size_t count) {
  uint32_t state = 2463534242u;
  for (size_t i = 0; i < count; i++) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    out[i] = (float)(int32_t)state / 2147483648.0f;
  }
}

static struct mixer_strip lowpass(unsigned channel_count) {
  return (struct mixer_strip){mixer_biquad_lowpass(900, 48000), 0.7, channel_count};
}

/* Runs the whole signal in blocks of so many frames. */
static void run_in_blocks(unsigned channel_count, const float *in, float *out, size_t frames) {
  const struct mixer_strip strip = lowpass(channel_count);
  struct mixer_strip_state state = {0};
  for (size_t at = 0; at < FRAMES; at += frames) {
    const size_t now = frames < FRAMES - at ? frames : FRAMES - at;
    mixer_strip_run(&strip, &state, in + at * channel_count, out + at * channel_count, now);
  }
}

Test(mixer_strip, run_any_blocks_give_the_same_bits) {
  static const size_t sizes[] = {1, 3, 480, 999};
  static float in[SAMPLES], whole[SAMPLES], cut[SAMPLES];
  make_noise(in, SAMPLES);
  for (unsigned channels = 1; channels <= 2; channels++) {
    run_in_blocks(channels, in, whole, FRAMES);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
      memset(cut, 0, sizeof cut);
      run_in_blocks(channels, in, cut, sizes[i]);
      cr_assert_arr_eq(whole, cut, (size_t)FRAMES * channels * sizeof *cut,
                       "%u channels in blocks of %zu", channels, sizes[i]);
    }
  }
}

Test(mixer_strip, run_stereo_channels_are_apart) {
  static float left[FRAMES], alone[FRAMES], both[SAMPLES], out[SAMPLES];
  make_noise(left, FRAMES);
  for (size_t i = 0; i < FRAMES; i++)
    both[2 * i] = left[i];
  run_in_blocks(1, left, alone, 100);
  run_in_blocks(2, both, out, 100);
  for (size_t i = 0; i < FRAMES; i++) {
    cr_assert_eq(out[2 * i], alone[i], "left, frame %zu", i);
    cr_assert_eq(out[2 * i + 1], 0, "right, frame %zu", i);
  }
}

Test(mixer_strip, run_gain_multiplies) {
  const struct mixer_strip strip = {mixer_biquad_through(), -2, 1};
  struct mixer_strip_state state = {0};
  const float in[] = {0.25f, -1, 0, 3};
  float out[4];
  mixer_strip_run(&strip, &state, in, out, 4);
  cr_assert_eq(out[0], -0.5f);
  cr_assert_eq(out[1], 2);
  cr_assert_eq(out[2], 0);
  cr_assert_eq(out[3], -6);
}

Test(mixer_strip, sum_mono_is_on_both_sides) {
  double samples[4] = {9, 9, 9, 9};
  struct mixer_sum sum = {.channel_count = 2, .frames = 2, .samples = samples};
  float out[4] = {0};
  mixer_sum_clear(&sum);
  mixer_sum_add(&sum, (const float[]){0.5f, 0.25f}, 1);
  mixer_sum_add(&sum, (const float[]){1, 2, 3, 4}, 2);
  mixer_sum_round(&sum, out, 2);
  cr_assert_eq(out[0], 1.5f);
  cr_assert_eq(out[1], 2.5f);
  cr_assert_eq(out[2], 3.25f);
  cr_assert_eq(out[3], 4.25f);
}

/* In floats, what is added to a million would be rounded away each time. */
Test(mixer_strip, sum_is_rounded_once) {
  double samples[1];
  struct mixer_sum sum = {.channel_count = 1, .frames = 1, .samples = samples};
  float out;
  mixer_sum_clear(&sum);
  mixer_sum_add(&sum, (const float[]){1e6f}, 1);
  for (int i = 0; i < 100; i++)
    mixer_sum_add(&sum, (const float[]){0.01f}, 1);
  mixer_sum_round(&sum, &out, 1);
  cr_assert_eq(out, 1000001.0f);
}
