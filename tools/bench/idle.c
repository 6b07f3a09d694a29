/*
 * idle.c: the CPU time that a contestant burns when it has nothing to do: after its last round, and
 * between rounds. `serial` has no threads and no rounds: what it seems to burn is what measuring
 * costs.
 */
#include <stdlib.h>
#include <string.h>
#include <synched/synched.h>
#include <time.h>

#include "bench.h"

#define ROUNDS 2000u
#define WORK_STEPS 30000u /* per segment and round; some tens of microseconds */
#define PERIODS 60u

static double cpu_ns(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void sleep_ms(long ms) {
  const struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
  (void)nanosleep(&pause, NULL);
}

static void spin(void *user, size_t segment, uint64_t round) {
  ((volatile uint64_t *)user)[segment * 16] = bench_spin(WORK_STEPS, round);
}

static void nothing(void *user, uint64_t round) {
  (void)user;
  (void)round;
}

/* Something that runs rounds again and again, and keeps its threads between. */
struct runner {
  int (*run)(void *self, uint64_t round_count);
  void *self;
};

/* --- Synched --- */

struct kept {
  struct synched_pool *pool;
  struct synched_memory *memory;
  enum synched_balance balance;
  volatile uint64_t *sinks;
};

static int compute(struct synched_task *task, void *user) {
  spin((void *)((struct kept *)user)->sinks, task->segment, task->round);
  return 0;
}

static int run_synched(void *self, uint64_t round_count) {
  struct kept *kept = self;
  struct synched_job *job = NULL;
  int status =
      synched_job_create(&job, kept->pool, kept->memory,
                         SYNCHED_JOB_OPTIONS(.compute = compute, .user = kept,
                                             .balance = kept->balance, .round_count = round_count));
  if (status == 0)
    status = synched_job_run(job);
  (void)synched_job_destroy(job);
  return status;
}

/* --- OpenMP: its threads stay when bench_peer_rounds returns --- */

struct peer {
  int (*rounds)(const struct bench_work *work, const char *contestant);
  struct bench_work work;
  const char *contestant;
};

static int run_peer(void *self, uint64_t round_count) {
  struct peer *peer = self;
  peer->work.round_count = round_count;
  return peer->rounds(&peer->work, peer->contestant);
}

/* CPU time burned in a window after the last round. */
static double measure_after(const struct bench_case *self, const struct runner *runner) {
  if (runner->run(runner->self, ROUNDS) != 0)
    return -1.0;
  const bool first = strcmp(self->parameter, "after_0_10ms") == 0;
  if (!first)
    sleep_ms(10);
  double before_ns = cpu_ns();
  sleep_ms(first ? 10 : 290);
  return cpu_ns() - before_ns;
}

/* CPU time of a period of 5 ms with one round in it, less that of the calls themselves. */
static double measure_between(const struct runner *runner) {
  const double work_ns = 2 * WORK_STEPS / bench_steps_per_ns();
  if (runner->run(runner->self, 1) != 0)
    return -1.0;
  sleep_ms(300);
  double before_ns = cpu_ns();
  for (unsigned p = 0; p < PERIODS; p++) {
    if (runner->run(runner->self, 1) != 0)
      return -1.0;
    sleep_ms(5);
  }
  double more_ns = (cpu_ns() - before_ns) / PERIODS - work_ns;
  return more_ns > 0 ? more_ns : 0;
}

static double measure_with(const struct bench_case *self, const struct runner *runner) {
  return strcmp(self->parameter, "between_5ms") == 0 ? measure_between(runner)
                                                     : measure_after(self, runner);
}

static int run_serial(void *self, uint64_t round_count) {
  for (uint64_t round = 1; round <= round_count; round++)
    for (size_t segment = 0; segment < 2; segment++)
      spin(self, segment, round);
  return 0;
}

static double measure(const struct bench_case *self) {
  static volatile uint64_t sinks[2 * 16];
  if (strcmp(self->contestant, "serial") == 0)
    return measure_with(self, &(struct runner){run_serial, (void *)sinks});
  if (strncmp(self->contestant, "synched", 7) != 0) {
    struct peer peer = {.contestant = self->contestant};
    peer.work = (struct bench_work){.worker_count = self->workers,
                                    .segment_count = 2,
                                    .compute = spin,
                                    .complete = nothing,
                                    .user = (void *)sinks};
    *(void **)&peer.rounds = bench_symbol(self->contestant, "bench_peer_rounds");
    return peer.rounds != NULL ? measure_with(self, &(struct runner){run_peer, &peer}) : -1.0;
  }
  struct kept kept = {.balance = strcmp(self->contestant, "synched_static") == 0
                                     ? SYNCHED_BALANCE_STATIC
                                     : SYNCHED_BALANCE_STEAL,
                      .sinks = sinks};
  double value = -1.0;
  if (synched_pool_create(&kept.pool, SYNCHED_POOL_OPTIONS(.worker_count = self->workers)) == 0 &&
      synched_memory_create(&kept.memory,
                            SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 1,
                                                   .element_size = 8)) == 0)
    value = measure_with(self, &(struct runner){run_synched, &kept});
  (void)synched_memory_destroy(kept.memory);
  (void)synched_pool_destroy(kept.pool);
  return value;
}

static void list(struct bench_list *out) {
  static const char *const parameters[] = {"between_5ms", "after_0_10ms", "after_10_300ms"};
  static const char *const contestants[] = {"serial", "synched", "synched_static", "libgomp",
                                            "libomp"};
  for (size_t p = 0; p < sizeof parameters / sizeof *parameters; p++)
    for (size_t c = 0; c < sizeof contestants / sizeof *contestants; c++) {
      struct bench_case one = {.contestant = contestants[c],
                               .workers = strcmp(contestants[c], "serial") == 0 ? 1 : 2,
                               .segments = 2,
                               .unit = "ns",
                               .measure = measure};
      (void)snprintf(one.parameter, sizeof one.parameter, "%s", parameters[p]);
      bench_add(out, &one);
    }
}

const struct bench_family bench_family_idle = {
    .name = "idle", .title = "CPU time burned with nothing to do", .list = list};
