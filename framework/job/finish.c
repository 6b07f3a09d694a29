/*
 * finish.c: the end of a job's run, on the engine's side.
 *
 *   [memory-idle]  see memory/memory.h.
 *   [job-ended]    status and report are final, and all is published that ever will be.
 *   [departed]     see notify.h.
 */
#include "job/finish.h"

#include "base/assert.h"
#include "job/notify.h"
#include "platform/clock.h"
#include "platform/event.h"

static void report_time(struct synched_job *job) {
  const struct synched__ticks *ticks = &job->pace.ticks;
  struct synched__record_time *time = &job->work.report->time;
  time->period_ns = ticks->period_ns;
  time->started_count = ticks->started_count;
  time->late_count = ticks->late_count;
  time->skipped_count = ticks->skipped_count;
  time->overrun_count = ticks->overrun_count;
  time->lateness_p50_ns = synched__ticks_lateness(ticks, 0.50);
  time->lateness_p99_ns = synched__ticks_lateness(ticks, 0.99);
  time->lateness_max_ns = ticks->lateness_max_ns;
  time->deadline_ns = job->setup.options.deadline_ns;
  time->deadline_missed_count = job->control.deadline.miss.missed_count;
}

void synched__job_finish(struct synched_job *job, int status, uint64_t now_ns) {
  struct synched_report *report = job->work.report;
  SYNCHED_ASSERT(synched__load_relaxed(&job->delivery.ended) == 0);
  job->delivery.waited_at_end = job->control.wait.since_ns != 0;
  if (job->delivery.waited_at_end)
    synched__buffer_wait_end(job);
  synched__requests_close(job);
  report_time(job);
  report->status = status;
  report->init_missing = job->work.initialising;
  report->last_round = job->work.memory->pair.current->snapshot.round;
  report->round_count = report->last_round - job->setup.base_round;
  report->end_ns = now_ns;
  report->end_offset_ns = synched__clock_ahead_ns();
  job->delivery.status = status;
  synched__event_job_end(&job->work, job->setup.options.name, report->last_round, status);
  synched__job_move(job, SYNCHED__WHERE_RELEASED);
  synched__store_release(&job->work.memory->running, 0); /* [memory-idle] release */
  synched__store_release(&job->delivery.ended, 1);       /* [job-ended] release */
  synched__job_notify(job);
  /* The loop may finish the job from here on. [departed] release */
  synched__store_release(&job->delivery.departed, 1);
}
