/*
 * schedule.c: scheduling points for tests (see atomic.h).
 *
 * Each thread draws from a generator of its own, whose seed is made of the common seed and the
 * order in which threads first come here. It mostly does nothing, sometimes spins, and rarely gives
 * up its CPU. That spreads threads over each other in ways that a quiet machine does not.
 *
 * Where others take the CPU for long, the machine spreads threads by itself, and who has very many
 * points before it, as the thread that fills in a report has, would not come to its end: it passes
 * over some, the more the longer that was.
 */
#include "platform/atomic.h"

#if defined(SYNCHED_INTERNAL_TESTING)

#include <sched.h>
#include <stdbool.h>
#include <time.h>

/* A point is passed over for each so many ns that a thread was without a CPU: some ten times as
 * long as points are apart. So a thread loses about as much by giving up its CPU as it loses to
 * others anyway. */
#define PASSED_NS 500

static _Atomic uint64_t common_seed;
static _Atomic uint64_t thread_count;
static _Thread_local uint64_t state;
static _Thread_local int64_t points_to_pass;

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

static int64_t now_ns(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void give_up_cpu(bool sleeps) {
  const struct timespec nap = {0, 20000};
  const int64_t begin_ns = now_ns();
  if (sleeps)
    (void)nanosleep(&nap, NULL);
  else
    (void)sched_yield();
  points_to_pass = (now_ns() - begin_ns) / PASSED_NS;
}

void synched__schedule_point(void) {
  uint64_t seed = atomic_load_explicit(&common_seed, memory_order_relaxed);
  if (seed == 0)
    return;
  uint64_t number = draw(seed) >> 20;
  if (points_to_pass > 0) {
    points_to_pass--;
  } else if (number % 64 == 0) {
    give_up_cpu(number % 4096 == 0);
  } else if (number % 16 == 0) {
    for (unsigned i = 0; i < (number >> 12) % 64; i++)
      synched__cpu_pause();
  }
}

#else

/* ISO C wants a declaration in every file. */
typedef int synched__schedule_unused;

#endif
