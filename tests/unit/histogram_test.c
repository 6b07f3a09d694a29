/*
 * histogram_test.c: which times a bucket counts, and how near its middle is to them.
 */
#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdlib.h>

#include "report/histogram.h"

Test(histogram, every_bucket_begins_where_the_one_before_ends) {
  cr_assert_eq(synched__bucket_first_ns(0), 0);
  for (unsigned i = 0; i < SYNCHED__BUCKET_COUNT; i++) {
    const uint64_t first_ns = synched__bucket_first_ns(i), last_ns = synched__bucket_last_ns(i);
    cr_assert_leq(first_ns, last_ns, "bucket %u", i);
    cr_assert_eq(synched__bucket_of(first_ns), i, "%" PRIu64 " ns", first_ns);
    cr_assert_eq(synched__bucket_of(last_ns), i, "%" PRIu64 " ns", last_ns);
    cr_assert_eq(synched__bucket_first_ns(i + 1), last_ns + 1);
  }
  cr_assert_eq(synched__bucket_last_ns(SYNCHED__BUCKET_COUNT - 1), SYNCHED__BUCKET_MOST_NS);
}

Test(histogram, times_below_128_ns_have_a_bucket_each) {
  for (unsigned ns = 0; ns < 128; ns++) {
    cr_assert_eq(synched__bucket_of(ns), ns);
    cr_assert_eq(synched__bucket_first_ns(ns), ns);
    cr_assert_eq(synched__bucket_last_ns(ns), ns);
  }
}

Test(histogram, times_beyond_the_last_bucket_count_in_it) {
  static const uint64_t long_ns[] = {SYNCHED__BUCKET_MOST_NS, SYNCHED__BUCKET_MOST_NS + 1,
                                     UINT64_C(1) << 63, UINT64_MAX};
  for (size_t i = 0; i < sizeof long_ns / sizeof *long_ns; i++)
    cr_assert_eq(synched__bucket_of(long_ns[i]), SYNCHED__BUCKET_COUNT - 1);
}

/* A bucket's middle is what a report shows of all that it counts. */
static void expect_near(uint64_t ns) {
  const unsigned bucket = synched__bucket_of(ns);
  const double first_ns = (double)synched__bucket_first_ns(bucket);
  const double middle_ns = (first_ns + (double)synched__bucket_last_ns(bucket)) / 2.0;
  const double off_ns = middle_ns > (double)ns ? middle_ns - (double)ns : (double)ns - middle_ns;
  cr_assert_lt(off_ns, 0.01 * (double)ns, "%" PRIu64 " ns is shown as %.1f", ns, middle_ns);
}

Test(histogram, middle_is_within_one_per_cent_at_every_magnitude) {
  for (uint64_t power = 1; power <= SYNCHED__BUCKET_MOST_NS / 2; power *= 2) {
    expect_near(power);
    expect_near(2 * power - 1);
    for (uint64_t step = 1; step < 1000; step++)
      expect_near(power + power * step / 1000);
  }
  for (unsigned i = 1; i < SYNCHED__BUCKET_COUNT; i++) {
    expect_near(synched__bucket_first_ns(i));
    expect_near(synched__bucket_last_ns(i));
  }
}

Test(histogram, remove_takes_back_what_was_added) {
  static struct synched__histogram histogram;
  static const uint64_t times_ns[] = {0, 1, 127, 128, 129, 5000, 1000000, UINT64_MAX};
  const size_t count = sizeof times_ns / sizeof *times_ns;
  for (size_t i = 0; i < count; i++) {
    synched__histogram_add(&histogram, times_ns[i]);
    synched__histogram_add(&histogram, times_ns[i]);
  }
  cr_assert_eq(synched__load_relaxed(&histogram.counts[127]), 2);
  cr_assert_eq(synched__load_relaxed(&histogram.counts[128]), 4, "128 and 129 ns");
  for (size_t i = 0; i < count; i++) {
    synched__histogram_remove(&histogram, times_ns[i]);
    synched__histogram_remove(&histogram, times_ns[i]);
  }
  for (unsigned i = 0; i < SYNCHED__BUCKET_COUNT; i++)
    cr_assert_eq(synched__load_relaxed(&histogram.counts[i]), 0, "bucket %u", i);
}

/* --- quantiles --- */

Test(histogram, quantile_is_where_the_share_is_reached) {
  static uint64_t buckets[SYNCHED__BUCKET_COUNT];
  cr_assert_eq(synched__buckets_quantile_ns(buckets, 0.5), 0, "nothing is counted");
  buckets[10] = 3;
  buckets[100] = 1;
  cr_assert_eq(synched__buckets_quantile_ns(buckets, 0.0), 10);
  cr_assert_eq(synched__buckets_quantile_ns(buckets, 0.75), 10);
  cr_assert_eq(synched__buckets_quantile_ns(buckets, 0.76), 100);
  cr_assert_eq(synched__buckets_quantile_ns(buckets, 1.0), 100);
  cr_assert_eq(synched__buckets_quantile_ns(buckets, 1.5), 100, "of more than all, the last");
  buckets[SYNCHED__BUCKET_COUNT - 1] = 1000;
  const uint64_t most_ns = synched__buckets_quantile_ns(buckets, 1.0);
  cr_assert_eq(synched__bucket_of(most_ns), SYNCHED__BUCKET_COUNT - 1);
}

Test(histogram, copy_has_what_was_added) {
  static struct synched__histogram histogram;
  static uint64_t buckets[SYNCHED__BUCKET_COUNT];
  synched__histogram_add(&histogram, 5);
  synched__histogram_add(&histogram, 5);
  synched__histogram_add(&histogram, 1000000);
  synched__histogram_remove(&histogram, 5);
  buckets[7] = 99; /* is written over */
  synched__histogram_copy(buckets, &histogram);
  for (unsigned i = 0; i < SYNCHED__BUCKET_COUNT; i++)
    cr_assert_eq(buckets[i], i == 5 || i == synched__bucket_of(1000000) ? 1 : 0);
}
