/*
 * steer.c: the calls that steer a job, or end it. Each is accepted as a request (job/requests.h),
 * and then the job needs an owner that applies it: who is not running it takes it from where it
 * waits, and submits it.
 */
#include "api/check.h"
#include "base/error.h"
#include "dispatch/cycle.h"
#include "dispatch/next.h"
#include "job/notify.h"
#include "job/options.h"
#include "platform/alloc.h"

/* After a request was accepted: if the job waits in one of the places where it may be, takes it
 * from there and submits it. */
static void reschedule(struct synched_job *job) {
  const enum synched__parking parking = synched__requests_unpark(job);
  if (parking == SYNCHED__PARKING_STARTING)
    return;
  if (parking == SYNCHED__PARKING_TAKEN || synched__next_withdraw(job)) {
    synched__cycle_submit(job);
  } else if (synched__memory_stop_awaiting(job->work.memory)) {
    synched__job_move(job, SYNCHED__WHERE_OWNED);
    synched__cycle_submit(job);
  }
}

static int steer(struct synched_job *job, enum synched_steer call, uint64_t value) {
  struct synched__request *request = synched__alloc(1, sizeof *request);
  if (request == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a request");
  request->steered = (struct synched_steered){.call = call, .value = value};
  synched__job_pin(job);
  const int status = synched__requests_accept(job, &request);
  if (request == NULL) {
    reschedule(job);
    if (call != SYNCHED_STEER_PAUSE)
      synched__job_expect_more(job);
  }
  synched__job_unpin(job);
  synched__free(request);
  return status;
}

int synched_job_pause(struct synched_job *job) {
  const int status = synched__job_check(job);
  return status != 0 ? status : steer(job, SYNCHED_STEER_PAUSE, 0);
}

int synched_job_resume(struct synched_job *job) {
  const int status = synched__job_check(job);
  return status != 0 ? status : steer(job, SYNCHED_STEER_RESUME, 0);
}

int synched_job_step(struct synched_job *job, uint64_t round_count) {
  const int status = synched__job_check(job);
  if (status != 0)
    return status;
  if (round_count == 0)
    return synched__fail(SYNCHED_EINVAL, "round_count is 0; a step computes 1 or more");
  return steer(job, SYNCHED_STEER_STEP, round_count);
}

/* Rounds that have a time of their own each have a barrier each. */
static int check_barrier(const struct synched_job *job) {
  const unsigned rounds = job->setup.options.rounds_per_barrier;
  return rounds < 2 ? 0
                    : synched__fail(SYNCHED_EINVAL,
                                    "rounds_per_barrier is %u, and a period would give each round "
                                    "a time of its own",
                                    rounds);
}

int synched_job_set_period(struct synched_job *job, uint64_t period_ns) {
  int status = synched__job_check(job);
  if (status == 0)
    status = check_barrier(job);
  if (status == 0)
    status = synched__check_period(period_ns, job->setup.options.deadline_ns);
  return status != 0 ? status : steer(job, SYNCHED_STEER_PERIOD, period_ns);
}

int synched_job_set_weight(struct synched_job *job, unsigned weight) {
  int status = synched__job_check(job);
  if (status != 0)
    return status;
  if (weight == 0 || weight > SYNCHED_WEIGHT_MAX)
    return synched__fail(SYNCHED_ERANGE, "weight is %u; 1 to %u", weight, SYNCHED_WEIGHT_MAX);
  return steer(job, SYNCHED_STEER_WEIGHT, weight);
}

int synched_job_state(struct synched_job *job) {
  const int status = synched__job_check(job);
  return status != 0 ? status : (int)synched__requests_state(job);
}

static int end_by(struct synched_job *job, uint32_t bit) {
  int status = synched__job_check(job);
  if (status != 0)
    return status;
  bool is_started = false;
  synched__job_pin(job);
  status = synched__requests_accept_end(job, bit, &is_started);
  if (is_started) {
    reschedule(job);
    synched__job_expect_more(job);
  }
  synched__job_unpin(job);
  return status;
}

int synched_job_cancel(struct synched_job *job) {
  return end_by(job, SYNCHED__JOB_CANCELLED);
}

int synched_job_stop(struct synched_job *job) {
  return end_by(job, SYNCHED__JOB_STOPPING);
}
