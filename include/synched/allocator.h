/*
 * allocator.h: where the library gets its memory from.
 *
 * Everything that it allocates on the heap goes through one allocator: malloc and free, unless the program sets its
 * own. The buffers of a synched_memory do not: they are whole pages, mapped from the system, so that each page is
 * placed near the worker that first writes it. What libuv and hwloc allocate does not either: libuv has
 * uv_replace_allocator for that.
 */
#ifndef SYNCHED_ALLOCATOR_H
#define SYNCHED_ALLOCATOR_H

#include <stddef.h>

#include <synched/export.h>

SYNCHED_BEGIN_DECLS

/* The two functions may be called on any thread that calls the library, and on the workers of a pool that is being
 * created; on several at once. They must not call the library. */
struct synched_allocator {
  /* `bytes` (1 or more) at a multiple of `alignment` (a power of two, at most 128), not necessarily zeroed;
   * NULL: refused, and the call that needed it returns SYNCHED_ENOMEM. A block that is not so aligned is released
   * at once, and counts as refused. */
  void *(*allocate)(size_t bytes, size_t alignment, void *user);
  /* What allocate gave; never NULL. */
  void (*release)(void *block, void *user);
  void *user;
};

/* Sets the allocator for the whole process; NULL: malloc's again. The struct is copied.
 * Any thread, while no other one is in a call of the library.
 * SYNCHED_EINVAL: a NULL function; SYNCHED_EBUSY: something allocated with the one before is still in use (a
 * pool, a memory, a job; also in a child process after fork(), where its parent's still take their room): then
 * nothing changes. */
SYNCHED_API int synched_set_allocator(const struct synched_allocator *allocator);

SYNCHED_END_DECLS

#endif
