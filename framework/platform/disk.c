#include "platform/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <synched/status.h>

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#define FOLDER_MODE 0777
#define FILE_MODE 0666

static int reason(void) {
  return errno > 0 ? -errno : SYNCHED_EIO;
}

static int open_in(int folder, const char *name, int flags) {
  int file;
  do {
    file = openat(folder, name, flags | O_CLOEXEC, FILE_MODE);
  } while (file < 0 && errno == EINTR);
  return file < 0 ? reason() : file;
}

int synched__disk_open_folder(const char *path) {
  return open_in(AT_FDCWD, path, FOLDER_FLAGS);
}

int synched__disk_open_folder_in(int folder, const char *name) {
  return open_in(folder, name, FOLDER_FLAGS | O_NOFOLLOW);
}

int synched__disk_make_folder(const char *path) {
  return mkdirat(AT_FDCWD, path, FOLDER_MODE) == 0 ? 0 : reason();
}

int synched__disk_make_folder_in(int folder, const char *name) {
  return mkdirat(folder, name, FOLDER_MODE) == 0 ? 0 : reason();
}

int synched__disk_create(int folder, const char *name) {
  return open_in(folder, name, O_WRONLY | O_CREAT | O_EXCL);
}

static int open_ordinary(int folder, const char *name, int flags) {
  struct stat about;
  /* A pipe of that name must not be waited for. */
  const int file = open_in(folder, name, flags | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0)
    return file;
  const int status = fstat(file, &about) != 0 ? reason()
                     : S_ISREG(about.st_mode) ? 0
                                              : SYNCHED_EINVAL;
  if (status == 0)
    return file;
  (void)close(file);
  return status;
}

int synched__disk_open(int folder, const char *name) {
  return open_ordinary(folder, name, O_RDONLY);
}

int synched__disk_reopen(int folder, const char *name) {
  return open_ordinary(folder, name, O_WRONLY);
}

int synched__disk_lock(int folder, const char *name) {
  const int file = open_in(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW);
  if (file < 0)
    return file;
  int status;
  do {
    status = flock(file, LOCK_EX | LOCK_NB) == 0 ? 0 : reason();
  } while (status == -EINTR);
  if (status == 0)
    return file;
  (void)close(file);
  return status == -EWOULDBLOCK ? SYNCHED_EBUSY : status;
}

int synched__disk_write(int file, const void *bytes, size_t count) {
  const unsigned char *at = bytes;
  while (count != 0) {
    const ssize_t written = write(file, at, count);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return written < 0 ? reason() : SYNCHED_EIO;
    at += written;
    count -= (size_t)written;
  }
  return 0;
}

int synched__disk_read(int file, void *bytes, size_t count, size_t *done) {
  unsigned char *at = bytes;
  *done = 0;
  while (*done < count) {
    const ssize_t got = read(file, at + *done, count - *done);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return got < 0 ? reason() : 0;
    *done += (size_t)got;
  }
  return 0;
}

int synched__disk_seek(int file, uint64_t offset) {
  return lseek(file, (off_t)offset, SEEK_SET) == (off_t)offset ? 0 : reason();
}

int synched__disk_resize(int file, uint64_t bytes) {
  int status;
  do {
    status = ftruncate(file, (off_t)bytes) == 0 ? 0 : reason();
  } while (status == -EINTR);
  return status;
}

int synched__disk_size(int file, uint64_t *bytes) {
  struct stat about;
  if (fstat(file, &about) != 0)
    return reason();
  *bytes = (uint64_t)about.st_size;
  return 0;
}

int synched__disk_identity(int folder, uint64_t identity[2]) {
  struct stat about;
  if (fstat(folder, &about) != 0)
    return reason();
  identity[0] = (uint64_t)about.st_dev;
  identity[1] = (uint64_t)about.st_ino;
  return 0;
}

int synched__disk_sync(int file) {
  int status;
  do {
    status = fsync(file) == 0 ? 0 : reason();
  } while (status == -EINTR);
  return status;
}

int synched__disk_sync_folder(int folder) {
  const int status = synched__disk_sync(folder);
  /* Some systems of files know no such thing, and need none. */
  return status == SYNCHED_EINVAL ? 0 : status;
}

int synched__disk_close(int file) {
  /* Interrupted or not, the descriptor is gone. */
  return close(file) == 0 || errno == EINTR ? 0 : reason();
}

int synched__disk_rename(int folder, const char *from, const char *to) {
  return renameat(folder, from, folder, to) == 0 ? 0 : reason();
}

int synched__disk_remove(int folder, const char *name) {
  return unlinkat(folder, name, 0) == 0 ? 0 : reason();
}

int synched__disk_remove_folder(int folder, const char *name) {
  return unlinkat(folder, name, AT_REMOVEDIR) == 0 ? 0 : reason();
}

static int visit(DIR *entries, synched__disk_found_fn found, void *argument) {
  for (;;) {
    errno = 0;
    const struct dirent *entry = readdir(entries); // NOLINT(concurrency-mt-unsafe): our own stream
    if (entry == NULL)
      return errno == 0 ? 0 : reason();
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
      continue;
    const int status = found(entry->d_name, argument);
    if (status != 0)
      return status;
  }
}

int synched__disk_list(int folder, synched__disk_found_fn found, void *argument) {
  /* A descriptor of its own, with a place of its own in the folder. */
  const int own = open_in(folder, ".", FOLDER_FLAGS);
  if (own < 0)
    return own;
  DIR *entries = fdopendir(own);
  if (entries == NULL) {
    const int status = reason();
    (void)close(own);
    return status;
  }
  const int status = visit(entries, found, argument);
  (void)closedir(entries);
  return status;
}
