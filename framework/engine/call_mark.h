/*
 * call_mark.h: which call a worker is in, and since when (internal).
 *
 * A worker writes its own mark around each call of a work that has a deadline; the deadline monitor
 * reads it at any time.
 *
 *   [call-begun]  who sees a call sees since when it runs.
 *   [call-time]   who sees the time of a call does not see the call before it any more.
 */
#ifndef SYNCHED_ENGINE_CALL_MARK_H
#define SYNCHED_ENGINE_CALL_MARK_H

#include <stddef.h>
#include <stdint.h>

#include "platform/atomic.h"

struct synched__call_mark {
  /* segment + 1; 0: the worker is in no call */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint64_t call;
  /* when the call began, by synched__tick_ns */
  _Atomic uint64_t since_ns;
};

_Static_assert(SYNCHED__SHARE_LINE(struct synched__call_mark, call, since_ns),
               "a mark moves one line");
_Static_assert(sizeof(struct synched__call_mark) == SYNCHED__CACHE_LINE,
               "a worker marks its calls on a line of its own");

static inline void synched__call_mark_enter(struct synched__call_mark *mark, uint64_t segment,
                                            uint64_t now_ns) {
  synched__store_relaxed(&mark->call, 0);
  synched__store_release(&mark->since_ns, now_ns);  /* [call-time] release */
  synched__store_release(&mark->call, segment + 1); /* [call-begun] release */
}

static inline void synched__call_mark_leave(struct synched__call_mark *mark) {
  synched__store_relaxed(&mark->call, 0);
}

/* Segment + 1 of the call that the worker is in, and since when; 0: it is in none. Looks again
 * while one call follows the other; a round has only so many. */
static inline uint64_t synched__call_mark_read(struct synched__call_mark *mark,
                                               uint64_t *since_ns) {
  for (;;) {
    const uint64_t call = synched__load_acquire(&mark->call); /* [call-begun] acquire */
    *since_ns = synched__load_acquire(&mark->since_ns);       /* [call-time] acquire */
    if (call == 0 || synched__load_relaxed(&mark->call) == call)
      return call;
  }
}

#endif
