/*
 * wait.c: see wait.h for the protocol.
 *
 * The spin is bounded by time, not by a count: the CPU's pause costs anything from 5 to 150 cycles. How long follows
 * the waits seen of late. Where they are mostly over within most_ns it is twice what is usual, for going to sleep and
 * being woken would cost both sides more than the spin does: on a virtual machine 30 us of the waker's time and more of
 * the other's. Where they are longer, spinning the limit out each time only burns power: then it is an eighth of that.
 */
#include "platform/wait.h"

#include "platform/clock.h"
#include "platform/thread.h"

/* Pauses between two looks at the clock; waits shorter than the first round of them are not timed. */
#define PAUSES_PER_CLOCK 64u

int synched__waiter_init(struct synched__waiter *waiter, struct synched__spin spin) {
  waiter->spin = spin;
  waiter->usual_ns = 0;
  synched__store_relaxed(&waiter->asleep, 0);
  return synched__parker_init(&waiter->parker);
}

void synched__waiter_deinit(struct synched__waiter *waiter) {
  synched__parker_deinit(&waiter->parker);
}

uint64_t synched__gate_glance(const struct synched__gate *gate, unsigned looks, uint64_t seen) {
  /* Acquire: pairs with the exchange in synched__gate_advance. */
  uint64_t epoch = synched__load_acquire(gate->epoch);
  for (unsigned i = 0; epoch == seen && i < looks; i++) {
    synched__cpu_pause();
    epoch = synched__load_acquire(gate->epoch);
  }
  return epoch;
}

/* The longest usual wait that is still spun out. */
static uint64_t longest_worth(const struct synched__spin *spin) {
  return spin->most_ns > 4 * spin->limit_ns ? spin->most_ns : 4 * spin->limit_ns;
}

static uint64_t spin_budget(const struct synched__waiter *waiter) {
  const uint64_t limit_ns = waiter->spin.limit_ns;
  if (waiter->usual_ns > longest_worth(&waiter->spin))
    return limit_ns / 8;
  uint64_t budget_ns = 2 * waiter->usual_ns;
  if (budget_ns > waiter->spin.most_ns)
    budget_ns = waiter->spin.most_ns;
  return budget_ns > limit_ns ? budget_ns : limit_ns;
}

/* Into an average that halves the past each time; a very long wait, for the next job, counts as a long one. */
static void note_wait(struct synched__waiter *waiter, uint64_t waited_ns) {
  const uint64_t most_ns = 2 * longest_worth(&waiter->spin);
  waiter->usual_ns = (waiter->usual_ns + (waited_ns < most_ns ? waited_ns : most_ns)) / 2;
}

static bool insists(const struct synched__spin *spin) {
  return spin->insist != NULL && synched__load_relaxed(spin->insist) != 0;
}

static uint64_t spin_from(const struct synched__gate *gate, struct synched__waiter *waiter,
                          uint64_t seen, uint64_t start_ns) {
  const uint64_t budget = spin_budget(waiter);
  for (;;) {
    if (waiter->spin.yields)
      synched__thread_yield();
    uint64_t epoch = synched__gate_glance(gate, waiter->spin.yields ? 0 : PAUSES_PER_CLOCK, seen);
    if (epoch != seen || (synched__clock_ns() - start_ns >= budget && !insists(&waiter->spin)))
      return epoch;
  }
}

/* Ends the announcement; false if a waker has taken it, who then leaves a token. */
static bool withdraw(const struct synched__gate *gate, struct synched__waiter *waiter) {
  if (synched__exchange_acq_rel(&waiter->asleep, 0) == 0)
    return false;
  (void)synched__sub_relaxed(gate->sleeper_count, 1);
  return true;
}

static uint64_t sleep_until_changed(const struct synched__gate *gate,
                                    struct synched__waiter *waiter, uint64_t seen) {
  for (;;) {
    /* All three sequentially consistent, see wait.h. Counted first: a waker of an earlier epoch, who may take us
     * as soon as asleep is set, must not make the count lower than the number of those who sleep. */
    (void)synched__add_seq_cst(gate->sleeper_count, 1);
    synched__store_seq_cst(&waiter->asleep, 1);
    uint64_t epoch = synched__load_seq_cst(gate->epoch);
    if (epoch == seen || !withdraw(gate, waiter)) {
      synched__park(&waiter->parker);
      /* Acquire: pairs with the exchange in synched__gate_advance. */
      epoch = synched__load_acquire(gate->epoch);
    }
    if (epoch != seen)
      return epoch;
  }
}

uint64_t synched__gate_wait(const struct synched__gate *gate, struct synched__waiter *waiter,
                            uint64_t seen) {
  uint64_t epoch = synched__gate_glance(gate, waiter->spin.yields ? 0 : PAUSES_PER_CLOCK, seen);
  if (epoch != seen)
    return epoch;
  uint64_t start_ns = synched__clock_ns();
  epoch = seen;
  if (waiter->spin.limit_ns != 0 || waiter->spin.insist != NULL)
    epoch = spin_from(gate, waiter, seen, start_ns);
  if (epoch == seen)
    epoch = sleep_until_changed(gate, waiter, seen);
  note_wait(waiter, synched__clock_ns() - start_ns);
  return epoch;
}

bool synched__waiter_wake(const struct synched__gate *gate, struct synched__waiter *waiter) {
  /* Sequentially consistent with the epoch that was advanced before: see wait.h. */
  if (synched__load_seq_cst(&waiter->asleep) == 0 ||
      synched__exchange_acq_rel(&waiter->asleep, 0) == 0)
    return false;
  (void)synched__sub_relaxed(gate->sleeper_count, 1);
  synched__unpark(&waiter->parker);
  return true;
}
