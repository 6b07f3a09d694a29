#include "job/publish.h"

#include "platform/clock.h"

void synched__job_record_start(struct synched_job *job, uint64_t now_ns) {
  struct synched__record *record = job->work.record;
  record->callback_since_ns = 0;
  record->closed_ns = record->folded_ns = record->published_ns = now_ns;
  record->totals.start_ns = record->totals.end_ns = now_ns;
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
  totals->deadline_missed_count = job->control.deadline.miss.missed_count;
}

void synched__job_publish(struct synched_job *job) {
  struct synched__record *record = job->work.record;
  note_pace(job);
  if (record->parts != NULL)
    synched__record_fold(record, record->closed_ns);
  record->totals.end_offset_ns = synched__clock_ahead_ns();
  synched__record_publish(record);
}
