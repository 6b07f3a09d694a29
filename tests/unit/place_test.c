/*
 * place_test.c: which places are near each other.
 */
#include "topology/place.h"

#include <criterion/criterion.h>

Test(place, order_sorts_by_what_is_shared) {
  const struct synched_place sorted[] = {
      /* cpu, core, cache, numa_node, package */
      {0, 0, 0, 0, 0}, {8, 0, 0, 0, 0}, {1, 1, 0, 0, 0},  {2, 2, 1, 0, 0},
      {3, 3, 2, 1, 0}, {4, 4, 4, 2, 1}, {12, 4, 4, 2, 1},
  };
  const size_t count = sizeof sorted / sizeof *sorted;
  for (size_t a = 0; a < count; a++)
    for (size_t b = 0; b < count; b++) {
      int order = synched__place_order(&sorted[a], &sorted[b]);
      cr_expect_eq((order > 0) - (order < 0), (a > b) - (a < b), "%zu and %zu", a, b);
    }
}

Test(place, order_unbound_places_are_equal) {
  const struct synched_place unbound = {-1, -1, -1, -1, -1};
  cr_expect_eq(synched__place_order(&unbound, &unbound), 0);
}
