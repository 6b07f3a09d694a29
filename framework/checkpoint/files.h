/*
 * files.h: writes the files of a generation, in a folder that has no name of one yet (internal).
 *
 * Each file is safe when its function returns 0. One rank writes all of a field's file. On several
 * ranks the first one makes it, as long as it will be; then each writes its own part of it. A file
 * that is as long as it will be, and that nobody reads meanwhile, is one of which a network's
 * system of files sends no bytes but those that were written: so ranks may have parts that meet in
 * one page.
 */
#ifndef SYNCHED_CHECKPOINT_FILES_H
#define SYNCHED_CHECKPOINT_FILES_H

#include "checkpoint/manifest.h"

#define SYNCHED__MANIFEST_NAME "manifest.json"

struct synched__files {
  /* what is being written: a file, and what is not written to it yet */
  int file;
  unsigned char *buffer;
  size_t buffered;
  /* that this rank has written, of all files */
  uint64_t bytes;
  /* XXH3_state_t */
  void *summing;
};

/* Where the elements of each of the plan's fields lie, as their layouts say. */
struct synched__files_data {
  const unsigned char *fields[SYNCHED_FIELDS_MAX];
};

/* SYNCHED_ENOMEM. synched__files_deinit in any case. */
int synched__files_init(struct synched__files *files);
void synched__files_deinit(struct synched__files *files);

/* All of them return the system's reason, with a sentence. */

/* One rank: all fields; their sums go into the manifest. */
int synched__files_write(struct synched__files *files, struct synched__manifest *manifest,
                         const struct synched__files_data *data, int folder);

/* The first rank makes all fields' files. */
int synched__files_make(struct synched__files *files, const struct synched__plan *plan, int folder);

/* Each rank: its own segments of all fields; the sums of pieces that are wholly its own go into the
 * manifest. */
int synched__files_write_part(struct synched__files *files, struct synched__manifest *manifest,
                              const struct synched__files_data *data, int folder);

/* Makes the sum of a piece of all fields from what is in the files: several ranks have written
 * it. */
int synched__files_sum_piece(struct synched__files *files, struct synched__manifest *manifest,
                             size_t piece, int folder);

/* The manifest, when it has all. */
int synched__files_write_manifest(struct synched__files *files, struct synched__manifest *manifest,
                                  int folder);

/* "NAME could not be DOING: what the system says". Returns the status. */
int synched__files_refuse(int status, const char *doing, const char *name);

#endif
