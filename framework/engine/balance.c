/*
 * balance.c: the decision between solo and shared rounds.
 *
 * Rounds need not be alike: a heavy one may follow many that are tiny, in a pattern or in none, and
 * nobody can tell which is next. So what counts is not the usual round but what all of them
 * together would have taken the other way. Each round is weighed at its own size, and its gain or
 * loss is added up:
 *
 *   - A solo round would have taken an even share of itself, and what sharing cost beyond that when
 *     it was last tried. What it would have saved is saved up until it pays for a trial, which
 *     begins with waking the others: the rule of the ski rental, which never costs more than twice
 *     the best decision in hindsight.
 *   - A shared round would have taken as long as its calls together, less what sharing adds to
 *     them: they miss in caches because of it. As long as the losses stay below what the stretch
 *     may lose, rounds stay shared. A heavy round's gain pays for many tiny ones that lose a
 *     little. What is lost until the others have woken up, in a pool that was idle, is counted by
 *     itself: it says nothing about sharing.
 *
 * A stretch that fails doubles the cost of the next trial at least, and raises it so high that by
 * then what this one lost is a small part of what has been saved up. What a stretch may lose grows
 * with the cost that was paid for it: so heavy rounds that are rare are met, too, before it ends,
 * however many tiny ones lie between them. A lasting success, and rounds of another size, make the
 * cost what it was.
 *
 * What a solo round takes is measured in solo rounds only, and the machine itself changes: CPUs
 * come to be far apart, or share a core with others. So where rounds are short even a lasting
 * success is reviewed from time to time: some solo rounds, and another trial.
 *
 * The system interrupts calls. In a shared round that makes the work longer by as much as the
 * round, so the sum does not notice; in solo rounds it looks like a heavy round. One alone cannot
 * bring a trial about; many of them can, and the trial tells.
 */
#include "engine/balance.h"

#define DURATION_MOST_NS (UINT32_MAX / 4)
#define COST_FIRST_NS 400u /* until it has been measured */
#define COST_LEAST_NS 100u
#define COST_MEMORY 64u /* solo rounds, about, in which it is forgotten */
#define TRIAL_COST_FIRST_NS SYNCHED__TRIAL_COST_FIRST_NS
#define TRIAL_COST_MOST_NS 200000000u
#define TRIAL_COST_OF_LOSS 32u /* times what the last stretch lost */
#define TRIAL_COST_ROUNDS 4u   /* solo rounds, at least, that pay for a trial together */
#define ALLOWANCE_PART 96u     /* of the trial's cost */
#define ALLOWANCE_LEAST_NS 4000u
#define CREDIT_NS 50000u       /* that a shared stretch can save up, at least */
#define LOSS_MOST_NS 12500u    /* that one round counts for: the system may have interrupted it */
#define WAKING_MOST_NS 500000u /* until the others come: a wake can take a virtual machine 100 us */
#define CALM_NS 100000u        /* of solo rounds, until the others do not spin any more */
#define CALM_ROUNDS 8u         /* then, of which the least is taken */
#define TRIAL_SKIPPED 4u       /* joint rounds in which caches warm up */
#define TRIAL_ROUNDS 20u       /* joint rounds before they are judged */
#define LASTING_ROUNDS 512u    /* joint rounds that count as a lasting success */
#define REVIEW_ROUNDS 49152u   /* after which solo rounds are measured again, */
#define REVIEW_WORK_NS 5000u   /* where rounds are so short that it may be a near thing */
#define WORK_LARGE_NS 200000u  /* rounds of more work than this lose nothing by being shared */
#define SLOWDOWN_MOST_NS 1000  /* where rounds are not alike: some lines between CPUs far apart */
#define CLOSING_MOST_NS 100    /* that a solo round takes beside its calls */
#define MEAN_ROUNDS 16         /* about, that mean_work_ns looks back */
#define MEAN_PARTS 9      /* of those: what SYNCHED__LOOK_EVERY rounds of one size move it by */
#define LEAST_MEMORY 256u /* rounds, about, in which a short one is forgotten */

void synched__balance_init(struct synched__balance *balance) {
  *balance = (struct synched__balance){.cost_ns = COST_FIRST_NS,
                                       .trial_cost_ns = TRIAL_COST_FIRST_NS,
                                       .allowance_ns = ALLOWANCE_LEAST_NS};
}

static uint32_t cut(uint64_t ns) {
  return ns < DURATION_MOST_NS ? (uint32_t)ns : DURATION_MOST_NS;
}

static uint32_t lesser(uint32_t a, uint32_t b) {
  return a < b ? a : b;
}

static uint32_t beyond(uint32_t a, uint32_t b) {
  return a > b ? a - b : 0;
}

/* An eighth of each new sample; one that is far above the usual counts at most double. */
static void average(uint32_t *usual, uint64_t sample) {
  const uint64_t most = 2 * (uint64_t)*usual + COST_FIRST_NS;
  if (*usual != 0 && sample > most)
    sample = most;
  *usual = *usual == 0 ? cut(sample) : *usual - *usual / 8 + cut(sample) / 8;
}

static void note_mean(struct synched__balance *balance, uint32_t work_ns, unsigned count) {
  const int32_t part_ns = ((int32_t)work_ns - (int32_t)balance->mean_work_ns) / MEAN_ROUNDS;
  if (balance->mean_work_ns == 0)
    balance->mean_work_ns = work_ns;
  else
    balance->mean_work_ns += (uint32_t)(count == 1 ? part_ns : MEAN_PARTS * part_ns);
}

static void follow_least(uint32_t *least, uint64_t sample) {
  const uint32_t risen = *least + *least / LEAST_MEMORY + 1;
  *least = *least == 0 ? cut(sample) : lesser(risen, cut(sample));
}

static void begin_sharing(struct synched__balance *balance) {
  const uint32_t part_ns = balance->trial_cost_ns / ALLOWANCE_PART;
  balance->solo = balance->sure = false;
  balance->round_count = 0;
  balance->shared_ns = balance->shared_least_ns = 0;
  balance->slowdown_ns = 0;
  balance->losses_ns = 0;
  balance->stretch_ns = 0;
  balance->allowance_ns = part_ns > ALLOWANCE_LEAST_NS ? part_ns : ALLOWANCE_LEAST_NS;
  balance->tried_ns = balance->solo_least_ns;
}

static void begin_solo(struct synched__balance *balance) {
  balance->solo = true;
  balance->savings_ns = 0;
  balance->shown_ns = 0;
  balance->brief_ns = 0;
  balance->stretch_ns = 0;
  balance->round_count = 0;
}

static void end_sharing(struct synched__balance *balance) {
  const uint32_t losses_ns = balance->losses_ns > 0 ? (uint32_t)balance->losses_ns : 0;
  const uint64_t least_ns = TRIAL_COST_OF_LOSS * ((uint64_t)losses_ns + balance->stretch_ns);
  uint64_t trial_cost_ns = 2 * (uint64_t)balance->trial_cost_ns;
  if (trial_cost_ns < least_ns)
    trial_cost_ns = least_ns;
  balance->trial_cost_ns =
      trial_cost_ns < TRIAL_COST_MOST_NS ? (uint32_t)trial_cost_ns : TRIAL_COST_MOST_NS;
  begin_solo(balance);
}

/* Of usual rounds: those that are not may be uneven, too, and say nothing about what sharing
 * costs. */
static void note_cost(struct synched__balance *balance, unsigned share) {
  const uint32_t even_ns = balance->usual_work_ns / share;
  const uint32_t cost_ns = beyond(balance->shared_ns, even_ns);
  balance->cost_ns = cost_ns > COST_LEAST_NS ? cost_ns : COST_LEAST_NS;
}

/* What a stretch has won is kept up to a limit: then it ends soon when rounds change. */
static int32_t credit_most(const struct synched__balance *balance) {
  return (int32_t)(balance->allowance_ns > CREDIT_NS ? balance->allowance_ns : CREDIT_NS);
}

static void note_loss(struct synched__balance *balance, int64_t loss_ns) {
  const int64_t credit_ns = credit_most(balance);
  const int64_t losses_ns = balance->losses_ns + loss_ns;
  if (losses_ns < -credit_ns) /* What is won beyond that pays for waking. */
    balance->stretch_ns = beyond(balance->stretch_ns, cut((uint64_t)(-credit_ns - losses_ns)));
  balance->losses_ns = (int32_t)(losses_ns > -credit_ns ? losses_ns : -credit_ns);
}

/* The calls' own times stand for a solo round, but sharing makes them longer than they would be
 * there; and a solo round has to be closed, too. By how much is told by usual rounds; but where
 * some are much larger than others, or than they were, that is another difference. */
static void note_slowdown(struct synched__balance *balance) {
  if (balance->solo_ns == 0)
    return;
  const uint32_t usual_ns = balance->usual_work_ns;
  const bool alike = balance->mean_work_ns <= 2 * usual_ns &&
                     usual_ns <= 2 * (balance->solo_ns + SLOWDOWN_MOST_NS);
  const int32_t least_ns = (int32_t)balance->shared_least_ns - (int32_t)balance->solo_least_ns;
  int32_t slowdown_ns = (int32_t)usual_ns - (int32_t)balance->solo_ns;
  if (slowdown_ns < least_ns)
    slowdown_ns = least_ns;
  if (slowdown_ns < -CLOSING_MOST_NS)
    slowdown_ns = -CLOSING_MOST_NS;
  if (!alike && slowdown_ns > SLOWDOWN_MOST_NS)
    slowdown_ns = SLOWDOWN_MOST_NS;
  if (balance->round_count > TRIAL_ROUNDS && slowdown_ns > balance->slowdown_ns)
    return;
  /* The rounds so far were counted without it, or with what it seemed to be. */
  note_loss(balance, (int64_t)(slowdown_ns - balance->slowdown_ns) * balance->round_count);
  balance->slowdown_ns = slowdown_ns;
}

/* What a shared round took longer than a solo one would have, negative where that is less; large
 * rounds lose nothing. Who computed it alone was not slowed down; but a solo round has to be closed
 * as well. */
static int64_t loss_of(const struct synched__balance *balance,
                       const struct synched__balance_sample *sample) {
  const bool counts = sample->joint || balance->slowdown_ns < 0;
  const int64_t slowdown_ns = counts ? balance->slowdown_ns : 0;
  const int64_t solo_ns = (int64_t)sample->work_ns - slowdown_ns;
  const int64_t loss_ns = (int64_t)sample->wall_ns - (solo_ns > 0 ? solo_ns : 0);
  if (loss_ns > 0 && sample->work_ns > WORK_LARGE_NS)
    return 0;
  return loss_ns < LOSS_MOST_NS ? loss_ns : LOSS_MOST_NS;
}

/* Counts a shared round, which stands for `count` of them. */
static void note_round(struct synched__balance *balance,
                       const struct synched__balance_sample *sample, unsigned count) {
  const int64_t loss_ns = count * loss_of(balance, sample);
  if (balance->round_count != 0 && (sample->joint || !sample->waking))
    note_loss(balance, loss_ns);
  else if (loss_ns > 0) /* Nobody else is here yet: that says nothing about sharing. */
    balance->stretch_ns = cut(balance->stretch_ns + (uint64_t)loss_ns);
}

/* Whether the first trial shows plainly that sharing is better, though no solo round has been
 * measured: however much longer it makes short calls. */
static bool is_plain(const struct synched__balance *balance) {
  return balance->losses_ns <= -(int32_t)CREDIT_NS / 2 ||
         balance->shared_ns <= beyond(balance->usual_work_ns, SLOWDOWN_MOST_NS) / 4 * 3;
}

/* Again and again, for in the first rounds caches are cold: it may turn out to be less. */
static bool is_judged_at(unsigned round_count) {
  return round_count == TRIAL_ROUNDS || round_count == 2 * TRIAL_ROUNDS ||
         round_count == 4 * TRIAL_ROUNDS || round_count == 8 * TRIAL_ROUNDS ||
         round_count == 16 * TRIAL_ROUNDS;
}

static void after_shared(struct synched__balance *balance,
                         const struct synched__balance_sample *sample) {
  const bool counts = sample->joint && balance->round_count < LASTING_ROUNDS;
  balance->round_count += counts;
  if (balance->round_count > TRIAL_SKIPPED) {
    average(&balance->shared_ns, sample->wall_ns);
    follow_least(&balance->shared_least_ns, sample->work_ns);
  }
  note_round(balance, sample, 1);
  if (balance->usual_work_ns > WORK_LARGE_NS)
    return;
  const bool is_early = balance->round_count < TRIAL_ROUNDS;
  if (balance->stretch_ns > WAKING_MOST_NS ||
      (is_early && balance->losses_ns > (int32_t)CREDIT_NS)) {
    end_sharing(balance);
    return;
  }
  if (is_early)
    return;
  if (counts && is_judged_at(balance->round_count))
    note_slowdown(balance);
  if (balance->round_count >= LASTING_ROUNDS && balance->losses_ns < 0) {
    balance->trial_cost_ns = TRIAL_COST_FIRST_NS;
    balance->stretch_ns = 0; /* that has been paid for */
  }
  const bool has_lost = balance->losses_ns > (int32_t)balance->allowance_ns;
  const bool is_open = balance->solo_ns == 0 && !is_plain(balance);
  if (has_lost || is_open)
    note_cost(balance, sample->share);
  if (is_open)
    begin_solo(balance); /* to see what solo rounds take */
  else if (has_lost)
    end_sharing(balance);
}

/* What solo rounds take. false: it is too early to tell. */
static bool measure_solo(struct synched__balance *balance, uint64_t wall_ns) {
  if (balance->stretch_ns < CALM_NS) {
    balance->stretch_ns = cut(balance->stretch_ns + wall_ns);
    return false;
  }
  if (balance->round_count >= CALM_ROUNDS) {
    average(&balance->solo_ns, wall_ns);
    follow_least(&balance->solo_least_ns, wall_ns);
    return true;
  }
  /* The least of some rounds to begin with: an average would take long to get over a first one that
   * was interrupted. */
  if (balance->round_count == 0 || wall_ns < balance->solo_ns)
    balance->solo_ns = balance->solo_least_ns = cut(wall_ns);
  balance->round_count++;
  return false;
}

/* Rounds of another size: what was tried says nothing about them. The shortest ones tell, where
 * there are several. */
static void note_size(struct synched__balance *balance) {
  const uint32_t least_ns = balance->solo_least_ns, tried_ns = balance->tried_ns;
  if (tried_ns != 0 && least_ns <= tried_ns + tried_ns / 4 && least_ns >= tried_ns - tried_ns / 4)
    return;
  if (tried_ns != 0)
    balance->trial_cost_ns = TRIAL_COST_FIRST_NS;
  balance->tried_ns = least_ns; /* the very first trial was of these rounds */
}

/* What sharing would have saved of a round, or lost by it. */
static void save_up(struct synched__balance *balance, uint32_t wall_ns, unsigned share) {
  const int32_t saved_ns = (int32_t)wall_ns - (int32_t)(wall_ns / share + balance->cost_ns);
  const int64_t savings_ns = (int64_t)balance->savings_ns + saved_ns;
  if (savings_ns <= 0) {
    balance->savings_ns = 0;
    balance->shown_ns = 0;
    return;
  }
  balance->savings_ns = (int32_t)(savings_ns < DURATION_MOST_NS ? savings_ns : DURATION_MOST_NS);
  if (saved_ns > 0)
    balance->shown_ns += lesser((uint32_t)saved_ns, balance->trial_cost_ns / TRIAL_COST_ROUNDS + 1);
}

/* Which rounds are too short to save anything, while nothing is saved up. */
static void note_brief(struct synched__balance *balance, unsigned share) {
  balance->brief_ns =
      balance->savings_ns == 0 ? (uint32_t)((uint64_t)balance->cost_ns * share / (share - 1)) : 0;
  if (balance->round_count >= 2 * SYNCHED__LOOK_EVERY)
    balance->round_count = SYNCHED__LOOK_EVERY;
}

/* Saved up by several rounds: one alone may have been interrupted. */
static bool can_pay(const struct synched__balance *balance) {
  return balance->savings_ns >= (int32_t)balance->trial_cost_ns &&
         balance->shown_ns >= balance->trial_cost_ns;
}

static void after_solo(struct synched__balance *balance,
                       const struct synched__balance_sample *sample) {
  if (balance->usual_work_ns > WORK_LARGE_NS) {
    begin_sharing(balance);
    return;
  }
  if (!measure_solo(balance, sample->wall_ns))
    return;
  note_size(balance);
  /* What sharing cost is forgotten by and by: it may have been measured in a bad moment. */
  balance->cost_ns -= (balance->cost_ns - COST_LEAST_NS) / COST_MEMORY;
  save_up(balance, cut(sample->wall_ns), sample->share);
  note_brief(balance, sample->share);
  if (can_pay(balance))
    begin_sharing(balance);
}

/* Whether sharing has long been right, and still is: then the losses and the mean are all that is
 * kept up. */
static bool is_settled(const struct synched__balance *balance) {
  return !balance->solo && balance->round_count >= LASTING_ROUNDS && balance->losses_ns < 0;
}

/* Not where heavy rounds pay for many light ones: there a stretch that ends is soon missed. */
static bool is_review_due(const struct synched__balance *balance) {
  return balance->round_count >= LASTING_ROUNDS + REVIEW_ROUNDS &&
         balance->mean_work_ns < REVIEW_WORK_NS && balance->sure;
}

static void after_settled(struct synched__balance *balance,
                          const struct synched__balance_sample *sample, unsigned count) {
  note_round(balance, sample, count);
  balance->sure = balance->losses_ns <= -credit_most(balance);
  /* One that stands for several has been counted with them. */
  if (count == 1)
    balance->round_count++;
  if (balance->stretch_ns > WAKING_MOST_NS) {
    end_sharing(balance);
  } else if (is_review_due(balance)) {
    begin_solo(balance);
    /* As soon as those are measured, sharing is tried again. */
    balance->savings_ns = 2 * (int32_t)balance->trial_cost_ns;
    balance->shown_ns = balance->trial_cost_ns;
  } else if (balance->round_count >= LASTING_ROUNDS + REVIEW_ROUNDS) {
    balance->round_count = LASTING_ROUNDS;
  }
}

void synched__balance_learn(struct synched__balance *balance,
                            const struct synched__balance_sample *sample, unsigned count) {
  note_mean(balance, cut(sample->work_ns), count);
  if (is_settled(balance)) {
    after_settled(balance, sample, count);
    return;
  }
  if (sample->share < 2) {
    begin_solo(balance);
    return;
  }
  average(&balance->usual_work_ns, sample->work_ns);
  if (balance->solo)
    after_solo(balance, sample);
  else
    after_shared(balance, sample);
}
