/*
 * place.h: which workers are near each other.
 */
#ifndef SYNCHED_TOPOLOGY_PLACE_H
#define SYNCHED_TOPOLOGY_PLACE_H

#include <synched/topology.h>

/* An order in which neighbours share the most: places of one package stand together, within it
 * those of one NUMA node, then of one cache, then of one core. Below, at or above 0, as for qsort;
 * 0 for two that are bound to nothing. */
int synched__place_order(const struct synched_place *a, const struct synched_place *b);

#endif
