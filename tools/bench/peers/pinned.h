/*
 * pinned.h: threads of one's own, each on a CPU where there is one for it.
 */
#ifndef SYNCHED_BENCH_PINNED_H
#define SYNCHED_BENCH_PINNED_H

#include <pthread.h>
#include <sched.h>

/* Pins the calling thread to the index-th CPU that it may use, if there are `count` of them. */
static inline void pin_to_nth_cpu(unsigned index, unsigned count) {
  cpu_set_t allowed, one;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || (unsigned)CPU_COUNT(&allowed) < count)
    return;
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
    if (CPU_ISSET((size_t)cpu, &allowed) && index-- == 0) {
      CPU_ZERO(&one);
      CPU_SET((size_t)cpu, &one);
      (void)pthread_setaffinity_np(pthread_self(), sizeof one, &one);
      return;
    }
}

#endif
