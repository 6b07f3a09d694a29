#include "budget.h"

#include <jansson.h>
#include <malloc.h>
#include <stdlib.h>

static size_t left_bytes;

static void *take(size_t bytes) {
  void *block = bytes > left_bytes ? NULL : malloc(bytes);
  if (block == NULL)
    return NULL;
  const size_t taken = malloc_usable_size(block);
  left_bytes = left_bytes > taken ? left_bytes - taken : 0;
  return block;
}

static void give_back(void *block) {
  if (block == NULL)
    return;
  left_bytes += malloc_usable_size(block);
  free(block);
}

void budget_set(size_t bytes) {
  left_bytes = bytes;
  json_set_alloc_funcs(take, give_back);
}
