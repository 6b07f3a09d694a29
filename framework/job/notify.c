#include "job/notify.h"

void synched__job_notify(struct synched_job *job) {
  /* A read-modify-write, as the answer is: so the loop sees what was done before whichever of the
   * two comes first; and who has to raise the signal again does so after the loop has cleared it.
   * [notified] release, acquire */
  if (synched__exchange_acq_rel(&job->delivery.notified, 1) == 0)
    synched__signal_raise(&job->delivery.signal);
}

void synched__job_answer(struct synched_job *job) {
  synched__signal_clear(&job->delivery.signal);
  /* [notified] acquire, release */
  (void)synched__exchange_acq_rel(&job->delivery.notified, 0);
}

void synched__job_expect_more(struct synched_job *job) {
  void *port = synched__load_acquire(&job->delivery.port); /* [port-set] acquire */
  if (port != NULL)
    job->delivery.port_calls->expect_more(port);
}

bool synched__job_is_released(struct synched_job *job) {
  return synched__job_is_departed(job) &&
         synched__load_acquire(&job->delivery.pin_count) == 0; /* [unpinned] acquire */
}

/* The port of a job that is released. NULL: it is not, or has none. */
static void *port_of_released(struct synched_job *job) {
  void *port = synched__load_acquire(&job->delivery.port); /* [port-set] acquire */
  return port != NULL && synched__job_is_released(job) ? port : NULL;
}

bool synched__job_is_abandoned(struct synched_job *job) {
  void *port = port_of_released(job);
  return port != NULL && job->delivery.port_calls->let_go(port);
}

bool synched__job_is_lost(struct synched_job *job) {
  void *port = port_of_released(job);
  return port != NULL && job->delivery.port_calls->is_lost(port);
}
