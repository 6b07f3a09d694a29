#include "steering.h"

#include <inttypes.h>

#define HOURS_NS UINT64_C(20000000000000)

struct steering_totals steering_totals;

static _Atomic uint64_t draw_count;

struct stress_random steering_draw_random(const struct actor *actor) {
  const uint64_t number = atomic_fetch_add_explicit(&draw_count, 1, memory_order_relaxed);
  return (struct stress_random){stress_mix(actor->scene.tag, number)};
}

void steering_count(_Atomic uint64_t *counter, uint64_t by) {
  (void)atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

uint64_t steering_read(_Atomic uint64_t *counter) {
  return atomic_load_explicit(counter, memory_order_relaxed);
}

const char *const steering_call_names[CALL_COUNT] = {"pause",      "resume", "step",  "set_period",
                                                     "set_weight", "stop",   "cancel"};

static bool is_started(int state) {
  return state != SYNCHED_JOB_READY && state != SYNCHED_JOB_ENDED;
}

/* What the table says; `before` is a state that the job had before, in which it may not be any
 * more. */
static bool is_in_table(unsigned call, int before, int status) {
  const bool ends = before == SYNCHED_JOB_ENDING;
  if (status == SYNCHED_EALREADY)
    return true;
  if (call == CALL_CANCEL)
    return status == 0;
  if (call == SYNCHED_STEER_PERIOD || call == SYNCHED_STEER_WEIGHT)
    return status == 0;
  if (status == SYNCHED_ENOENT)
    return before == SYNCHED_JOB_READY;
  /* With the guard held it does not get out of that but to its end. */
  return !ends && (status == 0 || (call == SYNCHED_STEER_STEP && status == SYNCHED_EBUSY));
}

/* Arguments that are refused in every state. */
static void call_wrongly(struct actor *actor, struct stress_random *random) {
  struct synched_job *job = actor->job;
  const uint64_t deadline_ns = actor->options.deadline_ns;
  int status = synched_job_step(job, 0);
  STRESS_CHECK(status == SYNCHED_EINVAL, "a step of 0 rounds gives %d", status);
  status = synched_job_set_period(job, stress_below(random, SYNCHED_PERIOD_MIN_NS));
  STRESS_CHECK(status == SYNCHED_ERANGE, "a short period gives %d", status);
  status = synched_job_set_weight(job, 0);
  STRESS_CHECK(status == SYNCHED_ERANGE, "a weight of 0 gives %d", status);
  if (deadline_ns <= SYNCHED_PERIOD_MIN_NS)
    return;
  status = synched_job_set_period(job, deadline_ns - 1);
  STRESS_CHECK(status == SYNCHED_EINVAL, "a period below the deadline gives %d", status);
}

uint64_t steering_draw_period(struct stress_random *random, uint64_t least_ns) {
  const uint64_t from_ns = least_ns > SYNCHED_PERIOD_MIN_NS ? least_ns : SYNCHED_PERIOD_MIN_NS;
  /* A tick of such a one does not come: all that happens is what calls have brought about. */
  if (stress_chance(random, 12))
    return from_ns + HOURS_NS;
  return from_ns + stress_below(random, stress_chance(random, 2) ? 800000 : 4800000);
}

static int call(struct actor *actor, unsigned what, struct stress_random *random) {
  struct synched_job *job = actor->job;
  switch (what) {
  case SYNCHED_STEER_PAUSE:
    return synched_job_pause(job);
  case SYNCHED_STEER_RESUME:
    return synched_job_resume(job);
  case SYNCHED_STEER_STEP:
    return synched_job_step(job, stress_between(random, 1, stress_chance(random, 4) ? 40 : 3));
  case SYNCHED_STEER_PERIOD:
    return synched_job_set_period(job, steering_draw_period(random, actor->options.deadline_ns));
  case SYNCHED_STEER_WEIGHT:
    return synched_job_set_weight(job, (unsigned)stress_between(random, 1, 7));
  case CALL_STOP:
    return synched_job_stop(job);
  default:
    return synched_job_cancel(job);
  }
}

static unsigned draw_call(struct stress_random *random, uint64_t end_one_in) {
  static const unsigned calls[] = {
      SYNCHED_STEER_PAUSE,  SYNCHED_STEER_PAUSE,  SYNCHED_STEER_PAUSE,  SYNCHED_STEER_RESUME,
      SYNCHED_STEER_RESUME, SYNCHED_STEER_RESUME, SYNCHED_STEER_RESUME, SYNCHED_STEER_STEP,
      SYNCHED_STEER_STEP,   SYNCHED_STEER_STEP,   SYNCHED_STEER_PERIOD, SYNCHED_STEER_WEIGHT};
  if (stress_chance(random, end_one_in))
    return stress_chance(random, 2) ? CALL_STOP : CALL_CANCEL;
  return calls[stress_below(random, sizeof calls / sizeof *calls)];
}

/* One call on a job that is there; `inside`: from one of its callbacks but on_done, so that it is
 * started. */
void steering_call(struct actor *actor, unsigned what, struct stress_random *random, bool inside) {
  const bool completes = what <= SYNCHED_STEER_STEP;
  const int before = synched_job_state(actor->job);
  steering_count(&actor->pending, completes ? 1 : 0);
  const int status = call(actor, what, random);
  const int after = synched_job_state(actor->job);
  STRESS_CHECK(before >= SYNCHED_JOB_READY && after >= SYNCHED_JOB_READY &&
                   after <= SYNCHED_JOB_ENDED,
               "the state is %d, then %d", before, after);
  STRESS_CHECK(!inside || (is_started(before) && is_started(after)),
               "the state is %d and %d in a callback", before, after);
  STRESS_CHECK(is_in_table(what, before, status), "%s in state %d, then %d, gives %s",
               steering_call_names[what], before, after, synched_err_name(status));
  steering_count(&steering_totals.calls, 1);
  if (status != 0 && completes)
    (void)atomic_fetch_sub_explicit(&actor->pending, 1, memory_order_relaxed);
  if (status != 0)
    return;
  steering_count(&steering_totals.accepted, 1);
  const bool may_rest = what == SYNCHED_STEER_PERIOD || what == SYNCHED_STEER_WEIGHT;
  const bool sure = !may_rest || (is_started(before) && is_started(after));
  steering_count(sure ? &actor->accepted[what] : &actor->unsure[what], 1);
}

void steering_release_kept(struct actor *actor) {
  for (unsigned k = 0; k < KEPT_MOST; k++)
    synched_snapshot_release(atomic_exchange_explicit(&actor->kept[k], NULL, memory_order_acq_rel));
}

/* What only the job's own thread may call, on another one. */
static void call_from_afar(struct actor *actor) {
  const int statuses[] = {synched_job_ref(actor->job), synched_job_unref(actor->job),
                          synched_job_dispatch(actor->job)};
  for (unsigned i = 0; i < sizeof statuses / sizeof *statuses; i++)
    STRESS_CHECK(statuses[i] == SYNCHED_EPERM || statuses[i] == SYNCHED_ENOENT,
                 "call %u on the wrong thread gives %s", i, synched_err_name(statuses[i]));
}

/* Anything, on a job that may be there or not. */
void steering_act(struct actor *actor, struct stress_random *random) {
  (void)pthread_rwlock_rdlock(&actor->guard);
  if (actor->there && stress_chance(random, 64))
    call_wrongly(actor, random);
  else if (actor->there && stress_chance(random, 12))
    steering_release_kept(actor);
  else if (actor->there)
    steering_call(actor, draw_call(random, actor->stage->end_one_in), random, false);
  (void)pthread_rwlock_unlock(&actor->guard);
}

/* From a callback, now and then: on the same job, or any. */
void steering_act_inside(struct actor *actor, uint64_t one_in) {
  struct stress_random random = steering_draw_random(actor);
  const bool calm = atomic_load_explicit(&actor->stage->callers_left, memory_order_relaxed) == 0;
  if (calm || !stress_chance(&random, one_in))
    return;
  if (stress_chance(&random, 2))
    steering_call(actor, draw_call(&random, actor->stage->end_one_in), &random, true);
  else
    steering_act(&actor->stage->actors[stress_below(&random, ACTORS)], &random);
}

void steering_visit(struct actor *actor) {
  (void)pthread_rwlock_rdlock(&actor->guard);
  if (actor->there)
    call_from_afar(actor);
  (void)pthread_rwlock_unlock(&actor->guard);
}
