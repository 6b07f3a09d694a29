/*
 * claim.h: who computes which segment of an open round.
 *
 * Segments are dealt to the first `team` workers in contiguous home ranges. They are even, the
 * first of them getting one more where it does not come out even, unless the shape says that they
 * are dealt otherwise (engine/deal.h). Which workers have any is the same in either case: the
 * first ones, as many as there are segments. Each worker has a cursor: (tag, left), the tag
 * being the low bits of the epoch for which `left` segments of its home range are not claimed yet.
 * Positions in a range are claimed in ascending order, so `left` alone says which is next;
 * engine/order.h says which segment stands there.
 *
 * Nobody resets cursors between rounds. A tag older than the round's means that nobody has claimed
 * in this range yet: whoever comes first, owner or thief, replaces it together with its claim. That
 * is safe for a thread that was held up for any number of rounds:
 *  - A claim on (own epoch, left > 0) can only succeed while that round is open, for the round is
 *    open as long as anything is left; once it has closed, `left` is 0 and stays so under that tag.
 *  - An older tag can be replaced only while the round is open, too: a round that has closed had
 *    all of its segments claimed, so every range that is not empty has at least that tag.
 *  - A newer tag is never replaced: who sees it knows that it is late.
 * The tag has 40 bits: a thread would have to be held up between its load and its exchange for 2^40
 * rounds, days of nothing but empty rounds, exactly, to be fooled.
 *
 * Claims move no data, so their order is relaxed: what a claimed segment needs was released by the
 * gate.
 */
#ifndef SYNCHED_ENGINE_CLAIM_H
#define SYNCHED_ENGINE_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/atomic.h"

#define SYNCHED__LEFT_BITS 24
#define SYNCHED__LEFT_MASK ((UINT64_C(1) << SYNCHED__LEFT_BITS) - 1)
#define SYNCHED__BATCH_MAX 16383u

/* A round's shape, as it stands in an open slot's 64-bit word. */
struct synched__shape {
  /* 24 bits */
  size_t segment_count;
  /* workers with home ranges, 1 or more; 12 bits */
  unsigned team;
  /* home ranges are not even: synched__home_range of engine/open_round.h says what they are; 1
   * bit */
  bool is_dealt;
  /* segments claimed at a time; 14 bits */
  unsigned batch;
  /* every segment on its home worker; 1 bit */
  bool is_static;
  /* workers that are worth waking, 1 or more; 12 bits */
  unsigned wake_count;
};

static inline uint64_t synched__shape_pack(struct synched__shape shape) {
  return (uint64_t)shape.segment_count | (uint64_t)(shape.team - 1) << 24 |
         (uint64_t)shape.is_dealt << 36 | (uint64_t)shape.batch << 37 |
         (uint64_t)shape.is_static << 51 | (uint64_t)(shape.wake_count - 1) << 52;
}

static inline struct synched__shape synched__shape_unpack(uint64_t word) {
  return (struct synched__shape){.segment_count = word & 0xffffff,
                                 .team = (unsigned)(word >> 24 & 0xfff) + 1,
                                 .is_dealt = (word >> 36 & 1) != 0,
                                 .batch = (unsigned)(word >> 37 & 0x3fff),
                                 .is_static = (word >> 51 & 1) != 0,
                                 .wake_count = (unsigned)(word >> 52) + 1};
}

/* Whether it is a tile's, in which strips are claimed (engine/strips.h), and not segments. */
static inline bool synched__shape_is_tile(struct synched__shape shape) {
  return shape.batch == 0;
}

/* How many workers can have a part in it. */
static inline unsigned synched__shape_share(struct synched__shape shape) {
  return shape.segment_count < shape.team ? (unsigned)shape.segment_count : shape.team;
}

struct synched__range {
  size_t first, count;
};

/* The home range of a worker, where they are even. */
static inline struct synched__range synched__range_of(struct synched__shape shape,
                                                      unsigned worker) {
  if (worker >= shape.team)
    return (struct synched__range){0, 0};
  size_t base = shape.segment_count / shape.team;
  size_t extra = shape.segment_count % shape.team;
  size_t index = worker;
  return (struct synched__range){index * base + (index < extra ? index : extra),
                                 base + (index < extra ? 1 : 0)};
}

/* How much of a range lies from position `next` on. */
static inline size_t synched__range_left(struct synched__range range, size_t next) {
  const size_t end = range.first + range.count;
  const size_t from = next > range.first ? next : range.first;
  return from < end ? end - from : 0;
}

static inline uint64_t synched__cursor_pack(uint64_t epoch, size_t left) {
  return epoch << SYNCHED__LEFT_BITS | left;
}

/* What is left in a home range for the round of `epoch`, given its cursor; 0 for one who is
 * late. */
static inline size_t synched__cursor_left(uint64_t cursor, uint64_t epoch, size_t range_count) {
  uint64_t ahead = (cursor & ~SYNCHED__LEFT_MASK) - (epoch << SYNCHED__LEFT_BITS);
  if (ahead == 0)
    return cursor & SYNCHED__LEFT_MASK;
  return (int64_t)ahead > 0 ? 0 : range_count;
}

/* Claims up to `batch` segments of a home range; the claimed ones, count 0 if none were left. */
static inline struct synched__range synched__claim(_Atomic uint64_t *cursor, uint64_t epoch,
                                                   struct synched__range home, size_t batch) {
  uint64_t word = synched__load_relaxed(cursor);
  for (;;) {
    size_t left = synched__cursor_left(word, epoch, home.count);
    size_t count = left < batch ? left : batch;
    if (count == 0 ||
        synched__cas_relaxed(cursor, &word, synched__cursor_pack(epoch, left - count)))
      return (struct synched__range){home.first + (home.count - left), count};
  }
}

#endif
