/*
 * part.c: see part.h.
 */
#include "engine/part.h"

/* How the worker slept since its part before. */
static void record_sleep(struct synched__run *run, struct synched__worker_totals *totals) {
  struct synched__sleep *sleep = &run->worker->waiter.sleep;
  const uint64_t count = sleep->count < UINT16_MAX ? sleep->count : UINT16_MAX;
  const uint64_t woken_count = sleep->woken_count < UINT16_MAX ? sleep->woken_count : UINT16_MAX;
  run->part.segment_sleeps |= count << SYNCHED__SLEEPS_SHIFT | woken_count << SYNCHED__WAKES_SHIFT;
  run->part.slept_ns = sleep->ns;
  totals->sleep_count += sleep->count;
  totals->wake_count += sleep->woken_count;
  totals->slept_ns += sleep->ns;
  *sleep = (struct synched__sleep){0};
}

/* The part has begun in an earlier stage of the round. */
static void resume_part(struct synched__part *part, const struct synched__part *before) {
  const struct synched__part stretch = *part;
  *part = *before;
  if (stretch.longest_ns <= part->longest_ns)
    return;
  part->longest_ns = stretch.longest_ns;
  part->segment_sleeps =
      (part->segment_sleeps & ~(uint64_t)UINT32_MAX) | (stretch.segment_sleeps & UINT32_MAX);
}

uint64_t synched__part_record(struct synched__run *run) {
  const struct synched__work *work = run->work;
  struct synched__record *record = work->record;
  const uint64_t compute_ns = synched__span_ns(run->start_ns + run->waited_ns, run->now_ns);
  if (!run->stage->is_recorded || record->rows == NULL)
    return compute_ns;
  const unsigned self = run->worker->index;
  struct synched__part *part = &run->part;
  struct synched__worker_totals *totals = &record->workers[self];
  struct synched__home *own = &run->open->homes[self];
  if (work->has_passes && part->round == 0 && own->part_opened_ns == run->open->round_opened_ns)
    resume_part(part, &own->part);
  const uint64_t before_ns = part->round == 0 ? SYNCHED__NOT_BEFORE : part->compute_ns;
  if (part->round == 0) {
    part->round = run->open->round;
    part->start_ns = totals->last_start_ns = run->start_ns;
    totals->round_count += run->open->round_count;
    if (run->worker->waiter.sleep.count != 0)
      record_sleep(run, totals);
  }
  totals->last_end_ns = run->now_ns;
  totals->compute_ns += compute_ns;
  totals->call_count += (uint32_t)run->calls;
  totals->stolen_count += run->calls >> SYNCHED__STOLEN_SHIFT;
  part->compute_ns += compute_ns;
  if (run->open->recorded) {
    part->end_ns = run->now_ns;
    part->calls += run->calls;
    synched__record_part(record, self, part, before_ns);
  }
  run->calls = 0;
  if (work->has_passes) {
    own->part = *part;
    own->part_opened_ns = run->open->round_opened_ns;
  }
  return compute_ns;
}
