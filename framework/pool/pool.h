/*
 * pool.h: workers, and the words through which they meet (internal).
 *
 * Phases. At any moment the pool is idle, or exactly one thread holds the baton, or a round is open. Who
 * completes the last segment of an open round gets the baton with that; a thread that submits a job to an
 * idle pool gets it under the mutex. Only the holder writes the plain fields below, and it gives the baton up by
 * opening a round (the advance of the gate releases all it wrote) or by going idle.
 *
 * A worker that comes late, rounds after the one it was meant for, may be reading while the holder
 * writes. So what a worker reads before it has claimed a segment is atomic and checked against the
 * epoch (turns, cursors); once it has claimed one, the round cannot close before it is done.
 */
#ifndef SYNCHED_POOL_POOL_H
#define SYNCHED_POOL_POOL_H

#include <stdbool.h>

#include "memory/memory.h"
#include "platform/thread.h"
#include "platform/wait.h"
#include "pool/schedule.h"

#include <synched/pool.h>

struct synched_job;
struct synched__watch;

struct synched__worker {
  /* (epoch, segments left) of its home range: see job/claim.h. Its owner's and thieves'. */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint64_t cursor;
  struct synched__waiter waiter; /* on lines of its own */
  uint64_t
      opened_epoch; /* the last that it opened, and when: its own, to save a look at the clock */
  uint64_t opened_ns;
  uint64_t part_ns; /* what its part of a static round took when last it could tell */
  _Atomic uint64_t
      keep_ns; /* when it is to look at the schedule; under the pool's mutex, read by itself */
  _Atomic uint64_t look_ns;  /* and when at jobs that wait for a buffer; the same */
  struct synched_pool *pool; /* from here on: fixed once the pool is created */
  unsigned index;
  unsigned rank;  /* in pool->ring */
  unsigned group; /* of workers that count together: see job/tally.h */
  struct synched__thread thread;
  uint64_t allowed_awake_ns; /* by the system, without a sleep; UINT64_MAX: for ever */
  struct synched_pool_worker_info info;
};

/* Whose round an epoch is, and its shape (job/claim.h). There are two of them, by the epoch's last bit, so
 * that the one of the open round is not written while it is open. */
struct synched__turn {
  _Atomic(struct synched_job *) job;
  _Atomic uint64_t shape;
};

/* What a job gives its pool to run. */
struct synched__duties {
  /* A worker's part in the round of an epoch. Returns the last epoch in which the worker has done its part. */
  uint64_t (*participate)(struct synched__worker *worker, uint64_t epoch);
  /* What it does when it has been waiting until keep_ns or look_ns, or has been poked, and the epoch is still the one that it
   * has seen. Returns the same. */
  uint64_t (*keep)(struct synched__worker *worker, uint64_t seen);
};

struct synched_pool {
  /* The line that waiters poll: written by who opens a round, and by nobody in between. */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint64_t epoch;

  /* The other line that every round moves, read by everybody once the epoch has advanced; baton. Not in the epoch's:
   * who closes a round writes it piece by piece, and those who poll would take the line away after each of them.
   * Who counts itself out does so on yet another line (job/job.h). */
  _Alignas(SYNCHED__CACHE_LINE) uint64_t opened_ns; /* when the round was opened */
  uint64_t round;                                   /* its number */
  uint64_t outstanding;        /* segments that were not computed yet when it was opened */
  struct synched__roles roles; /* of its memory: current is what calls read, out what they write */

  /* Written when the pool turns to another job, or one changes shape. */
  _Alignas(SYNCHED__CACHE_LINE) struct synched__turn turns[2];
  _Atomic(const struct synched__duties *) duties;

  /* Fixed once the pool is created. */
  _Alignas(SYNCHED__CACHE_LINE) struct synched__gate gate; /* epoch and sleeper_count */
  struct synched__worker *workers;
  unsigned *ring; /* [worker_count] workers by place, so that neighbours are near */
  unsigned worker_count;
  unsigned usable_count; /* CPUs */
  unsigned group_count;
  uint32_t generation;                  /* of the process whose threads the workers are */
  struct synched_pool *registered_next; /* pool/registry.h */
  char *name;
  int priority; /* what each worker gives itself; 0: nothing */
  int nice;
  struct synched_pool_info info;

  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint32_t sleeper_count;
  _Atomic uint32_t stopping;

  /* Read by the baton's holder in every round; changed when jobs come and go. */
  struct synched_job *occupant; /* whose roles are in the first line; baton */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint32_t running; /* not idle; under the mutex */
  _Atomic uint32_t expectant; /* not idle, or some tick will be due; under the mutex */
  _Atomic uint32_t resting;   /* idle, and will be for long; under the mutex */
  _Atomic uint64_t
      attention_ns; /* by synched__tick_ns: until then only the job that is being computed can run;
                                    0: others can, NEVER: none will; under the mutex */

  _Atomic uint64_t
      look_ns; /* when a worker looks at jobs that wait for a buffer; NEVER: none does; the
                               mutex's, read by who leaves a job to wait */

  struct synched__mutex mutex;
  struct synched__schedule schedule; /* under the mutex, as what follows */
  struct synched__worker *keeper;    /* who looks at it when the next tick is due; NULL: nobody */
  uint64_t lead_ns;                  /* how much earlier, for the system wakes late */
  unsigned job_count;
  struct synched_job *stallable;  /* job/stall.h */
  struct synched__watch *watch;   /* job/watch.h; NULL: no job has had a deadline */
  void (*watch_end)(void *watch); /* when the pool ends */
  _Atomic uint32_t started_count; /* workers that are up */
  struct synched__parker creator; /* who waits for them */
};

/* The worker that the calling thread is; NULL on any other thread. */
struct synched__worker *synched__worker_self(void);

/* A worker's thread; the argument is the worker. */
void synched__worker_main(void *argument);

/* Wakes the first `count` workers as far as they sleep; of very many only some, who wake the others in their turn
 * (synched__pool_wake_on). After the gate's advance. */
void synched__pool_wake(struct synched_pool *pool, unsigned count);

/* The same, but all of them at once: for workers who will wake nobody any more. */
void synched__pool_wake_each(struct synched_pool *pool, unsigned count);

/* The tree: how many are woken at once, and by each of the others. */
#define SYNCHED__WAKE_DIRECT 16u
#define SYNCHED__WAKE_BRANCH 4u

void synched__pool_wake_branch(struct synched__worker *worker, unsigned count);

/* By one of the first `count` workers, when it has seen the gate's advance: wakes those that are left to it. */
static inline void synched__pool_wake_on(struct synched__worker *worker, unsigned count) {
  if (SYNCHED__WAKE_DIRECT + SYNCHED__WAKE_BRANCH * worker->index < count)
    synched__pool_wake_branch(worker, count);
}

/* A job is created on the pool, or destroyed. The duties are the same every time. SYNCHED_ENOMEM: nothing has
 * changed. */
int synched__pool_attach(struct synched_pool *pool, const struct synched__duties *duties);
void synched__pool_detach(struct synched_pool *pool);

#endif
