/*
 * lane.c: see lane.h.
 */
#include "engine/lane.h"

#include <string.h>

#include "platform/alloc.h"

static size_t most_bytes(const struct synched__layout *layout) {
  size_t most = 0;
  for (size_t s = 0; s < layout->segment_count; s++)
    most = layout->capacities[s] > most ? layout->capacities[s] : most;
  return most * layout->element_size;
}

static bool init_field(struct synched__lane_field *field, const struct synched_memory *memory) {
  const struct synched__layout *layout = &memory->layout;
  const size_t unit = SYNCHED__LANE_UNIT;
  const size_t out_bytes = most_bytes(layout);
  field->memory = memory;
  /* A whole neighbour that is overwritten is caught there. */
  field->guard_bytes = out_bytes / unit * unit + unit;
  field->shadow_bytes = layout->data_bytes + 2 * field->guard_bytes + unit;
  field->room_bytes = out_bytes + 2 * field->guard_bytes + unit;
  field->counts = synched__alloc_lines(layout->segment_count, sizeof *field->counts);
  field->shadow = synched__map(field->shadow_bytes);
  field->room = synched__map(field->room_bytes);
  if (field->counts == NULL || field->shadow == NULL || field->room == NULL)
    return false;
  field->data = field->shadow + field->guard_bytes + (uintptr_t)memory->blocks.all[0]->data % unit;
  return true;
}

bool synched__lane_init(struct synched__lane *lane, unsigned index,
                        const struct synched_memory *const *memories, unsigned count) {
  lane->field_count = count;
  lane->fold = synched__alloc(SYNCHED_FOLD_BYTES_MAX, 1);
  lane->pattern = synched__alloc(SYNCHED__PATTERN_BYTES, 1);
  bool complete = lane->fold != NULL && lane->pattern != NULL;
  for (unsigned f = 0; complete && f < count; f++) {
    complete = init_field(&lane->fields[f], memories[f]);
    lane->views[f] = &lane->fields[f].view;
  }
  if (complete) {
    synched__pattern_make(lane->pattern, index);
    synched__lane_reset(lane);
  }
  return complete;
}

void synched__lane_deinit(struct synched__lane *lane) {
  for (unsigned f = 0; f < lane->field_count; f++) {
    struct synched__lane_field *field = &lane->fields[f];
    synched__unmap(field->shadow, field->shadow_bytes);
    synched__unmap(field->room, field->room_bytes);
    synched__free(field->counts);
  }
  synched__free(lane->fold);
  synched__free(lane->pattern);
  *lane = (struct synched__lane){0};
}

void synched__lane_show(struct synched__lane *lane, unsigned f, const struct synched_snapshot *in,
                        size_t segment) {
  struct synched__lane_field *field = &lane->fields[f];
  const struct synched__layout *layout = &field->memory->layout;
  const size_t begin = layout->offsets[segment] * layout->element_size;
  memcpy(field->data + begin, (const unsigned char *)in->data + begin,
         layout->capacities[segment] * layout->element_size);
  field->counts[segment] = in->counts[segment];
}

void synched__lane_hide(struct synched__lane *lane, unsigned f, size_t segment) {
  const struct synched__layout *layout = &lane->fields[f].memory->layout;
  const size_t first = layout->offsets[segment];
  synched__lane_paint(lane, f, first, first + layout->capacities[segment], lane->pattern);
  synched__lane_paint_count(lane, f, segment, lane->pattern);
}

void synched__lane_paint(struct synched__lane *lane, unsigned f, size_t first, size_t end,
                         const unsigned char *pattern) {
  const size_t size = lane->fields[f].memory->layout.element_size;
  synched__pattern_fill(lane->fields[f].data + first * size, (end - first) * size, pattern);
}

void synched__lane_paint_count(struct synched__lane *lane, unsigned f, size_t segment,
                               const unsigned char *pattern) {
  struct synched__lane_field *field = &lane->fields[f];
  field->counts[segment] = pattern[0] == 0 ? 0 : field->memory->layout.capacities[segment];
}

void synched__lane_reset(struct synched__lane *lane) {
  for (unsigned f = 0; f < lane->field_count; f++) {
    struct synched__lane_field *field = &lane->fields[f];
    synched__pattern_fill(field->shadow, field->shadow_bytes, lane->pattern);
    synched__pattern_fill(field->room, field->room_bytes, lane->pattern);
    for (size_t s = 0; s < field->memory->layout.segment_count; s++)
      synched__lane_paint_count(lane, f, s, lane->pattern);
  }
}
