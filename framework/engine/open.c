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

static void set_groups(struct synched__work *work, size_t next) {
  const struct synched__shape shape = work->shape;
  struct synched__group_counter *groups = work->groups;
  for (unsigned g = 0; g < work->pool->group_count; g++)
    groups[g].total = 0;
  for (unsigned w = 0; w < shape.team; w++)
    groups[work->pool->workers[w].group].total +=
        synched__range_left(synched__range_of(shape, w), next);
  for (unsigned g = 0; g < work->pool->group_count; g++)
    synched__store_relaxed(&groups[g].left, groups[g].total << SYNCHED__REMAINING_SHIFT);
}

static void set_counts(struct synched__work *work, const struct synched__rest *rest) {
  if (work->groups != NULL && (work->groups_partial || rest->next != 0)) {
    set_groups(work, rest->next);
    work->groups_partial = rest->next != 0;
  }
  synched__store_relaxed(&work->remaining,
                         (uint64_t)rest->count << SYNCHED__REMAINING_SHIFT | rest->work_ns);
}

/* The shape of the prepared round, which is not that of others where its pages are placed. */
static struct synched__shape shape_of_next(const struct synched__work *work) {
  struct synched__shape shape = work->shape;
  if (synched__work_is_homebound(work)) {
    shape.is_static = true;
    shape.wake_count = synched__work_part_count(work);
  }
  return shape;
}

static void fill_slot(struct synched__open_slot *slot, struct synched__work *work,
                      struct synched__shape shape) {
  const uint64_t packed = synched__shape_pack(shape);
  /* Rarely different from two rounds ago. */
  if (synched__load_relaxed(&slot->shape) != packed)
    synched__store_release(&slot->shape, packed); /* [slot-written] release */
  /* Who is late by two epochs may find this with the shape of its own round. That one was not
   * static, or it would be open still: so nothing is left to claim, and the work not looked at. */
  if (synched__load_relaxed(&slot->work) != work)
    synched__store_relaxed(&slot->work, work);
}

void synched__round_open_rest(struct synched_pool *pool, struct synched__work *work, uint64_t epoch,
                              const struct synched__rest *rest) {
  struct synched__open_round *open = pool->open;
  const struct synched__shape shape = shape_of_next(work);
  SYNCHED_ASSERT(open->pair.next != NULL);
  SYNCHED_ASSERT(epoch == synched__load_relaxed(&pool->epoch) + 1);
  fill_slot(&open->slots[epoch & 1], work, shape);
  open->outstanding = rest->count;
  /* One worker's part alone is not counted: see count_out. */
  const bool is_one_part =
      shape.is_static && rest->count < shape.segment_count && synched__shape_share(shape) == 2;
  if (!is_one_part)
    set_counts(work, rest);
  synched__event_round_share(work, open->round, epoch, rest->count);
  /* From here on the job may be closed, ended and gone. [round-open] release */
  if (synched__gate_advance(&pool->gate, epoch))
    synched__pool_wake(pool, shape.wake_count);
}

void synched__round_open(struct synched_pool *pool, struct synched__work *work, uint64_t epoch) {
  synched__round_open_rest(pool, work, epoch,
                           &(struct synched__rest){.count = work->shape.segment_count});
}
