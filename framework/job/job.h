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
#include <stddef.h>

#include "job/balance.h"
#include "job/claim.h"
#include "job/mailbox.h"
#include "job/order.h"
#include "job/stall.h"
#include "job/steer.h"
#include "job/tally.h"
#include "job/ticks.h"
#include "job/watch.h"
#include "memory/memory.h"
#include "platform/fp_mode.h"
#include "platform/process.h"
#include "platform/signal.h"
#include "report/record.h"

#include <synched/job.h>

/* A job's state: one of the first three, and bits for what has been asked of it and has not taken effect. */
enum synched__job_state {
  SYNCHED__JOB_READY = 0,
  SYNCHED__JOB_STARTED = 1,
  SYNCHED__JOB_ENDED = 2,
  SYNCHED__JOB_CANCELLED = 4,
  SYNCHED__JOB_STOPPING = 8,
  SYNCHED__JOB_STEERED = 16,
  SYNCHED__JOB_ASKED = SYNCHED__JOB_CANCELLED | SYNCHED__JOB_STOPPING | SYNCHED__JOB_STEERED
};

/* What the loop's side of a started job can be asked. */
struct synched__port_calls {
  const char *way;                 /* of starting, for messages: "on a libuv loop" */
  bool (*is_lost)(void *port);     /* its handle was closed under it */
  void (*destroy)(void *port);     /* then */
  void (*expect_more)(void *port); /* a paused job goes on; any thread */
};

#define SYNCHED__NO_SEGMENT UINT64_MAX

/* The lowest segment that failed on one worker. */
struct synched__failure {
  _Alignas(SYNCHED__CACHE_LINE) uint64_t segment;
  int code;
  size_t count; /* what the call set it to, where that is beyond its capacity; else 0 */
};

/* What ended the job: an answer of on_round or on_init. */
struct synched__answer {
  const char *callback; /* its name; NULL: none has ended it */
  int code;
};

struct synched_job {
  struct synched__entry
      entry;           /* first: a job is found from it; in the pool's schedule, under its mutex */
  uint32_t generation; /* of the process that made it */
  struct synched_pool *pool;
  struct synched_memory *memory;
  struct synched_report *report;
  struct synched_job_options options;
  struct synched__fp_mode fp_mode;   /* its creator's, in which everything of it is computed */
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
  bool at_will;               /* baton: it is free-running, not in steps */
  bool attended; /* baton: its rounds have a time or a deadline, or are counted in steps */
  bool ticking;  /* baton: the open round is that of a tick */

  /* The line that who counts itself out of a round takes, and with it what only the last of them needs. */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint64_t
      remaining;                   /* segments not completed << 32 | compute ns */
  struct synched__balance balance; /* baton */

  /* Baton. */
  _Alignas(SYNCHED__CACHE_LINE) struct synched__ticks ticks;
  struct synched__watched watched;
  struct synched__steer steer;
  struct synched__stall stall;

  /* Towards the loop. */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint32_t
      bell;                  /* the signal has been raised and not been heard */
  _Atomic uint32_t ended;    /* status and report are final */
  _Atomic uint32_t departed; /* the engine has left it for good */
  _Atomic uint32_t
      visitor_count; /* threads inside it whom the end must wait for: synched__job_enter */
  int status;
  struct synched__answer answer; /* baton, until it has ended, as the next */
  bool waited_at_end;            /* it ended while it waited for a buffer */
  struct synched__signal signal;
  struct synched__mailbox mailbox;

  /* Loop; the port is written before it is stored here, and taken away when nobody else is inside the job. */
  _Atomic(void *) port; /* the loop's part while it is started */
  const struct synched__port_calls *port_calls;
  _Atomic uint64_t loop_thread_id; /* the system's, of the thread that started it; 0: it is not */
  uint64_t passed_over;            /* for synched_job_missed */
};

/* One line of 64 bytes moves to who counts out last, and brings it all it needs. */
_Static_assert(offsetof(struct synched_job, balance) + sizeof(struct synched__balance) -
                       offsetof(struct synched_job, remaining) <=
                   64,
               "the balance shares the line of the count");

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

/* close.c: goes on with the round of `next`, for which the baton's holder has chosen it (NULL: with nothing), until the
 * baton is given away. Returns the last epoch in which the worker has done its part; `seen` is the one before. */
uint64_t synched__go_on(struct synched__run *run, struct synched_job *next, uint64_t now_ns,
                        uint64_t seen);

/* turn.c: gives a job, by who has it, a turn when it is due. Takes the baton if the pool is idle. Any thread. */
void synched__job_submit(struct synched_job *job);

/* turn.c: takes a job from the schedule; false: it was not there. Any thread. */
bool synched__turn_withdraw(struct synched_job *job);

/* turn.c: baton: gives the memory its roles back, if the pool has them. */
void synched__turn_vacate(struct synched_job *job);

/* turn.c: who has taken a job that waited for a buffer lets it go on waiting; or, if there is one now, or something is
 * asked of it, gives it a turn. */
void synched__turn_wait_on(struct synched_job *job);

/* turn.c: with the pool's mutex held, when what is due next may have changed: from when on who closes a round has to
 * look. */
void synched__turn_note_attention(struct synched_pool *pool);

/* turn.c: the same as a memory's on_free. */
void synched__turn_unblock(void *argument);

/* turn.c: baton: whose round is next; `job` wants one more, if it is not NULL. NULL: the pool is idle
 * now, and the baton is gone. now_ns is by synched__tick_ns. */
struct synched_job *synched__turn_next(struct synched_pool *pool, struct synched_job *job,
                                       uint64_t now_ns);

/* turn.c: with the pool's mutex held, when nothing can run now: sees to it that a worker looks at the schedule in
 * time for the next tick. Returns one that is to be poked for that, or NULL. */
struct synched__worker *synched__turn_appoint(struct synched_pool *pool);

/* turn.c: with the pool's mutex held: takes the baton of an idle pool. */
void synched__turn_take_baton(struct synched_pool *pool);

/* keep.c: with the pool's mutex held: how much before the next tick a keeper wakes up. */
uint64_t synched__keep_lead(const struct synched_pool *pool);

/* keep.c: what a worker does whose wait is over without a round. Returns the last epoch it has seen. */
uint64_t synched__keep(struct synched__worker *worker, uint64_t seen);

/* end.c: baton, or who has the job: ends a job that does not occupy the pool; it may be gone when this returns. */
void synched__job_end(struct synched_job *job, int status, uint64_t now_ns);

/* job.c: the run begins of a job that has been opened (synched__steer_open). */
void synched__job_begin(struct synched_job *job);

/* job.c: SYNCHED_EINVAL for NULL, SYNCHED_ENOTSUP for one that another process made. */
int synched__job_check(const struct synched_job *job);

/* options.c */
int synched__job_read_options(struct synched_job_options *read,
                              const struct synched_job_options *options,
                              const struct synched_memory *memory);
int synched__check_period(uint64_t period_ns, uint64_t deadline_ns);

/* attend.c: baton, for an attended job: its prepared round is opened; */
void synched__attend_open(struct synched_job *job, uint64_t round);

/* and is complete. true: it is late and to be dropped. */
bool synched__attend_close(struct synched_job *job, uint64_t round);

/* attend.c: and what has become of it is known. */
void synched__attend_closed(struct synched_job *job, uint64_t round, bool published);

/* Forgets which calls have failed. Baton, or before a run. */
static inline void synched__job_forget_failures(struct synched_job *job) {
  for (unsigned w = 0; w < job->pool->worker_count; w++)
    job->failures[w] = (struct synched__failure){.segment = SYNCHED__NO_SEGMENT};
  synched__store_relaxed(&job->skip_from, SYNCHED__NO_SEGMENT);
}

/* Around what may make the job end, or leaves it to others who may end it, and looks at it
 * afterwards: on_done may destroy it, and the loop waits until everybody is out before it calls
 * that.
 *
 * The count may rise in a relaxed way only because something else orders it before the store to
 * departed, after which the loop reads it. Who steers or ends a job (steer.c) takes steer.mutex
 * next, which synched__job_end takes before that store, in synched__steer_close: so the loop
 * sees the visitor, or the visitor is told that the job has ended, and its caller must keep it.
 * Who blocks or unblocks it (turn.c) has the job, and only who is given it from there on,
 * through memory->starved or the pool's mutex, can end it. A visitor of another kind needs an
 * order of its own here. */
static inline void synched__job_enter(struct synched_job *job) {
  (void)synched__add_relaxed(&job->visitor_count, 1);
}

/* The last touch: pairs with the acquire in synched__job_is_released. */
static inline void synched__job_leave(struct synched_job *job) {
  (void)synched__sub_acq_rel(&job->visitor_count, 1);
}

/* end.c: the failure of the lowest segment that has failed. Baton, or after the end. */
const struct synched__failure *synched__job_lowest_failure(const struct synched_job *job);

/* end.c: whether the job has ended and nobody but the caller is inside it any more. */
bool synched__job_is_released(struct synched_job *job);

/* end.c: lets the loop know that there is something for it. */
void synched__job_ring(struct synched_job *job);

/* end.c: lets the loop's side know that a paused job goes on. Any thread. */
void synched__job_expect_more(struct synched_job *job);

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

/* Whether the coming round is that of a tick: not init's, and not one of a step. */
static inline bool synched__job_ticks(const struct synched_job *job) {
  return job->ticks.period_ns != 0 && !job->initialising && job->steer.steps_left == 0;
}

#endif
