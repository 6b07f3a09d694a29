/*
 * pool.h: workers, and the words through which they meet (internal).
 *
 * A pool is threads. They are created together or not at all, each is bound to its place, and they
 * wait at one gate for an epoch to advance. The pool knows nothing of rounds. What a worker does
 * about an epoch is the function that it is started with; what rounds and jobs keep for each pool
 * is theirs, and the pool only points to it.
 */
#ifndef SYNCHED_POOL_POOL_H
#define SYNCHED_POOL_POOL_H

#include <stdbool.h>

#include "platform/thread.h"
#include "platform/wait.h"

#include <synched/pool.h>

struct synched_job;
struct synched__open_round; /* engine/open_round.h */
struct synched__dispatch;   /* dispatch/dispatch.h */
struct synched__sweeps;     /* api/sweep.h */

struct synched__worker {
  /* on lines of its own */
  struct synched__waiter waiter;
  /* of the thread that is in its place: the job whose advance it waits for; NULL: its own is */
  struct synched_job *own;

  /* Fixed once the pool is created. */
  struct synched_pool *pool;
  unsigned index;
  /* in pool->ring */
  unsigned rank;
  /* of workers that share a cache */
  unsigned group;
  struct synched__thread thread;
  /* how long the system lets it go on without a sleep; UINT64_MAX: for ever */
  uint64_t allowed_awake_ns;
  struct synched_pool_worker_info info;
};

/* What a worker does from when all workers of its pool are up until the pool stops. */
typedef void (*synched__worker_fn)(struct synched__worker *worker);

struct synched_pool {
  /* The line that waiters poll: whoever opens a round writes it, and nobody writes it in
   * between. */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint64_t epoch;
  /* looked at after each wait, and written once, at the end: so it costs no line of its own */
  _Atomic uint32_t stopping;

  /* Fixed once the pool is created. */
  /* epoch and sleeper_count */
  _Alignas(SYNCHED__CACHE_LINE) struct synched__gate gate;
  struct synched__worker *workers;
  struct synched__open_round *open;
  struct synched__dispatch *dispatch;
  struct synched__sweeps *sweeps;
  /* [worker_count] workers by place, so that neighbours are near */
  unsigned *ring;
  unsigned worker_count;
  /* CPUs */
  unsigned usable_count;
  unsigned group_count;
  /* of the process whose threads the workers are */
  uint32_t generation;
  synched__worker_fn run;
  /* the registry's (pool/registry.h) */
  struct synched_pool *registered_next;
  char *name;
  /* what each worker gives itself; 0: nothing */
  int priority;
  int nice;
  struct synched_pool_info info;

  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint32_t sleeper_count;

  /* What whoever gives work to the waiting workers tells them of the next epoch
   * (platform/wait.h). */
  /* for those who are to spin; it changes whenever rounds begin or end */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint32_t never_sleep;
  /* for the others, who look at it while they spin; it rarely changes, and is written only then */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint32_t sleep_now;

  /* workers that are up, */
  _Atomic uint32_t started_count;
  /* and the thread that waits for them */
  struct synched__parker creator;
};

_Static_assert(!SYNCHED__SHARE_LINE(struct synched_pool, epoch, gate),
               "who polls the epoch takes no other line away");
_Static_assert(!SYNCHED__SHARE_LINE(struct synched_pool, info, sleeper_count),
               "what is fixed stays in every cache");
_Static_assert(!SYNCHED__SHARE_LINE(struct synched_pool, sleeper_count, never_sleep) &&
                   !SYNCHED__SHARE_LINE(struct synched_pool, never_sleep, sleep_now),
               "who counts itself asleep takes nothing away that waiters look at; nor who begins "
               "rounds, unless they are to spin");

/* With the dispatch mutex held. */
static inline void synched__pool_set_sleep_now(struct synched_pool *pool, bool sleep_now) {
  if ((synched__load_relaxed(&pool->sleep_now) != 0) != sleep_now)
    synched__store_relaxed(&pool->sleep_now, sleep_now);
}

#define SYNCHED__NICE_MOST 19

/* Makes a pool without threads. Ended by synched__pool_free. */
int synched__pool_make(struct synched_pool **out, const struct synched_pool_options *options);
void synched__pool_free(struct synched_pool *pool);

/* Starts all of its workers, or none; and stops them, when none has anything to do. */
int synched__pool_start(struct synched_pool *pool, size_t stack_bytes, synched__worker_fn run);
void synched__pool_stop(struct synched_pool *pool);

/* info.c: when the workers are up: what was obtained. */
void synched__pool_gather_info(struct synched_pool *pool);

/* info.c: adds to what the warning says already; "..." stands for what does not fit. */
__attribute__((format(printf, 2, 3))) void synched__pool_warn(struct synched_pool_info *info,
                                                              const char *format, ...);

/* The worker that the calling thread is; NULL on any other thread. */
struct synched__worker *synched__worker_self(void);

/* The same, if it is one of this pool. */
static inline struct synched__worker *synched__worker_here(const struct synched_pool *pool) {
  struct synched__worker *self = synched__worker_self();
  return self != NULL && self->pool == pool ? self : NULL;
}

/* The calling thread is in a worker's place from now on; NULL: in none. Returns what it was
 * before. */
struct synched__worker *synched__worker_be(struct synched__worker *worker);

/* A worker's thread; the argument is the worker. */
void synched__worker_main(void *argument);

/* Wakes those of the first `count` workers that sleep. Of very many it wakes only some, who wake
 * the others in their turn (synched__pool_wake_on). After the gate's advance. */
void synched__pool_wake(struct synched_pool *pool, unsigned count);

/* The same, but it wakes all of them itself: for workers who will wake nobody any more. */
void synched__pool_wake_each(struct synched_pool *pool, unsigned count);

/* The tree: how many are woken at once, and by each of the others. */
#define SYNCHED__WAKE_DIRECT 16u
#define SYNCHED__WAKE_BRANCH 4u

void synched__pool_wake_branch(struct synched__worker *worker, unsigned count);

/* Whether there are any that are left to the worker. */
static inline bool synched__pool_wakes_more(const struct synched__worker *worker, unsigned count) {
  return SYNCHED__WAKE_DIRECT + SYNCHED__WAKE_BRANCH * worker->index < count;
}

/* By one of the first `count` workers, when it has seen the gate's advance: wakes those that are
 * left to it. */
static inline void synched__pool_wake_on(struct synched__worker *worker, unsigned count) {
  if (synched__pool_wakes_more(worker, count))
    synched__pool_wake_branch(worker, count);
}

#endif
