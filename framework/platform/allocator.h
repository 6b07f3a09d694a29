/*
 * allocator.h: the process's allocator, which is malloc's or the program's own (synched/allocator.h), and how many of
 * its blocks are in use. For platform/alloc.c; everybody else asks that.
 *
 * Nothing that is kept until the process ends may come from here, or the allocator could never be changed again:
 * such things are static.
 */
#ifndef SYNCHED_PLATFORM_ALLOCATOR_H
#define SYNCHED_PLATFORM_ALLOCATOR_H

#include <stddef.h>

/* `bytes` zeros, 1 or more, at a multiple of `alignment`: max_align_t's or SYNCHED__CACHE_LINE, of which `bytes` is a
 * multiple then. NULL: refused. Any thread. */
void *synched__allocator_take(size_t bytes, size_t alignment);

/* What that gave; not NULL. Any thread. */
void synched__allocator_give(void *block);

#endif
