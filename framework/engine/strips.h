/*
 * strips.h: who computes which segments for all rounds of a tile (internal).
 *
 * A strip is a run of segments that are claimed together, for all rounds up to the next barrier.
 * Mostly it is one segment; where there are very many, it is some. Strips are numbered through, in
 * the order of their segments, so that each worker's home range is a row of them. A worker has
 * strips next .. end - 1, takes one after the other from one end, and others steal from the other
 * end, half of what is left at a time. Who has stolen some has them in place of its own, and others
 * can steal them from it.
 *
 * The word is as in engine/claim.h, with other parts: (tag, descends, next, end). An older tag
 * means that all of the worker's home range is left. No strip comes back once it is claimed, so if
 * a word is found again as it was, the same strips are left as before, and an exchange on it is
 * right. The tag has 37 bits, of which each tile takes one number.
 */
#ifndef SYNCHED_ENGINE_STRIPS_H
#define SYNCHED_ENGINE_STRIPS_H

#include "engine/claim.h"

#define SYNCHED__STRIP_BITS 13
#define SYNCHED__STRIPS_MOST 8191u
#define SYNCHED__STRIP_TAG_SHIFT (2 * SYNCHED__STRIP_BITS + 1)

/* Strips that a worker has not begun. */
struct synched__strips {
  unsigned next, end;
  /* taken from the end, stolen from the beginning */
  bool descends;
  /* the strip that was taken last; of those of a word, none */
  unsigned taken;
};

/* How the strips of a tile lie. */
struct synched__cut {
  size_t segment_count;
  /* with home ranges: each has at least one segment */
  unsigned team;
  unsigned strip_count;
};

static inline struct synched__cut synched__cut_of(struct synched__shape shape) {
  const bool is_single = shape.segment_count <= SYNCHED__STRIPS_MOST;
  return (struct synched__cut){shape.segment_count, synched__shape_share(shape),
                               is_single ? (unsigned)shape.segment_count : SYNCHED__STRIPS_MOST};
}

/* The segments of a strip; there is at least one. */
static inline struct synched__range synched__strip_range(struct synched__cut cut, unsigned strip) {
  if (cut.strip_count == cut.segment_count)
    return (struct synched__range){strip, 1};
  const uint64_t count = cut.segment_count;
  const size_t first = (size_t)(count * strip / cut.strip_count);
  const size_t behind = (size_t)(count * ((uint64_t)strip + 1) / cut.strip_count);
  return (struct synched__range){first, behind - first};
}

/* The first strip that begins at a segment, or behind it. */
static inline unsigned synched__strip_at(struct synched__cut cut, size_t segment) {
  if (cut.strip_count == cut.segment_count)
    return (unsigned)segment;
  const uint64_t count = cut.segment_count;
  return (unsigned)(((uint64_t)segment * cut.strip_count + count - 1) / count);
}

/* What a worker has at the beginning, given its home range. Neighbours begin at the border that
 * they have in common, two and two, and come to the others' borders at the same time, too. */
static inline struct synched__strips
synched__strips_home(struct synched__cut cut, struct synched__range range, unsigned worker) {
  if (worker >= cut.team)
    return (struct synched__strips){.next = 0};
  return (struct synched__strips){.next = synched__strip_at(cut, range.first),
                                  .end = synched__strip_at(cut, range.first + range.count),
                                  .descends = (worker & 1) == 0 && worker + 1 < cut.team};
}

static inline uint64_t synched__strips_pack(uint64_t epoch, struct synched__strips strips) {
  return epoch << SYNCHED__STRIP_TAG_SHIFT |
         (uint64_t)strips.descends << (2 * SYNCHED__STRIP_BITS) |
         (uint64_t)strips.next << SYNCHED__STRIP_BITS | strips.end;
}

/* What a worker has left in the tile of `epoch`, given its word, and what it had at the beginning;
 * none for one who is late. */
static inline struct synched__strips synched__strips_left(uint64_t word, uint64_t epoch,
                                                          struct synched__strips home) {
  const uint64_t mask = (UINT64_C(1) << SYNCHED__STRIP_TAG_SHIFT) - 1;
  const uint64_t ahead = (word & ~mask) - (epoch << SYNCHED__STRIP_TAG_SHIFT);
  if (ahead != 0 && (int64_t)ahead < 0)
    return home;
  if (ahead != 0)
    return (struct synched__strips){.next = 0};
  return (struct synched__strips){.next = (unsigned)(word >> SYNCHED__STRIP_BITS) &
                                          SYNCHED__STRIPS_MOST,
                                  .end = (unsigned)word & SYNCHED__STRIPS_MOST,
                                  .descends = (word >> (2 * SYNCHED__STRIP_BITS) & 1) != 0};
}

/* Takes the next one of some strips, which are not empty. */
static inline unsigned synched__strips_take(struct synched__strips *strips) {
  strips->taken = strips->descends ? --strips->end : strips->next++;
  return strips->taken;
}

/* Claims the worker's next strip, left->taken, and says what is left then; false: it has none. Who
 * is late gets none, either. */
static inline bool synched__strips_claim(_Atomic uint64_t *word, uint64_t epoch,
                                         struct synched__strips home,
                                         struct synched__strips *left) {
  uint64_t found = synched__load_relaxed(word);
  for (;;) {
    *left = synched__strips_left(found, epoch, home);
    if (left->next == left->end)
      return false;
    (void)synched__strips_take(left);
    if (synched__cas_relaxed(word, &found, synched__strips_pack(epoch, *left)))
      return true;
  }
}

/* Claims half of what another worker has left, in *out, which begins at the end that is farther
 * from it; false: it has none. */
static inline bool synched__strips_steal(_Atomic uint64_t *word, uint64_t epoch,
                                         struct synched__strips home, struct synched__strips *out) {
  uint64_t found = synched__load_relaxed(word);
  for (;;) {
    struct synched__strips left = synched__strips_left(found, epoch, home);
    const unsigned half = (left.end - left.next + 1) / 2;
    if (half == 0)
      return false;
    *out = left;
    out->descends = !left.descends;
    if (left.descends)
      out->end = left.next = left.next + half;
    else
      out->next = left.end = left.end - half;
    if (synched__cas_relaxed(word, &found, synched__strips_pack(epoch, left)))
      return true;
  }
}

#endif
