/*
 * round.c: empty rounds: what a contestant needs to begin one, agree on its end, and call back.
 */
#include "bench.h"

#define SAMPLE_NS 20e6
#define PROBE_ROUNDS 20u
#define ROUNDS_MOST 200000.0

static void nothing(void *user, size_t segment, uint64_t round) {
  (void)user;
  (void)segment;
  (void)round;
}

static void count(void *user, uint64_t round) {
  *(uint64_t *)user = round;
}

/* Rounds take from some ns to some ms: a few of them tell how many make a sample. */
static double measure(const struct bench_case *self) {
  uint64_t completed = 0;
  struct bench_work work = {.worker_count = self->workers,
                            .segment_count = self->workers,
                            .round_count = 2 * PROBE_ROUNDS,
                            .compute = nothing,
                            .complete = count,
                            .user = &completed,
                            .warm_up_count = PROBE_ROUNDS};
  double probe_ns = bench_rounds(self->contestant, &work) / PROBE_ROUNDS;
  if (probe_ns < 0)
    return -1.0;
  double rounds = SAMPLE_NS / (probe_ns + 1);
  rounds = rounds > ROUNDS_MOST ? ROUNDS_MOST : rounds < PROBE_ROUNDS ? PROBE_ROUNDS : rounds;
  work.warm_up_count = (uint64_t)(rounds / 2);
  work.round_count = work.warm_up_count + (uint64_t)rounds;
  double took_ns = bench_rounds(self->contestant, &work);
  if (took_ns < 0 || completed != work.round_count)
    return -1.0;
  return took_ns / (double)(work.round_count - work.warm_up_count);
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
