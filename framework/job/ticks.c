#include "job/ticks.h"

#include <string.h>

#define FIRST_OCTAVE_BITS 10u /* below 1024 ns the steps are all alike: 64 ns */
#define LATE_NS 1000000u      /* is late, whatever the period */
#define LATE_PART 10u         /* of a period is late */

void synched__ticks_reset(struct synched__ticks *ticks, uint64_t period_ns,
                          enum synched_overrun overrun) {
  memset(ticks, 0, sizeof *ticks);
  ticks->period_ns = period_ns;
  ticks->overrun = overrun;
}

void synched__ticks_start(struct synched__ticks *ticks, uint64_t now_ns) {
  ticks->due_ns = now_ns;
  ticks->begun = true;
}

static unsigned bit_length(uint64_t value) {
  unsigned bits = 0;
  for (; value != 0; value >>= 1)
    bits++;
  return bits;
}

static unsigned bucket_of(uint64_t lateness_ns) {
  unsigned octave = 0;
  if (lateness_ns >> FIRST_OCTAVE_BITS != 0)
    octave = bit_length(lateness_ns) - FIRST_OCTAVE_BITS;
  if (octave > SYNCHED__LATENESS_OCTAVES)
    return SYNCHED__LATENESS_BUCKETS - 1;
  if (octave == 0)
    return (unsigned)(lateness_ns * SYNCHED__LATENESS_STEPS >> FIRST_OCTAVE_BITS);
  const uint64_t within = lateness_ns - (UINT64_C(1) << (FIRST_OCTAVE_BITS + octave - 1));
  return octave * SYNCHED__LATENESS_STEPS +
         (unsigned)(within * SYNCHED__LATENESS_STEPS >> (FIRST_OCTAVE_BITS + octave - 1));
}

/* The end of a bucket. */
static uint64_t most_in(unsigned bucket) {
  const unsigned octave = bucket / SYNCHED__LATENESS_STEPS;
  const uint64_t step = bucket % SYNCHED__LATENESS_STEPS + 1;
  const unsigned bits = octave == 0 ? FIRST_OCTAVE_BITS : FIRST_OCTAVE_BITS + octave - 1;
  const uint64_t first = octave == 0 ? 0 : UINT64_C(1) << bits;
  return first + (step << bits) / SYNCHED__LATENESS_STEPS - 1;
}

static void note_lateness(struct synched__ticks *ticks, uint64_t lateness_ns) {
  const uint64_t part_ns = ticks->period_ns / LATE_PART;
  if (lateness_ns > (part_ns < LATE_NS ? part_ns : LATE_NS))
    ticks->late_count++;
  if (lateness_ns > ticks->lateness_max_ns)
    ticks->lateness_max_ns = lateness_ns;
  ticks->lateness[bucket_of(lateness_ns)]++;
}

static void skip(struct synched__ticks *ticks, uint64_t count) {
  ticks->skipped_count += count;
  ticks->due_ns += count * ticks->period_ns;
}

uint64_t synched__ticks_begin(struct synched__ticks *ticks, uint64_t now_ns) {
  const uint64_t behind_ns = now_ns > ticks->due_ns ? now_ns - ticks->due_ns : 0;
  const uint64_t backlog = behind_ns / ticks->period_ns; /* ticks that came due after this one */
  if (ticks->overrun == SYNCHED_OVERRUN_SKIP)
    skip(ticks, backlog);
  else if (ticks->overrun == SYNCHED_OVERRUN_CATCH_UP && backlog > SYNCHED_CATCH_UP_MAX)
    skip(ticks, backlog - SYNCHED_CATCH_UP_MAX);
  note_lateness(ticks, now_ns > ticks->due_ns ? now_ns - ticks->due_ns : 0);
  /* Nothing is left out, and the phase starts anew. */
  if (ticks->overrun == SYNCHED_OVERRUN_STRETCH && backlog != 0)
    ticks->due_ns = now_ns;
  ticks->started_count++;
  ticks->last_ns = ticks->due_ns;
  return ticks->due_ns;
}

void synched__ticks_end(struct synched__ticks *ticks, uint64_t now_ns) {
  ticks->due_ns = ticks->last_ns + ticks->period_ns;
  if (ticks->due_ns >= now_ns)
    return;
  ticks->overrun_count++;
  if (ticks->overrun == SYNCHED_OVERRUN_SKIP)
    skip(ticks, (now_ns - ticks->due_ns + ticks->period_ns - 1) / ticks->period_ns);
  else if (ticks->overrun == SYNCHED_OVERRUN_STRETCH)
    ticks->due_ns = now_ns;
}

void synched__ticks_realign(struct synched__ticks *ticks, uint64_t now_ns) {
  if (ticks->due_ns < now_ns)
    ticks->due_ns +=
        (now_ns - ticks->due_ns + ticks->period_ns - 1) / ticks->period_ns * ticks->period_ns;
}

void synched__ticks_set_period(struct synched__ticks *ticks, uint64_t period_ns, uint64_t now_ns) {
  ticks->period_ns = period_ns;
  if (!ticks->begun)
    return; /* the first tick is still to come */
  ticks->due_ns = ticks->started_count != 0 ? ticks->last_ns + period_ns : now_ns;
  if (ticks->due_ns < now_ns)
    ticks->due_ns = now_ns;
}

uint64_t synched__ticks_lateness(const struct synched__ticks *ticks, double share) {
  if (ticks->started_count == 0)
    return 0; /* as of every free-running job, at each of its ends */
  const double wanted = share * (double)ticks->started_count;
  uint64_t count = 0;
  for (unsigned bucket = 0; bucket < SYNCHED__LATENESS_BUCKETS; bucket++) {
    count += ticks->lateness[bucket];
    if (count != 0 && (double)count >= wanted)
      return most_in(bucket) < ticks->lateness_max_ns ? most_in(bucket) : ticks->lateness_max_ns;
  }
  return ticks->lateness_max_ns;
}
