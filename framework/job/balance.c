/*
 * balance.c: the decision between solo and shared rounds.
 *
 * What solo rounds take is measured while they are solo. What shared ones would take is guessed then: an even share
 * of it, and what sharing cost beyond that when it was last tried. The gain is saved up round by round, and when
 * it has paid for a trial, which begins with waking the others, they are woken: the rule of the ski
 * rental, which never costs more than twice the best decision in hindsight.
 *
 * A trial is judged by the rounds that the others took part in, for those before, while they wake up, say nothing
 * about sharing. When shared rounds turn out longer than solo ones were, the trial has failed, and the next one's
 * price is at least doubled, and so high that by then what this one lost is a small part of the time that has
 * passed. A lasting success, and rounds of another size, make it what it was.
 *
 * While rounds are shared their work may change. Then what a solo round would take is taken to change as much.
 */
#include "job/balance.h"

#define COST_FIRST_NS 400u /* until it has been measured */
#define COST_LEAST_NS 100u
#define COST_MEMORY 64u       /* solo rounds, about, in which it is forgotten */
#define PRICE_FIRST_NS 10000u /* some futex wakes */
#define PRICE_MOST_NS 200000000u
#define PRICE_OF_LOSS 32u      /* times what the last trial lost */
#define LOSS_MOST_NS 50000u    /* that a trial may cost from when the others have come */
#define WAKING_MOST_NS 500000u /* and until then: a wake can take a virtual machine 100 us */
#define SETTLE_NS 100000u      /* of solo rounds, until the others do not spin any more */
#define SETTLE_ROUNDS 8u       /* then, of which the least is taken */
#define TRIAL_SKIPPED 4u       /* joint rounds in which caches warm up */
#define TRIAL_ROUNDS 20u       /* joint rounds before they are judged */
#define LASTING_ROUNDS 512u    /* joint rounds that count as a lasting success */
#define WORK_LARGE_NS 200000u  /* rounds of more work than this are always shared */

void synched__balance_init(struct synched__balance *balance) {
  *balance = (struct synched__balance){.cost_ns = COST_FIRST_NS, .price_ns = PRICE_FIRST_NS};
}

static uint32_t cut(uint64_t ns) {
  return ns < UINT32_MAX / 4 ? (uint32_t)ns : UINT32_MAX / 4;
}

/* An eighth of each new sample; one that was interrupted by the system counts at most double. */
static void average(uint32_t *mean, uint64_t sample) {
  const uint64_t most = 2 * (uint64_t)*mean + COST_FIRST_NS;
  if (*mean != 0 && sample > most)
    sample = most;
  *mean = *mean == 0 ? cut(sample) : *mean - *mean / 8 + cut(sample) / 8;
}

/* What a solo round would take now. */
static uint32_t guess_solo(const struct synched__balance *balance) {
  if (balance->solo_ns == 0)
    return balance->work_ns;
  if (balance->trial_ns == 0)
    return balance->solo_ns;
  return cut((uint64_t)balance->solo_ns * balance->work_ns / balance->trial_ns);
}

static void begin_sharing(struct synched__balance *balance) {
  balance->solo = false;
  balance->round_count = 0;
  balance->shared_ns = 0;
  balance->account_ns = 0;
  balance->stretch_ns = 0;
  balance->trial_ns = 0;
  balance->tried_ns = balance->solo_ns;
}

static void begin_solo(struct synched__balance *balance) {
  balance->solo = true;
  balance->account_ns = 0;
  balance->stretch_ns = 0;
  balance->round_count = 0;
}

static void end_sharing(struct synched__balance *balance) {
  uint64_t price_ns = 2 * (uint64_t)balance->price_ns;
  const uint64_t least_ns = PRICE_OF_LOSS * ((uint64_t)balance->account_ns + balance->stretch_ns);
  if (price_ns < least_ns)
    price_ns = least_ns;
  balance->price_ns = price_ns < PRICE_MOST_NS ? (uint32_t)price_ns : PRICE_MOST_NS;
  begin_solo(balance);
}

static void note_cost(struct synched__balance *balance, unsigned share) {
  const uint32_t even_ns = balance->work_ns / share;
  balance->cost_ns =
      balance->shared_ns > even_ns + COST_LEAST_NS ? balance->shared_ns - even_ns : COST_LEAST_NS;
}

/* What a shared round took longer than a solo one would have; a few of them that were interrupted do not end a trial. */
static uint32_t loss_of(uint64_t wall_ns, uint32_t solo_ns) {
  if (wall_ns <= solo_ns)
    return 0;
  const uint64_t loss_ns = wall_ns - solo_ns;
  return loss_ns < LOSS_MOST_NS / 4 ? (uint32_t)loss_ns : LOSS_MOST_NS / 4;
}

/* A shared round before the trial's end. */
static void after_trial_round(struct synched__balance *balance,
                              const struct synched__balance_sample *sample) {
  const uint32_t solo_ns = guess_solo(balance);
  const uint32_t loss_ns = loss_of(sample->wall_ns, solo_ns);
  if (balance->round_count == 0)
    balance->stretch_ns += loss_ns;
  else
    balance->account_ns += loss_ns;
  if (balance->work_ns > WORK_LARGE_NS)
    return;
  if (balance->round_count < TRIAL_ROUNDS) {
    if (balance->account_ns > LOSS_MOST_NS || balance->stretch_ns > WAKING_MOST_NS)
      end_sharing(balance);
    return;
  }
  note_cost(balance, sample->share);
  /* At first the calls' own times stand for a solo round, but sharing makes them longer than they would be there.
   * Where it is not plain which is better, solo rounds are run to see what they take. */
  if (balance->solo_ns == 0 && balance->shared_ns > solo_ns / 4 * 3)
    begin_solo(balance);
  else if (balance->shared_ns >= solo_ns)
    end_sharing(balance);
  else
    balance->trial_ns = balance->work_ns > 0 ? balance->work_ns : 1;
}

static void after_shared(struct synched__balance *balance,
                         const struct synched__balance_sample *sample) {
  balance->round_count += sample->joint;
  if (balance->round_count > TRIAL_SKIPPED)
    average(&balance->shared_ns, sample->wall_ns);
  if (balance->trial_ns == 0) {
    after_trial_round(balance, sample);
    return;
  }
  const uint32_t solo_ns = guess_solo(balance);
  if (balance->round_count == LASTING_ROUNDS)
    balance->price_ns = PRICE_FIRST_NS;
  if (balance->work_ns <= WORK_LARGE_NS && balance->shared_ns > solo_ns + solo_ns / 32) {
    note_cost(balance, sample->share);
    end_sharing(balance);
  }
}

/* What solo rounds take. false: it is too early to tell. */
static bool measure_solo(struct synched__balance *balance, uint64_t wall_ns) {
  if (balance->stretch_ns < SETTLE_NS) {
    balance->stretch_ns += cut(wall_ns);
    return false;
  }
  if (balance->round_count == SETTLE_ROUNDS) {
    average(&balance->solo_ns, wall_ns);
    return true;
  }
  /* The least of some rounds to begin with: an average would take long to get over a first one that was interrupted. */
  if (balance->round_count == 0 || wall_ns < balance->solo_ns)
    balance->solo_ns = cut(wall_ns);
  balance->round_count++;
  return false;
}

static void after_solo(struct synched__balance *balance,
                       const struct synched__balance_sample *sample) {
  if (balance->work_ns > WORK_LARGE_NS) {
    begin_sharing(balance);
    return;
  }
  if (!measure_solo(balance, sample->wall_ns))
    return;
  const uint32_t solo_ns = balance->solo_ns;
  if (balance->tried_ns == 0)
    balance->tried_ns = solo_ns; /* the very first trial was of these rounds */
  /* Rounds of another size: what was tried says nothing about them. */
  if (solo_ns > balance->tried_ns + balance->tried_ns / 4 ||
      solo_ns < balance->tried_ns - balance->tried_ns / 4) {
    balance->price_ns = PRICE_FIRST_NS;
    balance->tried_ns = solo_ns;
  }
  /* What sharing cost is forgotten by and by: it may have been measured in a bad moment. */
  balance->cost_ns -= (balance->cost_ns - COST_LEAST_NS) / COST_MEMORY;
  const uint32_t needed_ns = solo_ns / sample->share + balance->cost_ns;
  if (solo_ns > needed_ns)
    balance->account_ns += solo_ns - needed_ns;
  else
    balance->account_ns -= balance->account_ns / 16;
  if (balance->account_ns >= balance->price_ns)
    begin_sharing(balance);
}

void synched__balance_update(struct synched__balance *balance,
                             const struct synched__balance_sample *sample) {
  average(&balance->work_ns, sample->work_ns);
  if (sample->share < 2)
    balance->solo = true;
  else if (balance->solo)
    after_solo(balance, sample);
  else
    after_shared(balance, sample);
}

bool synched__balance_regrets(const struct synched__balance *balance, uint64_t elapsed_ns) {
  return elapsed_ns > 2 * ((uint64_t)PRICE_FIRST_NS + balance->cost_ns) &&
         elapsed_ns > 2 * (uint64_t)balance->work_ns;
}
