/*
 * attend.c: what is done for a round beside computing it, where it has a tick, a deadline, or is one of a step.
 */
#include "job/job.h"
#include "platform/clock.h"

void synched__attend_open(struct synched_job *job, uint64_t round) {
  job->ticking = synched__job_ticks(job);
  if (job->initialising || (!job->ticking && job->watched.watch == NULL))
    return;
  const uint64_t now_ns = synched__clock_ns();
  const uint64_t due_ns = job->ticking ? synched__ticks_begin(&job->ticks, now_ns) : now_ns;
  if (job->watched.watch != NULL)
    synched__watch_open(job, round, due_ns);
}

/* Nothing of a dropped round is left to see but how long its calls took. */
static void forget_round(struct synched_job *job, uint64_t round) {
  for (unsigned w = 0; w < job->pool->worker_count; w++) {
    struct synched__record_cell *cell = synched__record_cell_of(job->report, w, round);
    if (cell->round == round)
      *cell = (struct synched__record_cell){.round = 0};
  }
  synched__job_forget_failures(job);
}

bool synched__attend_close(struct synched_job *job, uint64_t round) {
  if (job->watched.watch == NULL || !synched__watch_close(job))
    return false;
  if (job->options.deadline_policy == SYNCHED_DEADLINE_REPORT)
    return false;
  forget_round(job, round);
  job->report->time.dropped_count++;
  return true;
}

void synched__attend_closed(struct synched_job *job, uint64_t round, bool published) {
  if (job->ticking)
    synched__ticks_end(&job->ticks, synched__clock_ns());
  job->ticking = false;
  if (published)
    synched__steer_count(job, round);
}
