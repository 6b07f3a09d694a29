/*
 * wait.h: threads wait for a number to change; they spin for a bounded time, then sleep.
 *
 * A gate (an eventcount) holds an epoch. One thread at a time may advance it; any number wait for
 * it to differ from the value that they have seen. To advance it costs one atomic exchange while
 * nobody sleeps. Whoever advances wakes sleepers one by one, if that is worth it: a waiter that
 * nobody wakes sleeps on, however far the epoch moves.
 *
 * No wake-up is lost. A waiter counts itself in sleeper_count, sets its asleep, then reads the
 * epoch once more. Whoever advances stores the epoch, then reads sleeper_count and everybody's
 * asleep. All of these are sequentially consistent, so either the waiter sees the new epoch, or the
 * other one sees the waiter. An interruption takes the place of the epoch in the same way: it is
 * stored before asleep is read.
 *
 *   [gate-advanced]        what was done before the epoch advanced, to whoever sees that it has.
 *   [sleeper-counted]      the waiter writes sleeper_count and asleep, then reads the epoch; the
 *                          other side writes the epoch, then reads those: one sees the other.
 *   [sleeper-interrupted]  the same of asleep, and of interrupted in the place of the epoch.
 *   [sleep-announced]      whoever sets asleep to 0 finds the waiter counted in sleeper_count.
 *   [interrupt-answered]   what was done before the interruption, to the waiter that answers it.
 *
 * Another thread can take the place of a waiter that sleeps, and give it back. In between nobody
 * finds the waiter asleep, so its thread sleeps on whatever happens, and what only that thread
 * touches is the other one's. To take it is what a waker does, but for the unpark; to give it back
 * is what the waiter does when it announces its sleep: so no wake-up is lost.
 *
 *   [place-returned]       all that was done in the waiter's place, to its thread.
 */
#ifndef SYNCHED_PLATFORM_WAIT_H
#define SYNCHED_PLATFORM_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/park.h"

/* Where the two are decides what a round costs, so their owner places them. The epoch is on a line
 * that nothing else is written to, for waiters take that line away from its writer. The count of
 * sleepers, which hardly ever changes, is on another. */
struct synched__gate {
  _Atomic uint64_t *epoch;
  _Atomic uint32_t *sleeper_count;
};

/* How a waiter spins before it sleeps. */
struct synched__spin {
  /* the longest spin while nothing is known of the waits; 0: none */
  uint64_t limit_ns;
  /* the longest spin where waits are mostly over within it; 0: the same */
  uint64_t most_ns;
  /* offer the CPU to others between looks, because threads outnumber CPUs */
  bool yields;
  /* while this is not 0, never sleep; NULL: sleep after the limit */
  const _Atomic uint32_t *never_sleep;
  /* while this is not 0, sleep at once; NULL: never so */
  const _Atomic uint32_t *sleep_now;
};

/* How a waiter has slept since somebody took this away; its own. */
struct synched__sleep {
  /* sleeps, and those of them that another thread ended */
  uint64_t count, woken_count;
  uint64_t ns;
};

/* One waiting thread; on cache lines of its own because wakers look at it. */
struct synched__waiter {
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint32_t asleep;
  _Atomic uint32_t interrupted;
  /* its next wait is to be a sleep at once, so that its place can be taken */
  _Atomic uint32_t wanted;
  /* until then a woken waiter spins, for the epoch is about to advance */
  _Atomic uint64_t prewake_ns;
  struct synched__parker parker;

  /* The waiter's own. */
  _Alignas(SYNCHED__CACHE_LINE) struct synched__spin spin;
  /* the last epoch about which all has been done that there was to do */
  uint64_t seen;
  /* a moving average of its waits */
  uint64_t usual_ns;
  /* how long it may go without a check that it sleeps; UINT64_MAX: for ever */
  uint64_t awake_most_ns;
  /* the next check, by synched__tick_ns */
  uint64_t awake_until_ns;
  /* how often its thread had slept at the last check */
  uint64_t sleep_count;
  struct synched__sleep sleep;
};

_Static_assert(!SYNCHED__SHARE_LINE(struct synched__waiter, parker, spin),
               "who wakes a waiter takes nothing of its own away");

/* 0, or SYNCHED_ENOMEM. */
int synched__waiter_init(struct synched__waiter *waiter, struct synched__spin spin);
void synched__waiter_deinit(struct synched__waiter *waiter);

/* How long the waiter would spin now before it sleeps. */
uint64_t synched__waiter_spin_ns(const struct synched__waiter *waiter);

/* Waits until the epoch is not `seen`, and returns the epoch; or until the waiter is interrupted,
 * or the monotonic clock says until_ns (UINT64_MAX: never), and returns `seen`. Whoever returns
 * with a new epoch sees what was done before it advanced. */
uint64_t synched__gate_wait(const struct synched__gate *gate, struct synched__waiter *waiter,
                            uint64_t seen, uint64_t until_ns);

/* Looks for about `looks` pauses, which take some time on every CPU (platform/atomic.h), whether
 * the epoch is not `seen`; returns the epoch that it saw last. */
uint64_t synched__gate_spin(const struct synched__gate *gate, unsigned looks, uint64_t seen);

/* Sets the epoch, and hands what was done before to whoever sees it. true if somebody may sleep, so
 * that the caller should look whom to wake. */
static inline bool synched__gate_advance(const struct synched__gate *gate, uint64_t epoch) {
  /* [gate-advanced] release, [sleeper-counted] seq_cst */
  (void)synched__exchange_seq_cst(gate->epoch, epoch);
  return synched__load_seq_cst(gate->sleeper_count) != 0; /* [sleeper-counted] seq_cst */
}

/* By the waiter's own thread: from now on it is not awake for longer than twice most_ns, neither
 * while it spins in here, nor while it computes and calls synched__waiter_sleep as soon as
 * awake_until_ns has come. */
void synched__waiter_limit_awake(struct synched__waiter *waiter, uint64_t most_ns);

/* Sleeps for a moment, if the thread has not slept by itself since this was called last. */
void synched__waiter_sleep(struct synched__waiter *waiter);

/* Wakes this waiter if it sleeps; true if it did. After synched__gate_advance, by any thread. */
bool synched__waiter_wake(const struct synched__gate *gate, struct synched__waiter *waiter);

/* Makes this waiter's wait return, or its next one, though the epoch is the same. Any thread. */
void synched__waiter_interrupt(const struct synched__gate *gate, struct synched__waiter *waiter);

/* Takes the place of a waiter that sleeps; false: it does not, or its place is taken. Any thread,
 * which then is the waiter: it does what is to be done about each epoch, and says so in
 * waiter->seen, until it gives the place back. */
bool synched__waiter_take(const struct synched__gate *gate, struct synched__waiter *waiter);

/* wakes: the waiter's thread is woken in any case, and not only if there is something for it. */
void synched__waiter_give_back(const struct synched__gate *gate, struct synched__waiter *waiter,
                               bool wakes);

/* Asks this waiter to go to sleep, if it waits, so that its place can be taken. Any thread. */
void synched__waiter_want(const struct synched__gate *gate, struct synched__waiter *waiter);

/* Wakes this waiter if it sleeps, because the epoch will advance before prewake_ns. */
void synched__waiter_prewake(const struct synched__gate *gate, struct synched__waiter *waiter,
                             uint64_t prewake_ns);

#endif
