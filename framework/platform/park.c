#include "platform/park.h"

#include "base/error.h"
#include "platform/fault.h"

#if SYNCHED__FUTEX

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

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

/* Sleeps while the token is awaited; false when it is until_ns. Returns at once if the token has come in between. */
static bool sleep_until(struct synched__parker *parker, uint64_t until_ns) {
  const struct timespec until = {.tv_sec = (time_t)(until_ns / 1000000000u),
                                 .tv_nsec = (long)(until_ns % 1000000000u)};
  /* This one of the kernel's waits takes a time of the monotonic clock, not a span. */
  return syscall(SYS_futex, &parker->token, FUTEX_WAIT_BITSET_PRIVATE, TOKEN_AWAITED,
                 until_ns == UINT64_MAX ? NULL : &until, NULL, FUTEX_BITSET_MATCH_ANY) == 0 ||
         errno != ETIMEDOUT;
}

bool synched__park_until(struct synched__parker *parker, uint64_t until_ns) {
  for (;;) {
    uint32_t token = TOKEN_LEFT;
    /* Pairs with the exchange in synched__unpark. */
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
  /* Release: pairs with the compare-exchange in synched__park. */
  if (synched__exchange_acq_rel(&parker->token, TOKEN_LEFT) == TOKEN_AWAITED)
    (void)syscall(SYS_futex, &parker->token, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
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
    const uint64_t now_ns = uv_hrtime();
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
