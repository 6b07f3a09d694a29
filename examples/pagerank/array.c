#include "array.h"

#include <stdint.h>
#include <stdlib.h>

#define LEAST_CAPACITY 1024

void *pagerank_array_reserve(void *array, size_t *capacity, size_t count, size_t element_bytes) {
  if (count <= *capacity)
    return array;
  /* Doubled, so that the copying of all growths together stays in proportion to the end's size. */
  size_t wanted = *capacity > SIZE_MAX / 2 ? SIZE_MAX : *capacity * 2;
  if (wanted < LEAST_CAPACITY)
    wanted = LEAST_CAPACITY;
  if (wanted < count)
    wanted = count;
  if (wanted > SIZE_MAX / element_bytes)
    return NULL;
  void *const moved = realloc(array, wanted * element_bytes);
  if (moved)
    *capacity = wanted;
  return moved;
}
