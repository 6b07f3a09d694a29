/*
 * restore.h: gives the memories of a job that does not run another content, with the round that it
 * is of (internal).
 */
#ifndef SYNCHED_MEMORY_RESTORE_H
#define SYNCHED_MEMORY_RESTORE_H

#include "memory/fields.h"

struct synched__restoring {
  /* [count]; the first one leads */
  struct synched_memory *memories[SYNCHED_FIELDS_MAX];
  unsigned count;
  /* NULL: the job has one memory, and nothing of fields.h */
  struct synched__fields *fields;
};

/* What the current snapshot says besides its elements and counts. */
struct synched__restored {
  uint64_t round;
  double fold;
  /* [fields->stage_count], each of fields->fold_bytes */
  const void *const *folds;
};

/* Keeps readers, loads and starts out until synched__restoring_close. SYNCHED_EBUSY: a job runs on
 * a memory, or a snapshot is retained. */
int synched__restoring_open(struct synched__restoring *restoring);

/* Where elements and counts of a field are to be written meanwhile. */
struct synched__block *synched__restoring_block(const struct synched__restoring *restoring,
                                                unsigned field);

/* now: what has been written is all of it; NULL: nothing has been written. */
void synched__restoring_close(struct synched__restoring *restoring,
                              const struct synched__restored *now);

#endif
