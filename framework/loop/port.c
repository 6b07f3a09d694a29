/*
 * port.c: a job in an event loop: start, delivery, the end.
 *
 * The loop polls the job's own signal, a file descriptor, and not a uv_async_t: workers then never touch
 * anything that belongs to the loop, so closing the loop at the wrong moment cannot crash them.
 *
 * The order of the end: the engine marks the job ended and rings; the loop delivers what is still to be
 * delivered, waits until nobody is inside the job any more, closes its handle, and when that has been closed
 * calls on_done, after which it touches nothing: on_done may have destroyed the job.
 */
#include <uv.h>

#include "base/error.h"
#include "job/job.h"
#include "platform/alloc.h"
#include "platform/fault.h"

/* Statuses are handed to programs that compare them with libuv's. */
_Static_assert((int)SYNCHED_EINVAL == (int)UV_EINVAL, "status codes are libuv's");
_Static_assert((int)SYNCHED_ECANCELED == (int)UV_ECANCELED, "status codes are libuv's");
_Static_assert((int)SYNCHED_ETIMEDOUT == (int)UV_ETIMEDOUT, "status codes are libuv's");
_Static_assert((int)SYNCHED_EALREADY == (int)UV_EALREADY, "status codes are libuv's");

struct port {
  uv_poll_t poll;
  struct synched_job *job;
  uint64_t delivered_round; /* the last that on_snapshot got, or the one before the first */
  bool finishing;           /* we close the handle ourselves; on_closed follows */
  int *result;              /* for synched_job_run: where its status goes; else NULL */
};

static void deliver(struct port *port, const struct synched_snapshot *now) {
  struct synched_job *job = port->job;
  port->delivered_round = now->round;
  job->report->delivered_count++;
  job->options.on_snapshot(job, now, job->options.user);
  synched_snapshot_release(now);
}

/* The newest, unless it has been delivered, or readers have all leases. While rounds go on that is found out
 * before taking it: one lease too many, if only to look, could make a round wait. After the end nothing
 * moves, and the newest may be one that readers have already. */
static void deliver_latest(struct port *port, bool ended) {
  struct synched_memory *memory = port->job->memory;
  const unsigned lease_count = memory->buffer_count - 2;
  if (!ended && synched__memory_leased(memory) >= lease_count)
    return;
  const struct synched_snapshot *now = synched_snapshot_current(memory);
  if (now->round > port->delivered_round &&
      (!ended || synched__memory_leased(memory) <= lease_count))
    deliver(port, now);
  else
    synched_snapshot_release(now);
}

/* At most what the mailbox can hold, so that a fast job does not keep the loop here. */
static void deliver_every(struct port *port) {
  struct synched__mailbox *mailbox = &port->job->mailbox;
  for (size_t i = 0; i < mailbox->slot_count; i++) {
    const struct synched_snapshot *now = synched__mailbox_take(mailbox);
    if (now == NULL)
      return;
    deliver(port, now);
  }
  synched__job_ring(port->job);
}

/* For synched_error_message on the loop's thread, where on_done and synched_job_run hear of the status. */
static void explain(const struct synched_job *job) {
  const struct synched_report *report = job->report;
  if (report->failed_segment >= 0)
    synched__explain("segment %lld failed in round %llu with code %d (%s)",
                     (long long)report->failed_segment, (unsigned long long)report->last_round + 1,
                     report->failed_code, synched_strerror(report->failed_code));
  else if (job->status == SYNCHED_ECANCELED)
    synched__explain("the job was cancelled after round %llu",
                     (unsigned long long)report->last_round);
  else if (job->status != 0)
    synched__explain("on_round ended the job after round %llu with code %d (%s)",
                     (unsigned long long)report->last_round, job->status,
                     synched_strerror(job->status));
}

static void on_closed(uv_handle_t *handle) {
  struct port *port = handle->data;
  struct synched_job *job = port->job;
  synched_done_fn on_done = job->options.on_done;
  void *user = job->options.user;
  struct synched_report *report = job->report;
  const int status = job->status;
  report->missed_count =
      job->options.on_snapshot != NULL ? report->round_count - report->delivered_count : 0;
  if (port->result != NULL)
    *port->result = status;
  explain(job);
  job->port = NULL;
  synched__free(port);
  /* The job may be started again, reported or destroyed: pairs with the acquires in job/job.c. */
  synched__store_release(&job->state, SYNCHED__JOB_ENDED);
  if (on_done != NULL)
    on_done(job, status, report, user);
}

static void on_signal(uv_poll_t *poll, int poll_status, int events) {
  struct port *port = poll->data;
  struct synched_job *job = port->job;
  (void)poll_status;
  (void)events;
  synched__signal_clear(&job->signal);
  /* Pairs with the exchange in synched__job_ring: what was done before the ring is seen below. */
  (void)synched__exchange_seq_cst(&job->bell, 0);
  /* Before delivering, so that nothing published before the end is left behind. */
  bool ended = synched__load_acquire(&job->ended) != 0;
  if (job->mailbox.slots != NULL)
    deliver_every(port);
  else if (job->options.on_snapshot != NULL)
    deliver_latest(port, ended);
  if (!ended || uv_is_closing((uv_handle_t *)poll))
    return;
  if (!synched__job_is_released(job)) {
    synched__job_ring(job);
    return;
  }
  port->finishing = true;
  uv_close((uv_handle_t *)poll, on_closed);
}

static bool port_is_lost(void *argument) {
  const struct port *port = argument;
  return !port->finishing && uv_is_closing((const uv_handle_t *)&port->poll) != 0;
}

static void port_destroy(void *port) {
  synched__free(port);
}

static void on_discarded(uv_handle_t *handle) {
  synched__free(handle->data);
}

/* A port that polls the job's signal; the job does not know it yet. */
static int open_port(struct port **out, struct synched_job *job, struct uv_loop_s *loop) {
  struct port *port = synched__alloc(1, sizeof *port);
  if (port == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory to start a job");
  port->job = job;
  port->delivered_round = job->memory->roles.current->snapshot.round;
  int status = synched__fault_hit(SYNCHED__FAULT_LOOP)
                   ? UV_ENOMEM
                   : uv_poll_init(loop, &port->poll, job->signal.read_fd);
  if (status != 0) {
    synched__free(port);
    return synched__fail(status, "the loop takes no handle: %s", uv_strerror(status));
  }
  port->poll.data = port;
  status = synched__fault_hit(SYNCHED__FAULT_LOOP)
               ? UV_ENOMEM
               : uv_poll_start(&port->poll, UV_READABLE, on_signal);
  if (status != 0) {
    uv_close((uv_handle_t *)&port->poll, on_discarded);
    return synched__fail(status, "the loop does not poll: %s", uv_strerror(status));
  }
  *out = port;
  return 0;
}

static int start(struct synched_job *job, struct uv_loop_s *loop, int *result) {
  uint32_t before;
  int status = synched__job_claim_start(job, &before);
  if (status != 0)
    return status;
  struct port *port = NULL;
  status = open_port(&port, job, loop);
  if (status != 0) {
    synched__job_unclaim_start(job, before);
    return status;
  }
  port->result = result;
  job->port = port;
  job->port_is_lost = port_is_lost;
  job->port_destroy = port_destroy;
  synched__job_begin(job);
  return 0;
}

int synched_job_start(struct synched_job *job, struct uv_loop_s *loop) {
  if (job == NULL || loop == NULL)
    return synched__fail(SYNCHED_EINVAL, "the %s is NULL", job == NULL ? "job" : "loop");
  return start(job, loop, NULL);
}

int synched_job_run(struct synched_job *job) {
  if (job == NULL)
    return synched__fail(SYNCHED_EINVAL, "the job is NULL");
  const struct synched__worker *self = synched__worker_self();
  if (self != NULL && self->pool == job->pool)
    return synched__fail(SYNCHED_EDEADLK, "a worker cannot wait for a job of its own pool");
  uv_loop_t loop;
  int status = synched__fault_hit(SYNCHED__FAULT_LOOP) ? UV_ENOMEM : uv_loop_init(&loop);
  if (status != 0)
    return synched__fail(status, "the system refused an event loop: %s", uv_strerror(status));
  int result = 0;
  status = start(job, &loop, &result);
  (void)uv_run(&loop, UV_RUN_DEFAULT);
  (void)uv_loop_close(&loop);
  return status != 0 ? status : result;
}
