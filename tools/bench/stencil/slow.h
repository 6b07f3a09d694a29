/*
 * slow.h: rounds of 64 calls that read their neighbours, one of which is slow.
 */
#ifndef SYNCHED_BENCH_SLOW_H
#define SYNCHED_BENCH_SLOW_H

#include <stdbool.h>
#include <stdint.h>

#define SLOW_SEGMENTS 64u

struct slow_run {
  unsigned workers, rounds_per_barrier;
  /* of a call; the slow one takes ten times as long */
  double unit_ns;
  /* calls sleep so long, as if there were a CPU for each worker; else they compute */
  bool naps;
  double steps_per_ns;
  /* the mean round */
  double round_ns;
  uint64_t checksum;
};

/* 0; or -1: it failed, and has said why on stderr. */
int slow_synched(struct slow_run *run);

#endif
