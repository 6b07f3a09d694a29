#include "loop/deliver.h"

#include "api/check.h"
#include "api/start.h"
#include "api/sweep.h"
#include "base/error.h"
#include "job/explain.h"
#include "job/notify.h"
#include "platform/alloc.h"
#include "platform/thread.h"
#include "pool/pool.h"
#include "report/collect.h"
#include "report/environment.h"

void synched__delivery_init(struct synched__delivery *delivery, struct synched_job *job) {
  delivery->job = job;
  delivery->delivered_round = job->work.memory->pair.current->snapshot.round;
  synched__progress_begin(&delivery->progress, job);
}

/* --- snapshots --- */

static void show(struct synched__delivery *delivery, const struct synched_snapshot *now) {
  struct synched_job *job = delivery->job;
  job->delivery.passed_over = now->round - delivery->delivered_round - 1;
  delivery->delivered_round = now->round;
  synched__counter_add(&job->work.record->delivered_count, 1);
  job->setup.options.on_snapshot(job, now, job->setup.options.user);
  job->delivery.passed_over = 0;
  synched_snapshot_release(now);
}

/* The newest, unless it has been delivered, or readers have all leases. While rounds go on that is
 * found out before taking it: one lease too many, if only to look, could make a round wait. After
 * the end nothing moves, and the newest may be one that readers have already. */
static void deliver_latest(struct synched__delivery *delivery, bool ended) {
  struct synched_memory *memory = delivery->job->work.memory;
  const unsigned lease_count = memory->buffer_count - 2;
  if (!ended && synched__memory_leased(memory) >= lease_count)
    return;
  const struct synched_snapshot *now = synched_snapshot_current(memory);
  if (now->round > delivery->delivered_round &&
      (!ended || synched__memory_leased(memory) <= lease_count))
    show(delivery, now);
  else
    synched_snapshot_release(now);
}

/* At most what the mailbox can hold, so that a fast job does not keep the loop here. */
static void deliver_every(struct synched__delivery *delivery) {
  struct synched__mailbox *mailbox = &delivery->job->delivery.mailbox;
  for (size_t i = 0; i < mailbox->slot_count; i++) {
    const struct synched_snapshot *now = synched__mailbox_take(mailbox);
    if (now == NULL)
      return;
    show(delivery, now);
  }
  synched__job_notify(delivery->job);
}

/* --- everything --- */

static void deliver_steered(struct synched_job *job, struct synched__request_list *completed) {
  struct synched__request *request;
  while ((request = synched__request_take_first(completed)) != NULL) {
    const struct synched_steered steered = request->steered;
    synched__free(request);
    if (job->setup.options.on_steered != NULL)
      job->setup.options.on_steered(job, &steered, job->setup.options.user);
  }
}

static void deliver_miss(struct synched_job *job) {
  struct synched_deadline_miss miss;
  if (synched__deadline_take(job, &miss) && job->setup.options.on_deadline != NULL)
    job->setup.options.on_deadline(job, &miss, job->setup.options.user);
}

static void deliver_stall(struct synched_job *job) {
  struct synched_stall stall;
  if (synched__buffer_wait_take(job, &stall))
    job->setup.options.on_stalled(job, &stall, job->setup.options.user);
}

/* A callback may have closed the loop's handle. */
static bool is_lost(const struct synched_job *job) {
  return job->delivery.port_calls->is_lost(synched__load_relaxed(&job->delivery.port));
}

bool synched__deliver(struct synched__delivery *delivery) {
  struct synched_job *job = delivery->job;
  synched__job_answer(job);
  /* Before delivering, so that nothing published before the end is left behind. */
  const bool ended = synched__load_acquire(&job->delivery.ended) != 0; /* [job-ended] acquire */
  /* And so that a call is complete after the snapshots of the rounds before it. */
  struct synched__request_list completed = synched__requests_take_done(job);
  if (job->delivery.mailbox.slots != NULL)
    deliver_every(delivery);
  else if (job->setup.options.on_snapshot != NULL)
    deliver_latest(delivery, ended);
  if (!is_lost(job))
    deliver_miss(job);
  if (!is_lost(job))
    deliver_stall(job);
  if (!is_lost(job))
    deliver_steered(job, &completed);
  synched__requests_free_all(&completed);
  if (!ended && !is_lost(job))
    synched__progress_look(&delivery->progress, job);
  if (!ended || is_lost(job))
    return false;
  if (synched__job_is_released(job)) {
    synched__progress_end(&delivery->progress, job);
    if (is_lost(job))
      return false;
    if (job->setup.is_sweep)
      synched__sweep_note_end(job->setup.options.user);
    return true;
  }
  /* Whoever is inside may be of lower priority than we are: to come back at once might keep it
   * there for good. */
  synched__thread_nap();
  synched__job_notify(job);
  return false;
}

/* --- the end --- */

void synched__delivery_finish(struct synched__delivery *delivery) {
  struct synched_job *job = delivery->job;
  synched_done_fn on_done = job->setup.options.on_done;
  void *user = job->setup.options.user;
  struct synched_report *report = job->delivery.report;
  const int status = job->delivery.status;
  if (!job->setup.is_sweep) {
    synched__report_collect(report, job->work.record);
    synched__environment_write(report);
  }
  if (delivery->result != NULL)
    *delivery->result = status;
  /* For this thread, where on_done and synched_job_run hear of the status. */
  synched__explain_end(job);
  synched__store_relaxed(&job->delivery.loop_thread_id, 0);
  synched__store_relaxed(&job->delivery.port, NULL);
  synched__free(delivery);
  /* The job may be started again, reported or destroyed. [run-over] release */
  synched__store_release(&job->work.state, SYNCHED__JOB_ENDED);
  if (on_done != NULL)
    on_done(job, status, report, user);
}

/* --- the start --- */

int synched__port_check_start(const struct synched_job *job) {
  const int status = synched__job_check(job);
  if (status != 0)
    return status;
  if (synched__worker_self() != NULL)
    return synched__fail(SYNCHED_EPERM, "a worker has no event loop to start a job on");
  return 0;
}

int synched__port_start(struct synched_job *job, const struct synched__port_calls *calls,
                        synched__port_open_fn open, void *argument) {
  uint32_t before;
  int status = synched__requests_open(job, &before);
  if (status != 0)
    return status;
  struct synched__delivery *delivery = NULL;
  status = open(&delivery, job, argument);
  if (status != 0) {
    synched__requests_undo_open(job, before);
    return status;
  }
  job->delivery.port_calls = calls;
  synched__store_relaxed(&job->delivery.loop_thread_id, synched__thread_id());
  synched__store_release(&job->delivery.port, delivery); /* [port-set] release */
  synched__job_begin(job);
  return 0;
}

int synched__port_find(struct synched__delivery **out, struct synched_job *job,
                       const struct synched__port_calls *calls) {
  const uint64_t thread_id = synched__load_relaxed(&job->delivery.loop_thread_id);
  if (thread_id == 0)
    return synched__fail(SYNCHED_ENOENT, "the job is not started %s", calls->way);
  /* On the wrong thread the port may go away at any moment: it is not looked at. */
  if (thread_id != synched__thread_id())
    return synched__fail(SYNCHED_EPERM, "the job was started on another thread");
  if (job->delivery.port_calls != calls)
    return synched__fail(SYNCHED_ENOENT, "the job is not started %s", calls->way);
  *out = synched__load_relaxed(&job->delivery.port);
  return 0;
}
