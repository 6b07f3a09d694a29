/*
 * balance.h: whether a round is worth sharing.
 *
 * For the default balance only. After each round the closing worker decides whether the next is
 * opened for everybody (shared) or computed by itself (solo), from how long rounds of both kinds
 * really lasted. As it does that between two rounds, those that can tell nothing new are mostly
 * passed over.
 *
 * It is kept small, so that it fits in the cache line that moves to the closing worker anyway.
 */
#ifndef SYNCHED_ENGINE_BALANCE_H
#define SYNCHED_ENGINE_BALANCE_H

#include <stdbool.h>
#include <stdint.h>

/* All durations are below 2^31 ns. */
struct synched__balance {
  /* what all calls of a usual round take together; rounds far from the usual hardly move it */
  uint32_t usual_work_ns;
  /* what they take on average, every round at its full weight */
  uint32_t mean_work_ns;
  /* a usual solo round, from opening to closing; 0: none has been measured */
  uint32_t solo_ns;
  /* the shortest solo rounds of late */
  uint32_t solo_least_ns;
  /* a usual shared round that others took part in, in this stretch of them */
  uint32_t shared_ns;
  /* of sharing: shared_ns beyond an even share of the work, when last shared */
  uint32_t cost_ns;
  /* how much longer the calls of a round take, together, than a solo round would; negative where
   * they take less, for that has to be closed, too */
  int32_t slowdown_ns;
  union {
    struct {
      /* shared: what this stretch has lost so far, negative where it has won */
      int32_t losses_ns;
      /* shared: the least work of a round of late, in this stretch */
      uint32_t shared_least_ns;
    };
    struct {
      /* solo: what sharing would have saved so far */
      int32_t savings_ns;
      /* solo: the same since savings were last 0, no round counting for much */
      uint32_t shown_ns;
    };
  };
  /* how much must have been saved up for the next trial */
  uint32_t trial_cost_ns;
  union {
    /* shared: how much this stretch may lose before it ends */
    uint32_t allowance_ns;
    /* solo: rounds of less than this tell nothing new; 0: all do */
    uint32_t brief_ns;
  };
  /* the shortest solo rounds when sharing was last tried */
  uint32_t tried_ns;
  /* solo: how long this stretch has lasted, up to a limit; shared: what it has lost before anybody
   * else came, at its beginning and whenever the pool had been idle, less what has paid for that */
  uint32_t stretch_ns;
  /* of this stretch, up to a limit: solo rounds measured, then since one was looked at; or shared
   * ones that others took part in */
  uint16_t round_count;
  /* the decision: the next round is solo */
  bool solo;
  /* shared, and nothing more can be won by that: rounds that win tell nothing new */
  bool sure;
};

struct synched__balance_sample {
  /* how long the round's calls took together */
  uint64_t work_ns;
  /* how long it lasted, from opening to closing */
  uint64_t wall_ns;
  /* workers that could have shared it */
  unsigned share;
  /* more than one worker did */
  bool joint;
  /* the pool was idle, and nobody else has been there since */
  bool waking;
};

void synched__balance_init(struct synched__balance *balance);

/* Of the rounds that tell nothing new one in so many is looked at, for the averages.
 * No usual number of sizes divides it. */
#define SYNCHED__LOOK_EVERY 13u

/* Whether the round leaves the decision and the sums behind it as they are. */
static inline bool synched__balance_knows(const struct synched__balance *balance,
                                          const struct synched__balance_sample *sample) {
  if (balance->solo)
    return sample->wall_ns < balance->brief_ns;
  return balance->sure && sample->joint &&
         (int64_t)sample->wall_ns + balance->slowdown_ns <= (int64_t)sample->work_ns;
}

/* The same of a round that is looked at, and stands for `count` of them. */
void synched__balance_learn(struct synched__balance *balance,
                            const struct synched__balance_sample *sample, unsigned count);

/* Takes one round's figures in and decides about the next. */
static inline void synched__balance_update(struct synched__balance *balance,
                                           const struct synched__balance_sample *sample) {
  const bool knows = synched__balance_knows(balance, sample);
  if (!knows || ++balance->round_count % SYNCHED__LOOK_EVERY == 0)
    synched__balance_learn(balance, sample, knows ? SYNCHED__LOOK_EVERY : 1);
}

/* Some futex wakes. */
#define SYNCHED__TRIAL_COST_FIRST_NS 10000u

/* After how long a solo round has taken so long that its rest should be shared. */
static inline uint64_t synched__balance_shares_after_ns(const struct synched__balance *balance) {
  const uint64_t worth_ns = 2 * ((uint64_t)SYNCHED__TRIAL_COST_FIRST_NS + balance->cost_ns);
  const uint64_t unusual_ns = 2 * (uint64_t)balance->usual_work_ns;
  return 1 + (worth_ns > unusual_ns ? worth_ns : unusual_ns);
}

#endif
