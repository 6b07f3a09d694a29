/*
 * mixer_biquad_test.c: the filter's response, measured and calculated, against what a Butterworth
 * filter's is known to be.
 */
#include <criterion/criterion.h>

#include <complex.h>
#include <math.h>

#include "biquad.h"

#define RATE_HZ 48000.0

static const double cutoffs_hz[] = {20, 440, 8000, 12000, 23000};
#define CUTOFFS (sizeof cutoffs_hz / sizeof *cutoffs_hz)

/* Two doubles, rounded to that: a processor may compute with more digits than it keeps. */
static void expect_same(double actual, double expected) {
  cr_assert_eq(actual, expected, "%a instead of %a", actual, expected);
}

/* What is left of a steady signal after a second: samples that are 1, sign, 1, sign ... */
static double settled(double cutoff_hz, double sign) {
  const struct mixer_biquad biquad = mixer_biquad_lowpass(cutoff_hz, RATE_HZ);
  struct mixer_biquad_state state = {0};
  double out = 0;
  for (int i = 0; i < 48000; i++)
    out = mixer_biquad_step(&biquad, &state, i % 2 == 0 ? 1 : sign);
  return out;
}

/* How much is left of a sine of this frequency: the transfer function on the unit circle. */
static double gain_at(const struct mixer_biquad *biquad, double hz) {
  const double complex z = cexp(-I * 2 * acos(-1.0) * hz / RATE_HZ); /* z to the -1 */
  return cabs((biquad->b0 + biquad->b1 * z + biquad->b2 * z * z) /
              (1 + biquad->a1 * z + biquad->a2 * z * z));
}

Test(mixer_biquad, lowpass_constant_passes) {
  for (size_t i = 0; i < CUTOFFS; i++)
    cr_assert_float_eq(settled(cutoffs_hz[i], 1), 1, 1e-9, "cutoff %g Hz", cutoffs_hz[i]);
}

Test(mixer_biquad, lowpass_half_the_rate_vanishes) {
  for (size_t i = 0; i < CUTOFFS; i++)
    cr_assert_float_eq(settled(cutoffs_hz[i], -1), 0, 1e-9, "cutoff %g Hz", cutoffs_hz[i]);
}

/* The analog filter's 1 / sqrt(1 + (f / cutoff)^4), with frequencies bent as the bilinear transform
 * does. */
Test(mixer_biquad, lowpass_response_is_butterworths) {
  const double half_turn = acos(-1.0) / RATE_HZ;
  for (size_t i = 0; i < CUTOFFS; i++) {
    const struct mixer_biquad biquad = mixer_biquad_lowpass(cutoffs_hz[i], RATE_HZ);
    for (int step = 1; step < 48; step++) {
      const double hz = step * RATE_HZ / 96;
      const double ratio = tan(half_turn * hz) / tan(half_turn * cutoffs_hz[i]);
      cr_assert_float_eq(gain_at(&biquad, hz), 1 / sqrt(1 + pow(ratio, 4)), 1e-7,
                         "cutoff %g Hz, at %g Hz", cutoffs_hz[i], hz);
    }
    cr_assert_float_eq(gain_at(&biquad, cutoffs_hz[i]), sqrt(0.5), 1e-9);
  }
}

/* The same by letting a sine through: the coefficients are used as they are meant. */
Test(mixer_biquad, step_sine_at_cutoff_loses_half_its_power) {
  const struct mixer_biquad biquad = mixer_biquad_lowpass(1000, RATE_HZ);
  struct mixer_biquad_state state = {0};
  double power = 0;
  for (int i = 0; i < 2 * 48000; i++) {
    const double out = mixer_biquad_step(&biquad, &state, sin(2 * acos(-1.0) * 1000 * i / RATE_HZ));
    power += i >= 48000 ? out * out / 48000 : 0;
  }
  cr_assert_float_eq(power, 0.25, 1e-9); /* a sine's own is 0.5 */
}

Test(mixer_biquad, step_through_changes_nothing) {
  const struct mixer_biquad biquad = mixer_biquad_through();
  struct mixer_biquad_state state = {0};
  for (int i = -1000; i <= 1000; i++)
    expect_same(mixer_biquad_step(&biquad, &state, i / 777.0), i / 777.0);
}

Test(mixer_biquad, settle_silence_ends_at_zero) {
  const struct mixer_biquad biquad = mixer_biquad_lowpass(200, RATE_HZ);
  struct mixer_biquad_state state = {0};
  mixer_biquad_step(&biquad, &state, 1);
  for (int i = 0; i < 48000; i++) {
    mixer_biquad_step(&biquad, &state, 0);
    mixer_biquad_settle(&state);
  }
  cr_assert_eq(state.first, 0);
  cr_assert_eq(state.second, 0);
}

Test(mixer_biquad, settle_signal_is_left_alone) {
  struct mixer_biquad_state state = {.first = 1e-30, .second = 0};
  mixer_biquad_settle(&state);
  expect_same(state.first, 1e-30);
  state = (struct mixer_biquad_state){.first = 0, .second = -1e-30};
  mixer_biquad_settle(&state);
  expect_same(state.second, -1e-30);
}
