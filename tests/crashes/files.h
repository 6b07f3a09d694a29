/*
 * files.h: a disk in memory, on which everything can go wrong.
 *
 * What was written to a file or changed in a folder is seen at once, but survives a crash of the
 * machine for certain only when that file or folder has been synced. Of what was not, any part may
 * survive, in any order: each write whole, torn or not at all, or only the file's length; each
 * entry of a folder that came, went or was renamed. (No system of files is that bad; POSIX allows
 * it.) A process that is killed takes nothing with it.
 */
#ifndef CRASHES_FILES_H
#define CRASHES_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILES_NODES 64u
#define FILES_BYTES 4096u
#define FILES_ENTRIES 8u
#define FILES_CHANGES 24u
#define FILES_NAME 40u

struct files_entry {
  char name[FILES_NAME];
  /* 0: there is none; the root is no entry */
  unsigned node;
};

/* What has not been synced: of a file, bytes that were written; of a folder, that a node came under
 * a name (to), went from one (from), or both. */
struct files_change {
  size_t offset, count;
  unsigned node;
  char from[FILES_NAME], to[FILES_NAME];
};

struct files_node {
  bool is_used, is_folder;
  unsigned number;
  size_t size, synced_size;
  unsigned char bytes[FILES_BYTES], synced[FILES_BYTES];
  struct files_entry entries[FILES_ENTRIES], synced_entries[FILES_ENTRIES];
  unsigned change_count;
  struct files_change changes[FILES_CHANGES];
  bool is_locked;
};

struct files {
  struct files_node nodes[FILES_NODES];
  unsigned numbers;
};

/* The disk that all calls are for. */
extern struct files *files_now;

void files_format(struct files *files);

/* How many changes are not synced. */
unsigned files_count_changes(const struct files *files);

/* What becomes of changes that are not synced when the machine stops. */
struct files_fate {
  /* bit i: change i, of all nodes in their order, survives */
  uint64_t survives;
  /* of those that are writes, and survive: only half of the bytes */
  uint64_t torn;
  /* files are as long as they were all the same; zeros are in them */
  bool keeps_lengths;
};

/* Makes `out` the disk that is found after that; nobody has anything open or locked. killed: only
 * the process has stopped. */
void files_crash(struct files *out, const struct files *from, const struct files_fate *fate,
                 bool killed);

/* Called before each call that changes or syncs something, and once in the middle of each write. */
extern void (*files_on_call)(void);

/* How many of all calls there have been, and what the nth is to fail with. */
struct files_plan {
  unsigned calls;
  unsigned nth;
  /* errno; 0: nothing fails */
  int number;
  /* instead: a write of that call writes one byte only */
  bool is_short;
  /* all from the nth on fail */
  bool lasts;
  /* files that are synced are not: to see whether that is found */
  bool ignores_syncs;
};
extern struct files_plan files_plan;

/* So many files are open. */
unsigned files_open_count(void);
/* Names in the folder that begin with a dot. */
unsigned files_left_over(const char *folder);

#endif
