/*
 * round.h: opening a round, and a worker's part in it (internal).
 *
 * open.c opens, execute.c computes, adapt.c learns from a complete round how to run the next. What
 * ends a round and what comes after it is dispatch/cycle.c's.
 */
#ifndef SYNCHED_ENGINE_ROUND_H
#define SYNCHED_ENGINE_ROUND_H

#include "engine/deal.h"
#include "engine/open_round.h"
#include "engine/work.h"
#include "platform/clock.h"
#include "pool/pool.h"

/* One worker's part in one round: lives on its stack. */
struct synched__run {
  struct synched__worker *worker;
  struct synched_pool *pool;
  /* the pool's open round */
  struct synched__open_round *open;
  /* these two are not to be touched before a segment is claimed */
  struct synched__stage *stage;
  struct synched__work *work;
  uint64_t epoch;
  /* of the round, where segments or strips are claimed */
  struct synched__shape shape;
  /* when this stretch of calls began */
  uint64_t start_ns;
  /* when the last call of it ended */
  uint64_t now_ns;
  /* how long this stretch has waited for others' segments */
  uint64_t waited_ns;
  /* when the worker stops between two calls, where they are timed */
  uint64_t stop_ns;
  /* what the closing worker has been told of so far */
  uint64_t work_ns;
  /* what all workers computed: for the closing worker */
  uint64_t round_work_ns;
  /* the round was computed by this worker alone, unannounced */
  bool solo;
  /* how many calls this stretch has had, as in a part */
  uint64_t calls;
  /* what is recorded of the worker's part */
  struct synched__part part;
};

/* Whether every segment of the prepared round must be computed at home: then pages are written for
 * the first time, and that decides where they are. Not where calls may wait for each other, for one
 * that waits keeps its worker's other segments from being computed. */
static inline bool synched__stage_is_homebound(const struct synched__stage *stage) {
  const struct synched__work *work = stage->work;
  const bool placed =
      work->fields != NULL ? work->fields->placed : work->pool->open->pair.next->block->placed;
  return stage->is_init || (!placed && !work->eager);
}

/* How many workers have a part of their own in every such stage. */
static inline unsigned synched__stage_part_count(const struct synched__stage *stage) {
  return stage->work->eager ? stage->work->pool->worker_count : synched__shape_share(stage->shape);
}

/* --- open.c; all by the leader --- */

/* Writes the deal to where workers look for their home ranges. */
void synched__round_write_deal(struct synched__open_round *open, const struct synched__deal *deal);

/* The same for the prepared stage, where that is needed; before anybody looks. */
static inline void synched__round_deal_out(struct synched_pool *pool,
                                           const struct synched__stage *stage) {
  if (stage->shape.is_dealt && pool->open->dealt_serial != stage->work->deal->serial)
    synched__round_write_deal(pool->open, stage->work->deal);
}

/* What is left of the prepared round when it is opened. */
struct synched__rest {
  /* the segment that it begins with; 0: it is the whole round */
  size_t next;
  /* segments of it that others may compute */
  size_t count;
  /* how long the segments took that were computed */
  uint64_t work_ns;
};

/* Opens the prepared round for everybody as that of `epoch`; whoever completes it is the leader
 * then. */
void synched__round_open(struct synched_pool *pool, struct synched__stage *stage, uint64_t epoch);

/* The same for the rest of a round that the caller has begun. */
void synched__round_open_rest(struct synched_pool *pool, struct synched__stage *stage,
                              uint64_t epoch, const struct synched__rest *rest);

/* --- execute.c --- */

/* What a worker does about an epoch; fills *run in. true: this completed the round, and the caller
 * is the leader; else it has done its part, or came too late. */
bool synched__round_take_part(struct synched__run *run, struct synched__worker *worker,
                              uint64_t epoch);

/* Leader: whether this worker should compute the prepared round by itself. */
static inline bool synched__round_is_solo(const struct synched__worker *worker,
                                          const struct synched__stage *stage) {
  const bool is_one_part = synched__shape_share(stage->shape) == 1;
  if (stage->work->eager && worker->pool->worker_count > 1)
    return false;
  if (is_one_part && worker->index == 0)
    return true;
  const bool at_home = stage->shape.is_static || synched__stage_is_homebound(stage);
  return !at_home && (is_one_part || stage->balance.solo);
}

/* Leader: computes the prepared stage run->stage, alone as long as that is right; what is left
 * then is opened for everybody. true: this completed it; else run->epoch is that of the round, and
 * the caller has done its part. */
bool synched__round_run_solo(struct synched__run *run);

/* Leader: computes the caller's home range of the prepared stage run->stage, then opens the rest:
 * for static rounds of very little work. Returns the epoch. */
uint64_t synched__round_open_late(struct synched__run *run);

/* About what a cache line takes to another CPU. */
#define SYNCHED__LINE_NS 120u

/* Leader: whether that is better than to open it first. */
static inline bool synched__round_opens_late(const struct synched__run *run,
                                             const struct synched__stage *next) {
  return next == run->stage && next->opens_late && !next->shape.is_dealt &&
         run->worker->index < next->shape.team &&
         run->open->homes[run->worker->index].part_ns < SYNCHED__LINE_NS;
}

/* --- adapt.c; leader --- */

/* A worker whose home range is dry looks this often at the gate before it looks for something to
 * steal: in a balanced round the others are done by then. Where nothing has been stolen of late it
 * waits longer, for to look takes the cursor's line away from its owner; and hardly at all where
 * the others may be asleep. The simulator has fewer looks, for each is a point where schedules
 * differ. */
#if !defined(SYNCHED__LOOKS_STOLEN)
#define SYNCHED__LOOKS_WAKING 8u
#define SYNCHED__LOOKS_STOLEN 64u
#define SYNCHED__LOOKS_UNSTOLEN 256u
#endif

/* Before a run. */
void synched__round_reset_adaption(struct synched__stage *stage);

/* The next stage like this one is of another number of segments, so another number of workers may
 * have a part in it: those are woken. */
void synched__stage_resize(struct synched__stage *stage, size_t segment_count);

/* How the next rounds are dealt. Not after each round. */
void synched__round_adapt_shape(struct synched__stage *stage, uint64_t done_count);

/* --- redeal.c; leader --- */

/* Before a run: home ranges are even, and it is open what segments cost. */
void synched__work_reset_deal(struct synched__work *work);

/* It is time to look what segments have cost: deals them anew, if that repays. */
void synched__round_redeal(const struct synched__run *run, uint64_t done_count, uint64_t now_ns);

/* Learns from the round that `run` completed, the done_count-th of its job, how to run the next
 * one. */
static inline void synched__round_adapt(const struct synched__run *run, uint64_t done_count,
                                        uint64_t now_ns) {
  struct synched__stage *stage = run->stage;
  if (!stage->shape.is_static && synched__shape_share(stage->shape) > 1) {
    const struct synched__balance_sample sample = {
        .work_ns = run->round_work_ns,
        .wall_ns = synched__span_ns(run->open->opened_ns, now_ns),
        .share = synched__shape_share(stage->shape),
        .joint = run->round_work_ns > run->work_ns,
        .waking = run->open->waking,
    };
    if (sample.waking && sample.joint)
      run->open->waking = false;
    synched__balance_update(&stage->balance, &sample);
    if (done_count < 64 || done_count % 64 == 0)
      synched__round_adapt_shape(stage, done_count);
  }
  if (done_count >= run->work->deal_due)
    synched__round_redeal(run, done_count, now_ns);
}

#endif
