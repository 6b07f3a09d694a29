/*
 * pool_for_test.c: parallel loops on a pool's workers: each index once, the lowest failure, turns
 * with jobs and with each other, and nothing that is left of them.
 */
#include <criterion/criterion.h>

#include <fenv.h>
#include <uv.h>

#include "platform/allocator.h"
#include "support/support.h"
#include "support/unit_support.h"

#define INDICES 100000u
#define WORKERS_MOST 5u

/* What a loop's turns look at, and what they have found. */
struct sums {
  size_t count;
  uint64_t values[INDICES];
  size_t fail_from;
  struct synched_pool *pool;
  _Atomic uint32_t in_turn[WORKERS_MOST + 1];
  _Atomic uint32_t shared_scratch, wrong_mode, refused;
  _Atomic uint32_t done_count;
  int status;
};

static uint64_t value_of(size_t index) {
  uint64_t value = index + 1;
  for (unsigned i = 0; i < 8; i++)
    value = value * UINT64_C(6364136223846793005) + index;
  return value;
}

static int add(size_t index, unsigned worker, void *user) {
  struct sums *sums = user;
  if (atomic_exchange(&sums->in_turn[worker], 1) != 0)
    atomic_fetch_add(&sums->shared_scratch, 1);
  sums->values[index] += value_of(index);
  atomic_store(&sums->in_turn[worker], 0);
  return index >= sums->fail_from ? -3000 - (int)(index % 1000) : 0;
}

static struct sums *sums_new(size_t count) {
  struct sums *sums = calloc(1, sizeof *sums);
  cr_assert_not_null(sums);
  sums->count = count;
  sums->fail_from = SIZE_MAX;
  return sums;
}

static void expect_each(const struct sums *sums, uint64_t times) {
  for (size_t i = 0; i < INDICES; i++)
    cr_assert_eq(sums->values[i], i < sums->count ? times * value_of(i) : 0, "index %zu", i);
  cr_assert_eq(sums->shared_scratch, 0);
}

static void expect_refused(int status, int expected, const char *word) {
  cr_assert_eq(status, expected, "%s", synched_err_name(status));
  cr_assert_not_null(strstr(synched_error_message(), word), "%s", synched_error_message());
}

Test(pool_for, each_index_comes_once_whatever_the_workers) {
  static const unsigned worker_counts[] = {1, 2, 3, 5};
  static const size_t counts[] = {1, 2, 7, 1000, INDICES};
  for (unsigned i = 0; i < LENGTH(worker_counts); i++) {
    struct synched_pool *pool = pool_new(worker_counts[i]);
    for (unsigned c = 0; c < LENGTH(counts); c++) {
      struct sums *sums = sums_new(counts[c]);
      for (unsigned repeat = 0; repeat < 12; repeat++)
        cr_assert_eq(synched_pool_for(pool, counts[c], add, sums), 0);
      expect_each(sums, 12);
      free(sums);
    }
    pool_end(pool);
  }
}

Test(pool_for, lowest_failing_index_is_the_one_that_counts) {
  struct synched_pool *pool = pool_new(3);
  for (size_t from = 0; from < INDICES; from = from * 2 + 1) {
    struct sums *sums = sums_new(INDICES);
    sums->fail_from = from;
    expect_refused(synched_pool_for(pool, INDICES, add, sums), -3000 - (int)(from % 1000),
                   "parallel loop");
    for (size_t i = 0; i <= from; i++)
      cr_assert_eq(sums->values[i], value_of(i));
    sums->fail_from = SIZE_MAX;
    memset(sums->values, 0, sizeof sums->values);
    cr_assert_eq(synched_pool_for(pool, INDICES, add, sums), 0);
    expect_each(sums, 1);
    free(sums);
  }
  pool_end(pool);
}

static int nest(size_t index, unsigned worker, void *user) {
  struct sums *sums = user;
  (void)worker;
  if (synched_pool_for(sums->pool, 3, add, user) == SYNCHED_EDEADLK)
    atomic_fetch_add(&sums->refused, 1);
  if (fegetround() != FE_UPWARD)
    atomic_fetch_add(&sums->wrong_mode, 1);
  sums->values[index] += value_of(index);
  return 0;
}

Test(pool_for, turns_have_the_callers_mode_and_cannot_nest) {
  struct synched_pool *pool = pool_new(2);
  struct sums *sums = sums_new(1000);
  sums->pool = pool;
  cr_assert_eq(fesetround(FE_UPWARD), 0);
  for (unsigned i = 0; i < 10; i++)
    cr_assert_eq(synched_pool_for(pool, 1000, nest, sums), 0);
  cr_assert_eq(fegetround(), FE_UPWARD);
  cr_assert_eq(fesetround(FE_TONEAREST), 0);
  cr_assert_eq(sums->refused, 10000);
  cr_assert_eq(sums->wrong_mode, 0);
  expect_each(sums, 10);
  free(sums);
  pool_end(pool);
}

static _Atomic uint32_t allocation_count;

static void *count_calloc(size_t count, size_t bytes) {
  atomic_fetch_add(&allocation_count, 1);
  return calloc(count, bytes);
}
static void *count_malloc(size_t bytes) {
  atomic_fetch_add(&allocation_count, 1);
  return malloc(bytes);
}
static void *count_realloc(void *block, size_t bytes) {
  atomic_fetch_add(&allocation_count, 1);
  return realloc(block, bytes);
}
