/*
 * balance.h: whether a round is worth sharing.
 *
 * For the default balance only. After each round the closing worker decides whether the next is opened for
 * everybody (shared) or computed by itself (solo), from what the last rounds' calls took together
 * and how long the shared ones really lasted.
 */
#ifndef SYNCHED_JOB_BALANCE_H
#define SYNCHED_JOB_BALANCE_H

#include <stdbool.h>
#include <stdint.h>

struct synched__balance {
  uint64_t work_ns;   /* moving average of all calls of a round together */
  uint64_t wall_ns;   /* moving average of a shared round, from opening to closing */
  uint64_t cost_ns;   /* of sharing: wall_ns beyond an even share of the work, when last shared */
  uint64_t credit_ns; /* what sharing would have saved in the solo rounds so far */
  uint64_t price_ns;  /* how much credit buys the next attempt at sharing */
  uint32_t streak;    /* shared rounds in a row */
  bool solo;          /* the decision */
};

struct synched__balance_sample {
  uint64_t work_ns; /* of the round's calls together */
  uint64_t wall_ns; /* from opening to closing */
  unsigned share;   /* workers that could have shared it */
};

void synched__balance_init(struct synched__balance *balance);

/* Takes one round's figures in and decides about the next. */
void synched__balance_update(struct synched__balance *balance,
                             const struct synched__balance_sample *sample);

/* In the middle of a solo round: whether it has taken so long that the rest should be shared. */
bool synched__balance_regrets(const struct synched__balance *balance, uint64_t elapsed_ns);

#endif
