/*
 * place.h: how far workers are from each other.
 */
#ifndef SYNCHED_TOPOLOGY_PLACE_H
#define SYNCHED_TOPOLOGY_PLACE_H

#include <synched/topology.h>

/* What two places share at the closest; each step is a longer way for a cache line. */
enum synched__distance {
  SYNCHED__DISTANCE_SAME_CPU = 0,
  SYNCHED__DISTANCE_SAME_CORE,
  SYNCHED__DISTANCE_SAME_CACHE,
  SYNCHED__DISTANCE_SAME_NUMA_NODE,
  SYNCHED__DISTANCE_SAME_PACKAGE,
  SYNCHED__DISTANCE_APART,
  /* With a worker that is bound to nothing: it may be anywhere, so neither near nor far. */
  SYNCHED__DISTANCE_UNKNOWN = SYNCHED__DISTANCE_SAME_NUMA_NODE
};

/* Symmetric. Numbers that are -1 on both sides are not shared. */
unsigned synched__place_distance(const struct synched_place *a, const struct synched_place *b);

/* The order in which worker `self` of n (1 or more) looks at the others, into order[n - 1]: nearest first;
 * equally near ones in a ring from self + 1 on, so that not everybody starts with the same one. */
void synched__plan_steal_order(unsigned *order, const struct synched_place *places, unsigned n,
                               unsigned self);

#endif
