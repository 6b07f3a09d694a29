/*
 * parking_stress.c: threads wait at a gate (platform/wait.h), and none of them misses what it waits
 * for.
 *
 * The gate is used as the pool uses it. A step is one epoch. Some threads are players: each must
 * see every step, and says so; whoever is the last to say it advances the gate, as a closing worker
 * does. Others are starters, who take no part in steps: now and then the last player leaves the
 * next advance to one of them, as to a thread that resumes a job from outside. A starter may still
 * be waking players when they have gone through more steps already, so several threads wake at the
 * same time. A third kind, onlookers, wait for no particular step and are woken like everybody
 * else.
 *
 * A lost wake-up leaves a player asleep for ever: then nobody says it is the last, and the program
 * ends when its patience is over.
 */
#include "support/stress.h"

#include <inttypes.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

#include "platform/wait.h"

#define PLAYERS_MOST 8u
#define STARTERS_MOST 3u
#define ONLOOKERS_MOST 2u
#define WAITERS_MOST (PLAYERS_MOST + ONLOOKERS_MOST)

struct table;

struct seat {
  struct synched__waiter waiter;
  struct table *table;
  struct stress_random random;
  bool plays;
  uint64_t seen;
  pthread_t thread;
};

struct starter {
  struct table *table;
  struct stress_random random;
  _Atomic bool asked;
  pthread_t thread;
};

struct table {
  struct synched__gate gate;
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint64_t epoch;
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint32_t sleeper_count;
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint32_t missing; /* players that have not seen this step */
  uint64_t content; /* plain: written by who advances, read by the players of that step */
  uint32_t player_count, onlooker_count, starter_count;
  uint64_t last_epoch;
  uint64_t outside_one_in; /* how often a starter advances */
  struct seat seats[WAITERS_MOST];
  struct starter starters[STARTERS_MOST];
};

static uint64_t step_count; /* of all cases */

static void wake_all(struct table *table, struct stress_random *random) {
  for (uint32_t s = 0; s < table->player_count + table->onlooker_count; s++) {
    (void)synched__waiter_wake(&table->gate, &table->seats[s].waiter);
    if (stress_chance(random, 8))
      stress_dawdle(random);
  }
}

static void advance(struct table *table, struct stress_random *random) {
  uint64_t epoch = atomic_load_explicit(&table->epoch, memory_order_relaxed) + 1;
  table->content = stress_mix(epoch, 7);
  atomic_store_explicit(&table->missing, table->player_count, memory_order_relaxed);
  if (synched__gate_advance(&table->gate, epoch))
    wake_all(table, random);
}

/* A step is over, and this thread knows it: the next one begins, or all are sent home. */
static void go_on(struct table *table, struct stress_random *random, uint64_t epoch) {
  stress_step();
  if (epoch < table->last_epoch && table->starter_count > 0 &&
      stress_chance(random, table->outside_one_in)) {
    struct starter *starter = &table->starters[stress_below(random, table->starter_count)];
    bool was_asked = atomic_exchange_explicit(&starter->asked, true, memory_order_acq_rel);
    STRESS_CHECK(!was_asked, "a starter is asked twice");
    return;
  }
  advance(table, random);
}

static void play(struct seat *seat, uint64_t epoch) {
  struct table *table = seat->table;
  STRESS_CHECK(epoch == seat->seen + 1, "a player has seen step %" PRIu64 " and then %" PRIu64,
               seat->seen, epoch);
  STRESS_CHECK(table->content == stress_mix(epoch, 7),
               "what was written before step %" PRIu64 " is not to be seen after it", epoch);
  if (stress_chance(&seat->random, 4))
    stress_dawdle(&seat->random);
  if (atomic_fetch_sub_explicit(&table->missing, 1, memory_order_acq_rel) == 1)
    go_on(table, &seat->random, epoch);
}

static void *seat_run(void *argument) {
  struct seat *seat = argument;
  struct table *table = seat->table;
  for (;;) {
    uint64_t epoch = synched__gate_wait(&table->gate, &seat->waiter, seat->seen, UINT64_MAX);
    STRESS_CHECK(epoch > seat->seen, "the gate went back, or let somebody through for nothing");
    if (epoch > table->last_epoch)
      return NULL;
    if (seat->plays)
      play(seat, epoch);
    seat->seen = epoch;
  }
}

static void *starter_run(void *argument) {
  struct starter *starter = argument;
  struct table *table = starter->table;
  while (atomic_load_explicit(&table->epoch, memory_order_relaxed) <= table->last_epoch) {
    if (!atomic_load_explicit(&starter->asked, memory_order_acquire)) {
      (void)sched_yield();
      continue;
    }
    if (stress_chance(&starter->random, 2))
      stress_dawdle(&starter->random);
    atomic_store_explicit(&starter->asked, false, memory_order_relaxed);
    advance(table, &starter->random);
  }
  return NULL;
}

static struct synched__spin draw_spin(struct stress_random *random) {
  static const uint64_t limits_ns[] = {0, 0, 0, 500, 5000, 50000};
  return (struct synched__spin){
      .limit_ns = limits_ns[stress_below(random, sizeof limits_ns / sizeof *limits_ns)],
      .yields = stress_chance(random, 2),
  };
}

static struct table *make_table(struct stress_random *random) {
  struct table *table = aligned_alloc(_Alignof(struct table), sizeof *table);
  STRESS_CHECK(table != NULL, "no memory");
  *table = (struct table){.player_count = (uint32_t)stress_between(random, 1, PLAYERS_MOST),
                          .onlooker_count = (uint32_t)stress_below(random, ONLOOKERS_MOST + 1),
                          .starter_count = (uint32_t)stress_below(random, STARTERS_MOST + 1),
                          .last_epoch = stress_between(random, 50, 500),
                          .outside_one_in = stress_between(random, 1, 4)};
  table->gate = (struct synched__gate){&table->epoch, &table->sleeper_count};
  for (uint32_t s = 0; s < WAITERS_MOST; s++) {
    struct seat *seat = &table->seats[s];
    seat->table = table;
    seat->random = stress_split(random);
    seat->plays = s < table->player_count;
    STRESS_CHECK(synched__waiter_init(&seat->waiter, draw_spin(random)) == 0, "no parking place");
  }
  for (uint32_t s = 0; s < STARTERS_MOST; s++) {
    table->starters[s].table = table;
    table->starters[s].random = stress_split(random);
  }
  stress_case_is("%u players, %u onlookers, %u starters, %" PRIu64 " steps", table->player_count,
                 table->onlooker_count, table->starter_count, table->last_epoch);
  return table;
}

static void end_table(struct table *table) {
  for (uint32_t s = 0; s < WAITERS_MOST; s++)
    synched__waiter_deinit(&table->seats[s].waiter);
  free(table);
}

static void run_case(struct stress_random *random) {
  struct table *table = make_table(random);
  const uint32_t seat_count = table->player_count + table->onlooker_count;
  for (uint32_t s = 0; s < seat_count; s++)
    stress_thread_start(&table->seats[s].thread, seat_run, &table->seats[s]);
  for (uint32_t s = 0; s < table->starter_count; s++)
    stress_thread_start(&table->starters[s].thread, starter_run, &table->starters[s]);
  stress_is_at("waits for the players to finish");
  advance(table, random);
  for (uint32_t s = 0; s < seat_count; s++)
    stress_thread_join(table->seats[s].thread);
  for (uint32_t s = 0; s < table->starter_count; s++)
    stress_thread_join(table->starters[s].thread);
  uint32_t sleepers = atomic_load_explicit(&table->sleeper_count, memory_order_relaxed);
  STRESS_CHECK(sleepers == 0, "nobody is left, but %u sleepers are counted", sleepers);
  step_count += table->last_epoch;
  end_table(table);
}

int main(int argc, char **argv) {
  stress_begin("parking_stress", argc, argv);
  struct stress_random random;
  while (stress_next_case(&random))
    run_case(&random);
  return stress_end("%" PRIu64 " steps, each seen by every player", step_count);
}
