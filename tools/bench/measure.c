/*
 * measure.c: the yardsticks: what two CPUs need to agree, and what a look at the clock costs.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <synched/synched.h>

#include "bench.h"

#define TRIPS 20000u
#define CLOCK_READS 50000u

/* On lines of their own, whatever the compiler puts beside them. */
static struct {
  _Alignas(128) _Atomic uint64_t ball;
  _Alignas(128) _Atomic unsigned ready;
  _Alignas(128) double took_ns;
} court;

struct player {
  int cpu;
  uint64_t first; /* the value that it waits for before its first turn */
};

static void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

unsigned bench_cpu_count(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0)
    return 1;
  return (unsigned)CPU_COUNT(&set);
}

static void pin(int cpu) {
  cpu_set_t set;
  if (cpu < 0)
    return;
  CPU_ZERO(&set);
  CPU_SET((size_t)cpu, &set);
  (void)pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

/* Waits for the ball. Yields now and then: at a real-time priority the other player may need this
 * CPU to begin. */
static void await(uint64_t turn) {
  for (unsigned looks = 1; atomic_load_explicit(&court.ball, memory_order_acquire) != turn;
       looks++) {
    relax();
    if (looks % 65536 == 0)
      (void)sched_yield();
  }
}

/* The same until both are there. */
static void await_both(void) {
  for (unsigned looks = 1; atomic_load(&court.ready) != 2; looks++) {
    relax();
    if (looks % 65536 == 0)
      (void)sched_yield();
  }
}

static void *play(void *argument) {
  const struct player *player = argument;
  pin(player->cpu);
  atomic_fetch_add(&court.ready, 1);
  await_both();
  double start_ns = bench_now_ns();
  for (uint64_t turn = player->first; turn < UINT64_C(2) * TRIPS; turn += 2) {
    await(turn);
    atomic_store_explicit(&court.ball, turn + 1, memory_order_release);
  }
  if (player->first == 1)
    court.took_ns = bench_now_ns() - start_ns;
  return NULL;
}

struct runner {
  double (*measure)(void);
  int cpu;
  double result;
};

static void *run_together(void *argument) {
  struct runner *runner = argument;
  pin(runner->cpu);
  atomic_fetch_add(&court.ready, 1);
  await_both();
  runner->result = runner->measure();
  return NULL;
}

double bench_on_both(double (*measure)(void)) {
  struct synched_place places[2];
  pthread_t threads[2];
  if (bench_cpu_count() < 2 || synched_topology_plan(places, 2, SYNCHED_AFFINITY_CORES, NULL) != 0)
    return measure();
  struct runner runners[2] = {{measure, places[0].cpu, 0}, {measure, places[1].cpu, 0}};
  atomic_store(&court.ready, 0);
  for (int i = 0; i < 2; i++)
    if (pthread_create(&threads[i], NULL, run_together, &runners[i]) != 0)
      exit(1);
  for (int i = 0; i < 2; i++)
    (void)pthread_join(threads[i], NULL);
  return (runners[0].result + runners[1].result) / 2;
}

double bench_trip_ns(void) {
  struct synched_place places[2];
  pthread_t threads[2];
  if (bench_cpu_count() < 2 || synched_topology_plan(places, 2, SYNCHED_AFFINITY_CORES, NULL) != 0)
    return 0.0;
  struct player players[2] = {{places[0].cpu, 0}, {places[1].cpu, 1}};
  atomic_store(&court.ball, 0);
  atomic_store(&court.ready, 0);
  for (int i = 0; i < 2; i++)
    if (pthread_create(&threads[i], NULL, play, &players[i]) != 0)
      exit(1);
  for (int i = 0; i < 2; i++)
    (void)pthread_join(threads[i], NULL);
  return court.took_ns / TRIPS;
}

double bench_clock_ns(void) {
  double start_ns = bench_now_ns();
  for (unsigned i = 0; i < CLOCK_READS; i++)
    (void)bench_now_ns();
  return (bench_now_ns() - start_ns) / CLOCK_READS;
}
