/*
 * heap.h: a priority queue of things that carry their own place in it (internal).
 *
 * A binary heap: adding, and removing any of them, costs O(log n), looking at the first O(1). Room
 * is reserved beforehand, so that neither can fail. An entry is in one heap at a time, and knows in
 * which.
 */
#ifndef SYNCHED_JOB_HEAP_H
#define SYNCHED_JOB_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct synched__heap;

struct synched__heap_node {
  /* which heap it is in; NULL: in none */
  struct synched__heap *heap;
  /* where in that heap's array */
  size_t position;
  /* the lowest is the first */
  uint64_t key;
  /* of equal keys, the lowest ticket is the first: that node was added first */
  uint64_t ticket;
};

struct synched__heap {
  /* [capacity], of which `count` are in use */
  struct synched__heap_node **nodes;
  size_t count, capacity;
  /* the next node's */
  uint64_t ticket;
};

/* Sees to it that there is room for `count` nodes. SYNCHED_ENOMEM; then nothing has changed. */
int synched__heap_reserve(struct synched__heap *heap, size_t count);
void synched__heap_free(struct synched__heap *heap);

/* Adds a node that is in no heap. */
void synched__heap_add(struct synched__heap *heap, struct synched__heap_node *node, uint64_t key);

/* Takes a node out of the heap that it is in; false: it is in none. */
bool synched__heap_remove(struct synched__heap_node *node);

/* NULL: it is empty. */
static inline struct synched__heap_node *synched__heap_first(const struct synched__heap *heap) {
  return heap->count == 0 ? NULL : heap->nodes[0];
}

#endif
