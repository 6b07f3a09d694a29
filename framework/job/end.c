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

void synched__job_end(struct synched_job *job, int status, uint64_t now_ns) {
  struct synched_report *report = job->report;
  SYNCHED_ASSERT(synched__load_relaxed(&job->ended) == 0);
  synched__turn_vacate(job);
  report->status = status;
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
  /* Acquires: pair with the last touches in synched__job_end and synched_job_cancel. */
  return synched__load_acquire(&job->departed) != 0 &&
         synched__load_acquire(&job->visitor_count) == 0;
}
