/*
 * adapt.c: how to run the next stage like the one that is complete.
 */
#include "engine/fold.h"
#include "engine/round.h"
#include "platform/clock.h"

/* Claims are made so large that one takes about this long, where segments are tiny. */
#define BATCH_NS 2000u

/* And of a range at least so many, so that there is something to steal: where nothing has been
 * stolen of late, and where something has. */
#define BATCHES_UNSTOLEN 2u
#define BATCHES_STOLEN 4u

/* But who is done with its own range looks only after about this long for something to steal: a
 * range that takes less is claimed as a whole. */
#define UNSTOLEN_NS 1000u

/* To look at the segments' times takes their lines away from who writes them. Where segments take
 * less than this, and nothing is stolen, that is done rarely. */
#define LOOK_SEGMENT_NS 400u
#define LOOK_RARELY_ROUNDS 1024u

/* About what a wake costs the two sides together. */
#define WAKE_NS 10000u

/* The most segments that a worker has at home. */
static size_t range_most(const struct synched__shape *shape) {
  return (shape->segment_count + shape->team - 1) / shape->team;
}

/* Then the order within a range makes no difference. */
static bool claims_whole(const struct synched__shape *shape) {
  return shape->batch >= range_most(shape);
}

static void set_batch(struct synched__stage *stage, bool stolen) {
  const struct synched__shape *shape = &stage->shape;
  const uint64_t work_ns = stage->balance.mean_work_ns;
  const size_t range = range_most(shape);
  const uint64_t fitting = BATCH_NS * shape->segment_count / (work_ns + 1);
  const size_t most = range <= SYNCHED__BATCH_MAX ? range : SYNCHED__BATCH_MAX;
  if (work_ns / shape->team < UNSTOLEN_NS) {
    stage->shape.batch = (unsigned)most;
    return;
  }
  const size_t largest = most / (stolen ? BATCHES_STOLEN : BATCHES_UNSTOLEN);
  unsigned batch = 1;
  for (unsigned twice = 2; twice <= largest && twice <= fitting; twice *= 2)
    batch = twice;
  stage->shape.batch = batch;
}

/* How many workers are worth waking for a round: all where each has a part of its own, else as many
 * as the work lasts. */
static void set_wake(struct synched__stage *stage) {
  const unsigned all = synched__stage_part_count(stage);
  unsigned worth = all;
  if (!stage->work->eager && !stage->shape.is_static && stage->balance.mean_work_ns != 0)
    for (worth = 2; worth < all && (uint64_t)worth * WAKE_NS < stage->balance.mean_work_ns;
         worth *= 2)
      continue;
  stage->shape.wake_count = worth < all ? worth : all;
}

void synched__stage_resize(struct synched__stage *stage, size_t segment_count) {
  if (stage->shape.segment_count == segment_count)
    return;
  stage->shape.segment_count = segment_count;
  stage->groups_partial = true;
  set_wake(stage);
}

static bool is_bare(const struct synched__stage *stage) {
  const struct synched__work *work = stage->work;
  return stage->is_recorded && stage->for_fn == NULL && work->fields == NULL &&
         work->check == NULL && work->marks == NULL && work->record->tasks == NULL;
}

void synched__round_reset_adaption(struct synched__stage *stage) {
  stage->is_bare = is_bare(stage);
  stage->groups_partial = true;
  stage->shape.is_dealt = false;
  synched__balance_init(&stage->balance);
  synched__store_relaxed(&stage->stolen, 0);
  stage->looks = SYNCHED__LOOKS_STOLEN;
  synched__order_reset(&stage->order, stage->shape.segment_count);
  set_wake(stage);
}

/* Whether it is time to look which segments are heavy. */
static bool is_order_due(const struct synched__stage *stage, uint64_t done_count, bool stolen) {
  if (stage->order.segments == NULL || stage->balance.solo || claims_whole(&stage->shape))
    return false;
  if ((done_count & (done_count - 1)) == 0 || done_count % LOOK_RARELY_ROUNDS == 0)
    return true;
  const bool is_short = stage->balance.mean_work_ns / LOOK_SEGMENT_NS < stage->shape.segment_count;
  return done_count % 64 == 0 && (stolen || !is_short || stage->order.is_due);
}

void synched__round_adapt_shape(struct synched__stage *stage, uint64_t done_count) {
  const bool stolen = synched__load_relaxed(&stage->stolen) != 0;
  if (stage->tile != NULL) {
    set_wake(stage);
    return;
  }
  if (done_count < 16 || done_count % 64 == 0) {
    set_batch(stage, stolen);
    stage->looks = stolen ? SYNCHED__LOOKS_STOLEN : SYNCHED__LOOKS_UNSTOLEN;
    set_wake(stage);
    if (stolen)
      synched__store_relaxed(&stage->stolen, 0);
  }
  if (is_order_due(stage, done_count, stolen))
    synched__order_update(&stage->order, stage->shape, stage->work->deal, stage->work->record);
}
