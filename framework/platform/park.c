/*
 * park.c: the futex by hand, because no C library has it, or libuv's mutex and condition.
 *
 * The kernel's time is not the C library's: where a long has 32 bits, SYS_futex takes two of these,
 * whatever the width of the library's time_t, and reads something else from a struct timespec of 64
 * bits. So the time is written down here as the kernel has it. Where a kernel, or its headers, know
 * no such time any more there is SYS_futex_time64, whose two numbers have 64 bits everywhere.
 */
#include "platform/park.h"

#include "base/error.h"
#include "platform/clock.h"
#include "platform/fault.h"

#if SYNCHED__FUTEX

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A long, to the kernel; x32's system calls are those of 64 bits. */
#if !defined(SYNCHED__KERNEL_LONG_MAX) && defined(__x86_64__)
#define SYNCHED__KERNEL_LONG_MAX INT64_MAX
#elif !defined(SYNCHED__KERNEL_LONG_MAX)
#define SYNCHED__KERNEL_LONG_MAX LONG_MAX
#endif

#if SYNCHED__KERNEL_LONG_MAX > INT32_MAX
typedef int64_t kernel_long;
#else
typedef int32_t kernel_long;
#endif

struct kernel_time {
  kernel_long seconds, nanoseconds;
};

struct kernel_time64 {
  int64_t seconds, nanoseconds;
};

enum { TOKEN_NONE, TOKEN_LEFT, TOKEN_AWAITED };

int synched__parker_init(struct synched__parker *parker) {
  if (synched__fault_hit(SYNCHED__FAULT_SYNC))
    return synched__fail(SYNCHED_ENOMEM, "the system refused a parking place");
  synched__store_relaxed(&parker->token, TOKEN_NONE);
  return 0;
}

void synched__parker_deinit(struct synched__parker *parker) {
  (void)parker;
}

#if defined(SYS_futex_time64)
static long futex_time64(struct synched__parker *parker, int operation, uint32_t value,
                         uint64_t until_ns) {
  const struct kernel_time64 until = {(int64_t)(until_ns / 1000000000u),
                                      (int64_t)(until_ns % 1000000000u)};
  return syscall(SYS_futex_time64, &parker->token, operation, value,
                 until_ns == UINT64_MAX ? NULL : &until, NULL, FUTEX_BITSET_MATCH_ANY);
}
#endif

/* UINT64_MAX: without a time. */
static long futex(struct synched__parker *parker, int operation, uint32_t value,
                  uint64_t until_ns) {
#if defined(SYS_futex)
  /* A time that a long cannot say is one that no machine runs for: the wait ends early, and is
   * begun again. */
  const uint64_t seconds = until_ns / 1000000000u;
  const struct kernel_time until = {
      (kernel_long)(seconds < SYNCHED__KERNEL_LONG_MAX ? seconds : SYNCHED__KERNEL_LONG_MAX),
      (kernel_long)(until_ns % 1000000000u)};
  const long result = syscall(SYS_futex, &parker->token, operation, value,
                              until_ns == UINT64_MAX ? NULL : &until, NULL, FUTEX_BITSET_MATCH_ANY);
#if defined(SYS_futex_time64)
  if (result < 0 && errno == ENOSYS)
    return futex_time64(parker, operation, value, until_ns);
#endif
  return result;
#else
  return futex_time64(parker, operation, value, until_ns);
#endif
}

/* Sleeps while the token is awaited; false when it is until_ns. Returns at once if the token is
 * there already. */
static bool sleep_until(struct synched__parker *parker, uint64_t until_ns) {
  /* This one of the kernel's waits takes a time of the monotonic clock, not a span. */
  return futex(parker, FUTEX_WAIT_BITSET_PRIVATE, TOKEN_AWAITED, until_ns) == 0 ||
         errno != ETIMEDOUT || synched__clock_ns() < until_ns;
}

bool synched__park_until(struct synched__parker *parker, uint64_t until_ns) {
  for (;;) {
    uint32_t token = TOKEN_LEFT;
    /* [token-left] acquire */
    if (synched__cas_acquire(&parker->token, &token, TOKEN_NONE))
      return true;
    token = TOKEN_NONE;
    if (!synched__cas_relaxed(&parker->token, &token, TOKEN_AWAITED) && token == TOKEN_LEFT)
      continue;
    /* Also returns for signals; the loop looks again. */
    if (sleep_until(parker, until_ns))
      continue;
    token = TOKEN_AWAITED;
    if (synched__cas_relaxed(&parker->token, &token, TOKEN_NONE))
      return false;
  }
}

void synched__unpark(struct synched__parker *parker) {
  /* [token-left] release */
  if (synched__exchange_release(&parker->token, TOKEN_LEFT) == TOKEN_AWAITED)
    (void)futex(parker, FUTEX_WAKE_PRIVATE, 1, UINT64_MAX);
}

#else

int synched__parker_init(struct synched__parker *parker) {
  if (synched__fault_hit(SYNCHED__FAULT_SYNC) || uv_mutex_init(&parker->mutex) != 0)
    return synched__fail(SYNCHED_ENOMEM, "the system refused a parking place");
  if (uv_cond_init(&parker->condition) != 0) {
    uv_mutex_destroy(&parker->mutex);
    return synched__fail(SYNCHED_ENOMEM, "the system refused a parking place");
  }
  synched__store_relaxed(&parker->token, 0);
  return 0;
}

void synched__parker_deinit(struct synched__parker *parker) {
  uv_cond_destroy(&parker->condition);
  uv_mutex_destroy(&parker->mutex);
}

bool synched__park_until(struct synched__parker *parker, uint64_t until_ns) {
  uv_mutex_lock(&parker->mutex);
  bool in_time = true;
  while (synched__load_relaxed(&parker->token) == 0 && in_time) {
    const uint64_t now_ns = synched__clock_ns();
    if (until_ns == UINT64_MAX)
      uv_cond_wait(&parker->condition, &parker->mutex);
    else if (now_ns >= until_ns)
      in_time = false;
    else
      (void)uv_cond_timedwait(&parker->condition, &parker->mutex, until_ns - now_ns);
  }
  synched__store_relaxed(&parker->token, 0);
  uv_mutex_unlock(&parker->mutex);
  return in_time;
}

void synched__unpark(struct synched__parker *parker) {
  uv_mutex_lock(&parker->mutex);
  synched__store_relaxed(&parker->token, 1);
  uv_cond_signal(&parker->condition);
  uv_mutex_unlock(&parker->mutex);
}

#endif

void synched__park(struct synched__parker *parker) {
  (void)synched__park_until(parker, UINT64_MAX);
}
