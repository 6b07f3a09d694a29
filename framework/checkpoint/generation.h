/*
 * generation.h: the complete generations of a folder, and how one comes into being and goes
 * (internal).
 *
 * A name "generation-NNNNNNNN" in the folder is always that of a whole generation:
 *  - it is made under a name that begins with ".writing": each file is written and synced, the
 *    manifest last; then that folder is synced, renamed, and the folder that holds them synced;
 *  - it goes by being renamed to ".removing", which is synced before the first of its files goes.
 * Who has the lock of the folder knows that what lies under these names is left from a process that
 * has ended, or from an attempt that failed, and removes it. Only who has the lock changes anything
 * but the insides of what is being written.
 *
 * On several ranks the first one has the lock. The others find what is being written by its name.
 * Each attempt has another one then: where a network's system of files remembers what a name was,
 * a rank must never find an older attempt by it, which may be a generation by now.
 */
#ifndef SYNCHED_CHECKPOINT_GENERATION_H
#define SYNCHED_CHECKPOINT_GENERATION_H

#include "checkpoint/files.h"

#define SYNCHED__NAME_BYTES 32u

struct synched__generations {
  int folder;
  int lock;
  unsigned keep;
  /* the highest number that there is, or was; 0: none */
  unsigned newest;
  /* the folder of what is being written, -1: nothing is; and its name */
  int writing;
  char writing_name[SYNCHED__NAME_BYTES];
  struct synched__files files;
};

/* Of no folder. */
static inline struct synched__generations synched__generations_none(void) {
  return (struct synched__generations){.folder = -1, .lock = -1, .writing = -1};
}

/* Opens a folder to write to, makes it if it is missing, and removes what is left over in it: what
 * was not finished, generations beyond those to keep, and those that a resume from this folder has
 * found damaged. SYNCHED_EBUSY: it is locked. SYNCHED_ENOMEM; or the system's reason. */
int synched__generations_open(struct synched__generations *generations, const char *path,
                              unsigned keep, const struct synched__resumed *resumed);

/* On a rank behind the first one: opens the folder, which must be there. */
int synched__generations_join(struct synched__generations *generations, const char *path);

/* From then on it is of no folder. */
void synched__generations_close(struct synched__generations *generations);

/* Finds the newest generation with a number below `limit`. 1: *found is it; 0: there is none; or
 * the system's reason, without a sentence. */
int synched__generations_below(int folder, unsigned limit, unsigned *found);

/* Opens a generation's folder; its descriptor, or the system's reason, without a sentence. */
int synched__generation_open(int folder, unsigned generation);

/* Writes the next generation: its number and sums go into the manifest. Then removes those beyond
 * `keep`. The system's reason, with a sentence: there is no new generation, and all others are as
 * before; or generations->newest says that there is, and the rest was refused. */
int synched__generation_write(struct synched__generations *generations,
                              struct synched__manifest *manifest,
                              const struct synched__files_data *data);

/* --- the same in steps, for several ranks; the system's reason, with a sentence --- */

/* The first rank: makes the folder of what is to be written. `token`: of this attempt; not 0. */
int synched__generation_begin(struct synched__generations *generations, uint64_t token);

/* Another rank: opens it. SYNCHED_EIO: it is not there, as in a folder of the same path on another
 * disk. */
int synched__generation_find(struct synched__generations *generations, uint64_t token);

/* The first rank: all files of fields are safe, and the manifest has all but its number. */
int synched__generation_complete(struct synched__generations *generations,
                                 struct synched__manifest *manifest);

/* Every rank, after any of these: closes what is open; the first one removes it, if it has not
 * become a generation. Leaves the last sentence as it is. */
void synched__generation_leave(struct synched__generations *generations);

#endif
