#include "platform/poison.h"

/* The sanitizer's own names, which are there if the program has it. */
/* NOLINTBEGIN(bugprone-reserved-identifier) */
extern void __asan_poison_memory_region(const volatile void *start, size_t bytes)
    __attribute__((weak));
extern void __asan_unpoison_memory_region(const volatile void *start, size_t bytes)
    __attribute__((weak));

bool synched__has_poison(void) {
  return __asan_poison_memory_region != NULL && __asan_unpoison_memory_region != NULL;
}

void synched__poison(const void *start, size_t bytes) {
  if (synched__has_poison())
    __asan_poison_memory_region(start, bytes);
}

void synched__unpoison(const void *start, size_t bytes) {
  if (synched__has_poison())
    __asan_unpoison_memory_region(start, bytes);
}
/* NOLINTEND(bugprone-reserved-identifier) */
