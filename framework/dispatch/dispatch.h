/*
 * dispatch.h: what a pool keeps to decide whose round is next (internal).
 *
 * A pool is idle, or running: then it has a leader, or an open round. Jobs that want a round are in
 * the run queue. A free-running job that is alone never comes near it: its leader looks at one word
 * (recheck_ns), sees that it may continue without consulting the queue, and opens the next round.
 */
#ifndef SYNCHED_DISPATCH_DISPATCH_H
#define SYNCHED_DISPATCH_DISPATCH_H

#include "dispatch/run_queue.h"
#include "job/deadline.h"
#include "job/job.h"
#include "platform/thread.h"
#include "pool/pool.h"

/* When a worker that waits looks by itself; under the mutex, read by that worker. */
struct synched__alarm {
  /* when it looks at the run queue: it is the timer worker */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint64_t queue_ns;
  /* when it looks at jobs that wait for a buffer */
  _Atomic uint64_t stall_ns;
};

_Static_assert(sizeof(struct synched__alarm) == SYNCHED__CACHE_LINE,
               "a worker's alarm is set on a line of its own");

struct synched__dispatch {
  /* Read by the leader in every round; changed when jobs come and go. */
  /* the job whose buffer pair is the open round's; leader */
  _Alignas(SYNCHED__CACHE_LINE) struct synched_job *bound;
  /* not idle; under the mutex */
  _Atomic uint32_t running;
  /* by synched__tick_ns: until then the running job may continue without consulting the queue; 0:
   * others can run, NEVER: none will; under the mutex */
  _Atomic uint64_t recheck_ns;
  /* when a worker looks at jobs that wait for a buffer; NEVER: none does. The mutex's; read by who
   * lets a job wait */
  _Atomic uint64_t stall_look_ns;

  _Alignas(SYNCHED__CACHE_LINE) struct synched__mutex mutex;
  /* this and what follows: under the mutex */
  struct synched__run_queue queue;
  /* who looks at the queue when the next tick is due; NULL: nobody */
  struct synched__worker *timer_worker;
  /* how much earlier it wakes, for the system wakes late */
  uint64_t lead_ns;
  /* jobs of the program's */
  unsigned job_count;
  /* of these, jobs of a cluster; at most 1 */
  unsigned cluster_job_count;
  /* jobs of synched_pool_for */
  unsigned sweep_count;
  /* jobs with on_stalled */
  struct synched_job *stallable;
  /* NULL: no job has had a deadline */
  struct synched__deadline_monitor *monitor;
  /* [worker_count] when each worker looks by itself */
  struct synched__alarm *alarms;
};

_Static_assert(SYNCHED__SHARE_LINE(struct synched__dispatch, bound, stall_look_ns),
               "the leader reads one line in every round");
_Static_assert(!SYNCHED__SHARE_LINE(struct synched__dispatch, stall_look_ns, mutex),
               "and who takes the mutex does not take it away");

/* SYNCHED_ENOMEM. */
int synched__dispatch_create(struct synched__dispatch **out, unsigned worker_count);
void synched__dispatch_destroy(struct synched__dispatch *dispatch);

/* SYNCHED_EBUSY: there are jobs. If there are none, a worker may be in the middle of going idle
 * after the last one, and nobody else: whoever stops the workers waits for that. */
int synched__dispatch_check_unused(struct synched__dispatch *dispatch);

/* A job is created on the pool, or destroyed: room in the run queue, a monitor if it has a
 * deadline, the list of those that are told of stalls. SYNCHED_ENOMEM, SYNCHED_EAGAIN: nothing has
 * changed. */
int synched__dispatch_attach(struct synched_job *job);
void synched__dispatch_detach(struct synched_job *job);

/* With the mutex held, whenever the queue or stall_look_ns has changed: sets recheck_ns. */
void synched__dispatch_note_recheck(struct synched__dispatch *dispatch);

/* With the mutex held: makes the caller the leader of an idle pool. */
void synched__dispatch_lead(struct synched_pool *pool);

static inline bool synched__dispatch_is_running(const struct synched__dispatch *dispatch) {
  return synched__load_relaxed(&dispatch->running) != 0;
}

#endif
