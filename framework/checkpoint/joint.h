/*
 * joint.h: what the ranks of a job do together about a checkpoint (internal).
 *
 * A generation of several ranks is of the same form as one of a single rank: each rank writes its
 * segments into the files that the first one has made, and it is complete when the first one says
 * so, after all ranks have said that their parts are safe. A step that one rank cannot do, none
 * does: all ranks come to the same status.
 *
 *     first rank: makes a folder for the attempt, and the files in it
 *     all agree: it is there
 *     each rank: writes its part and syncs it; what it knows of that goes to the first one
 *     all agree: all parts are safe
 *     first rank: writes the manifest, syncs, renames
 *     all agree: there is a new generation
 *
 * Threads that write make these messages, each with its own tags, groups and wire, while the job's
 * own messages go on: what is wrong with one of them is not wrong with the other.
 */
#ifndef SYNCHED_CHECKPOINT_JOINT_H
#define SYNCHED_CHECKPOINT_JOINT_H

#include "checkpoint/generation.h"
#include "cluster/link.h"

struct synched__joint {
  /* NULL: the job is on one rank, and all of this does nothing */
  struct synched__link *link;
  unsigned rank;
  struct synched__wire wire;
  struct synched__agreement agreement;
  /* counts and sums of each rank, on their way to the first one */
  struct synched__group parts;
  /* [segment_count] each: of own segments, and on the first rank of all */
  size_t *counts[SYNCHED_FIELDS_MAX];
};

/* Makes what a checkpoint of a job needs for its messages. SYNCHED_ENOMEM, or what the transport
 * says. synched__joint_deinit in any case. */
int synched__joint_init(struct synched__joint *joint, struct synched__manifest *manifest);
void synched__joint_deinit(struct synched__joint *joint);

/* The first of several ranks, or the only one. */
static inline bool synched__joint_leads(const struct synched__joint *joint) {
  return joint->rank == 0;
}

/* Keeps the counts of the own segments of a field, and returns where the manifest finds all. */
const size_t *synched__joint_counts(struct synched__joint *joint, const struct synched__plan *plan,
                                    unsigned field, const size_t *counts);

/* Writes the next generation together. A status with a sentence, the same on all ranks: as
 * synched__generation_write. */
int synched__joint_write(struct synched__joint *joint, struct synched__generations *generations,
                         struct synched__manifest *manifest,
                         const struct synched__files_data *data);

/* --- of a job that does not run: all ranks, in the same order --- */

/* Each rank tells the others its status, in what it does: "make its checkpoint". Returns that of
 * the first one that has one, with a sentence. *verdict: what this rank says besides, and then what
 * all say. */
int synched__joint_tell(struct synched__link *link, struct synched__verdict *verdict, int status,
                        const char *doing);

/* Opens the same folder on all ranks, where the first one has opened it already. `status`: of what
 * this rank has done so far, with a sentence; if that is not 0, `generations` are of no folder. A
 * status with a sentence, the same on all ranks: none is to have the checkpoint. */
int synched__joint_open(struct synched__link *link, struct synched__generations *generations,
                        const struct synched_checkpoint_options *options, int status);

/* A number that differs, almost for certain, where options do that ranks must have alike. */
uint64_t synched__joint_digest(const struct synched_checkpoint_options *options);

#endif
