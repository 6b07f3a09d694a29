/*
 * balance_test.c: when rounds are shared, as a function of the figures that it is fed. No rounds
 * run here.
 */
#include "engine/balance.h"

#include <criterion/criterion.h>

#include "support/unit_support.h"

/* What balance.c is built on, seen from outside. */
enum {
  TRIAL_ROUNDS = 20,           /* rounds that others take part in before sharing is judged */
  LASTING_ROUNDS = 512,        /* of them, after which sharing counts as a lasting success */
  TRIAL_COST_FIRST_NS = 10000, /* of a trial */
  TRIAL_COST_OF_LOSS = 32,     /* times what a trial lost */
  TRIAL_COST_MOST_NS = 200000000,
  CALM_NS = 100000, /* of solo rounds that are not measured yet */
  LONG_NS = 200000  /* rounds that are always shared */
};

static struct synched__balance fresh(void) {
  struct synched__balance balance;
  synched__balance_init(&balance);
  return balance;
}

/* A world in which sharing a round costs overhead_ns beyond an even share of its work. Its calls
 * take `slowdown` hundredths longer then, and lines_ns, together. */
struct world {
  uint64_t work_ns, overhead_ns;
  unsigned share;
  unsigned slowdown;
  uint64_t lines_ns;
  bool nobody_comes; /* the others are asleep, or have no CPU */
  bool waking;       /* the pool was idle */
};

static uint64_t shared_wall(const struct world *world) {
  if (world->nobody_comes)
    return world->work_ns + world->overhead_ns;
  return world->work_ns / world->share + world->overhead_ns;
}

/* One round as the balance has decided it, longer by extra_ns; what it took. */
static uint64_t live_longer(struct synched__balance *balance, const struct world *world,
                            uint64_t extra_ns) {
  const bool joint = !balance->solo && !world->nobody_comes;
  const uint64_t wall_ns = (balance->solo ? world->work_ns : shared_wall(world)) + extra_ns;
  const uint64_t work_ns =
      joint ? world->work_ns + world->work_ns * world->slowdown / 100 + world->lines_ns
            : world->work_ns;
  const struct synched__balance_sample sample = {work_ns + extra_ns, wall_ns, world->share, joint,
                                                 world->waking};
  synched__balance_update(balance, &sample);
  return wall_ns;
}

static uint64_t live(struct synched__balance *balance, const struct world *world) {
  return live_longer(balance, world, 0);
}

static void live_rounds(struct synched__balance *balance, const struct world *world,
                        unsigned count) {
  for (unsigned i = 0; i < count; i++)
    (void)live(balance, world);
}

/* How many rounds it takes until the decision is `solo`; count if it never is. */
static unsigned rounds_until(struct synched__balance *balance, const struct world *world, bool solo,
                             unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    if (balance->solo == solo)
      return i;
    (void)live(balance, world);
  }
  return count;
}

/* How many of `count` rounds were shared. */
static unsigned shared_of(struct synched__balance *balance, const struct world *world,
                          unsigned count) {
  unsigned shared = 0;
  for (unsigned i = 0; i < count; i++) {
    shared += !balance->solo;
    (void)live(balance, world);
  }
  return shared;
}

static const struct world tiny = {.work_ns = 300, .overhead_ns = 2500, .share = 2};
static const struct world large = {.work_ns = 100000, .overhead_ns = 5000, .share = 2};

Test(balance, init_shares_the_first_round) {
  cr_assert_not(fresh().solo);
}

Test(balance, tiny_work_turns_solo_after_a_fair_trial) {
  struct synched__balance balance = fresh();
  cr_assert_eq(rounds_until(&balance, &tiny, true, 100), TRIAL_ROUNDS);
}

Test(balance, tiny_work_once_solo_stays_solo) {
  struct synched__balance balance = fresh();
  (void)rounds_until(&balance, &tiny, true, 100);
  cr_assert_eq(rounds_until(&balance, &tiny, false, 100000), 100000);
}

Test(balance, trial_that_nobody_joins_ends_when_it_has_cost_enough) {
  const struct world lonely = {
      .work_ns = 20000, .overhead_ns = 500, .share = 2, .nobody_comes = true};
  struct synched__balance balance = fresh();
  const unsigned rounds = rounds_until(&balance, &lonely, true, 10000);
  cr_assert_gt(rounds, TRIAL_ROUNDS);
  cr_assert_leq(rounds, 500000u / 500 + 1);
  /* Trials come ever more rarely: what all of them lose is a small part of the time. */
  const uint64_t lost_ns = shared_of(&balance, &lonely, 100000) * UINT64_C(500);
  cr_assert_leq(lost_ns, UINT64_C(100000) * 20000 / 400);
}

Test(balance, large_work_is_shared_for_ever) {
  for (unsigned share = 2; share <= 64; share *= 2) {
    struct synched__balance balance = fresh();
    const struct world world = {.work_ns = 100000, .overhead_ns = 5000, .share = share};
    cr_assert_eq(rounds_until(&balance, &world, true, 10000), 10000);
  }
}

Test(balance, calls_that_sharing_makes_longer_are_compared_with_real_solo_rounds) {
  /* Their times in shared rounds look as if sharing paid. */
  const struct world slowed = {.work_ns = 600, .overhead_ns = 450, .share = 2, .slowdown = 60};
  struct synched__balance balance = fresh();
  live_rounds(&balance, &slowed, 2000);
  cr_assert_leq(shared_of(&balance, &slowed, 100000), 2000u);
}

Test(balance, short_calls_that_lines_make_much_longer_are_compared_with_real_solo_rounds) {
  /* Between CPUs far apart: a shared round takes three quarters of what its calls do. */
  const struct world far = {.work_ns = 1050, .overhead_ns = 725, .share = 2, .lines_ns = 650};
  struct synched__balance balance = fresh();
  live_rounds(&balance, &far, 2000);
  cr_assert_leq(shared_of(&balance, &far, 100000), 2000u);
}

/* A solo round has to be closed, too, which no call's time tells. */
Test(balance, rounds_that_are_closed_sooner_together_are_shared) {
  struct synched__balance balance = fresh();
  unsigned shared = 0;
  for (int i = 0; i < 100000; i++) {
    shared += !balance.solo;
    const struct synched__balance_sample sample =
        balance.solo ? (struct synched__balance_sample){640, 730, 2, false, false}
                     : (struct synched__balance_sample){650, 670, 2, true, false};
    synched__balance_update(&balance, &sample);
  }
  cr_assert_geq(shared, 95000u);
}

Test(balance, round_that_only_one_can_compute_is_solo) {
  for (unsigned share = 0; share < 2; share++) {
    struct synched__balance balance = fresh();
    const struct synched__balance_sample sample = {10 * LONG_NS, 10 * LONG_NS, share, false, false};
    for (int i = 0; i < 3; i++) {
      synched__balance_update(&balance, &sample);
      cr_assert(balance.solo);
    }
  }
}

Test(balance, long_rounds_are_shared_whatever_sharing_costs) {
  const struct world world = {.work_ns = 2 * LONG_NS, .overhead_ns = 3 * LONG_NS, .share = 2};
  struct synched__balance balance = fresh();
  cr_assert_eq(rounds_until(&balance, &world, true, 1000), 1000);
  /* Also where it was solo before. */
  balance = fresh();
  (void)rounds_until(&balance, &tiny, true, 100);
  cr_assert_lt(rounds_until(&balance, &world, false, 100), 100u);
}

Test(balance, solo_rounds_are_measured_when_the_others_are_asleep) {
  struct synched__balance balance = fresh();
  (void)rounds_until(&balance, &tiny, true, 100);
  /* As long as the others spin, rounds are slower. */
  const struct world disturbed = {.work_ns = 900, .overhead_ns = 2500, .share = 2};
  live_rounds(&balance, &disturbed, CALM_NS / 900 + 1);
  cr_assert_eq(balance.solo_ns, 0);
  live_rounds(&balance, &tiny, 9);
  cr_assert_eq(balance.solo_ns, tiny.work_ns);
}

Test(balance, gain_of_sharing_is_saved_up_until_it_pays_for_waking) {
  struct synched__balance balance = fresh();
  (void)rounds_until(&balance, &tiny, true, 100);
  live_rounds(&balance, &tiny, 1000);
  const struct world grown = {.work_ns = 20000, .overhead_ns = 2500, .share = 2};
  const unsigned rounds = rounds_until(&balance, &grown, false, 1000);
  /* A round saves less than half of itself; and no more was waited for than its average needs to
   * follow. */
  cr_assert_geq(rounds, TRIAL_COST_FIRST_NS / (grown.work_ns / 2));
  cr_assert_leq(rounds, 50u);
}

/* Solo rounds that took long when they were measured: the CPU's other thread was busy then. */
Test(balance, success_of_short_rounds_is_reviewed_when_the_machine_has_changed) {
  const struct world busy = {.work_ns = 2000, .overhead_ns = 300, .share = 2, .lines_ns = 100};
  const struct world quiet = {.work_ns = 1250, .overhead_ns = 975, .share = 2, .lines_ns = 750};
  struct synched__balance balance = fresh();
  live_rounds(&balance, &busy, 10000);
  cr_assert_not(balance.solo);
  live_rounds(&balance, &quiet, 100000);
  cr_assert_leq(shared_of(&balance, &quiet, 100000), 5000u);
}

Test(balance, success_of_short_rounds_that_goes_on_is_hardly_interrupted) {
  const struct world same = {.work_ns = 2000, .overhead_ns = 300, .share = 2, .lines_ns = 100};
  struct synched__balance balance = fresh();
  live_rounds(&balance, &same, 10000);
  cr_assert_geq(shared_of(&balance, &same, 1000000), 995000u);
}

Test(balance, account_is_lost_when_there_is_nothing_more_to_gain) {
  const struct world grown = {.work_ns = 6000, .overhead_ns = 2500, .share = 2};
  struct synched__balance balance = fresh();
  (void)rounds_until(&balance, &tiny, true, 100);
  live_rounds(&balance, &tiny, 1000);
  while (balance.savings_ns < (int32_t)balance.trial_cost_ns / 2)
    (void)live(&balance, &grown);
  cr_assert(balance.solo);
  balance.cost_ns = 2500;
  live_rounds(&balance, &tiny, 100);
  cr_assert_lt(balance.savings_ns, (int32_t)balance.trial_cost_ns / 50);
  cr_assert(balance.solo);
}

/* A world that looks worth sharing, from what a round's work is, and is not. */
static const struct world deceptive = {.work_ns = 30000, .overhead_ns = 25000, .share = 2};

/* One trial of sharing that fails. What it cost last is forgotten, or there would be no other. */
static void fail_once(struct synched__balance *balance) {
  balance->cost_ns = 1000;
  cr_assert_lt(rounds_until(balance, &deceptive, false, 100000), 100000u);
  cr_assert_lt(rounds_until(balance, &deceptive, true, 1000), 1000u);
}

Test(balance, trial_that_fails_raises_the_price_of_the_next_up_to_a_limit) {
  struct synched__balance balance = fresh();
  live_rounds(&balance, &deceptive, 100);
  cr_assert(balance.solo);
  fail_once(&balance);
  uint64_t trial_cost_ns = balance.trial_cost_ns;
  /* By the time that it is paid, the trial's loss is a small part of the time that has passed. */
  const uint64_t loss_ns = shared_wall(&deceptive) - deceptive.work_ns;
  cr_assert_geq(trial_cost_ns, TRIAL_COST_OF_LOSS * 5 * loss_ns);
  for (int i = 0; i < 20; i++) {
    fail_once(&balance);
    trial_cost_ns = 2 * trial_cost_ns < TRIAL_COST_MOST_NS ? 2 * trial_cost_ns : TRIAL_COST_MOST_NS;
    cr_assert_eq(balance.trial_cost_ns, trial_cost_ns);
  }
  cr_assert_eq(trial_cost_ns, TRIAL_COST_MOST_NS);
}

Test(balance, success_that_lasts_makes_the_next_trial_cheap_again) {
  struct synched__balance balance = fresh();
  live_rounds(&balance, &deceptive, 100);
  for (int i = 0; i < 5; i++)
    fail_once(&balance);
  cr_assert_gt(balance.trial_cost_ns, TRIAL_COST_FIRST_NS);
  balance.cost_ns = 1000;
  const struct world same_size = {.work_ns = 30000, .overhead_ns = 1000, .share = 2};
  (void)rounds_until(&balance, &same_size, false, 100000);
  const uint64_t trial_cost_ns = balance.trial_cost_ns;
  live_rounds(&balance, &same_size, LASTING_ROUNDS - 1);
  cr_assert_eq(balance.trial_cost_ns, trial_cost_ns);
  live_rounds(&balance, &same_size, 1);
  cr_assert_eq(balance.trial_cost_ns, TRIAL_COST_FIRST_NS);
  cr_assert_not(balance.solo);
}

/* What was lost until the others came is no loss of the rounds that end the success. */
Test(balance, success_that_lasts_has_paid_for_waking) {
  const struct world joined = {.work_ns = 20000, .overhead_ns = 500, .share = 2};
  struct world alone = joined;
  alone.nobody_comes = true;
  struct synched__balance balance = fresh();
  live_rounds(&balance, &alone, 10);
  cr_assert_eq(balance.stretch_ns, 10 * joined.overhead_ns);
  live_rounds(&balance, &joined, LASTING_ROUNDS);
  cr_assert_eq(balance.stretch_ns, 0);
  cr_assert_not(balance.solo);
}

Test(balance, rounds_of_another_size_make_the_next_trial_cheap_again) {
  struct synched__balance balance = fresh();
  live_rounds(&balance, &deceptive, 100);
  for (int i = 0; i < 5; i++)
    fail_once(&balance);
  const struct world grown = {.work_ns = 60000, .overhead_ns = 25000, .share = 2};
  cr_assert_lt(rounds_until(&balance, &grown, false, 1000), 100u);
}

Test(balance, work_that_shrinks_turns_solo_and_work_that_grows_is_shared_again) {
  struct synched__balance balance = fresh();
  for (int i = 0; i < 5; i++) {
    live_rounds(&balance, &large, 1000);
    cr_assert_not(balance.solo);
    cr_assert_lt(rounds_until(&balance, &tiny, true, 1000), 100u);
    live_rounds(&balance, &tiny, 1000);
    cr_assert(balance.solo);
    cr_assert_lt(rounds_until(&balance, &large, false, 1000), 100u);
  }
}

/* What any number of rounds costs stays near what the better of the two decisions would have
 * cost. */
static void expect_not_much_worse_than_best(struct world world) {
  enum { ROUNDS = 20000 };
  struct synched__balance balance = fresh();
  uint64_t spent_ns = 0;
  for (int i = 0; i < ROUNDS; i++)
    spent_ns += live(&balance, &world);
  const uint64_t shared_ns = shared_wall(&world);
  const uint64_t best_ns = ROUNDS * (shared_ns < world.work_ns ? shared_ns : world.work_ns);
  /* The trials at the beginning, solo and shared, and an eighth for whatever was learned later. */
  const uint64_t trial_ns =
      3 * TRIAL_ROUNDS * (shared_ns + world.work_ns) + 2 * CALM_NS + TRIAL_COST_FIRST_NS;
  cr_assert_leq(spent_ns, best_ns + best_ns / 8 + trial_ns, "work %u, overhead %u, share %u",
                (unsigned)world.work_ns, (unsigned)world.overhead_ns, world.share);
}

Test(balance, steady_work_costs_about_what_the_better_decision_would) {
  static const unsigned shares[] = {2, 3, 16};
  for (uint64_t work_ns = 10; work_ns < LONG_NS; work_ns = work_ns * 3 / 2 + 1)
    for (uint64_t overhead_ns = 100; overhead_ns < 100000; overhead_ns *= 2)
      for (size_t i = 0; i < LENGTH(shares); i++)
        expect_not_much_worse_than_best(
            (struct world){.work_ns = work_ns, .overhead_ns = overhead_ns, .share = shares[i]});
}

/* --- rounds that are not alike --- */

#define PATTERN_MOST 1001u

/* Sizes that come in turn. */
struct pattern {
  unsigned count;
  uint64_t works_ns[PATTERN_MOST];
};

/* Lives through `rounds` of a pattern; what they took, beside what they would have taken all
 * shared, and all solo. */
struct lives {
  uint64_t spent_ns, shared_ns, solo_ns;
};

static struct lives live_pattern(struct synched__balance *balance, const struct pattern *pattern,
                                 struct world world, unsigned rounds) {
  struct lives lives = {0, 0, 0};
  for (unsigned i = 0; i < rounds; i++) {
    world.work_ns = pattern->works_ns[i % pattern->count];
    lives.spent_ns += live(balance, &world);
    lives.shared_ns += shared_wall(&world);
    lives.solo_ns += world.work_ns;
  }
  return lives;
}

/* At least 0.95 of the speed of sharing every round, and not much slower than none, from the first
 * round on. */
static void expect_keeps_up(const struct pattern *pattern, struct world world, unsigned rounds) {
  struct synched__balance balance = fresh();
  const struct lives lives = live_pattern(&balance, pattern, world, rounds);
  const uint64_t learning_ns = 2 * CALM_NS + 4 * 50000;
  cr_expect_leq(
      lives.spent_ns, lives.shared_ns / 95 * 100 + learning_ns,
      "%u sizes from %llu ns on, overhead %llu, share %u: %llu instead of %llu us", pattern->count,
      (unsigned long long)pattern->works_ns[0], (unsigned long long)world.overhead_ns, world.share,
      (unsigned long long)lives.spent_ns / 1000, (unsigned long long)lives.shared_ns / 1000);
  cr_expect_leq(
      lives.spent_ns, lives.solo_ns + lives.solo_ns / 8 + learning_ns,
      "%u sizes from %llu ns on, overhead %llu, share %u: %llu instead of %llu us", pattern->count,
      (unsigned long long)pattern->works_ns[0], (unsigned long long)world.overhead_ns, world.share,
      (unsigned long long)lives.spent_ns / 1000, (unsigned long long)lives.solo_ns / 1000);
}

static void expect_keeps_up_everywhere(const struct pattern *pattern) {
  static const unsigned shares[] = {2, 3, 16};
  for (uint64_t overhead_ns = 100; overhead_ns <= 1600; overhead_ns *= 4)
    for (size_t i = 0; i < LENGTH(shares); i++)
      for (uint64_t lines_ns = 0; lines_ns < overhead_ns; lines_ns += overhead_ns / 2)
        expect_keeps_up(
            pattern,
            (struct world){.overhead_ns = overhead_ns, .share = shares[i], .lines_ns = lines_ns},
            60000);
}

Test(balance, heavy_rounds_among_tiny_ones_cost_what_sharing_all_would) {
  static struct pattern pattern;
  for (uint64_t heavy_ns = 2000; heavy_ns <= 2000000; heavy_ns *= 10)
    for (pattern.count = 2; pattern.count <= 8; pattern.count += 2) {
      for (uint64_t light_ns = 200; light_ns < heavy_ns; light_ns *= 5) {
        pattern.works_ns[0] = heavy_ns;
        for (unsigned i = 1; i < pattern.count; i++)
          pattern.works_ns[i] = light_ns;
        expect_keeps_up_everywhere(&pattern);
      }
    }
}

Test(balance, rounds_of_eight_sizes_cost_what_sharing_all_would) {
  static const struct pattern rising = {8, {100, 400, 1600, 6400, 25600, 102400, 409600, 1638400}};
  static const struct pattern jumping = {8, {500, 100000, 2000, 10000, 200, 1000000, 30000, 5000}};
  expect_keeps_up_everywhere(&rising);
  expect_keeps_up_everywhere(&jumping);
}

Test(balance, rounds_of_random_sizes_cost_what_sharing_all_would) {
  static struct pattern pattern = {.count = 1000};
  uint64_t seed = 1;
  for (unsigned magnitude = 2; magnitude <= 14; magnitude += 4) {
    for (unsigned i = 0; i < pattern.count; i++) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      pattern.works_ns[i] = UINT64_C(200) << ((seed >> 33) % magnitude);
    }
    expect_keeps_up_everywhere(&pattern);
  }
}

/* Each failed trial buys a longer one, until one lasts from one heavy round to the next. */
Test(balance, heavy_rounds_a_thousand_tiny_ones_apart_are_shared_in_the_end) {
  static struct pattern pattern = {.count = 1001, .works_ns = {2000000}};
  const struct world world = {.overhead_ns = 300, .share = 2};
  for (unsigned i = 1; i < pattern.count; i++)
    pattern.works_ns[i] = 200;
  struct synched__balance balance = fresh();
  (void)live_pattern(&balance, &pattern, world, 200 * pattern.count);
  const struct lives lives = live_pattern(&balance, &pattern, world, 100 * pattern.count);
  cr_assert_leq(lives.spent_ns, lives.shared_ns / 95 * 100);
}

Test(balance, small_rounds_of_several_sizes_stay_solo) {
  static const struct pattern pattern = {4, {100, 250, 50, 150}};
  const struct world world = {.overhead_ns = 300, .share = 2};
  struct synched__balance balance = fresh();
  (void)live_pattern(&balance, &pattern, world, 1000);
  const struct lives lives = live_pattern(&balance, &pattern, world, 100000);
  cr_assert_leq(lives.spent_ns, lives.solo_ns + lives.solo_ns / 50);
}

Test(balance, mean_counts_a_heavy_round_at_its_full_weight) {
  static const struct pattern pattern = {2, {2000000, 200}};
  const struct world world = {.overhead_ns = 300, .share = 2};
  struct synched__balance balance = fresh();
  (void)live_pattern(&balance, &pattern, world, 1000);
  cr_assert_geq(balance.mean_work_ns, 900000u);
  cr_assert_leq(balance.mean_work_ns, 1100000u);
}

/* --- rounds that tell nothing new --- */

/* How many of `count` rounds are looked at, as the mean shows. */
static unsigned looked_at(struct synched__balance *balance, const struct world *world,
                          unsigned count) {
  unsigned looks = 0;
  for (unsigned i = 0; i < count; i++) {
    balance->mean_work_ns = 1;
    (void)live(balance, world);
    looks += balance->mean_work_ns != 1;
  }
  return looks;
}

Test(balance, rounds_that_tell_nothing_new_are_mostly_passed_over) {
  struct synched__balance balance = fresh();
  live_rounds(&balance, &tiny, 1000);
  cr_assert(balance.solo);
  cr_assert_eq(looked_at(&balance, &tiny, 10 * SYNCHED__LOOK_EVERY), 10);
  balance = fresh();
  live_rounds(&balance, &large, LASTING_ROUNDS + 1);
  cr_assert_not(balance.solo);
  cr_assert_eq(looked_at(&balance, &large, 10 * SYNCHED__LOOK_EVERY), 10);
}

/* As soon as if each was looked at: in some 50 rounds, with 16 of which an average moves on. */
Test(balance, mean_follows_rounds_that_are_passed_over) {
  const struct world tinier = {.work_ns = 200, .overhead_ns = 2500, .share = 2};
  const struct world larger = {.work_ns = 150000, .overhead_ns = 5000, .share = 2};
  struct synched__balance balance = fresh();
  live_rounds(&balance, &tiny, 1000);
  live_rounds(&balance, &tinier, 4 * SYNCHED__LOOK_EVERY);
  cr_assert_leq(balance.mean_work_ns, 210u);
  balance = fresh();
  live_rounds(&balance, &large, 1000);
  live_rounds(&balance, &larger, 4 * SYNCHED__LOOK_EVERY);
  cr_assert_geq(balance.mean_work_ns, 145000u);
}

/* Each of them loses, and is looked at. */
Test(balance, rounds_that_lose_end_a_success_at_once) {
  struct synched__balance balance = fresh();
  live_rounds(&balance, &large, 1000);
  cr_assert(balance.sure);
  (void)live(&balance, &tiny);
  cr_assert_not(balance.sure);
  cr_assert_lt(rounds_until(&balance, &tiny, true, 1000), 100u);
}

Test(balance, rounds_alone_after_a_pause_lose_no_more_than_they_take_longer) {
  /* A solo round takes 90 ns beside its calls, and one that is opened for nobody 150. */
  const struct synched__balance_sample joint = {650, 600, 2, true, false},
                                       alone = {640, 790, 2, false, false};
  struct synched__balance balance = fresh();
  for (int i = 0; i < 20000; i++)
    synched__balance_update(
        &balance,
        balance.solo ? &(struct synched__balance_sample){640, 730, 2, false, false} : &joint);
  cr_assert_not(balance.solo);
  const int32_t losses_ns = balance.losses_ns;
  synched__balance_update(&balance, &alone);
  cr_assert_leq(balance.losses_ns - losses_ns, 80);
}

/* --- rounds alone until the others have woken up --- */

static const struct world small = {.work_ns = 2000, .overhead_ns = 500, .share = 2};
static const struct world small_waking = {
    .work_ns = 2000, .overhead_ns = 5000, .share = 2, .nobody_comes = true, .waking = true};

Test(balance, waking_after_a_pause_says_nothing_about_sharing) {
  struct synched__balance balance = fresh();
  live_rounds(&balance, &small, 2000);
  cr_assert_not(balance.solo);
  live_rounds(&balance, &small_waking, 20); /* the waking takes 140 us */
  cr_assert_not(balance.solo);
  cr_assert_eq(balance.trial_cost_ns, TRIAL_COST_FIRST_NS);
  cr_assert_eq(rounds_until(&balance, &small, true, 10000), 10000);
}

Test(balance, waking_that_does_not_end_ends_sharing) {
  struct synched__balance balance = fresh();
  live_rounds(&balance, &small, 2000);
  const unsigned rounds = rounds_until(&balance, &small_waking, true, 10000);
  cr_assert_eq(rounds, 500000 / 5000 + 1);
  cr_assert_eq(balance.trial_cost_ns, TRIAL_COST_OF_LOSS * 505000);
}

/* Rounds with a pause after every `round_count` of them: how many of 1,000 pauses came while rounds
 * were shared. */
static unsigned shared_at_pauses(unsigned round_count) {
  struct synched__balance balance = fresh();
  unsigned shared = 0;
  live_rounds(&balance, &small, 2000);
  for (unsigned pause = 0; pause < 1000; pause++) {
    shared += !balance.solo;
    if (!balance.solo)
      live_rounds(&balance, &small_waking, 4);
    live_rounds(&balance, &small, round_count);
  }
  return shared;
}

Test(balance, pauses_that_sharing_pays_for_do_not_end_it) {
  /* It wins 500 ns a round, and waking loses 20,000. */
  const unsigned shared = shared_at_pauses(500);
  cr_assert_geq(shared, 990, "%u", shared); /* it is reviewed in between */
}

Test(balance, pauses_that_sharing_does_not_pay_for_end_it) {
  const unsigned shared = shared_at_pauses(10);
  cr_assert_leq(shared, 200, "%u", shared);
}

/* --- rounds that the system interrupted --- */

Test(balance, interrupted_round_among_shared_ones_changes_nothing) {
  for (uint64_t extra_ns = 10000; extra_ns < 100000000; extra_ns *= 3) {
    struct synched__balance balance = fresh();
    live_rounds(&balance, &large, 1000);
    for (int i = 0; i < 50; i++) {
      (void)live_longer(&balance, &large, extra_ns);
      cr_assert_not(balance.solo, "%llu ns", (unsigned long long)extra_ns);
      cr_assert_eq(rounds_until(&balance, &large, true, 20), 20);
    }
    cr_assert_eq(balance.trial_cost_ns, TRIAL_COST_FIRST_NS);
  }
}

Test(balance, interrupted_round_among_solo_ones_changes_nothing) {
  for (uint64_t extra_ns = 10000; extra_ns < 100000000; extra_ns = extra_ns * 3 / 2) {
    struct synched__balance balance = fresh();
    (void)rounds_until(&balance, &tiny, true, 100);
    live_rounds(&balance, &tiny, 1000);
    (void)live_longer(&balance, &tiny, extra_ns);
    cr_assert_eq(rounds_until(&balance, &tiny, false, 100000), 100000, "%llu ns",
                 (unsigned long long)extra_ns);
  }
}

/* They look like heavy rounds, so sharing is tried; but it does not make them shorter, which is
 * soon found out. */
Test(balance, interruptions_that_are_frequent_bring_about_few_trials) {
  for (uint64_t extra_ns = 10000; extra_ns < 100000000; extra_ns *= 3) {
    struct synched__balance balance = fresh();
    (void)rounds_until(&balance, &tiny, true, 100);
    uint64_t spent_ns = 0, best_ns = 0;
    for (int i = 0; i < 100000; i++) {
      const uint64_t more_ns = i % 50 == 0 ? extra_ns : 0;
      spent_ns += live_longer(&balance, &tiny, more_ns);
      best_ns += tiny.work_ns + more_ns;
    }
    cr_assert_leq(spent_ns, best_ns + best_ns / 20 + 200000, "%llu ns",
                  (unsigned long long)extra_ns);
  }
}

Test(balance, interrupted_first_solo_round_is_not_taken_for_the_usual_one) {
  struct synched__balance balance = fresh();
  (void)rounds_until(&balance, &tiny, true, 100);
  live_rounds(&balance, &tiny, CALM_NS / (unsigned)tiny.work_ns + 1);
  (void)live_longer(&balance, &tiny, 50000);
  live_rounds(&balance, &tiny, 8);
  cr_assert_leq(balance.solo_ns, 2 * tiny.work_ns);
}

Test(balance, interruption_that_makes_a_solo_round_long_is_soon_forgotten) {
  struct synched__balance balance = fresh();
  (void)rounds_until(&balance, &tiny, true, 100);
  (void)live_longer(&balance, &tiny, 5 * LONG_NS);
  cr_assert_leq(rounds_until(&balance, &tiny, true, 100), 2u * TRIAL_ROUNDS);
}

Test(balance, rest_of_a_solo_round_is_shared_only_when_it_is_worth_it) {
  struct synched__balance balance = fresh();
  balance.cost_ns = 3000;
  balance.usual_work_ns = 1000;
  cr_assert_eq(synched__balance_shares_after_ns(&balance), 2 * TRIAL_COST_FIRST_NS + 2 * 3000 + 1);
  /* Work that is usual for these rounds is no surprise. */
  balance.usual_work_ns = 50000;
  cr_assert_eq(synched__balance_shares_after_ns(&balance), 2 * 50000 + 1);
}
