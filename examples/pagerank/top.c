/*
 * best[] is a heap with the worst of the best on top, until all vertices have been seen: most are
 * turned away by one comparison with it. Then the worst is taken off again and again and put at the
 * end.
 */
#include "top.h"

#include <stdbool.h>

static bool is_worse(const double *ranks, size_t a, size_t b) {
  return ranks[a] != ranks[b] ? ranks[a] < ranks[b] : a > b;
}

/* Puts `vertex` into a heap whose top is free. */
static void sink(size_t *heap, size_t count, const double *ranks, size_t vertex) {
  size_t at = 0;
  for (size_t child; (child = 2 * at + 1) < count; at = child) {
    if (child + 1 < count && is_worse(ranks, heap[child + 1], heap[child]))
      child++;
    if (!is_worse(ranks, heap[child], vertex))
      break;
    heap[at] = heap[child];
  }
  heap[at] = vertex;
}

/* Adds `vertex` to a heap of `count`. */
static void rise(size_t *heap, size_t count, const double *ranks, size_t vertex) {
  size_t at = count;
  for (; at > 0 && is_worse(ranks, vertex, heap[(at - 1) / 2]); at = (at - 1) / 2)
    heap[at] = heap[(at - 1) / 2];
  heap[at] = vertex;
}

size_t pagerank_top(size_t *best, size_t most, const double *ranks, size_t count) {
  const size_t kept = most < count ? most : count;
  for (size_t vertex = 0; vertex < kept; vertex++)
    rise(best, vertex, ranks, vertex);
  for (size_t vertex = kept; kept > 0 && vertex < count; vertex++)
    if (is_worse(ranks, best[0], vertex))
      sink(best, kept, ranks, vertex);
  for (size_t left = kept; left > 1; left--) {
    const size_t worst = best[0];
    sink(best, left - 1, ranks, best[left - 1]);
    best[left - 1] = worst;
  }
  return kept;
}
