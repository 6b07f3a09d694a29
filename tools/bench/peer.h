/*
 * peer.h: rounds as every contestant can do them.
 *
 * Each peer is a module of its own (build/tools/bench-peers/NAME.so), opened in the process that
 * measures it: two OpenMP run-times do not bear each other in one process. A module exports
 * bench_peer_rounds. Who is timed does not look at the clock: the harness does so in `complete`
 * (contestants.c), in the same way for all.
 */
#ifndef SYNCHED_BENCH_PEER_H
#define SYNCHED_BENCH_PEER_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A round: worker_count threads call compute() for every segment; a barrier; complete() once. */
struct bench_work {
  unsigned worker_count;
  size_t segment_count; /* dealt in contiguous ranges, where a contestant deals them itself */
  uint64_t round_count; /* all of them, numbered from 1 */
  void (*compute)(void *user, size_t segment, uint64_t round);
  void (*complete)(void *user, uint64_t round); /* the serial part after the barrier */
  void *user;
  /* so many of the rounds come first and are not timed; 0: timed from the first call on */
  uint64_t warm_up_count;
};

/* Runs them all. `contestant` tells variants apart that share a module. 0, or -1: it failed, and
 * has said why on stderr. */
int bench_peer_rounds(const struct bench_work *work, const char *contestant);

static inline double bench_now_ns(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* The part of worker `index` of `count` when `total` things are dealt in contiguous ranges. */
static inline size_t bench_first_of(size_t total, unsigned index, unsigned count) {
  return total * index / count;
}

#ifdef __cplusplus
}
#endif

#endif
