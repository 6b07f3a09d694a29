/*
 * search.h: in which order a worker looks at the others for something to steal (internal).
 */
#ifndef SYNCHED_ENGINE_SEARCH_H
#define SYNCHED_ENGINE_SEARCH_H

#include "pool/pool.h"

/* A worker that looks for something to steal does so at so many of the others, before it looks at
 * the gate again. */
#define SYNCHED__VICTIMS_AT_A_TIME 8u

/* A way around all the others, neighbours first, alternately to both sides. */
struct synched__search {
  /* of the last one that was looked at, counted in steps of the way */
  unsigned distance;
  /* since something was found */
  unsigned in_vain;
};

static inline unsigned synched__search_next(const struct synched__worker *self,
                                            struct synched__search *search) {
  const struct synched_pool *pool = self->pool;
  const unsigned count = pool->worker_count;
  const unsigned rank = self->rank;
  const unsigned k = search->distance = search->distance % (count - 1) + 1;
  const unsigned step = (k + 1) / 2;
  const unsigned position = (k & 1) != 0 ? rank + step : rank + count - step;
  return pool->ring[position % count];
}
#endif
