#include "platform/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "platform/atomic.h"
#include "platform/fault.h"

void *synched__alloc(size_t count, size_t size) {
  if (synched__fault_hit(SYNCHED__FAULT_ALLOCATE))
    return NULL;
  return calloc(count, size);
}

void *synched__alloc_lines(size_t count, size_t size) {
  const size_t line = SYNCHED__CACHE_LINE;
  if (synched__fault_hit(SYNCHED__FAULT_ALLOCATE))
    return NULL;
  if (size != 0 && count > (SIZE_MAX - line) / size)
    return NULL;
  size_t bytes = (count * size + line - 1) / line * line;
  void *block = aligned_alloc(line, bytes == 0 ? line : bytes);
  if (block != NULL)
    memset(block, 0, bytes);
  return block;
}

void synched__free(void *block) {
  free(block);
}

char *synched__copy_text(const char *text) {
  size_t bytes = strlen(text) + 1;
  char *copy = synched__alloc(bytes, 1);
  if (copy != NULL)
    memcpy(copy, text, bytes);
  return copy;
}

void *synched__map(size_t bytes) {
  if (synched__fault_hit(SYNCHED__FAULT_MAP))
    return NULL;
  void *block = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return block == MAP_FAILED ? NULL : block;
}

void synched__unmap(void *block, size_t bytes) {
  if (block != NULL)
    (void)munmap(block, bytes);
}
