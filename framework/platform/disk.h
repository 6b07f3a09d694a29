/*
 * disk.h: folders and files by their descriptors, with no step left to chance: what is interrupted
 * goes on, what is written by parts is written to its end.
 *
 * Each function returns 0, or what it says, or the system's reason as a negative number, which is a
 * status; it leaves no sentence.
 */
#ifndef SYNCHED_PLATFORM_DISK_H
#define SYNCHED_PLATFORM_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Opens a folder by its path, or one in another; its descriptor. */
int synched__disk_open_folder(const char *path);
int synched__disk_open_folder_in(int folder, const char *name);

/* Makes one. SYNCHED_EEXIST: there is something of that name. */
int synched__disk_make_folder(const char *path);
int synched__disk_make_folder_in(int folder, const char *name);

/* Makes a new file to write, or opens one to read; its descriptor. Opened is an ordinary file only,
 * else SYNCHED_EINVAL. */
int synched__disk_create(int folder, const char *name);
int synched__disk_open(int folder, const char *name);

/* Opens one that is there, to write. */
int synched__disk_reopen(int folder, const char *name);

/* Opens, and makes if it is missing, a file that is locked until its descriptor is closed, also by
 * the end of the process. SYNCHED_EBUSY: another descriptor has it locked. */
int synched__disk_lock(int folder, const char *name);

/* Writes all of the bytes. */
int synched__disk_write(int file, const void *bytes, size_t count);

/* Reads as many, or up to the end of the file; *done: how many. */
int synched__disk_read(int file, void *bytes, size_t count, size_t *done);

/* From where the next bytes are read, or written. */
int synched__disk_seek(int file, uint64_t offset);

int synched__disk_size(int file, uint64_t *bytes);

/* Makes it so long; what is not written of it is zeros. */
int synched__disk_resize(int file, uint64_t bytes);

/* The numbers by which the system knows it. */
int synched__disk_identity(int folder, uint64_t identity[2]);

/* Returns when what was written to a file is on the disk; and what was made, renamed or removed in
 * a folder. */
int synched__disk_sync(int file);
int synched__disk_sync_folder(int folder);

/* Of a file that was written, this may be the last to say what went wrong. */
int synched__disk_close(int file);

/* Within a folder; a folder replaces no other one. */
int synched__disk_rename(int folder, const char *from, const char *to);
int synched__disk_remove(int folder, const char *name);
int synched__disk_remove_folder(int folder, const char *name);

/* Calls `found` with each name in the folder, in no order, until it returns something else than 0,
 * which is returned. */
typedef int (*synched__disk_found_fn)(const char *name, void *argument);
int synched__disk_list(int folder, synched__disk_found_fn found, void *argument);

#endif
