/*
 * kernel.h: conjugate gradients (Hestenes and Stiefel 1952) for A x = b, in three loops a round:
 *
 *   q = A p               and p . q
 *   r = r - alpha q       and r . r                  alpha = (r . r of the round before) / (p . q)
 *   x = x + alpha p,  p = r + beta p                 beta = (r . r) / (r . r of the round before)
 *
 * They begin with x = 0, r = p = b. After each round r is b - A x, but for rounding.
 *
 * The dot products make a round three passes over the rows: each loop needs what all rows have
 * contributed to the one before.
 */
#ifndef CG_KERNEL_H
#define CG_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "matrix.h"

#define CG_SEGMENTS_MAX ((size_t)512)

/* Rows that a call computes: from `first` to the one before `end`. */
struct cg_rows {
  size_t first, end;
};

/* How the rows are dealt to segments. */
struct cg_cut {
  size_t segment_count;
  size_t first_row[CG_SEGMENTS_MAX + 1]; /* the last one is the number of rows */
};

/* Into how many segments to cut a matrix of this size. How many workers there are is not asked. */
size_t cg_cut_count(const struct cg_matrix *matrix);

/* Cuts the rows into segments of about the same cost: at most `segments_max`, which is from 1 to
 * CG_SEGMENTS_MAX, and none without rows. */
void cg_cut_make(struct cg_cut *out, const struct cg_matrix *matrix, size_t segments_max);

static inline struct cg_rows cg_cut_rows(const struct cg_cut *cut, size_t segment) {
  return (struct cg_rows){cut->first_row[segment], cut->first_row[segment + 1]};
}

/* q = A p for these rows; q is where the first of them goes, p the whole. Returns p . q of them. */
double cg_multiply(const struct cg_matrix *matrix, struct cg_rows rows, const double *p, double *q);

/* r = r - alpha q, of `count` rows. Returns r . r of them. */
double cg_reduce(size_t count, double alpha, const double *q, double *r);

/* The two factors of a round. */
struct cg_factors {
  double alpha, beta;
};

/* x = x + alpha p, p = r + beta p, of `count` rows. */
void cg_turn(size_t count, struct cg_factors factors, const double *r, double *x, double *p);

/* r . r of `count` rows, added up in the order of cg_reduce. */
double cg_square(size_t count, const double *r);

#endif
