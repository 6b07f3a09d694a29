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
  double tolerance; /* of the length of r, in proportion to that of b */
  uint64_t rounds_max;
};

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

/* Whether r is short enough, by r . r as it is and as it was in the beginning. */
static inline bool cg_is_solved(const struct cg_run *run, double square, double first_square) {
  return sqrt(square) <= run->tolerance * sqrt(first_square);
}

#endif
