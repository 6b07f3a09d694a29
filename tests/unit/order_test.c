/*
 * order_test.c: in which order segments are claimed, given what they took.
 */
#include "engine/order.h"

#include <criterion/criterion.h>

#include "support/unit_support.h"

/* A record of one worker and the segments' times, as rounds would have left it. */
static struct synched__record *record_of(size_t segment_count) {
  struct synched__record *record = NULL;
  const struct synched__record_shape shape = {.name = "order",
                                              .worker_count = 1,
                                              .segment_count = segment_count,
                                              .round_count = 2,
                                              .segment_times = true};
  cr_assert_eq(synched__record_create(&record, &shape), 0);
  return record;
}

static void take(struct synched__record *record, const uint64_t *took_ns) {
  for (size_t s = 0; s < record->segment_count; s++)
    synched__counter_add(&record->segments[s * record->segment_stride].compute_ns, took_ns[s]);
}

static void expect_order(const struct synched__order *order, const size_t *expected, size_t count) {
  for (size_t i = 0; i < count; i++)
    cr_assert_eq(synched__order_at(order, i), expected[i], "position %zu: segment %zu", i,
                 synched__order_at(order, i));
}

static const size_t ascending[] = {0, 1, 2, 3, 4, 5, 6, 7};

static struct synched__shape shape_of(size_t segment_count, unsigned team) {
  return (struct synched__shape){.segment_count = segment_count, .team = team, .batch = 1};
}

Test(order, uneven_segments_heaviest_first_within_each_home_range) {
  static const uint64_t took_ns[] = {100, 2000, 300, 4000, 9000, 10, 5000, 20};
  static const size_t expected[] = {3, 1, 0, 2, 4, 6, 5, 7};
  struct synched__record *record = record_of(8);
  struct synched__order order;
  cr_assert(synched__order_init(&order, 8));
  synched__order_reset(&order, 8);
  expect_order(&order, ascending, 8);
  take(record, took_ns);
  synched__order_update(&order, shape_of(8, 2), NULL, record);
  expect_order(&order, expected, 8);
  synched__order_deinit(&order);
  synched__record_destroy(record);
}

/* The four of SynchedMemory's headline. */
Test(order, fibonacci_headline_leaves_the_light_ones_for_last) {
  static const uint64_t took_ns[] = {50000, 900000, 950000, 1000000};
  static const size_t expected[] = {1, 0, 3, 2};
  struct synched__record *record = record_of(4);
  struct synched__order order;
  cr_assert(synched__order_init(&order, 4));
  take(record, took_ns);
  synched__order_update(&order, shape_of(4, 2), NULL, record);
  expect_order(&order, expected, 2);
  synched__order_deinit(&order);
  synched__record_destroy(record);
}

Test(order, even_segments_stay_in_ascending_order) {
  static const uint64_t took_ns[] = {1000, 1100, 1000, 1200, 900, 1000, 1040, 1000};
  struct synched__record *record = record_of(8);
  struct synched__order order;
  cr_assert(synched__order_init(&order, 8));
  take(record, took_ns);
  synched__order_update(&order, shape_of(8, 2), NULL, record);
  cr_assert_not(order.heavy_first);
  expect_order(&order, ascending, 8);
  synched__order_deinit(&order);
  synched__record_destroy(record);
}

Test(order, weights_are_those_since_the_last_look) {
  static const uint64_t first_ns[] = {10, 10, 10, 9000, 10, 10, 10, 10};
  static const uint64_t then_ns[] = {10, 10, 9000, 10, 10, 10, 10, 8000};
  static const size_t expected[] = {2, 0, 1, 3, 7, 4, 5, 6};
  struct synched__record *record = record_of(8);
  struct synched__order order;
  cr_assert(synched__order_init(&order, 8));
  take(record, first_ns);
  synched__order_update(&order, shape_of(8, 2), NULL, record);
  cr_assert_eq(synched__order_at(&order, 0), 3);
  take(record, then_ns);
  synched__order_update(&order, shape_of(8, 2), NULL, record);
  expect_order(&order, expected, 8);
  /* Nothing has been computed since: nothing is known, and nothing preferred. */
  synched__order_update(&order, shape_of(8, 2), NULL, record);
  expect_order(&order, ascending, 8);
  take(record, then_ns);
  synched__order_update(&order, shape_of(8, 2), NULL, record);
  synched__order_reset(&order, 8);
  expect_order(&order, ascending, 8);
  synched__order_deinit(&order);
  synched__record_destroy(record);
}

/* One heavy segment among n, in every place, in every size of team: always a permutation of each
 * range. */
Test(order, any_weights_give_a_permutation_of_every_range) {
  static const size_t counts[] = {3, 7, 64, 4096};
  static const unsigned teams[] = {1, 2, 3, 64};
  uint64_t took_ns[4096];
  uint64_t random = 1;
  for (size_t c = 0; c < LENGTH(counts); c++)
    for (size_t p = 0; p < LENGTH(teams); p++) {
      const struct synched__shape shape = shape_of(counts[c], teams[p]);
      struct synched__record *record = record_of(counts[c]);
      struct synched__order order;
      bool seen[4096] = {false};
      cr_assert(synched__order_init(&order, counts[c]));
      for (size_t s = 0; s < counts[c]; s++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        took_ns[s] = random >> 44;
      }
      took_ns[counts[c] / 2] = UINT64_C(1) << 40;
      take(record, took_ns);
      synched__order_update(&order, shape, NULL, record);
      cr_assert(order.heavy_first);
      for (unsigned w = 0; w < shape.team; w++) {
        const struct synched__range range = synched__range_of(shape, w);
        for (size_t i = range.first; i < range.first + range.count; i++) {
          const size_t segment = synched__order_at(&order, i);
          cr_assert(segment >= range.first && segment < range.first + range.count);
          cr_assert_not(seen[segment]);
          seen[segment] = true;
        }
      }
      synched__order_deinit(&order);
      synched__record_destroy(record);
    }
}

Test(order, few_or_very_many_segments_have_no_order) {
  static const size_t counts[] = {1, 2, 4097, 1000000};
  for (size_t i = 0; i < LENGTH(counts); i++) {
    struct synched__order order;
    cr_assert(synched__order_init(&order, counts[i]));
    cr_assert_null(order.segments);
    cr_assert_eq(synched__order_at(&order, counts[i] - 1), counts[i] - 1);
    synched__order_reset(&order, counts[i]);
    synched__order_deinit(&order);
  }
}
