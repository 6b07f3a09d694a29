/*
 * wait.c: see wait.h for the protocol.
 *
 * Time bounds the spin, not a count: the CPU's pause costs anything from 5 to 150 cycles. The bound
 * follows the waits seen of late. Where they are mostly over within most_ns, it is twice the usual
 * wait, for to go to sleep and be woken would cost both sides more than the spin does: on a virtual
 * machine 30 us of the waker's time and more of the other's. Where waits are longer, to spin until
 * the limit each time only burns power: then the bound is an eighth of the limit.
 */
#include "platform/wait.h"

#include "base/assert.h"
#include "platform/clock.h"
#include "platform/event.h"
#include "platform/thread.h"

/* Pauses between two looks at the clock; waits that end within the first of these are not timed.
 * Since a pause takes some time on every CPU, they are a rough time of their own: some hundred ns
 * to a few us. The simulator looks more often, for there each is a point where schedules differ. */
#if !defined(PAUSES_PER_CLOCK)
#define PAUSES_PER_CLOCK 64u
#endif

int synched__waiter_init(struct synched__waiter *waiter, struct synched__spin spin) {
  SYNCHED_ASSERT(spin.limit_ns != 0 || spin.never_sleep == NULL);
  waiter->spin = spin;
  waiter->seen = 0;
  waiter->usual_ns = 0;
  waiter->awake_most_ns = waiter->awake_until_ns = UINT64_MAX;
  waiter->sleep = (struct synched__sleep){0};
  synched__store_relaxed(&waiter->asleep, 0);
  synched__store_relaxed(&waiter->interrupted, 0);
  synched__store_relaxed(&waiter->wanted, 0);
  synched__store_relaxed(&waiter->prewake_ns, 0);
  return synched__parker_init(&waiter->parker);
}

void synched__waiter_deinit(struct synched__waiter *waiter) {
  synched__parker_deinit(&waiter->parker);
}

void synched__waiter_limit_awake(struct synched__waiter *waiter, uint64_t most_ns) {
  waiter->awake_most_ns = most_ns;
  waiter->awake_until_ns = synched__tick_ns() + most_ns;
  waiter->sleep_count = synched__thread_sleep_count();
}

void synched__waiter_sleep(struct synched__waiter *waiter) {
  if (synched__thread_sleep_count() == waiter->sleep_count)
    synched__thread_sleep_briefly();
  synched__waiter_limit_awake(waiter, waiter->awake_most_ns);
}

uint64_t synched__gate_spin(const struct synched__gate *gate, unsigned looks, uint64_t seen) {
  uint64_t epoch = synched__load_acquire(gate->epoch); /* [gate-advanced] acquire */
  for (unsigned i = 0; epoch == seen && i < looks; i++) {
    synched__cpu_pause();
    epoch = synched__load_acquire(gate->epoch); /* [gate-advanced] acquire */
  }
  return epoch;
}

/* The longest usual wait that is still spun out. */
static uint64_t longest_worth(const struct synched__spin *spin) {
  return spin->most_ns > 4 * spin->limit_ns ? spin->most_ns : 4 * spin->limit_ns;
}

uint64_t synched__waiter_spin_ns(const struct synched__waiter *waiter) {
  const uint64_t limit_ns = waiter->spin.limit_ns;
  if (waiter->usual_ns > longest_worth(&waiter->spin))
    return limit_ns / 8;
  uint64_t budget_ns = 2 * waiter->usual_ns;
  if (budget_ns > waiter->spin.most_ns)
    budget_ns = waiter->spin.most_ns;
  return budget_ns > limit_ns ? budget_ns : limit_ns;
}

/* Adds a wait to an average that halves the past each time. A very long wait, for the next job,
 * counts as a long one. */
static void note_wait(struct synched__waiter *waiter, uint64_t waited_ns) {
  const uint64_t most_ns = 2 * longest_worth(&waiter->spin);
  waiter->usual_ns = (waiter->usual_ns + (waited_ns < most_ns ? waited_ns : most_ns)) / 2;
}

static bool is_set(const _Atomic uint32_t *word) {
  return word != NULL && synched__load_relaxed(word) != 0;
}

static bool is_interrupted(const struct synched__waiter *waiter) {
  return synched__load_relaxed(&waiter->interrupted) != 0;
}

/* Whether a waiter that has waited since start_ns should stop spinning. */
static bool is_spun_out(const struct synched__waiter *waiter, uint64_t start_ns, uint64_t budget_ns,
                        uint64_t until_ns) {
  const struct synched__spin *spin = &waiter->spin;
  const uint64_t now_ns = synched__clock_ns();
  if (now_ns >= until_ns || is_interrupted(waiter) || is_set(spin->sleep_now))
    return true;
  return now_ns - start_ns >= budget_ns && !is_set(spin->never_sleep);
}

static uint64_t spin_from(const struct synched__gate *gate, struct synched__waiter *waiter,
                          uint64_t seen, uint64_t start_ns, uint64_t until_ns) {
  const uint64_t budget_ns = synched__waiter_spin_ns(waiter);
  for (;;) {
    if (waiter->spin.yields)
      synched__thread_yield();
    uint64_t epoch = synched__gate_spin(gate, waiter->spin.yields ? 0 : PAUSES_PER_CLOCK, seen);
    if (epoch != seen || is_spun_out(waiter, start_ns, budget_ns, until_ns))
      return epoch;
    if (waiter->awake_most_ns != UINT64_MAX && synched__tick_ns() >= waiter->awake_until_ns)
      synched__waiter_sleep(waiter);
  }
}

/* A waiter that is woken for an epoch still to come spins for it until the time that it was
 * told. */
static uint64_t spin_prewoken(const struct synched__gate *gate, struct synched__waiter *waiter,
                              uint64_t seen) {
  const uint64_t prewake_ns = synched__exchange_relaxed(&waiter->prewake_ns, 0);
  uint64_t epoch = synched__gate_spin(gate, 0, seen);
  while (epoch == seen && prewake_ns != 0 && !is_interrupted(waiter) &&
         synched__clock_ns() < prewake_ns)
    epoch = synched__gate_spin(gate, PAUSES_PER_CLOCK, seen);
  return epoch;
}

/* Ends the announcement; false if a waker has taken it, who then leaves a token, and that orders
 * what follows; or who has taken the waiter's place, and may leave one. Who finds asleep at 0 goes
 * away, and looks at nothing else. */
static bool withdraw(const struct synched__gate *gate, struct synched__waiter *waiter) {
  if (synched__exchange_acquire(&waiter->asleep, 0) == 0) /* [place-returned] acquire */
    return false;
  (void)synched__sub_relaxed(gate->sleeper_count, 1);
  return true;
}

/* Parks, and leaves no token behind and no announcement. */
static void park_for(const struct synched__gate *gate, struct synched__waiter *waiter,
                     uint64_t until_ns) {
  const uint64_t since_ns = synched__clock_ns();
  bool is_woken = synched__park_until(&waiter->parker, until_ns);
  if (!is_woken && !withdraw(gate, waiter)) {
    synched__park(&waiter->parker); /* the token is on its way */
    is_woken = true;
  }
  waiter->sleep.count++;
  waiter->sleep.woken_count += is_woken;
  waiter->sleep.ns += synched__clock_ns() - since_ns;
}

static uint64_t sleep_until_changed(const struct synched__gate *gate,
                                    struct synched__waiter *waiter, uint64_t seen,
                                    uint64_t until_ns) {
  for (;;) {
    /* It counts itself first: a waker of an earlier epoch may take it as soon as asleep is set,
     * and must not make the count lower than the number of sleepers. [sleeper-counted] seq_cst */
    (void)synched__add_seq_cst(gate->sleeper_count, 1);
    /* [sleeper-counted] seq_cst, [sleeper-interrupted] seq_cst, [sleep-announced] release */
    synched__store_seq_cst(&waiter->asleep, 1);
    /* [sleeper-counted] seq_cst, [gate-advanced] acquire */
    uint64_t epoch = synched__load_seq_cst(gate->epoch);
    /* [sleeper-interrupted] seq_cst */
    const bool stays = epoch == seen && synched__load_seq_cst(&waiter->interrupted) == 0;
    if (stays || !withdraw(gate, waiter)) {
      synched__event_sleep_begin(waiter, seen);
      park_for(gate, waiter, until_ns);
      synched__event_sleep_end(waiter);
      epoch = spin_prewoken(gate, waiter, seen);
    }
    if (epoch != seen || is_interrupted(waiter) || synched__clock_ns() >= until_ns)
      return epoch;
  }
}

static uint64_t wait_from(const struct synched__gate *gate, struct synched__waiter *waiter,
                          uint64_t seen, uint64_t until_ns) {
  const uint64_t start_ns = synched__clock_ns();
  const bool wanted = synched__load_relaxed(&waiter->wanted) != 0;
  uint64_t epoch = seen;
  if (waiter->spin.limit_ns != 0 && !wanted && !is_set(waiter->spin.sleep_now))
    epoch = spin_from(gate, waiter, seen, start_ns, until_ns);
  const bool sleeps_now = wanted || is_set(waiter->spin.sleep_now);
  if (wanted)
    synched__store_relaxed(&waiter->wanted, 0);
  if (epoch == seen)
    epoch = sleep_until_changed(gate, waiter, seen, until_ns);
  /* A sleep that was known beforehand says nothing of the waits within rounds. */
  if (!sleeps_now)
    note_wait(waiter, synched__clock_ns() - start_ns);
  return epoch;
}

uint64_t synched__gate_wait(const struct synched__gate *gate, struct synched__waiter *waiter,
                            uint64_t seen, uint64_t until_ns) {
  uint64_t epoch = synched__gate_spin(gate, waiter->spin.yields ? 0 : PAUSES_PER_CLOCK, seen);
  if (epoch == seen)
    epoch = wait_from(gate, waiter, seen, until_ns);
  /* To return is to answer the interruption. [interrupt-answered] acquire */
  if (is_interrupted(waiter))
    (void)synched__exchange_acquire(&waiter->interrupted, 0);
  return epoch;
}

bool synched__waiter_wake(const struct synched__gate *gate, struct synched__waiter *waiter) {
  /* The load: [sleeper-counted] seq_cst, [sleeper-interrupted] seq_cst;
   * the exchange: [sleep-announced] acquire */
  if (synched__load_seq_cst(&waiter->asleep) == 0 ||
      synched__exchange_acquire(&waiter->asleep, 0) == 0)
    return false;
  (void)synched__sub_relaxed(gate->sleeper_count, 1);
  synched__event_wake(waiter);
  synched__unpark(&waiter->parker);
  return true;
}

void synched__waiter_interrupt(const struct synched__gate *gate, struct synched__waiter *waiter) {
  /* [sleeper-interrupted] seq_cst, [interrupt-answered] release */
  synched__store_seq_cst(&waiter->interrupted, 1);
  (void)synched__waiter_wake(gate, waiter);
}

bool synched__waiter_take(const struct synched__gate *gate, struct synched__waiter *waiter) {
  /* [sleep-announced] acquire */
  if (synched__load_relaxed(&waiter->asleep) == 0 ||
      synched__exchange_acquire(&waiter->asleep, 0) == 0)
    return false;
  (void)synched__sub_relaxed(gate->sleeper_count, 1);
  return true;
}

void synched__waiter_give_back(const struct synched__gate *gate, struct synched__waiter *waiter,
                               bool wakes) {
  const uint64_t seen = waiter->seen;
  /* As in sleep_until_changed. [sleeper-counted] seq_cst */
  (void)synched__add_seq_cst(gate->sleeper_count, 1);
  /* [sleeper-counted] seq_cst, [sleeper-interrupted] seq_cst, [sleep-announced] release,
   * [place-returned] release */
  synched__store_seq_cst(&waiter->asleep, 1);
  /* [sleeper-counted] seq_cst; [sleeper-interrupted] seq_cst */
  const bool sleeps = synched__load_seq_cst(gate->epoch) == seen &&
                      synched__load_seq_cst(&waiter->interrupted) == 0;
  if (wakes || !sleeps)
    (void)synched__waiter_wake(gate, waiter);
}

void synched__waiter_want(const struct synched__gate *gate, struct synched__waiter *waiter) {
  /* If that comes late, or for nothing, it sleeps once when it might have spun. */
  synched__store_relaxed(&waiter->wanted, 1);
  synched__waiter_interrupt(gate, waiter);
}

void synched__waiter_prewake(const struct synched__gate *gate, struct synched__waiter *waiter,
                             uint64_t prewake_ns) {
  /* [token-left] hands it over. */
  synched__store_relaxed(&waiter->prewake_ns, prewake_ns);
  (void)synched__waiter_wake(gate, waiter);
}
