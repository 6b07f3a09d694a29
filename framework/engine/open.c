/*
 * open.c: opening a round.
 *
 * In a round of next to nothing the way of a cache line from CPU to CPU is what takes time. So the
 * epoch travels in one line, what calls need to know in a second and `remaining` in a third, which
 * nobody polls.
 *
 *   [round-open]   the advance of the gate hands the open round, and all that the leader wrote, to
 *                  whoever joins it.
 *   [slot-written] a slot's shape is that of its epoch, or of a later one whose predecessor's
 *                  advance is seen.
 */
#include "base/assert.h"
#include "engine/open_round.h"
#include "engine/round.h"
#include "platform/event.h"

/* The leader's, as all of this. */
void synched__round_write_deal(struct synched__open_round *open, const struct synched__deal *deal) {
  for (unsigned w = 0; w < deal->borders.team; w++)
    synched__store_relaxed(&open->homes[w].dealt,
                           synched__range_pack(synched__deal_range(deal, w)));
  open->dealt_serial = deal->serial;
}

static void set_groups(struct synched__stage *stage, size_t next) {
  const struct synched_pool *pool = stage->work->pool;
  const struct synched__shape shape = stage->shape;
  struct synched__group_counter *groups = stage->groups;
  for (unsigned g = 0; g < pool->group_count; g++)
    groups[g].total = 0;
  for (unsigned w = 0; w < shape.team; w++)
    groups[pool->workers[w].group].total +=
        synched__range_left(synched__home_range(pool->open, shape, w), next);
  for (unsigned g = 0; g < pool->group_count; g++)
    synched__store_relaxed(&groups[g].left, groups[g].total << SYNCHED__REMAINING_SHIFT);
}

static void set_counts(struct synched__stage *stage, const struct synched__rest *rest) {
  if (stage->groups != NULL && (stage->groups_partial || rest->next != 0)) {
    set_groups(stage, rest->next);
    stage->groups_partial = rest->next != 0;
  }
  synched__store_relaxed(&stage->remaining,
                         (uint64_t)rest->count << SYNCHED__REMAINING_SHIFT | rest->work_ns);
}

/* The shape of the prepared stage, which is not that of others where its pages are placed. */
static struct synched__shape shape_of_next(const struct synched__stage *stage) {
  struct synched__shape shape = stage->shape;
  if (synched__stage_is_homebound(stage)) {
    shape.is_static = true;
    shape.wake_count = synched__stage_part_count(stage);
  }
  return shape;
}

static void fill_slot(struct synched__open_slot *slot, struct synched__stage *stage,
                      struct synched__shape shape) {
  const uint64_t packed = synched__shape_pack(shape);
  /* Rarely different from two rounds ago. */
  if (synched__load_relaxed(&slot->shape) != packed)
    synched__store_release(&slot->shape, packed); /* [slot-written] release */
  /* Who is late by two epochs may find this with the shape of its own round. That one was not
   * static, or it would be open still: so nothing is left to claim, and the stage not looked at. */
  if (synched__load_relaxed(&slot->stage) != stage)
    synched__store_relaxed(&slot->stage, stage);
}

void synched__round_open_rest(struct synched_pool *pool, struct synched__stage *stage,
                              uint64_t epoch, const struct synched__rest *rest) {
  struct synched__open_round *open = pool->open;
  const struct synched__shape shape = shape_of_next(stage);
  SYNCHED_ASSERT(open->pair.next != NULL);
  SYNCHED_ASSERT(epoch == synched__load_relaxed(&pool->epoch) + 1);
  synched__round_deal_out(pool, stage);
  fill_slot(&open->slots[epoch & 1], stage, shape);
  open->outstanding = rest->count;
  /* One worker's part alone is not counted: see count_out. */
  const bool is_one_part =
      shape.is_static && rest->count < shape.segment_count && synched__shape_share(shape) == 2;
  if (!is_one_part)
    set_counts(stage, rest);
  synched__event_round_share(stage->work, open->round, epoch, rest->count);
  /* From here on the job may be closed, ended and gone. [round-open] release */
  if (synched__gate_advance(&pool->gate, epoch))
    synched__pool_wake(pool, shape.wake_count);
}

void synched__round_open(struct synched_pool *pool, struct synched__stage *stage, uint64_t epoch) {
  synched__round_open_rest(pool, stage, epoch,
                           &(struct synched__rest){.count = stage->shape.segment_count});
}
