/*
 * port.c: a job in a libuv loop.
 *
 * The loop polls the job's own signal, a file descriptor, and not a uv_async_t: workers then never
 * touch anything that belongs to the loop, so closing the loop at the wrong moment cannot crash
 * them.
 */
#include <uv.h>

#include "api/check.h"
#include "base/assert.h"
#include "base/error.h"
#include "job/notify.h"
#include "job/requests.h"
#include "loop/deliver.h"
#include "platform/alloc.h"
#include "platform/fault.h"
#include "pool/pool.h"

/* Statuses are handed to programs that compare them with libuv's. */
_Static_assert((int)SYNCHED_EINVAL == (int)UV_EINVAL, "status codes are libuv's");
_Static_assert((int)SYNCHED_ECANCELED == (int)UV_ECANCELED, "status codes are libuv's");
_Static_assert((int)SYNCHED_ETIMEDOUT == (int)UV_ETIMEDOUT, "status codes are libuv's");
_Static_assert((int)SYNCHED_EALREADY == (int)UV_EALREADY, "status codes are libuv's");

/* Whether the handle keeps the loop alive. */
enum reference {
  REFERENCE_AUTO, /* unless the job is paused */
  REFERENCE_KEPT,
  REFERENCE_DROPPED
};

struct port {
  /* first: a port is found from it */
  struct synched__delivery delivery;
  uv_poll_t poll;
  /* for on_progress; keeps no loop alive */
  uv_timer_t timer;
  /* there is that timer; the program may have closed it, see has_timer() */
  bool timed;
  /* the thread of the loop */
  uv_thread_t thread;
  enum reference reference;
  /* all is delivered, but a handle that the program has closed is perhaps not gone yet */
  bool waits_for_loop;
  /* the port is lost, and we close the timer; on_let_go follows */
  bool letting_go;
  /* we close the handles ourselves; on_closed follows for each of them */
  bool finishing;
  unsigned open_count;
};

static bool is_here(const struct port *port) {
  const uv_thread_t self = uv_thread_self();
  return uv_thread_equal(&self, &port->thread) != 0;
}

static void refer(struct port *port, bool works) {
  uv_handle_t *handle = (uv_handle_t *)&port->poll;
  if (uv_is_closing(handle) || port->waits_for_loop)
    return;
  if (port->reference == REFERENCE_KEPT || (port->reference == REFERENCE_AUTO && works))
    uv_ref(handle);
  else
    uv_unref(handle);
}

/* Of several ranks any one may let the job go on. A job for which a pause is accepted still has its
 * open round, and when it is parked the loop has perhaps not been told of that round: the job has
 * notified it of all that it did before. */
static void refer_by_state(struct port *port) {
  struct synched_job *job = port->delivery.job;
  refer(port, job->work.link != NULL || !synched__requests_have_parked(job) ||
                  synched__job_is_notified(job));
}

/* --- handles that the program closes: it walks over all that its loop has --- */

/* Without its poll a port hears of nothing any more. */
static bool is_lost(void *argument) {
  const struct port *port = argument;
  return !port->finishing && uv_is_closing((const uv_handle_t *)&port->poll) != 0;
}

/* Without its timer it does no more than leave on_progress out. */
static bool has_timer(const struct port *port) {
  return port->timed && uv_is_closing((const uv_handle_t *)&port->timer) == 0;
}

static void on_let_go(uv_handle_t *handle) {
  struct port *port = handle->data;
  port->letting_go = false;
}

/* The timer of a lost port is our own to close: the port's memory must not go away before. When a
 * handle that the program closes is gone we do not hear; it has to let its loop run until then. */
static bool let_go(void *argument) {
  struct port *port = argument;
  if (!is_lost(port))
    return false;
  if (has_timer(port) && is_here(port)) {
    port->letting_go = true;
    uv_close((uv_handle_t *)&port->timer, on_let_go);
  }
  return !has_timer(port) && !port->letting_go;
}

/* --- progress --- */

static void on_timer(uv_timer_t *timer);

static void start_timer(struct port *port) {
  (void)uv_timer_start(&port->timer, on_timer, synched__progress_due_ms(&port->delivery.progress),
                       0);
}

/* A paused job gets no further. Once that has been told, its loop sleeps until it goes on. */
static void on_timer(uv_timer_t *timer) {
  struct port *port = timer->data;
  struct synched_job *job = port->delivery.job;
  SYNCHED_ASSERT(!port->finishing); /* then the timer is closed, too */
  if (synched__is_foreign(job->setup.generation))
    return;
  synched__progress_look(&port->delivery.progress, job);
  if (let_go(port) || !has_timer(port))
    return;
  if (!port->delivery.progress.paused || synched_job_state(job) != SYNCHED_JOB_PAUSED)
    start_timer(port);
}

static void open_timer(struct port *port, uv_loop_t *loop) {
  if (port->delivery.job->setup.options.on_progress == NULL)
    return;
  port->timed = uv_timer_init(loop, &port->timer) == 0;
  if (!port->timed)
    return;
  port->timer.data = port;
  uv_unref((uv_handle_t *)&port->timer);
  start_timer(port);
}

/* --- deliveries --- */

static void on_closed(uv_handle_t *handle) {
  struct port *port = handle->data;
  if (--port->open_count == 0)
    synched__delivery_finish(&port->delivery);
}

/* The loop is to come back to on_closed. */
static void close_handle(struct port *port, uv_handle_t *handle) {
  port->open_count++;
  uv_ref(handle);
  uv_close(handle, on_closed);
}

static void finish(struct port *port) {
  port->finishing = true;
  close_handle(port, (uv_handle_t *)&port->poll);
  if (has_timer(port))
    close_handle(port, (uv_handle_t *)&port->timer);
}

/* A handle that the program has closed is in the loop until this turn of the loop is over. So the
 * port must not go before the next turn. */
static void finish_next_turn(struct port *port) {
  uv_ref((uv_handle_t *)&port->poll);
  port->waits_for_loop = true;
  synched__job_notify(port->delivery.job);
}

static void on_signal(uv_poll_t *poll, int poll_status, int events) {
  struct port *port = poll->data;
  (void)poll_status;
  (void)events;
  if (synched__is_foreign(port->delivery.job->setup.generation)) {
    /* The signal is the parent's, too, which must not miss it. */
    (void)uv_poll_stop(poll);
    return;
  }
  if (port->waits_for_loop) {
    finish(port);
  } else if (synched__deliver(&port->delivery)) {
    if (port->timed && !has_timer(port))
      finish_next_turn(port);
    else
      finish(port);
  } else {
    refer_by_state(port);
    (void)let_go(port);
    if (has_timer(port) && uv_is_active((uv_handle_t *)&port->timer) == 0)
      start_timer(port);
  }
}

/* On other threads the loop can't be touched. If others keep it alive, it looks by itself; if it
 * has returned, for want of anything to do, nothing is changed by that. */
static void expect_more(void *argument) {
  struct port *port = argument;
  if (is_here(port))
    refer(port, true);
  else
    synched__job_notify(port->delivery.job);
}

static const struct synched__port_calls calls = {"on a libuv loop", is_lost, let_go, synched__free,
                                                 expect_more};

static void on_discarded(uv_handle_t *handle) {
  synched__free(handle->data);
}

/* A port that polls the job's signal; the job does not know it yet. */
static int open_port(struct synched__delivery **out, struct synched_job *job, void *loop) {
  struct port *port = synched__alloc(1, sizeof *port);
  if (port == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory to start a job");
  synched__delivery_init(&port->delivery, job);
  port->thread = uv_thread_self();
  int status = synched__fault_hit(SYNCHED__FAULT_LOOP)
                   ? UV_ENOMEM
                   : uv_poll_init(loop, &port->poll, job->delivery.signal.read_fd);
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
  open_timer(port, loop);
  refer(port, true); /* one that starts paused notifies the loop when it is parked */
  *out = &port->delivery;
  return 0;
}

/* A closed loop has no descriptor any more, and all else in it may be garbage that uv_poll_init
 * trips over: libuv overwrites it, where it is built with assertions. On some systems a loop never
 * has one; there nobody knows. */
static bool is_closed(const struct uv_loop_s *loop) {
#if defined(__linux__)
  return uv_backend_fd(loop) < 0;
#else
  (void)loop;
  return false;
#endif
}

int synched_job_start(struct synched_job *job, struct uv_loop_s *loop) {
  const int status = synched__port_check_start(job);
  if (status != 0)
    return status;
  if (loop == NULL)
    return synched__fail(SYNCHED_EINVAL, "the loop is NULL");
  if (is_closed(loop))
    return synched__fail(UV_EBADF, "the loop has been closed");
  return synched__port_start(job, &calls, open_port, loop);
}

/* For synched_job_run: where its status goes, and a loop that waits for the job whatever it
 * does. */
struct private_loop {
  uv_loop_t loop;
  int result;
};

static int open_private(struct synched__delivery **out, struct synched_job *job, void *argument) {
  struct private_loop *private_loop = argument;
  const int status = open_port(out, job, &private_loop->loop);
  if (status != 0)
    return status;
  struct port *port = (struct port *)*out;
  port->reference = REFERENCE_KEPT;
  refer(port, true);
  port->delivery.result = &private_loop->result;
  return 0;
}

int synched_job_run(struct synched_job *job) {
  int status = synched__job_check(job);
  if (status != 0)
    return status;
  const struct synched__worker *self = synched__worker_self();
  if (self != NULL && self->pool == job->work.pool)
    return synched__fail(SYNCHED_EDEADLK, "a worker cannot wait for a job of its own pool");
  struct private_loop private_loop = {.result = 0};
  status = synched__fault_hit(SYNCHED__FAULT_LOOP) ? UV_ENOMEM : uv_loop_init(&private_loop.loop);
  if (status != 0)
    return synched__fail(status, "the system refused an event loop: %s", uv_strerror(status));
  status = synched__port_start(job, &calls, open_private, &private_loop);
  (void)uv_run(&private_loop.loop, UV_RUN_DEFAULT);
  (void)uv_loop_close(&private_loop.loop);
  return status != 0 ? status : private_loop.result;
}

static int set_reference(struct synched_job *job, enum reference reference) {
  int status = synched__job_check(job);
  if (status != 0)
    return status;
  struct synched__delivery *delivery;
  status = synched__port_find(&delivery, job, &calls);
  if (status != 0)
    return status;
  if (delivery->result != NULL)
    return 0; /* synched_job_run waits in any case */
  struct port *port = (struct port *)delivery;
  port->reference = reference;
  refer_by_state(port);
  return 0;
}

int synched_job_ref(struct synched_job *job) {
  return set_reference(job, REFERENCE_KEPT);
}

int synched_job_unref(struct synched_job *job) {
  return set_reference(job, REFERENCE_DROPPED);
}
