/*
 * top.h: the vertices with the highest ranks.
 */
#ifndef PAGERANK_TOP_H
#define PAGERANK_TOP_H

#include <stddef.h>

/* Fills best[] with the indices of the `most` highest of ranks[count], or of all where there are no
 * more, the highest first, and of equal ones the lowest index first. Returns how many.
 * count * log(most) at most, and mostly little more than count. */
size_t pagerank_top(size_t *best, size_t most, const double *ranks, size_t count);

#endif
