#include "job/ticks.h"

#include <string.h>

#define LATE_NS 1000000u /* is late, whatever the period */
#define LATE_PART 10u    /* of a period is late */

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

static void note_lateness(struct synched__ticks *ticks, uint64_t lateness_ns) {
  const uint64_t part_ns = ticks->period_ns / LATE_PART;
  if (lateness_ns > (part_ns < LATE_NS ? part_ns : LATE_NS))
    ticks->late_count++;
  if (lateness_ns > ticks->lateness_max_ns)
    ticks->lateness_max_ns = lateness_ns;
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

uint64_t synched__ticks_left(const struct synched__ticks *ticks, bool is_open, uint64_t now_ns) {
  const uint64_t due_ns = is_open ? ticks->last_ns + ticks->period_ns : ticks->due_ns;
  if (!ticks->begun)
    return 0;
  if (due_ns >= now_ns)
    return due_ns - now_ns;
  const uint64_t past_ns = (now_ns - due_ns) % ticks->period_ns;
  return is_open && ticks->overrun == SYNCHED_OVERRUN_SKIP && past_ns != 0
             ? ticks->period_ns - past_ns
             : 0;
}

void synched__ticks_follow(struct synched__ticks *ticks, bool is_open, uint64_t due_ns) {
  ticks->due_ns = due_ns;
  if (is_open)
    ticks->last_ns = due_ns - ticks->period_ns;
}
