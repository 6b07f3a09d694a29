/*
 * wait.h: threads wait for a number to change; spinning for a bounded time, then asleep.
 *
 * A gate holds an epoch. One thread at a time may advance it; any number wait for it to differ from the
 * value they have seen. Advancing costs one atomic exchange while nobody sleeps. Who sleeps is woken one by
 * one, by whoever advanced, if that is worth it: a waiter that nobody wakes sleeps on, however
 * far the epoch moves.
 *
 * No wake-up is lost: a waiter counts itself in sleeper_count, sets its asleep, then looks at the epoch once
 * more; who advances stores the epoch, then looks at sleeper_count and at everybody's asleep. All of these are
 * sequentially consistent, so either the waiter sees the new epoch, or the other one sees the waiter.
 * An interruption takes the place of the epoch in the same way: it is stored before asleep is read.
 *
 *   [gate-advanced]        what was done before the epoch advanced, to whoever sees that it has.
 *   [sleeper-counted]      the waiter writes sleeper_count and asleep, then reads the epoch; the other
 *                          side writes the epoch, then reads those: one of them sees the other.
 *   [sleeper-interrupted]  the same of asleep, and of interrupted in the place of the epoch.
 *   [sleep-announced]      whoever sets asleep to 0 again finds the waiter counted in sleeper_count.
 *   [interrupt-answered]   what was done before the interruption, to the waiter that returns for it.
 */
#ifndef SYNCHED_PLATFORM_WAIT_H
#define SYNCHED_PLATFORM_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/park.h"

/* Where the two lie decides what a round costs, so their owner places them: the epoch on a line that nothing else
 * is written to, for waiters take it away from who writes there; the count of sleepers, which hardly ever changes, on
 * another. */
struct synched__gate {
  _Atomic uint64_t *epoch;
  _Atomic uint32_t *sleeper_count;
};

/* How a waiter spins before it sleeps. */
struct synched__spin {
  uint64_t limit_ns; /* longest spin, as long as nothing is known of the waits; 0: none */
  uint64_t most_ns;  /* longest one where waits are mostly over within that; 0: the same */
  bool yields;       /* offer the CPU to others between looks: threads outnumber CPUs */
  /* while this is not 0, never sleep; NULL: sleep after the limit */
  const _Atomic uint32_t *never_sleep;
  /* while this is not 0, sleep at once; NULL: never so */
  const _Atomic uint32_t *sleep_now;
};

/* One waiting thread; on cache lines of its own because wakers look at it. */
struct synched__waiter {
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint32_t asleep;
  _Atomic uint32_t interrupted;
  _Atomic uint64_t
      prewake_ns; /* until then, who has been woken spins, for the epoch is about to advance */
  struct synched__parker parker;
  _Alignas(SYNCHED__CACHE_LINE) struct synched__spin spin; /* from here on the waiter's own */
  uint64_t usual_ns;                                       /* moving average of its waits */
  uint64_t awake_most_ns;  /* how often it is seen to that it sleeps; UINT64_MAX: it need not */
  uint64_t awake_until_ns; /* by synched__tick_ns: when next */
  uint64_t sleep_count;    /* of its thread, when it was seen to last */
};

/* 0, or SYNCHED_ENOMEM. */
int synched__waiter_init(struct synched__waiter *waiter, struct synched__spin spin);
void synched__waiter_deinit(struct synched__waiter *waiter);

/* How long it would spin now before it sleeps. */
uint64_t synched__waiter_spin_ns(const struct synched__waiter *waiter);

/* Waits until the epoch is not `seen`, and returns what it is; or until the waiter has been interrupted, or the monotonic
 * clock says until_ns (UINT64_MAX: never), and returns `seen`. Acquires what was done before the epoch advanced. */
uint64_t synched__gate_wait(const struct synched__gate *gate, struct synched__waiter *waiter,
                            uint64_t seen, uint64_t until_ns);

/* Looks for about `looks` pauses, which take some time on every CPU (platform/atomic.h), whether
 * the epoch is not `seen`; returns what it was last. */
uint64_t synched__gate_spin(const struct synched__gate *gate, unsigned looks, uint64_t seen);

/* Sets the epoch; true if somebody may sleep, so that the caller should look whom to wake. Releases. */
static inline bool synched__gate_advance(const struct synched__gate *gate, uint64_t epoch) {
  /* [gate-advanced] release, [sleeper-counted] seq_cst */
  (void)synched__exchange_seq_cst(gate->epoch, epoch);
  return synched__load_seq_cst(gate->sleeper_count) != 0; /* [sleeper-counted] seq_cst */
}

/* The waiter's own thread: from now on it is not awake for longer than twice most_ns, neither while
 * it spins in here, nor while it computes and calls synched__waiter_rest as soon as awake_until_ns
 * has come. */
void synched__waiter_limit_awake(struct synched__waiter *waiter, uint64_t most_ns);

/* Sleeps for a moment, if the thread has not slept by itself since this was called last. */
void synched__waiter_rest(struct synched__waiter *waiter);

/* Wakes this waiter if it sleeps; true if it did. After synched__gate_advance, by any thread. */
bool synched__waiter_wake(const struct synched__gate *gate, struct synched__waiter *waiter);

/* Makes this waiter's wait return, or its next one, though the epoch is the same. Any thread. */
void synched__waiter_interrupt(const struct synched__gate *gate, struct synched__waiter *waiter);

/* Wakes this waiter if it sleeps, because the epoch will advance before prewake_ns. */
void synched__waiter_prewake(const struct synched__gate *gate, struct synched__waiter *waiter,
                             uint64_t prewake_ns);

#endif
