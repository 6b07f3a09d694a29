#include "biquad.h"

#include <math.h>

struct mixer_biquad mixer_biquad_through(void) {
  return (struct mixer_biquad){.b0 = 1};
}

struct mixer_biquad mixer_biquad_lowpass(double cutoff_hz, double rate_hz) {
  const double turn = 2 * acos(-1.0);
  const double q = sqrt(0.5);
  const double angle = turn * cutoff_hz / rate_hz; /* a sample's, at the cutoff */
  const double alpha = sin(angle) / (2 * q);
  const double a0 = 1 + alpha;
  const double b1 = (1 - cos(angle)) / a0;
  return (struct mixer_biquad){
      .b0 = b1 / 2, .b1 = b1, .b2 = b1 / 2, .a1 = -2 * cos(angle) / a0, .a2 = (1 - alpha) / a0};
}
