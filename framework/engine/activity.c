/*
 * activity.c: see activity.h.
 */
#include "engine/activity.h"

#include <string.h>

#include "base/assert.h"
#include "platform/alloc.h"

static bool make_stages(struct synched__activity *activity,
                        const struct synched__reads *const *reads) {
  const size_t segment_count = activity->segment_count;
  activity->stages = synched__alloc_lines(activity->stage_count, sizeof *activity->stages);
  bool complete = activity->stages != NULL;
  for (unsigned s = 0; complete && s < activity->stage_count; s++) {
    struct synched__stage_activity *stage = &activity->stages[s];
    complete = synched__reads_transpose(&stage->readers, reads[s]) &&
               synched__bits_init(&stage->now, segment_count) &&
               synched__bits_init(&stage->next, segment_count);
  }
  return complete;
}

static bool make_blocks(struct synched__activity *activity) {
  const size_t count = (size_t)activity->field_count * activity->block_most;
  activity->blocks = synched__alloc(count, sizeof *activity->blocks);
  bool complete = activity->blocks != NULL;
  for (size_t i = 0; complete && i < count; i++)
    complete = synched__bits_init(&activity->blocks[i].stale, activity->segment_count);
  return complete;
}

bool synched__activity_create(struct synched__activity **out,
                              const struct synched__reads *const *reads, unsigned stage_count,
                              unsigned field_count, unsigned block_most) {
  struct synched__activity *activity = synched__alloc_lines(1, sizeof *activity);
  *out = activity;
  if (activity == NULL)
    return false;
  activity->segment_count = reads[0]->segment_count;
  activity->stage_count = stage_count;
  activity->field_count = field_count;
  activity->block_most = block_most;
  activity->visits = synched__alloc(activity->segment_count, sizeof *activity->visits);
  return activity->visits != NULL &&
         synched__bits_init(&activity->changed, activity->segment_count) &&
         make_stages(activity, reads) && make_blocks(activity);
}

void synched__activity_destroy(struct synched__activity *activity) {
  if (activity == NULL)
    return;
  for (unsigned s = 0; activity->stages != NULL && s < activity->stage_count; s++) {
    synched__reads_deinit(&activity->stages[s].readers);
    synched__bits_deinit(&activity->stages[s].now);
    synched__bits_deinit(&activity->stages[s].next);
  }
  const size_t block_count = (size_t)activity->field_count * activity->block_most;
  for (size_t i = 0; activity->blocks != NULL && i < block_count; i++)
    synched__bits_deinit(&activity->blocks[i].stale);
  synched__bits_deinit(&activity->changed);
  synched__free(activity->blocks);
  synched__free(activity->stages);
  synched__free(activity->visits);
  synched__free(activity);
}

void synched__activity_reset(struct synched__activity *activity) {
  for (unsigned s = 0; s < activity->stage_count; s++)
    synched__store_relaxed(&activity->stages[s].all_next, 1);
}

/* Which of a field's blocks it is. */
static unsigned block_index(const struct synched__blocks *blocks,
                            const struct synched__block *block) {
  unsigned b = 0;
  while (blocks->all[b] != block)
    b++;
  SYNCHED_ASSERT(b < blocks->count);
  return b;
}

/* Whether the open stage writes a field to another block than it reads. */
static bool is_turned(const struct synched__fields *fields, unsigned f) {
  return fields->access.out[f] != NULL && (fields->in_place >> f & 1) == 0;
}

static struct synched__block_activity *block_of(const struct synched__activity *activity,
                                                unsigned f, unsigned block) {
  return &activity->blocks[(size_t)f * activity->block_most + block];
}

/* That of the block to which the open stage writes a field. */
static struct synched__block_activity *block_out(const struct synched__activity *activity,
                                                 const struct synched__fields *fields, unsigned f) {
  return block_of(activity, f, block_index(&fields->memories[f]->blocks, fields->access.out[f]));
}

/* Nothing is known of any block. */
static void forget_blocks(struct synched__activity *activity) {
  for (size_t i = 0; i < (size_t)activity->field_count * activity->block_most; i++)
    activity->blocks[i].all = true;
}

/* Whether the program has loaded anything since this was asked last. */
static bool is_loaded(struct synched__activity *activity, const struct synched__fields *fields) {
  uint64_t load_count = 0;
  for (unsigned f = 0; f < activity->field_count; f++)
    load_count += fields->memories[f]->load_count;
  const bool is_new = load_count != activity->load_count;
  activity->load_count = load_count;
  return is_new;
}

static void swap_sets(struct synched__stage_activity *stage) {
  const struct synched__bits spare = stage->now;
  stage->now = stage->next;
  stage->next = spare;
  synched__bits_clear(&stage->next);
  stage->all_now = synched__load_relaxed(&stage->all_next) != 0;
  synched__store_relaxed(&stage->all_next, 0);
}

/* The list of those that are to be called, and of those that are stale. */
static void list_visits(struct synched__activity *activity,
                        const struct synched__stage_activity *stage,
                        const struct synched__fields *fields) {
  struct synched__bits *all = &activity->changed; /* that is empty now */
  synched__bits_join(all, &stage->now);
  for (unsigned f = 0; f < activity->field_count; f++)
    if (is_turned(fields, f))
      synched__bits_join(all, &block_out(activity, fields, f)->stale);
  activity->visit_count = synched__bits_list(all, activity->visits);
  synched__bits_clear(all);
  if (activity->visit_count == 0)
    activity->visits[activity->visit_count++] = 0;
}

size_t synched__activity_open(struct synched__activity *activity, unsigned stage,
                              const struct synched__fields *fields) {
  struct synched__stage_activity *self = &activity->stages[stage];
  if (is_loaded(activity, fields))
    synched__activity_drop(activity);
  swap_sets(self);
  activity->visits_all = self->all_now;
  for (unsigned f = 0; f < activity->field_count; f++)
    activity->visits_all =
        activity->visits_all || (is_turned(fields, f) && block_out(activity, fields, f)->all);
  activity->visit_count = activity->segment_count;
  activity->skipped_count =
      self->all_now ? 0 : activity->segment_count - synched__bits_count(&self->now);
  if (!activity->visits_all)
    list_visits(activity, self, fields);
  return activity->visit_count;
}

void synched__activity_open_init(struct synched__activity *activity,
                                 const struct synched__fields *fields) {
  if (is_loaded(activity, fields))
    forget_blocks(activity);
  for (unsigned s = 0; s < activity->stage_count; s++)
    swap_sets(&activity->stages[s]);
  activity->visits_all = true;
  activity->visit_count = activity->segment_count;
  activity->skipped_count = 0;
}

void synched__activity_close(struct synched__activity *activity,
                             const struct synched__fields *fields) {
  for (unsigned f = 0; f < activity->field_count; f++) {
    if (!is_turned(fields, f))
      continue;
    struct synched__block_activity *out = block_out(activity, fields, f);
    for (unsigned b = 0; b < fields->memories[f]->blocks.count; b++)
      if (block_of(activity, f, b) != out)
        synched__bits_join(&block_of(activity, f, b)->stale, &activity->changed);
    synched__bits_clear(&out->stale);
    out->all = false;
  }
  synched__bits_clear(&activity->changed);
}

void synched__activity_drop(struct synched__activity *activity) {
  synched__bits_clear(&activity->changed);
  forget_blocks(activity);
  synched__activity_reset(activity);
}

void synched__activity_copy(const struct synched__activity *activity,
                            const struct synched__fields *fields, size_t segment) {
  for (unsigned f = 0; f < activity->field_count; f++) {
    if (!is_turned(fields, f))
      continue;
    const struct synched__block_activity *block = block_out(activity, fields, f);
    if (!block->all && !synched__bits_has(&block->stale, segment))
      continue;
    const struct synched__layout *layout = &fields->memories[f]->layout;
    struct synched__block *out = fields->access.out[f];
    memcpy(out->data + layout->offsets[segment] * layout->element_size,
           synched_snapshot_segment(fields->access.in[f], segment),
           layout->capacities[segment] * layout->element_size);
    out->counts[segment] = fields->access.in[f]->counts[segment];
  }
}

void synched__activity_change(struct synched__activity *activity, size_t segment) {
  synched__bits_add(&activity->changed, segment);
  for (unsigned s = 0; s < activity->stage_count; s++) {
    struct synched__stage_activity *stage = &activity->stages[s];
    if (stage->readers.reach == SYNCHED_REACH_ALL) {
      if (synched__load_relaxed(&stage->all_next) == 0)
        synched__store_relaxed(&stage->all_next, 1);
      continue;
    }
    const size_t count = synched__reads_count(&stage->readers, segment);
    for (size_t i = 0; i < count; i++)
      synched__bits_add(&stage->next, synched__reads_at(&stage->readers, segment, i));
  }
}
