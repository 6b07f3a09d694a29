#include "platform/park.h"

#include "base/error.h"
#include "platform/fault.h"

#if SYNCHED__FUTEX

#include <linux/futex.h>
#include <sys/syscall.h>
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

void synched__park(struct synched__parker *parker) {
  for (;;) {
    uint32_t token = TOKEN_LEFT;
    /* Pairs with the exchange in synched__unpark. */
    if (synched__cas_acquire(&parker->token, &token, TOKEN_NONE))
      return;
    token = TOKEN_NONE;
    if (!synched__cas_relaxed(&parker->token, &token, TOKEN_AWAITED) && token == TOKEN_LEFT)
      continue;
    /* Returns at once if the token came in between, and for signals; the loop looks again. */
    (void)syscall(SYS_futex, &parker->token, FUTEX_WAIT_PRIVATE, TOKEN_AWAITED, NULL, NULL, 0);
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

void synched__park(struct synched__parker *parker) {
  uv_mutex_lock(&parker->mutex);
  while (synched__load_relaxed(&parker->token) == 0)
    uv_cond_wait(&parker->condition, &parker->mutex);
  synched__store_relaxed(&parker->token, 0);
  uv_mutex_unlock(&parker->mutex);
}

void synched__unpark(struct synched__parker *parker) {
  uv_mutex_lock(&parker->mutex);
  synched__store_relaxed(&parker->token, 1);
  uv_cond_signal(&parker->condition);
  uv_mutex_unlock(&parker->mutex);
}

#endif
