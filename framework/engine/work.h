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

struct synched__activity;
struct synched__check;
struct synched__deal;
struct synched__link;
struct synched__tile;

/* Of a job on several ranks: bits of its rank_state. */
enum synched__rank_state {
  /* the open round will be dropped, so calls are skipped; leader */
  SYNCHED__RANK_VOID = 1,
  /* asked for on this rank, and not agreed on yet; any thread */
  SYNCHED__RANK_CANCEL = 2,
  SYNCHED__RANK_STOP = 4,
  /* calls of another kind are proposed (job/requests.h) */
  SYNCHED__RANK_STEER = 8
};

/* In place of a segment, in a pass over none. */
#define SYNCHED__NOBODY UINT32_MAX

/* The lowest call that failed on one worker. */
struct synched__failure {
  /* the segment, and above it the step since the last barrier (engine/call.h) */
  _Alignas(SYNCHED__CACHE_LINE) uint64_t key;
  int code;
  /* what the call set it to, where that is beyond its capacity; else 0 */
  size_t count;
  /* of which field that is */
  unsigned field;
  unsigned stage;
  uint64_t round;
  /* of a checked job: what was found; else NULL */
  const char *finding;
};

_Static_assert(sizeof(struct synched__failure) == SYNCHED__CACHE_LINE,
               "a worker notes its failure on a line of its own");

/* One pass over all segments. A round is the stages of its work, one after the other; the round of
 * init is a stage of its own. */
struct synched__stage {
  struct synched__work *work;
  synched_compute_fn compute;
  /* instead of compute: a loop over indices, of which nothing is recorded */
  synched_for_fn for_fn;
  void *for_user;
  char *name;
  /* the stage fills the memory, before the first round */
  bool is_init;
  /* its calls are those of the job's rounds */
  bool is_recorded;
  /* and have nothing of what few jobs have: fields, checks, marks, rows of their own. Decided
   * before a run, so that rounds look once; owner */
  bool is_bare;
  /* which fields it writes, bit by bit; see memory/fields.h */
  uint32_t writes;
  /* which of those are not refilled */
  uint32_t overwrites;
  /* which stage of the round it is */
  unsigned index;
  /* batch, wake_count and is_dealt: leader */
  struct synched__shape shape;
  /* leader: how often a worker looks at the gate before it looks for something to steal */
  unsigned looks;
  /* leader */
  struct synched__order order;
  /* [pool->group_count]; NULL: few workers, one count */
  struct synched__group_counter *groups;
  /* leader: the groups count the rest of a stage only */
  bool groups_partial;
  struct synched__fold fold;
  /* [segment_count]; NULL without a fold */
  unsigned char *contributions;
  /* bytes from one to the next; tiny jobs' segments do not share lines */
  size_t contribution_stride;
  /* [groups of segments]; NULL: the fold is plain */
  unsigned char *accumulators;
  /* the stage after this one that combines the groups; NULL: the leader does */
  struct synched__stage *fold_pass;
  /* of a fold pass: the stage whose groups it combines; else NULL */
  struct synched__stage *folded;
  /* it is several rounds (engine/tile.h); else NULL. The work's */
  struct synched__tile *tile;
  /* calls are skipped that are not needed (engine/activity.h); NULL: none is. The work's */
  struct synched__activity *activity;
  /* [shape.segment_count] of a job on several ranks: the segments of the pass, or NOBODY; else
   * NULL */
  uint32_t *listed;
  /* the pass before this one, over segments that other ranks read; NULL: there is none */
  struct synched__stage *edge;
  /* of such a pass: the one that follows, whose contributions are also this one's; else NULL */
  struct synched__stage *inner;
  /* a leader may compute its own part first: see synched__round_opens_late */
  bool opens_late;
  /* whether anything has been stolen since the batch was last set; by thieves, once */
  _Atomic uint32_t stolen;

  /* Written once per worker per stage. `balance` shares the line because only the last writer needs
   * it. */
  /* segments not completed << 32 | compute ns */
  _Alignas(SYNCHED__CACHE_LINE) _Atomic uint64_t remaining;
  /* leader */
  struct synched__balance balance;
};

_Static_assert(!SYNCHED__SHARE_LINE(struct synched__stage, stolen, remaining),
               "who counts out takes nothing away that calls read");
_Static_assert(offsetof(struct synched__stage, balance) + sizeof(struct synched__balance) -
                       offsetof(struct synched__stage, remaining) <=
                   64,
               "the balance shares the line of the count");

struct synched__work {
  struct synched_pool *pool;
  /* field 0 */
  struct synched_memory *memory;
  /* NULL: one field, one stage, and nothing of memory/fields.h */
  struct synched__fields *fields;
  struct synched__record *record;
  void *user;
  /* the mode of its creator, in which everything of the work is computed */
  struct synched__fp_mode fp_mode;
  /* every worker takes part in every stage */
  bool eager;
  /* a worker's times of a stage are cut to this, so that the sum of all of them stays below 2^32,
   * and never touches the count of segments above it */
  uint32_t part_most_ns;
  /* a round has several stages, or its stage has passes: it is opened more than once */
  bool has_passes;
  /* how many stages a round has */
  unsigned stage_count;
  /* [stage_count] */
  struct synched__stage **stages;
  /* NULL: there is no init */
  struct synched__stage *init_stage;
  /* the stage that copies what is changed in place; NULL: nobody wants that */
  struct synched__stage *copy_stage;
  /* several rounds between two barriers, as one stage; NULL: each has its own barrier */
  struct synched__tile *tile;
  struct synched__stage *tile_stage;
  /* calls are skipped that are not needed; NULL: none is */
  struct synched__activity *activity;
  /* home ranges follow what segments cost (engine/deal.h); NULL: they are even */
  struct synched__deal *deal;
  /* leader: when to look at that, in rounds of the run; never: UINT64_MAX */
  uint64_t deal_due;
  /* calls are checked; NULL: they are not */
  struct synched__check *check;
  /* the job is one of several ranks (cluster/link.h); NULL: it is not */
  struct synched__link *link;
  /* moves the link's messages on; worker, between two calls */
  void (*drive)(struct synched__link *link);
  /* how many rounds are between two barriers, or are published together, at most */
  unsigned round_most;
  /* [worker_count] */
  struct synched__failure *failures;
  /* [worker_count]; NULL: no deadline, nobody reads them */
  struct synched__call_mark *marks;
  /* leader: the next round is that of init */
  bool initialising;
  /* enum synched__job_state */
  _Atomic uint32_t state;
  /* calls from here on are not needed: a lower one has failed (engine/call.h) */
  _Atomic uint64_t skip_from;
  /* enum synched__rank_state */
  _Atomic uint32_t rank_state;
};

/* Frees a stage and what it has; NULL is allowed. */
void synched__stage_destroy(struct synched__stage *stage);

/* Forgets which calls have failed. Leader, or before a run. */
void synched__work_forget_failures(struct synched__work *work);

/* The failure of the lowest call that has failed. Leader, or after the end. */
const struct synched__failure *synched__work_lowest_failure(const struct synched__work *work);

/* Leader: the fold of a complete stage that has one: a plain fold's, and any one's, of fold.bytes,
 * at *out. The bits are the same whether its groups are combined already or not. */
double synched__stage_fold_plainly(const struct synched__stage *stage);
void synched__stage_fold(const struct synched__stage *stage, bool groups_done, void *out);

/* A synched_for_fn: combines a group of the stage `user`. */
int synched__stage_fold_group(size_t group, unsigned worker, void *user);

/* The stage whose contributions are folded when this one is complete: a fold pass combines another
 * one's, and a tile ends with a round of the only stage that may have any. */
static inline const struct synched__stage *
synched__stage_that_folds(const struct synched__stage *stage) {
  if (stage->folded != NULL)
    return stage->folded;
  return stage->tile != NULL ? stage->work->stages[0] : stage;
}

/* Leader: the pass that a stage begins with. */
static inline struct synched__stage *synched__stage_first_pass(struct synched__stage *stage) {
  return stage->edge != NULL ? stage->edge : stage;
}

/* Leader: the stage that the next round begins with. */
static inline struct synched__stage *synched__work_first_stage(const struct synched__work *work) {
  return work->initialising ? work->init_stage : work->stages[0];
}

static inline bool synched__work_is_cancelled(struct synched__work *work) {
  return (synched__load_relaxed(&work->state) & SYNCHED__JOB_CANCELLED) != 0;
}

/* Whether a job of several ranks makes no more calls in the open round. */
static inline bool synched__work_is_void(struct synched__work *work) {
  const uint32_t bits = SYNCHED__RANK_VOID | SYNCHED__RANK_CANCEL;
  return (synched__load_relaxed(&work->rank_state) & bits) != 0;
}

/* Whether any call has failed. Leader. */
static inline bool synched__work_has_failed(struct synched__work *work) {
  return synched__load_relaxed(&work->skip_from) != SYNCHED__NO_SEGMENT;
}

#endif
