/*
 * bench.c: what an empty round costs, beside what it is measured by. See usage below.
 *
 * Absolute times mean little on a machine that others use, too, or whose CPUs are now near each other and now
 * far. So everything is measured in turn, several times over, in one run, and told as medians, also in
 * multiples of a cache line's round trip between two CPUs: the least that two threads can agree by.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <synched/synched.h>
#include <time.h>

#define REPEATS_MOST 1000u
#define TRIPS 50000u

static const char usage[] = "usage: synched-bench round [--repeat K]\n\n"
                            "Empty rounds, with on_round and everything recorded, at 1, 2, 4 and 8 "
                            "workers in both balances, in\n"
                            "turn with the round trip of a cache line between two CPUs (RT) and a "
                            "read of the system's clock.\n"
                            "Medians of K repeats (default 9), with the least and the most.\n";

struct contestant {
  const char *name;
  unsigned worker_count;
  enum synched_balance balance;
  uint64_t round_count;
  double ns[REPEATS_MOST];
};

static double now_ns(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* --- the yardsticks --- */

static _Alignas(128) _Atomic uint64_t ball;

struct player {
  int cpu;
  uint64_t first; /* the value that it waits for before its first turn */
};

static void pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET((size_t)cpu, &set);
  (void)pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

static void *play(void *argument) {
  const struct player *player = argument;
  pin(player->cpu);
  for (uint64_t turn = player->first; turn < player->first + 2 * TRIPS; turn += 2) {
    while (atomic_load_explicit(&ball, memory_order_acquire) != turn)
#if defined(__x86_64__)
      __builtin_ia32_pause();
#else
      continue;
#endif
    atomic_store_explicit(&ball, turn + 1, memory_order_release);
  }
  return NULL;
}

static double measure_trip(void) {
  struct synched_place places[2];
  if (synched_topology_plan(places, 2, SYNCHED_AFFINITY_CORES, NULL) != 0)
    return 0.0;
  struct player players[2] = {{places[0].cpu, 0}, {places[1].cpu, 1}};
  pthread_t threads[2];
  atomic_store(&ball, UINT64_MAX);
  for (int i = 0; i < 2; i++)
    if (pthread_create(&threads[i], NULL, play, &players[i]) != 0)
      exit(1);
  double start_ns = now_ns();
  atomic_store(&ball, 0);
  for (int i = 0; i < 2; i++)
    (void)pthread_join(threads[i], NULL);
  return (now_ns() - start_ns) / TRIPS;
}

static double measure_clock(void) {
  double start_ns = now_ns();
  for (unsigned i = 0; i < TRIPS; i++)
    (void)now_ns();
  return (now_ns() - start_ns) / TRIPS;
}

/* --- rounds --- */

static int nothing(struct synched_task *task, void *user) {
  (void)task;
  (void)user;
  return 0;
}

static int go_on(const struct synched_snapshot *now, void *user) {
  (void)now;
  (void)user;
  return SYNCHED_CONTINUE;
}

static double measure_rounds(const struct contestant *contestant) {
  struct synched_pool *pool = NULL;
  struct synched_memory *memory = NULL;
  struct synched_job *job = NULL;
  const struct synched_report *report;
  struct synched_report_summary summary = {.struct_size = sizeof summary};
  if (synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = contestant->worker_count)) !=
          0 ||
      synched_memory_create(&memory,
                            SYNCHED_MEMORY_OPTIONS(.segment_count = contestant->worker_count,
                                                   .segment_capacity = 1, .element_size = 8,
                                                   .layout = SYNCHED_LAYOUT_PADDED,
                                                   .refill = SYNCHED_REFILL_NONE)) != 0 ||
      synched_job_create(&job, pool, memory,
                         SYNCHED_JOB_OPTIONS(.compute = nothing, .on_round = go_on,
                                             .balance = contestant->balance,
                                             .round_count = contestant->round_count)) != 0 ||
      synched_job_run(job) != 0 || synched_job_report(job, &report) != 0 ||
      synched_report_summary(report, &summary) != 0) {
    (void)fprintf(stderr, "synched-bench: %s\n", synched_error_message());
    exit(1);
  }
  (void)synched_job_destroy(job);
  (void)synched_memory_destroy(memory);
  (void)synched_pool_destroy(pool);
  return (double)(summary.end_ns - summary.start_ns) / (double)contestant->round_count;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *ns, unsigned count) {
  qsort(ns, count, sizeof *ns, compare);
  return ns[count / 2];
}

static void print(const char *name, double *ns, unsigned count, double trip_ns) {
  double middle_ns = median(ns, count);
  (void)printf("%-28s %10.0f %10.0f %10.0f %8.2f\n", name, middle_ns, ns[0], ns[count - 1],
               trip_ns > 0 ? middle_ns / trip_ns : 0.0);
}

static int bench_rounds(unsigned repeats) {
  static struct contestant contestants[] = {
      {"synched, 1 worker", 1, SYNCHED_BALANCE_STEAL, 200000, {0}},
      {"synched, 2 workers", 2, SYNCHED_BALANCE_STEAL, 200000, {0}},
      {"synched_static, 2 workers", 2, SYNCHED_BALANCE_STATIC, 100000, {0}},
      {"synched, 4 workers", 4, SYNCHED_BALANCE_STEAL, 100000, {0}},
      {"synched_static, 4 workers", 4, SYNCHED_BALANCE_STATIC, 5000, {0}},
      {"synched, 8 workers", 8, SYNCHED_BALANCE_STEAL, 50000, {0}},
  };
  static double trip_ns[REPEATS_MOST], clock_ns[REPEATS_MOST];
  const size_t count = sizeof contestants / sizeof *contestants;
  for (unsigned k = 0; k < repeats; k++) {
    trip_ns[k] = measure_trip();
    clock_ns[k] = measure_clock();
    for (size_t i = 0; i < count; i++)
      contestants[i].ns[k] = measure_rounds(&contestants[i]);
  }
  const double trip = median(trip_ns, repeats);
  (void)printf("%-28s %10s %10s %10s %8s\n", "empty round, ns", "median", "least", "most", "RT");
  print("cache-line round trip", trip_ns, repeats, trip);
  print("read of the clock", clock_ns, repeats, trip);
  for (size_t i = 0; i < count; i++)
    print(contestants[i].name, contestants[i].ns, repeats, trip);
  return 0;
}

static int bad_usage(void) {
  (void)fputs(usage, stderr);
  return 2;
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "--help") == 0)
    return fputs(usage, stdout) < 0;
  if ((argc != 2 && argc != 4) || strcmp(argv[1], "round") != 0)
    return bad_usage();
  unsigned long repeats = 9;
  if (argc == 4) {
    char *end;
    repeats = strtoul(argv[3], &end, 10);
    if (strcmp(argv[2], "--repeat") != 0 || *end != '\0' || repeats == 0 || repeats > REPEATS_MOST)
      return bad_usage();
  }
  return bench_rounds((unsigned)repeats);
}
