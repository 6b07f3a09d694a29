/*
 * fold_test.c: what a fold may be asked to be, its order, and its values.
 */
#include <criterion/criterion.h>

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/fold.h"
#include "support/unit_support.h"

/* Numbers of segments around the borders of groups. */
static const size_t segment_counts[] = {1, 2, 3, 63, 64, 65, 127, 128, 129, 1000};

/* Some numbers, the same ones every time. */
static uint64_t next_random(uint64_t *state) {
  *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return *state >> 20;
}

/* Of magnitudes from 2^-30 to 2^30, so that additions round. */
static double next_double(uint64_t *state) {
  const double fraction = (double)next_random(state) / 0x1p44 - 0.5;
  return ldexp(fraction, (int)(next_random(state) % 61) - 30);
}

static struct synched__fold made(struct synched__fold_options options) {
  struct synched__fold fold;
  cr_assert_eq(synched__fold_init(&fold, &options), 0, "%s", synched_error_message());
  return fold;
}

/* Folds all contributions, the last group first, into `out`, as workers might. */
static void fold_all(const struct synched__fold *fold, void *out,
                     const struct synched__contributions *all) {
  const size_t groups = synched__fold_group_count(all->segment_count);
  unsigned char *const accumulators = malloc(groups * fold->accumulator_bytes);
  cr_assert_not_null(accumulators);
  memset(accumulators, 0xab, groups * fold->accumulator_bytes);
  for (size_t g = groups; g-- > 0;)
    synched__fold_group(fold, accumulators + g * fold->accumulator_bytes, all, g);
  synched__fold_finish(fold, out, accumulators, groups);
  free(accumulators);
}

static double fold_doubles(enum synched_fold kind, const double *values, size_t count) {
  struct synched__fold fold = made((struct synched__fold_options){.kind = kind});
  double out = 42.0;
  fold_all(&fold, &out, &(struct synched__contributions){values, sizeof *values, count});
  synched__fold_deinit(&fold);
  return out;
}

static int64_t fold_int64s(enum synched_fold kind, const int64_t *values, size_t count) {
  struct synched__fold fold =
      made((struct synched__fold_options){.kind = kind, .type = SYNCHED_FOLD_INT64});
  int64_t out = 42;
  fold_all(&fold, &out, &(struct synched__contributions){values, sizeof *values, count});
  synched__fold_deinit(&fold);
  return out;
}

/* --- what is asked for --- */

static void concatenate(void *into, const void *next, void *user);

Test(fold, none_has_no_bytes) {
  struct synched__fold fold = made((struct synched__fold_options){0});
  cr_assert_eq(fold.kind, SYNCHED_FOLD_NONE);
  cr_assert_eq(fold.bytes, 0);
  cr_assert_null(fold.identity);
  cr_assert_not(synched__fold_is_plain(&fold));
  synched__fold_deinit(&fold);
}

struct refusal {
  struct synched__fold_options options;
  int status;
  const char *sentence;
};

Test(fold, mistakes_are_refused_with_a_sentence) {
  static char identity[8];
  const struct refusal refusals[] = {
      {{.kind = (enum synched_fold)6}, SYNCHED_EINVAL, "fold is 6; there are 0 to 5"},
      {{.kind = (enum synched_fold) - 1}, SYNCHED_EINVAL, "fold is -1; there are 0 to 5"},
      {{.kind = SYNCHED_FOLD_SUM, .type = (enum synched_fold_type)2},
       SYNCHED_EINVAL,
       "fold_type is 2; there are 0 to 1"},
      {{.kind = SYNCHED_FOLD_SUM_COMPENSATED, .type = SYNCHED_FOLD_INT64},
       SYNCHED_EINVAL,
       "fold is SYNCHED_FOLD_SUM_COMPENSATED of int64_t, whose sums are exact; take "
       "SYNCHED_FOLD_SUM"},
      {{.type = SYNCHED_FOLD_INT64},
       SYNCHED_EINVAL,
       "fold_type is 1, but fold is 0, which has none"},
      {{.length = 3}, SYNCHED_EINVAL, "fold_length is 3, but fold is 0, which has none"},
      {{.size = 8}, SYNCHED_EINVAL, "fold_size is 8, but fold is 0, which has none"},
      {{.combine = concatenate},
       SYNCHED_EINVAL,
       "fold_combine is given, but fold is 0, which has none"},
      {{.identity = identity},
       SYNCHED_EINVAL,
       "fold_identity is given, but fold is 0, which has none"},
      {{.own_user = identity}, SYNCHED_EINVAL, "fold_user is given, but fold is 0, which has none"},
      {{.kind = SYNCHED_FOLD_SUM, .size = 8},
       SYNCHED_EINVAL,
       "fold_size is 8, but fold is 1, which has none"},
      {{.kind = SYNCHED_FOLD_MIN, .combine = concatenate},
       SYNCHED_EINVAL,
       "fold_combine is given, but fold is 2, which has none"},
      {{.kind = SYNCHED_FOLD_MAX, .identity = identity},
       SYNCHED_EINVAL,
       "fold_identity is given, but fold is 3, which has none"},
      {{.kind = SYNCHED_FOLD_SUM, .own_user = identity},
       SYNCHED_EINVAL,
       "fold_user is given, but fold is 1, which has none"},
      {{.kind = SYNCHED_FOLD_SUM, .length = 513},
       SYNCHED_ERANGE,
       "fold_length is 513; at most 512, which are 4096 bytes"},
      {{.kind = SYNCHED_FOLD_SUM, .length = UINT32_MAX},
       SYNCHED_ERANGE,
       "fold_length is 4294967295; at most 512, which are 4096 bytes"},
      {{.kind = SYNCHED_FOLD_CUSTOM, .combine = concatenate},
       SYNCHED_EINVAL,
       "fold_size is 0; SYNCHED_FOLD_CUSTOM needs the bytes of what it combines"},
      {{.kind = SYNCHED_FOLD_CUSTOM, .size = 8},
       SYNCHED_EINVAL,
       "fold_combine is NULL; SYNCHED_FOLD_CUSTOM needs it"},
      {{.kind = SYNCHED_FOLD_CUSTOM, .size = 8, .length = 1, .combine = concatenate},
       SYNCHED_EINVAL,
       "fold_length is 1, but fold is 5, which has none"},
      {{.kind = SYNCHED_FOLD_CUSTOM, .size = 8, .type = SYNCHED_FOLD_INT64, .combine = concatenate},
       SYNCHED_EINVAL,
       "fold_type is 1, but fold is 5, which has none"},
      {{.kind = SYNCHED_FOLD_CUSTOM, .size = 4097, .combine = concatenate},
       SYNCHED_ERANGE,
       "fold_size is 4097 bytes; at most 4096"},
  };
  for (size_t i = 0; i < LENGTH(refusals); i++) {
    struct synched__fold_options options = refusals[i].options;
    struct synched__fold fold;
    cr_assert_eq(synched__fold_init(&fold, &options), refusals[i].status, "%zu", i);
    cr_assert_str_eq(synched_error_message(), refusals[i].sentence);
    cr_assert_null(fold.identity);
    cr_assert_eq(fold.bytes, 0);
    char said[300];
    (void)snprintf(said, sizeof said, "stage 2: %s", refusals[i].sentence);
    options.where = "stage 2: ";
    cr_assert_eq(synched__fold_init(&fold, &options), refusals[i].status, "%zu", i);
    cr_assert_str_eq(synched_error_message(), said);
    synched__fold_deinit(&fold);
  }
}

Test(fold, largest_ones_are_accepted) {
  struct synched__fold fold =
      made((struct synched__fold_options){.kind = SYNCHED_FOLD_SUM, .length = 512});
  cr_assert_eq(fold.bytes, SYNCHED_FOLD_BYTES_MAX);
  cr_assert_eq(fold.accumulator_bytes, SYNCHED_FOLD_BYTES_MAX);
  synched__fold_deinit(&fold);
  fold = made((struct synched__fold_options){.kind = SYNCHED_FOLD_SUM_COMPENSATED, .length = 512});
  cr_assert_eq(fold.bytes, SYNCHED_FOLD_BYTES_MAX);
  cr_assert_eq(fold.accumulator_bytes, (size_t)2 * SYNCHED_FOLD_BYTES_MAX);
  synched__fold_deinit(&fold);
  fold = made((struct synched__fold_options){
      .kind = SYNCHED_FOLD_CUSTOM, .size = SYNCHED_FOLD_BYTES_MAX, .combine = concatenate});
  cr_assert_eq(fold.bytes, SYNCHED_FOLD_BYTES_MAX);
  synched__fold_deinit(&fold);
}

Test(fold, memory_that_is_refused_is_said) {
  const struct synched__fold_options options = {.kind = SYNCHED_FOLD_SUM, .where = "stage 2: "};
  struct synched__fold fold;
  synched__fault_arm(SYNCHED__FAULT_ALLOCATE, 1);
  expect_refused(synched__fold_init(&fold, &options), SYNCHED_ENOMEM,
                 "stage 2: no memory for a fold of 8 bytes");
  cr_assert_null(fold.identity);
  cr_assert_eq(fold.kind, SYNCHED_FOLD_NONE);
}

Test(fold, only_one_double_without_compensation_is_plain) {
  const struct {
    struct synched__fold_options options;
    bool plain;
  } cases[] = {
      {{.kind = SYNCHED_FOLD_SUM}, true},
      {{.kind = SYNCHED_FOLD_MIN, .length = 1}, true},
      {{.kind = SYNCHED_FOLD_MAX}, true},
      {{.kind = SYNCHED_FOLD_SUM, .length = 2}, false},
      {{.kind = SYNCHED_FOLD_SUM, .type = SYNCHED_FOLD_INT64}, false},
      {{.kind = SYNCHED_FOLD_SUM_COMPENSATED}, false},
      {{.kind = SYNCHED_FOLD_CUSTOM, .size = sizeof(double), .combine = concatenate}, false},
  };
  for (size_t i = 0; i < LENGTH(cases); i++) {
    struct synched__fold fold = made(cases[i].options);
    cr_assert_eq(synched__fold_is_plain(&fold), cases[i].plain, "%zu", i);
    synched__fold_deinit(&fold);
  }
}

/* --- what contributions start as --- */

Test(fold, identities_of_numbers_change_no_number) {
  static const enum synched_fold kinds[] = {SYNCHED_FOLD_SUM, SYNCHED_FOLD_MIN, SYNCHED_FOLD_MAX,
                                            SYNCHED_FOLD_SUM_COMPENSATED};
  static const double doubles[] = {0.0, 0.0, INFINITY, -INFINITY, 0.0};
  static const int64_t int64s[] = {0, 0, INT64_MAX, INT64_MIN};
  for (size_t i = 0; i < LENGTH(kinds); i++) {
    struct synched__fold fold = made((struct synched__fold_options){.kind = kinds[i], .length = 3});
    for (size_t n = 0; n < 3; n++)
      cr_assert_eq(((const double *)fold.identity)[n], doubles[kinds[i]]);
    synched__fold_deinit(&fold);
    if (kinds[i] == SYNCHED_FOLD_SUM_COMPENSATED)
      continue;
    fold = made(
        (struct synched__fold_options){.kind = kinds[i], .type = SYNCHED_FOLD_INT64, .length = 3});
    for (size_t n = 0; n < 3; n++)
      cr_assert_eq(((const int64_t *)fold.identity)[n], int64s[kinds[i]]);
    synched__fold_deinit(&fold);
  }
}

Test(fold, identity_of_a_custom_one_is_copied_or_zeros) {
  char identity[5] = "abcd";
  struct synched__fold fold = made((struct synched__fold_options){
      .kind = SYNCHED_FOLD_CUSTOM, .size = 5, .combine = concatenate, .identity = identity});
  memset(identity, 0, sizeof identity);
  cr_assert_str_eq(fold.identity, "abcd");
  synched__fold_deinit(&fold);
  fold = made((struct synched__fold_options){
      .kind = SYNCHED_FOLD_CUSTOM, .size = 5, .combine = concatenate});
  cr_assert_arr_eq(fold.identity, identity, sizeof identity);
  synched__fold_deinit(&fold);
}

/* --- order --- */

/* A text, and its length. */
struct text {
  size_t length;
  char bytes[4088];
};

/* Puts brackets around both, so that the tree can be seen. */
static void concatenate(void *into, const void *next, void *user) {
  struct text *const a = into;
  const struct text *const b = next;
  struct text both;
  both.length = (size_t)snprintf(both.bytes, sizeof both.bytes, "(%.*s%.*s)", (int)a->length,
                                 a->bytes, (int)b->length, b->bytes);
  *a = both;
  ++*(size_t *)user;
}

/* Appends what the tree of `count` segments from `first` on should be. */
static size_t write_chain(char *out, size_t first, size_t count) {
  size_t length = 0;
  for (size_t i = 1; i < count; i++)
    out[length++] = '(';
  out[length++] = (char)('!' + first % 7);
  for (size_t i = 1; i < count; i++) {
    out[length++] = (char)('!' + (first + i) % 7);
    out[length++] = ')';
  }
  return length;
}

/* One group after the other, each in the order of its segments; the calls get `user`. */
Test(fold, tree_has_its_fixed_shape_and_order) {
  static struct text texts[129];
  static char expected[4088];
  size_t calls = 0;
  struct synched__fold fold = made((struct synched__fold_options){.kind = SYNCHED_FOLD_CUSTOM,
                                                                  .size = sizeof(struct text),
                                                                  .combine = concatenate,
                                                                  .user = &calls});
  for (size_t s = 0; s < LENGTH(texts); s++)
    texts[s] = (struct text){1, {(char)('!' + s % 7)}};
  for (size_t i = 0; segment_counts[i] <= LENGTH(texts); i++) {
    const size_t count = segment_counts[i];
    const size_t groups = (count + 63) / 64;
    size_t length = 0;
    for (size_t g = 1; g < groups; g++)
      expected[length++] = '(';
    for (size_t g = 0; g < groups; g++) {
      const size_t left = count - g * 64;
      length += write_chain(expected + length, g * 64, left < 64 ? left : 64);
      if (g > 0)
        expected[length++] = ')';
    }
    struct text out;
    calls = 0;
    fold_all(&fold, &out, &(struct synched__contributions){texts, sizeof *texts, count});
    cr_assert_eq(out.length, length);
    cr_assert_arr_eq(out.bytes, expected, length, "%zu segments", count);
    cr_assert_eq(calls, count - 1);
  }
  synched__fold_deinit(&fold);
}

/* 2 x 2 matrices, whose product depends on the order of the factors, but not on brackets. */
struct matrix {
  uint64_t entries[2][2];
};

static struct matrix product(const struct matrix *a, const struct matrix *b) {
  struct matrix c;
  for (size_t i = 0; i < 2; i++)
    for (size_t j = 0; j < 2; j++)
      c.entries[i][j] = a->entries[i][0] * b->entries[0][j] + a->entries[i][1] * b->entries[1][j];
  return c;
}

static void multiply(void *into, const void *next, void *user) {
  (void)user;
  struct matrix *const a = into;
  *a = product(a, next);
}

Test(fold, associative_one_is_that_of_a_plain_loop) {
  static struct matrix matrices[1000];
  uint64_t random = 1;
  struct synched__fold fold = made((struct synched__fold_options){
      .kind = SYNCHED_FOLD_CUSTOM, .size = sizeof(struct matrix), .combine = multiply});
  for (size_t s = 0; s < LENGTH(matrices); s++)
    for (size_t i = 0; i < 4; i++)
      matrices[s].entries[i / 2][i % 2] = next_random(&random);
  for (size_t i = 0; i < LENGTH(segment_counts); i++) {
    struct matrix out;
    struct matrix expected = matrices[0];
    for (size_t s = 1; s < segment_counts[i]; s++)
      expected = product(&expected, &matrices[s]);
    fold_all(&fold, &out,
             &(struct synched__contributions){matrices, sizeof *matrices, segment_counts[i]});
    cr_assert_eq(memcmp(&out, &expected, sizeof out), 0, "%zu segments", segment_counts[i]);
  }
  synched__fold_deinit(&fold);
}

/* The identity is no part of the result: an addition of it would be seen here. */
Test(fold, one_segment_is_its_contribution) {
  const double negative_zero = -0.0;
  const double sum = fold_doubles(SYNCHED_FOLD_SUM, &negative_zero, 1);
  cr_assert(sum == 0.0 && signbit(sum));
}

/* --- values of numbers --- */

/* What a block of several numbers gives is what each gives alone, at any stride. */
Test(fold, arrays_are_folded_number_by_number) {
  static const enum synched_fold kinds[] = {SYNCHED_FOLD_SUM, SYNCHED_FOLD_MIN, SYNCHED_FOLD_MAX,
                                            SYNCHED_FOLD_SUM_COMPENSATED};
  static const size_t lengths[] = {1, 2, 7, 8, 9, 16, 21};
  enum { STRIDE = 24, SEGMENTS = 130 };
  static double values[SEGMENTS][STRIDE];
  static double column[SEGMENTS];
  uint64_t random = 2;
  for (size_t s = 0; s < SEGMENTS; s++)
    for (size_t i = 0; i < STRIDE; i++)
      values[s][i] = next_double(&random);
  for (size_t k = 0; k < LENGTH(kinds); k++)
    for (size_t l = 0; l < LENGTH(lengths); l++) {
      struct synched__fold fold =
          made((struct synched__fold_options){.kind = kinds[k], .length = lengths[l]});
      double out[STRIDE];
      fold_all(&fold, out, &(struct synched__contributions){values, sizeof values[0], SEGMENTS});
      for (size_t i = 0; i < lengths[l]; i++) {
        for (size_t s = 0; s < SEGMENTS; s++)
          column[s] = values[s][i];
        cr_assert_eq(out[i], fold_doubles(kinds[k], column, SEGMENTS), "fold %d, number %zu of %zu",
                     (int)kinds[k], i, lengths[l]);
      }
      synched__fold_deinit(&fold);
    }
}

Test(fold, sums_are_those_of_groups) {
  static double values[1000];
  uint64_t random = 3;
  for (size_t s = 0; s < LENGTH(values); s++)
    values[s] = next_double(&random);
  for (size_t i = 0; i < LENGTH(segment_counts); i++) {
    double expected = 0.0;
    for (size_t first = 0; first < segment_counts[i]; first += 64) {
      double group = values[first];
      for (size_t s = first + 1; s < first + 64 && s < segment_counts[i]; s++)
        group += values[s];
      expected = first == 0 ? group : expected + group;
    }
    cr_assert_eq(fold_doubles(SYNCHED_FOLD_SUM, values, segment_counts[i]), expected);
  }
}

/* Whichever segment has the least and the greatest number. */
Test(fold, least_and_greatest_are_found_anywhere) {
  static double doubles[130];
  static int64_t int64s[130];
  for (size_t at = 0; at < LENGTH(doubles); at++) {
    for (size_t s = 0; s < LENGTH(doubles); s++) {
      doubles[s] = (double)(s % 5) - 2.0;
      int64s[s] = (int64_t)(s % 5) - 2;
    }
    doubles[at] = -7.5;
    int64s[at] = INT64_MIN;
    cr_assert_eq(fold_doubles(SYNCHED_FOLD_MIN, doubles, LENGTH(doubles)), -7.5);
    cr_assert_eq(fold_int64s(SYNCHED_FOLD_MIN, int64s, LENGTH(int64s)), INT64_MIN);
    doubles[at] = INFINITY;
    int64s[at] = INT64_MAX;
    cr_assert_eq(fold_doubles(SYNCHED_FOLD_MAX, doubles, LENGTH(doubles)), INFINITY);
    cr_assert_eq(fold_int64s(SYNCHED_FOLD_MAX, int64s, LENGTH(int64s)), INT64_MAX);
  }
}

Test(fold, nan_anywhere_is_the_result) {
  static const enum synched_fold kinds[] = {SYNCHED_FOLD_SUM, SYNCHED_FOLD_MIN, SYNCHED_FOLD_MAX,
                                            SYNCHED_FOLD_SUM_COMPENSATED};
  static double values[129];
  for (size_t k = 0; k < LENGTH(kinds); k++)
    for (size_t at = 0; at < LENGTH(values); at++) {
      for (size_t s = 0; s < LENGTH(values); s++)
        values[s] = (double)s;
      values[at] = NAN;
      cr_assert(isnan(fold_doubles(kinds[k], values, LENGTH(values))), "fold %d, segment %zu",
                (int)kinds[k], at);
    }
}

Test(fold, two_doubles_give_what_the_fold_says) {
  cr_assert_eq(synched__fold_two(SYNCHED_FOLD_SUM, 1.0, 2.0), 3.0);
  cr_assert_eq(synched__fold_two(SYNCHED_FOLD_MIN, 1.0, 2.0), 1.0);
  cr_assert_eq(synched__fold_two(SYNCHED_FOLD_MIN, 2.0, 1.0), 1.0);
  cr_assert_eq(synched__fold_two(SYNCHED_FOLD_MAX, 1.0, 2.0), 2.0);
  cr_assert_eq(synched__fold_two(SYNCHED_FOLD_MAX, 2.0, 1.0), 2.0);
  for (enum synched_fold kind = SYNCHED_FOLD_SUM; kind <= SYNCHED_FOLD_MAX; kind++) {
    cr_assert(isnan(synched__fold_two(kind, NAN, 1.0)));
    cr_assert(isnan(synched__fold_two(kind, 1.0, NAN)));
  }
}

Test(fold, int64_sum_is_exact_and_wraps_around) {
  const int64_t beyond_doubles[] = {INT64_C(9007199254740993), 1, -1};
  cr_assert_eq(fold_int64s(SYNCHED_FOLD_SUM, beyond_doubles, 3), INT64_C(9007199254740993));
  const int64_t wraps[] = {INT64_MAX, 1};
  cr_assert_eq(fold_int64s(SYNCHED_FOLD_SUM, wraps, 2), INT64_MIN);
  const int64_t wraps_back[] = {INT64_MIN, -1, 2};
  cr_assert_eq(fold_int64s(SYNCHED_FOLD_SUM, wraps_back, 2), INT64_MAX);
  cr_assert_eq(fold_int64s(SYNCHED_FOLD_SUM, wraps_back, 3), INT64_MIN + 1);
}

/* --- compensated sums --- */

Test(fold, compensated_sum_keeps_what_additions_round_away) {
  const double classic[] = {1.0, 1e100, 1.0, -1e100};
  cr_assert_eq(fold_doubles(SYNCHED_FOLD_SUM, classic, 4), 0.0);
  cr_assert_eq(fold_doubles(SYNCHED_FOLD_SUM_COMPENSATED, classic, 4), 2.0);
  const double small[] = {1e16, 1.0, -1e16};
  cr_assert_eq(fold_doubles(SYNCHED_FOLD_SUM_COMPENSATED, small, 3), 1.0);
}

/* The large numbers are in other groups than the small ones that they swallow: the compensations of
 * groups, and those of their sums, come to the end. */
Test(fold, compensations_go_across_groups) {
  static double values[200];
  for (size_t s = 0; s < LENGTH(values); s++)
    values[s] = 1.0;
  values[0] = 1e16;
  values[70] = 1e18;
  values[130] = -1e18;
  values[199] = -1e16;
  cr_assert_eq(fold_doubles(SYNCHED_FOLD_SUM_COMPENSATED, values, LENGTH(values)), 196.0);
  cr_assert_neq(fold_doubles(SYNCHED_FOLD_SUM, values, LENGTH(values)), 196.0);
}

/* Multiples of 2^-40, summed as integers, are the exact sum. It has more digits than a double. */
Test(fold, compensated_sum_is_the_exact_one_rounded) {
  static double values[1000];
  uint64_t random = 4;
  int64_t exact = 0;
  for (size_t s = 0, i = 0; s < LENGTH(values); s++) {
    const int64_t units = (int64_t)next_random(&random);
    values[s] = ldexp((double)units, (int)(s % 10) - 40);
    exact += units << s % 10;
    if (s + 1 != segment_counts[i])
      continue;
    cr_assert_eq(fold_doubles(SYNCHED_FOLD_SUM_COMPENSATED, values, s + 1),
                 ldexp((double)exact, -40), "%zu segments", s + 1);
    i++;
  }
}

Test(fold, compensated_sum_beyond_the_range_is_infinite) {
  const double infinite[] = {1.0, INFINITY, 2.0};
  cr_assert_eq(fold_doubles(SYNCHED_FOLD_SUM_COMPENSATED, infinite, 3), INFINITY);
  const double large[] = {-DBL_MAX, -DBL_MAX, 1.0};
  cr_assert_eq(fold_doubles(SYNCHED_FOLD_SUM_COMPENSATED, large, 3), -INFINITY);
  const double both[] = {INFINITY, -INFINITY};
  cr_assert(isnan(fold_doubles(SYNCHED_FOLD_SUM_COMPENSATED, both, 2)));
}

Test(fold, groups_are_as_many_as_begin) {
  cr_assert_eq(synched__fold_group_count(1), 1);
  cr_assert_eq(synched__fold_group_count(63), 1);
  cr_assert_eq(synched__fold_group_count(64), 1);
  cr_assert_eq(synched__fold_group_count(65), 2);
  cr_assert_eq(synched__fold_group_count(SYNCHED_SEGMENTS_MAX), 262144);
}
