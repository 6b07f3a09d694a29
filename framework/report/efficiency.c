/*
 * efficiency.c: efficiencies and shares, from what is added up; <synched/report.h> defines them.
 */
#include "report/efficiency.h"

#include "report/model.h"

static double ratio(uint64_t part, uint64_t whole) {
  return whole == 0 ? 1.0 : (double)part / (double)whole;
}

static uint64_t less(uint64_t whole, uint64_t part) {
  return whole > part ? whole - part : 0;
}

const char *synched_share_name(enum synched_share share) {
  static const char *const names[SYNCHED_SHARE_COUNT] = {
      [SYNCHED_SHARE_COMPUTE] = "compute",
      [SYNCHED_SHARE_SLOWEST] = "waiting for the slowest",
      [SYNCHED_SHARE_ASLEEP] = "asleep without work",
      [SYNCHED_SHARE_OPENING] = "waking and opening",
      [SYNCHED_SHARE_CLOSING] = "closing and callbacks",
      [SYNCHED_SHARE_BUFFER] = "waiting for a buffer",
      [SYNCHED_SHARE_TICK] = "waiting for the tick",
      [SYNCHED_SHARE_PAUSED] = "paused",
      [SYNCHED_SHARE_OTHERS] = "other jobs of the pool",
      [SYNCHED_SHARE_MESSAGES] = "waiting for other ranks",
  };
  return (unsigned)share < SYNCHED_SHARE_COUNT ? names[share] : NULL;
}

/* The workers' own totals together. */
static struct synched__worker_totals sum_of(const struct synched__worker_totals *workers,
                                            unsigned count) {
  struct synched__worker_totals sum = {0};
  for (unsigned w = 0; w < count; w++) {
    sum.compute_ns += workers[w].compute_ns;
    sum.whole_ns += workers[w].whole_ns;
    sum.phase_ns += workers[w].phase_ns;
    sum.summed_ns += workers[w].summed_ns;
    sum.most_ns += workers[w].most_ns;
    sum.part_ns += workers[w].part_ns;
  }
  return sum;
}

static uint64_t lesser(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

/* What `part` of `whole` is of `of`. */
static uint64_t scaled(uint64_t part, uint64_t whole, uint64_t of) {
  return whole == 0 ? 0 : (uint64_t)((double)part / (double)whole * (double)of);
}

/* Takes up to `wanted` from what is left of a time. */
static uint64_t take(uint64_t *left_ns, uint64_t wanted_ns) {
  const uint64_t taken_ns = lesser(wanted_ns, *left_ns);
  *left_ns -= taken_ns;
  return taken_ns;
}

/* The rounds' time on all workers: all of it, exactly, whatever the clocks' rounding. What was not
 * written down of it is as what was. Waits for other ranks are known of every round, too: those
 * after the last call are a part of the closing, the others are idle time. */
static void share_rounds(uint64_t *share_ns, const struct synched__worker_totals *sum,
                         const struct synched__totals *totals, uint64_t rounds_ns,
                         uint64_t workers) {
  const uint64_t slowest_ns = less(sum->part_ns, sum->summed_ns);
  const uint64_t asleep_ns = less(workers * sum->most_ns, sum->part_ns);
  const uint64_t opening_ns = workers * less(sum->phase_ns, sum->most_ns);
  const uint64_t idle_ns = slowest_ns + asleep_ns + opening_ns;
  const uint64_t closing_ns = scaled(less(sum->whole_ns, sum->phase_ns), sum->whole_ns, rounds_ns);
  /* What was computed is known of every round: the rest of the phases is idle time. */
  share_ns[SYNCHED_SHARE_COMPUTE] = take(&rounds_ns, sum->compute_ns);
  share_ns[SYNCHED_SHARE_MESSAGES] =
      take(&rounds_ns, workers * (totals->message_ns + totals->agreement_ns));
  share_ns[SYNCHED_SHARE_CLOSING] =
      take(&rounds_ns, less(closing_ns, workers * totals->message_last_ns));
  const uint64_t rest_ns = rounds_ns;
  share_ns[SYNCHED_SHARE_SLOWEST] = take(&rounds_ns, scaled(slowest_ns, idle_ns, rest_ns));
  share_ns[SYNCHED_SHARE_ASLEEP] = take(&rounds_ns, scaled(asleep_ns, idle_ns, rest_ns));
  share_ns[SYNCHED_SHARE_OPENING] = rounds_ns;
}

void synched__efficiency_rate(struct synched_report_efficiency *out) {
  const uint64_t compute_ns = out->share_ns[SYNCHED_SHARE_COMPUTE];
  const uint64_t parallel_ns = less(out->total_ns, out->serial_ns);
  const uint64_t balanced_ns = less(parallel_ns, out->imbalance_ns);
  uint64_t whole_ns = 0;
  for (unsigned s = 0; s < SYNCHED_SHARE_COUNT; s++)
    whole_ns += out->share_ns[s];
  out->serial = ratio(parallel_ns, out->total_ns);
  out->balance = ratio(balanced_ns, parallel_ns);
  out->scheduling = ratio(compute_ns, balanced_ns);
  out->efficiency = ratio(compute_ns, out->total_ns);
  out->utilisation = ratio(compute_ns, whole_ns);
}

void synched__efficiency_fill(struct synched_report_efficiency *out,
                              const struct synched__reading *reading, unsigned worker_count) {
  const struct synched__totals *totals = &reading->totals;
  const struct synched__worker_totals sum = sum_of(reading->workers, worker_count);
  const struct synched__gap *gap = &totals->gap;
  const uint64_t workers = worker_count;
  const uint64_t gaps_ns =
      totals->between_ns + gap->others_ns + gap->paused_ns + gap->buffer_ns + gap->tick_ns;
  uint64_t *share_ns = out->share_ns;
  uint64_t whole_ns = 0;
  *out = (struct synched_report_efficiency){.struct_size = sizeof *out};
  share_rounds(share_ns, &sum, totals,
               workers * less(less(totals->end_ns, totals->start_ns), gaps_ns), workers);
  const uint64_t opening_ns = share_ns[SYNCHED_SHARE_OPENING];
  share_ns[SYNCHED_SHARE_OPENING] += workers * totals->between_ns;
  share_ns[SYNCHED_SHARE_BUFFER] = workers * gap->buffer_ns;
  share_ns[SYNCHED_SHARE_TICK] = workers * gap->tick_ns;
  share_ns[SYNCHED_SHARE_PAUSED] = workers * gap->paused_ns;
  share_ns[SYNCHED_SHARE_OTHERS] = workers * gap->others_ns;
  for (unsigned s = 0; s < SYNCHED_SHARE_COUNT; s++)
    whole_ns += share_ns[s];
  const uint64_t total_ns = whole_ns - share_ns[SYNCHED_SHARE_TICK] -
                            share_ns[SYNCHED_SHARE_PAUSED] - share_ns[SYNCHED_SHARE_OTHERS];
  out->total_ns = total_ns;
  out->serial_ns = workers * totals->between_ns + share_ns[SYNCHED_SHARE_CLOSING] +
                   share_ns[SYNCHED_SHARE_BUFFER] + share_ns[SYNCHED_SHARE_MESSAGES];
  out->imbalance_ns = share_ns[SYNCHED_SHARE_SLOWEST] + share_ns[SYNCHED_SHARE_ASLEEP];
  out->scheduling_ns = opening_ns;
  synched__efficiency_rate(out);
}
