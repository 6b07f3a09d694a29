/*
 * tally.c: see tally.h.
 */
#include "job/tally.h"

void synched__tally_set(struct synched__tally *tallies, const struct synched_pool *pool,
                        struct synched__shape shape, size_t next) {
  for (unsigned g = 0; g < pool->group_count; g++)
    tallies[g].total = 0;
  for (unsigned w = 0; w < shape.party; w++)
    tallies[pool->workers[w].group].total += synched__range_left(synched__range_of(shape, w), next);
  for (unsigned g = 0; g < pool->group_count; g++)
    synched__store_relaxed(&tallies[g].left, tallies[g].total << SYNCHED__REMAINING_SHIFT);
}
