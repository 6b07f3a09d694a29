/*
 * end.c: the end of a job's run, on the engine's side.
 */
#include "base/assert.h"
#include "job/job.h"
#include "platform/clock.h"

void synched__job_ring(struct synched_job *job) {
  /* A read-modify-write, so that the loop, which answers with one, sees what was done before whichever of the two
   * comes first: pairs with the exchange in loop/port.c. */
  if (synched__exchange_seq_cst(&job->bell, 1) == 0)
    synched__signal_raise(&job->signal);
}

void synched__job_expect_more(struct synched_job *job) {
  /* Acquire: pairs with the store when the job was started. */
  void *port = synched__load_acquire(&job->port);
  if (port != NULL)
    job->port_calls->expect_more(port);
}

const struct synched__failure *synched__job_lowest_failure(const struct synched_job *job) {
  const struct synched__failure *lowest = &job->failures[0];
  for (unsigned w = 1; w < job->pool->worker_count; w++)
    if (job->failures[w].segment < lowest->segment)
      lowest = &job->failures[w];
  return lowest;
}

static void report_time(struct synched_job *job) {
  const struct synched__ticks *ticks = &job->ticks;
  struct synched__record_time *time = &job->report->time;
  time->period_ns = ticks->period_ns;
  time->started_count = ticks->started_count;
  time->late_count = ticks->late_count;
  time->skipped_count = ticks->skipped_count;
  time->overrun_count = ticks->overrun_count;
  time->lateness_p50_ns = synched__ticks_lateness(ticks, 0.50);
  time->lateness_p99_ns = synched__ticks_lateness(ticks, 0.99);
  time->lateness_max_ns = ticks->lateness_max_ns;
  time->deadline_ns = job->options.deadline_ns;
  time->deadline_missed_count = job->watched.miss.missed_count;
}

void synched__job_end(struct synched_job *job, int status, uint64_t now_ns) {
  struct synched_report *report = job->report;
  SYNCHED_ASSERT(synched__load_relaxed(&job->ended) == 0);
  job->waited_at_end = job->stall.since_ns != 0;
  if (job->waited_at_end)
    synched__stall_end(job);
  synched__steer_close(job);
  report_time(job);
  report->status = status;
  report->init_missing = job->initialising;
  report->last_round = job->memory->roles.current->snapshot.round;
  report->round_count = report->last_round - job->base_round;
  report->end_ns = now_ns;
  report->end_offset_ns = synched__clock_ahead_ns();
  job->status = status;
  /* Pairs with the acquire in synched_memory_load. */
  synched__store_release(&job->memory->running, 0);
  /* Pairs with the acquire in loop/port.c. */
  synched__store_release(&job->ended, 1);
  synched__job_ring(job);
  /* The loop may finish the job from here on: pairs with the acquire in loop/port.c. */
  synched__store_release(&job->departed, 1);
}

bool synched__job_is_released(struct synched_job *job) {
  /* Acquires: pair with the last touches in synched__job_end and synched__job_leave. */
  return synched__load_acquire(&job->departed) != 0 &&
         synched__load_acquire(&job->visitor_count) == 0;
}
