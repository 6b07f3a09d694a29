#include "job/advance.h"

#include "job/job.h"
#include "job/notify.h"
#include "job/publish.h"
#include "platform/clock.h"
#include "platform/thread.h"

/* Looks before the clock is read, and before others get the CPU. */
#define LOOKS 64u

bool synched__advance_goes_on(const struct synched_job *job, int status) {
  const uint32_t state = synched__load_relaxed(&job->work.state);
  return status == 0 && job->delivery.answer.callback == NULL &&
         (state & SYNCHED__JOB_STOPPING) == 0;
}

void synched__advance_tell(struct synched_job *job) {
  /* The caller's exchange is of the same word, so one of the two finds the other's. What is handed
   * over goes by way of `departed`. */
  if (synched__exchange_relaxed(&job->advance.caller, SYNCHED__CALLER_TOLD) ==
      SYNCHED__CALLER_ASLEEP)
    synched__unpark(&job->advance.parker);
}

bool synched__advance_hand_over(struct synched_job *job, const struct synched__handed *handed) {
  uint32_t caller = SYNCHED__CALLER_IN_PLACE;
  /* Before the exchange has a look at it: so the line moves once. */
  job->advance.handed = *handed;
  /* [advance-handed] release */
  return synched__cas_release(&job->advance.caller, &caller, SYNCHED__CALLER_HANDED);
}

void synched__advance_enter_place(struct synched_job *job) {
  synched__store_relaxed(&job->advance.caller, SYNCHED__CALLER_IN_PLACE);
}

bool synched__advance_leave_place(struct synched_job *job) {
  uint32_t caller = SYNCHED__CALLER_IN_PLACE;
  return synched__cas_relaxed(&job->advance.caller, &caller, SYNCHED__CALLER_AWAKE) ||
         caller == SYNCHED__CALLER_AWAKE;
}

bool synched__advance_is_handed(const struct synched_job *job) {
  /* [advance-handed] acquire */
  return synched__load_acquire(&job->advance.caller) == SYNCHED__CALLER_HANDED;
}

static bool look(struct synched_job *job) {
  bool is_over = synched__job_is_released(job);
  for (unsigned i = 0; !is_over && i < LOOKS; i++) {
    synched__cpu_pause();
    is_over = synched__job_is_released(job);
  }
  return is_over;
}

void synched__advance_wait(struct synched_job *job, uint64_t spin_ns) {
  if (look(job))
    return;
  const uint64_t start_ns = synched__clock_ns();
  while (synched__clock_ns() - start_ns < spin_ns)
    if (look(job))
      return;
  uint32_t caller = SYNCHED__CALLER_AWAKE;
  if (synched__cas_relaxed(&job->advance.caller, &caller, SYNCHED__CALLER_ASLEEP))
    synched__park(&job->advance.parker);
  /* Whoever is still inside may be of lower priority than we are. */
  while (!look(job))
    synched__thread_nap();
}

void synched__advance_publish(struct synched_job *job) {
  struct synched__totals *totals = &job->work.record->totals;
  const uint64_t ended = totals->ended;
  totals->ended = 1;
  synched__job_publish(job, job->work.record->paused_since_ns);
  totals->ended = ended;
}
