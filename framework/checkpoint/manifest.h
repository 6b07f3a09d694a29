/*
 * manifest.h: what a generation says of itself, and the text of that (internal): JSON, with its own
 * sum as its last member, so that no damage to it goes unseen.
 */
#ifndef SYNCHED_CHECKPOINT_MANIFEST_H
#define SYNCHED_CHECKPOINT_MANIFEST_H

#include "checkpoint/plan.h"

struct synched__manifest {
  const struct synched__plan *plan;
  unsigned generation;
  uint64_t round;
  /* the round from which the job's round_count counts */
  uint64_t counted_from;
  double fold;
  /* [plan->stage_count], NULL where the stage has none */
  const void *folds[SYNCHED_STAGES_MAX];
  /* of each of the plan's fields: [segment_count] */
  const size_t *counts[SYNCHED_FIELDS_MAX];
  /* [piece_count] sums; the manifest's */
  uint64_t *sums[SYNCHED_FIELDS_MAX];

  /* The text, NULL before it is written; the manifest's. */
  char *text;
  size_t length;
  size_t room;
  /* what has been added to it is not all */
  bool lacks_memory;
  /* Of one that is read: what counts and folds point at. */
  size_t *own_counts;
  unsigned char *own_folds;
};

/* SYNCHED_ENOMEM. synched__manifest_deinit in any case. */
int synched__manifest_init(struct synched__manifest *manifest, const struct synched__plan *plan);
void synched__manifest_deinit(struct synched__manifest *manifest);

/* The sum of a whole file: XXH3-64 of its head, and of the sums of its pieces. */
uint64_t synched__manifest_file_sum(const struct synched__manifest *manifest, unsigned field);

/* Makes the text of all that is set. SYNCHED_ENOMEM. */
int synched__manifest_write(struct synched__manifest *manifest);

/* Fills it in from a text. SYNCHED_EIO: the text is damaged. SYNCHED_EINVAL: it is of a job that is
 * not the plan's, and the sentence says how it differs. SYNCHED_ENOTSUP: of another version, or
 * order of bytes. SYNCHED_ENOMEM. */
int synched__manifest_read(struct synched__manifest *manifest, const char *text, size_t length);

#endif
