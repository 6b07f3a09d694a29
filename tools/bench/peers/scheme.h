/*
 * scheme.h: what the rendering of SynchedMemory's scheme offers beyond rounds of calls.
 */
#ifndef SYNCHED_BENCH_SCHEME_H
#define SYNCHED_BENCH_SCHEME_H

#include "../peer.h"

/* Data that goes through it. */
struct scheme_data {
  size_t segment_bytes;
  /* Fills what a thread is going to write. */
  void (*fill)(void *user, size_t segment, uint64_t round, void *local);
  /* Looks at a thread's copy of everything; 0, or -1: it is wrong. */
  int (*check)(void *user, const void *global, uint64_t round);
};

/* Runs rounds with a thread for each of work->segment_count segments and does not call
 * work->compute. 0, or -1. */
typedef int (*scheme_rounds_fn)(const struct bench_work *work, const struct scheme_data *data);
int scheme_rounds(const struct bench_work *work, const struct scheme_data *data);

#endif
