/*
 * bits.h: sets of segments that several threads add to (internal).
 *
 * A second set says which words of the first are not 0, so that to go through a set takes a time in
 * proportion to what is in it, and not to how large it could be. Members are added by any thread,
 * relaxed: whoever goes through a set comes after those who have added, by the count of the stage.
 */
#ifndef SYNCHED_ENGINE_BITS_H
#define SYNCHED_ENGINE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/atomic.h"

struct synched__bits {
  _Atomic uint64_t *words;
  /* [of words / 64] a bit for each word that is not 0 */
  _Atomic uint64_t *filled;
  size_t word_count;
};

/* An empty set of numbers below `count`. false: no memory; synched__bits_deinit all the same. */
bool synched__bits_init(struct synched__bits *bits, size_t count);
void synched__bits_deinit(struct synched__bits *bits);

static inline bool synched__bits_has(const struct synched__bits *bits, size_t number) {
  return (synched__load_relaxed(&bits->words[number / 64]) >> number % 64 & 1) != 0;
}

/* Any thread. */
static inline void synched__bits_add(struct synched__bits *bits, size_t number) {
  const size_t word = number / 64;
  if (synched__bits_has(bits, number))
    return;
  if (synched__or_relaxed(&bits->words[word], UINT64_C(1) << number % 64) == 0)
    (void)synched__or_relaxed(&bits->filled[word / 64], UINT64_C(1) << word % 64);
}

/* By one thread, while nobody adds: */

void synched__bits_clear(struct synched__bits *bits);

/* adds all members of another set of the same size; */
void synched__bits_join(struct synched__bits *bits, const struct synched__bits *other);

/* counts its members; */
size_t synched__bits_count(const struct synched__bits *bits);

/* writes its members to list, ascending; returns how many there are. */
size_t synched__bits_list(const struct synched__bits *bits, uint32_t *list);

#endif
