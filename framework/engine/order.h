/*
 * order.h: in which order the segments of a home range are claimed (internal).
 */
#ifndef SYNCHED_ENGINE_ORDER_H
#define SYNCHED_ENGINE_ORDER_H

#include <stdint.h>

#include "engine/claim.h"
#include "report/record.h"

/* Leader; read by calls of an open round, once they have claimed. */
struct synched__order {
  uint32_t *segments; /* [segment_count] which segment stands at a position; NULL: its own number */
  /* [segment_count] what the record said of each when the order was last looked at */
  uint64_t *compute_ns;
  bool heavy_first; /* else each segment stands at its own number */
};

/* Makes an order for a job whose segments are timed, and few enough; else leaves it NULL. false: no
 * memory. */
bool synched__order_init(struct synched__order *order, size_t segment_count);
void synched__order_deinit(struct synched__order *order);

/* Before a run: every segment at its own number. */
void synched__order_reset(struct synched__order *order, size_t segment_count);

/* After a round: puts the heavy segments of each home range first, if segments are so uneven and so
 * few that it matters which ones come last. O(segment_count); allocates nothing. */
void synched__order_update(struct synched__order *order, struct synched__shape shape,
                           const struct synched__record *record);

/* The segment at a position. */
static inline size_t synched__order_at(const struct synched__order *order, size_t position) {
  return order->heavy_first ? order->segments[position] : position;
}

#endif
