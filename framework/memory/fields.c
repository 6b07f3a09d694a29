/*
 * fields.c: see fields.h.
 *
 *   [lead-changed]  see memory.h.
 */
#include "memory/fields.h"

#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "platform/alloc.h"

/* Folds of one buffer do not share lines with those of another. */
#define FOLD_ALIGNMENT 64u

static inline struct synched__buffer *lead_buffers(const struct synched__fields *fields) {
  return fields->memories[0]->buffers;
}

/* --- blocks --- */

/* Whether a buffer refers to a block of a field. Next does not count unless a stage of this round
 * has written the field. */
static bool is_used(const struct synched__fields *fields, const struct synched__buffer_pair *pair,
                    unsigned field, const struct synched__block *block) {
  const struct synched_memory *lead = fields->memories[0];
  for (unsigned b = 0; b < lead->buffer_count; b++) {
    const struct synched__buffer *buffer = &lead->buffers[b];
    if (buffer->blocks[field] == block &&
        (buffer != pair->next || synched__fields_has(fields->written, field)))
      return true;
  }
  return false;
}

struct synched__block *synched__fields_choose_block(const struct synched__fields *fields,
                                                    const struct synched__buffer_pair *pair,
                                                    unsigned field,
                                                    const struct synched__block *taken) {
  const struct synched__blocks *blocks = &fields->memories[field]->blocks;
  /* That of next is likely to be warm. */
  struct synched__block *block = pair->next->blocks[field];
  if (block != NULL && block != taken && !is_used(fields, pair, field, block))
    return block;
  /* Block 0 of a field in place is the field itself. */
  for (unsigned b = synched__fields_has(fields->in_place, field) ? 1 : 0; b < blocks->count; b++)
    if (blocks->all[b] != taken && !is_used(fields, pair, field, blocks->all[b]))
      return blocks->all[b];
  SYNCHED_ASSERT(false); /* there are as many as buffers, and one more where that is needed */
  return NULL;
}

/* --- a round --- */

void synched__fields_open_round(struct synched__fields *fields,
                                const struct synched__buffer_pair *pair) {
  const struct synched__buffer *current = pair->current;
  fields->written = 0;
  fields->undefined = 0;
  for (unsigned f = 0; f < fields->count; f++) {
    fields->access.in[f] = current->views[f];
    if (synched__fields_has(fields->in_place, f)) {
      fields->shown[f].round = current->snapshot.round;
      fields->access.in[f] = &fields->shown[f];
    }
  }
  /* Not what a round that was dropped has left. */
  const struct synched__buffer_part *part = &fields->parts[current - lead_buffers(fields)];
  for (unsigned stage = 0; fields->has_folds && stage < fields->stage_count; stage++)
    fields->folds[stage] = part->folds[stage];
}

static void set_out(struct synched__fields *fields, unsigned field, struct synched__block *block) {
  fields->access.out[field] = block;
  fields->placed = fields->placed && (block == NULL || block->placed);
}

void synched__fields_open_stage(struct synched__fields *fields,
                                const struct synched__buffer_pair *pair, uint32_t writes) {
  fields->placed = true;
  fields->undefined |= writes & fields->in_place;
  for (unsigned f = 0; f < fields->count; f++) {
    if (!synched__fields_has(writes, f))
      fields->access.out[f] = NULL;
    else if (synched__fields_has(fields->in_place, f))
      set_out(fields, f, fields->memories[f]->blocks.all[0]);
    else
      set_out(fields, f, synched__fields_choose_block(fields, pair, f, NULL));
  }
}

void synched__fields_open_copies(struct synched__fields *fields,
                                 const struct synched__buffer_pair *pair) {
  fields->placed = true;
  for (unsigned f = 0; f < fields->count; f++)
    set_out(fields, f,
            synched__fields_has(fields->copied, f)
                ? synched__fields_choose_block(fields, pair, f, NULL)
                : NULL);
}

/* What later stages of the round read of a field. */
static const struct synched_snapshot *show(struct synched__fields *fields, unsigned field,
                                           const struct synched__block *block, uint64_t round) {
  struct synched_snapshot *shown = &fields->shown[field];
  shown->round = round;
  shown->data = block->data;
  shown->counts = block->counts;
  return shown;
}

void synched__fields_close_stage(struct synched__fields *fields,
                                 const struct synched__buffer_pair *pair, uint64_t round) {
  for (unsigned f = 0; f < fields->count; f++) {
    struct synched__block *block = fields->access.out[f];
    if (block == NULL)
      continue;
    block->placed = true;
    fields->access.out[f] = NULL;
    /* In place there is nothing to turn. */
    if (synched__fields_has(fields->in_place, f) && block == fields->memories[f]->blocks.all[0])
      continue;
    synched__buffer_map(pair->next, f, block);
    pair->next->views[f]->round = round;
    fields->written |= UINT32_C(1) << f;
    if (!synched__fields_has(fields->in_place, f))
      fields->access.in[f] = show(fields, f, block, round);
  }
}

void synched__fields_next_round(struct synched__fields *fields, uint64_t round) {
  for (unsigned f = 0; f < fields->count; f++) {
    struct synched_snapshot *shown = &fields->shown[f];
    /* What nobody has written is shown under the number of the round all the same. */
    shown->data = fields->access.in[f]->data;
    shown->counts = fields->access.in[f]->counts;
    shown->fold = fields->access.in[f]->fold;
    shown->round = round;
    fields->access.in[f] = shown;
  }
}

void synched__fields_close_round(struct synched__fields *fields,
                                 const struct synched__buffer_pair *pair, uint64_t round) {
  fields->undefined = 0;
  for (unsigned f = 0; f < fields->count; f++) {
    if (!synched__fields_has(fields->written, f))
      synched__buffer_map(pair->next, f,
                          synched__fields_has(fields->in_place, f) ? NULL
                                                                   : pair->current->blocks[f]);
    pair->next->views[f]->round = round;
    pair->next->views[f]->fold = fields->fold;
  }
}

/* --- the beginning and the end --- */

/* Each buffer of the memory by itself has a block of its own, the current one `block`. */
static void spread_blocks(struct synched_memory *memory, struct synched__block *block) {
  unsigned next = 0;
  for (unsigned b = 0; b < memory->buffer_count; b++) {
    struct synched__buffer *buffer = &memory->buffers[b];
    if (buffer == memory->pair.current || memory->in_place) {
      synched__buffer_map(buffer, 0, memory->in_place ? NULL : block);
      continue;
    }
    while (memory->blocks.all[next] == block)
      next++;
    synched__buffer_map(buffer, 0, memory->blocks.all[next++]);
  }
}

/* Whether a buffer of a memory by itself refers to a block; or it is the memory, in place. */
static bool is_own(const struct synched_memory *memory, const struct synched__block *block) {
  if (memory->in_place)
    return block == memory->blocks.all[0];
  for (unsigned b = 0; b < memory->buffer_count; b++)
    if (memory->buffers[b].block == block)
      return true;
  return false;
}

/* Frees what was made for a job, of a memory that is by itself. */
static void give_back_blocks(struct synched_memory *memory) {
  for (unsigned b = memory->blocks.count; b-- > 0;) {
    const struct synched__block *block = memory->blocks.all[b];
    if (!block->is_foreign && !is_own(memory, block))
      synched__blocks_drop(&memory->blocks, &memory->layout, b);
  }
}

/* A buffer of the lead is of one field again. */
static void strip_buffer(struct synched__buffer *buffer) {
  buffer->block = buffer->blocks[0];
  buffer->views = &buffer->own_view;
  buffer->blocks = &buffer->block;
  buffer->snapshot.fields = (const struct synched_snapshot *const *)buffer->views;
  buffer->snapshot.field_count = 1;
  buffer->snapshot.folds = NULL;
  buffer->snapshot.fold_count = 0;
}

static void part_memories(struct synched__fields *fields) {
  struct synched_memory *lead = fields->memories[0];
  for (unsigned f = 1; f < fields->count; f++) {
    struct synched_memory *memory = fields->memories[f];
    memory->field = 0;
    memory->pair.current->snapshot.round = lead->pair.current->snapshot.round;
    spread_blocks(memory, lead->pair.current->blocks[f]);
    give_back_blocks(memory);
    synched__memory_leave_lead(memory);
    synched__memory_unlock_buffers(memory);
  }
  for (unsigned b = 0; b < lead->buffer_count; b++)
    strip_buffer(&lead->buffers[b]);
  spread_blocks(lead, lead->pair.current->block);
  give_back_blocks(lead);
}

static void free_fields(struct synched__fields *fields) {
  synched__free(fields->fold_memory);
  synched__free(fields->parts);
  synched__free(fields);
}

int synched__fields_destroy(struct synched__fields *fields) {
  if (fields == NULL)
    return 0;
  if (!synched__memory_lock_buffers(fields->memories[0]))
    return synched__fail(SYNCHED_EBUSY, "a snapshot of the job is still retained; release it");
  part_memories(fields);
  synched__memory_unlock_buffers(fields->memories[0]);
  free_fields(fields);
  return 0;
}

/* The views of a lead's buffer, of fields that are as they were. */
static void equip_buffer(struct synched__fields *fields, struct synched__buffer *buffer,
                         struct synched__buffer_part *part) {
  part->views[0] = &buffer->snapshot;
  part->blocks[0] = buffer->block;
  for (unsigned f = 1; f < fields->count; f++) {
    const struct synched__buffer *from = fields->memories[f]->pair.current;
    part->views[f] = &part->others[f];
    part->others[f] = from->snapshot;
    part->blocks[f] = from->block;
  }
  buffer->views = part->views;
  buffer->blocks = part->blocks;
  for (unsigned f = 0; f < fields->count; f++) {
    part->views[f]->fields = (const struct synched_snapshot *const *)part->views;
    part->views[f]->field_count = fields->count;
    part->views[f]->round = buffer->snapshot.round;
    part->views[f]->folds = fields->has_folds ? (const void *const *)part->folds : NULL;
    part->views[f]->fold_count = fields->has_folds ? fields->stage_count : 0;
  }
}

static void init_shown(struct synched__fields *fields, unsigned field) {
  const struct synched__block *block = fields->memories[field]->blocks.all[0];
  struct synched_snapshot *shown = &fields->shown[field];
  *shown = *fields->memories[0]->pair.current->views[field];
  (void)show(fields, field, block, shown->round);
  fields->in_nowhere = &fields->nowhere.snapshot;
  shown->fields = &fields->in_nowhere;
  shown->field_count = 0;
  shown->folds = NULL;
  shown->fold_count = 0;
}

/* Nothing can fail from here on. */
static void join_memories(struct synched__fields *fields) {
  struct synched_memory *lead = fields->memories[0];
  for (unsigned b = 0; b < lead->buffer_count; b++)
    equip_buffer(fields, &lead->buffers[b], &fields->parts[b]);
  for (unsigned f = 0; f < fields->count; f++) {
    struct synched_memory *memory = fields->memories[f];
    memory->field = f;
    synched__store_release(&memory->lead, lead); /* [lead-changed] release */
    init_shown(fields, f);
  }
}

/* As many blocks as rounds can need. */
static int grow_blocks(struct synched__fields *fields, const struct synched__fields_spec *spec) {
  for (unsigned f = 0; f < fields->count; f++) {
    struct synched_memory *memory = fields->memories[f];
    const unsigned buffer_count = fields->memories[0]->buffer_count;
    unsigned needed = buffer_count + synched__fields_has(spec->written_twice, f);
    if (memory->in_place)
      needed = synched__fields_has(fields->copied, f) ? 1 + buffer_count : 1;
    else if (needed > memory->blocks.count && memory->blocks.is_fixed)
      return synched__fail(SYNCHED_EINVAL,
                           "field %u has %u buffers of the program's own, and the job needs %u of "
                           "it%s",
                           f, memory->blocks.count, needed,
                           synched__fields_has(spec->written_twice, f)
                               ? ", for it is written several times between two barriers"
                               : "");
    const int status = synched__blocks_grow(&memory->blocks, &memory->layout, needed);
    if (status != 0)
      return status;
  }
  return 0;
}

static size_t round_up(size_t bytes) {
  return (bytes + FOLD_ALIGNMENT - 1) / FOLD_ALIGNMENT * FOLD_ALIGNMENT;
}

/* Room for the folds of each buffer, which begin as identities. */
static int make_folds(struct synched__fields *fields, const struct synched__fields_spec *spec) {
  const unsigned buffer_count = fields->memories[0]->buffer_count;
  size_t total = 0;
  for (unsigned stage = 0; stage < spec->stage_count; stage++) {
    fields->fold_bytes[stage] = spec->fold_bytes[stage];
    total += round_up(spec->fold_bytes[stage]);
  }
  fields->stage_count = spec->stage_count;
  fields->has_folds = total != 0;
  if (total == 0)
    return 0;
  fields->fold_memory = synched__alloc_lines(buffer_count, total);
  if (fields->fold_memory == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for folds of %zu bytes in %u buffers", total,
                         buffer_count);
  unsigned char *at = fields->fold_memory;
  for (unsigned b = 0; b < buffer_count; b++)
    for (unsigned stage = 0; stage < spec->stage_count; stage++) {
      if (spec->fold_bytes[stage] == 0)
        continue;
      memcpy(at, spec->identities[stage], spec->fold_bytes[stage]);
      fields->parts[b].folds[stage] = at;
      at += round_up(spec->fold_bytes[stage]);
    }
  return 0;
}

/* Keeps all readers out. */
static int lock_all(const struct synched__fields *fields) {
  for (unsigned f = 0; f < fields->count; f++)
    if (!synched__memory_lock_buffers(fields->memories[f])) {
      const int status =
          synched__fail(SYNCHED_EBUSY, "a snapshot of field %u is retained; release it first", f);
      while (f-- > 0)
        synched__memory_unlock_buffers(fields->memories[f]);
      return status;
    }
  return 0;
}

static int make_parts(struct synched__fields *fields, const struct synched__fields_spec *spec) {
  int status = grow_blocks(fields, spec);
  if (status != 0)
    return status;
  fields->parts = synched__alloc_lines(fields->memories[0]->buffer_count, sizeof *fields->parts);
  if (fields->parts == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for the snapshots of %u fields", fields->count);
  status = make_folds(fields, spec);
  return status != 0 ? status : lock_all(fields);
}

int synched__fields_create(struct synched__fields **out, const struct synched__fields_spec *spec) {
  struct synched__fields *fields = synched__alloc_lines(1, sizeof *fields);
  *out = NULL;
  if (fields == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory for %u fields", spec->count);
  fields->count = spec->count;
  for (unsigned f = 0; f < spec->count; f++) {
    fields->memories[f] = spec->memories[f];
    fields->in_place |= (uint32_t)spec->memories[f]->in_place << f;
  }
  fields->copied = spec->copied;
  const int status = make_parts(fields, spec);
  if (status != 0) {
    for (unsigned f = 0; f < fields->count; f++)
      give_back_blocks(fields->memories[f]);
    free_fields(fields);
    return status;
  }
  join_memories(fields);
  /* The others' readers go to the lead's buffers from here on. */
  synched__memory_unlock_buffers(fields->memories[0]);
  *out = fields;
  return 0;
}
