/*
 * load.h: a generation's files, read and compared with what its manifest says (internal).
 */
#ifndef SYNCHED_CHECKPOINT_LOAD_H
#define SYNCHED_CHECKPOINT_LOAD_H

#include "checkpoint/manifest.h"
#include "memory/restore.h"

struct synched__loading {
  const struct synched__plan *plan;
  /* Which pieces are read of each of the plan's fields: all of one rank, those with own segments of
   * several. But what no stage writes is not sent to those who read it, so each rank reads all of
   * that. */
  struct synched__pieces pieces[SYNCHED_FIELDS_MAX];
  struct synched__manifest manifest;
  /* of the generation that is read; -1: none is open */
  int folder;
  unsigned char *buffer;
  /* where the elements of each of the plan's fields go; NULL: they are only summed */
  unsigned char *targets[SYNCHED_FIELDS_MAX];
  /* XXH3_state_t */
  void *summing;
};

/* SYNCHED_ENOMEM. synched__loading_deinit in any case. */
int synched__loading_init(struct synched__loading *loading, const struct synched__plan *plan);
void synched__loading_deinit(struct synched__loading *loading);

/* The generation that was opened is left. */
void synched__loading_close_folder(struct synched__loading *loading);

/* Opens a generation and reads it; loading->manifest is its manifest then. SYNCHED_EIO: it
 * is damaged. SYNCHED_ENOENT: it is gone. As synched__manifest_read; or the system's reason. */
int synched__loading_verify(struct synched__loading *loading, int folder, unsigned generation);

/* Then: reads it into the job's memories. Statuses as before. */
int synched__loading_read(struct synched__loading *loading,
                          const struct synched__restoring *restoring);

#endif
