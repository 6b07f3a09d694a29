/*
 * stencil.h: stencils, as every contestant computes them: rows, each of which is computed from
 * itself and the two beside it.
 *
 * The arithmetic is that of the examples `heat` and `life`, and a cube of heat; it is compiled once
 * for all contestants.
 */
#ifndef SYNCHED_BENCH_STENCIL_H
#define SYNCHED_BENCH_STENCIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heat/kernel.h"
#include "life/kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

enum stencil_kind {
  /* a square plate of doubles, 5 points */
  STENCIL_HEAT,
  /* a cube of doubles, 7 points; a row is a plane */
  STENCIL_CUBE,
  /* Life on a square torus, 64 cells to a word */
  STENCIL_LIFE
};

struct stencil {
  enum stencil_kind kind;
  size_t side, row_count, row_bytes;
  /* the row after the last one is the first */
  bool wraps;
  struct heat_plate plate;
  struct life_grid grid;
  struct life_kernel kernel;
  /* of life: all of its rows have live cells */
  size_t *counts;
};

/* 0, to be ended with stencil_close; or -1: out of memory. */
int stencil_open(struct stencil *out, enum stencil_kind kind, size_t side);
void stencil_close(struct stencil *stencil);

/* What rows first .. end - 1 are at the start; `now` is where row `first` goes. */
void stencil_start(const struct stencil *stencil, size_t first, size_t end, void *now);

/* Computes rows first .. end - 1 from `old`, where row 0 is; `now` is where row `first` goes. */
void stencil_step(const struct stencil *stencil, const void *old, size_t first, size_t end,
                  void *now);

/* One run. */
struct stencil_run {
  enum stencil_kind kind;
  size_t side;
  unsigned workers;
  /* 0: the library chooses */
  unsigned rounds_per_barrier;
  bool small_pages;
  /* warm_up of them come first, and are not timed */
  uint64_t warm_up, timed;
  /* of the timed rounds */
  double ns;
  uint64_t checksum;
};

/* Runs it. 0; or -1: it failed, and has said why on stderr, unless it was for lack of memory. */
typedef int (*stencil_fn)(struct stencil_run *run);

int stencil_synched(struct stencil_run *run);

/* in the OpenMP modules: loops over the rows with a static schedule; and with tiles of several
 * rounds */
int stencil_omp(struct stencil_run *run);
int stencil_omp_tiles(struct stencil_run *run);

#ifdef __cplusplus
}
#endif

#endif
