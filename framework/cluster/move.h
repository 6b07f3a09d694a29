/*
 * move.h: segments that another rank computes from now on, and their elements (internal).
 */
#ifndef SYNCHED_CLUSTER_MOVE_H
#define SYNCHED_CLUSTER_MOVE_H

#include <stddef.h>
#include <stdint.h>

#include "cluster/cluster.h"
#include "memory/memory.h"

/* What lies where for one field, and is the newest of it. */
struct synched__moved_field {
  const struct synched__layout *layout;
  struct synched__block *block;
};

struct synched__move {
  struct synched_cluster *cluster;
  size_t segment_count;
  /* [rank_count + 1] each: the first segment of each rank, and the number of segments */
  const size_t *before, *after;
  const struct synched__moved_field *fields;
  unsigned field_count;
};

/* Cuts segments into contiguous ranges, whose costs are as even as may be: to firsts[rank_count +
 * 1]. `costs`: [segment_count]. Returns whether that is worth it: the dearest range costs 2 % less
 * than that of the ranges `before`. */
bool synched__ranks_cut(const uint64_t *costs, size_t segment_count, unsigned rank_count,
                        const size_t *before, size_t *firsts);

/* Makes the messages that take each segment from the rank that has it to the one that gets it. A
 * status with a sentence. */
int synched__move_make(struct synched__group *group, const struct synched__move *move);

#endif
