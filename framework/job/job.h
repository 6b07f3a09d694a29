/*
 * job.h: a job and the parts of the engine that run it (internal).
 *
 * Who writes what: everything is fixed at creation, except for the atomic fields, what says "baton" (written
 * by the holder of the pool's baton only, read by calls of an open round), a worker's failure (its own),
 * and what says "loop" (the loop's thread).
 *
 * After a worker has counted itself out of a round it touches nothing of the job, which may be gone by
 * then; only the closing worker, who holds the baton, may go on. The last touch of an ended job is
 * the store to `departed`.
 */
#ifndef SYNCHED_JOB_JOB_H
#define SYNCHED_JOB_JOB_H

#include <stdbool.h>

#include "job/balance.h"
#include "job/claim.h"
#include "job/mailbox.h"
#include "job/order.h"
#include "job/tally.h"
#include "memory/memory.h"
#include "platform/signal.h"
#include "report/record.h"

#include <synched/job.h>

/* A job's state: one of the first three, and the bit of a cancellation that has not taken effect. */
enum synched__job_state {
  SYNCHED__JOB_READY = 0,
  SYNCHED__JOB_STARTED = 1,
  SYNCHED__JOB_ENDED = 2,
  SYNCHED__JOB_CANCELLED = 4
};

#define SYNCHED__NO_SEGMENT UINT64_MAX

/* The lowest segment that failed on one worker. */
struct synched__failure {
  _Alignas(SYNCHED__CACHE_LINE) uint64_t segment;
  int code;
};

struct synched_job {
  struct synched_pool *pool;
  struct synched_memory *memory;
  struct synched_report *report;
  struct synched_job_options options;
  struct synched__shape shape;       /* batch: baton */
  struct synched__order order;       /* baton */
  struct synched__tally *tallies;    /* [pool->group_count]; NULL: few workers count on one line */
  struct synched__failure *failures; /* [worker_count] */
  double *contributions;             /* [segment_count * stride]; NULL without a fold */
  size_t contribution_stride;        /* so that tiny jobs' segments do not share lines */
  uint64_t base_round, last_round;   /* of this run: before its first; and its last, 0: no limit */
  _Atomic uint32_t state;
  _Atomic uint64_t skip_from; /* segments from here on need no calls: a lower one has failed */
  bool initialising;          /* baton: the round is that of options.init */
  bool initialised;           /* baton: it has been */
  bool tallies_partial;       /* baton: they stand at the rest of a round */

  /* The line that who counts itself out of a round takes, and with it what only the last of them needs. */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint64_t
      remaining;                   /* segments not completed << 32 | compute ns */
  struct synched__balance balance; /* baton */

  /* Baton. */
  _Alignas(SYNCHED__CACHE_LINE) uint64_t
      blocked_ns;           /* since when it has waited for a buffer; 0: it does not */
  struct synched_job *next; /* in the pool's list; under its mutex */

  /* Towards the loop. */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint32_t
      bell;                       /* the signal has been raised and not been heard */
  _Atomic uint32_t ended;         /* status and report are final */
  _Atomic uint32_t departed;      /* the engine has left it for good */
  _Atomic uint32_t visitor_count; /* threads inside it that are not the engine's */
  int status;
  struct synched__signal signal;
  struct synched__mailbox mailbox;

  /* Loop. */
  void *port;                       /* the loop's part while it is started */
  bool (*port_is_lost)(void *port); /* its handle was closed under it */
  void (*port_destroy)(void *port); /* then */
};

/* One worker's part in one round: lives on its stack. */
struct synched__run {
  struct synched__worker *worker;
  struct synched_pool *pool;
  struct synched_job *job; /* not to be touched before a segment is claimed */
  uint64_t epoch;
  struct synched__shape shape;
  uint64_t start_ns;      /* of this stretch of calls */
  uint64_t now_ns;        /* when its last call ended */
  uint64_t work_ns;       /* told to the closing worker so far */
  uint64_t round_work_ns; /* of all workers: for the closing worker */
};

/* segment.c: the calls for `range`, which this run has claimed; `home`: it is the worker's own. */
void synched__run_range(struct synched__run *run, struct synched__range range, bool home);

/* segment.c: writes a stretch of calls down in the worker's record; run->now_ns is set. Returns its ns. */
uint64_t synched__run_record(struct synched__run *run);

/* round.c: what a worker does about an epoch. */
uint64_t synched__participate(struct synched__worker *worker, uint64_t epoch);

/* round.c: baton: makes the pool's plain fields those of the job's next round. */
void synched__round_prepare(struct synched_pool *pool, struct synched_job *job, uint64_t now_ns);

/* round.c: baton: how many workers are worth waking for a round: all where each has a part of its own, else as
 * many as the work lasts. */
void synched__round_set_wake(struct synched_job *job);

/* round.c: opens the prepared round for everybody as that of `epoch`; gives the baton away with that. */
void synched__round_announce(struct synched_pool *pool, struct synched_job *job, uint64_t epoch);

/* round.c: the same in the middle of a round: what the run has not computed, from segment position `next` on. */
void synched__round_announce_rest(struct synched__run *run, size_t next);

/* round.c: the same, by a worker that computes its home range before; for static rounds. Returns the epoch. */
uint64_t synched__round_announce_late(struct synched__run *run);

/* round.c: a worker's part in a round with stealing. true: this completed the round. */
bool synched__take_part_balanced(struct synched__run *run);

/* solo.c: whether this worker should compute the prepared round by itself. */
bool synched__is_solo(const struct synched__worker *worker, const struct synched_job *job);

/* solo.c: computes the prepared round, alone as long as that is right. true: this completed it. */
bool synched__run_solo(struct synched__run *run);

/* close.c: ends the round that this run completed, decides what comes next, until the baton is given away. Returns
 * the last epoch in which the worker has done its part. */
uint64_t synched__close_and_go_on(struct synched__run *run);

/* turn.c: makes a job ready to take its turn. Takes the baton if the pool is idle. Any thread. */
void synched__job_submit(struct synched_job *job);

/* turn.c: baton: gives the memory its roles back, if the pool has them. */
void synched__turn_vacate(struct synched_job *job);

/* turn.c: the same as a memory's on_free. */
void synched__job_resume(void *argument);

/* turn.c: baton: whose round is next; `job` wants one more, if it is not NULL. NULL: the pool is idle
 * now, and the baton is gone. */
struct synched_job *synched__turn_next(struct synched_pool *pool, struct synched_job *job);

/* end.c: baton: ends a job; it may be gone when this returns. */
void synched__job_end(struct synched_job *job, int status, uint64_t now_ns);

/* job.c: READY or ENDED to STARTED. *before: what to give back with unclaim. SYNCHED_EBUSY. */
int synched__job_claim_start(struct synched_job *job, uint32_t *before);
void synched__job_unclaim_start(struct synched_job *job, uint32_t before);

/* job.c: a claimed job's run begins. */
void synched__job_begin(struct synched_job *job);

/* end.c: whether the job has ended and nobody but the caller is inside it any more. */
bool synched__job_is_released(struct synched_job *job);

/* end.c: lets the loop know that there is something for it. */
void synched__job_ring(struct synched_job *job);

/* Whether every segment of the prepared round must be computed at home: then pages are written for the first
 * time, and that decides where they are. Not where calls may wait for each other, for one that waits keeps
 * its worker's other segments from being computed. */
static inline bool synched__job_is_homebound(const struct synched_job *job) {
  const bool eager = (job->options.flags & SYNCHED_JOB_EAGER) != 0;
  return job->initialising || (!job->pool->roles.out->placed && !eager);
}

static inline bool synched__job_is_cancelled(struct synched_job *job) {
  return (synched__load_relaxed(&job->state) & SYNCHED__JOB_CANCELLED) != 0;
}

#endif
