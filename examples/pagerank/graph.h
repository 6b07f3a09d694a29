/*
 * graph.h: a graph as ranks are computed from it: for each vertex, where its edges come from.
 */
#ifndef PAGERANK_GRAPH_H
#define PAGERANK_GRAPH_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "edges.h"

struct pagerank_graph {
  size_t vertex_count, edge_count;
  size_t *in_edges;  /* [vertex_count + 1]: the edges to v are in_edges[v] .. in_edges[v + 1] - 1 */
  uint32_t *sources; /* [edge_count]: where each edge comes from */
  double *out_degrees;   /* [vertex_count]: edges from it; as what ranks are divided by */
  size_t dangling_count; /* vertices without any */
};

/* Builds it from dense edges that are sorted by `to`; the order of edges to the same vertex is
 * kept. Edges that are there several times count as often. 0 and *out, to be ended with
 * pagerank_graph_deinit; or -1 and why, and *out is empty. */
int pagerank_graph_build(struct pagerank_graph *out, const struct pagerank_edges *edges,
                         size_t vertex_count, struct example_error *error);

void pagerank_graph_deinit(struct pagerank_graph *graph);

#endif
