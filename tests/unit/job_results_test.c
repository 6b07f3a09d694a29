/*
 * job_results_test.c: the same bits every time, whatever the workers, the balance and the
 * interleaving, and equal to a serial loop; every call with its promises (tests/support/witness.h).
 */
#include <criterion/criterion.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "platform/atomic.h"
#include "pool/pool.h"
#include "support/unit_support.h"
#include "support/witness.h"

static const unsigned worker_counts[] = {1, 2, 3, 4, 7, 16};

/* One of all the cases, told in a sentence for messages. */
struct variant {
  struct witnessed_options options;
  unsigned worker_count;
  char what[160];
};

static void describe(struct variant *variant) {
  const struct witnessed_options *options = &variant->options;
  (void)snprintf(variant->what, sizeof variant->what,
                 "%u workers, %s%s, %zu segments, refill %d, layout %d, fold %d, %u leases",
                 variant->worker_count,
                 options->job.balance == SYNCHED_BALANCE_STATIC ? "static" : "steal",
                 (options->job.flags & SYNCHED_JOB_EAGER) != 0 ? " eager" : "",
                 options->serial.segment_count, (int)options->serial.refill, (int)options->layout,
                 (int)options->serial.fold, options->lease_count);
}

static void expect_equal(struct synched_pool *pool, struct variant *variant, bool sums) {
  describe(variant);
  struct witnessed *witnessed = witnessed_new(pool, &variant->options);
  witnessed->witness.sums = sums;
  cr_assert_eq(synched_job_run(witnessed->engine.job), 0, "%s", variant->what);
  witness_expect(&witnessed->witness, witnessed->engine.memory, variant->what);
  struct synched_report_summary summary = summary_of(witnessed->engine.job);
  const uint64_t rounds = variant->options.job.round_count;
  cr_assert_eq(summary.round_count, rounds, "%s", variant->what);
  cr_assert_eq(summary.call_count, rounds * variant->options.serial.segment_count, "%s",
               variant->what);
  cr_assert_eq(summary.failed_segment, -1, "%s", variant->what);
  cr_assert_eq(memory_round(witnessed->engine.memory), rounds, "%s", variant->what);
  witnessed_end(witnessed);
}

/* --- every combination --- */

static void expect_all_refills_and_layouts(struct synched_pool *pool, struct variant *variant) {
  struct witnessed_options *options = &variant->options;
  for (int refill = SYNCHED_REFILL_ZERO; refill <= SYNCHED_REFILL_NONE; refill++)
    for (int layout = SYNCHED_LAYOUT_PACKED; layout <= SYNCHED_LAYOUT_PADDED; layout++) {
      options->serial.refill = (enum synched_refill)refill;
      options->layout = (enum synched_layout)layout;
      expect_equal(pool, variant, false);
    }
}

static void expect_every_combination(unsigned worker_count) {
  static const size_t segment_counts[] = {1, 2, 3, 7, 16, 100, 1000};
  struct synched_pool *pool = pool_new(worker_count);
  struct variant variant = {.worker_count = worker_count};
  struct witnessed_options *options = &variant.options;
  for (size_t i = 0; i < LENGTH(segment_counts); i++)
    for (int balance = SYNCHED_BALANCE_STEAL; balance <= SYNCHED_BALANCE_STATIC; balance++)
      for (uint32_t flags = 0; flags <= SYNCHED_JOB_EAGER; flags += SYNCHED_JOB_EAGER) {
        options->serial.segment_count = segment_counts[i];
        options->serial.fold = (enum synched_fold)((i + (size_t)balance) % 4);
        options->job.balance = (enum synched_balance)balance;
        options->job.flags = flags;
        options->job.round_count = at_most(segment_counts[i] > 100 ? 4 : 12, 3);
        expect_all_refills_and_layouts(pool, &variant);
      }
  pool_end(pool);
}

Test(job_results, run_with_1_worker_equals_a_serial_loop) {
  expect_every_combination(1);
}

Test(job_results, run_with_2_workers_equals_a_serial_loop) {
  expect_every_combination(2);
}

Test(job_results, run_with_3_workers_equals_a_serial_loop) {
  expect_every_combination(3);
}

Test(job_results, run_with_4_workers_equals_a_serial_loop) {
  expect_every_combination(4);
}

Test(job_results, run_with_7_workers_equals_a_serial_loop) {
  expect_every_combination(7);
}

Test(job_results, run_with_16_workers_equals_a_serial_loop) {
  expect_every_combination(16);
}

/* --- many workers: they are woken as a tree and count in two levels --- */

/* As on a machine with a CPU for each: all of them have segments at home. */
static struct synched_pool *wide_pool(unsigned worker_count, enum synched_wait wait) {
  struct synched_pool *pool =
      pool_with(SYNCHED_POOL_OPTIONS(.worker_count = worker_count, .wait = wait));
  pool->usable_count = worker_count;
  return pool;
}

static void expect_many(unsigned worker_count, enum synched_wait wait) {
  static const size_t segment_counts[] = {1, 17, 100, 1000};
  struct synched_pool *pool = wide_pool(worker_count, wait);
  struct variant variant = {.worker_count = worker_count};
  struct witnessed_options *options = &variant.options;
  for (size_t i = 0; i < LENGTH(segment_counts); i++)
    for (int balance = SYNCHED_BALANCE_STEAL; balance <= SYNCHED_BALANCE_STATIC; balance++)
      for (uint32_t flags = 0; flags <= SYNCHED_JOB_EAGER; flags += SYNCHED_JOB_EAGER) {
        options->serial.segment_count = segment_counts[i];
        options->serial.fold = SYNCHED_FOLD_SUM;
        options->job.balance = (enum synched_balance)balance;
        options->job.flags = flags;
        options->job.round_count = at_most(10, 2);
        expect_equal(pool, &variant, false);
      }
  pool_end(pool);
}

Test(job_results, run_with_17_workers_equals_a_serial_loop) {
  expect_many(17, SYNCHED_WAIT_AUTO);
  expect_many(17, SYNCHED_WAIT_SLEEP);
}

Test(job_results, run_with_40_workers_equals_a_serial_loop) {
  expect_many(40, SYNCHED_WAIT_AUTO);
  expect_many(40, SYNCHED_WAIT_SLEEP);
}

Test(job_results, run_with_130_workers_equals_a_serial_loop) {
  expect_many(130, SYNCHED_WAIT_AUTO);
  expect_many(130, SYNCHED_WAIT_SLEEP);
}

/* --- fewer combinations, more rounds, and interleavings that a quiet machine does not make --- */

static void expect_shaken(const struct variant *like, bool sums) {
  for (size_t i = 0; i < LENGTH(worker_counts); i++) {
    struct variant variant = *like;
    variant.worker_count = worker_counts[i];
    struct synched_pool *pool = pool_new(worker_counts[i]);
    synched__schedule_seed(0x5eed + i);
    expect_equal(pool, &variant, sums);
    synched__schedule_seed(0);
    pool_end(pool);
  }
}

Test(job_results, run_shaken_and_eager_equals_a_serial_loop) {
  const struct variant variant = {
      .options = {.serial = {.segment_count = 23, .fold = SYNCHED_FOLD_SUM},
                  .job = {.flags = SYNCHED_JOB_EAGER, .round_count = at_most(150, 20)}}};
  expect_shaken(&variant, true);
}

Test(job_results, run_shaken_and_static_equals_a_serial_loop) {
  const struct variant variant = {
      .options = {.serial = {.segment_count = 23, .fold = SYNCHED_FOLD_SUM},
                  .job = {.balance = SYNCHED_BALANCE_STATIC, .round_count = at_most(150, 20)}}};
  expect_shaken(&variant, true);
}

Test(job_results, run_shaken_and_left_to_decide_equals_a_serial_loop) {
  const struct variant variant = {
      .options = {.serial = {.segment_count = 50, .refill = SYNCHED_REFILL_KEEP},
                  .job = {.round_count = at_most(300, 20)}}};
  expect_shaken(&variant, true);
}

Test(job_results, run_with_leases_equals_a_serial_loop) {
  for (unsigned leases = 1; leases <= 9; leases += 4) {
    const struct variant variant = {
        .options = {.serial = {.segment_count = 11, .refill = SYNCHED_REFILL_KEEP},
                    .lease_count = leases,
                    .job = {.flags = SYNCHED_JOB_EAGER, .round_count = at_most(60, 10)}}};
    expect_shaken(&variant, false);
  }
}

Test(job_results, run_with_uneven_segments_equals_a_serial_loop) {
  static const size_t capacities[] = {3, 0, 17, 1, 1, 0, 64, 5, 9, 2, 1000, 0};
  for (int refill = SYNCHED_REFILL_ZERO; refill <= SYNCHED_REFILL_NONE; refill++)
    for (int layout = SYNCHED_LAYOUT_PACKED; layout <= SYNCHED_LAYOUT_PADDED; layout++) {
      const struct variant variant = {
          .options = {.serial = {.segment_count = LENGTH(capacities),
                                 .capacities = capacities,
                                 .refill = (enum synched_refill)refill},
                      .layout = (enum synched_layout)layout,
                      .job = {.flags = SYNCHED_JOB_EAGER, .round_count = at_most(10, 4)}}};
      expect_shaken(&variant, false);
    }
}

/* Long enough for the default balance to have tried both solo and shared rounds. */
Test(job_results, run_of_thousands_of_tiny_rounds_equals_a_serial_loop) {
  struct variant variant = {
      .worker_count = 2,
      .options = {.serial = {.segment_count = 4}, .job = {.round_count = at_most(20000, 200)}}};
  struct synched_pool *pool = pool_new(2);
  expect_equal(pool, &variant, false);
  pool_end(pool);
}

/* --- folds --- */

struct terms {
  const double *values;
  size_t count;
};

static int contribute(struct synched_task *task, void *user) {
  const struct terms *terms = user;
  task->contribution = terms->values[task->segment % terms->count];
  return 0;
}

/* The fold of one round of so many segments, whose terms are repeated. */
static double fold_of(struct synched_pool *pool, const struct terms *terms, size_t segment_count,
                      enum synched_fold fold) {
  struct engine engine =
      engine_new(pool,
                 SYNCHED_MEMORY_OPTIONS(.segment_count = segment_count, .segment_capacity = 1,
                                        .element_size = 1),
                 SYNCHED_JOB_OPTIONS(.compute = contribute, .user = (void *)(uintptr_t)terms,
                                     .fold = fold, .round_count = 3, .flags = SYNCHED_JOB_EAGER));
  cr_assert_eq(synched_job_run(engine.job), 0);
  const struct synched_snapshot *now = synched_snapshot_current(engine.memory);
  double folded = now->fold;
  synched_snapshot_release(now);
  engine_end(&engine);
  return folded;
}

static double sum_in_order(const struct terms *terms, size_t segment_count) {
  double sum = terms->values[0];
  for (size_t s = 1; s < segment_count; s++)
    sum += terms->values[s % terms->count];
  return sum;
}

/* As two workers would add up, each its half. */
static double sum_of_halves(const struct terms *terms, size_t segment_count) {
  size_t half = segment_count / 2;
  double sums[2] = {0.0, 0.0};
  for (size_t s = 0; s < segment_count; s++)
    sums[s >= half] += terms->values[s % terms->count];
  return sums[0] + sums[1];
}

static double sum_backwards(const struct terms *terms, size_t segment_count) {
  double sum = terms->values[(segment_count - 1) % terms->count];
  for (size_t s = segment_count - 1; s > 0; s--)
    sum += terms->values[(s - 1) % terms->count];
  return sum;
}

Test(job_results, fold_sum_is_in_segment_order) {
  static const double values[] = {1e-3, 3e5 / 7, 1.0 / 7, -1e7 / 7, 0.1, 1e-9, -0.0123, 17.9};
  static const size_t segment_counts[] = {1, 2, 3, 8, 61, 5000};
  const struct terms terms = {values, LENGTH(values)};
  for (size_t k = 3; k < LENGTH(segment_counts); k++) {
    double in_order = sum_in_order(&terms, segment_counts[k]);
    cr_assert_not(same_bits(in_order, sum_backwards(&terms, segment_counts[k])));
    cr_assert_not(same_bits(in_order, sum_of_halves(&terms, segment_counts[k])));
  }
  for (size_t i = 0; i < LENGTH(worker_counts); i++) {
    struct synched_pool *pool = pool_new(worker_counts[i]);
    for (size_t k = 0; k < LENGTH(segment_counts); k++) {
      double folded = fold_of(pool, &terms, segment_counts[k], SYNCHED_FOLD_SUM);
      cr_assert(same_bits(folded, sum_in_order(&terms, segment_counts[k])),
                "%u workers, %zu segments: %a", worker_counts[i], segment_counts[k], folded);
    }
    pool_end(pool);
  }
}

/* Terms, and what their least and greatest is. */
struct extremes {
  double values[5];
  double least, greatest;
};

Test(job_results, fold_min_and_max_are_the_extremes) {
  static const struct extremes rows[] = {
      {{3.0, -1.0, 2.0, 7.0, 0.5}, -1.0, 7.0},
      {{-5.0, -1.0, -2.0, -7.0, -4.0}, -7.0, -1.0},
      {{1e-320, 5e-324, 1.0, 2.0, 3.0}, 5e-324, 3.0},
      {{INFINITY, 1.0, -INFINITY, 0.0, 2.0}, -INFINITY, INFINITY},
      {{4.0, 4.0, 4.0, 4.0, 4.0}, 4.0, 4.0},
  };
  for (size_t i = 0; i < LENGTH(worker_counts); i++) {
    struct synched_pool *pool = pool_new(worker_counts[i]);
    for (size_t k = 0; k < LENGTH(rows); k++)
      for (size_t segment_count = 5; segment_count <= 40; segment_count += 35) {
        const struct terms terms = {rows[k].values, 5};
        double least = fold_of(pool, &terms, segment_count, SYNCHED_FOLD_MIN);
        double greatest = fold_of(pool, &terms, segment_count, SYNCHED_FOLD_MAX);
        cr_assert(same_bits(least, rows[k].least), "row %zu: %g", k, least);
        cr_assert(same_bits(greatest, rows[k].greatest), "row %zu: %g", k, greatest);
      }
    pool_end(pool);
  }
}

Test(job_results, fold_with_a_nan_is_nan) {
  struct synched_pool *pool = pool_new(3);
  for (size_t at = 0; at < 5; at++) {
    double values[5] = {2.0, -1.0, 9.0, 0.0, 1.0};
    values[at] = NAN;
    const struct terms terms = {values, 5};
    for (int fold = SYNCHED_FOLD_SUM; fold <= SYNCHED_FOLD_MAX; fold++)
      cr_assert(isnan(fold_of(pool, &terms, 5, (enum synched_fold)fold)), "fold %d, NaN at %zu",
                fold, at);
  }
  pool_end(pool);
}

Test(job_results, fold_none_is_zero_whatever_is_contributed) {
  static const double values[] = {3.0, NAN};
  const struct terms terms = {values, 2};
  struct synched_pool *pool = pool_new(2);
  cr_assert(same_bits(fold_of(pool, &terms, 6, SYNCHED_FOLD_NONE), 0.0));
  pool_end(pool);
}

/* Only every other call contributes; the contributions of the round before must not show again. */
static int contribute_in_odd_rounds(struct synched_task *task, void *user) {
  (void)user;
  if (task->round % 2 == 1)
    task->contribution = 5.0;
  return 0;
}

Test(job_results, fold_without_contributions_is_that_of_zeros) {
  struct engine engine = engine_new(
      pool_new(2),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 6, .segment_capacity = 1, .element_size = 1),
      SYNCHED_JOB_OPTIONS(.compute = contribute_in_odd_rounds, .fold = SYNCHED_FOLD_SUM,
                          .round_count = 1));
  for (unsigned round = 1; round <= 4; round++) {
    cr_assert_eq(synched_job_run(engine.job), 0);
    const struct synched_snapshot *now = synched_snapshot_current(engine.memory);
    cr_assert(same_bits(now->fold, round % 2 == 1 ? 30.0 : 0.0), "round %u: %g", round, now->fold);
    synched_snapshot_release(now);
  }
  engine_end_with_pool(&engine);
}
