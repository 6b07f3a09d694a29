/*
 * kernel.h: a round of power iteration, segment by segment.
 *
 * A vertex's rank is the chance to find there somebody who follows edges at random, and in 15 of
 * 100 steps, or where there is no edge to follow, goes on at any vertex (Brin and Page 1998):
 *
 *   rank[v] = (1 - 0.85 + 0.85 * dangling) / vertex_count
 *             + 0.85 * (the sum of rank[u] / out_degree[u] over the edges from u to v)
 *
 * where dangling is the sum of the ranks of the vertices without out-edges.
 */
#ifndef PAGERANK_KERNEL_H
#define PAGERANK_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "graph.h"

#define PAGERANK_DAMPING 0.85
#define PAGERANK_SEGMENTS_MAX ((size_t)512)
#define PAGERANK_ROUNDS_MAX 1000 /* 0.85 to this power is less than a rank's last bit can tell */

struct pagerank_kernel {
  const struct pagerank_graph *graph;
  size_t segment_count;
  size_t *first_vertex; /* [segment_count + 1]; the last is the number of vertices */
  size_t *offsets;      /* [segment_count + 1]: where a segment's numbers begin among all */
  uint32_t *shares;     /* [edge_count]: where what an edge brings lies among all numbers */
};

/* Cuts the graph into segments of about the same cost: at most `segments_max`, which is from 1 to
 * PAGERANK_SEGMENTS_MAX, and none without vertices. The graph stays the caller's. False: out of
 * memory, and *out is empty. */
bool pagerank_kernel_init(struct pagerank_kernel *out, const struct pagerank_graph *graph,
                          size_t segments_max);

/* Into how many segments to cut a graph of this size. How many workers there are is not asked. */
size_t pagerank_kernel_segments(const struct pagerank_graph *graph);

/* How many numbers a segment has. */
size_t pagerank_kernel_capacity(const struct pagerank_kernel *kernel, size_t segment);

/* Writes a segment as it is before the first round: every vertex has the same rank. */
void pagerank_kernel_start(const struct pagerank_kernel *kernel, size_t segment, double *out);

/* Computes a segment from `previous`, all numbers of the last round. Returns by how much its ranks
 * have changed: the sum of the differences' absolute values. */
double pagerank_kernel_step(const struct pagerank_kernel *kernel, const double *previous,
                            size_t segment, double *out);

/* Copies the ranks of all vertices to ranks[vertex_count]. */
void pagerank_kernel_ranks(const struct pagerank_kernel *kernel, const double *numbers,
                           double *ranks);

/* After how many rounds the ranks change by less than this in all, in any graph, if they can: where
 * the tolerance is finer than the numbers, they may never. PAGERANK_ROUNDS_MAX at most. */
uint64_t pagerank_kernel_rounds(double tolerance);

void pagerank_kernel_deinit(struct pagerank_kernel *kernel);

#endif
