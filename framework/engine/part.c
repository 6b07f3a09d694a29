/*
 * part.c: see part.h.
 */
#include "engine/part.h"

void synched__part_find(const struct synched__run *run, struct synched__home *home,
                        uint64_t shape) {
  const struct synched__shape unpacked = synched__shape_unpack(shape);
  const unsigned self = run->worker->index;
  home->range = synched__home_range(run->open, unpacked, self);
  home->part_kind = self >= unpacked.team                ? SYNCHED__PART_NONE
                    : synched__shape_is_tile(unpacked)   ? SYNCHED__PART_TILE
                    : unpacked.is_static                 ? SYNCHED__PART_STATIC
                    : home->range.count > unpacked.batch ? SYNCHED__PART_CLAIMED
                                                         : SYNCHED__PART_WHOLE;
  home->wakes = synched__pool_wakes_more(run->worker, unpacked.wake_count);
  home->range_shape = unpacked.is_dealt ? 0 : shape;
}

void synched__part_call_extras(const struct synched__run *run, const struct synched__task *task,
                               bool home) {
  struct synched__record *record = run->work->record;
  if (!home)
    synched__record_stolen(record, task->segment);
  if (record->tasks != NULL)
    synched__record_task(record, run->worker->index, task);
}

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

/* In a round of several stages: the part may have begun in an earlier one. Not inlined, as plain
 * jobs have nothing of this. */
__attribute__((noinline)) static void resume_part(struct synched__run *run) {
  const struct synched__home *own = synched__part_home(run);
  const struct synched__part stretch = run->part;
  struct synched__part *part = &run->part;
  if (own->part_opened_ns != run->open->round_opened_ns)
    return;
  *part = own->part;
  if (stretch.longest_ns <= part->longest_ns)
    return;
  part->longest_ns = stretch.longest_ns;
  part->segment_sleeps =
      (part->segment_sleeps & ~(uint64_t)UINT32_MAX) | (stretch.segment_sleeps & UINT32_MAX);
}

/* For the stages that follow. Returns compute_ns. */
__attribute__((noinline)) static uint64_t keep_part(const struct synched__run *run,
                                                    uint64_t compute_ns) {
  struct synched__home *own = synched__part_home(run);
  own->part = run->part;
  own->part_opened_ns = run->open->round_opened_ns;
  return compute_ns;
}

static void begin_part(struct synched__run *run, struct synched__worker_totals *totals) {
  run->part.round = run->open->round;
  run->part.start_ns = totals->last_start_ns = run->start_ns;
  totals->round_count += run->open->round_count;
  if (run->worker->waiter.sleep.count != 0)
    record_sleep(run, totals);
}

uint64_t synched__part_record(struct synched__run *run) {
  const struct synched__work *work = run->work;
  struct synched__record *record = work->record;
  const uint64_t compute_ns = synched__span_ns(run->start_ns + run->waited_ns, run->now_ns);
  if (!run->stage->is_recorded || record->rows == NULL)
    return compute_ns;
  struct synched__part *part = &run->part;
  struct synched__worker_totals *totals = &record->workers[run->worker->index];
  if (__builtin_expect(work->has_passes, 0) && part->round == 0)
    resume_part(run);
  const bool begins = part->round == 0;
  const uint64_t before_ns = part->compute_ns;
  if (begins)
    begin_part(run, totals);
  totals->last_end_ns = run->now_ns;
  totals->compute_ns += compute_ns;
  totals->call_count += (uint32_t)run->calls;
  if (run->calls >> SYNCHED__STOLEN_SHIFT != 0)
    totals->stolen_count += run->calls >> SYNCHED__STOLEN_SHIFT;
  part->compute_ns = before_ns + compute_ns;
  if (run->open->recorded) {
    part->end_ns = run->now_ns;
    part->calls += run->calls;
    synched__record_part(record, run->worker->index, part,
                         begins ? SYNCHED__NOT_BEFORE : before_ns);
  }
  run->calls = 0;
  return __builtin_expect(work->has_passes, 0) ? keep_part(run, compute_ns) : compute_ns;
}
