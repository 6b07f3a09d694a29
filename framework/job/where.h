/*
 * where.h: where a job is, when no round of it is open; always in exactly one place (internal).
 *
 *               open              ready             enqueue, take, withdraw
 *      IDLE ----------> STARTING ----------> OWNED <-----------------------> QUEUED
 *                        ^    | undo_open    | ^ ^ ^
 *                        |    +---> IDLE     | | | +--- wait, buffer freed ---> AWAITING
 *             open again |           finish  | | +----- pause, call ----------> PARKED
 *                        +------- RELEASED <-+ +------- bind, unbind ---------> BOUND
 *
 * Whoever takes a job out of a place owns it, and only the owner moves it on. So a move is a plain
 * store: what orders it is what gave the job away there (a mutex, memory->awaiting, the gate).
 */
#ifndef SYNCHED_JOB_WHERE_H
#define SYNCHED_JOB_WHERE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "platform/atomic.h"

enum synched__where {
  SYNCHED__WHERE_IDLE,     /* never started, or its start came to nothing */
  SYNCHED__WHERE_STARTING, /* with who starts it; left under the mutex of its requests only */
  SYNCHED__WHERE_OWNED,    /* with a thread that decides what comes next */
  SYNCHED__WHERE_QUEUED,   /* in the run queue, under the dispatch mutex */
  SYNCHED__WHERE_AWAITING, /* waits for a buffer; who exchanges memory->awaiting for 0 owns it */
  SYNCHED__WHERE_PARKED,   /* by a pause; left under the mutex of its requests only */
  SYNCHED__WHERE_BOUND,    /* its rounds are computed; the leader between two of them owns it */
  SYNCHED__WHERE_RELEASED  /* ended; the loop's, once it has departed */
};

#define SYNCHED__WHERE_COUNT 8u

static inline bool synched__where_may_move(enum synched__where from, enum synched__where to) {
#define TO(place) (1u << SYNCHED__WHERE_##place)
  static const uint8_t moves[SYNCHED__WHERE_COUNT] = {
      [SYNCHED__WHERE_IDLE] = TO(STARTING),
      [SYNCHED__WHERE_STARTING] = TO(IDLE) | TO(OWNED),
      [SYNCHED__WHERE_OWNED] = TO(QUEUED) | TO(AWAITING) | TO(PARKED) | TO(BOUND) | TO(RELEASED),
      [SYNCHED__WHERE_QUEUED] = TO(OWNED),
      [SYNCHED__WHERE_AWAITING] = TO(OWNED),
      [SYNCHED__WHERE_PARKED] = TO(OWNED),
      [SYNCHED__WHERE_BOUND] = TO(OWNED),
      [SYNCHED__WHERE_RELEASED] = TO(STARTING),
  };
#undef TO
  return (moves[from] >> to & 1u) != 0;
}

/* Any thread; a moment's picture, but for who owns the job or holds what keeps it there. */
static inline enum synched__where synched__where_is(const _Atomic uint32_t *where) {
  return (enum synched__where)synched__load_relaxed(where);
}

/* Owner. */
static inline void synched__where_move(_Atomic uint32_t *where, enum synched__where to) {
  SYNCHED_ASSERT(synched__where_may_move(synched__where_is(where), to));
  synched__store_relaxed(where, (uint32_t)to);
}

#endif
