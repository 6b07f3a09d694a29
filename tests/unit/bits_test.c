/*
 * bits_test.c: sets of segments, against arrays of bool: of one word, and of more than one word of
 * words that are filled.
 */
#include "engine/bits.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "support/unit_support.h"

/* 64 numbers in a word, and 4096 below a word of words. */
static const size_t counts[] = {1, 63, 64, 65, 4095, 4096, 4097, 20000};

struct both {
  struct synched__bits bits;
  size_t count;
  bool *has;
};

static struct both both_new(size_t count) {
  struct both both = {.count = count, .has = calloc(count, sizeof *both.has)};
  cr_assert(synched__bits_init(&both.bits, count));
  return both;
}

static void both_free(struct both *both) {
  synched__bits_deinit(&both->bits);
  free(both->has);
}

static void add(struct both *both, size_t number) {
  synched__bits_add(&both->bits, number);
  both->has[number] = true;
}

/* Each so many, from one on. */
static void add_some(struct both *both, size_t first, size_t step) {
  for (size_t i = first; i < both->count; i += step)
    add(both, i);
}

static void expect_same(const struct both *both) {
  uint32_t *list = calloc(both->count, sizeof *list);
  size_t listed = 0;
  const size_t count = synched__bits_list(&both->bits, list);
  cr_assert_eq(synched__bits_count(&both->bits), count);
  for (size_t i = 0; i < both->count; i++) {
    cr_assert_eq(synched__bits_has(&both->bits, i), both->has[i], "%zu of %zu", i, both->count);
    if (!both->has[i])
      continue;
    cr_assert_lt(listed, count, "%zu of %zu is not listed", i, both->count);
    cr_assert_eq(list[listed++], i);
  }
  cr_assert_eq(listed, count);
  free(list);
}

Test(bits, lists_and_counts_what_was_added) {
  for (size_t c = 0; c < LENGTH(counts); c++)
    for (size_t step = 1; step < 10000; step = step * 3 + 1) {
      struct both both = both_new(counts[c]);
      expect_same(&both);
      add_some(&both, 0, step);
      add_some(&both, 0, step);
      add(&both, both.count - 1);
      expect_same(&both);
      both_free(&both);
    }
}

Test(bits, clears_all_of_it) {
  for (size_t c = 0; c < LENGTH(counts); c++) {
    struct both both = both_new(counts[c]);
    for (size_t step = 1; step < 5000; step = step * 7 + 1) {
      add_some(&both, 0, step);
      synched__bits_clear(&both.bits);
      memset(both.has, 0, both.count);
      expect_same(&both);
      add(&both, both.count / 2);
      expect_same(&both);
    }
    both_free(&both);
  }
}

Test(bits, joins_two_sets) {
  for (size_t c = 0; c < LENGTH(counts); c++) {
    struct both into = both_new(counts[c]);
    struct both other = both_new(counts[c]);
    add_some(&into, 0, 5);
    add_some(&other, into.count / 3, 7);
    synched__bits_join(&into.bits, &other.bits);
    expect_same(&other);
    for (size_t i = 0; i < into.count; i++)
      into.has[i] = into.has[i] || other.has[i];
    expect_same(&into);
    both_free(&into);
    both_free(&other);
  }
}
