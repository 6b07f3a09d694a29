/*
 * next.c: see next.h.
 *
 * A job whose memory has no free buffer is not in the run queue; who releases a snapshot, or asks
 * something of the job, puts it there again.
 */
#include "dispatch/next.h"

#include "base/error.h"
#include "dispatch/stall_watch.h"
#include "dispatch/timer_worker.h"
#include "job/finish.h"
#include "job/meeting.h"
#include "job/notify.h"
#include "job/pace.h"
#include "job/publish.h"
#include "platform/clock.h"

static bool is_asked(struct synched_job *job) {
  return (synched__load_seq_cst(&job->work.state) & SYNCHED__JOB_ASKED) != 0; /* [asked] seq_cst */
}

/* Owner: when the job's last round was closed; while it waits for its first one, when it began. */
static uint64_t last_closed_ns(const struct synched_job *job) {
  return job->work.record->left_ns;
}

/* --- the run queue --- */

/* With the mutex held. */
static void add(struct synched_job *job) {
  struct synched__run_queue *queue = &job->work.pool->dispatch->queue;
  const struct synched__ticks *ticks = &job->pace.ticks;
  const struct synched_job_options *options = &job->setup.options;
  const uint64_t wanted_ns = options->deadline_ns != 0 ? options->deadline_ns : ticks->period_ns;
  if (job->control.meeting.is_next) {
    synched__run_queue_add_timed(queue, &job->entry, job->control.meeting.due_ns,
                                 job->control.meeting.due_ns);
  } else if (synched__pace_has_tick(job)) {
    synched__run_queue_add_timed(queue, &job->entry, ticks->due_ns, ticks->due_ns + wanted_ns);
  } else if (ticks->period_ns != 0) {
    const uint64_t now_ns = synched__clock_ns();
    synched__run_queue_add_timed(queue, &job->entry, now_ns, now_ns + wanted_ns);
  } else {
    synched__run_queue_add_free(queue, &job->entry);
  }
}

/* Applies what is asked of the job. true: it wants a round; else it is not ours any more. */
static bool apply_requests(struct synched_job *job) {
  if (is_asked(job))
    synched__job_publish(job, last_closed_ns(job)); /* it may not go on for long */
  switch (synched__requests_apply(job)) {
  case SYNCHED__NEXT_RUN:
    synched__meeting_choose(job);
    if (!job->control.meeting.is_next)
      synched__pace_choose(job);
    return true;
  case SYNCHED__NEXT_PARKED:
    return false;
  case SYNCHED__NEXT_STOP:
    synched__job_finish(job, 0, synched__tick_ns());
    return false;
  case SYNCHED__NEXT_CANCEL:
    synched__job_finish(job, SYNCHED_ECANCELED, synched__tick_ns());
    return false;
  }
  return false;
}

bool synched__next_enqueue_locked(struct synched_job *job) {
  struct synched__dispatch *dispatch = job->work.pool->dispatch;
  while (apply_requests(job)) {
    synched__mutex_lock(&dispatch->mutex);
    if (!is_asked(job)) {
      synched__job_move(job, SYNCHED__WHERE_QUEUED);
      add(job);
      return true;
    }
    synched__mutex_unlock(&dispatch->mutex);
  }
  return false;
}

/* By the leader, who looks at the queue next. */
static void enqueue(struct synched_job *job) {
  struct synched__dispatch *dispatch = job->work.pool->dispatch;
  if (synched__next_enqueue_locked(job))
    synched__mutex_unlock(&dispatch->mutex);
}

bool synched__next_withdraw(struct synched_job *job) {
  struct synched_pool *pool = job->work.pool;
  struct synched__dispatch *dispatch = pool->dispatch;
  synched__mutex_lock(&dispatch->mutex);
  const bool found = synched__run_queue_remove(&job->entry);
  if (found) {
    synched__job_move(job, SYNCHED__WHERE_OWNED);
    synched__dispatch_note_recheck(dispatch);
  }
  if (found && !synched__dispatch_is_running(dispatch))
    synched__timer_worker_note_shorter(pool);
  synched__mutex_unlock(&dispatch->mutex);
  return found;
}

/* Takes the next job from the run queue. NULL: the pool is idle now. */
static struct synched_job *take(struct synched_pool *pool) {
  struct synched__dispatch *dispatch = pool->dispatch;
  synched__mutex_lock(&dispatch->mutex);
  struct synched_job *job = NULL;
  if (synched__run_queue_recheck_ns(&dispatch->queue) != SYNCHED__NEVER)
    job = (struct synched_job *)synched__run_queue_take(&dispatch->queue, synched__clock_ns());
  synched__dispatch_note_recheck(dispatch);
  if (job != NULL) {
    synched__job_move(job, SYNCHED__WHERE_OWNED);
  } else {
    synched__store_relaxed(&dispatch->running, 0);
    synched__timer_worker_appoint(pool);
  }
  synched__mutex_unlock(&dispatch->mutex);
  return job;
}

/* --- the buffers --- */

static void bind_pair(struct synched_job *job) {
  job->work.pool->open->pair = job->work.memory->pair;
  job->work.pool->dispatch->bound = job;
  synched__job_move(job, SYNCHED__WHERE_BOUND);
}

void synched__next_unbind(struct synched_job *job) {
  struct synched_pool *pool = job->work.pool;
  if (pool->dispatch->bound != job)
    return;
  job->work.memory->pair = pool->open->pair;
  pool->dispatch->bound = NULL;
  synched__job_move(job, SYNCHED__WHERE_OWNED);
}

/* Owner, when no buffer is free: lets the job wait for one. true: there is one after all, or
 * something is asked of the job; else it is not the caller's any more. */
static bool await_buffer(struct synched_job *job) {
  synched__buffer_wait_begin(job);
  synched__job_publish(job, last_closed_ns(job));
  /* From the moment that it waits others may own the job and end it, while we still look at it and
   * at its memory. */
  synched__job_pin(job);
  synched__job_move(job, SYNCHED__WHERE_AWAITING);
  bool ours = synched__memory_await_buffer(job->work.memory);
  /* Sequentially consistent with `awaiting`, which who has set a bit looks at afterwards. */
  if (!ours)
    ours = is_asked(job) && synched__memory_stop_awaiting(job->work.memory);
  if (ours)
    synched__job_move(job, SYNCHED__WHERE_OWNED);
  else
    synched__stall_watch_arm(job);
  synched__job_unpin(job);
  return ours;
}

struct synched_job *synched__next_take_stalled(struct synched_pool *pool) {
  struct synched_job *job;
  do {
    job = synched__stall_watch_take(pool);
  } while (job != NULL && !await_buffer(job));
  return job;
}

/* By the leader: of a job on several ranks, which agree on something before its next round. */
static void meet(struct synched_job *job) {
  const int status = synched__meeting_hold(job);
  if (status != 0)
    synched__job_finish(job, status, synched__tick_ns());
  else
    enqueue(job);
}

/* Whether the job's next round can be opened now. If not, it waits for a buffer, or has been
 * enqueued again, or has ended. */
static bool make_ready(struct synched_job *job) {
  struct synched_memory *memory = job->work.memory;
  if (job->control.meeting.is_next) {
    meet(job);
    return false;
  }
  if (!synched__memory_take_next(memory, &memory->pair) && !await_buffer(job))
    return false;
  if (is_asked(job)) {
    enqueue(job);
    return false;
  }
  if (job->control.wait.since_ns != 0)
    synched__buffer_wait_end(job);
  bind_pair(job);
  return true;
}

/* With the mutex held: whether no other job could have a round. */
static bool is_idle_locked(struct synched__dispatch *dispatch) {
  if (synched__dispatch_is_running(dispatch))
    return false;
  const uint64_t recheck_ns = synched__run_queue_recheck_ns(&dispatch->queue);
  return recheck_ns == SYNCHED__NEVER || recheck_ns > synched__clock_ns();
}

bool synched__next_take_idle(struct synched_job *job) {
  struct synched_memory *memory = job->work.memory;
  struct synched_pool *pool = job->work.pool;
  struct synched__dispatch *dispatch = pool->dispatch;
  if (is_asked(job) || !synched__memory_take_next(memory, &memory->pair))
    return false;
  synched__mutex_lock(&dispatch->mutex);
  const bool is_idle = is_idle_locked(dispatch);
  if (is_idle)
    synched__dispatch_lead(pool);
  synched__mutex_unlock(&dispatch->mutex);
  if (!is_idle)
    return false;
  /* What is asked of the job from here on is found when its round is closed. */
  synched__pace_choose(job);
  bind_pair(job);
  return true;
}

/* --- the choice --- */

struct synched_job *synched__next_choose_anew(struct synched_pool *pool, struct synched_job *job,
                                              uint64_t now_ns) {
  if (job != NULL) {
    const bool is_alone = synched__next_continues(pool->dispatch, job, now_ns);
    job->entry.used_ns = synched__span_ns(pool->open->round_opened_ns, now_ns) + 1;
    synched__record_leave(job->work.record, now_ns, synched__load_relaxed(&pool->open->busy_ns));
    synched__next_unbind(job);
    if (!is_alone)
      enqueue(job);
    else if (make_ready(job))
      return job;
  }
  do {
    if (synched__stall_watch_is_due(pool))
      while ((job = synched__next_take_stalled(pool)) != NULL)
        enqueue(job);
    job = take(pool);
  } while (job != NULL && !make_ready(job));
  return job;
}
