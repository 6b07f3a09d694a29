/*
 * inspect.c: what a call of a checked job has left behind in its lane, beside what it may write.
 */
#include <stdio.h>
#include <string.h>

#include "engine/trial.h"

/* " of field 2"; "" in a job of one field. */
struct of_field {
  char text[24];
};

static struct of_field of_field(const struct synched__trial *trial, unsigned f) {
  struct of_field of = {""};
  if (synched__trial_fields(trial) > 1)
    (void)snprintf(of.text, sizeof of.text, " of field %u", f);
  return of;
}

/* The segment in which an element of the extent is; the extent has it. */
static size_t segment_at(const struct synched__layout *layout, size_t element) {
  size_t low = 0;
  size_t high = layout->segment_count;
  while (high - low > 1) {
    const size_t middle = low + (high - low) / 2;
    if (layout->offsets[middle] <= element)
      low = middle;
    else
      high = middle;
  }
  return low;
}

/* "element 3 of segment 5"; " (padding)"; "outside of the memory". */
struct place {
  char text[72];
};

/* `element` counts from the beginning of the call's segment. */
static struct place place_of(const struct synched__trial *trial, unsigned f, ptrdiff_t element) {
  const struct synched__layout *layout = synched__trial_layout(trial, f);
  const ptrdiff_t at = (ptrdiff_t)layout->offsets[trial->segment] + element;
  struct place place = {"outside of the memory"};
  if (at < 0 || (size_t)at >= layout->offsets[layout->segment_count])
    return place;
  const size_t segment = segment_at(layout, (size_t)at);
  const size_t within = (size_t)at - layout->offsets[segment];
  (void)snprintf(place.text, sizeof place.text, "%s %zu of segment %zu",
                 within < layout->capacities[segment] ? "element" : "padding after element",
                 within < layout->capacities[segment] ? within : layout->capacities[segment] - 1,
                 segment);
  return place;
}

/* Writes down that `out` was left: bytes near .. far, counted from out, have changed, of which
 * `near` is nearest to the segment. */
static void find_outside(const struct synched__trial *trial, unsigned f, const unsigned char *out,
                         ptrdiff_t near, ptrdiff_t far) {
  const struct synched__layout *layout = synched__trial_layout(trial, f);
  const ptrdiff_t size = (ptrdiff_t)layout->element_size;
  const ptrdiff_t bytes = (ptrdiff_t)synched__trial_bytes(trial, f);
  const ptrdiff_t element = near < 0 ? -((-near + size - 1) / size) : near / size;
  const ptrdiff_t last = far < 0 ? -((-far + size - 1) / size) : far / size;
  const ptrdiff_t off = near < 0 ? -element : element - bytes / size + 1;
  const ptrdiff_t at = element * size;
  const ptrdiff_t spread = (last < element ? element - last : last - element) + 1;
  (void)snprintf(trial->finding, SYNCHED__FINDING_BYTES,
                 "it wrote outside of its segment%s: at out %c %td bytes (%p), %td %s, which is %s"
                 "; %td element%s there",
                 of_field(trial, f).text, at < 0 ? '-' : '+', at < 0 ? -at : at,
                 (const void *)(out + at), off, near < 0 ? "before it" : "behind it",
                 place_of(trial, f, element).text, spread, spread == 1 ? "" : "s");
}

/* Around the `out` that a call had in its room. */
static bool inspect_room(const struct synched__trial *trial, const struct synched__lane *lane,
                         unsigned f, const unsigned char *out) {
  const struct synched__lane_field *field = &lane->fields[f];
  const size_t bytes = synched__trial_bytes(trial, f);
  const size_t before = (size_t)(out - field->room);
  const unsigned char *behind = out + bytes;
  const size_t left = field->room_bytes - before - bytes;
  const ptrdiff_t start = -(ptrdiff_t)before;
  size_t at = synched__pattern_first_other(behind, left, lane->pattern);
  if (at != left) {
    find_outside(trial, f, out, (ptrdiff_t)(bytes + at),
                 (ptrdiff_t)(bytes + synched__pattern_last_other(behind, left, lane->pattern)));
    return true;
  }
  at = synched__pattern_last_other(field->room, before, lane->pattern);
  if (at == before)
    return false;
  find_outside(trial, f, out, start + (ptrdiff_t)at,
               start + (ptrdiff_t)synched__pattern_first_other(field->room, before, lane->pattern));
  return true;
}

/* The first byte of a segment's shadow, with what is between it and the next one, that is not as it
 * was; SIZE_MAX: all is. */
static size_t first_changed(const struct synched__trial *trial, const struct synched__lane *lane,
                            unsigned f, size_t segment) {
  const struct synched__layout *layout = synched__trial_layout(trial, f);
  const size_t begin = layout->offsets[segment] * layout->element_size;
  const size_t end = layout->offsets[segment + 1] * layout->element_size;
  const unsigned char *shadow = lane->fields[f].data;
  size_t at = begin;
  if (synched__trial_is_shown(trial, f, segment)) {
    const unsigned char *real = trial->site->access->in[f]->data;
    const size_t shown = layout->capacities[segment] * layout->element_size;
    if (memcmp(shadow + begin, real + begin, shown) != 0) {
      while (shadow[at] == real[at])
        at++;
      return at;
    }
    at += shown;
  }
  const size_t other = synched__pattern_first_other(shadow + at, end - at, lane->pattern);
  return other == end - at ? SIZE_MAX : at + other;
}

static bool inspect_shadow_of(const struct synched__trial *trial, const struct synched__lane *lane,
                              unsigned f, size_t segment) {
  const struct synched__layout *layout = synched__trial_layout(trial, f);
  const bool in_place = synched__trial_is_in_place(trial, f);
  if (in_place && segment == trial->segment)
    return false;
  const size_t at = first_changed(trial, lane, f, segment);
  if (at == SIZE_MAX)
    return false;
  const size_t own = layout->offsets[trial->segment] * layout->element_size;
  const ptrdiff_t from_out = (ptrdiff_t)at - (ptrdiff_t)own;
  if (in_place)
    find_outside(trial, f, lane->fields[f].data + own, from_out, from_out);
  else
    (void)snprintf(trial->finding, SYNCHED__FINDING_BYTES,
                   "it wrote to what it only reads, `previous`%s: %s (%p)", of_field(trial, f).text,
                   place_of(trial, f,
                            (ptrdiff_t)(at / layout->element_size) -
                                (ptrdiff_t)layout->offsets[trial->segment])
                       .text,
                   (const void *)(lane->fields[f].data + at));
  return true;
}

/* The guards of a shadow, where the call's segment is at an end of it. */
static bool inspect_ends(const struct synched__trial *trial, const struct synched__lane *lane,
                         unsigned f) {
  const struct synched__lane_field *field = &lane->fields[f];
  const struct synched__layout *layout = synched__trial_layout(trial, f);
  const size_t own = layout->offsets[trial->segment] * layout->element_size;
  const size_t before = (size_t)(field->data - field->shadow);
  const unsigned char *end = field->data + layout->data_bytes;
  const size_t left = field->shadow_bytes - before - layout->data_bytes;
  const ptrdiff_t to_end = (ptrdiff_t)(layout->data_bytes - own);
  size_t at = synched__pattern_first_other(end, left, lane->pattern);
  if (at != left) {
    find_outside(trial, f, field->data + own, to_end + (ptrdiff_t)at,
                 to_end + (ptrdiff_t)synched__pattern_last_other(end, left, lane->pattern));
    return true;
  }
  at = synched__pattern_last_other(field->shadow, before, lane->pattern);
  if (at == before)
    return false;
  const ptrdiff_t start = -(ptrdiff_t)(own + before);
  find_outside(trial, f, field->data + own, start + (ptrdiff_t)at,
               start +
                   (ptrdiff_t)synched__pattern_first_other(field->shadow, before, lane->pattern));
  return true;
}

/* What the call may see, and the segments beside its own. */
static bool inspect_shadow(const struct synched__trial *trial, const struct synched__lane *lane,
                           unsigned f) {
  const size_t last = synched__trial_layout(trial, f)->segment_count - 1;
  const size_t own = trial->segment;
  bool found = own != last && !synched__trial_is_shown(trial, f, own + 1) &&
               inspect_shadow_of(trial, lane, f, own + 1);
  found = found || (own != 0 && !synched__trial_is_shown(trial, f, own - 1) &&
                    inspect_shadow_of(trial, lane, f, own - 1));
  const size_t count = synched__trial_shown_count(trial, f);
  for (size_t i = 0; !found && i < count; i++)
    found = inspect_shadow_of(trial, lane, f, synched__trial_shown_at(trial, f, i));
  return found || ((own == 0 || own == last) && inspect_ends(trial, lane, f));
}

/* What `out` holds behind the count that the call has left. */
static bool inspect_rest(const struct synched__trial *trial, const struct synched__lane *lane,
                         unsigned f, const struct synched__outcome *outcome) {
  const struct synched_memory *memory = lane->fields[f].memory;
  const size_t size = memory->layout.element_size;
  const size_t count = outcome->counts[f];
  const size_t bytes = synched__trial_bytes(trial, f) - count * size;
  const unsigned char *rest = outcome->outs[f] + count * size;
  const unsigned char *before =
      (const unsigned char *)synched_snapshot_segment(trial->site->access->in[f], trial->segment) +
      count * size;
  size_t at = 0;
  if (synched__trial_is_unfilled(trial, f))
    at = synched__pattern_first_other(rest, bytes, lane->pattern);
  else if (memory->in_place || memory->refill == SYNCHED_REFILL_KEEP)
    while (at < bytes && rest[at] == before[at])
      at++;
  else
    while (at < bytes && rest[at] == 0)
      at++;
  if (at == bytes)
    return false;
  (void)snprintf(trial->finding, SYNCHED__FINDING_BYTES,
                 "it wrote element %zu%s, beyond its count of %zu, at out + %zu bytes (%p)",
                 count + at / size, of_field(trial, f).text, count, (count + at / size) * size,
                 (const void *)(rest + at / size * size));
  return true;
}

/* That nothing has changed, where something has. */
static bool inspect_unchanged(const struct synched__trial *trial, unsigned f,
                              const struct synched__outcome *outcome) {
  const struct synched_snapshot *in = trial->site->access->in[f];
  const unsigned char *before = synched_snapshot_segment(in, trial->segment);
  const size_t bytes = outcome->counts[f] * in->element_size;
  size_t at = 0;
  if (in->counts[trial->segment] != outcome->counts[f]) {
    (void)snprintf(trial->finding, SYNCHED__FINDING_BYTES,
                   "it says `unchanged`, and has changed its count%s from %zu to %zu",
                   of_field(trial, f).text, in->counts[trial->segment], outcome->counts[f]);
    return true;
  }
  if (bytes == 0 || memcmp(outcome->outs[f], before, bytes) == 0)
    return false;
  while (outcome->outs[f][at] == before[at])
    at++;
  (void)snprintf(trial->finding, SYNCHED__FINDING_BYTES,
                 "it says `unchanged`, and has changed element %zu%s, at out + %zu bytes",
                 at / in->element_size, of_field(trial, f).text, at);
  return true;
}

bool synched__trial_inspect(const struct synched__trial *trial, unsigned lane_index,
                            const struct synched__outcome *outcome) {
  const struct synched__lane *lane = &trial->lanes[lane_index];
  const struct synched__stage *stage = trial->site->stage;
  if (!synched__fp_mode_is_same(&outcome->fp_mode, &stage->work->fp_mode)) {
    (void)snprintf(trial->finding, SYNCHED__FINDING_BYTES,
                   "it left the floating-point mode changed (rounding, flush to zero, traps or "
                   "precision)");
    return true;
  }
  bool found = false;
  for (unsigned f = 0; !found && f < lane->field_count; f++) {
    const bool writes = outcome->outs[f] != NULL;
    if (writes && !synched__trial_is_in_place(trial, f))
      found = inspect_room(trial, lane, f, outcome->outs[f]);
    if (!synched__trial_is_given(trial, f))
      found = found || inspect_shadow(trial, lane, f);
    if (!found && writes && outcome->code == 0)
      found = inspect_rest(trial, lane, f, outcome);
    if (!found && writes && outcome->code == 0 && outcome->unchanged && stage->activity != NULL)
      found = inspect_unchanged(trial, f, outcome);
  }
  return found;
}
