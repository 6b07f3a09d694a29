/*
 * park.h: one thread sleeps until another says so.
 *
 * A parker holds at most one token. synched__park takes it, and sleeps until there is one;
 * synched__unpark leaves it there. So an unpark that comes before the park is not lost. It is made
 * of a futex where there is one; elsewhere, and with SYNCHED_NO_FUTEX, of libuv's mutex and
 * condition.
 *
 *   [token-left]  what the unparking thread did before it left the token, to whoever takes it.
 */
#ifndef SYNCHED_PLATFORM_PARK_H
#define SYNCHED_PLATFORM_PARK_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/atomic.h"

#if defined(__linux__) && !defined(SYNCHED_NO_FUTEX)
#define SYNCHED__FUTEX 1
#else
#define SYNCHED__FUTEX 0
#include <uv.h>
#endif

struct synched__parker {
  _Atomic uint32_t token;
#if !SYNCHED__FUTEX
  uv_mutex_t mutex;
  uv_cond_t condition;
#endif
};

/* 0, or SYNCHED_ENOMEM. */
int synched__parker_init(struct synched__parker *parker);
void synched__parker_deinit(struct synched__parker *parker);

/* By the one thread that the parker belongs to, which then sees what the unparking thread did
 * before. */
void synched__park(struct synched__parker *parker);

/* The same until the monotonic clock says until_ns; UINT64_MAX: without an end. false: it is
 * until_ns, and no token has been taken. */
bool synched__park_until(struct synched__parker *parker, uint64_t until_ns);

/* By any thread. It may touch the parker until it returns, so that must outlive the call. */
void synched__unpark(struct synched__parker *parker);

#endif
