/*
 * market.h: matrices and vectors in files of the kind Matrix Market (Boisvert, Pozo and Remington
 * 1996), whoever wrote them.
 */
#ifndef CG_MARKET_H
#define CG_MARKET_H

#include "common/error.h"
#include "common/source.h"
#include "entries.h"

/* Reads a square matrix: coordinate; real, integer or pattern; general or symmetric.
 * 0, to be ended with cg_entries_deinit; or -1 and why, on which line, and *out is empty. */
int cg_market_read_matrix(struct cg_entries *out, struct example_source *source,
                          struct example_error *error);

/* Reads a column of `count` numbers: a matrix of that many rows and one column; array or
 * coordinate, real or integer. 0; or -1 and why, on which line. */
int cg_market_read_vector(double *out, size_t count, struct example_source *source,
                          struct example_error *error);

/* Writes a column of numbers as an array, with all of their digits. The file is there as a whole or
 * not at all. 0; or -1 and why not. */
int cg_market_write_vector(const char *path, const double *numbers, size_t count,
                           struct example_error *error);

#endif
