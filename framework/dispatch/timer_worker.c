/*
 * timer_worker.c: see timer_worker.h.
 *
 * There is no thread for timers. When nothing can run before some tick is due, one worker is the
 * timer worker: it sleeps not without end but until shortly before that, becomes the leader, wakes
 * those who will share the round, and spins out the rest. How early it wakes is learned from how
 * late the system has woken it so far: so that it is late, in spite of that, with three wakes of a
 * hundred. A single outlier moves that little, and on a quiet machine few microseconds are spun.
 */
#include "dispatch/timer_worker.h"

#include "platform/clock.h"

#define LEAD_LEAST_NS 2000u
#define LEAD_MOST_NS 1000000u

/* But no more than this part of the period is spun, or some 20 us where that is less: on a machine
 * so busy that it wakes late by more, spinning only takes from others. */
#define LEAD_PART 512u
#define LEAD_ALWAYS_NS 20000u

/* In a hundredth of these: how far the lead falls after a wake within it, and rises after one that
 * was later. */
#define LEAD_FALLS 3u
#define LEAD_RISES 97u
#define LEAD_STEPS 1600u /* of its present size, all of the hundred together are a sixteenth */

/* With less than this to the next tick, workers may as well spin as they are used to. */
#define SLEEP_LEAST_NS 200000u

/* The job whose tick is due next; NULL: there is none. With the mutex held. */
static struct synched_job *first_sleeping(const struct synched__dispatch *dispatch) {
  return (struct synched_job *)synched__heap_first(&dispatch->queue.sleeping);
}

/* With the mutex held: how much before the next tick a timer worker wakes up. */
static uint64_t lead_of(const struct synched__dispatch *dispatch) {
  const struct synched_job *job = first_sleeping(dispatch);
  uint64_t most_ns = LEAD_ALWAYS_NS;
  if (job != NULL && job->pace.ticks.period_ns / LEAD_PART > most_ns)
    most_ns = job->pace.ticks.period_ns / LEAD_PART;
  return dispatch->lead_ns < most_ns ? dispatch->lead_ns : most_ns;
}

/* With the mutex held. */
static void learn_lead(struct synched__dispatch *dispatch, uint64_t late_ns) {
  const uint64_t lead_ns = dispatch->lead_ns;
  uint64_t next_ns = late_ns > lead_ns ? lead_ns + lead_ns * LEAD_RISES / LEAD_STEPS + 1
                                       : lead_ns - lead_ns * LEAD_FALLS / LEAD_STEPS;
  if (next_ns < LEAD_LEAST_NS)
    next_ns = LEAD_LEAST_NS;
  dispatch->lead_ns = next_ns < LEAD_MOST_NS ? next_ns : LEAD_MOST_NS;
}

void synched__timer_worker_appoint(struct synched_pool *pool) {
  struct synched__dispatch *dispatch = pool->dispatch;
  const uint64_t due_ns = synched__run_queue_recheck_ns(&dispatch->queue);
  const bool is_due_once = due_ns != SYNCHED__NEVER;
  synched__store_relaxed(&pool->never_sleep, is_due_once);
  synched__pool_set_sleep_now(pool, is_due_once && due_ns > synched__clock_ns() + SLEEP_LEAST_NS);
  if (!is_due_once)
    return;
  const uint64_t lead_ns = lead_of(dispatch);
  const uint64_t look_ns = due_ns > lead_ns ? due_ns - lead_ns : 0;
  struct synched__worker *here = synched__worker_here(pool);
  struct synched__worker *chosen = here != NULL                     ? here
                                   : dispatch->timer_worker != NULL ? dispatch->timer_worker
                                                                    : pool->workers;
  _Atomic uint64_t *alarm_ns = &dispatch->alarms[chosen->index].queue_ns;
  const bool looks_in_time =
      dispatch->timer_worker == chosen && synched__load_relaxed(alarm_ns) <= look_ns;
  dispatch->timer_worker = chosen;
  if (looks_in_time)
    return;
  synched__store_relaxed(alarm_ns, look_ns);
  /* While we hold the mutex: as soon as the pool is idle and unlocked it may be gone. */
  if (here == NULL)
    synched__waiter_interrupt(&pool->gate, &chosen->waiter);
}

void synched__timer_worker_note_shorter(struct synched_pool *pool) {
  const uint64_t due_ns = synched__run_queue_recheck_ns(&pool->dispatch->queue);
  synched__store_relaxed(&pool->never_sleep, due_ns != SYNCHED__NEVER);
}

/* What a worker takes over: a tick that is due, and how many workers its round is worth waking. */
struct tick {
  uint64_t due_ns;
  unsigned wake_count;
};

/* With the mutex held: makes the caller the leader if it is time for that; else sets when to look
 * again. */
static bool take_over_locked(struct synched__worker *worker, struct tick *tick) {
  struct synched_pool *pool = worker->pool;
  struct synched__dispatch *dispatch = pool->dispatch;
  _Atomic uint64_t *alarm_ns = &dispatch->alarms[worker->index].queue_ns;
  const uint64_t asked_ns = synched__load_relaxed(alarm_ns);
  synched__store_relaxed(alarm_ns, SYNCHED__NEVER);
  /* While rounds go on nobody needs to look; who makes the pool idle appoints a timer worker. */
  if (dispatch->timer_worker != worker || synched__dispatch_is_running(dispatch))
    return false;
  dispatch->timer_worker = NULL;
  tick->due_ns = synched__run_queue_recheck_ns(&dispatch->queue);
  if (tick->due_ns == SYNCHED__NEVER)
    return false;
  const uint64_t now_ns = synched__clock_ns();
  if (now_ns >= asked_ns)
    learn_lead(dispatch, now_ns - asked_ns);
  const uint64_t lead_ns = lead_of(dispatch);
  if (tick->due_ns > now_ns + lead_ns) {
    dispatch->timer_worker = worker;
    synched__store_relaxed(alarm_ns, tick->due_ns - lead_ns);
    return false;
  }
  const struct synched_job *job = first_sleeping(dispatch);
  const struct synched__stage *stage = job == NULL ? NULL : job->work.stages[0];
  const bool is_alone = stage == NULL || stage->balance.solo || job->control.meeting.is_next;
  tick->wake_count = is_alone ? 0 : stage->shape.wake_count;
  synched__dispatch_lead(pool);
  return true;
}

/* Those who will share the round wake up while we wait for its time. */
static void prewake_others(struct synched__worker *worker, const struct tick *tick) {
  struct synched_pool *pool = worker->pool;
  unsigned count = tick->wake_count;
  if (count > SYNCHED__WAKE_DIRECT)
    count = SYNCHED__WAKE_DIRECT; /* who wake the others, when they see the round */
  for (unsigned w = 0; w < count; w++)
    if (w != worker->index)
      synched__waiter_prewake(&pool->gate, &pool->workers[w].waiter, tick->due_ns + LEAD_ALWAYS_NS);
}

/* Until then, or until something else can run. */
static void spin_until(const struct synched__dispatch *dispatch, uint64_t due_ns) {
  while (synched__clock_ns() < due_ns && synched__load_relaxed(&dispatch->recheck_ns) != 0)
    synched__cpu_pause();
}

bool synched__timer_worker_take_over(struct synched__worker *worker) {
  struct synched__dispatch *dispatch = worker->pool->dispatch;
  struct tick tick;
  synched__mutex_lock(&dispatch->mutex);
  const bool takes_over = take_over_locked(worker, &tick);
  synched__mutex_unlock(&dispatch->mutex);
  if (!takes_over)
    return false;
  prewake_others(worker, &tick);
  spin_until(dispatch, tick.due_ns);
  return true;
}
