/*
 * plan.h: what of a job is written to a checkpoint, and how: fixed by the job and the options
 * (internal).
 *
 * Sums are made of pieces: a piece is a segment, or, of very many segments, some that follow each
 * other. Its sum is XXH3-64 of its elements, all capacities, without padding between segments. So
 * whoever has some of a job's segments can write these, and make their sums.
 */
#ifndef SYNCHED_CHECKPOINT_PLAN_H
#define SYNCHED_CHECKPOINT_PLAN_H

#include <stdint.h>

#include "checkpoint/npy.h"
#include "cluster/link.h"
#include "job/job.h"

#include <synched/checkpoint.h>

/* A manifest of more sums would be slow to read. */
#define SYNCHED__PIECES_MAX 65536u

struct synched__plan_field {
  /* the job's */
  unsigned index;
  const struct synched__layout *layout;
  struct synched__npy npy;
  /* all capacities */
  size_t element_count;
  /* what its file begins with, and how many bytes that has in all */
  char head[SYNCHED__NPY_BYTES];
  size_t head_bytes;
  uint64_t file_bytes;
  /* its file's name */
  char name[16];
};

struct synched__plan {
  struct synched_job *job;
  size_t segment_count;
  size_t piece_segments;
  size_t piece_count;
  /* those that this rank writes; of a job on one rank: all */
  struct synched_segments own;
  /* those that are written */
  unsigned field_count;
  struct synched__plan_field fields[SYNCHED_FIELDS_MAX];
  /* [stage_count] the bytes of each stage's fold; 0: it has none that readers keep */
  unsigned stage_count;
  size_t fold_bytes[SYNCHED_STAGES_MAX];
};

/* Reads the caller's options: SYNCHED_EINVAL, SYNCHED_ERANGE. */
int synched__plan_read_options(struct synched_checkpoint_options *read,
                               const struct synched_checkpoint_options *options);

/* Of options that have been read. SYNCHED_EINVAL: they do not fit the job. */
int synched__plan_init(struct synched__plan *plan, struct synched_job *job,
                       const struct synched_checkpoint_options *options);

/* The memories of the job. */
unsigned synched__plan_memories(const struct synched_job *job,
                                struct synched_memory *memories[SYNCHED_FIELDS_MAX]);

/* The segments of a piece. */
static inline size_t synched__plan_first(const struct synched__plan *plan, size_t piece) {
  return piece * plan->piece_segments;
}
static inline size_t synched__plan_behind(const struct synched__plan *plan, size_t piece) {
  const size_t behind = (piece + 1) * plan->piece_segments;
  return behind < plan->segment_count ? behind : plan->segment_count;
}

/* Pieces that follow each other. */
struct synched__pieces {
  size_t first, behind;
};

/* Those that have any of some segments, and those that have no others. */
struct synched__pieces synched__plan_touched(const struct synched__plan *plan,
                                             struct synched_segments segments);
struct synched__pieces synched__plan_whole(const struct synched__plan *plan,
                                           struct synched_segments segments);

/* Where a segment begins in the file of one of the plan's fields. O(segments). */
uint64_t synched__plan_offset(const struct synched__plan *plan, unsigned field, size_t segment);

#endif
