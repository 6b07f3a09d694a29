/*
 * allocator.c: the allocator in force.
 *
 * It only changes while none of its blocks is in use and nobody else is in a call. So whoever gives
 * a block back finds the allocator that it came from, and reads it without a lock.
 *
 *   [blocks-returned]  the last use of the allocator in force, to whoever changes it.
 */
#include "platform/allocator.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <synched/allocator.h>

#include "base/error.h"
#include "platform/atomic.h"

static struct synched_allocator current; /* all NULL: malloc's */
static _Atomic uint64_t block_count;

/* calloc knows which pages are zero already. */
static void *take_from_malloc(size_t bytes, size_t alignment) {
  if (alignment <= _Alignof(max_align_t))
    return calloc(1, bytes);
  void *block = aligned_alloc(alignment, bytes);
  return block == NULL ? NULL : memset(block, 0, bytes);
}

/* A block that is not aligned as asked is refused: in use, it would be a riddle to the program. */
static void *take_from_program(size_t bytes, size_t alignment) {
  void *block = current.allocate(bytes, alignment, current.user);
  if (block == NULL)
    return NULL;
  if ((uintptr_t)block % alignment != 0) {
    current.release(block, current.user);
    return NULL;
  }
  return memset(block, 0, bytes);
}

void *synched__allocator_take(size_t bytes, size_t alignment) {
  void *block = current.allocate != NULL ? take_from_program(bytes, alignment)
                                         : take_from_malloc(bytes, alignment);
  if (block != NULL)
    (void)synched__add_relaxed(&block_count, 1);
  return block;
}

void synched__allocator_give(void *block) {
  if (current.release != NULL)
    current.release(block, current.user);
  else
    free(block);
  /* This is the last use of the allocator. [blocks-returned] release */
  (void)synched__sub_release(&block_count, 1);
}

int synched_set_allocator(const struct synched_allocator *allocator) {
  if (allocator != NULL && (allocator->allocate == NULL || allocator->release == NULL))
    return synched__fail(SYNCHED_EINVAL, "the allocator's %s is NULL",
                         allocator->allocate == NULL ? "allocate" : "release");
  const uint64_t in_use = synched__load_acquire(&block_count); /* [blocks-returned] acquire */
  if (in_use != 0)
    return synched__fail(SYNCHED_EBUSY,
                         "%llu blocks of the allocator in force are still in use; destroy every "
                         "job, memory and pool first",
                         (unsigned long long)in_use);
  current = allocator != NULL ? *allocator : (struct synched_allocator){0};
  return 0;
}
