/*
 * fold.h: how the contributions of a stage's calls become one value (internal).
 *
 * A plain fold, of one double, is combined from the first segment to the last. Any other one is
 * combined in groups of SYNCHED_FOLD_GROUP segments, each of them into an accumulator of its own,
 * from its first segment to its last; and then from the first accumulator to the last. So the
 * shape of the tree depends on the number of segments only, and the bits on nothing else. Groups
 * can be combined on different workers, in any order, at the same time.
 *
 * Neither a group nor the whole begins with the identity: each begins with a copy of what comes
 * first. So nothing is rounded more than it must be, and one segment's fold is its contribution.
 *
 * A contribution and a result have `bytes`, an accumulator has `accumulator_bytes`: a compensated
 * sum is kept as its sums, and behind them as many compensations.
 */
#ifndef SYNCHED_ENGINE_FOLD_H
#define SYNCHED_ENGINE_FOLD_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include <synched/job.h>

#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__
#error "folds have NaNs: compile without -ffinite-math-only, which is a part of -ffast-math"
#endif

/* What a fold is to be, as in synched_job_options and synched_stage. */
struct synched__fold_options {
  enum synched_fold kind;
  enum synched_fold_type type;
  size_t length;
  size_t size;
  synched_combine_fn combine;
  const void *identity;
  /* handed to `combine`: the fold's own, or, where that is NULL, everybody's */
  void *own_user;
  void *user;
  /* what a sentence about a mistake begins with, such as "stage 2: "; NULL: nothing */
  const char *where;
};

/* All zeros: no fold. Nothing changes it between init and deinit. */
struct synched__fold {
  enum synched_fold kind;
  enum synched_fold_type type;
  /* numbers; 0 for CUSTOM */
  size_t length;
  /* of a contribution, and of the result */
  size_t bytes;
  /* of what a group is combined into */
  size_t accumulator_bytes;
  synched_combine_fn combine;
  void *user;
  /* `bytes`: what a contribution starts as; owned; NULL: no fold */
  void *identity;
};

/* The contributions of all segments. That of segment s is at `first` + s * `stride` bytes; the
 * stride is a multiple of the fold's `bytes`. */
struct synched__contributions {
  const void *first;
  size_t stride;
  size_t segment_count;
};

/* Reads what is asked for. What does not apply to the kind is 0 or NULL.
 * SYNCHED_EINVAL: an unknown kind or type; CUSTOM without its `combine` or size; a type, length,
 * size, `combine`, identity or own_user where it does not apply; SUM_COMPENSATED of INT64.
 * SYNCHED_ERANGE: more than SYNCHED_FOLD_BYTES_MAX. SYNCHED_ENOMEM. *fold is all zeros then. */
int synched__fold_init(struct synched__fold *fold, const struct synched__fold_options *options);

void synched__fold_deinit(struct synched__fold *fold);

/* Whether it is one double that is combined from the first segment to the last, with
 * synched__fold_two. */
static inline bool synched__fold_is_plain(const struct synched__fold *fold) {
  return fold->type == SYNCHED_FOLD_DOUBLE && fold->length == 1 &&
         fold->kind != SYNCHED_FOLD_SUM_COMPENSATED;
}

/* SUM, MIN or MAX of two numbers, of which a is that of lower segments. */
static inline double synched__fold_two(enum synched_fold kind, double a, double b) {
  if (kind == SYNCHED_FOLD_SUM)
    return a + b;
  if (isnan(a) || isnan(b))
    return NAN;
  return (kind == SYNCHED_FOLD_MIN) == (b < a) ? b : a;
}

static inline size_t synched__fold_group_count(size_t segment_count) {
  return segment_count / SYNCHED_FOLD_GROUP + (segment_count % SYNCHED_FOLD_GROUP != 0);
}

/* Combines the contributions of one group's segments into its accumulator. Any worker. */
void synched__fold_group(const struct synched__fold *fold, void *accumulator,
                         const struct synched__contributions *contributions, size_t group);

/* Combines the accumulators, which lie one behind the other, into `bytes` at `out`. They do not
 * hold those of the groups any more then. `group_count` is 1 or more. */
void synched__fold_finish(const struct synched__fold *fold, void *out, void *accumulators,
                          size_t group_count);

#endif
