/*
 * part.h: a worker's part in a round, as it is counted out and written down (internal).
 *
 *   [counted-out]  who counts out hands its segments and records to whoever completes the round.
 */
#ifndef SYNCHED_ENGINE_PART_H
#define SYNCHED_ENGINE_PART_H

#include "base/assert.h"
#include "engine/round.h"
#include "platform/clock.h"

/* The run begins a part in a round. */
static inline void synched__part_begin(struct synched__run *run, uint64_t start_ns) {
  run->start_ns = run->now_ns = start_ns;
  run->stop_ns = UINT64_MAX;
  run->waited_ns = 0;
  run->work_ns = 0;
  run->calls = 0;
  run->part = (struct synched__part){0};
}

/* Writes a stretch of calls down; returns what it took. */
uint64_t synched__part_record(struct synched__run *run);

/* What the worker keeps of its part. */
static inline struct synched__home *synched__part_home(const struct synched__run *run) {
  return &run->open->homes[run->worker->index];
}

/* Finds out which part the worker has in rounds of this packed shape. */
void synched__part_find(const struct synched__run *run, struct synched__home *home, uint64_t shape);

/* The same, where that is not known from the round before. */
static inline void synched__part_know(const struct synched__run *run, struct synched__home *home,
                                      uint64_t shape) {
  if (home->range_shape != shape)
    synched__part_find(run, home, shape);
}

/* A call that began when the one before ended, and ended now. */
__attribute__((always_inline)) static inline void
synched__part_call(struct synched__run *run, struct synched__record *record, size_t segment) {
  const uint64_t now_ns = synched__tick_ns();
  const uint64_t ns = synched__span_ns(run->now_ns, now_ns);
  synched__record_call(record, segment, ns);
  if (ns > run->part.longest_ns) {
    run->part.longest_ns = ns;
    run->part.segment_sleeps = (run->part.segment_sleeps & ~(uint64_t)UINT32_MAX) | segment;
  }
  if (run->open->recorded && record->segment_histograms != NULL)
    synched__histogram_add(&record->segment_histograms[segment], ns);
  run->now_ns = now_ns;
}

/* What most calls have nothing of: it was not at home, or is written down by itself. */
void synched__part_call_extras(const struct synched__run *run, const struct synched__task *task,
                               bool home);

/* Between two calls. The system ends programs whose real-time threads never sleep:
 * platform/thread.h. */
static inline void synched__part_sleep_if_due(struct synched__run *run) {
  struct synched__waiter *waiter = &run->worker->waiter;
  if (run->now_ns < waiter->awake_until_ns)
    return;
  synched__waiter_sleep(waiter);
  run->now_ns = synched__tick_ns();
}

/* Returns what is counted of this stretch: see part_most_ns. */
static inline uint64_t synched__part_note(struct synched__run *run) {
  const uint64_t most_ns = run->work->part_most_ns;
  uint64_t work_ns = synched__part_record(run);
  if (work_ns > most_ns - run->work_ns)
    work_ns = most_ns - run->work_ns;
  run->work_ns += work_ns;
  return work_ns;
}

/* Counts a stretch of `count` computed segments out, all at home with worker `owner`; true if that
 * completed the round. */
static inline bool synched__part_count_out(struct synched__run *run, unsigned owner, size_t count) {
  struct synched__stage *stage = run->stage;
  const uint64_t work_ns = synched__part_note(run);
  if (count == run->open->outstanding) {
    /* It has computed all there was: nobody else counts. */
    run->round_work_ns = run->work_ns;
    return true;
  }
  uint64_t change = ((uint64_t)count << SYNCHED__REMAINING_SHIFT) - work_ns;
  if (stage->groups != NULL) {
    const unsigned group = run->pool->workers[owner].group;
    change = synched__group_count_out(&stage->groups[group], count, work_ns);
    if (change == 0)
      return false;
  }
  /* [counted-out] release, acquire: the latter by whoever completes the round */
  const uint64_t remaining = synched__sub_acq_rel(&stage->remaining, change) - change;
  SYNCHED_ASSERT(remaining >> 63 == 0); /* nobody computes a segment twice */
  run->round_work_ns = remaining & UINT32_MAX;
  return remaining >> SYNCHED__REMAINING_SHIFT == 0;
}

#endif
