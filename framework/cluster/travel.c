#include "cluster/travel.h"

#include "base/assert.h"
#include "platform/alloc.h"

bool synched__travel_init(struct synched__travel *travel, struct synched_segments from) {
  const size_t count = from.count == 0 ? 1 : from.count;
  *travel = (struct synched__travel){.from = from};
  travel->firsts = synched__alloc(count, sizeof *travel->firsts);
  travel->lasts = synched__alloc(count, sizeof *travel->lasts);
  return travel->firsts != NULL && travel->lasts != NULL;
}

void synched__travel_deinit(struct synched__travel *travel) {
  synched__free(travel->firsts);
  synched__free(travel->lasts);
  *travel = (struct synched__travel){{0, 0}, NULL, NULL};
}

static void widen(size_t *width, size_t wanted, size_t most) {
  if (wanted > most)
    wanted = most;
  if (wanted > *width)
    *width = wanted;
}

/* Whether a NEAR segment is among those behind `own`, or before it; with `wraps` it can be both. */
static bool is_behind(const struct synched__reads *reads, size_t own, size_t segment) {
  if (!reads->wraps)
    return segment > own;
  return (segment + reads->segment_count - own) % reads->segment_count <= reads->radius;
}

static bool is_before(const struct synched__reads *reads, size_t own, size_t segment) {
  if (!reads->wraps)
    return segment < own;
  return (own + reads->segment_count - segment) % reads->segment_count <= reads->radius;
}

/* A call of `own` reads `segment`, the index-th of the range. */
static void add_one(struct synched__travel *travel, const struct synched__view_of *view, size_t own,
                    size_t segment, size_t capacity) {
  const struct synched__reads *reads = view->reads;
  const size_t index = segment - travel->from.first;
  const bool is_near = reads->reach == SYNCHED_REACH_NEAR;
  if (view->first == 0 && view->last == 0) {
    widen(&travel->firsts[index], capacity, capacity);
    return;
  }
  if (!is_near || is_behind(reads, own, segment))
    widen(&travel->firsts[index], view->first, capacity);
  if (!is_near || is_before(reads, own, segment))
    widen(&travel->lasts[index], view->last, capacity);
}

/* All of it. */
static void add_all(struct synched__travel *travel, const struct synched__layout *layout) {
  /* Of another field there may be something already, where this one has no elements. */
  for (size_t i = 0; i < travel->from.count; i++) {
    const size_t capacity = layout->capacities[travel->from.first + i];
    widen(&travel->firsts[i], capacity, capacity);
  }
}

void synched__travel_add(struct synched__travel *travel, const struct synched__layout *layout,
                         const struct synched__view_of *view, struct synched_segments to) {
  const struct synched__reads *reads = view->reads;
  const struct synched_segments from = travel->from;
  SYNCHED_ASSERT(reads->segment_count != 0);
  if (to.count == 0)
    return;
  if (reads->reach == SYNCHED_REACH_ALL) {
    add_all(travel, layout);
    return;
  }
  for (size_t own = to.first; own < to.first + to.count; own++) {
    const size_t count = synched__reads_count(reads, own);
    for (size_t i = 0; i < count; i++) {
      const size_t segment = synched__reads_at(reads, own, i);
      if (segment >= from.first && segment - from.first < from.count)
        add_one(travel, view, own, segment, layout->capacities[segment]);
    }
  }
}

/* Puts a piece behind others, or makes the last one longer. */
static size_t append(struct synched_piece *pieces, size_t count, struct synched_piece *last,
                     struct synched_piece piece) {
  if (piece.bytes == 0)
    return count;
  if (count != 0 && (unsigned char *)last->address + last->bytes == piece.address)
    last->bytes += piece.bytes;
  else
    *last = piece, count++;
  if (pieces != NULL)
    pieces[count - 1] = *last;
  return count;
}

size_t synched__travel_pack(const struct synched__travel *travel,
                            const struct synched__layout *layout, unsigned char *data,
                            size_t *counts, struct synched_piece *pieces) {
  const size_t size = layout->element_size;
  struct synched_piece last = {NULL, 0};
  size_t count = 0;
  for (size_t i = 0; i < travel->from.count; i++)
    if (synched__travel_has(travel, i))
      count = append(pieces, count, &last,
                     (struct synched_piece){counts + travel->from.first + i, sizeof *counts});
  for (size_t i = 0; i < travel->from.count; i++) {
    const size_t segment = travel->from.first + i;
    const size_t capacity = layout->capacities[segment];
    unsigned char *start = data + layout->offsets[segment] * size;
    size_t firsts = travel->firsts[i];
    size_t lasts = travel->lasts[i];
    if (firsts + lasts >= capacity && firsts + lasts != 0)
      firsts = capacity, lasts = 0;
    count = append(pieces, count, &last, (struct synched_piece){start, firsts * size});
    count = append(pieces, count, &last,
                   (struct synched_piece){start + (capacity - lasts) * size, lasts * size});
  }
  return count;
}
