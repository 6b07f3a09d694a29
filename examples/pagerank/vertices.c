/*
 * Vertex numbers can be anywhere in 64 bits, so that no table can be indexed by them, and a search
 * for each end of each edge would miss the caches millions of times. Sorting needs neither: with
 * the edges sorted by one end, the numbers there come in order, and counting the changes numbers
 * them. `from` is replaced so at first by its place among all `from`; then the edges are sorted by
 * `to`, the two ascending sequences are merged, and what the places mean in the merged one is
 * looked up.
 */
#include "vertices.h"

#include <inttypes.h>
#include <stdlib.h>

/* Of edges sorted by `from`: replaces it by its place among the different ones, which are returned,
 * *count of them. NULL: out of memory. */
static uint64_t *place_sources(struct pagerank_edges *edges, size_t *count) {
  struct pagerank_edge *const list = edges->list;
  size_t different = 0;
  for (size_t i = 0; i < edges->count; i++)
    different += i == 0 || list[i].from != list[i - 1].from;
  /* NOLINTNEXTLINE(clang-analyzer-optin.portability.UnixAPI): there is an edge or more */
  uint64_t *const numbers = malloc(different * sizeof *numbers);
  if (!numbers)
    return NULL;
  size_t placed = 0;
  for (size_t i = 0; i < edges->count; i++) {
    if (placed == 0 || list[i].from != numbers[placed - 1])
      numbers[placed++] = list[i].from;
    list[i].from = placed - 1;
  }
  *count = different;
  return numbers;
}

static size_t count_targets(const struct pagerank_edges *edges) {
  size_t different = 0;
  for (size_t i = 0; i < edges->count; i++)
    different += i == 0 || edges->list[i].to != edges->list[i - 1].to;
  return different;
}

/* Merges the numbers of sources and targets into numbers[], and replaces each of them by its index
 * there: sources[] place by place, the targets in the edges. Returns how many there are. */
static size_t merge(uint64_t *numbers, uint64_t *sources, size_t source_count,
                    struct pagerank_edges *edges) {
  size_t count = 0, source = 0, edge = 0;
  while (source < source_count || edge < edges->count) {
    uint64_t next = source < source_count ? sources[source] : edges->list[edge].to;
    if (edge < edges->count && edges->list[edge].to < next)
      next = edges->list[edge].to;
    if (source < source_count && sources[source] == next)
      sources[source++] = count;
    for (; edge < edges->count && edges->list[edge].to == next; edge++)
      edges->list[edge].to = count;
    numbers[count++] = next;
  }
  return count;
}

static int number(struct pagerank_vertices *out, struct pagerank_edges *edges, uint64_t *sources,
                  size_t source_count) {
  if (!pagerank_edges_sort(edges, PAGERANK_TO))
    return -1;
  const size_t most = source_count + count_targets(edges);
  uint64_t *const numbers = malloc(most * sizeof *numbers);
  if (!numbers)
    return -1;
  out->count = merge(numbers, sources, source_count, edges);
  for (size_t i = 0; i < edges->count; i++)
    edges->list[i].from = sources[edges->list[i].from];
  /* NOLINTNEXTLINE(clang-analyzer-optin.portability.UnixAPI): there is an edge or more */
  uint64_t *const fitted = realloc(numbers, out->count * sizeof *numbers);
  out->numbers = fitted ? fitted : numbers;
  return 0;
}

int pagerank_vertices_number(struct pagerank_vertices *out, struct pagerank_edges *edges,
                             struct example_error *error) {
  *out = (struct pagerank_vertices){0};
  uint64_t *sources = NULL;
  size_t source_count = 0;
  if (pagerank_edges_sort(edges, PAGERANK_FROM))
    sources = place_sources(edges, &source_count);
  const int status = sources ? number(out, edges, sources, source_count) : -1;
  free(sources);
  if (status != 0)
    return example_out_of_memory(error);
  if (out->count <= PAGERANK_VERTICES_MAX)
    return 0;
  pagerank_vertices_deinit(out);
  return example_fail(error, 0, "more than %zu vertices", PAGERANK_VERTICES_MAX);
}

void pagerank_vertices_print(const struct pagerank_vertices *vertices, size_t vertex, FILE *file) {
  if (vertices->names)
    fputs(vertices->names[vertex], file);
  else
    fprintf(file, "%" PRIu64, vertices->numbers[vertex]);
}

void pagerank_vertices_deinit(struct pagerank_vertices *vertices) {
  free(vertices->numbers);
  free(vertices->names);
  free(vertices->text);
  *vertices = (struct pagerank_vertices){0};
}
