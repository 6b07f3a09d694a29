/*
 * clock.h: time.
 */
#ifndef SYNCHED_PLATFORM_CLOCK_H
#define SYNCHED_PLATFORM_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds of the monotonic clock; some 20 to 30 ns, no system call where the vDSO has it. */
static inline uint64_t synched__clock_ns(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#endif
