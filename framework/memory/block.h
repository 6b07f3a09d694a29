/*
 * block.h: what the elements of one buffer lie in, the library's or the program's own (internal).
 */
#ifndef SYNCHED_MEMORY_BLOCK_H
#define SYNCHED_MEMORY_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "memory/layout.h"

/* Memories whose buffers are smaller than this are not worth placing page by page. */
#define SYNCHED__PLACED_BYTES 65536u

struct synched__block {
  unsigned char *data;
  /* of the library's: bytes before data */
  size_t stagger;
  /* [segment_count] elements that are valid; writable; on lines of its own */
  size_t *counts;
  /* its pages have been written, so they are where they will stay */
  bool placed;
  /* a sanitizer may have been told that nobody may look at it, which is to be taken back */
  bool poisoned;
  /* the program's: not freed */
  bool is_foreign;
};

/* A memory's blocks: they are where they are as long as the memory. */
struct synched__blocks {
  /* [count] */
  struct synched__block **all;
  unsigned count;
  bool huge_pages;
  /* they are the program's, and the library makes no more of them */
  bool is_fixed;
};

/* Checks the program's own buffers. SYNCHED_EINVAL. */
int synched__blocks_check(const struct synched__layout *layout,
                          const struct synched_memory_options *options, unsigned needed_count);

/* Whether the library makes buffers beside those that are given. */
bool synched__blocks_may_grow(const struct synched_memory_options *options);

/* The alignment that a buffer needs. */
size_t synched__blocks_alignment(const struct synched_memory_options *options);

/* Makes the program's buffers the first blocks. SYNCHED_ENOMEM: some are, and are to be given up by
 * synched__blocks_deinit. */
int synched__blocks_adopt(struct synched__blocks *blocks, const struct synched__layout *layout,
                          const struct synched_memory_options *options);

/* Makes blocks until there are `count`, all zeros and every count at its capacity. Reserves pages,
 * but does not touch them. SYNCHED_ENOMEM: those that there are stay. */
int synched__blocks_grow(struct synched__blocks *blocks, const struct synched__layout *layout,
                         unsigned count);

/* Frees one of the library's, to which nothing refers any more. */
void synched__blocks_drop(struct synched__blocks *blocks, const struct synched__layout *layout,
                          unsigned index);

void synched__blocks_deinit(struct synched__blocks *blocks, const struct synched__layout *layout);

#endif
