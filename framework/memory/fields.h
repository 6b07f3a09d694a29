/*
 * fields.h: the memories of a job as one, where it has several, or stages, or changes one in place,
 * or has folds that readers keep (internal). A job of one field and one stage has none of this.
 *
 * The first memory leads: its buffers are those of the job, and the counting of readers is theirs
 * (memory.h). Each buffer gets a snapshot of every field, a view, and its folds. So who holds one
 * of a buffer's views holds them all.
 *
 * A field's elements lie in blocks. Of a field that no stage writes, the next buffer gets the same
 * block as the current one, and nothing is copied. A stage writes to a block that no buffer refers
 * to, but perhaps next, whose content nobody knows yet. Where a second stage of the round writes
 * the field again, the first one's block is what it reads, so one block more is needed. Next refers
 * to what the last complete stage has written: a round that is dropped leaves nothing behind.
 *
 * A field that is changed in place has one block, which no buffer refers to: calls write where they
 * read. Its other blocks are for copies, which the workers make after the last stage.
 *
 * What calls see of a field that an earlier stage of the open round has written, or that is changed
 * in place, is no snapshot yet, or never: a view of its own, which seems to be in a buffer of no
 * memory. So it cannot be retained.
 *
 * All of this is the closing side's, but that calls of an open stage read in, out and folds.
 */
#ifndef SYNCHED_MEMORY_FIELDS_H
#define SYNCHED_MEMORY_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "memory/memory.h"

#include <synched/job.h>

/* Whether a field is in a set of them, which has a bit for each. */
static inline bool synched__fields_has(uint32_t set, unsigned field) {
  return (set >> field & 1) != 0;
}

/* What each buffer of the lead has beside its own. */
struct synched__buffer_part {
  struct synched_snapshot *views[SYNCHED_FIELDS_MAX];
  struct synched__block *blocks[SYNCHED_FIELDS_MAX];
  /* views of fields 1 and up */
  struct synched_snapshot others[SYNCHED_FIELDS_MAX];
  /* [stage] its fold; NULL: the stage has none */
  void *folds[SYNCHED_STAGES_MAX];
};

/* What the calls of a stage read and write. */
struct synched__access {
  /* of each field; */
  const struct synched_snapshot *in[SYNCHED_FIELDS_MAX];
  /* NULL: they do not write it */
  struct synched__block *out[SYNCHED_FIELDS_MAX];
};

struct synched__fields {
  unsigned count;
  struct synched_memory *memories[SYNCHED_FIELDS_MAX];
  /* fields that are changed in place, bit by bit */
  uint32_t in_place;
  /* those of them that snapshots can have a copy of */
  uint32_t copied;
  /* how many stages the job has */
  unsigned stage_count;
  /* [stage] the size of its fold; 0: it has none that readers keep */
  size_t fold_bytes[SYNCHED_STAGES_MAX];
  /* [lead's buffer_count] */
  struct synched__buffer_part *parts;
  /* where the folds of all parts lie */
  unsigned char *fold_memory;
  bool has_folds;

  /* of the open stage */
  struct synched__access access;
  /* The newest fold of each stage. */
  const void *folds[SYNCHED_STAGES_MAX];
  /* fields that the open round's complete stages have written */
  uint32_t written;
  /* fields in place that stages of a round which is not published write */
  uint32_t undefined;
  /* all that the stage writes has its pages */
  bool placed;
  /* the round's last fold of one double */
  double fold;
  /* Of fields that are changed in place, and of those that stages of the round have written. */
  struct synched_snapshot shown[SYNCHED_FIELDS_MAX];
  struct synched__buffer nowhere;
  const struct synched_snapshot *in_nowhere;
};

struct synched__fields_spec {
  /* [count] */
  struct synched_memory *const *memories;
  unsigned count;
  /* fields that are written several times between two barriers */
  uint32_t written_twice;
  /* fields in place of which snapshots can have a copy */
  uint32_t copied;
  unsigned stage_count;
  /* [stage_count] */
  const size_t *fold_bytes;
  /* [stage_count] */
  const void *const *identities;
};

/* Makes memories a job's, which has claimed them. SYNCHED_EBUSY: a snapshot of one is retained.
 * SYNCHED_EINVAL: the program's own buffers are too few. SYNCHED_ENOMEM. Nothing has changed
 * then. */
int synched__fields_create(struct synched__fields **out, const struct synched__fields_spec *spec);

/* The end: each memory is by itself again, with the content that it has. SYNCHED_EBUSY: a snapshot
 * is retained, and nothing has changed. */
int synched__fields_destroy(struct synched__fields *fields);

/* A block that no buffer refers to and that is not `taken`, which may be NULL. Closing side. */
struct synched__block *synched__fields_choose_block(const struct synched__fields *fields,
                                                    const struct synched__buffer_pair *pair,
                                                    unsigned field,
                                                    const struct synched__block *taken);

/* Closing side: a round begins. */
void synched__fields_open_round(struct synched__fields *fields,
                                const struct synched__buffer_pair *pair);

/* Closing side: a stage that writes these fields begins. */
void synched__fields_open_stage(struct synched__fields *fields,
                                const struct synched__buffer_pair *pair, uint32_t writes);

/* The same for the copies of fields that are changed in place. */
void synched__fields_open_copies(struct synched__fields *fields,
                                 const struct synched__buffer_pair *pair);

/* Closing side: it is complete; later stages read what it wrote. */
void synched__fields_close_stage(struct synched__fields *fields,
                                 const struct synched__buffer_pair *pair, uint64_t round);

/* Closing side: `round` is complete, but not published: the next round reads it. */
void synched__fields_next_round(struct synched__fields *fields, uint64_t round);

/* Closing side: where the stage's fold goes, or NULL; and it is there. */
static inline void *synched__fields_fold_out(const struct synched__fields *fields,
                                             const struct synched__buffer_pair *pair,
                                             unsigned stage) {
  return fields->parts[pair->next - fields->memories[0]->buffers].folds[stage];
}

/* Closing side, before it publishes: next has all fields and folds. */
void synched__fields_close_round(struct synched__fields *fields,
                                 const struct synched__buffer_pair *pair, uint64_t round);

#endif
