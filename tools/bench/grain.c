/*
 * grain.c: rounds of little and of much work, evenly cut: from where on does sharing pay, and what
 * does it cost? Synched by default should be near the better of static and of one worker, which are
 * measured in turn with it in one process (slices.c).
 *
 * Beside them stand empty rounds of Synched, by one worker and by two that both take part: what no
 * round can be expected to go below is the serial time plus the first, or half of it plus the
 * second.
 */
#include <string.h>

#include "bench.h"

#define SAMPLE_NS 30e6
#define WARM_UP_NS 20e6

struct spinning {
  uint64_t steps; /* per segment */
  volatile uint64_t *sinks;
};

static void spin(void *user, size_t segment, uint64_t round) {
  const struct spinning *spinning = user;
  spinning->sinks[segment * 16] = bench_spin(spinning->steps, segment + round);
}

static void nothing(void *user, uint64_t round) {
  (void)user;
  (void)round;
}

static double measure(const struct bench_case *self) {
  static _Alignas(128) volatile uint64_t sinks[64 * 16];
  struct spinning spinning = {
      (uint64_t)(self->value * bench_steps_per_ns() / (double)self->segments + 0.5), sinks};
  const double round_ns = self->value + 500.0;
  struct bench_work work = {.worker_count = self->workers,
                            .segment_count = self->segments,
                            .compute = spin,
                            .complete = nothing,
                            .user = &spinning,
                            .warm_up_count = (uint64_t)(WARM_UP_NS / round_ns) + 30};
  const uint64_t timed_count = (uint64_t)(SAMPLE_NS / round_ns) + 3;
  work.round_count = work.warm_up_count + timed_count;
  double took_ns = bench_rounds(self->contestant, &work);
  return took_ns < 0 ? -1.0 : took_ns / (double)timed_count;
}

static int measure_slices(const struct bench_case *self, struct bench_figure *out) {
  static _Alignas(128) volatile uint64_t sinks[64 * 16];
  struct spinning spinning = {
      (uint64_t)(self->value * bench_steps_per_ns() / (double)self->segments + 0.5), sinks};
  const struct bench_slices what = {.workers = self->workers,
                                    .segments = self->segments,
                                    .compute = spin,
                                    .user = &spinning,
                                    .round_ns = self->value + 300.0,
                                    .pattern_count = 1};
  return bench_slices(&what, out);
}

static void add(struct bench_list *out, const char *contestant, unsigned workers, size_t segments,
                double work_ns) {
  struct bench_case one = {.contestant = contestant,
                           .workers = workers,
                           .segments = segments,
                           .unit = "ns",
                           .value = work_ns,
                           .measure = measure,
                           .measure_several =
                               strcmp(contestant, "slices") == 0 ? measure_slices : NULL,
                           .names = bench_slices_names};
  (void)snprintf(one.parameter, sizeof one.parameter, "%.0f", work_ns);
  bench_add(out, &one);
}

static void list(struct bench_list *out) {
  static const double works_ns[] = {50,  100, 300, 600, 1e3, 1.5e3, 3e3,
                                    1e4, 3e4, 1e5, 3e5, 1e6, 3e6,   1e7};
  static const size_t segments[] = {2, 64};
  static const char *const contestants[] = {"slices", "libgomp", "libgomp_dynamic", "libomp",
                                            "libomp_dynamic"};
  for (size_t s = 0; s < 2; s++) {
    add(out, "synched", 1, segments[s], 0);
    add(out, "synched_static", 2, segments[s], 0);
    for (size_t w = 0; w < sizeof works_ns / sizeof *works_ns; w++) {
      add(out, "serial", 1, segments[s], works_ns[w]);
      for (size_t c = 0; c < sizeof contestants / sizeof *contestants; c++)
        add(out, contestants[c], 2, segments[s], works_ns[w]);
    }
  }
}

const struct bench_family bench_family_grain = {.name = "grain",
                                                .title = "rounds by their work, 2 workers",
                                                .list = list,
                                                .axis = "work of a round, ns"};
