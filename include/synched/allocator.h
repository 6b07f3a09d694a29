/*
 * allocator.h: where the library gets its heap memory from.
 *
 * One allocator serves everything that the library allocates on the heap. It is malloc and free,
 * unless the program sets its own. Two things bypass it. The buffers of a synched_memory are whole
 * pages, mapped from the system, so that each page lies near the worker that first writes it. libuv
 * and hwloc have allocators of their own; libuv's is set with uv_replace_allocator.
 */
#ifndef SYNCHED_ALLOCATOR_H
#define SYNCHED_ALLOCATOR_H

#include <stddef.h>

#include <synched/export.h>

SYNCHED_BEGIN_DECLS

/* Several threads may call the two functions at once: every thread that calls the library, the
 * workers of a pool that is being created, and the thread of synched_monitor_open. The functions
 * must not call the library. */
struct synched_allocator {
  /* Returns `bytes` bytes (1 or more) at a multiple of `alignment` (a power of two, at most 128).
   * They need not be zero. NULL refuses: the call that needed the block returns SYNCHED_ENOMEM. A
   * block that is not so aligned is released at once and counts as refused. */
  void *(*allocate)(size_t bytes, size_t alignment, void *user);
  /* Takes back what allocate returned; `block` is never NULL. */
  void (*release)(void *block, void *user);
  /* Handed to both functions; the library does not look at it. */
  void *user;
};

/* Sets the allocator of the whole process. NULL restores malloc. The struct is copied.
 * Any thread, while no other thread is in a call of the library. Does not block; O(1).
 * Errors: SYNCHED_EINVAL: a function is NULL. SYNCHED_EBUSY: a block of the allocator before is
 * still in use, for a pool, a memory or a job; after fork() the parent's blocks count in the child,
 * too. Nothing changes then. */
SYNCHED_API int synched_set_allocator(const struct synched_allocator *allocator);

SYNCHED_END_DECLS

#endif
