/*
 * work.h: what a job computes, as the engine sees it (internal).
 *
 * The engine runs one stage of one work. It knows no time, no steering, no event loop and no other
 * job. Everything here is fixed when the job is created, except the atomic fields, what says
 * "leader" (written by the leader between stages, read by calls of an open one), and a worker's
 * failure and mark (its own).
 *
 * A worker that has counted itself out of a round touches nothing of the work any more: its job may
 * be gone by then. Only who completed the round goes on, as the leader.
 */
#ifndef SYNCHED_ENGINE_WORK_H
#define SYNCHED_ENGINE_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/balance.h"
#include "engine/call_mark.h"
#include "engine/claim.h"
#include "engine/fold.h"
#include "engine/group_counter.h"
#include "engine/order.h"
#include "memory/fields.h"
#include "platform/fp_mode.h"
#include "report/record.h"

#include <synched/job.h>
#include <synched/pool.h>

#define SYNCHED__NO_SEGMENT UINT64_MAX

/* A job's state: one of the first three, and bits for what has been asked of it and has not taken
 * effect. The engine looks at CANCELLED only: the open round will be dropped, so its calls are
 * skipped. job/requests.h has the rest. */
enum synched__job_state {
  SYNCHED__JOB_READY = 0,
  SYNCHED__JOB_STARTED = 1,
  SYNCHED__JOB_ENDED = 2,
  SYNCHED__JOB_CANCELLED = 4,
  SYNCHED__JOB_STOPPING = 8,
  SYNCHED__JOB_STEERED = 16,
  SYNCHED__JOB_ASKED = SYNCHED__JOB_CANCELLED | SYNCHED__JOB_STOPPING | SYNCHED__JOB_STEERED
};

/* The lowest segment that failed on one worker. */
struct synched__failure {
  _Alignas(SYNCHED__CACHE_LINE) uint64_t segment;
  int code;
  /* what the call set it to, where that is beyond its capacity; else 0 */
  size_t count;
  /* of which field that is */
  unsigned field;
  unsigned stage;
};

/* One pass over all segments. A round is the stages of its work, one after the other; the round of
 * init is a stage of its own. */
struct synched__stage {
  struct synched__work *work;
  synched_compute_fn compute;
  /* instead of compute: a loop over indices, of which nothing is recorded */
  synched_for_fn for_fn;
  void *for_user;
  char *name;
  bool is_init;                /* it fills the memory, before the first round */
  bool is_recorded;            /* its calls are those of the job's rounds */
  uint32_t writes;             /* fields, bit by bit; see memory/fields.h */
  uint32_t overwrites;         /* those of them that are not refilled */
  unsigned index;              /* in the round */
  struct synched__shape shape; /* batch and wake_count: leader */
  unsigned looks; /* leader: at the gate, before a worker looks for something to steal */
  struct synched__order order;           /* leader */
  struct synched__group_counter *groups; /* [pool->group_count]; NULL: few workers, one count */
  bool groups_partial;                   /* leader: they stand at the rest of a stage */
  struct synched__fold fold;
  unsigned char *contributions;     /* [segment_count]; NULL without a fold */
  size_t contribution_stride;       /* bytes; tiny jobs' segments do not share lines */
  unsigned char *accumulators;      /* [groups of segments]; NULL: the fold is plain */
  struct synched__stage *fold_pass; /* combines groups, after this one; NULL: the leader does */
  struct synched__stage *folded;    /* of a fold pass: whose groups it combines; else NULL */
  /* whether anything has been stolen since the batch was last set; by thieves, once */
  _Atomic uint32_t stolen;

  /* Written once per worker per stage. `balance` shares the line because only the last writer needs
   * it. */
  /* segments not completed << 32 | compute ns */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint64_t remaining;
  struct synched__balance balance; /* leader */
};

_Static_assert(!SYNCHED__SHARE_LINE(struct synched__stage, stolen, remaining),
               "who counts out takes nothing away that calls read");
_Static_assert(offsetof(struct synched__stage, balance) + sizeof(struct synched__balance) -
                       offsetof(struct synched__stage, remaining) <=
                   64,
               "the balance shares the line of the count");

struct synched__work {
  struct synched_pool *pool;
  struct synched_memory *memory;  /* field 0 */
  struct synched__fields *fields; /* NULL: one field, one stage, and nothing of memory/fields.h */
  struct synched__record *record;
  void *user;
  struct synched__fp_mode fp_mode; /* its creator's, in which everything of it is computed */
  bool eager;                      /* every worker takes part in every stage */
  /* a worker's times of a stage are cut to this, so that the sum of all of them stays below 2^32,
   * and never touches the count of segments above it */
  uint32_t part_most_ns;
  unsigned stage_count;              /* of a round */
  struct synched__stage **stages;    /* [stage_count] */
  struct synched__stage *init_stage; /* NULL: there is no init */
  struct synched__stage *copy_stage; /* copies what is changed in place; NULL: nobody wants that */
  struct synched__failure *failures; /* [worker_count] */
  struct synched__call_mark *marks;  /* [worker_count]; NULL: no deadline, nobody reads them */
  bool initialising;                 /* leader: the next round is that of init */
  _Atomic uint32_t state;            /* enum synched__job_state */
  _Atomic uint64_t skip_from; /* segments from here on need no calls: a lower one has failed */
};

/* Frees a stage and what it has; NULL is allowed. */
void synched__stage_destroy(struct synched__stage *stage);

/* Forgets which calls have failed. Leader, or before a run. */
void synched__work_forget_failures(struct synched__work *work);

/* The failure of the lowest segment that has failed. Leader, or after the end. */
const struct synched__failure *synched__work_lowest_failure(const struct synched__work *work);

/* Leader: the fold of a complete stage that has one: a plain fold's, and any one's, of fold.bytes,
 * at *out. The bits are the same whether its groups are combined already or not. */
double synched__stage_fold_plainly(const struct synched__stage *stage);
void synched__stage_fold(const struct synched__stage *stage, bool groups_done, void *out);

/* A synched_for_fn: combines a group of the stage `user`. */
int synched__stage_fold_group(size_t group, unsigned worker, void *user);

/* Leader: the stage that the next round begins with. */
static inline struct synched__stage *synched__work_first_stage(struct synched__work *work) {
  return work->initialising ? work->init_stage : work->stages[0];
}

static inline bool synched__work_is_cancelled(struct synched__work *work) {
  return (synched__load_relaxed(&work->state) & SYNCHED__JOB_CANCELLED) != 0;
}

/* Whether any call has failed. Leader. */
static inline bool synched__work_has_failed(struct synched__work *work) {
  return synched__load_relaxed(&work->skip_from) != SYNCHED__NO_SEGMENT;
}

#endif
