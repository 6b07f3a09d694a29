/*
 * bits.c: see bits.h.
 */
#include "engine/bits.h"

#include "platform/alloc.h"

bool synched__bits_init(struct synched__bits *bits, size_t count) {
  bits->word_count = (count + 63) / 64;
  bits->words = synched__alloc_lines(bits->word_count, sizeof *bits->words);
  bits->filled = synched__alloc_lines((bits->word_count + 63) / 64, sizeof *bits->filled);
  return bits->words != NULL && bits->filled != NULL;
}

void synched__bits_deinit(struct synched__bits *bits) {
  synched__free(bits->words);
  synched__free(bits->filled);
}

/* Takes the lowest number from a word that is not 0. */
static unsigned take_lowest(uint64_t *word) {
  const unsigned lowest = (unsigned)__builtin_ctzll(*word);
  *word &= *word - 1;
  return lowest;
}

static size_t filled_count(const struct synched__bits *bits) {
  return (bits->word_count + 63) / 64;
}

void synched__bits_clear(struct synched__bits *bits) {
  for (size_t i = 0; i < filled_count(bits); i++) {
    uint64_t filled = synched__load_relaxed(&bits->filled[i]);
    if (filled == 0)
      continue;
    synched__store_relaxed(&bits->filled[i], 0);
    while (filled != 0)
      synched__store_relaxed(&bits->words[i * 64 + take_lowest(&filled)], 0);
  }
}

void synched__bits_join(struct synched__bits *bits, const struct synched__bits *other) {
  for (size_t i = 0; i < filled_count(other); i++) {
    uint64_t filled = synched__load_relaxed(&other->filled[i]);
    synched__store_relaxed(&bits->filled[i], synched__load_relaxed(&bits->filled[i]) | filled);
    while (filled != 0) {
      const size_t word = i * 64 + take_lowest(&filled);
      synched__store_relaxed(&bits->words[word], synched__load_relaxed(&bits->words[word]) |
                                                     synched__load_relaxed(&other->words[word]));
    }
  }
}

size_t synched__bits_count(const struct synched__bits *bits) {
  size_t count = 0;
  for (size_t i = 0; i < filled_count(bits); i++) {
    uint64_t filled = synched__load_relaxed(&bits->filled[i]);
    while (filled != 0)
      count += (size_t)__builtin_popcountll(
          synched__load_relaxed(&bits->words[i * 64 + take_lowest(&filled)]));
  }
  return count;
}

size_t synched__bits_list(const struct synched__bits *bits, uint32_t *list) {
  size_t count = 0;
  for (size_t i = 0; i < filled_count(bits); i++) {
    uint64_t filled = synched__load_relaxed(&bits->filled[i]);
    while (filled != 0) {
      const size_t word = i * 64 + take_lowest(&filled);
      uint64_t members = synched__load_relaxed(&bits->words[word]);
      while (members != 0)
        list[count++] = (uint32_t)(word * 64 + take_lowest(&members));
    }
  }
  return count;
}
