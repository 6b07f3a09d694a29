/*
 * histogram.h: how often something took how long, in memory of fixed size (internal).
 *
 * The buckets are log-linear: below 128 ns one per nanosecond, above that 64 to each doubling. So
 * the middle of a bucket is less than 1 % away from everything in it. What takes longer than 137 s
 * counts as that long.
 *
 * Each histogram has one writer at a time. The counts are atomic only so that a report can be made
 * while rounds run; see record.h.
 */
#ifndef SYNCHED_REPORT_HISTOGRAM_H
#define SYNCHED_REPORT_HISTOGRAM_H

#include <stdint.h>

#include "platform/atomic.h"

/* The simulator has coarser ones, for it clears and reads them in each of millions of runs. */
#if !defined(SYNCHED__BUCKET_BITS)
#define SYNCHED__BUCKET_BITS 6u
#endif
#define SYNCHED__BUCKETS_PER_OCTAVE (UINT64_C(1) << SYNCHED__BUCKET_BITS)
#define SYNCHED__BUCKET_COUNT ((38u - SYNCHED__BUCKET_BITS) << SYNCHED__BUCKET_BITS)
#define SYNCHED__BUCKET_MOST_NS ((UINT64_C(1) << 37) - 1)

struct synched__histogram {
  _Atomic uint64_t counts[SYNCHED__BUCKET_COUNT];
  /* Of an array of them, the same bucket would else always be in the same few lines of a cache. */
  uint64_t unused[SYNCHED__CACHE_LINE / sizeof(uint64_t)];
};

static inline unsigned synched__bucket_of(uint64_t ns) {
  if (ns > SYNCHED__BUCKET_MOST_NS)
    ns = SYNCHED__BUCKET_MOST_NS;
  /* Those below the first octave count with it: each of these has a bucket of its own. The highest
   * bit by an exclusive or, in which compilers find the CPU's own operation. */
  const unsigned highest = 63u ^ (unsigned)__builtin_clzll(ns | SYNCHED__BUCKETS_PER_OCTAVE);
  const unsigned shift = highest - SYNCHED__BUCKET_BITS;
  return (shift << SYNCHED__BUCKET_BITS) + (unsigned)(ns >> shift);
}

/* The shortest and the longest time that a bucket counts. */
static inline uint64_t synched__bucket_first_ns(unsigned bucket) {
  if (bucket < UINT64_C(2) * SYNCHED__BUCKETS_PER_OCTAVE)
    return bucket;
  const unsigned shift = (bucket >> SYNCHED__BUCKET_BITS) - 1;
  const uint64_t step = bucket & (SYNCHED__BUCKETS_PER_OCTAVE - 1);
  return (SYNCHED__BUCKETS_PER_OCTAVE + step) << shift;
}

static inline uint64_t synched__bucket_last_ns(unsigned bucket) {
  return synched__bucket_first_ns(bucket + 1) - 1;
}

static inline void synched__histogram_add(struct synched__histogram *histogram, uint64_t ns) {
  _Atomic uint64_t *count = &histogram->counts[synched__bucket_of(ns)];
  synched__store_relaxed(count, synched__load_relaxed(count) + 1);
}

/* Its counts as they are now, which others may go on adding to: to buckets
 * [SYNCHED__BUCKET_COUNT]. */
static inline void synched__histogram_copy(uint64_t *buckets,
                                           const struct synched__histogram *histogram) {
  for (unsigned i = 0; i < SYNCHED__BUCKET_COUNT; i++)
    buckets[i] = synched__load_relaxed(&histogram->counts[i]);
}

/* The middle of the bucket in which this share of all that is counted is reached; 0: nothing is
 * counted. */
uint64_t synched__buckets_quantile_ns(const uint64_t *buckets, double share);

/* Takes back what was added. */
static inline void synched__histogram_remove(struct synched__histogram *histogram, uint64_t ns) {
  _Atomic uint64_t *count = &histogram->counts[synched__bucket_of(ns)];
  synched__store_relaxed(count, synched__load_relaxed(count) - 1);
}

#endif
