/*
 * makespan.c: a round as the engine would deal it: engine/claim.h says which pieces are whose,
 * engine/order.h which come first, engine/execute.c from whom they are stolen.
 *
 * The best schedule would be shorter, where there are few pieces: no thief looks ahead. A worker
 * whose home range is the lighter one takes a piece of another only once its own are done, and the
 * last that is claimed may then be begun by the one who is late.
 */
#include "report/makespan.h"

#include <stdbool.h>

#include "base/assert.h"
#include "engine/order.h"

/* Looks at workers; more would take longer than the answer is worth. */
#define STEPS_MOST 2000000u

_Static_assert(SYNCHED__MAKESPAN_ORDERED == SYNCHED__ORDERED_SEGMENTS, "as in the engine");

static double size_at(const struct synched__pieces *pieces, size_t piece) {
  return pieces->sizes[piece / pieces->cut] / pieces->cut;
}

struct sums {
  double all, largest;
};

static struct sums sums_of(const struct synched__pieces *pieces) {
  struct sums sums = {0.0, 0.0};
  for (size_t i = 0; i < pieces->count; i++) {
    sums.all += pieces->sizes[i];
    if (pieces->sizes[i] > sums.largest)
      sums.largest = pieces->sizes[i];
  }
  sums.largest /= pieces->cut;
  return sums;
}

static double bound(const struct sums *sums, unsigned workers) {
  const double share = sums->all / workers;
  return share > sums->largest ? share : sums->largest;
}

/* Puts the heavy pieces of a range first, equally heavy ones in ascending order. */
static void sort_range(const struct synched__pieces *pieces, double largest,
                       const struct synched__lane *lane, uint32_t *order) {
  size_t at = lane->next;
  for (unsigned step = SYNCHED__ORDER_STEPS + 1; step-- > 0;)
    for (size_t i = lane->next; i < lane->end; i++)
      if (synched__order_step(size_at(pieces, i), largest) == step)
        order[at++] = (uint32_t)i;
}

/* Deals the pieces. Whether they are then to be taken in the order that is in the room. */
static bool deal(const struct synched__pieces *pieces, unsigned workers, const struct sums *sums,
                 const struct synched__makespan_room *room) {
  const size_t count = pieces->count * pieces->cut;
  const struct synched__shape shape = {.segment_count = count, .team = workers};
  const bool heavy_first =
      count >= 3 && count <= SYNCHED__MAKESPAN_ORDERED &&
      synched__order_matters((uint64_t)sums->all, (uint64_t)sums->largest, shape);
  for (unsigned w = 0; w < workers; w++) {
    const struct synched__range range = synched__range_of(shape, w);
    room->lanes[w] = (struct synched__lane){0.0, range.first, range.first + range.count};
    if (heavy_first)
      sort_range(pieces, sums->largest, &room->lanes[w], room->order);
  }
  return heavy_first;
}

/* The next position of its own, or of the nearest who has any. There is one. */
static size_t take(struct synched__lane *lanes, unsigned workers, unsigned self) {
  unsigned from = self;
  for (unsigned k = 1; lanes[from].next == lanes[from].end; k++) {
    const unsigned step = (k + 1) / 2;
    SYNCHED_ASSERT(k < workers);
    from = ((k & 1) != 0 ? self + step : self + workers - step) % workers;
  }
  return lanes[from].next++;
}

static unsigned least_busy(const struct synched__lane *lanes, unsigned workers) {
  unsigned least = 0;
  for (unsigned w = 1; w < workers; w++)
    if (lanes[w].busy_ns < lanes[least].busy_ns)
      least = w;
  return least;
}

double synched__makespan(const struct synched__pieces *pieces, unsigned workers,
                         const struct synched__makespan_room *room) {
  const size_t count = pieces->count * pieces->cut;
  const struct sums sums = sums_of(pieces);
  double most_ns = 0.0;
  if (count > STEPS_MOST / workers)
    return bound(&sums, workers);
  const bool heavy_first = deal(pieces, workers, &sums, room);
  for (size_t i = 0; i < count; i++) {
    const unsigned self = least_busy(room->lanes, workers);
    const size_t position = take(room->lanes, workers, self);
    double *busy_ns = &room->lanes[self].busy_ns;
    *busy_ns += size_at(pieces, heavy_first ? room->order[position] : position);
    most_ns = *busy_ns > most_ns ? *busy_ns : most_ns;
  }
  return most_ns;
}
