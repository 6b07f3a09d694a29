/*
 * redirect.h: included before everything in framework/platform/disk.c, where that is compiled for
 * this program: what it asks of the system, it asks files.c.
 */
#ifndef CRASHES_REDIRECT_H
#define CRASHES_REDIRECT_H

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

int files_openat(int folder, const char *name, int flags, ...);
int files_mkdirat(int folder, const char *name, mode_t mode);
int files_fstat(int file, struct stat *out);
int files_flock(int file, int operation);
ssize_t files_write(int file, const void *bytes, size_t count);
ssize_t files_read(int file, void *bytes, size_t count);
off_t files_lseek(int file, off_t offset, int whence);
int files_ftruncate(int file, off_t bytes);
int files_fsync(int file);
int files_renameat(int folder, const char *from, int to_folder, const char *to);
int files_unlinkat(int folder, const char *name, int flags);
int files_close(int file);
DIR *files_fdopendir(int file);
struct dirent *files_readdir(DIR *entries);
int files_closedir(DIR *entries);

#define openat files_openat
#define mkdirat files_mkdirat
#define fstat files_fstat
#define flock files_flock
#define write files_write
#define read files_read
#define lseek files_lseek
#define ftruncate files_ftruncate
#define fsync files_fsync
#define renameat files_renameat
#define unlinkat files_unlinkat
#define close files_close
#define fdopendir files_fdopendir
#define readdir files_readdir
#define closedir files_closedir

#endif
