/*
 * clock.h: time.
 *
 * There are two clocks. synched__clock_ns is the system's monotonic clock. synched__tick_ns counts
 * the same nanoseconds from the CPU's time-stamp counter, where the system itself trusts that
 * counter. It costs a third; and it does not hold up the memory accesses around it, as the system's
 * clock does, which weighs more between two cores.
 *
 * The counter is calibrated once and then left alone. So differences are good to some 50
 * millionths, but over hours it drifts from the system's clock: whoever shows times of day-long
 * jobs anchors both ends (report/record.h).
 */
#ifndef SYNCHED_PLATFORM_CLOCK_H
#define SYNCHED_PLATFORM_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define SYNCHED__NEVER UINT64_MAX /* a time that does not come */
#include <time.h>

/* Nanoseconds of the monotonic clock; some 20 to 30 ns, no system call where the vDSO has it. */
static inline uint64_t synched__clock_ns(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Written once, by the first synched__clock_calibrate, and fixed from then on. */
struct synched__tick_scale {
  /* else ticks are the system clock's nanoseconds */
  bool trusted;
  /* at one moment, */
  uint64_t tick;
  /* the monotonic clock at that moment, */
  uint64_t ns;
  /* times 2^32 */
  uint64_t ns_per_tick;
};

extern struct synched__tick_scale synched__tick_scale;

/* To be called before the first synched__tick_ns that is to be cheap. Takes some milliseconds the
 * first time, nothing after. Any thread. Threads that use the scale are created, or get their work,
 * after it. */
void synched__clock_calibrate(void);

#if defined(__x86_64__)
__extension__ typedef unsigned __int128 synched__u128;
#endif

/* Nanoseconds, about those of the monotonic clock. Two CPUs' may differ by some ns: see
 * synched__span_ns. */
static inline uint64_t synched__tick_ns(void) {
#if defined(__x86_64__)
  const struct synched__tick_scale *scale = &synched__tick_scale;
  if (scale->trusted) {
    uint64_t ticks = __builtin_ia32_rdtsc() - scale->tick;
    return scale->ns + (uint64_t)(((synched__u128)ticks * scale->ns_per_tick) >> 32);
  }
#endif
  return synched__clock_ns();
}

/* How far the monotonic clock is ahead of synched__tick_ns now, to within some 100 ns, also where
 * the system interrupts the thread between two readings. */
int64_t synched__clock_ahead_ns(void);

/* From start to end; 0 where two CPUs' counters make it seem negative. */
static inline uint64_t synched__span_ns(uint64_t start_ns, uint64_t end_ns) {
  return end_ns > start_ns ? end_ns - start_ns : 0;
}

#endif
