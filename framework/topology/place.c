#include "topology/place.h"

#include <stdbool.h>

static bool same(int a, int b) {
  return a == b && a != -1;
}

unsigned synched__place_distance(const struct synched_place *a, const struct synched_place *b) {
  if (a->cpu == -1 || b->cpu == -1)
    return SYNCHED__DISTANCE_UNKNOWN;
  if (a->cpu == b->cpu)
    return SYNCHED__DISTANCE_SAME_CPU;
  if (same(a->core, b->core))
    return SYNCHED__DISTANCE_SAME_CORE;
  if (same(a->cache, b->cache))
    return SYNCHED__DISTANCE_SAME_CACHE;
  if (same(a->numa_node, b->numa_node))
    return SYNCHED__DISTANCE_SAME_NUMA_NODE;
  if (same(a->package, b->package))
    return SYNCHED__DISTANCE_SAME_PACKAGE;
  return SYNCHED__DISTANCE_APART;
}

/* A pass over the ring for each distance: a handful of passes, no memory, and stable by itself. */
void synched__plan_steal_order(unsigned *order, const struct synched_place *places, unsigned n,
                               unsigned self) {
  unsigned count = 0;
  for (unsigned distance = 0; distance <= SYNCHED__DISTANCE_APART; distance++)
    for (unsigned step = 1; step < n; step++) {
      unsigned other = (unsigned)(((unsigned long long)self + step) % n);
      if (synched__place_distance(&places[self], &places[other]) == distance)
        order[count++] = other;
    }
}
