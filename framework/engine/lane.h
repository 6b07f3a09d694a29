/*
 * lane.h: where a call of a checked job reads and writes: not in the memories, but in copies that
 * hold what the call may see, and else nothing but a pattern (internal).
 *
 * There are two lanes, each with a pattern of its own, and each call is made in one after the
 * other. What it may see is the same in both. So a call that looks elsewhere comes to different
 * results, and one that writes elsewhere disturbs a pattern.
 *
 * Of each field a lane has a shadow, which is as large as the field, and a room for `out`; both
 * with a guard on each side. Between two calls all of that is the lane's pattern. To show a segment
 * and to hide it again costs its bytes, whatever the size of the field.
 */
#ifndef SYNCHED_ENGINE_LANE_H
#define SYNCHED_ENGINE_LANE_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/pattern.h"
#include "memory/memory.h"

#include <synched/job.h>

#define SYNCHED__LANES 2u

/* Of addresses: what is at a multiple of it in a memory is so in a lane, too. */
#define SYNCHED__LANE_UNIT 4096u

struct synched__lane_field {
  const struct synched_memory *memory;
  /* on each side of what calls may touch; a multiple of SYNCHED__LANE_UNIT */
  size_t guard_bytes;
  /* a guard, the extent, a guard */
  unsigned char *shadow;
  size_t shadow_bytes;
  /* the extent */
  unsigned char *data;
  /* [segment_count] */
  size_t *counts;
  /* a guard, `out`, a guard */
  unsigned char *room;
  size_t room_bytes;
  /* what a call sees as the field */
  struct synched_snapshot view;
};

struct synched__lane {
  /* what it holds between two calls; its own */
  unsigned char *pattern;
  unsigned field_count;
  struct synched__lane_field fields[SYNCHED_FIELDS_MAX];
  const struct synched_snapshot *views[SYNCHED_FIELDS_MAX];
  /* what a call contributes to a fold of more than a double */
  unsigned char *fold;
};

/* Makes lane `index` for these memories [count]. false: no memory; synched__lane_deinit all the
 * same, of a lane that was all zeros. O(bytes). */
bool synched__lane_init(struct synched__lane *lane, unsigned index,
                        const struct synched_memory *const *memories, unsigned count);
void synched__lane_deinit(struct synched__lane *lane);

/* Copies a segment into the shadow; and makes it pattern again. */
void synched__lane_show(struct synched__lane *lane, unsigned f, const struct synched_snapshot *in,
                        size_t segment);
void synched__lane_hide(struct synched__lane *lane, unsigned f, size_t segment);

/* Makes elements `first` .. `end` - 1 of the extent a pattern, whatever it is that is there. */
void synched__lane_paint(struct synched__lane *lane, unsigned f, size_t first, size_t end,
                         const unsigned char *pattern);
/* What the count of a segment is where the pattern is that. */
void synched__lane_paint_count(struct synched__lane *lane, unsigned f, size_t segment,
                               const unsigned char *pattern);

/* Makes all of it the lane's pattern. O(bytes). */
void synched__lane_reset(struct synched__lane *lane);

/* Where `out` is in its room, if it is at `real` in the memory: aligned alike. */
static inline unsigned char *synched__lane_out(const struct synched__lane *lane, unsigned f,
                                               const void *real) {
  const struct synched__lane_field *field = &lane->fields[f];
  return field->room + field->guard_bytes + (uintptr_t)real % SYNCHED__LANE_UNIT;
}

#endif
