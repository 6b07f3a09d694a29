/*
 * makespan_test.c: how long workers take for pieces of different sizes.
 */
#include <criterion/criterion.h>

#include <stdlib.h>

#include "report/makespan.h"

static double of(double *sizes, size_t count, unsigned cut, unsigned workers) {
  double loads[64];
  const struct synched__pieces pieces = {.sizes = sizes, .count = count, .cut = cut};
  cr_assert_leq(workers, 64);
  return synched__makespan(&pieces, workers, loads);
}

Test(makespan, one_worker_takes_the_sum) {
  double sizes[] = {4, 3, 2, 1};
  cr_assert_eq(of(sizes, 4, 1, 1), 10.0);
  cr_assert_eq(of(sizes, 4, 4, 1), 10.0);
}

Test(makespan, largest_piece_first_to_whoever_is_free) {
  double headline[] = {100, 95, 90, 5};
  double graham[] = {5, 5, 4, 4, 3, 3, 3};
  cr_assert_eq(of(headline, 4, 1, 4), 100.0);
  cr_assert_eq(of(headline, 4, 1, 2), 185.0);
  cr_assert_eq(of(headline, 4, 2, 2), 145.0);
  /* Graham's own: 9 would be best for three workers. */
  cr_assert_eq(of(graham, 7, 1, 3), 11.0);
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

/* Never below the mean or the largest piece, never above the one plus the other. */
Test(makespan, lies_between_its_bounds) {
  double sizes[40];
  for (size_t i = 0; i < 40; i++)
    sizes[i] = (double)(1000 - 20 * i);
  for (unsigned workers = 1; workers <= 64; workers++)
    for (unsigned cut = 1; cut <= 8; cut++) {
      const double made = of(sizes, 40, cut, workers);
      const double mean = 24400.0 / workers, largest = 1000.0 / cut;
      cr_assert_geq(made, mean - 1e-6);
      cr_assert_geq(made, largest - 1e-6);
      cr_assert_leq(made, mean + largest + 1e-6);
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
