/*
 * makespan_test.c: how long workers take for pieces of different sizes.
 */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "report/makespan.h"

static double of(double *sizes, size_t count, unsigned cut, unsigned workers) {
  struct synched__lane lanes[64];
  static uint32_t order[SYNCHED__MAKESPAN_ORDERED];
  const struct synched__makespan_room room = {.lanes = lanes, .order = order};
  const struct synched__pieces pieces = {.sizes = sizes, .count = count, .cut = cut};
  cr_assert_leq(workers, 64);
  return synched__makespan(&pieces, workers, &room);
}

Test(makespan, one_worker_takes_the_sum) {
  double sizes[] = {4, 3, 2, 1};
  cr_assert_eq(of(sizes, 4, 1, 1), 10.0);
  cr_assert_eq(of(sizes, 4, 4, 1), 10.0);
}

/* Each begins with its heaviest one. Of two workers, the first is done at 95, and steals the 95
 * then. Cut in two, it steals 47.5 at 95, and the second begins with the last one at 100. */
Test(makespan, own_pieces_come_first_then_those_of_others) {
  double headline[] = {5, 90, 95, 100};
  cr_assert_eq(of(headline, 4, 1, 4), 100.0);
  cr_assert_eq(of(headline, 4, 1, 2), 190.0);
  cr_assert_eq(of(headline, 4, 2, 2), 147.5);
}

/* The best schedule of the six pieces takes 657. But who has the lighter home range is done with it
 * at 615, and the other one has begun with its last piece at 480. */
Test(makespan, lighter_home_range_ends_in_waiting) {
  double sizes[] = {480, 438, 396};
  cr_assert_eq(of(sizes, 3, 1, 2), 834.0);
  cr_assert_eq(of(sizes, 3, 2, 2), 699.0);
}

/* In the order of the segments the 9 would begin at 3. */
Test(makespan, heavy_pieces_of_a_range_come_first) {
  double uneven[] = {1, 1, 1, 9, 1, 1, 1, 1};
  cr_assert_eq(of(uneven, 8, 1, 2), 9.0);
}

Test(makespan, more_workers_than_pieces_take_the_largest) {
  double sizes[] = {7, 1};
  cr_assert_eq(of(sizes, 2, 1, 64), 7.0);
  cr_assert_eq(of(sizes, 2, 8, 64), 0.875);
}

Test(makespan, no_pieces_take_no_time) {
  double none = 0;
  cr_assert_eq(of(&none, 0, 1, 3), 0.0);
}

/* Never below the mean or the largest piece, never above the one plus the other, whatever their
 * order. */
Test(makespan, lies_between_its_bounds) {
  double sizes[40];
  for (unsigned stride = 1; stride < 40; stride += 2) {
    if (stride % 5 == 0)
      continue;
    for (size_t i = 0; i < 40; i++)
      sizes[i * stride % 40] = (double)(1000 - 20 * i);
    for (unsigned workers = 1; workers <= 64; workers++)
      for (unsigned cut = 1; cut <= 8; cut++) {
        const double made = of(sizes, 40, cut, workers);
        const double mean = 24400.0 / workers, largest = 1000.0 / cut;
        cr_assert_geq(made, mean - 1e-6);
        cr_assert_geq(made, largest - 1e-6);
        cr_assert_leq(made, mean + largest + 1e-6);
      }
  }
}

Test(makespan, very_many_pieces_get_the_lower_bound) {
  const size_t count = 4000000;
  double *sizes = calloc(count, sizeof *sizes);
  cr_assert_not_null(sizes);
  for (size_t i = 0; i < count; i++)
    sizes[i] = 1.0;
  cr_assert_eq(of(sizes, count, 1, 4), 1e6);
  sizes[0] = 3e6;
  cr_assert_eq(of(sizes, count, 1, 4), 3e6);
  cr_assert_eq(of(sizes, count, 2, 4), (3e6 + 4e6 - 1) / 4);
  free(sizes);
}
