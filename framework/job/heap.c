#include "job/heap.h"

#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "platform/alloc.h"

#define CAPACITY_LEAST 8u

int synched__heap_reserve(struct synched__heap *heap, size_t count) {
  if (count <= heap->capacity)
    return 0;
  size_t capacity = heap->capacity == 0 ? CAPACITY_LEAST : heap->capacity;
  while (capacity < count)
    capacity *= 2;
  struct synched__heap_node **nodes = synched__alloc(capacity, sizeof(struct synched__heap_node *));
  if (nodes == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a run queue of %zu jobs", count);
  for (size_t i = 0; i < heap->count; i++)
    nodes[i] = heap->nodes[i];
  synched__free(heap->nodes);
  heap->nodes = nodes;
  heap->capacity = capacity;
  return 0;
}

void synched__heap_free(struct synched__heap *heap) {
  synched__free(heap->nodes);
  *heap = (struct synched__heap){.nodes = NULL};
}

static bool is_before(const struct synched__heap_node *a, const struct synched__heap_node *b) {
  return a->key != b->key ? a->key < b->key : a->ticket < b->ticket;
}

static void place(struct synched__heap *heap, struct synched__heap_node *node, size_t position) {
  heap->nodes[position] = node;
  node->position = position;
}

/* Puts a node where it belongs on the way from `position` to the top. */
static void rise(struct synched__heap *heap, struct synched__heap_node *node, size_t position) {
  while (position > 0 && is_before(node, heap->nodes[(position - 1) / 2])) {
    place(heap, heap->nodes[(position - 1) / 2], position);
    position = (position - 1) / 2;
  }
  place(heap, node, position);
}

/* Puts a node where it belongs on the way from `position` down. */
static void sink(struct synched__heap *heap, struct synched__heap_node *node, size_t position) {
  for (;;) {
    size_t child = 2 * position + 1;
    if (child + 1 < heap->count && is_before(heap->nodes[child + 1], heap->nodes[child]))
      child++;
    if (child >= heap->count || !is_before(heap->nodes[child], node))
      break;
    place(heap, heap->nodes[child], position);
    position = child;
  }
  place(heap, node, position);
}

void synched__heap_add(struct synched__heap *heap, struct synched__heap_node *node, uint64_t key) {
  SYNCHED_ASSERT(node->heap == NULL && heap->count < heap->capacity);
  node->heap = heap;
  node->key = key;
  node->ticket = heap->ticket++;
  rise(heap, node, heap->count++);
}

bool synched__heap_remove(struct synched__heap_node *node) {
  struct synched__heap *heap = node->heap;
  if (heap == NULL)
    return false;
  const size_t position = node->position;
  struct synched__heap_node *last = heap->nodes[--heap->count];
  node->heap = NULL;
  if (last == node)
    return true;
  if (position > 0 && is_before(last, heap->nodes[(position - 1) / 2]))
    rise(heap, last, position);
  else
    sink(heap, last, position);
  return true;
}
