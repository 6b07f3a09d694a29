/*
 * generation.h: the complete generations of a folder, and how one comes into being and goes
 * (internal).
 *
 * A name "generation-NNNNNNNN" in the folder is always that of a whole generation:
 *  - it is made under the name ".writing": each file is written and synced, the manifest last; then
 *    that folder is synced, renamed, and the folder that holds them synced;
 *  - it goes by being renamed to ".removing", which is synced before the first of its files goes.
 * Who has the lock of the folder knows that what lies under these two names is left from a process
 * that has ended, and removes it. Only who has the lock changes anything.
 */
#ifndef SYNCHED_CHECKPOINT_GENERATION_H
#define SYNCHED_CHECKPOINT_GENERATION_H

#include "checkpoint/manifest.h"

#define SYNCHED__MANIFEST_NAME "manifest.json"

struct synched__generations {
  int folder;
  int lock;
  unsigned keep;
  /* the highest number that there is, or was; 0: none */
  unsigned newest;
  /* what is being written: a file, and what is not written to it yet */
  int file;
  unsigned char *buffer;
  size_t buffered;
  uint64_t file_bytes;
  /* XXH3_state_t */
  void *summing;
};

/* Opens a folder to write to, makes it if it is missing, and removes what is left over in it: what
 * was not finished, generations beyond those to keep, and those that a resume from this folder has
 * found damaged. SYNCHED_EBUSY: it is locked. SYNCHED_ENOMEM; or the system's reason. */
int synched__generations_open(struct synched__generations *generations, const char *path,
                              unsigned keep, const struct synched__resumed *resumed);
void synched__generations_close(struct synched__generations *generations);

/* Finds the newest generation with a number below `limit`. 1: *found is it; 0: there is none; or
 * the system's reason, without a sentence. */
int synched__generations_below(int folder, unsigned limit, unsigned *found);

/* Opens a generation's folder; its descriptor, or the system's reason, without a sentence. */
int synched__generation_open(int folder, unsigned generation);

/* Where the elements of each of the plan's fields lie, as their layouts say. */
struct synched__generation_data {
  const unsigned char *fields[SYNCHED_FIELDS_MAX];
};

/* Writes the next generation: its number and sums go into the manifest. Then removes those beyond
 * `keep`. *bytes: so many have been written. The system's reason, with a sentence: there is no new
 * generation, and all others are as before; or generations->newest says that there is, and the
 * rest was refused. */
int synched__generation_write(struct synched__generations *generations,
                              struct synched__manifest *manifest,
                              const struct synched__generation_data *data, uint64_t *bytes);

#endif
