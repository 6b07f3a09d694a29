/*
 * balance.h: whether a round is worth sharing.
 *
 * For the default balance only. After each round the closing worker decides whether the next is opened for
 * everybody (shared) or computed by itself (solo), from how long rounds of both kinds really lasted.
 *
 * It is kept small, so that it fits in the cache line that moves to the closing worker anyway.
 */
#ifndef SYNCHED_JOB_BALANCE_H
#define SYNCHED_JOB_BALANCE_H

#include <stdbool.h>
#include <stdint.h>

struct synched__balance {
  uint32_t
      work_ns; /* moving average of all calls of a round together, as all figures here below 2^32 */
  uint32_t solo_ns; /* moving average of solo rounds, from opening to closing; 0: there were none */
  uint32_t
      shared_ns; /* the same of shared rounds that others took part in, in this stretch of them */
  uint32_t cost_ns; /* of sharing: shared_ns beyond an even share of the work, when last shared */
  uint32_t account_ns; /* solo: what sharing would have saved so far; on trial: what it has lost */
  uint32_t price_ns;   /* how much must have been saved up for the next trial */
  uint32_t tried_ns;   /* solo_ns when sharing was last tried */
  uint32_t trial_ns;   /* work_ns at the end of the trial that it passed; 0: none yet */
  uint32_t
      stretch_ns; /* solo: how long this stretch of such rounds has lasted, up to a limit; on trial: what
                          it has lost before anybody else came */
  uint32_t
      round_count; /* of this stretch: solo rounds measured, or shared ones that others took part in */
  bool solo;       /* the decision */
};

struct synched__balance_sample {
  uint64_t work_ns; /* of the round's calls together */
  uint64_t wall_ns; /* from opening to closing */
  unsigned share;   /* workers that could have shared it */
  bool joint;       /* more than one did */
};

void synched__balance_init(struct synched__balance *balance);

/* Takes one round's figures in and decides about the next. */
void synched__balance_update(struct synched__balance *balance,
                             const struct synched__balance_sample *sample);

/* In the middle of a solo round: whether it has taken so long that the rest should be shared. */
bool synched__balance_regrets(const struct synched__balance *balance, uint64_t elapsed_ns);

#endif
