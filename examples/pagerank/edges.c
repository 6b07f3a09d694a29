/*
 * Edges are sorted by the digits of one end, the lowest first: each pass counts how many edges have
 * which digit and then moves every edge to its place. That is linear in the number of edges, and it
 * is stable, so that two sorts, by `from` and then by `to`, order by both. Digits in which all
 * edges agree need no pass, so that small vertex numbers cost two passes and only numbers of the
 * full 64 bits cost all six.
 */
#include "edges.h"

#include <stdlib.h>

#include "array.h"

#define DIGIT_BITS 11 /* the counters of a pass stay in the nearest cache */
#define DIGIT_COUNT ((size_t)1 << DIGIT_BITS)

bool pagerank_edges_add(struct pagerank_edges *edges, uint64_t from, uint64_t to) {
  if (edges->count == edges->capacity) {
    struct pagerank_edge *const list =
        pagerank_array_reserve(edges->list, &edges->capacity, edges->count + 1, sizeof *list);
    if (!list)
      return false;
    edges->list = list;
  }
  edges->list[edges->count++] = (struct pagerank_edge){from, to};
  return true;
}

static uint64_t key_of(const struct pagerank_edge *edge, enum pagerank_end end) {
  return end == PAGERANK_FROM ? edge->from : edge->to;
}

static size_t digit_of(const struct pagerank_edge *edge, enum pagerank_end end, unsigned shift) {
  return (size_t)(key_of(edge, end) >> shift) & (DIGIT_COUNT - 1);
}

/* The bits in which not all edges agree. */
static uint64_t differing_bits(const struct pagerank_edges *edges, enum pagerank_end end) {
  uint64_t differing = 0;
  for (size_t i = 1; i < edges->count; i++)
    differing |= key_of(&edges->list[i], end) ^ key_of(&edges->list[0], end);
  return differing;
}

static void sort_digit(const struct pagerank_edges *edges, struct pagerank_edge *sorted,
                       enum pagerank_end end, unsigned shift) {
  size_t places[DIGIT_COUNT] = {0};
  for (size_t i = 0; i < edges->count; i++)
    places[digit_of(&edges->list[i], end, shift)]++;
  size_t place = 0;
  for (size_t digit = 0; digit < DIGIT_COUNT; digit++) {
    const size_t count = places[digit];
    places[digit] = place;
    place += count;
  }
  for (size_t i = 0; i < edges->count; i++)
    sorted[places[digit_of(&edges->list[i], end, shift)]++] = edges->list[i];
}

bool pagerank_edges_sort(struct pagerank_edges *edges, enum pagerank_end end) {
  const uint64_t differing = edges->count > 0 ? differing_bits(edges, end) : 0;
  if (differing == 0)
    return true;
  struct pagerank_edge *other = malloc(edges->count * sizeof *other);
  if (!other)
    return false;
  const size_t count = edges->count;
  for (unsigned shift = 0; shift < 64; shift += DIGIT_BITS) {
    if ((differing >> shift & (DIGIT_COUNT - 1)) == 0)
      continue;
    struct pagerank_edge *const sorted = other;
    sort_digit(edges, sorted, end, shift);
    other = edges->list;
    *edges = (struct pagerank_edges){sorted, count, count};
  }
  free(other);
  return true;
}

void pagerank_edges_deinit(struct pagerank_edges *edges) {
  free(edges->list);
  *edges = (struct pagerank_edges){0};
}
