/*
 * pace.c: what is done for a round beside computing it, where it has a tick, a deadline, or is one
 * of a step.
 */
#include "job/pace.h"

#include "engine/open_round.h"
#include "platform/clock.h"
#include "pool/pool.h"

void synched__pace_choose(struct synched_job *job) {
  job->pace.is_free = job->pace.ticks.period_ns == 0 && job->control.requests.steps_left == 0;
  job->pace.is_paced = !job->pace.is_free || job->control.deadline.monitor != NULL;
  if (synched__pace_has_tick(job) && !job->pace.ticks.begun)
    synched__ticks_start(&job->pace.ticks, synched__clock_ns());
}

void synched__pace_open(struct synched_job *job, uint64_t round) {
  job->pace.ticking = synched__pace_has_tick(job);
  if (job->work.initialising || (!job->pace.ticking && job->control.deadline.monitor == NULL))
    return;
  const uint64_t now_ns = synched__clock_ns();
  const uint64_t due_ns =
      job->pace.ticking ? synched__ticks_begin(&job->pace.ticks, now_ns) : now_ns;
  if (job->pace.ticking)
    synched__record_tick(job->work.record, synched__span_ns(due_ns, now_ns),
                         job->work.pool->open->opened_ns);
  if (job->control.deadline.monitor != NULL)
    synched__deadline_open(job, round, due_ns);
}

bool synched__pace_close(struct synched_job *job) {
  if (job->control.deadline.monitor == NULL || !synched__deadline_close(job))
    return false;
  job->work.record->totals.deadline_missed_count++;
  if (job->setup.options.deadline_policy == SYNCHED_DEADLINE_REPORT)
    return false;
  synched__work_forget_failures(&job->work);
  job->work.record->totals.dropped_count++;
  return true;
}

void synched__pace_closed(struct synched_job *job, uint64_t round, bool published) {
  if (job->pace.ticking)
    synched__ticks_end(&job->pace.ticks, synched__clock_ns());
  job->pace.ticking = false;
  if (published)
    synched__requests_count_rounds(job, round, job->work.pool->open->round_count);
}
