/*
 * travel.h: which elements go from one rank to another, because calls there read them (internal).
 */
#ifndef SYNCHED_CLUSTER_TRAVEL_H
#define SYNCHED_CLUSTER_TRAVEL_H

#include "engine/reads.h"
#include "memory/layout.h"

#include <synched/cluster.h>

/* What calls read, and how much of each segment. */
struct synched__view_of {
  const struct synched__reads *reads;
  /* of other segments they read only the first so many elements of those behind their own, and the
   * last so many of those before it; both 0: all */
  size_t first, last;
};

/* How much of each segment of a range travels: its first elements and its last ones. */
struct synched__travel {
  struct synched_segments from;
  /* [from.count] */
  size_t *firsts, *lasts;
};

/* false: no memory. */
bool synched__travel_init(struct synched__travel *travel, struct synched_segments from);
void synched__travel_deinit(struct synched__travel *travel);

/* Adds what the calls of the segments `to`, none of which is in travel->from, read there. */
void synched__travel_add(struct synched__travel *travel, const struct synched__layout *layout,
                         const struct synched__view_of *view, struct synched_segments to);

/* Whether anything of a segment travels; it is the index-th of the range. */
static inline bool synched__travel_has(const struct synched__travel *travel, size_t index) {
  return travel->firsts[index] != 0 || travel->lasts[index] != 0;
}

/* The pieces of a message: the counts of what travels, then the elements. Pieces that follow each
 * other in memory are one. Returns how many; `pieces` NULL: only counts them. */
size_t synched__travel_pack(const struct synched__travel *travel,
                            const struct synched__layout *layout, unsigned char *data,
                            size_t *counts, struct synched_piece *pieces);

#endif
