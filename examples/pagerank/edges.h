/*
 * edges.h: a graph as a list of edges, in the order in which they were read or sorted.
 */
#ifndef PAGERANK_EDGES_H
#define PAGERANK_EDGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pagerank_edge {
  uint64_t from, to; /* vertex numbers as read; indices once they are dense */
};

/* All zeros is an empty list. */
struct pagerank_edges {
  struct pagerank_edge *list;
  size_t count, capacity;
};

enum pagerank_end { PAGERANK_FROM, PAGERANK_TO };

/* Appends an edge. False when there is no memory for it. */
bool pagerank_edges_add(struct pagerank_edges *edges, uint64_t from, uint64_t to);

/* Sorts by one end; edges that are equal there keep their order. Needs memory for as many edges
 * again; false when there is none, and the list is unchanged. In proportion to the number of
 * edges. */
bool pagerank_edges_sort(struct pagerank_edges *edges, enum pagerank_end end);

/* Frees the list and leaves it empty. */
void pagerank_edges_deinit(struct pagerank_edges *edges);

#endif
