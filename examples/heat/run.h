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

/* A band of long rows is up to twice as large to have so many of them: it reads two more. */
#define HEAT_BAND_ROWS ((size_t)4)

/* At the least, so that there are enough bands to share; of one row or more. */
#define HEAT_BANDS_PER_WORKER ((size_t)8)

/* A good number of rows for a band. */
static inline size_t heat_rows_for(const struct heat_plate *plate, unsigned worker_count) {
  const size_t row_bytes = plate->columns * sizeof(double);
  const size_t most = plate->rows / (HEAT_BANDS_PER_WORKER * worker_count);
  const size_t usual = HEAT_BAND_BYTES / row_bytes, more = 2 * HEAT_BAND_BYTES / row_bytes;
  const size_t long_rows = more < HEAT_BAND_ROWS ? more : HEAT_BAND_ROWS;
  const size_t wanted = usual < HEAT_BAND_ROWS ? long_rows : usual;
  const size_t rows = wanted < most ? wanted : most;
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
