/*
 * balance.c: the decision between solo and shared rounds.
 *
 * Shared, the question has a plain answer: when rounds last longer than their calls take together, one
 * worker alone would be faster. Solo, it has to be guessed what sharing would give: the work, less an even
 * share of it, less what sharing cost beyond that when it was last tried. That gain is saved up round by
 * round, and when it has paid for waking the others, which costs the waker microseconds, they are
 * woken: the rule of the ski rental, which never costs more than twice the best decision in hindsight.
 * An attempt that fails at least doubles the price of the next, and makes it so high that by then the attempt's loss
 * is a sixteenth of the time that has passed; a lasting success resets it.
 */
#include "job/balance.h"

#define COST_FIRST_NS 1000u /* until it has been measured */
#define COST_LEAST_NS 100u
#define PRICE_FIRST_NS 20000u /* about a futex wake and the woken thread's way to its CPU */
#define PRICE_MOST_NS 200000000u
#define PRICE_OF_LOSS 16u     /* times what the last attempt lost */
#define ATTEMPT_ROUNDS 8u     /* shared rounds before they are judged */
#define WORK_LARGE_NS 200000u /* rounds of more work than this are always shared */
#define COST_MEMORY 64u       /* solo rounds, about, in which it is forgotten */
#define STREAK_LASTING 256u

void synched__balance_init(struct synched__balance *balance) {
  *balance = (struct synched__balance){.cost_ns = COST_FIRST_NS, .price_ns = PRICE_FIRST_NS};
}

/* An eighth of each new sample; one that was interrupted by the system counts at most double. */
static void average(uint64_t *mean, uint64_t sample) {
  uint64_t most = 2 * *mean + COST_FIRST_NS;
  if (*mean != 0 && sample > most)
    sample = most;
  *mean = *mean == 0 ? sample : *mean - *mean / 8 + sample / 8;
}

static void raise_price(struct synched__balance *balance, uint64_t loss_ns) {
  uint64_t price_ns = 2 * balance->price_ns;
  if (price_ns < PRICE_OF_LOSS * loss_ns)
    price_ns = PRICE_OF_LOSS * loss_ns;
  balance->price_ns = price_ns < PRICE_MOST_NS ? price_ns : PRICE_MOST_NS;
}

static void after_shared(struct synched__balance *balance, unsigned share) {
  uint64_t even_ns = balance->work_ns / share;
  uint64_t cost_ns = balance->wall_ns > even_ns ? balance->wall_ns - even_ns : 0;
  balance->cost_ns = cost_ns > COST_LEAST_NS ? cost_ns : COST_LEAST_NS;
  if (++balance->streak == STREAK_LASTING)
    balance->price_ns = PRICE_FIRST_NS;
  if (balance->work_ns > WORK_LARGE_NS || balance->wall_ns <= balance->work_ns ||
      balance->streak < ATTEMPT_ROUNDS)
    return;
  balance->solo = true;
  balance->credit_ns = 0;
  raise_price(balance, ATTEMPT_ROUNDS * (balance->wall_ns - balance->work_ns));
}

static void begin_sharing(struct synched__balance *balance) {
  balance->solo = false;
  balance->streak = 0;
  balance->wall_ns = 0;
}

static void after_solo(struct synched__balance *balance, unsigned share) {
  /* What sharing cost is forgotten by and by: it may have been measured in a bad moment. */
  balance->cost_ns -= (balance->cost_ns - COST_LEAST_NS) / COST_MEMORY;
  uint64_t needed_ns = balance->work_ns / share + balance->cost_ns;
  if (balance->work_ns > needed_ns)
    balance->credit_ns += balance->work_ns - needed_ns;
  else if (balance->credit_ns > 0)
    balance->credit_ns -= balance->credit_ns / 16 + 1;
  if (balance->credit_ns < balance->price_ns)
    return;
  begin_sharing(balance);
}

void synched__balance_update(struct synched__balance *balance,
                             const struct synched__balance_sample *sample) {
  average(&balance->work_ns, sample->work_ns);
  if (sample->share < 2) {
    balance->solo = true;
  } else if (balance->solo && balance->work_ns > WORK_LARGE_NS) {
    begin_sharing(balance);
  } else if (balance->solo) {
    after_solo(balance, sample->share);
  } else {
    average(&balance->wall_ns, sample->wall_ns);
    after_shared(balance, sample->share);
  }
}

bool synched__balance_regrets(const struct synched__balance *balance, uint64_t elapsed_ns) {
  return elapsed_ns > PRICE_FIRST_NS + 2 * balance->cost_ns && elapsed_ns > 2 * balance->work_ns;
}
