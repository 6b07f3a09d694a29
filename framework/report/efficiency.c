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
  };
  return (unsigned)share < SYNCHED_SHARE_COUNT ? names[share] : NULL;
}

void synched__efficiency_fill(struct synched_report_efficiency *out,
                              const struct synched__totals *totals, unsigned worker_count) {
  const uint64_t workers = worker_count;
  uint64_t *share_ns = out->share_ns;
  uint64_t whole_ns = 0;
  *out = (struct synched_report_efficiency){.struct_size = sizeof *out};
  share_ns[SYNCHED_SHARE_COMPUTE] = totals->compute_ns;
  share_ns[SYNCHED_SHARE_SLOWEST] = totals->slowest_ns;
  share_ns[SYNCHED_SHARE_ASLEEP] = totals->asleep_ns;
  share_ns[SYNCHED_SHARE_OPENING] = totals->opening_ns + workers * totals->between_ns;
  share_ns[SYNCHED_SHARE_CLOSING] = workers * totals->closing_ns;
  share_ns[SYNCHED_SHARE_BUFFER] = workers * totals->gap.buffer_ns;
  share_ns[SYNCHED_SHARE_TICK] = workers * totals->gap.tick_ns;
  share_ns[SYNCHED_SHARE_PAUSED] = workers * totals->gap.paused_ns;
  share_ns[SYNCHED_SHARE_OTHERS] = workers * totals->gap.others_ns;
  for (unsigned s = 0; s < SYNCHED_SHARE_COUNT; s++)
    whole_ns += share_ns[s];
  const uint64_t total_ns = whole_ns - share_ns[SYNCHED_SHARE_TICK] -
                            share_ns[SYNCHED_SHARE_PAUSED] - share_ns[SYNCHED_SHARE_OTHERS];
  out->total_ns = total_ns;
  out->serial_ns = workers * (totals->between_ns + totals->closing_ns + totals->gap.buffer_ns);
  out->imbalance_ns = totals->slowest_ns + totals->asleep_ns;
  out->scheduling_ns = totals->opening_ns;
  const uint64_t parallel_ns = less(total_ns, out->serial_ns);
  const uint64_t balanced_ns = less(parallel_ns, out->imbalance_ns);
  out->serial = ratio(parallel_ns, total_ns);
  out->balance = ratio(balanced_ns, parallel_ns);
  out->scheduling = ratio(totals->compute_ns, balanced_ns);
  out->efficiency = ratio(totals->compute_ns, total_ns);
  out->utilisation = ratio(totals->compute_ns, whole_ns);
}
