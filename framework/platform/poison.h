/*
 * poison.h: memory that nobody may look at, where an address sanitizer listens (internal).
 *
 * The sanitizer is the program's: this library need not be compiled with one.
 */
#ifndef SYNCHED_PLATFORM_POISON_H
#define SYNCHED_PLATFORM_POISON_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the program has an address sanitizer. Any thread; O(1). */
bool synched__has_poison(void);

/* From now on the sanitizer reports who reads or writes these bytes, this library's own memcpy
 * included; and no more. Nothing without a sanitizer. O(bytes / 8). */
void synched__poison(const void *start, size_t bytes);
void synched__unpoison(const void *start, size_t bytes);

#endif
