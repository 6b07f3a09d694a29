#include "job/publish.h"

#include "engine/open_round.h"
#include "platform/clock.h"
#include "pool/pool.h"

void synched__job_record_start(struct synched_job *job, uint64_t now_ns) {
  struct synched__record *record = job->work.record;
  record->published_ns = now_ns;
  record->gap = (struct synched__gap){0}; /* what came before does not count */
  record->totals.start_ns = record->totals.end_ns = now_ns;
  synched__record_leave(record, now_ns, synched__load_relaxed(&job->work.pool->open->busy_ns));
  record->totals.start_offset_ns = record->totals.end_offset_ns = synched__clock_ahead_ns();
}

static void note_pace(struct synched_job *job) {
  const struct synched__ticks *ticks = &job->pace.ticks;
  struct synched__totals *totals = &job->work.record->totals;
  totals->period_ns = ticks->period_ns;
  totals->started_count = ticks->started_count;
  totals->late_count = ticks->late_count;
  totals->skipped_count = ticks->skipped_count;
  totals->overrun_count = ticks->overrun_count;
  totals->lateness_max_ns = ticks->lateness_max_ns;
  totals->deadline_ns = job->setup.options.deadline_ns;
}

/* The last round that was published; while the job is bound, the open round's pair is right. */
static uint64_t current_round(const struct synched_job *job) {
  const struct synched__open_round *open = job->work.pool->open;
  const bool is_bound = synched__where_is(&job->control.where) == SYNCHED__WHERE_BOUND;
  const struct synched__buffer_pair *pair = is_bound ? &open->pair : &job->work.memory->pair;
  return pair->current->snapshot.round;
}

void synched__job_publish(struct synched_job *job, uint64_t now_ns) {
  struct synched__record *record = job->work.record;
  note_pace(job);
  synched__record_fold(record, 0);
  record->totals.end_offset_ns = synched__clock_ahead_ns();
  synched__record_publish(record, current_round(job), now_ns);
}
