#include "engine/pattern.h"

#include <stdint.h>
#include <string.h>

void synched__pattern_make(unsigned char *pattern, unsigned index) {
  for (unsigned i = 0; i < SYNCHED__PATTERN_BYTES; i++) {
    const unsigned mixed = i % SYNCHED__PATTERN_PERIOD * 89u % SYNCHED__PATTERN_PERIOD;
    pattern[i] = index == 0 ? 0 : (unsigned char)(0x51u | (mixed & 0x0eu));
  }
}

static inline const unsigned char *pattern_at(const unsigned char *start,
                                              const unsigned char *pattern) {
  return pattern + (uintptr_t)start % SYNCHED__PATTERN_PERIOD;
}

static inline size_t stride(size_t bytes) {
  return bytes < SYNCHED__PATTERN_STRIDE ? bytes : SYNCHED__PATTERN_STRIDE;
}

void synched__pattern_fill(unsigned char *start, size_t bytes, const unsigned char *pattern) {
  for (size_t at = 0; at < bytes; at += SYNCHED__PATTERN_STRIDE)
    memcpy(start + at, pattern_at(start + at, pattern), stride(bytes - at));
}

size_t synched__pattern_first_other(const unsigned char *start, size_t bytes,
                                    const unsigned char *pattern) {
  size_t at = 0;
  while (at < bytes && memcmp(start + at, pattern_at(start + at, pattern), stride(bytes - at)) == 0)
    at += stride(bytes - at);
  while (at < bytes && start[at] == *pattern_at(start + at, pattern))
    at++;
  return at;
}

size_t synched__pattern_last_other(const unsigned char *start, size_t bytes,
                                   const unsigned char *pattern) {
  size_t at = synched__pattern_first_other(start, bytes, pattern) == bytes ? 0 : bytes;
  while (at > 0 && start[at - 1] == *pattern_at(start + at - 1, pattern))
    at--;
  return at == 0 ? bytes : at - 1;
}
