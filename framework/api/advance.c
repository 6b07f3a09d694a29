/*
 * advance.c: rounds for a program that keeps its own time loop.
 */
#include "api/check.h"
#include "api/start.h"
#include "base/error.h"
#include "cluster/link.h"
#include "dispatch/stand_in.h"
#include "job/explain.h"
#include "job/meeting.h"
#include "job/notify.h"
#include "job/stages.h"
#include "platform/clock.h"
#include "pool/pool.h"

static int check(const struct synched_job *job, uint64_t rounds) {
  const int status = synched__job_check(job);
  if (status != 0)
    return status;
  if (rounds == 0)
    return synched__fail(SYNCHED_EINVAL, "rounds is 0; an advance computes 1 or more");
  if (synched__worker_here(job->work.pool) != NULL)
    return synched__fail(SYNCHED_EDEADLK, "a worker cannot wait for a job of its own pool");
  if (job->setup.options.period_ns != 0)
    return synched__fail(SYNCHED_EINVAL, "the job has a period, which only a start keeps");
  if ((job->setup.options.flags & SYNCHED_JOB_START_PAUSED) != 0)
    return synched__fail(SYNCHED_EINVAL,
                         "the job starts paused, so that an advance would never end");
  return 0;
}

/* Of the advance that begins: what the engine's side starts from. */
static void go_on(struct synched_job *job) {
  struct synched__record *record = job->work.record;
  record->gap.paused_ns += synched__span_ns(record->paused_since_ns, synched__tick_ns());
  record->paused_since_ns = 0;
  synched__store_relaxed(&job->delivery.ended, 0);
  synched__store_relaxed(&job->delivery.departed, 0);
  /* Each rank may have loaded something meanwhile. */
  if (job->work.link != NULL)
    synched__link_begin_run(job->work.link, false);
  synched__meeting_reset(job);
}

static void begin(struct synched_job *job, bool begins, uint64_t rounds) {
  const uint64_t base_round = job->work.memory->pair.current->snapshot.round;
  if (begins)
    synched__job_reset_run(job);
  else
    go_on(job);
  job->setup.last_round = rounds < UINT64_MAX - base_round ? base_round + rounds : UINT64_MAX;
  synched__store_relaxed(&job->advance.caller, SYNCHED__CALLER_AWAKE);
  synched__stages_note_running(job, true);
  if (begins)
    synched__requests_ready(job);
}

/* When nobody is inside the job any more. */
static int end(struct synched_job *job) {
  const int status = job->delivery.status;
  if (synched__load_relaxed(&job->delivery.notified) != 0)
    synched__job_answer(job); /* what there is for a loop is for nobody */
  if (status != 0)
    synched__explain_end(job);
  if (!job->advance.goes_on)
    synched__job_write_report(job);
  /* The job may be started again, reported or destroyed. [run-over] release */
  synched__store_release(&job->work.state, SYNCHED__JOB_ENDED);
  return status;
}

int synched_job_advance(struct synched_job *job, uint64_t rounds) {
  int status = check(job, rounds);
  if (status != 0)
    return status;
  bool begins;
  status = synched__requests_open_advance(job, &begins);
  if (status != 0)
    return status;
  begin(job, begins, rounds);
  synched__stand_in_run(job);
  return end(job);
}
