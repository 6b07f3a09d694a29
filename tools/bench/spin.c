/*
 * spin.c: work of a known length. In a file of its own, so that no caller's compiler sees that it
 * has no effect.
 */
#include "bench.h"

uint64_t bench_spin(uint64_t steps, uint64_t seed) {
  uint64_t value = seed;
  for (uint64_t i = 0; i < steps; i++)
    value = value * 6364136223846793005u + 1442695040888963407u;
  return value;
}

double bench_steps_per_ns(void) {
  const uint64_t steps = 1000000;
  volatile uint64_t sink = 0;
  double best_ns = 0.0;
  /* The first ones also bring the CPU up to speed; interruptions only make it longer. */
  for (unsigned i = 0; i < 5; i++) {
    double start_ns = bench_now_ns();
    sink = bench_spin(steps, sink + i);
    double took_ns = bench_now_ns() - start_ns;
    if (i == 1 || (i > 1 && took_ns < best_ns))
      best_ns = took_ns;
  }
  return (double)steps / best_ns;
}
