/*
 * pagerank_edges.c: the example pagerank reads lists of edges, the same however they are cut into
 * blocks, and makes a graph of them that has all of them.
 */
#include <string.h>

#include "edges_read.h"
#include "fuzz_source.h"
#include "graph.h"
#include "vertices.h"

static void check_graph(const struct pagerank_edges *edges, size_t vertex_count) {
  struct pagerank_graph graph;
  struct example_error error;
  double degrees = 0;
  size_t dangling = 0;
  FUZZ_CHECK(pagerank_graph_build(&graph, edges, vertex_count, &error) == 0, "%s", error.text);
  FUZZ_CHECK(graph.in_edges[0] == 0 && graph.in_edges[vertex_count] == edges->count,
             "edges are missing");
  for (size_t v = 0; v < vertex_count; v++) {
    FUZZ_CHECK(graph.in_edges[v] <= graph.in_edges[v + 1], "vertex %zu has no range", v);
    degrees += graph.out_degrees[v];
    dangling += graph.out_degrees[v] == 0;
  }
  for (size_t e = 0; e < edges->count; e++)
    FUZZ_CHECK(graph.sources[e] < vertex_count, "edge %zu comes from nowhere", e);
  FUZZ_CHECK(degrees == (double)edges->count && dangling == graph.dangling_count,
             "it counts %zu vertices without edges, and there are %zu", graph.dangling_count,
             dangling);
  pagerank_graph_deinit(&graph);
}

static void check_edges(struct pagerank_edges *edges) {
  struct pagerank_vertices vertices;
  struct example_error error;
  const size_t count = edges->count;
  FUZZ_CHECK(count > 0, "there are no edges");
  FUZZ_CHECK(pagerank_vertices_number(&vertices, edges, &error) == 0, "%s", error.text);
  FUZZ_CHECK(edges->count == count, "edges are lost when they are numbered");
  for (size_t v = 1; v < vertices.count; v++)
    FUZZ_CHECK(vertices.numbers[v - 1] < vertices.numbers[v], "vertices are out of order");
  for (size_t e = 0; e < count; e++)
    FUZZ_CHECK(edges->list[e].from < vertices.count && edges->list[e].to < vertices.count,
               "edge %zu leads nowhere", e);
  check_graph(edges, vertices.count);
  pagerank_vertices_deinit(&vertices);
}

static void check_cut(const uint8_t *data, size_t size, int status, const struct example_error *why,
                      const struct pagerank_edges *edges) {
  struct pagerank_edges cut;
  struct example_source source;
  struct example_error error = {0, ""}, note;
  fuzz_source_open_cut(&source, data, size, 1 + data[size - 1] % 7);
  fuzz_source_check_same(status, why, pagerank_edges_read(&cut, &source, &note, &error), &error);
  example_source_close(&source);
  FUZZ_CHECK(cut.count == edges->count, "%zu edges, and cut %zu", edges->count, cut.count);
  if (cut.count > 0)
    FUZZ_CHECK(memcmp(cut.list, edges->list, cut.count * sizeof *cut.list) == 0, "other edges");
  pagerank_edges_deinit(&cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct pagerank_edges edges;
  struct example_source source;
  struct example_error error = {0, ""}, note;
  fuzz_source_open(&source, data, size);
  const int status = pagerank_edges_read(&edges, &source, &note, &error);
  example_source_close(&source);
  if (fuzz_source_can_cut(data, size))
    check_cut(data, size, status, &error, &edges);
  if (note.text[0] != '\0')
    fuzz_check_raw_line(note.text);
  if (status != 0) {
    fuzz_check_raw_line(error.text);
    FUZZ_CHECK(edges.list == NULL && edges.count == 0, "edges are left of what was refused");
    return 0;
  }
  check_edges(&edges);
  pagerank_edges_deinit(&edges);
  return 0;
}
