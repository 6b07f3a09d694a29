#include "dispatch/dispatch.h"

#include "base/error.h"
#include "platform/alloc.h"
#include "platform/clock.h"

#define JOBS_AT_FIRST 8u        /* room in the queue for so many */
#define LEAD_DEFAULT_NS 100000u /* until more is known: see timer_worker.c */

/* The two clocks of platform/clock.h drift apart: so what is computed from both is looked at again
 * after this. */
#define RECHECK_MOST_NS 100000000u

static void free_memory(struct synched__dispatch *dispatch) {
  synched__run_queue_free(&dispatch->queue);
  synched__free(dispatch->alarms);
  synched__free(dispatch);
}

static int init(struct synched__dispatch *dispatch, unsigned worker_count) {
  dispatch->alarms = synched__alloc_lines(worker_count, sizeof *dispatch->alarms);
  if (dispatch->alarms == NULL || synched__run_queue_reserve(&dispatch->queue, JOBS_AT_FIRST) != 0)
    return synched__fail(SYNCHED_ENOMEM, "no memory for the alarms of %u workers", worker_count);
  for (unsigned w = 0; w < worker_count; w++) {
    synched__store_relaxed(&dispatch->alarms[w].queue_ns, SYNCHED__NEVER);
    synched__store_relaxed(&dispatch->alarms[w].stall_ns, SYNCHED__NEVER);
  }
  dispatch->lead_ns = LEAD_DEFAULT_NS;
  synched__store_relaxed(&dispatch->recheck_ns, SYNCHED__NEVER);
  synched__store_relaxed(&dispatch->stall_look_ns, SYNCHED__NEVER);
  return synched__mutex_init(&dispatch->mutex);
}

int synched__dispatch_create(struct synched__dispatch **out, unsigned worker_count) {
  struct synched__dispatch *dispatch = synched__alloc_lines(1, sizeof *dispatch);
  if (dispatch == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for a run queue");
  const int status = init(dispatch, worker_count);
  if (status != 0) {
    free_memory(dispatch);
    return status;
  }
  *out = dispatch;
  return 0;
}

void synched__dispatch_destroy(struct synched__dispatch *dispatch) {
  if (dispatch->monitor != NULL)
    synched__deadline_monitor_destroy(dispatch->monitor);
  synched__mutex_deinit(&dispatch->mutex);
  free_memory(dispatch);
}

int synched__dispatch_check_unused(struct synched__dispatch *dispatch) {
  synched__mutex_lock(&dispatch->mutex);
  const unsigned job_count = dispatch->job_count;
  synched__mutex_unlock(&dispatch->mutex);
  if (job_count != 0)
    return synched__fail(SYNCHED_EBUSY, "the pool has %u job%s; destroy %s first", job_count,
                         job_count == 1 ? "" : "s", job_count == 1 ? "it" : "them");
  return 0;
}

static bool is_stallable(const struct synched_job *job) {
  return job->setup.options.on_stalled != NULL;
}

/* A leader waits for the other ranks of its job. It would wait for ever where those wait for this
 * rank in another job. */
static int check_cluster(const struct synched__dispatch *dispatch, const struct synched_job *job) {
  if (job->setup.options.cluster == NULL || dispatch->cluster_job_count == 0)
    return 0;
  return synched__fail(SYNCHED_EBUSY, "the pool has a job of a cluster already, and two would wait "
                                      "for each other; give each a pool of its own");
}

/* With the mutex held. */
static int attach_locked(struct synched__dispatch *dispatch, struct synched_job *job) {
  const size_t count = (size_t)dispatch->job_count + dispatch->sweep_count;
  int status = check_cluster(dispatch, job);
  if (status == 0)
    status = synched__run_queue_reserve(&dispatch->queue, count + 1);
  if (status == 0 && job->setup.options.deadline_ns != 0 && dispatch->monitor == NULL)
    status = synched__deadline_monitor_create(&dispatch->monitor);
  if (status != 0)
    return status;
  if (job->setup.is_sweep)
    dispatch->sweep_count++;
  else
    dispatch->job_count++;
  dispatch->cluster_job_count += job->setup.options.cluster != NULL;
  if (is_stallable(job)) {
    job->control.wait.next = dispatch->stallable;
    dispatch->stallable = job;
  }
  return 0;
}

int synched__dispatch_attach(struct synched_job *job) {
  struct synched__dispatch *dispatch = job->work.pool->dispatch;
  synched__mutex_lock(&dispatch->mutex);
  const int status = attach_locked(dispatch, job);
  synched__mutex_unlock(&dispatch->mutex);
  return status;
}

void synched__dispatch_detach(struct synched_job *job) {
  struct synched__dispatch *dispatch = job->work.pool->dispatch;
  synched__mutex_lock(&dispatch->mutex);
  if (job->setup.is_sweep)
    dispatch->sweep_count--;
  else
    dispatch->job_count--;
  dispatch->cluster_job_count -= job->setup.options.cluster != NULL;
  if (is_stallable(job)) {
    struct synched_job **link = &dispatch->stallable;
    while (*link != job)
      link = &(*link)->control.wait.next;
    *link = job->control.wait.next;
  }
  synched__mutex_unlock(&dispatch->mutex);
}

void synched__dispatch_note_recheck(struct synched__dispatch *dispatch) {
  uint64_t recheck_ns = synched__run_queue_recheck_ns(&dispatch->queue);
  const uint64_t look_ns = synched__load_relaxed(&dispatch->stall_look_ns);
  if (look_ns < recheck_ns)
    recheck_ns = look_ns;
  if (recheck_ns != 0 && recheck_ns != SYNCHED__NEVER) {
    const uint64_t now_ns = synched__clock_ns();
    const uint64_t left_ns = recheck_ns > now_ns ? recheck_ns - now_ns : 0;
    recheck_ns = synched__tick_ns();
    recheck_ns += left_ns < RECHECK_MOST_NS ? left_ns : RECHECK_MOST_NS;
    if (left_ns == 0)
      recheck_ns = 0;
  }
  synched__store_relaxed(&dispatch->recheck_ns, recheck_ns);
}

void synched__dispatch_lead(struct synched_pool *pool) {
  synched__store_relaxed(&pool->dispatch->running, 1);
  synched__store_relaxed(&pool->never_sleep, 1);
  synched__pool_set_sleep_now(pool, false);
  synched__dispatch_note_recheck(pool->dispatch);
}
