#include "dispatch/stall_watch.h"

#include "platform/clock.h"

/* With the mutex held: one of the pool's workers looks at `look_ns`. */
static void appoint(struct synched_pool *pool, uint64_t look_ns) {
  struct synched__dispatch *dispatch = pool->dispatch;
  struct synched__worker *here = synched__worker_here(pool);
  struct synched__worker *looker = here != NULL ? here : &pool->workers[0];
  _Atomic uint64_t *alarm_ns = &dispatch->alarms[looker->index].stall_ns;
  /* Who does not see this yet sees a later one, or none, and takes the mutex. */
  synched__store_relaxed(&dispatch->stall_look_ns, look_ns);
  /* So that the leader looks, too, where rounds go on. */
  synched__dispatch_note_recheck(dispatch);
  if (synched__load_relaxed(alarm_ns) <= look_ns)
    return;
  synched__store_relaxed(alarm_ns, look_ns);
  if (here == NULL)
    synched__waiter_interrupt(&pool->gate, &looker->waiter);
}

void synched__stall_watch_arm(struct synched_job *job) {
  struct synched_pool *pool = job->work.pool;
  struct synched__dispatch *dispatch = pool->dispatch;
  const uint64_t due_ns = synched__load_relaxed(&job->control.wait.due_ns);
  /* [stall-due] seq_cst */
  if (due_ns == SYNCHED__NEVER || synched__load_seq_cst(&dispatch->stall_look_ns) <= due_ns)
    return;
  synched__mutex_lock(&dispatch->mutex);
  if (synched__load_relaxed(&dispatch->stall_look_ns) > due_ns)
    appoint(pool, due_ns);
  synched__mutex_unlock(&dispatch->mutex);
}

bool synched__stall_watch_is_due(const struct synched_pool *pool) {
  const uint64_t look_ns = synched__load_relaxed(&pool->dispatch->stall_look_ns);
  return look_ns != SYNCHED__NEVER && synched__clock_ns() >= look_ns;
}

struct synched_job *synched__stall_watch_take(struct synched_pool *pool) {
  struct synched__dispatch *dispatch = pool->dispatch;
  struct synched_job *taken = NULL;
  uint64_t next_ns = SYNCHED__NEVER;
  synched__mutex_lock(&dispatch->mutex);
  synched__store_seq_cst(&dispatch->stall_look_ns, SYNCHED__NEVER); /* [stall-due] seq_cst */
  const uint64_t now_ns = synched__clock_ns();
  for (struct synched_job *job = dispatch->stallable; taken == NULL && job != NULL;
       job = job->control.wait.next) {
    /* [stall-due] seq_cst */
    const uint64_t due_ns = synched__load_seq_cst(&job->control.wait.due_ns);
    if (due_ns > now_ns)
      next_ns = due_ns < next_ns ? due_ns : next_ns;
    else if (synched__memory_stop_awaiting(job->work.memory))
      taken = job;
    /* Else somebody owns it who will wait for a buffer again, and see to this, or go on. */
  }
  if (taken != NULL)
    synched__job_move(taken, SYNCHED__WHERE_OWNED);
  else if (next_ns != SYNCHED__NEVER)
    appoint(pool, next_ns);
  synched__mutex_unlock(&dispatch->mutex);
  return taken;
}

void synched__stall_watch_wake(struct synched__worker *worker) {
  struct synched_pool *pool = worker->pool;
  struct synched__dispatch *dispatch = pool->dispatch;
  _Atomic uint64_t *alarm_ns = &dispatch->alarms[worker->index].stall_ns;
  if (synched__clock_ns() < synched__load_relaxed(alarm_ns))
    return;
  synched__mutex_lock(&dispatch->mutex);
  synched__store_relaxed(alarm_ns, SYNCHED__NEVER);
  const uint64_t look_ns = synched__load_relaxed(&dispatch->stall_look_ns);
  /* Not time yet: somebody else has looked, and may count on this worker. */
  if (look_ns != SYNCHED__NEVER && look_ns > synched__clock_ns())
    appoint(pool, look_ns);
  synched__mutex_unlock(&dispatch->mutex);
}
