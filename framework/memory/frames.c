/*
 * frames.c: see frames.h.
 */
#include "memory/frames.h"

#include "base/error.h"
#include "platform/alloc.h"

static inline bool has(uint32_t set, unsigned field) {
  return (set >> field & 1) != 0;
}

int synched__frames_create(struct synched__frames **out, const struct synched__fields *fields,
                           const uint32_t *writes, unsigned stage_count, unsigned round_count) {
  struct synched__frames *frames = synched__alloc_lines(1, sizeof *frames);
  *out = frames;
  if (frames != NULL) {
    frames->stage_count = stage_count;
    frames->step_count = stage_count * round_count;
    for (unsigned s = 0; s < stage_count; s++)
      frames->writes[s] = writes[s];
    frames->all = synched__alloc_lines(frames->step_count, sizeof *frames->all);
    frames->views =
        synched__alloc_lines((size_t)frames->step_count * fields->count, sizeof *frames->views);
    if (frames->all != NULL && frames->views != NULL) {
      for (size_t i = 0; i < (size_t)frames->step_count * fields->count; i++)
        frames->views[i] = fields->shown[i % fields->count];
      return 0;
    }
  }
  synched__frames_destroy(frames);
  *out = NULL;
  return synched__fail(SYNCHED_ENOMEM, "no memory for %u rounds between two barriers", round_count);
}

void synched__frames_destroy(struct synched__frames *frames) {
  if (frames == NULL)
    return;
  synched__free(frames->all);
  synched__free(frames->views);
  synched__free(frames);
}

/* The newest version of a field, and where the next one goes. */
struct versions {
  const struct synched__block *newest; /* NULL: as at the barrier */
  uint64_t round;                      /* in which it was written */
  struct synched__block *turns[2];     /* turns[0] is next */
};

static void choose_blocks(struct synched__frames *frames, struct synched__fields *fields,
                          const struct synched__buffer_pair *pair, unsigned f,
                          struct versions *versions) {
  *versions = (struct versions){0};
  frames->spare[f] = NULL;
  if (has(fields->in_place, f)) {
    versions->turns[0] = versions->turns[1] = fields->memories[f]->blocks.all[0];
    return;
  }
  versions->turns[0] = synched__fields_choose_block(fields, pair, f, NULL);
  versions->turns[1] = synched__fields_choose_block(fields, pair, f, versions->turns[0]);
}

/* What step `step` reads of a field. */
static const struct synched_snapshot *read_version(struct synched__frames *frames,
                                                   const struct synched__fields *fields,
                                                   unsigned step, unsigned f, uint64_t round,
                                                   const struct versions *versions) {
  if (step < frames->stage_count && versions->newest == NULL)
    return fields->frame.in[f];
  struct synched_snapshot *view = &frames->views[(size_t)step * fields->count + f];
  const struct synched_snapshot *before = fields->frame.in[f];
  view->data = versions->newest == NULL ? before->data : versions->newest->data;
  view->counts = versions->newest == NULL ? before->counts : versions->newest->counts;
  view->fold = before->fold;
  view->round = versions->newest != NULL && versions->round == round ? round : round - 1;
  return view;
}

static struct synched__block *write_version(struct synched__fields *fields, unsigned f,
                                            uint64_t round, struct versions *versions) {
  struct synched__block *block = versions->turns[0];
  fields->placed = fields->placed && block->placed;
  versions->turns[0] = versions->turns[1];
  versions->turns[1] = block;
  /* A field in place is as its view from the beginning. */
  if (!has(fields->in_place, f)) {
    versions->newest = block;
    versions->round = round;
  }
  return block;
}

void synched__frames_open(struct synched__frames *frames, struct synched__fields *fields,
                          const struct synched__buffer_pair *pair, uint64_t first,
                          unsigned round_count) {
  struct versions versions[SYNCHED_FIELDS_MAX];
  uint32_t written = 0;
  fields->placed = true;
  for (unsigned s = 0; s < frames->stage_count; s++)
    written |= frames->writes[s];
  for (unsigned f = 0; f < fields->count; f++)
    if (has(written, f))
      choose_blocks(frames, fields, pair, f, &versions[f]);
    else
      versions[f] = (struct versions){0};
  fields->undefined |= written & fields->in_place;
  const unsigned step_count = round_count * frames->stage_count;
  for (unsigned step = 0; step < step_count; step++) {
    struct synched__frame *frame = &frames->all[step];
    const uint64_t round = first + step / frames->stage_count;
    const uint32_t writes = frames->writes[step % frames->stage_count];
    for (unsigned f = 0; f < fields->count; f++)
      frame->in[f] = read_version(frames, fields, step, f, round, &versions[f]);
    for (unsigned f = 0; f < fields->count; f++)
      frame->out[f] = has(writes, f) ? write_version(fields, f, round, &versions[f]) : NULL;
  }
  for (unsigned f = 0; f < fields->count; f++) {
    fields->frame.out[f] = NULL;
    if (!has(written, f))
      continue;
    fields->frame.out[f] = versions[f].turns[1];
    if (versions[f].turns[0] != versions[f].turns[1] && step_count > 1)
      frames->spare[f] = versions[f].turns[0];
  }
}

void synched__frames_close(struct synched__frames *frames, struct synched__fields *fields,
                           const struct synched__buffer_pair *pair, uint64_t round) {
  for (unsigned f = 0; f < fields->count; f++) {
    if (fields->frame.out[f] != NULL && frames->spare[f] != NULL)
      frames->spare[f]->placed = true;
  }
  synched__fields_close_stage(fields, pair, round);
}
