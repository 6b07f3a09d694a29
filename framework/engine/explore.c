/*
 * explore.c: what the outcome of a call depends on, beside what it may read.
 *
 * The call is made again and again, each time with one thing changed that it must not look at. What
 * makes a difference is what it looks at. Segments are halved until one is left, then its elements.
 */
#include <stdio.h>
#include <string.h>

#include "engine/trial.h"

/* As first, in room of its own. */
static void save(const struct synched__trial *trial, struct synched__outcome *first) {
  for (unsigned f = 0; f < synched__trial_fields(trial); f++)
    if (first->outs[f] != NULL)
      first->outs[f] = memcpy(trial->saved[f], first->outs[f], synched__trial_bytes(trial, f));
  if (first->fold != NULL)
    first->fold = memcpy(trial->saved_fold, first->fold, trial->site->stage->fold.bytes);
}

/* Makes the call in a lane once more, and says whether the outcome is another one. */
static bool differs(const struct synched__trial *trial, unsigned lane,
                    const unsigned char *unfilled, const struct synched__outcome *first) {
  struct synched__outcome outcome;
  struct synched__difference difference;
  synched__trial_make(trial, lane, unfilled, &outcome);
  synched__trial_close(trial, lane, &outcome);
  const bool is_other = synched__outcomes_differ(trial, first, &outcome, &difference);
  synched__trial_clear(trial, lane, &outcome);
  return is_other;
}

static const unsigned char *other_pattern(const struct synched__trial *trial, unsigned lane) {
  return trial->lanes[SYNCHED__LANES - 1 - lane].pattern;
}

/* Segments of fields, or elements of a segment, in one of the lanes. */
struct stretch {
  unsigned lane;
  unsigned field_first, field_end;
  size_t segment_first, segment_end;
  /* of one segment, and of one field; from its first on; ~0: all, and the count */
  size_t element_end;
};

static void paint(const struct synched__trial *trial, const struct stretch *stretch,
                  const unsigned char *pattern) {
  struct synched__lane *lane = &trial->lanes[stretch->lane];
  for (unsigned f = stretch->field_first; f < stretch->field_end; f++) {
    const size_t *offsets = synched__trial_layout(trial, f)->offsets;
    const size_t first = offsets[stretch->segment_first];
    if (stretch->element_end != SIZE_MAX) {
      synched__lane_paint(lane, f, first, first + stretch->element_end, pattern);
      continue;
    }
    synched__lane_paint(lane, f, first, offsets[stretch->segment_end], pattern);
    for (size_t s = stretch->segment_first; s < stretch->segment_end; s++)
      synched__lane_paint_count(lane, f, s, pattern);
  }
}

/* Whether it makes a difference to the call, in lane 0, what these hold. What the call may see is
 * shown all the same. */
static bool matters(const struct synched__trial *trial, const struct synched__outcome *first,
                    const struct stretch *stretch) {
  paint(trial, stretch, other_pattern(trial, stretch->lane));
  const bool is_other = differs(trial, 0, trial->lanes[0].pattern, first);
  paint(trial, stretch, trial->lanes[stretch->lane].pattern);
  return is_other;
}

/* Of a stretch that matters the lowest field, segment and element that do, as far as one can be
 * found. */
static void narrow(const struct synched__trial *trial, const struct synched__outcome *first,
                   struct stretch *stretch) {
  struct stretch part = *stretch;
  size_t without = stretch->segment_first;
  while (stretch->segment_end - without > 1) {
    part.segment_end = without + (stretch->segment_end - without) / 2;
    if (matters(trial, first, &part))
      stretch->segment_end = part.segment_end;
    else
      without = part.segment_end;
  }
  stretch->segment_first = without;
  for (part = *stretch; part.field_first + 1 < stretch->field_end; part.field_first++) {
    part.field_end = part.field_first + 1;
    if (matters(trial, first, &part))
      break;
  }
  stretch->field_first = part.field_first;
  stretch->field_end = part.field_first + 1;
  part = *stretch;
  const struct synched__layout *layout = synched__trial_layout(trial, stretch->field_first);
  part.element_end = layout->capacities[without];
  if (!matters(trial, first, &part))
    return; /* its count does */
  without = 0;
  stretch->element_end = part.element_end;
  while (stretch->element_end - without > 1) {
    part.element_end = without + (stretch->element_end - without) / 2;
    if (matters(trial, first, &part))
      stretch->element_end = part.element_end;
    else
      without = part.element_end;
  }
}

static struct stretch whole(const struct synched__trial *trial, unsigned lane) {
  return (struct stretch){.lane = lane,
                          .field_end = synched__trial_fields(trial),
                          .segment_end = synched__trial_layout(trial, 0)->segment_count,
                          .element_end = SIZE_MAX};
}

/* "element 3 of segment 5", "the count of segment 5"; "... of field 1". */
struct place {
  char text[96];
};

static struct place place_of(const struct synched__trial *trial, const struct stretch *stretch) {
  struct place place;
  char element[32] = "the count";
  char field[24] = "";
  if (stretch->element_end != SIZE_MAX)
    (void)snprintf(element, sizeof element, "element %zu", stretch->element_end - 1);
  if (synched__trial_fields(trial) > 1)
    (void)snprintf(field, sizeof field, " of field %u", stretch->field_first);
  (void)snprintf(place.text, sizeof place.text, "%s of segment %zu%s", element,
                 stretch->segment_first, field);
  return place;
}

static void find_undeclared(const struct synched__trial *trial, const struct stretch *stretch) {
  const size_t segment = stretch->segment_first;
  const bool is_below = segment < trial->segment;
  const struct synched__lane_field *field = &trial->lanes[0].fields[stretch->field_first];
  const size_t element = field->memory->layout.offsets[segment] +
                         (stretch->element_end == SIZE_MAX ? 0 : stretch->element_end - 1);
  (void)snprintf(trial->finding, SYNCHED__FINDING_BYTES,
                 "it read %s (%p), %zu segment%s %s its own, which its reads do not declare",
                 place_of(trial, stretch).text,
                 (const void *)(field->data + element * field->memory->layout.element_size),
                 is_below ? trial->segment - segment : segment - trial->segment,
                 segment + 1 == trial->segment || segment == trial->segment + 1 ? "" : "s",
                 is_below ? "below" : "above");
}

/* A pointer into what another call was given. */
static bool find_kept(const struct synched__trial *trial, const struct synched__outcome *first) {
  struct stretch idle = whole(trial, 1);
  if (matters(trial, first, &idle)) {
    narrow(trial, first, &idle);
    (void)snprintf(trial->finding, SYNCHED__FINDING_BYTES,
                   "it read %s from a snapshot that an earlier call was given: a pointer was kept",
                   place_of(trial, &idle).text);
    return true;
  }
  /* In the other lane, which is made like the first one. */
  paint(trial, &idle, trial->lanes[0].pattern);
  const bool is_kept = differs(trial, 1, trial->lanes[0].pattern, first);
  paint(trial, &idle, trial->lanes[1].pattern);
  if (is_kept)
    (void)snprintf(trial->finding, SYNCHED__FINDING_BYTES,
                   "it read from a snapshot that an earlier call was given: a pointer was kept");
  return is_kept;
}

/* Elements that are counted and hold what `out` held when the call began. */
static bool find_unwritten(const struct synched__trial *trial, const struct synched__outcome *first,
                           const struct synched__difference *difference) {
  const unsigned f = difference->field;
  char field[24] = "";
  if (!differs(trial, 0, trial->lanes[1].pattern, first))
    return false;
  if (synched__trial_fields(trial) > 1)
    (void)snprintf(field, sizeof field, " of field %u", f);
  if (difference->what != NULL)
    (void)snprintf(trial->finding, SYNCHED__FINDING_BYTES,
                   "%s depends on what `out` held when it began, which may be anything",
                   difference->what);
  else
    (void)snprintf(trial->finding, SYNCHED__FINDING_BYTES,
                   "it has not written element %zu%s of its count of %zu, or made it of what `out` "
                   "held",
                   difference->element, field, first->counts[f]);
  return true;
}

/* Guards of the rooms, in lane 0: what is around `out`. */
static bool find_around(const struct synched__trial *trial, const struct synched__outcome *first) {
  struct synched__lane *lane = &trial->lanes[0];
  const unsigned char *own = lane->pattern;
  /* Between two calls the room is nothing but pattern. */
  for (unsigned f = 0; f < lane->field_count; f++)
    synched__pattern_fill(lane->fields[f].room, lane->fields[f].room_bytes,
                          other_pattern(trial, 0));
  const bool is_other = differs(trial, 0, own, first);
  for (unsigned f = 0; f < lane->field_count; f++)
    synched__pattern_fill(lane->fields[f].room, lane->fields[f].room_bytes, own);
  if (is_other)
    (void)snprintf(trial->finding, SYNCHED__FINDING_BYTES,
                   "it read outside of its segment of `out`");
  return is_other;
}

static void find_other(const struct synched__trial *trial,
                       const struct synched__difference *difference, const char *why) {
  if (difference->what != NULL)
    (void)snprintf(trial->finding, SYNCHED__FINDING_BYTES, "%s %s", difference->what, why);
  else
    (void)snprintf(trial->finding, SYNCHED__FINDING_BYTES, "element %zu of its segment %s",
                   difference->element, why);
}

bool synched__trial_explain(const struct synched__trial *trial, struct synched__outcome *first,
                            const struct synched__difference *difference, bool wants_same) {
  const unsigned char *unfilled = trial->lanes[0].pattern;
  save(trial, first);
  /* Twice, for one that does it by turns. */
  bool is_same = true;
  for (unsigned i = 0; is_same && i < 2; i++)
    is_same = !differs(trial, 0, unfilled, first);
  if (!is_same) {
    if (wants_same)
      find_other(trial, difference,
                 "is not the same when the call is made again with the same input");
    return wants_same;
  }
  struct stretch undeclared = whole(trial, 0);
  if (find_unwritten(trial, first, difference) || find_around(trial, first) ||
      find_kept(trial, first))
    return true;
  if (matters(trial, first, &undeclared)) {
    narrow(trial, first, &undeclared);
    find_undeclared(trial, &undeclared);
    return true;
  }
  find_other(trial, difference, "depends on more than what the call may read");
  return true;
}
