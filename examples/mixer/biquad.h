/*
 * biquad.h: a second-order filter, the smallest that has a resonance, and what it carries from one
 * sample to the next.
 */
#ifndef MIXER_BIQUAD_H
#define MIXER_BIQUAD_H

/* y[n] = b0 x[n] + b1 x[n-1] + b2 x[n-2] - a1 y[n-1] - a2 y[n-2]; a0 has been divided out. */
struct mixer_biquad {
  double b0, b1, b2, a1, a2;
};

/* All zeros before the first sample. */
struct mixer_biquad_state {
  double first, second;
};

/* Lets everything through as it is. */
struct mixer_biquad mixer_biquad_through(void);

/* A low-pass filter: lets what is below `cutoff_hz` through, and takes away 12 dB an octave above
 * it. 0 < cutoff_hz < rate_hz / 2. Q is 1 / sqrt 2, which makes it as flat as can be below (a
 * Butterworth filter), with half the power left at cutoff_hz. Formulas: R. Bristow-Johnson,
 * "Cookbook formulae for audio equalizer biquad filter coefficients". */
struct mixer_biquad mixer_biquad_lowpass(double cutoff_hz, double rate_hz);

/* One sample through the filter. */
static inline double mixer_biquad_step(const struct mixer_biquad *biquad,
                                       struct mixer_biquad_state *state, double sample) {
  /* The transposed second direct form carries two values, not four, and adds like sizes. */
  const double out = biquad->b0 * sample + state->first;
  state->first = biquad->b1 * sample - biquad->a1 * out + state->second;
  state->second = biquad->b2 * sample - biquad->a2 * out;
  return out;
}

/* Sets what has faded to less than any sample can show to 0. In silence the state would go on to
 * numbers so small that a processor takes a hundred times as long for each; here it ends after some
 * thousand samples. */
static inline void mixer_biquad_settle(struct mixer_biquad_state *state) {
  const double faint = 1e-60;
  if (state->first < faint && state->first > -faint && state->second < faint &&
      state->second > -faint)
    state->first = state->second = 0;
}

#endif
