/*
 * order.h: in which order the segments of a home range are claimed (internal).
 */
#ifndef SYNCHED_ENGINE_ORDER_H
#define SYNCHED_ENGINE_ORDER_H

#include <stdint.h>

#include "engine/deal.h"
#include "report/record.h"

/* Leader; read by calls of an open round, once they have claimed. */
struct synched__order {
  /* [segment_count] which segment stands at a position; NULL: its own number */
  uint32_t *segments;
  /* [segment_count] what the record said of each when the order was last looked at */
  uint64_t *compute_ns;
  /* the heavy segments stand first; else each stands at its own number */
  bool heavy_first;
  /* they stood first until home ranges were dealt anew */
  bool is_due;
};

/* Makes an order for a job whose segments are timed, and few enough; else leaves it NULL. false: no
 * memory. */
bool synched__order_init(struct synched__order *order, size_t segment_count);
void synched__order_deinit(struct synched__order *order);

/* Before a run: every segment at its own number. */
void synched__order_reset(struct synched__order *order, size_t segment_count);

/* After a round: puts the heavy segments of each home range first, if segments are so uneven and so
 * few that it matters which ones come last. `deal`: of a shape that is dealt. O(segment_count);
 * allocates nothing. */
void synched__order_update(struct synched__order *order, struct synched__shape shape,
                           const struct synched__deal *deal, const struct synched__record *record);

/* Home ranges are other ones now. */
static inline void synched__order_drop(struct synched__order *order) {
  order->is_due = order->heavy_first;
  order->heavy_first = false;
}

/* --- the rule, for who asks how another cut would be dealt, too --- */

/* With more segments than this none of them is a large part of the round. */
#define SYNCHED__ORDERED_SEGMENTS 4096u

/* Weights are told apart in so many steps of the heaviest one; 0 .. SYNCHED__ORDER_STEPS. */
#define SYNCHED__ORDER_STEPS 16u
static inline unsigned synched__order_step(double took_ns, double most_ns) {
  return (unsigned)(took_ns / most_ns * SYNCHED__ORDER_STEPS);
}

/* Whether a round may get longer by an eighth of an even share because the heaviest segment is
 * claimed last, and another order could help: segments are not all alike. */
static inline bool synched__order_matters(uint64_t sum_ns, uint64_t most_ns,
                                          struct synched__shape shape) {
  const uint64_t share_ns = sum_ns / shape.team;
  const uint64_t mean_ns = sum_ns / shape.segment_count;
  return most_ns > share_ns / 8 && most_ns > mean_ns + mean_ns / 4;
}

/* The segment at a position. */
static inline size_t synched__order_at(const struct synched__order *order, size_t position) {
  return order->heavy_first ? order->segments[position] : position;
}

#endif
