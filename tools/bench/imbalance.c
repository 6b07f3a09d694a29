/*
 * imbalance.c: segments of very different weight, beside the best that any schedule of whole
 * segments could do.
 */
#include <string.h>

#include "bench.h"

#define SEGMENTS 16u
#define SEGMENTS_MOST 64u
#define WORK_NS 200e3
#define WARM_UP_ROUNDS 60u
#define TIMED_ROUNDS 100u
#define HEADLINE_ROUNDS 10u

/* Half of the segments take three times as long: until home ranges have followed. */
#define HALF_DEAR "half_dear"
#define HALF_DEAR_WARM_UP_ROUNDS 2500u

/* --- shapes: how heavy each segment is, in any unit --- */

static const char *const shapes[] = {"one_heavy", "linear", "heavy_tail"};

static size_t segments_of(const char *shape) {
  return strcmp(shape, HALF_DEAR) == 0 ? SEGMENTS_MOST : SEGMENTS;
}

static double weight_of(const char *shape, size_t segment) {
  if (strcmp(shape, HALF_DEAR) == 0)
    return segment < SEGMENTS_MOST / 2 ? 3.0 : 1.0;
  if (strcmp(shape, "one_heavy") == 0)
    return segment == SEGMENTS / 3 ? 8.0 : 1.0;
  if (strcmp(shape, "linear") == 0)
    return (double)segment + 1;
  /* A heavy tail: 1/u for a fixed sequence of u's between 1/16 and 1. */
  double u = (double)((segment * 11 + 5) % SEGMENTS + 1) / SEGMENTS;
  return 1.0 / u;
}

/* --- the best schedule of whole segments --- */

struct search {
  uint64_t weights[SEGMENTS]; /* heaviest first */
  size_t count;
  uint64_t loads[2];
  uint64_t best;
};

static void place(struct search *search, size_t next) {
  if (next == search->count) {
    uint64_t longest = search->loads[0] > search->loads[1] ? search->loads[0] : search->loads[1];
    if (longest < search->best)
      search->best = longest;
    return;
  }
  for (unsigned cpu = 0; cpu < 2; cpu++) {
    if (search->loads[cpu] + search->weights[next] >= search->best)
      continue;
    search->loads[cpu] += search->weights[next];
    place(search, next + 1);
    search->loads[cpu] -= search->weights[next];
  }
}

/* The least time in which two CPUs, or one, can do them all. */
static uint64_t best_schedule(const uint64_t *steps, size_t count, unsigned workers) {
  struct search search = {.count = count, .best = UINT64_MAX};
  uint64_t sum = 0;
  for (size_t i = 0; i < count; i++) {
    size_t at = i;
    for (; at > 0 && search.weights[at - 1] < steps[i]; at--)
      search.weights[at] = search.weights[at - 1];
    search.weights[at] = steps[i];
    sum += steps[i];
  }
  unsigned cpus = bench_cpu_count();
  if (workers < 2 || cpus < 2)
    return sum;
  place(&search, 0);
  return search.best;
}

/* --- rounds of uneven spinning --- */

struct uneven {
  uint64_t steps[SEGMENTS_MOST];
  volatile uint64_t sinks[SEGMENTS_MOST * 16];
};

static void spin(void *user, size_t segment, uint64_t round) {
  struct uneven *uneven = user;
  uneven->sinks[segment * 16] = bench_spin(uneven->steps[segment], segment + round);
}

static void nothing(void *user, uint64_t round) {
  (void)user;
  (void)round;
}

static double measure_shape(const struct bench_case *self) {
  static struct uneven uneven;
  const double steps_per_ns = bench_steps_per_ns();
  double sum = 0;
  for (size_t s = 0; s < self->segments; s++)
    sum += weight_of(self->parameter, s);
  for (size_t s = 0; s < self->segments; s++)
    uneven.steps[s] = (uint64_t)(weight_of(self->parameter, s) / sum * WORK_NS * steps_per_ns);
  if (strcmp(self->contestant, "best_schedule") == 0)
    return (double)best_schedule(uneven.steps, SEGMENTS, self->workers) /
           bench_on_both(bench_steps_per_ns);
  const unsigned warm_up_count =
      strcmp(self->parameter, HALF_DEAR) == 0 ? HALF_DEAR_WARM_UP_ROUNDS : WARM_UP_ROUNDS;
  const struct bench_work work = {.worker_count = self->workers,
                                  .segment_count = self->segments,
                                  .round_count = warm_up_count + TIMED_ROUNDS,
                                  .compute = spin,
                                  .complete = nothing,
                                  .user = &uneven,
                                  .warm_up_count = warm_up_count};
  double took_ns = bench_rounds(self->contestant, &work);
  return took_ns < 0 ? -1.0 : took_ns / TIMED_ROUNDS;
}

/* --- SynchedMemory's headline: iterative Fibonacci, 4 segments, 10 rounds, no warming up --- */

static const uint64_t fibonacci_steps[] = {50000, 900000, 950000, 1000000};

/* Not inlined, so that what a step takes is measured on the very code that the contestants run: of
 * two copies of so short a loop one can take twice as long as the other. */
__attribute__((noinline)) static uint64_t fibonacci(uint64_t steps) {
  uint64_t a = 0, b = 1;
  for (uint64_t i = 0; i < steps; i++) {
    uint64_t next = a + b;
    a = b;
    b = next;
    __asm__ volatile("" : "+r"(b)); /* every step is taken */
  }
  return a;
}

static void compute_fibonacci(void *user, size_t segment, uint64_t round) {
  volatile uint64_t *out = user;
  uint64_t value = fibonacci(fibonacci_steps[segment]);
  for (size_t i = 0; i < 10; i++)
    out[segment * 16 + i] = value + round;
}

static double fibonacci_step_ns(void) {
  const double start_ns = bench_now_ns();
  uint64_t sum = 0;
  for (unsigned i = 0; i < 5; i++)
    sum += fibonacci(1000000 + i);
  const double took_ns = bench_now_ns() - start_ns;
  return sum != 0 ? took_ns / 5000010 : 0; /* the sum is needed */
}

static double measure_fibonacci(const struct bench_case *self) {
  static volatile uint64_t out[4 * 16];
  if (strcmp(self->contestant, "best_schedule") == 0) {
    const double step_ns = bench_on_both(fibonacci_step_ns);
    return HEADLINE_ROUNDS * step_ns * (double)best_schedule(fibonacci_steps, 4, self->workers);
  }
  const struct bench_work work = {.worker_count = self->workers,
                                  .segment_count = 4,
                                  .round_count = HEADLINE_ROUNDS,
                                  .compute = compute_fibonacci,
                                  .complete = nothing,
                                  .user = (void *)out};
  return bench_rounds(self->contestant, &work);
}

static void add(struct bench_list *out, const char *contestant, unsigned workers,
                const char *parameter) {
  const bool headline = strcmp(parameter, "fibonacci") == 0;
  struct bench_case one = {.contestant = contestant,
                           .workers = workers,
                           .segments = headline ? 4 : segments_of(parameter),
                           .unit = "ns",
                           .measure = headline ? measure_fibonacci : measure_shape};
  (void)snprintf(one.parameter, sizeof one.parameter, "%s", parameter);
  bench_add(out, &one);
}

static void list(struct bench_list *out) {
  static const char *const contestants[] = {"best_schedule", "synched",         "synched_static",
                                            "libgomp",       "libgomp_dynamic", "libomp",
                                            "libomp_dynamic"};
  const size_t count = sizeof contestants / sizeof *contestants;
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
    add(out, "serial", 1, shapes[s]);
    for (unsigned workers = 2; workers <= 4; workers += 2)
      for (size_t c = 0; c < count; c++)
        add(out, contestants[c], workers, shapes[s]);
  }
  static const char *const homes[] = {"synched", "synched_fixed", "synched_static",
                                      "synched_follow", "libgomp_dynamic"};
  add(out, "serial", 1, HALF_DEAR);
  for (size_t c = 0; c < sizeof homes / sizeof *homes; c++)
    add(out, homes[c], 2, HALF_DEAR);
  add(out, "serial", 1, "fibonacci");
  for (unsigned workers = 2; workers <= 4; workers += 2) {
    for (size_t c = 0; c < count; c++)
      add(out, contestants[c], workers, "fibonacci");
    add(out, "synched_memory_scheme", workers, "fibonacci");
  }
}

const struct bench_family bench_family_imbalance = {
    .name = "imbalance",
    .title = "uneven segments, and the headline of SynchedMemory",
    .list = list};
