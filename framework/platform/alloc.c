#include "platform/alloc.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "platform/allocator.h"
#include "platform/atomic.h"
#include "platform/fault.h"

#define HUGE_PAGE ((size_t)2 << 20)

/* At most one part in so many is mapped for nothing to make the last page a huge one. */
#define HUGE_WASTE 16u

/* Blocks of pages that follow each other have different colours: their addresses in pages, modulo
 * this. Where buffers are a power of two apart, the same element of two of them is in the same set
 * of a cache, and of what predicts its way, and each call that reads the one and writes the other
 * loses by that: a plate of 8192 x 8192 doubles a third of its speed. */
#define COLOUR_COUNT 16u
#define COLOURED_BYTES ((size_t)1 << 20)

/* In whole units; NULL where that does not fit into size_t, or is refused. */
static void *take(size_t count, size_t size, size_t unit, size_t alignment) {
  if (synched__fault_hit(SYNCHED__FAULT_ALLOCATE))
    return NULL;
  if (size != 0 && count > (SIZE_MAX - unit) / size)
    return NULL;
  const size_t bytes = (count * size + unit - 1) / unit * unit;
  return synched__allocator_take(bytes != 0 ? bytes : unit, alignment);
}

void *synched__alloc(size_t count, size_t size) {
  return take(count, size, 1, _Alignof(max_align_t));
}

void *synched__alloc_lines(size_t count, size_t size) {
  return take(count, size, SYNCHED__CACHE_LINE, SYNCHED__CACHE_LINE);
}

void synched__free(void *block) {
  if (block != NULL)
    synched__allocator_give(block);
}

char *synched__copy_text(const char *text) {
  size_t bytes = strlen(text) + 1;
  char *copy = synched__alloc(bytes, 1);
  if (copy != NULL)
    memcpy(copy, text, bytes);
  return copy;
}

static size_t page_bytes(void) {
  return (size_t)sysconf(_SC_PAGESIZE);
}

static unsigned char *map_pages(size_t bytes) {
  if (synched__fault_hit(SYNCHED__FAULT_MAP))
    return NULL;
  void *block = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return block == MAP_FAILED ? NULL : block;
}

/* Gives back what stands over on both sides of `bytes` that begin `before` bytes into the block. */
static void *trim(unsigned char *block, size_t block_bytes, size_t before, size_t bytes) {
  const size_t page = page_bytes();
  const size_t used = (bytes + page - 1) / page * page;
  const size_t whole = (block_bytes + page - 1) / page * page;
  if (before != 0)
    (void)munmap(block, before);
  if (before + used < whole)
    (void)munmap(block + before + used, whole - before - used);
  return block + before;
}

void *synched__map(size_t bytes) {
  static _Atomic unsigned next_colour;
  const size_t page = page_bytes(), spare = (COLOUR_COUNT - 1) * page;
  if (bytes < COLOURED_BYTES || bytes > SIZE_MAX - spare - page)
    return map_pages(bytes);
  unsigned char *block = map_pages(bytes + spare);
  if (block == NULL)
    return NULL;
  const unsigned wanted = synched__add_relaxed(&next_colour, 1) % COLOUR_COUNT;
  const size_t found = (uintptr_t)block / page % COLOUR_COUNT;
  const size_t before = (wanted + COLOUR_COUNT - found) % COLOUR_COUNT * page;
  return trim(block, bytes + spare, before, bytes);
}

size_t synched__huge_bytes(size_t bytes) {
  const size_t over = bytes % HUGE_PAGE;
  if (bytes < HUGE_PAGE || over == 0 || bytes > SIZE_MAX - HUGE_PAGE)
    return bytes;
  const size_t waste = HUGE_PAGE - over;
  return waste <= bytes / HUGE_WASTE ? bytes + waste : bytes;
}

void *synched__map_huge(size_t bytes) {
  if (bytes < HUGE_PAGE || bytes > SIZE_MAX - HUGE_PAGE)
    return synched__map(bytes);
  /* The kernel makes huge pages only of what is aligned to them. */
  unsigned char *block = map_pages(bytes + HUGE_PAGE);
  if (block == NULL)
    return NULL;
  const size_t before = (HUGE_PAGE - (uintptr_t)block % HUGE_PAGE) % HUGE_PAGE;
  void *data = trim(block, bytes + HUGE_PAGE, before, bytes);
  /* Refused where the kernel was built without them: ordinary pages do. */
  (void)madvise(data, bytes, MADV_HUGEPAGE);
  return data;
}

void synched__unmap(void *block, size_t bytes) {
  if (block != NULL)
    (void)munmap(block, bytes);
}
