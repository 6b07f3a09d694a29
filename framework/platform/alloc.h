/*
 * alloc.h: memory from the process's allocator (platform/allocator.h), and whole pages from the
 * system.
 *
 * Nothing here is called while rounds run.
 */
#ifndef SYNCHED_PLATFORM_ALLOC_H
#define SYNCHED_PLATFORM_ALLOC_H

#include <stddef.h>

/* Zeroed; NULL where count * size overflows or memory is refused. Ended by synched__free. */
void *synched__alloc(size_t count, size_t size);

/* The same on cache lines of its own (SYNCHED__CACHE_LINE). Ended by synched__free. */
void *synched__alloc_lines(size_t count, size_t size);

/* NULL is allowed. */
void synched__free(void *block);

/* A copy of a text; NULL where memory is refused. Ended by synched__free. */
char *synched__copy_text(const char *text);

/* Whole pages, zero and not touched: each page is placed where it is first written. NULL where they
 * are refused. Ended by synched__unmap with the same size. */
void *synched__map(size_t bytes);

/* The same in huge pages, as far as they fit and the system grants them; the rest is ordinary
 * pages. */
void *synched__map_huge(size_t bytes);

/* As much, or up to the end of the last huge page, where that is little more: what stands over in
 * ordinary pages can be a quarter of a few MiB. */
size_t synched__huge_bytes(size_t bytes);
void synched__unmap(void *block, size_t bytes);

#endif
