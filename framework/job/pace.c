/*
 * pace.c: what is done for a round beside computing it, where it has a tick, a deadline, or is one
 * of a step.
 */
#include "job/pace.h"

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
  if (job->control.deadline.monitor != NULL)
    synched__deadline_open(job, round, due_ns);
}

/* Nothing of a dropped round is left to see but how long its calls took. */
static void forget_round(struct synched_job *job, uint64_t round) {
  for (unsigned w = 0; w < job->work.pool->worker_count; w++) {
    struct synched__record_cell *cell = synched__record_cell_of(job->work.report, w, round);
    if (cell->round == round)
      *cell = (struct synched__record_cell){.round = 0};
  }
  synched__work_forget_failures(&job->work);
}

bool synched__pace_close(struct synched_job *job, uint64_t round) {
  if (job->control.deadline.monitor == NULL || !synched__deadline_close(job))
    return false;
  if (job->setup.options.deadline_policy == SYNCHED_DEADLINE_REPORT)
    return false;
  forget_round(job, round);
  job->work.report->time.dropped_count++;
  return true;
}

void synched__pace_closed(struct synched_job *job, uint64_t round, bool published) {
  if (job->pace.ticking)
    synched__ticks_end(&job->pace.ticks, synched__clock_ns());
  job->pace.ticking = false;
  if (published)
    synched__requests_count_round(job, round);
}
