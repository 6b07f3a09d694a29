/*
 * finish.c: the end of a job's run, on the engine's side.
 *
 *   [job-ended]    all is published that ever will be.
 *   [departed]     see notify.h: also status and report.
 */
#include "job/finish.h"

#include "base/assert.h"
#include "base/error.h"
#include "engine/open_round.h"
#include "job/notify.h"
#include "job/publish.h"
#include "job/stages.h"
#include "platform/event.h"
#include "pool/pool.h"

/* Closes what is recorded of the run. */
static void record_end(struct synched_job *job, int status, uint64_t now_ns) {
  struct synched__record *record = job->work.record;
  const uint64_t pool_ns = synched__load_relaxed(&job->work.pool->open->busy_ns);
  if (record->left_ns != 0)
    synched__record_enter(record, now_ns, pool_ns);
  record->totals.ended = 1;
  record->totals.status = status;
  record->totals.init_missing = job->work.initialising;
  synched__job_publish(job, now_ns);
}

/* The end of an advance; what is recorded goes on, where the run does. The program has the time
 * until the next one begins: so in the report the job is paused meanwhile. */
static int finish_advance(struct synched_job *job, int status, uint64_t now_ns) {
  struct synched__record *record = job->work.record;
  /* A cancel that was accepted when the last round was complete already must not be lost. */
  if (status == 0 && synched__work_is_cancelled(&job->work))
    status = SYNCHED_ECANCELED;
  job->advance.goes_on = synched__advance_goes_on(job, status);
  if (!job->advance.goes_on) {
    record_end(job, status, now_ns);
    return status;
  }
  if (record->left_ns == 0)
    synched__record_leave(record, now_ns, synched__load_relaxed(&job->work.pool->open->busy_ns));
  record->paused_since_ns = now_ns;
  return status;
}

void synched__job_finish(struct synched_job *job, int status, uint64_t now_ns) {
  SYNCHED_ASSERT(synched__load_relaxed(&job->delivery.ended) == 0);
  job->delivery.waited_at_end = job->control.wait.since_ns != 0;
  if (job->delivery.waited_at_end)
    synched__buffer_wait_end(job);
  synched__requests_close(job);
  if (job->advance.is_on)
    status = finish_advance(job, status, now_ns);
  else
    record_end(job, status, now_ns);
  job->delivery.status = status;
  if (!job->advance.goes_on)
    synched__event_job_end(&job->work, job->setup.options.name, job->work.record->totals.last_round,
                           status);
  synched__job_move(job, SYNCHED__WHERE_RELEASED);
  synched__stages_note_running(job, false);
  synched__store_release(&job->delivery.ended, 1); /* [job-ended] release */
  if (job->advance.is_on)
    synched__advance_tell(job);
  else
    synched__job_notify(job);
  /* The loop may finish the job from here on. [departed] release */
  synched__store_release(&job->delivery.departed, 1);
}
