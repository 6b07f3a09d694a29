/*
 * balance_test.c: when rounds are shared, as a function of the figures that it is fed. No rounds run here.
 */
#include "job/balance.h"

#include <criterion/criterion.h>

#include "unit_support.h"

/* What balance.c is built on, seen from outside. */
enum {
  TRIAL_ROUNDS = 8,       /* shared rounds before it may turn solo */
  LASTING_ROUNDS = 256,   /* shared rounds after which an attempt counts as a success */
  PRICE_FIRST_NS = 20000, /* of an attempt */
  PRICE_OF_LOSS = 16,     /* times what an attempt lost */
  PRICE_MOST_NS = 200000000,
  LONG_NS = 200000 /* rounds that are always shared */
};

static struct synched__balance fresh(void) {
  struct synched__balance balance;
  synched__balance_init(&balance);
  return balance;
}

/* A world in which sharing a round costs overhead_ns beyond an even share of its work. */
struct world {
  uint64_t work_ns, overhead_ns;
  unsigned share;
};

/* One round as the balance has decided it; what it took. */
static uint64_t live(struct synched__balance *balance, const struct world *world) {
  const uint64_t wall_ns =
      balance->solo ? world->work_ns : world->work_ns / world->share + world->overhead_ns;
  const struct synched__balance_sample sample = {world->work_ns, wall_ns, world->share};
  synched__balance_update(balance, &sample);
  return wall_ns;
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

Test(balance, large_work_is_shared_for_ever) {
  for (unsigned share = 2; share <= 64; share *= 2) {
    struct synched__balance balance = fresh();
    const struct world world = {.work_ns = 100000, .overhead_ns = 5000, .share = share};
    cr_assert_eq(rounds_until(&balance, &world, true, 10000), 10000);
  }
}

Test(balance, round_that_only_one_can_compute_is_solo) {
  for (unsigned share = 0; share < 2; share++) {
    struct synched__balance balance = fresh();
    const struct synched__balance_sample sample = {10 * LONG_NS, 10 * LONG_NS, share};
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

Test(balance, gain_of_sharing_is_saved_up_until_it_pays_for_waking) {
  struct synched__balance balance = fresh();
  (void)rounds_until(&balance, &tiny, true, 100);
  const uint64_t price_ns = balance.price_ns;
  cr_assert_geq(price_ns, 2 * PRICE_FIRST_NS);
  const struct world grown = {.work_ns = 20000, .overhead_ns = 2500, .share = 2};
  /* Let the averages settle, without what they save. */
  for (int i = 0; i < 200; i++) {
    balance.credit_ns = 0;
    (void)live(&balance, &grown);
  }
  balance.credit_ns = 0;
  cr_assert(balance.solo);
  const uint64_t gain_ns = balance.work_ns - balance.work_ns / 2 - balance.cost_ns;
  cr_assert(gain_ns > 5000 && gain_ns < 10000, "%llu ns", (unsigned long long)gain_ns);
  /* The gain grows a little meanwhile, up to half of the work, as the cost is forgotten. */
  unsigned rounds = rounds_until(&balance, &grown, false, 1000);
  cr_assert_leq(rounds, (price_ns + gain_ns - 1) / gain_ns);
  cr_assert_geq(rounds, price_ns / (grown.work_ns / 2));
}

Test(balance, credit_is_lost_when_there_is_nothing_more_to_gain) {
  const struct world grown = {.work_ns = 8000, .overhead_ns = 2500, .share = 2};
  struct synched__balance balance = fresh();
  (void)rounds_until(&balance, &tiny, true, 100);
  while (balance.credit_ns < balance.price_ns / 2)
    (void)live(&balance, &grown);
  cr_assert(balance.solo);
  live_rounds(&balance, &tiny, 500);
  cr_assert_eq(balance.credit_ns, 0);
  cr_assert(balance.solo);
}

/* A world that looks worth sharing, from what a round's work is, and is not. */
static const struct world deceptive = {.work_ns = 30000, .overhead_ns = 25000, .share = 2};

/* One attempt at sharing that fails. What it cost last is forgotten, or there would be no other. */
static void fail_once(struct synched__balance *balance) {
  balance->cost_ns = 1000;
  cr_assert_lt(rounds_until(balance, &deceptive, false, 100000), 100000u);
  cr_assert_lt(rounds_until(balance, &deceptive, true, 1000), 1000u);
}

Test(balance, attempt_that_fails_raises_the_price_of_the_next_up_to_a_limit) {
  struct synched__balance balance = fresh();
  (void)rounds_until(&balance, &deceptive, true, 1000);
  cr_assert(balance.solo);
  uint64_t price_ns = balance.price_ns;
  /* By the time that it is paid, the trial's loss is a sixteenth of the time that has passed. */
  cr_assert_eq(price_ns, PRICE_OF_LOSS * TRIAL_ROUNDS * (balance.wall_ns - balance.work_ns));
  for (int i = 0; i < 20; i++) {
    fail_once(&balance);
    price_ns = 2 * price_ns < PRICE_MOST_NS ? 2 * price_ns : PRICE_MOST_NS;
    cr_assert_eq(balance.price_ns, price_ns);
  }
  cr_assert_eq(price_ns, PRICE_MOST_NS);
}

Test(balance, success_that_lasts_makes_the_next_attempt_cheap_again) {
  struct synched__balance balance = fresh();
  (void)rounds_until(&balance, &deceptive, true, 1000);
  for (int i = 0; i < 5; i++)
    fail_once(&balance);
  const uint64_t price_ns = balance.price_ns;
  (void)rounds_until(&balance, &large, false, 100000);
  live_rounds(&balance, &large, LASTING_ROUNDS - 1);
  cr_assert_eq(balance.price_ns, price_ns);
  live_rounds(&balance, &large, 1);
  cr_assert_eq(balance.price_ns, PRICE_FIRST_NS);
  cr_assert_not(balance.solo);
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

/* What any number of rounds costs stays near what the better of the two decisions would have cost. */
static void expect_not_much_worse_than_best(struct world world) {
  enum { ROUNDS = 20000 };
  struct synched__balance balance = fresh();
  uint64_t spent_ns = 0;
  for (int i = 0; i < ROUNDS; i++)
    spent_ns += live(&balance, &world);
  const uint64_t shared_ns = world.work_ns / world.share + world.overhead_ns;
  const uint64_t best_ns = ROUNDS * (shared_ns < world.work_ns ? shared_ns : world.work_ns);
  /* The trial at the beginning, and an eighth for whatever was learned later. */
  const uint64_t trial_ns = 16 * (shared_ns + world.work_ns) + PRICE_FIRST_NS;
  cr_assert_leq(spent_ns, best_ns + best_ns / 8 + trial_ns, "work %u, overhead %u, share %u",
                (unsigned)world.work_ns, (unsigned)world.overhead_ns, world.share);
}

Test(balance, steady_work_costs_about_what_the_better_decision_would) {
  static const unsigned shares[] = {2, 3, 16};
  for (uint64_t work_ns = 10; work_ns < 500000; work_ns = work_ns * 3 / 2 + 1)
    for (uint64_t overhead_ns = 100; overhead_ns < 100000; overhead_ns *= 2)
      for (size_t i = 0; i < LENGTH(shares); i++)
        expect_not_much_worse_than_best((struct world){work_ns, overhead_ns, shares[i]});
}

/* --- rounds that the system interrupted --- */

static void interrupt(struct synched__balance *balance, const struct world *world,
                      uint64_t extra_ns) {
  const uint64_t wall_ns =
      balance->solo ? world->work_ns : world->work_ns / world->share + world->overhead_ns;
  const struct synched__balance_sample sample = {world->work_ns + extra_ns, wall_ns + extra_ns,
                                                 world->share};
  synched__balance_update(balance, &sample);
}

Test(balance, interrupted_round_among_shared_ones_changes_nothing) {
  for (uint64_t extra_ns = 10000; extra_ns < 100000000; extra_ns *= 3) {
    struct synched__balance balance = fresh();
    live_rounds(&balance, &large, 1000);
    for (int i = 0; i < 50; i++) {
      interrupt(&balance, &large, extra_ns);
      cr_assert_not(balance.solo, "%llu ns", (unsigned long long)extra_ns);
      cr_assert_eq(rounds_until(&balance, &large, true, 20), 20);
    }
    cr_assert_eq(balance.price_ns, PRICE_FIRST_NS);
  }
}

Test(balance, interrupted_round_among_solo_ones_changes_nothing) {
  for (uint64_t extra_ns = 10000; extra_ns < LONG_NS - 1000; extra_ns = extra_ns * 3 / 2) {
    struct synched__balance balance = fresh();
    (void)rounds_until(&balance, &tiny, true, 100);
    for (int i = 0; i < 50; i++) {
      interrupt(&balance, &tiny, extra_ns);
      cr_assert_eq(rounds_until(&balance, &tiny, false, 50), 50, "%llu ns",
                   (unsigned long long)extra_ns);
    }
  }
}

Test(balance, interruption_that_makes_a_solo_round_long_is_soon_forgotten) {
  struct synched__balance balance = fresh();
  (void)rounds_until(&balance, &tiny, true, 100);
  interrupt(&balance, &tiny, 5 * LONG_NS);
  cr_assert_leq(rounds_until(&balance, &tiny, true, 100), 2u * TRIAL_ROUNDS);
}

Test(balance, regret_comes_only_when_the_rest_is_worth_sharing) {
  struct synched__balance balance = fresh();
  balance.cost_ns = 3000;
  balance.work_ns = 1000;
  cr_assert_not(synched__balance_regrets(&balance, 0));
  cr_assert_not(synched__balance_regrets(&balance, PRICE_FIRST_NS + 2 * 3000));
  cr_assert(synched__balance_regrets(&balance, PRICE_FIRST_NS + 2 * 3000 + 1));
  /* Work that is usual for these rounds is no surprise. */
  balance.work_ns = 50000;
  cr_assert_not(synched__balance_regrets(&balance, 2 * 50000));
  cr_assert(synched__balance_regrets(&balance, 2 * 50000 + 1));
}
