/*
 * run.h: what is to be computed, whoever computes it.
 */
#ifndef HEAT_RUN_H
#define HEAT_RUN_H

#include <stdint.h>

#include "kernel.h"

struct heat_run {
  struct heat_plate plate;
  uint64_t round_count;
  /* of a band, the last one may have fewer; 1 .. plate.rows */
  size_t rows_per_segment;
};

/* Bytes of a band that nobody has asked for. A band and its neighbours, in several rounds of both
 * buffers, stay in a core's own cache then, and a call is long beside what it costs to make it. */
#define HEAT_BAND_BYTES ((size_t)131072)

/* At the least, so that there are enough of them to share; of one row or more. */
#define HEAT_BANDS_PER_WORKER ((size_t)8)

/* A good number of rows for a band. */
static inline size_t heat_rows_for(const struct heat_plate *plate, unsigned worker_count) {
  const size_t by_bytes = HEAT_BAND_BYTES / (plate->columns * sizeof(double));
  const size_t by_count = plate->rows / (HEAT_BANDS_PER_WORKER * worker_count);
  const size_t rows = by_bytes < by_count ? by_bytes : by_count;
  return rows > 0 ? rows : 1;
}

static inline size_t heat_band_count(const struct heat_run *run) {
  return (run->plate.rows - 1) / run->rows_per_segment + 1;
}

static inline struct heat_rows heat_band(const struct heat_run *run, size_t segment) {
  const size_t first = segment * run->rows_per_segment;
  const size_t left = run->plate.rows - first;
  return (struct heat_rows){first,
                            first + (left < run->rows_per_segment ? left : run->rows_per_segment)};
}

#endif
