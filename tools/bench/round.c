/*
 * round.c: empty rounds: what a contestant needs to begin one, agree on its end, and call back.
 */
#include <stdatomic.h>

#include "bench.h"

#define SAMPLE_NS 20e6
#define PROBE_ROUNDS 20u
#define FEW_ROUNDS 3u
#define ROUNDS_MOST 200000.0

static void nothing(void *user, size_t segment, uint64_t round) {
  (void)user;
  (void)segment;
  (void)round;
}

static void complete_nothing(void *user, uint64_t round) {
  (void)user;
  (void)round;
}

/* What a contestant did in rounds that are not timed: counting moves a line from CPU to CPU, as
 * much as a round may cost. */
struct counted {
  _Atomic uint64_t calls, completions;
  unsigned workers;
  bool in_order; /* each completion after all calls of its round */
};

static void count_call(void *user, size_t segment, uint64_t round) {
  struct counted *counted = user;
  (void)segment;
  (void)round;
  (void)atomic_fetch_add(&counted->calls, 1);
}

static void count_completion(void *user, uint64_t round) {
  struct counted *counted = user;
  const uint64_t before = atomic_fetch_add(&counted->completions, 1);
  const uint64_t calls = atomic_load(&counted->calls);
  counted->in_order &= before + 1 == round && calls >= counted->workers * round;
}

/* Some rounds, to see that a contestant does what it should, and how long one takes. */
static double probe(const struct bench_case *self, unsigned rounds) {
  struct counted counted = {.workers = self->workers, .in_order = true};
  const struct bench_work work = {.worker_count = self->workers,
                                  .segment_count = self->workers,
                                  .round_count = UINT64_C(2) * rounds,
                                  .compute = count_call,
                                  .complete = count_completion,
                                  .user = &counted,
                                  .warm_up_count = rounds};
  const double took_ns = bench_rounds(self->contestant, &work);
  if (counted.calls != self->workers * work.round_count ||
      counted.completions != work.round_count || !counted.in_order) {
    (void)fprintf(stderr, "synched-bench: %s does not do its rounds\n", self->contestant);
    return -1.0;
  }
  return took_ns / rounds;
}

/* Rounds take from some ns to some ms: a few of them tell how many make a sample. */
static double measure(const struct bench_case *self) {
  double probe_ns = probe(self, FEW_ROUNDS);
  /* Where spinning threads outnumber the CPUs a round may take milliseconds: run a few only. */
  if (probe_ns >= 0 && probe_ns * PROBE_ROUNDS < SAMPLE_NS)
    probe_ns = probe(self, PROBE_ROUNDS);
  if (probe_ns < 0)
    return -1.0;
  double rounds = SAMPLE_NS / (probe_ns + 1);
  rounds = rounds > ROUNDS_MOST ? ROUNDS_MOST : rounds < FEW_ROUNDS ? FEW_ROUNDS : rounds;
  struct bench_work work = {.worker_count = self->workers,
                            .segment_count = self->workers,
                            .compute = nothing,
                            .complete = complete_nothing,
                            .warm_up_count = (uint64_t)(rounds / 2)};
  work.round_count = work.warm_up_count + (uint64_t)rounds;
  const double took_ns = bench_rounds(self->contestant, &work);
  return took_ns < 0 ? -1.0 : took_ns / (double)(work.round_count - work.warm_up_count);
}

static void list(struct bench_list *out) {
  static const unsigned workers[] = {1, 2, 4, 8, 16};
  static const char *const contestants[] = {
      "synched", "synched_static", "libgomp",         "libgomp_region",
      "libomp",  "libomp_region",  "pthread_barrier", "std_barrier",
      "tbb",     "pthreadpool",    "libuv",           "synched_memory_scheme"};
  for (size_t w = 0; w < sizeof workers / sizeof *workers; w++)
    for (size_t c = 0; c < sizeof contestants / sizeof *contestants; c++)
      bench_add(out, &(struct bench_case){.contestant = contestants[c],
                                          .workers = workers[w],
                                          .segments = workers[w],
                                          .parameter = "0",
                                          .unit = "ns",
                                          .measure = measure});
}

const struct bench_family bench_family_round = {
    .name = "round", .title = "empty rounds, by workers", .list = list};
