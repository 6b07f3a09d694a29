/*
 * deal_test.c: where home ranges lie, as a function of what segments have cost. No rounds run here:
 * the windows are made up.
 */
#include "engine/deal.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include <synched/memory.h>

#include "support/unit_support.h"

/* What deal.c is built on, seen from outside. */
enum {
  WINDOW_NS = 20000000,
  WINDOW_ROUNDS = 16,
  SEGMENT_NS = 4096,
  FACTOR_MOST = 64,
  GAIN_PART = 16,
  TEAM_MOST = 64
};

/* Segments that cost something, on workers of which some are slower: both in hundredths. */
struct world {
  size_t segment_count;
  unsigned team;
  unsigned (*cost)(const struct world *world, size_t segment);
  unsigned slowness[TEAM_MOST];
  /* what a usual segment takes in a round */
  uint64_t segment_ns;
};

static unsigned even_cost(const struct world *world, size_t segment) {
  (void)world;
  (void)segment;
  return 100;
}

static unsigned half_dear(const struct world *world, size_t segment) {
  return segment < world->segment_count / 2 ? 300 : 100;
}

static unsigned rising(const struct world *world, size_t segment) {
  return 50 + (unsigned)(200 * segment / world->segment_count);
}

static struct world world_of(size_t segment_count, unsigned team,
                             unsigned (*cost)(const struct world *, size_t)) {
  struct world world = {
      .segment_count = segment_count, .team = team, .cost = cost, .segment_ns = 100000};
  for (unsigned w = 0; w < TEAM_MOST; w++)
    world.slowness[w] = 100;
  return world;
}

static struct synched__deal *deal_of(const struct world *world) {
  struct synched__deal *deal = NULL;
  cr_assert(synched__deal_create(&deal, world->segment_count, world->team, false));
  return deal;
}

static unsigned home_of(const struct synched__deal *deal, size_t piece) {
  unsigned w = 0;
  while (deal->borders.at[w + 1] <= piece)
    w++;
  return w;
}

/* What the pieces cost in a window of so many rounds, each where it is at home. */
static void spend(struct synched__deal *deal, const struct world *world, uint64_t rounds) {
  struct synched__costs *costs = &deal->costs;
  costs->round_count = rounds;
  costs->sums_ns[0] = 0;
  for (size_t piece = 0; piece < costs->piece_count; piece++) {
    uint64_t ns = 0;
    for (size_t s = synched__piece_first(deal, piece); s < synched__piece_first(deal, piece + 1);
         s++)
      ns += world->segment_ns * world->cost(world, s) / 100;
    ns = ns * world->slowness[home_of(deal, piece)] / 100;
    costs->sums_ns[piece + 1] = costs->sums_ns[piece] + ns * rounds;
  }
}

/* From so much on for one piece. */
static void add_to(struct synched__deal *deal, size_t piece, uint64_t ns) {
  for (size_t i = piece + 1; i <= deal->costs.piece_count; i++)
    deal->costs.sums_ns[i] += ns;
}

/* Each worker has at least a piece, and they are contiguous. */
static void expect_ascending(const struct synched__borders *borders, size_t piece_count) {
  cr_assert_eq(borders->at[0], 0);
  for (unsigned w = 0; w < borders->team; w++)
    cr_assert_lt(borders->at[w], borders->at[w + 1], "worker %u of %u has none", w, borders->team);
  cr_assert_eq(borders->at[borders->team], piece_count);
}

/* One window after the other; how often segments have changed hands. */
static unsigned live(struct synched__deal *deal, const struct world *world, unsigned windows) {
  unsigned count = 0;
  for (unsigned i = 0; i < windows; i++) {
    spend(deal, world, 100);
    count += synched__deal_update(deal);
    expect_ascending(&deal->borders, deal->costs.piece_count);
  }
  return count;
}

/* What the dearest range costs, in parts of the mean. */
static double unevenness(struct synched__deal *deal, const struct world *world) {
  spend(deal, world, 100);
  return (double)synched__borders_most(&deal->borders, &deal->costs) * world->team /
         (double)deal->costs.sums_ns[deal->costs.piece_count];
}

/* --- how they lie --- */

Test(deal, even_ranges_are_those_of_the_shape) {
  for (size_t segments = 1; segments <= 70; segments++)
    for (unsigned team = 1; team <= segments && team <= TEAM_MOST; team++) {
      const struct world world = world_of(segments, team, even_cost);
      struct synched__deal *deal = deal_of(&world);
      const struct synched__shape shape = {.segment_count = segments, .team = team + 3};
      struct synched__shape dealt = {.segment_count = segments, .team = team, .is_dealt = true};
      for (unsigned w = 0; w < team; w++) {
        const struct synched__range range = synched__dealt_range(deal, dealt, w);
        dealt.is_dealt = false;
        const struct synched__range even = synched__dealt_range(NULL, dealt, w);
        dealt.is_dealt = true;
        cr_assert_eq(range.first, even.first);
        cr_assert_eq(range.count, even.count);
      }
      /* Workers beyond the team have none. */
      dealt.team = shape.team;
      cr_assert_eq(synched__dealt_range(deal, dealt, team).count, 0);
      synched__deal_destroy(deal);
    }
}

Test(deal, very_many_segments_are_dealt_in_pieces) {
  static const size_t counts[] = {8191, 8192, 100003, SYNCHED_SEGMENTS_MAX};
  for (size_t i = 0; i < LENGTH(counts); i++) {
    const struct world world = world_of(counts[i], 3, even_cost);
    struct synched__deal *deal = deal_of(&world);
    size_t next = 0;
    cr_assert_eq(deal->costs.piece_count, SYNCHED__PIECES_MOST);
    for (size_t piece = 0; piece < deal->costs.piece_count; piece++)
      cr_assert_lt(synched__piece_first(deal, piece), synched__piece_first(deal, piece + 1));
    for (unsigned w = 0; w < 3; w++) {
      const struct synched__range range = synched__deal_range(deal, w);
      cr_assert_eq(range.first, next);
      next += range.count;
    }
    cr_assert_eq(next, counts[i]);
    synched__deal_destroy(deal);
  }
}

/* --- the arithmetic --- */

struct three {
  struct synched__borders a, b, c;
  uint32_t at[3][TEAM_MOST + 1];
};

static void three_init(struct three *three, unsigned team) {
  three->a = (struct synched__borders){team, three->at[0]};
  three->b = (struct synched__borders){team, three->at[1]};
  three->c = (struct synched__borders){team, three->at[2]};
}

/* Any, strictly ascending ones. */
static void scatter(const struct synched__borders *borders, size_t piece_count) {
  const size_t spare = piece_count - borders->team;
  borders->at[0] = 0;
  for (unsigned w = 1; w <= borders->team; w++)
    borders->at[w] = (uint32_t)rand() % (uint32_t)(spare + 1);
  for (unsigned i = 1; i < borders->team; i++)
    for (unsigned k = i + 1; k < borders->team; k++)
      if (borders->at[k] < borders->at[i]) {
        const uint32_t at = borders->at[i];
        borders->at[i] = borders->at[k];
        borders->at[k] = at;
      }
  for (unsigned w = 1; w < borders->team; w++)
    borders->at[w] += w;
  borders->at[borders->team] = (uint32_t)piece_count;
  expect_ascending(borders, piece_count);
}

/* A free piece is a piece, too: each worker has one. */
Test(deal, levelled_ranges_are_dearer_than_the_best_by_a_piece_at_most) {
  enum { PIECES_MOST = 300 };
  uint64_t sums_ns[PIECES_MOST + 1];
  uint32_t at[TEAM_MOST + 1];
  srand(1);
  for (unsigned i = 0; i < 3000; i++) {
    const unsigned team = 1 + (unsigned)rand() % TEAM_MOST;
    const size_t count = team + (size_t)rand() % (PIECES_MOST - TEAM_MOST);
    const struct synched__costs costs = {count, sums_ns, 1};
    const struct synched__borders borders = {team, at};
    uint64_t most_ns = 0;
    sums_ns[0] = 0;
    for (size_t piece = 0; piece < count; piece++) {
      const uint64_t ns = rand() % 5 == 0 ? 0 : (uint64_t)rand() % (1u << rand() % 20);
      most_ns = ns > most_ns ? ns : most_ns;
      sums_ns[piece + 1] = sums_ns[piece] + ns;
    }
    synched__borders_level(&borders, &costs);
    expect_ascending(&borders, count);
    cr_assert_leq(synched__borders_most(&borders, &costs), sums_ns[count] / team + most_ns + 1,
                  "%zu pieces, team %u", count, team);
  }
}

Test(deal, level_finds_the_border_between_dear_and_cheap) {
  static const uint64_t sums_ns[] = {0, 30, 60, 90, 100, 110, 120};
  uint32_t at[3];
  const struct synched__borders borders = {2, at};
  synched__borders_level(&borders, &(struct synched__costs){6, (uint64_t *)sums_ns, 1});
  cr_assert_eq(at[1], 2);
  cr_assert_eq(synched__borders_most(&borders, &(struct synched__costs){6, (uint64_t *)sums_ns, 1}),
               60);
}

Test(deal, agreement_is_the_nearer_place_on_one_side) {
  static uint32_t now[] = {0, 10, 20, 30, 40, 50};
  static uint32_t one[] = {0, 14, 18, 33, 36, 50};
  static uint32_t other[] = {0, 12, 17, 27, 40, 50};
  static const uint32_t expected[] = {0, 12, 18, 30, 40, 50};
  uint32_t at[6];
  const struct synched__borders out = {5, at};
  synched__borders_agree(&out, &(struct synched__borders){5, now},
                         &(struct synched__borders){5, one}, &(struct synched__borders){5, other});
  cr_assert_arr_eq(at, expected, sizeof at);
}

Test(deal, agreed_and_halved_borders_ascend) {
  struct three three;
  uint32_t at[2][TEAM_MOST + 1];
  srand(2);
  for (unsigned i = 0; i < 20000; i++) {
    const unsigned team = 1 + (unsigned)rand() % TEAM_MOST;
    const size_t count = team + (size_t)rand() % 100;
    const struct synched__borders agreed = {team, at[0]}, half = {team, at[1]};
    three_init(&three, team);
    scatter(&three.a, count);
    scatter(&three.b, count);
    scatter(&three.c, count);
    synched__borders_agree(&agreed, &three.a, &three.b, &three.c);
    expect_ascending(&agreed, count);
    synched__borders_halve(&half, &three.a, &agreed);
    expect_ascending(&half, count);
    for (unsigned w = 0; w <= team; w++) {
      const uint32_t from = three.a.at[w], to = agreed.at[w];
      cr_assert(from == to || half.at[w] != from);
      cr_assert_leq(half.at[w] > to ? half.at[w] - to : to - half.at[w],
                    from > to ? from - to : to - from);
    }
  }
}

Test(deal, halves_of_halves_arrive) {
  static uint32_t from[] = {0, 1, 100}, to[] = {0, 90, 100};
  const struct synched__borders here = {2, from}, there = {2, to};
  unsigned steps = 0;
  for (; from[1] != to[1] && steps < 100; steps++)
    synched__borders_halve(&here, &here, &there);
  cr_assert_leq(steps, 7);
}

/* Ten pieces of 1 us, but for the first: in each of 100 rounds. */
static bool repays(uint64_t first_ns, uint32_t from_at, uint32_t to_at) {
  uint64_t sums_ns[11] = {0};
  const struct synched__costs costs = {10, sums_ns, 100};
  for (size_t i = 0; i < 10; i++)
    sums_ns[i + 1] = sums_ns[i] + 100 * (i == 0 ? first_ns : 1000);
  return synched__deal_repays(&costs, &(struct synched__borders){2, (uint32_t[]){0, from_at, 10}},
                              &(struct synched__borders){2, (uint32_t[]){0, to_at, 10}});
}

/* 256 rounds pay for 20 us, and for four times what moves, which two workers share. */
Test(deal, repays_in_some_rounds) {
  cr_assert(repays(1000, 6, 5));
  cr_assert(!repays(1000, 5, 5));
  cr_assert(!repays(1000, 5, 6));
  /* The dearer range costs 86 ns less: that pays for 20 us, but not for four pieces, too. */
  cr_assert(!repays(4914, 1, 5));
  cr_assert(repays(1000, 7, 5));
}

/* --- fixed costs --- */

static void expect_settled(const struct world *world) {
  struct synched__deal *deal = deal_of(world);
  const unsigned moves = live(deal, world, 60);
  const double left = unevenness(deal, world);
  /* As good as any contiguous ranges of these pieces can nearly be. */
  synched__borders_level(&deal->aim, &deal->costs);
  const double best = (double)synched__borders_most(&deal->aim, &deal->costs) * world->team /
                      (double)deal->costs.sums_ns[deal->costs.piece_count];
  cr_assert_leq(left, best * (1.0 + 1.0 / GAIN_PART) + 1e-9,
                "%zu segments, team %u: %.3f after %u moves, at best %.3f", world->segment_count,
                world->team, left, moves, best);
  cr_assert_leq(moves, 20u, "%zu segments, team %u: %u moves", world->segment_count, world->team,
                moves);
  cr_assert_eq(live(deal, world, 200), 0, "%zu segments, team %u: it does not rest",
               world->segment_count, world->team);
  synched__deal_destroy(deal);
}

Test(deal, fixed_costs_are_levelled_and_then_nothing_moves) {
  static const size_t counts[] = {2, 3, 7, 64, 65, 200, 1000, 20000};
  static unsigned (*const costs[])(const struct world *, size_t) = {even_cost, half_dear, rising};
  for (size_t c = 0; c < LENGTH(counts); c++)
    for (unsigned team = 1; team <= TEAM_MOST && team <= counts[c]; team += 1 + team / 3)
      for (size_t i = 0; i < LENGTH(costs); i++) {
        const struct world world = world_of(counts[c], team, costs[i]);
        expect_settled(&world);
      }
}

Test(deal, half_of_the_segments_dear_ends_near_the_even_sum) {
  const struct world world = world_of(64, 2, half_dear);
  struct synched__deal *deal = deal_of(&world);
  cr_assert_geq(live(deal, &world, 20), 2);
  /* 21.3 dear ones cost half of all. */
  cr_assert(deal->borders.at[1] == 21 || deal->borders.at[1] == 22, "%u", deal->borders.at[1]);
  synched__deal_destroy(deal);
}

Test(deal, slow_workers_get_fewer_segments) {
  for (unsigned slowness = 120; slowness <= 1000; slowness += 110)
    for (unsigned slow = 0; slow < 4; slow++) {
      struct world world = world_of(400, 4, even_cost);
      world.slowness[slow] = slowness;
      expect_settled(&world);
      struct synched__deal *deal = deal_of(&world);
      (void)live(deal, &world, 60);
      const double share = (double)synched__deal_range(deal, slow).count / 400;
      const double fair = 100.0 / slowness / (3 + 100.0 / slowness);
      cr_assert_float_eq(share, fair, 0.1 * fair + 0.01, "slower by %u: %.3f, not %.3f", slowness,
                         share, fair);
      synched__deal_destroy(deal);
    }
}

/* A core that is slow for a while, and is not any more. */
Test(deal, ranges_come_back) {
  struct world world = world_of(100, 2, even_cost);
  struct synched__deal *deal = deal_of(&world);
  world.slowness[1] = 200;
  (void)live(deal, &world, 30);
  cr_assert_geq(deal->borders.at[1], 64);
  world.slowness[1] = 100;
  (void)live(deal, &world, 30);
  cr_assert(deal->borders.at[1] >= 48 && deal->borders.at[1] <= 52, "%u", deal->borders.at[1]);
  synched__deal_destroy(deal);
}

/* --- what must move nothing --- */

Test(deal, even_costs_move_nothing) {
  for (unsigned team = 1; team <= TEAM_MOST; team++) {
    const struct world world = world_of(64 + team, team, even_cost);
    struct synched__deal *deal = deal_of(&world);
    cr_assert_eq(live(deal, &world, 20), 0, "team %u", team);
    cr_assert_eq(deal->factor, FACTOR_MOST);
    synched__deal_destroy(deal);
  }
}

/* An interruption that lasts longer than all rounds of the window together. */
Test(deal, one_noisy_window_moves_nothing) {
  for (size_t piece = 0; piece < 64; piece++) {
    const struct world world = world_of(64, 4, even_cost);
    struct synched__deal *deal = deal_of(&world);
    for (unsigned i = 0; i < 40; i++) {
      spend(deal, &world, 100);
      if (i % 3 == 2)
        add_to(deal, i % 2 == 0 ? piece : 63 - piece, 20 * deal->costs.sums_ns[64]);
      cr_assert(!synched__deal_update(deal), "window %u, piece %zu", i, piece);
    }
    synched__deal_destroy(deal);
  }
}

/* Every call takes up to a half more or less, in each window anew. */
Test(deal, noise_moves_nothing) {
  srand(3);
  for (unsigned team = 2; team <= 8; team++) {
    const struct world world = world_of(400, team, even_cost);
    struct synched__deal *deal = deal_of(&world);
    for (unsigned i = 0; i < 300; i++) {
      spend(deal, &world, 100);
      for (size_t piece = 0; piece < 400; piece++)
        add_to(deal, piece, world.segment_ns * 100 * (uint64_t)(rand() % 100) / 100);
      cr_assert(!synched__deal_update(deal), "window %u, team %u", i, team);
    }
    synched__deal_destroy(deal);
  }
}

/* Workers that are now faster, now slower, by a quarter each: what moves stays near, and moves less
 * and less often. */
Test(deal, noisy_workers_do_not_make_ranges_wander) {
  srand(4);
  struct world world = world_of(400, 4, even_cost);
  struct synched__deal *deal = deal_of(&world);
  unsigned moves = 0;
  for (unsigned i = 0; i < 2000; i++) {
    for (unsigned w = 0; w < 4; w++)
      world.slowness[w] = 100 + (unsigned)rand() % 25;
    spend(deal, &world, 100);
    moves += synched__deal_update(deal);
    for (unsigned w = 0; w < 4; w++)
      cr_assert_float_eq((double)synched__deal_range(deal, w).count, 100.0, 30.0);
  }
  cr_assert_leq(moves, 200, "%u moves", moves);
  synched__deal_destroy(deal);
}

Test(deal, nothing_moves_for_a_small_gain_and_on_until_it_is_tiny) {
  struct world world = world_of(10000, 2, even_cost);
  struct synched__deal *deal = deal_of(&world);
  /* (1.12 - 1.06) / 1.12 is less than a sixteenth. */
  world.slowness[0] = 112;
  cr_assert_eq(live(deal, &world, 50), 0);
  world.slowness[0] = 120;
  cr_assert_gt(live(deal, &world, 50), 0);
  cr_assert_leq(unevenness(deal, &world), 1.02);
  synched__deal_destroy(deal);
}

Test(deal, rounds_of_little_work_move_nothing) {
  struct world world = world_of(64, 2, half_dear);
  struct synched__deal *deal = deal_of(&world);
  world.segment_ns = 10; /* the dear range takes 960 ns */
  cr_assert_eq(live(deal, &world, 50), 0);
  world.segment_ns = 1000;
  cr_assert_gt(live(deal, &world, 50), 0);
  synched__deal_destroy(deal);
}

/* A seventh more on one worker than on the other: to even that out does not repay in rounds that
 * are short. */
static unsigned a_little_more(const struct world *world, size_t segment) {
  return segment < world->segment_count / 2 ? 1100 : segment % 2 == 0 ? 1000 : 900;
}

Test(deal, gains_that_do_not_repay_move_nothing) {
  struct world world = world_of(200, 2, a_little_more);
  struct synched__deal *deal = deal_of(&world);
  world.segment_ns = 1;
  cr_assert_eq(live(deal, &world, 200), 0);
  world.segment_ns = 10;
  cr_assert_gt(live(deal, &world, 200), 0);
  synched__deal_destroy(deal);
}

Test(deal, as_many_segments_as_workers_stay_where_they_are) {
  const struct world world = world_of(8, 8, half_dear);
  struct synched__deal *deal = deal_of(&world);
  cr_assert_eq(live(deal, &world, 50), 0);
  synched__deal_destroy(deal);
}

Test(deal, window_that_says_nothing_is_forgotten) {
  const struct world world = world_of(64, 2, half_dear);
  struct synched__deal *deal = deal_of(&world);
  for (unsigned i = 0; i < 20; i++) {
    cr_assert_eq(live(deal, &world, 1), 0);
    synched__deal_skip(deal);
  }
  cr_assert_eq(live(deal, &world, 2), 1);
  synched__deal_destroy(deal);
}

/* --- windows --- */

/* How many rounds a window has, each of so many ns; *looks: how often somebody looked. */
static uint64_t window_of(struct synched__deal *deal, uint64_t round_ns, unsigned *looks) {
  uint64_t due = synched__deal_begin(deal, 1000, 77);
  uint64_t round = 0;
  bool is_over = false;
  for (*looks = 0; !is_over; ++*looks) {
    round = due;
    due = synched__deal_next_look(deal, round, 77 + (round - 1000) * round_ns, &is_over);
    cr_assert(is_over || due > round);
  }
  return round - 1000;
}

Test(deal, windows_have_some_rounds_and_last_some_time) {
  const struct world world = world_of(64, 2, even_cost);
  struct synched__deal *deal = deal_of(&world);
  unsigned looks;
  cr_assert_eq(synched__deal_reset(deal), WINDOW_ROUNDS);
  cr_assert_eq(window_of(deal, 100000000, &looks), WINDOW_ROUNDS);
  cr_assert_eq(looks, 1);
  const uint64_t rounds = window_of(deal, 1000, &looks);
  cr_assert_geq(rounds * 1000, WINDOW_NS);
  cr_assert_lt(rounds * 1000, 2u * WINDOW_NS);
  cr_assert_leq(looks, 13);
  synched__deal_destroy(deal);
}

/* However long they last. */
Test(deal, windows_of_few_rounds_are_not_over) {
  const struct world world = world_of(64, 2, even_cost);
  struct synched__deal *deal = deal_of(&world);
  bool is_over;
  (void)synched__deal_reset(deal);
  (void)synched__deal_begin(deal, 1000, 0);
  cr_assert_eq(synched__deal_next_look(deal, 1003, 100 * (uint64_t)WINDOW_NS, &is_over),
               1000 + WINDOW_ROUNDS);
  cr_assert(!is_over);
  synched__deal_destroy(deal);
}

/* What it takes to look is a small part of a window. */
Test(deal, windows_of_many_segments_last_longer) {
  const struct world world = world_of(100000, 2, even_cost);
  struct synched__deal *deal = deal_of(&world);
  unsigned looks;
  cr_assert_geq(window_of(deal, 10000, &looks) * 10000, (uint64_t)SEGMENT_NS * 100000);
  synched__deal_destroy(deal);
}

Test(deal, windows_become_longer_while_nothing_moves) {
  struct world world = world_of(64, 2, even_cost);
  struct synched__deal *deal = deal_of(&world);
  unsigned looks;
  (void)live(deal, &world, 20);
  cr_assert_geq(window_of(deal, 100000, &looks) * 100000, (uint64_t)FACTOR_MOST * WINDOW_NS);
  world.slowness[1] = 300;
  cr_assert_gt(live(deal, &world, 2), 0);
  cr_assert_lt(window_of(deal, 100000, &looks) * 100000, 2u * WINDOW_NS);
  synched__deal_destroy(deal);
}

/* Now one worker is slow, now the other: the borders go back and forth, and ever more rarely. */
Test(deal, borders_that_go_back_make_windows_longer) {
  struct world world = world_of(64, 2, even_cost);
  struct synched__deal *deal = deal_of(&world);
  for (unsigned i = 0; i < 20; i++) {
    world.slowness[i % 2] = 300;
    world.slowness[1 - i % 2] = 100;
    (void)live(deal, &world, 6);
  }
  cr_assert_eq(deal->factor_least, FACTOR_MOST);
  world.slowness[0] = world.slowness[1] = 100;
  (void)live(deal, &world, 60);
  cr_assert_eq(deal->factor_least, 1);
  synched__deal_destroy(deal);
}

/* The first look only begins a window: before it caches are cold. */
Test(deal, first_look_begins_a_window) {
  const struct world world = world_of(64, 2, even_cost);
  struct synched__deal *deal = deal_of(&world);
  bool is_over;
  (void)synched__deal_next_look(deal, WINDOW_ROUNDS, 0, &is_over);
  cr_assert(is_over && !deal->has_begun);
  cr_assert_eq(synched__deal_begin(deal, 20, 5), 20 + WINDOW_ROUNDS);
  (void)synched__deal_next_look(deal, 20 + WINDOW_ROUNDS, 5, &is_over);
  cr_assert(!is_over);
  synched__deal_destroy(deal);
}
