/*
 * gate.c: the library's wait and its wake, without anything around them.
 */
#include <string.h>

#include "platform/wait.h"
#include "simulator.h"

struct room {
  _Atomic uint64_t epoch;
  _Atomic uint32_t sleeper_count;
  struct synched__gate gate;
  struct synched__waiter waiters[2];
  uint64_t written[3]; /* handed over by the epochs */
  uint64_t last;
};

static struct room *room;

static void wait_for_all(struct synched__waiter *waiter) {
  uint64_t seen = 0;
  while (seen < room->last) {
    const uint64_t epoch = synched__gate_wait(&room->gate, waiter, seen, UINT64_MAX);
    SIM_CHECK(epoch > seen);
    for (uint64_t e = 1; e <= epoch; e++)
      SIM_CHECK(room->written[e] == e);
    seen = epoch;
  }
}

static void wait_0(void *unused) {
  (void)unused;
  wait_for_all(&room->waiters[0]);
}

static void wait_1(void *unused) {
  (void)unused;
  wait_for_all(&room->waiters[1]);
}

/* As long as those who wait do before they go to sleep. */
static void pause_as_long(void) {
  for (unsigned i = 0; i < 2; i++)
    synched__cpu_pause();
}

static void run(unsigned waiter_count, uint64_t last, uint64_t spin_ns) {
  static struct room storage;
  void (*const waits[])(void *) = {wait_0, wait_1};
  unsigned threads[2];
  memset(&storage, 0, sizeof storage);
  room = &storage;
  room->gate = (struct synched__gate){&room->epoch, &room->sleeper_count};
  room->last = last;
  for (unsigned w = 0; w < waiter_count; w++)
    SIM_CHECK(
        synched__waiter_init(&room->waiters[w], (struct synched__spin){.limit_ns = spin_ns}) == 0);
  for (unsigned w = 0; w < waiter_count; w++)
    threads[w] = sim_thread_start(waits[w], NULL);
  for (uint64_t epoch = 1; epoch <= last; epoch++) {
    pause_as_long();
    room->written[epoch] = epoch;
    if (synched__gate_advance(&room->gate, epoch))
      for (unsigned w = 0; w < waiter_count; w++)
        (void)synched__waiter_wake(&room->gate, &room->waiters[w]);
  }
  for (unsigned w = 0; w < waiter_count; w++)
    sim_thread_join(threads[w]);
  SIM_CHECK(synched__load_relaxed(&room->sleeper_count) == 0);
  for (unsigned w = 0; w < waiter_count; w++)
    synched__waiter_deinit(&room->waiters[w]);
}

/* --- waits that end by time, and two that wake --- */

static void wait_in_vain(void *unused) {
  (void)unused;
  struct synched__waiter *waiter = &room->waiters[0];
  uint64_t epoch = 0;
  while (epoch == 0)
    epoch = synched__gate_wait(&room->gate, waiter, 0, sim_time_ns() + 2000);
  SIM_CHECK(epoch == 1 && room->written[1] == 1);
}

static void wake_too(void *unused) {
  (void)unused;
  (void)synched__waiter_wake(&room->gate, &room->waiters[0]);
  synched__waiter_interrupt(&room->gate, &room->waiters[0]);
}

static void run_timed(void) {
  static struct room storage;
  memset(&storage, 0, sizeof storage);
  room = &storage;
  room->gate = (struct synched__gate){&room->epoch, &room->sleeper_count};
  SIM_CHECK(synched__waiter_init(&room->waiters[0], (struct synched__spin){.limit_ns = 0}) == 0);
  const unsigned waiting = sim_thread_start(wait_in_vain, NULL);
  const unsigned waking = sim_thread_start(wake_too, NULL);
  sim_spend(3000);
  room->written[1] = 1;
  if (synched__gate_advance(&room->gate, 1))
    (void)synched__waiter_wake(&room->gate, &room->waiters[0]);
  sim_thread_join(waiting);
  sim_thread_join(waking);
  SIM_CHECK(synched__load_relaxed(&room->sleeper_count) == 0);
  synched__waiter_deinit(&room->waiters[0]);
}

const struct sim_world sim_world_gate_timed = {
    .name = "gate-timed-1x1",
    .about = "waits that end by time, while two others wake and interrupt",
    .run = run_timed,
    .bound = 3,
};

/* --- a word is written, and its reader interrupted --- */

static _Atomic uint32_t alarm_word;

static void wait_for_alarm(void *unused) {
  (void)unused;
  while (synched__load_relaxed(&alarm_word) == 0)
    SIM_CHECK(synched__gate_wait(&room->gate, &room->waiters[0], 0, UINT64_MAX) == 0);
}

static void wake(void *unused) {
  (void)unused;
  (void)synched__waiter_wake(&room->gate, &room->waiters[0]);
}

static void interrupt(bool is_woken) {
  static struct room storage;
  unsigned waking = 0;
  memset(&storage, 0, sizeof storage);
  room = &storage;
  room->gate = (struct synched__gate){&room->epoch, &room->sleeper_count};
  SIM_CHECK(synched__waiter_init(&room->waiters[0], (struct synched__spin){.limit_ns = 0}) == 0);
  const unsigned thread = sim_thread_start(wait_for_alarm, NULL);
  if (is_woken) {
    sim_spend(3000); /* it sleeps */
    waking = sim_thread_start(wake, NULL);
  }
  synched__store_relaxed(&alarm_word, 1);
  synched__waiter_interrupt(&room->gate, &room->waiters[0]);
  sim_thread_join(thread);
  if (is_woken)
    sim_thread_join(waking);
  SIM_CHECK(synched__load_relaxed(&room->sleeper_count) == 0);
  synched__waiter_deinit(&room->waiters[0]);
}

static void run_interrupt(void) {
  interrupt(false);
}

static void run_interrupt_woken(void) {
  interrupt(true);
}

const struct sim_world sim_world_interrupt_woken = {
    .name = "gate-interrupt-2x1",
    .about = "a waiter is interrupted by one thread and woken by another one",
    .run = run_interrupt_woken,
    .bound = 3,
};

const struct sim_world sim_world_interrupt = {
    .name = "gate-interrupt-1x1",
    .about = "a waiter is interrupted, to look at what was written before",
    .run = run_interrupt,
    .bound = 4,
};

/* --- a sleeper's place is taken, and given back while somebody has something for it --- */

static void wait_for_epoch(void *unused) {
  (void)unused;
  SIM_CHECK(synched__gate_wait(&room->gate, &room->waiters[0], 0, UINT64_MAX) == 1);
}

static void advance_once(void *unused) {
  (void)unused;
  if (synched__gate_advance(&room->gate, 1))
    (void)synched__waiter_wake(&room->gate, &room->waiters[0]);
}

static void set_alarm(void *unused) {
  (void)unused;
  synched__store_relaxed(&alarm_word, 1);
  synched__waiter_interrupt(&room->gate, &room->waiters[0]);
}

static void give_back(void (*wait)(void *), void (*act)(void *)) {
  static struct room storage;
  memset(&storage, 0, sizeof storage);
  room = &storage;
  room->gate = (struct synched__gate){&room->epoch, &room->sleeper_count};
  SIM_CHECK(synched__waiter_init(&room->waiters[0], (struct synched__spin){.limit_ns = 0}) == 0);
  const unsigned waiting = sim_thread_start(wait, NULL);
  while (!synched__waiter_take(&room->gate, &room->waiters[0]))
    sim_spend(3000);
  const unsigned acting = sim_thread_start(act, NULL);
  synched__waiter_give_back(&room->gate, &room->waiters[0], false);
  sim_thread_join(acting);
  sim_thread_join(waiting);
  SIM_CHECK(synched__load_relaxed(&room->sleeper_count) == 0);
  synched__waiter_deinit(&room->waiters[0]);
}

static void run_place(void) {
  give_back(wait_for_epoch, advance_once);
}

static void run_place_alarm(void) {
  give_back(wait_for_alarm, set_alarm);
}

const struct sim_world sim_world_place = {
    .name = "gate-place-1x1",
    .about = "a sleeper's place is given back while the epoch advances",
    .run = run_place,
    .bound = 4,
};

const struct sim_world sim_world_place_alarm = {
    .name = "gate-place-interrupt-1x1",
    .about = "a sleeper's place is given back while somebody interrupts it",
    .run = run_place_alarm,
    .bound = 4,
};

/* --- a sleeper's place is taken when its time is over --- */

/* What it does in its place is its own. */
static void wait_and_count(void *unused) {
  (void)unused;
  uint64_t epoch = 0;
  while (epoch == 0) {
    epoch = synched__gate_wait(&room->gate, &room->waiters[0], 0, sim_time_ns() + 2000);
    room->written[2]++;
  }
}

static void run_place_timed(void) {
  static struct room storage;
  memset(&storage, 0, sizeof storage);
  room = &storage;
  room->gate = (struct synched__gate){&room->epoch, &room->sleeper_count};
  SIM_CHECK(synched__waiter_init(&room->waiters[0], (struct synched__spin){.limit_ns = 0}) == 0);
  const unsigned waiting = sim_thread_start(wait_and_count, NULL);
  for (unsigned i = 0; i < 3; i++) {
    sim_spend(1500);
    if (!synched__waiter_take(&room->gate, &room->waiters[0]))
      continue;
    room->written[2]++;
    sim_spend(3000);
    room->written[2]++;
    synched__waiter_give_back(&room->gate, &room->waiters[0], true);
  }
  if (synched__gate_advance(&room->gate, 1))
    (void)synched__waiter_wake(&room->gate, &room->waiters[0]);
  sim_thread_join(waiting);
  SIM_CHECK(synched__load_relaxed(&room->sleeper_count) == 0);
  synched__waiter_deinit(&room->waiters[0]);
}

const struct sim_world sim_world_place_timed = {
    .name = "gate-place-timed-1x1",
    .about = "the time of a sleeper is over while another thread is in its place",
    .run = run_place_timed,
    .bound = 3,
};

/* --- two sleep, and one of them is woken for something that is long over --- */

static void run_late_waker(void) {
  static struct room storage;
  unsigned threads[3];
  memset(&storage, 0, sizeof storage);
  room = &storage;
  room->gate = (struct synched__gate){&room->epoch, &room->sleeper_count};
  room->last = 1;
  for (unsigned w = 0; w < 2; w++)
    SIM_CHECK(synched__waiter_init(&room->waiters[w], (struct synched__spin){.limit_ns = 0}) == 0);
  threads[1] = sim_thread_start(wait_1, NULL);
  threads[0] = sim_thread_start(wait_0, NULL);
  threads[2] = sim_thread_start(wake, NULL);
  pause_as_long();
  room->written[1] = 1;
  if (synched__gate_advance(&room->gate, 1))
    for (unsigned w = 0; w < 2; w++)
      (void)synched__waiter_wake(&room->gate, &room->waiters[w]);
  for (unsigned w = 0; w < 3; w++)
    sim_thread_join(threads[w]);
  SIM_CHECK(synched__load_relaxed(&room->sleeper_count) == 0);
  for (unsigned w = 0; w < 2; w++)
    synched__waiter_deinit(&room->waiters[w]);
}

const struct sim_world sim_world_late_waker = {
    .name = "gate-late-2x1",
    .about = "one of two that go to sleep is woken by a thread that is late",
    .run = run_late_waker,
    .bound = 3,
};

static void run_one(void) {
  run(1, 2, 0);
}

static void run_two(void) {
  run(2, 2, 0);
}

static void run_spin(void) {
  run(1, 2, 1000);
}

const struct sim_world sim_world_gate_1 = {
    .name = "gate-1x2",
    .about = "a waiter that sleeps, two epochs",
    .run = run_one,
    .bound = 5,
};

const struct sim_world sim_world_gate_2 = {
    .name = "gate-2x2",
    .about = "two waiters that sleep, two epochs",
    .run = run_two,
    .bound = 3,
};

const struct sim_world sim_world_gate_spin = {
    .name = "gate-spin-1x2",
    .about = "a waiter that spins for a while, two epochs",
    .run = run_spin,
    .bound = 4,
};
