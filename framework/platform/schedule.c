/*
 * schedule.c: scheduling points for tests (see atomic.h).
 *
 * Each thread draws from a generator of its own, whose seed is made of the common seed and the
 * order in which threads first come here. It mostly does nothing, sometimes spins, and rarely gives
 * up its CPU. That spreads threads over each other in ways that a quiet machine does not.
 */
#include "platform/atomic.h"

#if defined(SYNCHED_INTERNAL_TESTING)

#include <sched.h>
#include <time.h>

static _Atomic uint64_t common_seed;
static _Atomic uint64_t thread_count;
static _Thread_local uint64_t state;

void synched__schedule_seed(uint64_t seed) {
  atomic_store_explicit(&common_seed, seed, memory_order_relaxed);
}

static uint64_t draw(uint64_t seed) {
  if (state == 0) {
    uint64_t number = atomic_fetch_add_explicit(&thread_count, 1, memory_order_relaxed);
    state = (seed ^ (number * 0x9e3779b97f4a7c15u)) | 1;
  }
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

void synched__schedule_point(void) {
  uint64_t seed = atomic_load_explicit(&common_seed, memory_order_relaxed);
  if (seed == 0)
    return;
  uint64_t number = draw(seed) >> 20;
  if (number % 4096 == 0) {
    struct timespec nap = {0, 20000};
    (void)nanosleep(&nap, NULL);
  } else if (number % 64 == 0) {
    (void)sched_yield();
  } else if (number % 16 == 0) {
    for (unsigned i = 0; i < (number >> 12) % 64; i++)
      synched__cpu_pause();
  }
}

#else

/* ISO C wants a declaration in every file. */
typedef int synched__schedule_unused;

#endif
