/*
 * watch.h: deadlines (internal).
 *
 * Whoever opens a round with a deadline writes it into one word of the job; whoever closes it takes it out again. One thread of
 * the pool, the watch, which the first job with a deadline brings, sleeps until the nearest of them, and finds most of
 * them gone: rounds on time cost nothing but those two words, and an unpark where a deadline is nearer than what the
 * watch sleeps until. A deadline that is still there when its time has come it marks as missed, writes down which calls
 * are running, and tells the loop. So a call that never returns is reported although no worker is left to do that.
 */
#ifndef SYNCHED_JOB_WATCH_H
#define SYNCHED_JOB_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/atomic.h"

#include <synched/job.h>

struct synched_pool;
struct synched__watch;

/* Which call a worker is in; its own, read by the watch. The two belong together although they
 * are two: between two calls there is none, so a reader who finds the same call before and after
 * it has read the time has read that call's. Within a round no call comes twice, and only marks
 * of an open round are read. */
struct synched__call_mark {
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint64_t call; /* segment + 1; 0: none */
  _Atomic uint64_t since_ns;                           /* by synched__tick_ns */
};

/* A job's part in it. */
struct synched__watched {
  struct synched__watch *watch;     /* NULL: the job has no deadline */
  struct synched__call_mark *marks; /* [worker_count] */
  struct synched_job *next;         /* in the watch's list; under its mutex */
  _Atomic uint64_t word;            /* the open round's deadline, or 0: see watch.c */
  uint64_t round, due_ns;           /* of the open round */
  /* The last miss, for the loop; under the watch's mutex. */
  bool posted;
  struct synched_deadline_miss miss;
  struct synched_running_call *running; /* [worker_count] what miss points to, */
  struct synched_running_call *shown;   /* [worker_count] and the loop's copy of it */
};

/* Of a job with a deadline, when it is created; and its end. SYNCHED_ENOMEM, SYNCHED_EAGAIN. */
int synched__watch_init(struct synched_job *job);
void synched__watch_deinit(struct synched_job *job);

/* Before a run. */
void synched__watch_reset(struct synched_job *job);

/* Baton: a round is opened, whose deadline counts from due_ns. */
void synched__watch_open(struct synched_job *job, uint64_t round, uint64_t due_ns);

/* Baton: it is complete. true: it has missed its deadline. */
bool synched__watch_close(struct synched_job *job);

/* Loop: the last miss that has not been shown; false: there is none. *miss is valid until the next call. */
bool synched__watch_take(struct synched_job *job, struct synched_deadline_miss *miss);

static inline void synched__watch_enter(struct synched__call_mark *mark, uint64_t segment,
                                        uint64_t now_ns) {
  synched__store_relaxed(&mark->call, 0);
  /* [call-time] release: who sees the time does not see the call before any more. */
  synched__store_release(&mark->since_ns, now_ns);
  /* [call-begun] release: who sees the call sees since when. */
  synched__store_release(&mark->call, segment + 1);
}

static inline void synched__watch_leave(struct synched__call_mark *mark) {
  synched__store_relaxed(&mark->call, 0);
}

/* By the watch: segment + 1 of the call that the worker is in, and since when; 0: it is in none.
 * Looks again as long as calls follow each other, of which a round has only so many. */
static inline uint64_t synched__watch_read(struct synched__call_mark *mark, uint64_t *since_ns) {
  for (;;) {
    const uint64_t call = synched__load_acquire(&mark->call); /* [call-begun] acquire */
    *since_ns = synched__load_acquire(&mark->since_ns);       /* [call-time] acquire */
    if (call == 0 || synched__load_relaxed(&mark->call) == call)
      return call;
  }
}

#endif
