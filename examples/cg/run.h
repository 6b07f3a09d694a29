/*
 * run.h: what is to be computed, whoever computes it, and when it is done.
 */
#ifndef CG_RUN_H
#define CG_RUN_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "kernel.h"
#include "system.h"

struct cg_run {
  const struct cg_system *system;
  struct cg_cut cut;
  double first_square; /* r . r before the first round, which is b . b */
  double tolerance;    /* of the length of r, in proportion to that of b */
  uint64_t rounds_max;
};

/* Prepares a run: cuts the rows into at most `segments_max` segments; 0: as many as suit the
 * matrix. The system stays the caller's. */
void cg_run_init(struct cg_run *out, const struct cg_system *system, size_t segments_max);

/* What a round that cannot go on returns instead of 0. */
enum cg_trouble {
  CG_NOT_DEFINITE = 100, /* p . A p is not above 0 */
  CG_NOT_FINITE          /* numbers have left the range */
};

/* Whether a round can go on, by p . A p. 0 or a cg_trouble. */
static inline int cg_look(double product) {
  if (!isfinite(product))
    return CG_NOT_FINITE;
  return product > 0 ? 0 : CG_NOT_DEFINITE;
}

/* Whether r is short enough, by r . r. */
static inline bool cg_is_solved(const struct cg_run *run, double square) {
  return sqrt(square) <= run->tolerance * sqrt(run->first_square);
}

#endif
