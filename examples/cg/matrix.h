/*
 * matrix.h: a symmetric matrix of which most entries are zero, row by row.
 */
#ifndef CG_MATRIX_H
#define CG_MATRIX_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "entries.h"

struct cg_matrix {
  size_t row_count, entry_count;
  size_t *rows;      /* [row_count + 1]: row i has the entries rows[i] .. rows[i + 1] - 1 */
  uint32_t *columns; /* [entry_count]; they ascend within a row */
  double *values;    /* [entry_count] */
};

/* The most points along a side of cg_matrix_make_grid. */
#define CG_SIDE_MAX ((size_t)65535)

/* Makes it of entries, whose order may be changed; those of one place are added up, in their order.
 * Of a pattern, which has no values, it is the Laplacian of the graph, plus the identity: -1 for
 * every edge, in both directions, and a diagonal that is 1 larger than a vertex has edges.
 * 0, to be ended with cg_matrix_deinit; or -1 and why: it is not symmetric; a number on the
 * diagonal is not above 0, which no positive definite matrix has; there is no memory. *out is empty
 * then. */
int cg_matrix_build(struct cg_matrix *out, struct cg_entries *entries, struct example_error *error);

/* Poisson's equation on a square grid of side * side points, with zeros around it: 4 on the
 * diagonal, and -1 for each of a point's neighbours. 0 as above; or -1: out of memory. */
int cg_matrix_make_grid(struct cg_matrix *out, size_t side, struct example_error *error);

void cg_matrix_deinit(struct cg_matrix *matrix);

#endif
