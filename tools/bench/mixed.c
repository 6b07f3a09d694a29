/*
 * mixed.c: rounds that are not alike: a pattern of sizes that repeats, or sizes in no order.
 *
 * What a library learns from the rounds before says little about the next one here. The static
 * contestant, which learns nothing and shares every round, is what the default balance has to keep
 * up with: so both, and one worker, are measured in turn in one process (slices.c).
 */
#include <math.h>
#include <string.h>

#include "bench.h"

#define SAMPLE_NS 60e6
#define WARM_UP_NS 30e6
#define PATTERN_MOST 8u

/* The work of the rounds, ns. A count of 0: drawn anew for each round, between the first two,
 * evenly by magnitude. */
struct pattern {
  const char *name;
  unsigned count;
  double works_ns[PATTERN_MOST];
};

static const struct pattern patterns[] = {
    {"2ms_5us_5us", 3, {2e6, 5e3, 5e3}},
    {"2ms_200ns", 2, {2e6, 200}},
    {"2ms_200ns_x7", 8, {2e6, 200, 200, 200, 200, 200, 200, 200}},
    {"20us_1us_x5", 6, {20e3, 1e3, 1e3, 1e3, 1e3, 1e3}},
    {"3us_300ns", 2, {3e3, 300}},
    {"eight_kinds", 8, {500, 100e3, 2e3, 10e3, 200, 1e6, 30e3, 5e3}},
    {"all_small", 4, {100, 250, 50, 150}},
    {"random_200ns_2ms", 0, {200, 2e6}},
    {"random_1us_100us", 0, {1e3, 100e3}},
};

#define RANDOM_SIZES 64u

struct mixed {
  uint64_t steps[RANDOM_SIZES]; /* per segment, of each round of the pattern */
  unsigned count;
  volatile uint64_t sinks[64 * 16];
};

static const struct pattern *find(const char *name) {
  size_t p = 0;
  while (strcmp(patterns[p].name, name) != 0)
    p++;
  return &patterns[p];
}

/* Returns the mean work of a round, ns. */
static double lay_out(struct mixed *mixed, const struct pattern *pattern, size_t segments) {
  const double steps_per_ns = bench_steps_per_ns();
  double sum_ns = 0;
  uint64_t seed = 1;
  mixed->count = pattern->count != 0 ? pattern->count : RANDOM_SIZES;
  for (unsigned i = 0; i < mixed->count; i++) {
    double work_ns = pattern->works_ns[pattern->count != 0 ? i : 0];
    if (pattern->count == 0) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      work_ns *= pow(pattern->works_ns[1] / work_ns, (double)(seed >> 11) * 0x1p-53);
    }
    mixed->steps[i] = (uint64_t)(work_ns * steps_per_ns / (double)segments + 0.5);
    sum_ns += work_ns;
  }
  return sum_ns / mixed->count;
}

static void spin(void *user, size_t segment, uint64_t round) {
  struct mixed *mixed = user;
  mixed->sinks[segment * 16] = bench_spin(mixed->steps[round % mixed->count], segment + round);
}

static void nothing(void *user, uint64_t round) {
  (void)user;
  (void)round;
}

/* Whole patterns, so that every contestant has the same rounds. */
static uint64_t rounds_of(double ns, double round_ns, unsigned pattern) {
  return ((uint64_t)(ns / round_ns) / pattern + 1) * pattern;
}

static double measure(const struct bench_case *self) {
  static _Alignas(128) struct mixed mixed;
  const double round_ns = lay_out(&mixed, find(self->parameter), self->segments) + 300;
  struct bench_work work = {.worker_count = self->workers,
                            .segment_count = self->segments,
                            .compute = spin,
                            .complete = nothing,
                            .user = &mixed,
                            .warm_up_count = rounds_of(WARM_UP_NS, round_ns, mixed.count)};
  const uint64_t timed_count = rounds_of(SAMPLE_NS, round_ns, mixed.count);
  work.round_count = work.warm_up_count + timed_count;
  double took_ns = bench_rounds(self->contestant, &work);
  return took_ns < 0 ? -1.0 : took_ns / (double)timed_count;
}

static int measure_slices(const struct bench_case *self, struct bench_figure *out) {
  static _Alignas(128) struct mixed mixed;
  const double round_ns = lay_out(&mixed, find(self->parameter), self->segments) + 300;
  const struct bench_slices what = {.workers = self->workers,
                                    .segments = self->segments,
                                    .compute = spin,
                                    .user = &mixed,
                                    .round_ns = round_ns,
                                    .pattern_count = mixed.count};
  return bench_slices(&what, out);
}

static void list(struct bench_list *out) {
  static const size_t segments[] = {2, 16};
  static const char *const contestants[] = {"serial", "slices", "libgomp"};
  for (size_t s = 0; s < sizeof segments / sizeof *segments; s++)
    for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++)
      for (size_t c = 0; c < sizeof contestants / sizeof *contestants; c++) {
        struct bench_case one = {.contestant = contestants[c],
                                 .workers = c == 0 ? 1 : 2,
                                 .segments = segments[s],
                                 .unit = "ns",
                                 .measure = measure,
                                 .measure_several = c == 1 ? measure_slices : NULL,
                                 .names = bench_slices_names};
        (void)snprintf(one.parameter, sizeof one.parameter, "%s", patterns[p].name);
        bench_add(out, &one);
      }
}

const struct bench_family bench_family_mixed = {
    .name = "mixed", .title = "rounds that are not alike, 2 workers", .list = list};
