#include "graph.h"

#include <stdlib.h>

static void fill(struct pagerank_graph *graph, const struct pagerank_edges *edges) {
  for (size_t i = 0; i < edges->count; i++) {
    const struct pagerank_edge edge = edges->list[i];
    graph->sources[i] = (uint32_t)edge.from;
    graph->in_edges[edge.to + 1] = i + 1; /* of several, the last one's stays */
    graph->out_degrees[edge.from] += 1;
  }
  /* Where a vertex without edges to it was passed over, its range is empty. */
  for (size_t v = 0; v < graph->vertex_count; v++) {
    if (graph->in_edges[v + 1] == 0)
      graph->in_edges[v + 1] = graph->in_edges[v];
    graph->dangling_count += graph->out_degrees[v] == 0;
  }
}

int pagerank_graph_build(struct pagerank_graph *out, const struct pagerank_edges *edges,
                         size_t vertex_count, struct example_error *error) {
  *out = (struct pagerank_graph){
      .vertex_count = vertex_count,
      .edge_count = edges->count,
      .in_edges = calloc(vertex_count + 1, sizeof *out->in_edges),
      .sources = calloc(edges->count, sizeof *out->sources),
      .out_degrees = calloc(vertex_count, sizeof *out->out_degrees),
  };
  if (!out->in_edges || !out->sources || !out->out_degrees) {
    pagerank_graph_deinit(out);
    return example_out_of_memory(error);
  }
  fill(out, edges);
  return 0;
}

void pagerank_graph_deinit(struct pagerank_graph *graph) {
  free(graph->in_edges);
  free(graph->sources);
  free(graph->out_degrees);
  *graph = (struct pagerank_graph){0};
}
