/*
 * versions.c: see versions.h.
 */
#include "memory/versions.h"

#include "base/error.h"
#include "platform/alloc.h"

int synched__versions_create(struct synched__versions **out, unsigned field_count,
                             const uint32_t *writes, unsigned stage_count, unsigned round_count) {
  struct synched__versions *versions = synched__alloc_lines(1, sizeof *versions);
  *out = versions;
  if (versions != NULL) {
    versions->stage_count = stage_count;
    versions->step_count = stage_count * round_count;
    for (unsigned s = 0; s < stage_count; s++)
      versions->writes[s] = writes[s];
    versions->all = synched__alloc_lines(versions->step_count, sizeof *versions->all);
    versions->views =
        synched__alloc_lines((size_t)versions->step_count * field_count, sizeof *versions->views);
    if (versions->all != NULL && versions->views != NULL)
      return 0;
  }
  synched__versions_destroy(versions);
  *out = NULL;
  return synched__fail(SYNCHED_ENOMEM, "no memory for %u rounds between two barriers", round_count);
}

void synched__versions_destroy(struct synched__versions *versions) {
  if (versions == NULL)
    return;
  synched__free(versions->all);
  synched__free(versions->views);
  synched__free(versions);
}

/* The newest version of a field, and where the next one goes. */
struct turn {
  /* NULL: as at the barrier */
  const struct synched__block *newest;
  /* in which that was written */
  uint64_t round;
  /* the first is next */
  struct synched__block *blocks[2];
};

static void choose_blocks(struct synched__versions *versions, struct synched__fields *fields,
                          const struct synched__buffer_pair *pair, unsigned f, struct turn *turn) {
  *turn = (struct turn){0};
  versions->spare[f] = NULL;
  if (synched__fields_has(fields->in_place, f)) {
    turn->blocks[0] = turn->blocks[1] = fields->memories[f]->blocks.all[0];
    return;
  }
  turn->blocks[0] = synched__fields_choose_block(fields, pair, f, NULL);
  turn->blocks[1] = synched__fields_choose_block(fields, pair, f, turn->blocks[0]);
}

/* What step `step` reads of a field. */
static const struct synched_snapshot *read_version(struct synched__versions *versions,
                                                   const struct synched__fields *fields,
                                                   unsigned step, unsigned f,
                                                   const struct turn *turn) {
  const uint64_t round = versions->first + step / versions->stage_count;
  if (step < versions->stage_count && turn->newest == NULL)
    return fields->access.in[f];
  struct synched_snapshot *view = &versions->views[(size_t)step * fields->count + f];
  const struct synched_snapshot *before = fields->access.in[f];
  *view = fields->shown[f];
  view->data = turn->newest == NULL ? before->data : turn->newest->data;
  view->counts = turn->newest == NULL ? before->counts : turn->newest->counts;
  view->fold = before->fold;
  view->round = turn->newest != NULL && turn->round == round ? round : round - 1;
  return view;
}

static struct synched__block *write_version(struct synched__fields *fields, unsigned f,
                                            uint64_t round, struct turn *turn) {
  struct synched__block *block = turn->blocks[0];
  fields->placed = fields->placed && block != NULL && block->placed;
  turn->blocks[0] = turn->blocks[1];
  turn->blocks[1] = block;
  /* A field in place is as its view from the beginning. */
  if (!synched__fields_has(fields->in_place, f)) {
    turn->newest = block;
    turn->round = round;
  }
  return block;
}

void synched__versions_open(struct synched__versions *versions, struct synched__fields *fields,
                            const struct synched__buffer_pair *pair, uint64_t first,
                            unsigned round_count) {
  struct turn turns[SYNCHED_FIELDS_MAX];
  uint32_t written = 0;
  fields->placed = true;
  versions->first = first;
  for (unsigned s = 0; s < versions->stage_count; s++)
    written |= versions->writes[s];
  for (unsigned f = 0; f < fields->count; f++)
    if (synched__fields_has(written, f))
      choose_blocks(versions, fields, pair, f, &turns[f]);
    else
      turns[f] = (struct turn){0};
  fields->undefined |= written & fields->in_place;
  const unsigned step_count = round_count * versions->stage_count;
  for (unsigned step = 0; step < step_count; step++) {
    struct synched__access *access = &versions->all[step];
    const uint64_t round = first + step / versions->stage_count;
    const uint32_t writes = versions->writes[step % versions->stage_count];
    for (unsigned f = 0; f < fields->count; f++)
      access->in[f] = read_version(versions, fields, step, f, &turns[f]);
    for (unsigned f = 0; f < fields->count; f++)
      access->out[f] =
          synched__fields_has(writes, f) ? write_version(fields, f, round, &turns[f]) : NULL;
  }
  for (unsigned f = 0; f < fields->count; f++) {
    fields->access.out[f] = NULL;
    if (!synched__fields_has(written, f))
      continue;
    fields->access.out[f] = turns[f].blocks[1];
    if (turns[f].blocks[0] != turns[f].blocks[1] && step_count > 1)
      versions->spare[f] = turns[f].blocks[0];
  }
}

void synched__versions_close(struct synched__versions *versions, struct synched__fields *fields,
                             const struct synched__buffer_pair *pair, uint64_t round) {
  for (unsigned f = 0; f < fields->count; f++) {
    if (fields->access.out[f] != NULL && versions->spare[f] != NULL)
      versions->spare[f]->placed = true;
  }
  synched__fields_close_stage(fields, pair, round);
}
