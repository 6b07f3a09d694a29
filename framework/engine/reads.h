/*
 * reads.h: which segments calls look at, and which segments have to do with each other (internal).
 *
 * A neighbour of a segment is one that it reads, or that reads it, in any stage; and itself. While
 * several rounds run between two barriers, a segment waits for its neighbours only: those that it
 * reads must have written what it reads, and those that read it must have read what it overwrites.
 */
#ifndef SYNCHED_ENGINE_READS_H
#define SYNCHED_ENGINE_READS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <synched/job.h>

/* A set of segments for each segment; fixed. */
struct synched__reads {
  size_t segment_count;
  /* ALL, NEAR (OWN is that with radius 0), or LIST */
  enum synched_reach reach;
  /* NEAR; below segment_count */
  size_t radius;
  bool wraps;
  /* LIST: as in struct synched_reads; each segment's are ascending, and none is there twice */
  size_t *offsets;
  uint32_t *segments;
};

/* Checks a declaration: in a sentence that begins with `where`. SYNCHED_EINVAL, SYNCHED_ERANGE.
 * O(entries). */
int synched__reads_check(const struct synched_reads *given, size_t segment_count,
                         const char *where);

/* Makes a checked declaration the library's own. false: no memory. O(entries). */
bool synched__reads_init(struct synched__reads *reads, const struct synched_reads *given,
                         size_t segment_count);
void synched__reads_deinit(struct synched__reads *reads);

/* Makes the set of those that read each segment. false: no memory. O(entries). */
bool synched__reads_transpose(struct synched__reads *readers, const struct synched__reads *reads);

/* Makes the neighbours of what `count` stages read; none of them reads ALL. false: no memory.
 * O(entries). */
bool synched__reads_join(struct synched__reads *neighbours,
                         const struct synched__reads *const *stages, unsigned count);

/* Of a segment, where it does not read ALL: how many there are, and one of them. */
static inline size_t synched__reads_count(const struct synched__reads *reads, size_t segment) {
  if (reads->reach == SYNCHED_REACH_LIST)
    return reads->offsets[segment + 1] - reads->offsets[segment];
  const size_t radius = reads->radius;
  if (reads->wraps)
    return 2 * radius + 1 < reads->segment_count ? 2 * radius + 1 : reads->segment_count;
  const size_t below = segment < radius ? segment : radius;
  const size_t left = reads->segment_count - 1 - segment;
  return below + 1 + (left < radius ? left : radius);
}

static inline size_t synched__reads_at(const struct synched__reads *reads, size_t segment,
                                       size_t index) {
  if (reads->reach == SYNCHED_REACH_LIST)
    return reads->segments[reads->offsets[segment] + index];
  const size_t radius = reads->radius;
  if (!reads->wraps)
    return (segment < radius ? 0 : segment - radius) + index;
  const size_t at = segment + reads->segment_count - radius + index;
  return at % reads->segment_count;
}

#endif
