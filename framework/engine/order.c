/*
 * order.c: heavy segments first.
 *
 * A round is over when its last segment is, and the one that is claimed last should be a light one:
 * giving out tasks in decreasing order of weight to whoever is free is at most a third longer than
 * the best schedule (Graham 1969), in any order it may be twice as long. The weights are what the
 * segments took since the order was last looked at. They are sorted within each home range, so that
 * segments stay with their workers and what a worker leaves to thieves is the light end.
 *
 * Weights are told apart in sixteen steps of the heaviest one, and equal ones stand in ascending
 * order: so noise does not shuffle them, and neighbours stay neighbours. Which is also a counting
 * sort, with no need of memory.
 */
#include "engine/order.h"

#include <string.h>

#include "platform/alloc.h"

#define STEPS SYNCHED__ORDER_STEPS

bool synched__order_init(struct synched__order *order, size_t segment_count) {
  *order = (struct synched__order){0};
  if (segment_count < 3 || segment_count > SYNCHED__ORDERED_SEGMENTS)
    return true;
  order->segments = synched__alloc_lines(segment_count, sizeof *order->segments);
  order->compute_ns = synched__alloc_lines(segment_count, sizeof *order->compute_ns);
  return order->segments != NULL && order->compute_ns != NULL;
}

void synched__order_deinit(struct synched__order *order) {
  synched__free(order->segments);
  synched__free(order->compute_ns);
}

void synched__order_reset(struct synched__order *order, size_t segment_count) {
  order->heavy_first = order->is_due = false;
  if (order->compute_ns != NULL)
    memset(order->compute_ns, 0, segment_count * sizeof *order->compute_ns);
}

static uint64_t total_of(const struct synched__record *record, size_t segment) {
  return synched__load_relaxed(&record->segments[segment * record->segment_stride].compute_ns);
}

/* What segments took since the last look. */
struct weights {
  uint64_t sum_ns, most_ns;
};

static struct weights weigh(const struct synched__order *order,
                            const struct synched__record *record) {
  struct weights weights = {0, 0};
  for (size_t s = 0; s < record->segment_count; s++) {
    const uint64_t took_ns = total_of(record, s) - order->compute_ns[s];
    weights.sum_ns += took_ns;
    if (took_ns > weights.most_ns)
      weights.most_ns = took_ns;
  }
  return weights;
}

static unsigned step_of(const struct synched__order *order, const struct synched__record *record,
                        size_t segment, uint64_t most_ns) {
  const uint64_t took_ns = total_of(record, segment) - order->compute_ns[segment];
  return synched__order_step((double)took_ns, (double)most_ns);
}

static void sort_range(struct synched__order *order, const struct synched__record *record,
                       struct synched__range range, uint64_t most_ns) {
  size_t begins[STEPS + 2] = {0}; /* where those of each step begin, the heaviest step being 0 */
  const size_t end = range.first + range.count;
  for (size_t s = range.first; s < end; s++)
    begins[STEPS - step_of(order, record, s, most_ns) + 1]++;
  for (unsigned i = 1; i <= STEPS; i++)
    begins[i] += begins[i - 1];
  for (size_t s = range.first; s < end; s++)
    order->segments[range.first + begins[STEPS - step_of(order, record, s, most_ns)]++] =
        (uint32_t)s;
}

void synched__order_update(struct synched__order *order, struct synched__shape shape,
                           const struct synched__deal *deal, const struct synched__record *record) {
  const struct weights weights = weigh(order, record);
  order->heavy_first = synched__order_matters(weights.sum_ns, weights.most_ns, shape);
  for (unsigned w = 0; order->heavy_first && w < shape.team; w++)
    sort_range(order, record, synched__dealt_range(deal, shape, w), weights.most_ns);
  order->is_due = false;
  for (size_t s = 0; s < record->segment_count; s++)
    order->compute_ns[s] = total_of(record, s);
}
