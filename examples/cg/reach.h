/*
 * reach.h: which segments of rows the rows of each segment are multiplied with.
 */
#ifndef CG_REACH_H
#define CG_REACH_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel.h"
#include "matrix.h"

/* Segment s with segments[offsets[s]] to the one before segments[offsets[s + 1]]. */
struct cg_reach {
  size_t *offsets;
  size_t *segments;
};

/* false: out of memory, and nothing is left. O(entries). */
bool cg_reach_init(struct cg_reach *out, const struct cg_matrix *matrix, const struct cg_cut *cut);
void cg_reach_deinit(struct cg_reach *reach);

#endif
