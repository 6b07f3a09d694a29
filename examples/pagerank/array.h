/*
 * array.h: arrays that grow while something is read.
 */
#ifndef PAGERANK_ARRAY_H
#define PAGERANK_ARRAY_H

#include <stddef.h>

/* Makes room for `count` elements of `element_bytes` each: returns the array, moved or not, with
 * *capacity as it is now; or NULL when there is no memory, and the old array is unchanged. */
void *pagerank_array_reserve(void *array, size_t *capacity, size_t count, size_t element_bytes);

#endif
