/*
 * group_counter.h: counting out in two levels, for many workers: a combining tree (internal).
 *
 * Each worker that is done with its range takes the line of the job's count, one after the other.
 * Above sixteen workers that would be what a round takes longest for, so then workers that share a
 * cache count on a line of their own, and only the last one of each group goes on to the job's
 * (Yew, Tzeng and Lawrie 1987). A group counts the segments at home with the group's workers,
 * whoever computes them: a thief counts where it stole. The last one also sets the group's count
 * for the next round.
 *
 *   [counted-out]  see part.h.
 */
#ifndef SYNCHED_ENGINE_GROUP_COUNTER_H
#define SYNCHED_ENGINE_GROUP_COUNTER_H

#include <stddef.h>
#include <stdint.h>

#include "engine/claim.h"

/* With more workers than this at home, a job counts in two levels. */
#define SYNCHED__GROUPED_TEAM 16u

/* Where in a count's word the segments stand, above the sum of compute ns. */
#define SYNCHED__REMAINING_SHIFT 32

struct synched__group_counter {
  /* what the group has not counted out: segments << 32 | compute ns */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint64_t left;
  /* how many segments it had when the round was opened; leader */
  uint64_t total;
};

_Static_assert(SYNCHED__SHARE_LINE(struct synched__group_counter, left, total),
               "the last one of a group sets its count without another line");
_Static_assert(sizeof(struct synched__group_counter) == SYNCHED__CACHE_LINE,
               "a group counts on a line of its own");

/* Counts `count` segments of a group out, and the ns they took. Returns what to count out of the
 * job: 0 as long as the group has segments left; else all of its segments << 32, less their ns. */
static inline uint64_t synched__group_count_out(struct synched__group_counter *group, size_t count,
                                                uint64_t ns) {
  const uint64_t change = ((uint64_t)count << SYNCHED__REMAINING_SHIFT) - ns;
  /* [counted-out] release, acquire: the latter by the group's last */
  const uint64_t left = synched__sub_acq_rel(&group->left, change) - change;
  if (left >> SYNCHED__REMAINING_SHIFT != 0)
    return 0;
  /* Released by the count-out that follows, and so on to whoever opens the next round. */
  synched__store_relaxed(&group->left, group->total << SYNCHED__REMAINING_SHIFT);
  return (group->total << SYNCHED__REMAINING_SHIFT) - (left & UINT32_MAX);
}

#endif
