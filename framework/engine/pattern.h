/*
 * pattern.h: what memory holds that a checked call must not touch (internal).
 *
 * There are two patterns. Zeros are nothing to most calls: no weight, no neighbour, no count. The
 * other one is a lot: 10^83 and more as a double, 10^10 as a float, 81 to 95 as a byte, and odd. So
 * what a call takes from there shows in a sum, a product, a maximum and a minimum, and in what it
 * takes for true. Neither is a NaN, which comparisons swallow. The second one is not the same
 * everywhere, for the difference of two equal numbers would be 0, as of zeros.
 */
#ifndef SYNCHED_ENGINE_PATTERN_H
#define SYNCHED_ENGINE_PATTERN_H

#include <stddef.h>

/* A prime number: elements do not come to the same place in it for long. */
#define SYNCHED__PATTERN_PERIOD 251u
#define SYNCHED__PATTERN_STRIDE 4096u
#define SYNCHED__PATTERN_BYTES (SYNCHED__PATTERN_STRIDE + SYNCHED__PATTERN_PERIOD)

/* Makes pattern 0 or 1, in SYNCHED__PATTERN_BYTES. */
void synched__pattern_make(unsigned char *pattern, unsigned index);

/* What is where depends on the address. */
void synched__pattern_fill(unsigned char *start, size_t bytes, const unsigned char *pattern);

/* The first byte that is not the pattern's; `bytes`: there is none. And the last one. */
size_t synched__pattern_first_other(const unsigned char *start, size_t bytes,
                                    const unsigned char *pattern);
size_t synched__pattern_last_other(const unsigned char *start, size_t bytes,
                                   const unsigned char *pattern);

#endif
