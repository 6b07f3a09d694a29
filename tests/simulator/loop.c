/*
 * loop.c: the part of libuv that the library uses: threads, locks, and loops with polled
 * descriptors and timers.
 */
#include <string.h>
#include <uv.h>

#include "internal.h"

/* system.c's, by whose names redirect.h knows them */
int sim_poll(void *list, unsigned long count, int timeout_ms);

struct polled {
  int fd;
  short events, revents;
};

#define SITE __builtin_return_address(0)
#define HANDLES_MOST 64u

/* --- threads and locks --- */

struct start {
  uv_thread_cb run;
  void *argument;
};

int uv_thread_create_ex(uv_thread_t *thread, const uv_thread_options_t *options, uv_thread_cb run,
                        void *argument) {
  (void)options;
  sim_point();
  if (sim_refuses("is refused a thread"))
    return UV_EAGAIN;
  *thread = (uv_thread_t)(sim_fibre_create(run, argument) + 1);
  sim_note("creates a thread", 0, *thread - 1, 0, 0, SITE);
  sim_point();
  return 0;
}

int uv_thread_join(uv_thread_t *thread) {
  sim_thread_join((unsigned)*thread - 1);
  return 0;
}

uv_thread_t uv_thread_self(void) {
  return (uv_thread_t)(sim->current + 1);
}

int uv_thread_equal(const uv_thread_t *a, const uv_thread_t *b) {
  return *a == *b;
}

int uv_mutex_init(uv_mutex_t *mutex) {
  (void)mutex;
  return sim_refuses("is refused a lock") ? UV_ENOMEM : 0;
}

void uv_mutex_destroy(uv_mutex_t *mutex) {
  (void)mutex;
}

void uv_mutex_lock(uv_mutex_t *mutex) {
  sim_lock_take(mutex);
}

void uv_mutex_unlock(uv_mutex_t *mutex) {
  sim_lock_give(mutex);
}

/* The library's data are put back before each execution, so what is done once is done in each. Only
 * the clock is calibrated so: it finds none that it trusts, and then nothing is to be done. */
void uv_once(uv_once_t *once, void (*function)(void)) {
  (void)once;
  (void)function;
}

const char *uv_strerror(int status) {
  (void)status;
  return "refused";
}

/* --- loops --- */

/* Handles of all loops, in the order in which they began; in the loop's own room. */
struct handles {
  uv_handle_t *list[HANDLES_MOST];
  unsigned count;
};

/* libuv leaves this field to its user, which the library is not. */
static struct handles *handles_of(const uv_loop_t *loop) {
  return loop->data;
}

int uv_loop_init(uv_loop_t *loop) {
  if (sim_refuses("is refused a loop"))
    return UV_ENOMEM;
  memset(loop, 0, sizeof *loop);
  loop->data = sim_heap_take(sizeof(struct handles), 16, false);
  loop->backend_fd = 3;
  return 0;
}

int uv_loop_close(uv_loop_t *loop) {
  if (handles_of(loop)->count != 0)
    return UV_EBUSY;
  sim_heap_give(loop->data, SITE);
  loop->backend_fd = -1;
  return 0;
}

int uv_backend_fd(const uv_loop_t *loop) {
  return loop->backend_fd;
}

enum { HANDLE_ACTIVE = 1, HANDLE_REFERRED = 2, HANDLE_CLOSING = 4 };

static void begin(uv_loop_t *loop, uv_handle_t *handle, uv_handle_type type) {
  struct handles *handles = handles_of(loop);
  if (handles->count == HANDLES_MOST)
    sim_fail("the simulator's handles are used up");
  handle->loop = loop;
  handle->type = type;
  handle->flags = HANDLE_REFERRED;
  handle->close_cb = NULL;
  handles->list[handles->count++] = handle;
}

int uv_is_closing(const uv_handle_t *handle) {
  return (handle->flags & HANDLE_CLOSING) != 0;
}

int uv_is_active(const uv_handle_t *handle) {
  return (handle->flags & HANDLE_ACTIVE) != 0;
}

void uv_ref(uv_handle_t *handle) {
  handle->flags |= HANDLE_REFERRED;
}

void uv_unref(uv_handle_t *handle) {
  handle->flags &= ~(unsigned)HANDLE_REFERRED;
}

void uv_close(uv_handle_t *handle, uv_close_cb on_closed) {
  if (uv_is_closing(handle))
    sim_fail("a handle is closed twice");
  handle->flags = (handle->flags & HANDLE_REFERRED) | HANDLE_CLOSING;
  handle->close_cb = on_closed;
}

int uv_poll_init(uv_loop_t *loop, uv_poll_t *poll, int descriptor) {
  if (sim_refuses("is refused a handle"))
    return UV_ENOMEM;
  begin(loop, (uv_handle_t *)poll, UV_POLL);
  poll->io_watcher.fd = descriptor;
  return 0;
}

int uv_poll_start(uv_poll_t *poll, int events, uv_poll_cb on_event) {
  (void)events;
  poll->poll_cb = on_event;
  poll->flags |= HANDLE_ACTIVE;
  return 0;
}

int uv_poll_stop(uv_poll_t *poll) {
  poll->flags &= ~(unsigned)HANDLE_ACTIVE;
  return 0;
}

int uv_timer_init(uv_loop_t *loop, uv_timer_t *timer) {
  begin(loop, (uv_handle_t *)timer, UV_TIMER);
  return 0;
}

int uv_timer_start(uv_timer_t *timer, uv_timer_cb on_timer, uint64_t timeout_ms,
                   uint64_t repeat_ms) {
  (void)repeat_ms;
  timer->timer_cb = on_timer;
  timer->timeout = sim->now_ns / 1000000u + timeout_ms;
  timer->flags |= HANDLE_ACTIVE;
  return 0;
}

static bool is_alive(const uv_loop_t *loop) {
  const struct handles *handles = handles_of(loop);
  for (unsigned i = 0; i < handles->count; i++) {
    const unsigned flags = handles->list[i]->flags;
    if ((flags & HANDLE_CLOSING) != 0 ||
        (flags & (HANDLE_ACTIVE | HANDLE_REFERRED)) == (HANDLE_ACTIVE | HANDLE_REFERRED))
      return true;
  }
  return false;
}

static bool close_one(uv_loop_t *loop) {
  struct handles *handles = handles_of(loop);
  for (unsigned i = 0; i < handles->count; i++) {
    uv_handle_t *handle = handles->list[i];
    if (!uv_is_closing(handle))
      continue;
    handles->count--;
    memmove(&handles->list[i], &handles->list[i + 1],
            (handles->count - i) * sizeof handles->list[0]);
    if (handle->close_cb != NULL)
      handle->close_cb(handle);
    return true;
  }
  return false;
}

static bool run_timers(uv_loop_t *loop) {
  struct handles *handles = handles_of(loop);
  for (unsigned i = 0; i < handles->count; i++) {
    uv_timer_t *timer = (uv_timer_t *)handles->list[i];
    if (timer->type != UV_TIMER || (timer->flags & HANDLE_ACTIVE) == 0 ||
        timer->timeout * 1000000u > sim->now_ns)
      continue;
    timer->flags &= ~(unsigned)HANDLE_ACTIVE;
    timer->timer_cb(timer);
    return true;
  }
  return false;
}

/* How long the loop may wait for its descriptors; -1: for ever. */
static int timeout_of(uv_loop_t *loop) {
  struct handles *handles = handles_of(loop);
  uint64_t least_ms = UINT64_MAX;
  const uint64_t now_ms = sim->now_ns / 1000000u;
  for (unsigned i = 0; i < handles->count; i++) {
    const uv_timer_t *timer = (const uv_timer_t *)handles->list[i];
    if ((timer->flags & HANDLE_CLOSING) != 0)
      return 0;
    if (timer->type != UV_TIMER || (timer->flags & HANDLE_ACTIVE) == 0)
      continue;
    const uint64_t left_ms = timer->timeout > now_ms ? timer->timeout - now_ms : 0;
    least_ms = left_ms < least_ms ? left_ms : least_ms;
  }
  return least_ms == UINT64_MAX ? -1 : least_ms > 3600000u ? 3600000 : (int)least_ms;
}

static void run_polled(uv_loop_t *loop) {
  struct handles *handles = handles_of(loop);
  struct polled list[HANDLES_MOST];
  uv_poll_t *polls[HANDLES_MOST];
  unsigned count = 0;
  for (unsigned i = 0; i < handles->count; i++) {
    uv_poll_t *poll = (uv_poll_t *)handles->list[i];
    if (poll->type != UV_POLL || (poll->flags & HANDLE_ACTIVE) == 0)
      continue;
    list[count] = (struct polled){.fd = poll->io_watcher.fd, .events = 1};
    polls[count++] = poll;
  }
  if (sim_poll(list, count, timeout_of(loop)) == 0)
    return;
  for (unsigned i = 0; i < count; i++)
    if (list[i].revents != 0 && (polls[i]->flags & HANDLE_ACTIVE) != 0)
      polls[i]->poll_cb(polls[i], 0, UV_READABLE);
}

int uv_run(uv_loop_t *loop, uv_run_mode mode) {
  (void)mode;
  while (is_alive(loop)) {
    while (run_timers(loop))
      continue;
    run_polled(loop);
    while (close_one(loop))
      continue;
  }
  return 0;
}
