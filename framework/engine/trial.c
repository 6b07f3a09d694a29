/*
 * trial.c: see trial.h.
 */
#include "engine/trial.h"

#include <string.h>

#include "base/assert.h"

/* --- what a call may see --- */

bool synched__trial_is_unfilled(const struct synched__trial *trial, unsigned f) {
  const struct synched_memory *memory = trial->lanes[0].fields[f].memory;
  if (memory->in_place)
    return false;
  return (trial->site->stage->overwrites >> f & 1) != 0 || memory->refill == SYNCHED_REFILL_NONE;
}

size_t synched__trial_shown_count(const struct synched__trial *trial, unsigned f) {
  if (synched__trial_is_given(trial, f))
    return 0;
  if (synched__trial_is_in_place(trial, f))
    return 1;
  return trial->reads == NULL ? synched__trial_layout(trial, f)->segment_count
                              : synched__reads_count(trial->reads, trial->segment);
}

size_t synched__trial_shown_at(const struct synched__trial *trial, unsigned f, size_t index) {
  if (synched__trial_is_in_place(trial, f))
    return trial->segment;
  SYNCHED_ASSERT(trial->reads == NULL || trial->reads->segment_count != 0);
  return trial->reads == NULL ? index : synched__reads_at(trial->reads, trial->segment, index);
}

bool synched__trial_is_shown(const struct synched__trial *trial, unsigned f, size_t segment) {
  if (trial->reads == NULL && !synched__trial_is_in_place(trial, f))
    return true;
  const size_t count = synched__trial_shown_count(trial, f);
  size_t i = 0;
  while (i < count && synched__trial_shown_at(trial, f, i) != segment)
    i++;
  return i < count;
}

/* --- a call --- */

static void show_all(const struct synched__trial *trial, struct synched__lane *lane) {
  for (unsigned f = 0; f < lane->field_count; f++) {
    struct synched__lane_field *field = &lane->fields[f];
    const struct synched_snapshot *in = trial->site->access->in[f];
    field->view = *in;
    if (synched__trial_is_given(trial, f))
      continue;
    field->view.data = field->data;
    field->view.counts = field->counts;
    for (size_t i = synched__trial_shown_count(trial, f); i-- > 0;)
      synched__lane_show(lane, f, in, synched__trial_shown_at(trial, f, i));
  }
}

/* The call's segment in the shadow of a field. */
static unsigned char *own_shadow(const struct synched__trial *trial,
                                 const struct synched__lane *lane, unsigned f) {
  const struct synched__layout *layout = synched__trial_layout(trial, f);
  return lane->fields[f].data + layout->offsets[trial->segment] * layout->element_size;
}

/* Where it is in the room of a lane, between calls and after them. */
static unsigned char *own_room(const struct synched__trial *trial, const struct synched__lane *lane,
                               unsigned f) {
  const struct synched__layout *layout = synched__trial_layout(trial, f);
  const unsigned char *real = trial->site->access->out[f]->data;
  return synched__lane_out(lane, f, real + layout->offsets[trial->segment] * layout->element_size);
}

static unsigned char *open_out(const struct synched__trial *trial, const struct synched__lane *lane,
                               unsigned f, const unsigned char *unfilled) {
  if (!synched__trial_writes(trial, f))
    return NULL;
  if (synched__trial_is_in_place(trial, f))
    return own_shadow(trial, lane, f);
  unsigned char *out = own_room(trial, lane, f);
  const size_t bytes = synched__trial_bytes(trial, f);
  if (synched__trial_is_unfilled(trial, f))
    synched__pattern_fill(out, bytes, unfilled);
  else
    synched__refill(out, own_shadow(trial, lane, f), bytes, lane->fields[f].memory->refill);
  return out;
}

static unsigned char *open_fold(const struct synched__trial *trial,
                                const struct synched__lane *lane) {
  const struct synched__stage *stage = trial->site->stage;
  if (stage->accumulators == NULL)
    return NULL;
  return memcpy(lane->fold, stage->fold.identity, stage->fold.bytes);
}

/* As engine/call.c and call.h make it. */
static struct synched_task make_task(const struct synched__trial *trial,
                                     const struct synched__lane *lane,
                                     const struct synched__outcome *outcome) {
  const struct synched__layout *layout = synched__trial_layout(trial, 0);
  return (struct synched_task){
      .round = trial->site->round,
      .segment = trial->segment,
      .worker = trial->run->worker->index,
      .previous = lane->views[0],
      .out = outcome->outs[0],
      .capacity = layout->capacities[trial->segment],
      .count = outcome->counts[0],
      .engine = trial->site->stage->work,
      .first = layout->offsets[trial->segment],
  };
}

void synched__trial_make(const struct synched__trial *trial, unsigned lane_index,
                         const unsigned char *unfilled, struct synched__outcome *outcome) {
  struct synched__lane *lane = &trial->lanes[lane_index];
  const struct synched__stage *stage = trial->site->stage;
  const struct synched__fields *fields = stage->work->fields;
  show_all(trial, lane);
  for (unsigned f = 0; f < lane->field_count; f++) {
    outcome->outs[f] = open_out(trial, lane, f, unfilled);
    outcome->counts[f] = trial->site->access->in[f]->counts[trial->segment];
  }
  outcome->fold = open_fold(trial, lane);
  struct synched_task task = make_task(trial, lane, outcome);
  struct synched_task_parts parts;
  void *outs[SYNCHED_FIELDS_MAX];
  if (fields != NULL) {
    for (unsigned f = 0; f < lane->field_count; f++)
      outs[f] = outcome->outs[f];
    parts = (struct synched_task_parts){.stage = stage->index,
                                        .field_count = lane->field_count,
                                        .fields = lane->views,
                                        .outs = outs,
                                        .counts = outcome->counts,
                                        .fold = outcome->fold,
                                        .folds = fields->has_folds ? fields->folds : NULL};
    task.parts = &parts;
  }
  outcome->code = synched__compute(stage->work, stage, &task);
  outcome->fp_mode = synched__fp_mode_here();
  outcome->counts[0] = task.count;
  outcome->contribution = task.contribution;
  outcome->unchanged = task.unchanged != 0;
}

void synched__trial_close(const struct synched__trial *trial, unsigned lane_index,
                          struct synched__outcome *outcome) {
  struct synched__lane *lane = &trial->lanes[lane_index];
  for (unsigned f = 0; f < lane->field_count; f++) {
    if (synched__trial_is_in_place(trial, f))
      outcome->outs[f] =
          memcpy(own_room(trial, lane, f), outcome->outs[f], synched__trial_bytes(trial, f));
    for (size_t i = synched__trial_shown_count(trial, f); i-- > 0;)
      synched__lane_hide(lane, f, synched__trial_shown_at(trial, f, i));
  }
}

void synched__trial_clear(const struct synched__trial *trial, unsigned lane_index,
                          const struct synched__outcome *outcome) {
  const struct synched__lane *lane = &trial->lanes[lane_index];
  for (unsigned f = 0; f < lane->field_count; f++)
    if (outcome->outs[f] != NULL)
      synched__pattern_fill(own_room(trial, lane, f), synched__trial_bytes(trial, f),
                            lane->pattern);
}

/* --- outcomes --- */

/* The first element within the count that differs; the count: none does. */
static size_t first_different(const struct synched__trial *trial, const struct synched__outcome *a,
                              const struct synched__outcome *b, unsigned f) {
  const size_t size = synched__trial_layout(trial, f)->element_size;
  const size_t capacity = synched__trial_layout(trial, f)->capacities[trial->segment];
  const size_t count = a->counts[f] < capacity ? a->counts[f] : capacity;
  size_t i = 0;
  if (count == 0 || memcmp(a->outs[f], b->outs[f], count * size) == 0)
    return a->counts[f];
  while (memcmp(a->outs[f] + i * size, b->outs[f] + i * size, size) == 0)
    i++;
  return i;
}

static uint64_t bits_of(double number) {
  uint64_t bits;
  memcpy(&bits, &number, sizeof bits);
  return bits;
}

/* What differs beside elements; NULL: nothing. */
static const char *what_differs(const struct synched__trial *trial,
                                const struct synched__outcome *a,
                                const struct synched__outcome *b) {
  const struct synched__stage *stage = trial->site->stage;
  if (a->code != b->code)
    return "what it returns";
  if (stage->activity != NULL && a->unchanged != b->unchanged)
    return "unchanged";
  if (a->fold != NULL && memcmp(a->fold, b->fold, stage->fold.bytes) != 0)
    return "what it adds to the fold";
  if (a->fold == NULL && stage->contributions != NULL &&
      bits_of(a->contribution) != bits_of(b->contribution))
    return "contribution";
  return NULL;
}

bool synched__outcomes_differ(const struct synched__trial *trial, const struct synched__outcome *a,
                              const struct synched__outcome *b,
                              struct synched__difference *difference) {
  *difference = (struct synched__difference){.what = what_differs(trial, a, b)};
  if (difference->what != NULL || a->code != 0)
    return difference->what != NULL;
  for (unsigned f = 0; f < synched__trial_fields(trial); f++) {
    if (a->outs[f] == NULL)
      continue;
    difference->field = f;
    if (a->counts[f] != b->counts[f]) {
      difference->what = "count";
      return true;
    }
    difference->element = first_different(trial, a, b, f);
    if (difference->element != a->counts[f])
      return true;
  }
  return false;
}
