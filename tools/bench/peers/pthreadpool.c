/*
 * pthreadpool.c: the pthreadpool library: a parallel loop for each round.
 */
#include <pthreadpool.h>
#include <stddef.h>

#include "peer.h"

struct round {
  const struct bench_work *work;
  uint64_t number;
};

static void call(void *context, size_t segment) {
  const struct round *round = context;
  round->work->compute(round->work->user, segment, round->number);
}

int bench_peer_rounds(const struct bench_work *work, const char *contestant) {
  (void)contestant;
  pthreadpool_t pool = pthreadpool_create(work->worker_count);
  if (pool == NULL)
    return -1;
  for (uint64_t number = 1; number <= work->round_count; number++) {
    struct round round = {work, number};
    pthreadpool_parallelize_1d(pool, call, &round, work->segment_count, 0);
    work->complete(work->user, number);
  }
  pthreadpool_destroy(pool);
  return 0;
}
