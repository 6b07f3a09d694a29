#include "memory/block.h"

#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "platform/alloc.h"
#include "platform/atomic.h"
#include "platform/poison.h"

/* Of elements the memory knows the size, but not the type: a structure of eight doubles may lie
 * wherever one double may, malloc's arrays among them. So no more is asked for than the widest of
 * C's numbers needs. */
union widest {
  uint64_t integer;
  double floating;
  void *pointer;
};

#define ELEMENT_ALIGNMENT_MAX _Alignof(union widest)

/* Blocks that all begin with a page are trouble for loops that walk along several of them. A load
 * from one block seems to be of what was just stored in another one, for a CPU looks at the lowest
 * twelve bits of an address first; and all of them want the same sets of the nearest cache. So each
 * block begins so much further in its page than the one before, in 32 different places. Cache lines
 * stay whole. */
#define STAGGER_BYTES ((size_t)1152)
#define STAGGER_MOST ((size_t)4096)

static size_t next_stagger(void) {
  static _Atomic uint32_t count;
  return synched__add_relaxed(&count, 1) * STAGGER_BYTES % STAGGER_MOST;
}

size_t synched__blocks_alignment(const struct synched_memory_options *options) {
  if (options->layout == SYNCHED_LAYOUT_PADDED)
    return SYNCHED__CACHE_LINE;
  size_t alignment = 1;
  while (alignment < ELEMENT_ALIGNMENT_MAX && options->element_size % (2 * alignment) == 0)
    alignment *= 2;
  return alignment;
}

/* --- the program's own --- */

bool synched__blocks_may_grow(const struct synched_memory_options *options) {
  return options->buffers == NULL || (options->flags & SYNCHED_MEMORY_MORE_BUFFERS) != 0;
}

static int check_address(const struct synched_memory_options *options, size_t bytes,
                         unsigned index) {
  const uintptr_t address = (uintptr_t)options->buffers[index];
  const size_t alignment = synched__blocks_alignment(options);
  if (address == 0)
    return synched__fail(SYNCHED_EINVAL, "buffers[%u] is NULL", index);
  if (address % alignment != 0)
    return synched__fail(SYNCHED_EINVAL,
                         "buffers[%u] is at %#llx; elements of %zu bytes%s need a multiple of %zu",
                         index, (unsigned long long)address, options->element_size,
                         options->layout == SYNCHED_LAYOUT_PADDED ? ", padded," : "", alignment);
  if (address > UINTPTR_MAX - bytes)
    return synched__fail(SYNCHED_EINVAL,
                         "buffers[%u] is at %#llx; there are no %zu bytes from there on", index,
                         (unsigned long long)address, bytes);
  return 0;
}

static int check_overlap(const struct synched_memory_options *options, size_t bytes, unsigned a,
                         unsigned b) {
  const uintptr_t first = (uintptr_t)options->buffers[a];
  const uintptr_t second = (uintptr_t)options->buffers[b];
  const uintptr_t distance = first < second ? second - first : first - second;
  if (distance >= bytes)
    return 0;
  return synched__fail(SYNCHED_EINVAL,
                       "buffers[%u] and buffers[%u] overlap: they begin %zu bytes apart, and each "
                       "needs %zu",
                       a, b, (size_t)distance, bytes);
}

int synched__blocks_check(const struct synched__layout *layout,
                          const struct synched_memory_options *options, unsigned needed_count) {
  const unsigned count = options->buffer_count;
  if (options->buffers == NULL) {
    const bool wants_more = (options->flags & SYNCHED_MEMORY_MORE_BUFFERS) != 0;
    if (count == 0 && options->buffer_bytes == 0 && !wants_more)
      return 0;
    return synched__fail(SYNCHED_EINVAL, "%s is given, but buffers is NULL",
                         count != 0   ? "buffer_count"
                         : wants_more ? "MORE_BUFFERS"
                                      : "buffer_bytes");
  }
  if (count < needed_count && (count == 0 || !synched__blocks_may_grow(options)))
    return synched__fail(SYNCHED_EINVAL, "buffer_count is %u; with %u leases a memory needs %u",
                         count, options->lease_count, needed_count);
  if (count > SYNCHED_LEASES_MAX + 3)
    return synched__fail(SYNCHED_ERANGE, "buffer_count is %u; at most %u", count,
                         SYNCHED_LEASES_MAX + 3);
  if (options->buffer_bytes < layout->data_bytes)
    return synched__fail(SYNCHED_EINVAL, "buffer_bytes is %zu; %zu segments need %zu bytes",
                         options->buffer_bytes, layout->segment_count, layout->data_bytes);
  int status = 0;
  for (unsigned b = 0; status == 0 && b < count; b++) {
    status = check_address(options, layout->data_bytes, b);
    for (unsigned a = 0; status == 0 && a < b; a++)
      status = check_overlap(options, layout->data_bytes, a, b);
  }
  return status;
}

/* --- making them --- */

/* How many bytes are mapped for a block of the library's. */
static size_t mapped_bytes(const struct synched__blocks *blocks,
                           const struct synched__layout *layout, size_t stagger) {
  const size_t bytes = layout->data_bytes + stagger;
  return blocks->huge_pages ? synched__huge_bytes(bytes) : bytes;
}

/* Sets where its elements lie; NULL: no memory. */
static void map(const struct synched__blocks *blocks, const struct synched__layout *layout,
                struct synched__block *block) {
  block->stagger = layout->data_bytes >= SYNCHED__PLACED_BYTES ? next_stagger() : 0;
  const size_t bytes = mapped_bytes(blocks, layout, block->stagger);
  unsigned char *mapped = blocks->huge_pages ? synched__map_huge(bytes) : synched__map(bytes);
  block->data = mapped == NULL ? NULL : mapped + block->stagger;
}

static void unmap(const struct synched__blocks *blocks, const struct synched__layout *layout,
                  const struct synched__block *block) {
  if (block->is_foreign || block->data == NULL)
    return;
  /* What is mapped here next is not what was poisoned. */
  if (block->poisoned)
    synched__unpoison(block->data, layout->data_bytes);
  synched__unmap(block->data - block->stagger, mapped_bytes(blocks, layout, block->stagger));
}

/* Room for one more, of `data`; NULL: the library makes it. NULL: no memory. */
static struct synched__block *add(struct synched__blocks *blocks,
                                  const struct synched__layout *layout, void *data) {
  struct synched__block *block = synched__alloc(1, sizeof *block);
  if (block == NULL)
    return NULL;
  block->counts = synched__alloc_lines(layout->segment_count, sizeof *block->counts);
  block->is_foreign = data != NULL;
  block->placed = block->is_foreign || layout->data_bytes < SYNCHED__PLACED_BYTES;
  block->data = data;
  if (data == NULL)
    map(blocks, layout, block);
  if (block->counts != NULL && block->data != NULL) {
    memcpy(block->counts, layout->capacities, layout->segment_count * sizeof *block->counts);
    blocks->all[blocks->count++] = block;
    return block;
  }
  unmap(blocks, layout, block);
  synched__free(block->counts);
  synched__free(block);
  return NULL;
}

/* Makes room for `count` addresses of blocks. */
static bool reserve(struct synched__blocks *blocks, unsigned count) {
  struct synched__block **all = synched__alloc(count, sizeof(struct synched__block *));
  if (all == NULL)
    return false;
  for (unsigned b = 0; b < blocks->count; b++)
    all[b] = blocks->all[b];
  synched__free(blocks->all);
  blocks->all = all;
  return true;
}

int synched__blocks_adopt(struct synched__blocks *blocks, const struct synched__layout *layout,
                          const struct synched_memory_options *options) {
  bool complete = reserve(blocks, options->buffer_count);
  for (unsigned b = 0; complete && b < options->buffer_count; b++)
    complete = add(blocks, layout, options->buffers[b]) != NULL;
  return complete ? 0
                  : synched__fail(SYNCHED_ENOMEM, "no memory for the counts of %zu segments",
                                  layout->segment_count);
}

int synched__blocks_grow(struct synched__blocks *blocks, const struct synched__layout *layout,
                         unsigned count) {
  bool complete = count <= blocks->count || reserve(blocks, count);
  while (complete && blocks->count < count)
    complete = add(blocks, layout, NULL) != NULL;
  return complete ? 0
                  : synched__fail(SYNCHED_ENOMEM, "no memory for %u buffers of %zu bytes", count,
                                  layout->data_bytes);
}

static void destroy(const struct synched__blocks *blocks, const struct synched__layout *layout,
                    struct synched__block *block) {
  unmap(blocks, layout, block);
  synched__free(block->counts);
  synched__free(block);
}

void synched__blocks_drop(struct synched__blocks *blocks, const struct synched__layout *layout,
                          unsigned index) {
  destroy(blocks, layout, blocks->all[index]);
  blocks->count--;
  for (unsigned b = index; b < blocks->count; b++)
    blocks->all[b] = blocks->all[b + 1];
}

void synched__blocks_deinit(struct synched__blocks *blocks, const struct synched__layout *layout) {
  for (unsigned b = 0; b < blocks->count; b++)
    destroy(blocks, layout, blocks->all[b]);
  synched__free(blocks->all);
  *blocks =
      (struct synched__blocks){.huge_pages = blocks->huge_pages, .is_fixed = blocks->is_fixed};
}
