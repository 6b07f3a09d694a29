/*
 * allocator.h: the process's allocator, and how many of its blocks are in use.
 *
 * It is malloc's or the program's own (synched/allocator.h). Only platform/alloc.c calls this;
 * everybody else calls that.
 *
 * Nothing that is kept until the process ends may come from here, or the allocator could never be
 * changed again: such things are static.
 */
#ifndef SYNCHED_PLATFORM_ALLOCATOR_H
#define SYNCHED_PLATFORM_ALLOCATOR_H

#include <stddef.h>

/* `bytes` zeros, 1 or more, at a multiple of `alignment`, which is max_align_t's or
 * SYNCHED__CACHE_LINE; in the second case `bytes` is a multiple of it, too. NULL: refused. Any
 * thread. */
void *synched__allocator_take(size_t bytes, size_t alignment);

/* Gives back what synched__allocator_take has returned; not NULL. Any thread. */
void synched__allocator_give(void *block);

#endif
