/*
 * depth_test.c: how many rounds run between two barriers is found by trying, of whatever shape the
 * cost of a round has; and what is best is followed when it changes.
 */
#include "engine/depth.h"

#include <criterion/criterion.h>

#include "support/unit_support.h"

/* What a tile of so many rounds takes. */
typedef uint64_t (*cost_fn)(unsigned rounds);

/* A barrier costs something. */
static uint64_t deeper_is_better(unsigned rounds) {
  return 1000 * rounds + 4000;
}

static uint64_t plain_is_best(unsigned rounds) {
  return 1000 * (uint64_t)rounds * (uint64_t)rounds;
}

/* What they work on fits into a cache up to there. */
static uint64_t four_is_best(unsigned rounds) {
  return rounds <= 4 ? 1000 * rounds + 4000 : 3000 * rounds;
}

static uint64_t sixteen_is_best(unsigned rounds) {
  return rounds <= 16 ? 1000 * rounds + 16000 : 4000 * rounds;
}

static uint64_t all_are_the_same(unsigned rounds) {
  return 1000 * rounds;
}

/* So many rounds, and a few more. */
static void run(struct synched__depth *depth, uint64_t rounds, cost_fn cost) {
  for (uint64_t done = 0; done < rounds;) {
    const unsigned next = synched__depth_rounds(depth);
    cr_assert_geq(next, 1);
    cr_assert_leq(next, SYNCHED__DEPTH_MOST);
    synched__depth_update(depth, next, cost(next));
    done += next;
  }
}

static unsigned found(cost_fn cost) {
  struct synched__depth depth;
  synched__depth_init(&depth);
  run(&depth, 400, cost);
  return synched__depth_rounds(&depth);
}

Test(depth, finds_what_costs_least) {
  cr_assert_eq(found(deeper_is_better), SYNCHED__DEPTH_MOST);
  cr_assert_eq(found(plain_is_best), 1);
  cr_assert_eq(found(four_is_best), 4);
  cr_assert_eq(found(sixteen_is_best), 16);
}

Test(depth, stays_where_nothing_is_better) {
  cr_assert_eq(found(all_are_the_same), 8);
}

Test(depth, follows_what_is_best_now) {
  struct synched__depth depth;
  synched__depth_init(&depth);
  run(&depth, 400, sixteen_is_best);
  run(&depth, 3000, plain_is_best);
  cr_assert_eq(synched__depth_rounds(&depth), 1);
  run(&depth, 10000, deeper_is_better);
  cr_assert_eq(synched__depth_rounds(&depth), SYNCHED__DEPTH_MOST);
}

/* Most rounds run as is best: each search is twice as far from the last one as that was. */
Test(depth, searches_ever_more_rarely) {
  struct synched__depth depth;
  synched__depth_init(&depth);
  run(&depth, 200000, four_is_best);
  uint64_t others = 0, all = 0;
  while (all < 100000) {
    const unsigned next = synched__depth_rounds(&depth);
    others += next == 4 ? 0 : next;
    all += next;
    synched__depth_update(&depth, next, four_is_best(next));
  }
  cr_assert_gt(others, 0);
  cr_assert_lt(others, all / 100);
}

/* It begins with 8 rounds; the first tile fills the caches anew, and takes long. */
Test(depth, does_not_count_the_first_tile) {
  struct synched__depth depth;
  synched__depth_init(&depth);
  synched__depth_update(&depth, 8, 1);
  run(&depth, 400, deeper_is_better);
  cr_assert_eq(synched__depth_rounds(&depth), SYNCHED__DEPTH_MOST);
}

/* Else a neighbour that is busy for a moment, just when more rounds are tried, would decide. */
Test(depth, counts_the_shortest_tile) {
  struct synched__depth depth;
  synched__depth_init(&depth);
  for (unsigned tile = 0; tile < 60; tile++) {
    const unsigned next = synched__depth_rounds(&depth);
    synched__depth_update(&depth, next,
                          deeper_is_better(next) * (next > 8 && tile % 4 == 2 ? 10 : 1));
  }
  cr_assert_eq(synched__depth_rounds(&depth), SYNCHED__DEPTH_MOST);
}

/* Fewer rounds than are wanted are left at the end of a run. */
Test(depth, does_not_count_tiles_of_other_rounds) {
  struct synched__depth depth;
  synched__depth_init(&depth);
  for (unsigned i = 0; i < 100; i++)
    synched__depth_update(&depth, 3, 1);
  cr_assert_eq(synched__depth_rounds(&depth), 8);
  run(&depth, 200, four_is_best);
  cr_assert_eq(synched__depth_rounds(&depth), 4);
}
