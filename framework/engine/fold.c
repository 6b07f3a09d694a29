/*
 * fold.c: what a fold may be asked to be, and how it is computed.
 *
 * Arrays of numbers are combined in blocks of a few: the block's accumulators stay in registers
 * while the walk goes over the segments. It is the same order for each number as one at a time.
 *
 * Compensated sums are Neumaier's (1974): what an addition rounds away, which is known exactly, is
 * added up beside the sum. Groups' sums are added in the same way, and their compensations, which
 * are small, plainly.
 */
#include "engine/fold.h"

#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "platform/alloc.h"

#if defined(__FAST_MATH__)
#error "compensated sums need additions as they are written: compile without -ffast-math"
#endif

/* Numbers that are combined side by side. */
#define BLOCK 8u

/* Values, one every `stride` bytes, that are combined into another one. */
struct values {
  const unsigned char *first;
  size_t stride;
  size_t count;
};

/* --- what is asked for --- */

static const char *where(const struct synched__fold_options *options) {
  return options->where != NULL ? options->where : "";
}

static int refuse(const struct synched__fold_options *options, const char *name, size_t value) {
  return synched__fail(SYNCHED_EINVAL, "%s%s is %zu, but fold is %d, which has none",
                       where(options), name, value, (int)options->kind);
}

static int refuse_given(const struct synched__fold_options *options, const char *name) {
  return synched__fail(SYNCHED_EINVAL, "%s%s is given, but fold is %d, which has none",
                       where(options), name, (int)options->kind);
}

static int check_enums(const struct synched__fold_options *options) {
  if ((unsigned)options->kind > SYNCHED_FOLD_CUSTOM)
    return synched__fail(SYNCHED_EINVAL, "%sfold is %d; there are 0 to %d", where(options),
                         (int)options->kind, SYNCHED_FOLD_CUSTOM);
  if ((unsigned)options->type > SYNCHED_FOLD_INT64)
    return synched__fail(SYNCHED_EINVAL, "%sfold_type is %d; there are 0 to %d", where(options),
                         (int)options->type, SYNCHED_FOLD_INT64);
  if (options->kind == SYNCHED_FOLD_SUM_COMPENSATED && options->type == SYNCHED_FOLD_INT64)
    return synched__fail(SYNCHED_EINVAL,
                         "%sfold is SYNCHED_FOLD_SUM_COMPENSATED of int64_t, whose sums are exact; "
                         "take SYNCHED_FOLD_SUM",
                         where(options));
  return 0;
}

/* Refuses what is only for the other kinds. */
static int check_kind(const struct synched__fold_options *options) {
  const bool is_custom = options->kind == SYNCHED_FOLD_CUSTOM;
  const bool has_numbers = options->kind != SYNCHED_FOLD_NONE && !is_custom;
  if (!has_numbers && options->type != SYNCHED_FOLD_DOUBLE)
    return refuse(options, "fold_type", (size_t)options->type);
  if (!has_numbers && options->length != 0)
    return refuse(options, "fold_length", options->length);
  if (!is_custom && options->size != 0)
    return refuse(options, "fold_size", options->size);
  if (!is_custom && options->combine != NULL)
    return refuse_given(options, "fold_combine");
  if (!is_custom && options->identity != NULL)
    return refuse_given(options, "fold_identity");
  if (!is_custom && options->own_user != NULL)
    return refuse_given(options, "fold_user");
  return 0;
}

static int check_size(const struct synched__fold_options *options) {
  if (options->length > SYNCHED_FOLD_BYTES_MAX / sizeof(double))
    return synched__fail(SYNCHED_ERANGE, "%sfold_length is %zu; at most %zu, which are %u bytes",
                         where(options), options->length, SYNCHED_FOLD_BYTES_MAX / sizeof(double),
                         SYNCHED_FOLD_BYTES_MAX);
  if (options->size > SYNCHED_FOLD_BYTES_MAX)
    return synched__fail(SYNCHED_ERANGE, "%sfold_size is %zu bytes; at most %u", where(options),
                         options->size, SYNCHED_FOLD_BYTES_MAX);
  if (options->kind != SYNCHED_FOLD_CUSTOM)
    return 0;
  if (options->size == 0)
    return synched__fail(SYNCHED_EINVAL,
                         "%sfold_size is 0; SYNCHED_FOLD_CUSTOM needs the bytes of "
                         "what it combines",
                         where(options));
  if (options->combine == NULL)
    return synched__fail(SYNCHED_EINVAL, "%sfold_combine is NULL; SYNCHED_FOLD_CUSTOM needs it",
                         where(options));
  return 0;
}

static int check_options(const struct synched__fold_options *options) {
  int status = check_enums(options);
  if (status == 0)
    status = check_kind(options);
  if (status == 0)
    status = check_size(options);
  return status;
}

static double double_identity(enum synched_fold kind) {
  if (kind == SYNCHED_FOLD_MIN)
    return INFINITY;
  return kind == SYNCHED_FOLD_MAX ? -INFINITY : 0.0;
}

static int64_t int64_identity(enum synched_fold kind) {
  if (kind == SYNCHED_FOLD_MIN)
    return INT64_MAX;
  return kind == SYNCHED_FOLD_MAX ? INT64_MIN : 0;
}

/* `given`: of a custom fold, or NULL. */
static void fill_identity(struct synched__fold *fold, const void *given) {
  if (given != NULL) {
    memcpy(fold->identity, given, fold->bytes);
    return;
  }
  for (size_t i = 0; i < fold->length; i++)
    if (fold->type == SYNCHED_FOLD_INT64)
      ((int64_t *)fold->identity)[i] = int64_identity(fold->kind);
    else
      ((double *)fold->identity)[i] = double_identity(fold->kind);
}

int synched__fold_init(struct synched__fold *fold, const struct synched__fold_options *options) {
  *fold = (struct synched__fold){0};
  const int status = check_options(options);
  if (status != 0 || options->kind == SYNCHED_FOLD_NONE)
    return status;
  const bool is_custom = options->kind == SYNCHED_FOLD_CUSTOM;
  const bool is_compensated = options->kind == SYNCHED_FOLD_SUM_COMPENSATED;
  const size_t numbers = options->length != 0 ? options->length : 1;
  const size_t bytes = is_custom ? options->size : numbers * sizeof(double);
  void *const identity = synched__alloc(1, bytes);
  if (identity == NULL)
    return synched__fail(SYNCHED_ENOMEM, "%sno memory for a fold of %zu bytes", where(options),
                         bytes);
  *fold = (struct synched__fold){
      .kind = options->kind,
      .type = options->type,
      .length = is_custom ? 0 : numbers,
      .bytes = bytes,
      .accumulator_bytes = is_compensated ? 2 * bytes : bytes,
      .combine = options->combine,
      .user = options->own_user != NULL ? options->own_user : options->user,
      .identity = identity,
  };
  fill_identity(fold, options->identity);
  return 0;
}

void synched__fold_deinit(struct synched__fold *fold) {
  synched__free(fold->identity);
  *fold = (struct synched__fold){0};
}

/* --- numbers --- */

static inline int64_t int64_two(enum synched_fold kind, int64_t a, int64_t b) {
  if (kind == SYNCHED_FOLD_SUM)
    return (int64_t)((uint64_t)a + (uint64_t)b);
  return (kind == SYNCHED_FOLD_MIN) == (b < a) ? b : a;
}

/* NAME_block(kind, n, into, values): combines the first n numbers of each value into those at
 * `into`. `kind` and n, at most BLOCK, are constants: the loop is unrolled, decides nothing, and
 * keeps its numbers in registers, also at -O2. NAME_array: any number of them, block by block. */
#define DEFINE_NUMBERS(name, number, two)                                                          \
  static inline __attribute__((always_inline)) void name##_block(                                  \
      enum synched_fold kind, size_t n, void *into, const struct values *values) {                 \
    number folded[BLOCK];                                                                          \
    const unsigned char *at = values->first;                                                       \
    memcpy(folded, into, n * sizeof(number));                                                      \
    for (size_t k = 0; k < values->count; k++, at += values->stride) {                             \
      const number *const next = (const void *)at;                                                 \
      _Pragma("GCC unroll 8") for (size_t i = 0; i < n; i++) {                                     \
        folded[i] = two(kind, folded[i], next[i]);                                                 \
      }                                                                                            \
    }                                                                                              \
    memcpy(into, folded, n * sizeof(number));                                                      \
  }                                                                                                \
  static inline __attribute__((always_inline)) void name##_array(                                  \
      enum synched_fold kind, size_t length, void *into, const struct values *values) {            \
    struct values rest = *values;                                                                  \
    unsigned char *to = into;                                                                      \
    for (; length >= BLOCK; length -= BLOCK) {                                                     \
      name##_block(kind, BLOCK, to, &rest);                                                        \
      to += BLOCK * sizeof(number);                                                                \
      rest.first += BLOCK * sizeof(number);                                                        \
    }                                                                                              \
    for (; length > 0; length--) {                                                                 \
      name##_block(kind, 1, to, &rest);                                                            \
      to += sizeof(number);                                                                        \
      rest.first += sizeof(number);                                                                \
    }                                                                                              \
  }

DEFINE_NUMBERS(double, double, synched__fold_two)
DEFINE_NUMBERS(int64, int64_t, int64_two)

static void fold_doubles(const struct synched__fold *fold, void *into,
                         const struct values *values) {
  if (fold->kind == SYNCHED_FOLD_SUM)
    double_array(SYNCHED_FOLD_SUM, fold->length, into, values);
  else if (fold->kind == SYNCHED_FOLD_MIN)
    double_array(SYNCHED_FOLD_MIN, fold->length, into, values);
  else
    double_array(SYNCHED_FOLD_MAX, fold->length, into, values);
}

static void fold_int64s(const struct synched__fold *fold, void *into, const struct values *values) {
  if (fold->kind == SYNCHED_FOLD_SUM)
    int64_array(SYNCHED_FOLD_SUM, fold->length, into, values);
  else if (fold->kind == SYNCHED_FOLD_MIN)
    int64_array(SYNCHED_FOLD_MIN, fold->length, into, values);
  else
    int64_array(SYNCHED_FOLD_MAX, fold->length, into, values);
}

/* --- compensated sums --- */

/* What is rounded away where `a` and `b` are added to `sum`. */
static double lost(double a, double b, double sum) {
  return fabs(a) >= fabs(b) ? (a - sum) + b : (b - sum) + a;
}

/* `have_compensations`: the values are accumulators, too, and not contributions. */
static void fold_compensated(const struct synched__fold *fold, double *sums,
                             const struct values *values, bool have_compensations) {
  double *const compensations = sums + fold->length;
  const unsigned char *at = values->first;
  for (size_t k = 0; k < values->count; k++, at += values->stride) {
    const double *const next = (const void *)at;
    for (size_t i = 0; i < fold->length; i++) {
      const double sum = sums[i] + next[i];
      compensations[i] += lost(sums[i], next[i], sum);
      if (have_compensations)
        compensations[i] += next[fold->length + i];
      sums[i] = sum;
    }
  }
}

/* A sum that is infinite or a NaN has no compensation: there the differences are NaNs. */
static void compensate(const struct synched__fold *fold, double *out, const double *sums) {
  const double *const compensations = sums + fold->length;
  for (size_t i = 0; i < fold->length; i++)
    out[i] = isfinite(sums[i]) ? sums[i] + compensations[i] : sums[i];
}

/* --- any of them --- */

static void fold_custom(const struct synched__fold *fold, void *into, const struct values *values) {
  const unsigned char *at = values->first;
  for (size_t k = 0; k < values->count; k++, at += values->stride)
    fold->combine(into, at, fold->user);
}

static void fold_into(const struct synched__fold *fold, void *into, const struct values *values,
                      bool are_accumulators) {
  if (fold->kind == SYNCHED_FOLD_CUSTOM)
    fold_custom(fold, into, values);
  else if (fold->kind == SYNCHED_FOLD_SUM_COMPENSATED)
    fold_compensated(fold, into, values, are_accumulators);
  else if (fold->type == SYNCHED_FOLD_INT64)
    fold_int64s(fold, into, values);
  else
    fold_doubles(fold, into, values);
}

void synched__fold_group(const struct synched__fold *fold, void *accumulator,
                         const struct synched__contributions *contributions, size_t group) {
  const size_t first = group * SYNCHED_FOLD_GROUP;
  SYNCHED_ASSERT(fold->kind != SYNCHED_FOLD_NONE && first < contributions->segment_count);
  const size_t left = contributions->segment_count - first;
  const unsigned char *const start =
      (const unsigned char *)contributions->first + first * contributions->stride;
  memcpy(accumulator, start, fold->bytes);
  memset((unsigned char *)accumulator + fold->bytes, 0, fold->accumulator_bytes - fold->bytes);
  const struct values rest = {
      .first = start + contributions->stride,
      .stride = contributions->stride,
      .count = (left < SYNCHED_FOLD_GROUP ? left : SYNCHED_FOLD_GROUP) - 1,
  };
  fold_into(fold, accumulator, &rest, false);
}

void synched__fold_finish(const struct synched__fold *fold, void *out, void *accumulators,
                          size_t group_count) {
  SYNCHED_ASSERT(fold->kind != SYNCHED_FOLD_NONE && group_count != 0);
  const struct values rest = {
      .first = (const unsigned char *)accumulators + fold->accumulator_bytes,
      .stride = fold->accumulator_bytes,
      .count = group_count - 1,
  };
  fold_into(fold, accumulators, &rest, true);
  if (fold->kind == SYNCHED_FOLD_SUM_COMPENSATED)
    compensate(fold, out, accumulators);
  else
    memcpy(out, accumulators, fold->bytes);
}
