/*
 * versions.h: what calls read and write in several rounds between two barriers (internal).
 *
 * A step is one stage of one of these rounds. Of a field that is written, versions take turns in
 * two blocks that no buffer refers to; the last one is the content of the next buffer. So what was
 * current at the barrier before is untouched until all of it is published. That a call does not
 * overwrite a version which others still read is the business of whoever orders the calls: there
 * may be two versions of a segment besides the current one, and no third.
 *
 * All of this is the closing side's; calls read it while the rounds are open.
 */
#ifndef SYNCHED_MEMORY_VERSIONS_H
#define SYNCHED_MEMORY_VERSIONS_H

#include "memory/fields.h"

struct synched__versions {
  unsigned stage_count;
  /* at most */
  unsigned step_count;
  /* the first round of those that are open */
  uint64_t first;
  /* fields that each stage writes */
  uint32_t writes[SYNCHED_STAGES_MAX];
  /* [step_count] */
  struct synched__access *all;
  /* [step_count * fields->count] */
  struct synched_snapshot *views;
  /* of each field: the block besides the one that is published; NULL: none */
  struct synched__block *spare[SYNCHED_FIELDS_MAX];
};

/* Of at most `round_count` rounds of stages that write what `writes` [stage_count] says.
 * SYNCHED_ENOMEM. */
int synched__versions_create(struct synched__versions **out, unsigned field_count,
                             const uint32_t *writes, unsigned stage_count, unsigned round_count);
void synched__versions_destroy(struct synched__versions *versions);

/* Closing side: rounds first .. first + round_count - 1 begin. */
void synched__versions_open(struct synched__versions *versions, struct synched__fields *fields,
                            const struct synched__buffer_pair *pair, uint64_t first,
                            unsigned round_count);

/* Closing side: they are complete; round is the last one. */
void synched__versions_close(struct synched__versions *versions, struct synched__fields *fields,
                             const struct synched__buffer_pair *pair, uint64_t round);

#endif
