/*
 * activity.h: which segments need a call, where those are skipped of which nothing has changed
 * (internal).
 *
 * A call is needed if the segment, or one that it reads, has changed since the stage last ran. So
 * whoever changes a segment adds those that read it to each stage's set of segments to call, and
 * the leader makes a list of a stage's set when it opens the stage. Only what is in the list is
 * dealt to workers and counted: others cost nothing.
 *
 * A block may hold an older state of a segment than the current one: one that has changed when
 * other blocks were written. Such segments of a block are stale. When the block is written the next
 * time they are in the list, too, and copied where no call is needed. So a complete stage leaves a
 * block that has no stale segment.
 *
 * All of this is the leader's, but that workers add to `changed` and the stages' next sets.
 */
#ifndef SYNCHED_ENGINE_ACTIVITY_H
#define SYNCHED_ENGINE_ACTIVITY_H

#include "engine/bits.h"
#include "engine/reads.h"
#include "memory/fields.h"

/* What a stage is to call. */
struct synched__stage_activity {
  /* who reads a segment in this stage */
  struct synched__reads readers;
  /* now, while it is open; and when it is opened next */
  struct synched__bits now, next;
  /* all of them */
  bool all_now;
  _Atomic uint32_t all_next;
};

/* What of a block is stale. */
struct synched__block_activity {
  struct synched__bits stale;
  /* nothing is known of it */
  bool all;
};

struct synched__activity {
  /* Fixed. */
  size_t segment_count;
  unsigned stage_count;
  unsigned field_count;
  /* [stage_count] */
  struct synched__stage_activity *stages;
  /* blocks of a field, at most */
  unsigned block_most;
  /* [field_count * block_most] */
  struct synched__block_activity *blocks;

  /* Of the open stage. */
  /* what its calls have changed */
  struct synched__bits changed;
  /* segments that are to be called or copied: the first `visit_count`; if they are all, none */
  uint32_t *visits;
  size_t visit_count;
  bool visits_all;
  /* how many calls are skipped */
  size_t skipped_count;
  /* how often the memories had been loaded when the content was last looked at */
  uint64_t load_count;
};

/* Makes one for stages whose declarations are `reads` [stage_count]. false: no memory;
 * synched__activity_destroy takes what there is. */
bool synched__activity_create(struct synched__activity **out,
                              const struct synched__reads *const *reads, unsigned stage_count,
                              unsigned field_count, unsigned block_most);
void synched__activity_destroy(struct synched__activity *activity);

/* Before a run: everything is to be called. */
void synched__activity_reset(struct synched__activity *activity);

/* Leader: a stage is prepared that writes what fields->access says. Returns how many segments have
 * to be visited; there is one at least, for it takes one to complete a stage. */
size_t synched__activity_open(struct synched__activity *activity, unsigned stage,
                              const struct synched__fields *fields);

/* Leader: init is prepared, which calls all; what it changes is to be called. */
void synched__activity_open_init(struct synched__activity *activity,
                                 const struct synched__fields *fields);

/* Leader, before the fields are closed: the stage is complete. Or the round is dropped: then
 * nothing is known of any block, and all is to be called again. */
void synched__activity_close(struct synched__activity *activity,
                             const struct synched__fields *fields);
void synched__activity_drop(struct synched__activity *activity);

/* Worker: a segment has changed. */
void synched__activity_change(struct synched__activity *activity, size_t segment);

static inline size_t synched__activity_at(const struct synched__activity *activity,
                                          size_t position) {
  return activity->visits_all ? position : activity->visits[position];
}

/* Worker: whether a segment in the list of a stage is to be called, and not only copied; */
static inline bool synched__activity_calls(const struct synched__activity *activity, unsigned stage,
                                           size_t segment) {
  const struct synched__stage_activity *self = &activity->stages[stage];
  return self->all_now || synched__bits_has(&self->now, segment);
}

/* copies it, where the block that the stage writes has an older state. */
void synched__activity_copy(const struct synched__activity *activity,
                            const struct synched__fields *fields, size_t segment);

#endif
