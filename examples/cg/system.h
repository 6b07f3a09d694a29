/*
 * system.h: the linear equations: a matrix, a right-hand side, and what the solution is checked
 * with.
 */
#ifndef CG_SYSTEM_H
#define CG_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "matrix.h"

struct cg_system {
  struct cg_matrix matrix;
  double *right; /* [row_count] */
  /* [row_count]: what the right-hand side was made of; NULL: nobody knows */
  double *known;
  /* [row_count]: row i and column i of the matrix, and number i of the right-hand side, have been
   * multiplied by this; NULL: they have not. The solution is to be multiplied by it, too. */
  double *scales;
};

/* Takes over the matrix, also when it fails. The right-hand side is ones. 0, to be ended with
 * cg_system_deinit; or -1 and why, and *out is empty. The same of all below, which leave the system
 * as it was when they fail. */
int cg_system_init(struct cg_system *out, struct cg_matrix *matrix, struct example_error *error);

/* Random numbers from -1 to 1 on the right-hand side. */
void cg_system_set_random(struct cg_system *system, uint64_t seed);

/* A right-hand side whose solution is known: random numbers from -1 to 1. */
int cg_system_set_known(struct cg_system *system, uint64_t seed, struct example_error *error);

/* Makes the diagonal one of ones, by a factor for each unknown: which is what Jacobi's
 * preconditioner does. The right-hand side is there. */
int cg_system_scale(struct cg_system *system, struct example_error *error);

/* How well the equations hold. */
struct cg_quality {
  double residual; /* the length of b - A x over that of b, as they were before they were scaled */
  double error;    /* the largest difference from what is known; a NaN: nothing is known */
};

/* Makes the solution of the equations that were given of the one of the scaled ones, in place, and
 * says how good it is. 0; or -1: out of memory. */
int cg_system_finish(const struct cg_system *system, double *solution, struct cg_quality *quality,
                     struct example_error *error);

void cg_system_deinit(struct cg_system *system);

#endif
