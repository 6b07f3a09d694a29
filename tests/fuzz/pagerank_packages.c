/*
 * pagerank_packages.c: the example pagerank reads packages' records, and makes a graph of them in
 * which no edge is there twice and none leads nowhere.
 */
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "packages_read.h"

static void check_edges(const struct pagerank_edges *edges,
                        const struct pagerank_vertices *vertices) {
  FUZZ_CHECK(vertices->count > 0 && vertices->names != NULL, "there are no packages");
  for (size_t v = 1; v < vertices->count; v++)
    FUZZ_CHECK(strcmp(vertices->names[v - 1], vertices->names[v]) < 0, "names are out of order");
  for (size_t e = 0; e < edges->count; e++) {
    const struct pagerank_edge *edge = &edges->list[e];
    FUZZ_CHECK(edge->from < vertices->count && edge->to < vertices->count, "edge %zu leads nowhere",
               e);
    FUZZ_CHECK(e == 0 || edge[-1].to < edge->to ||
                   (edge[-1].to == edge->to && edge[-1].from < edge->from),
               "edge %zu is out of order, or there twice", e);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct pagerank_edges edges;
  struct pagerank_vertices vertices;
  struct example_error error = {0, ""};
  FILE *file = size == 0 ? NULL : fmemopen((void *)(uintptr_t)data, size, "rb");
  if (file == NULL)
    return 0;
  const int status = pagerank_packages_read(&edges, &vertices, file, &error);
  (void)fclose(file);
  if (status != 0) {
    fuzz_check_raw_line(error.text);
    FUZZ_CHECK(edges.list == NULL && vertices.count == 0, "something is left of what was refused");
    return 0;
  }
  check_edges(&edges, &vertices);
  pagerank_edges_deinit(&edges);
  pagerank_vertices_deinit(&vertices);
  return 0;
}
