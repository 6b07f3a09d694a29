#include "output.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The permissions that an ordinary open would have given; mkstemp is stricter. */
static mode_t usual_mode(void) {
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

static void forget(struct life_output *out) {
  free(out->path);
  free(out->temporary);
  *out = (struct life_output){0};
}

/* Sets out->file and out->temporary, or neither and errno. */
static void open_temporary(struct life_output *out, mode_t mode) {
  static const char suffix[] = ".XXXXXX";
  const size_t bytes = strlen(out->path);
  char *const name = malloc(bytes + sizeof suffix);
  if (!name)
    return;
  memcpy(name, out->path, bytes);
  memcpy(name + bytes, suffix, sizeof suffix);
  const int file = mkstemp(name);
  if (file >= 0 && fchmod(file, mode) == 0)
    out->file = fdopen(file, "wb");
  if (out->file) {
    out->temporary = name;
    return;
  }
  const int why = errno;
  if (file >= 0) {
    close(file);
    unlink(name);
  }
  free(name);
  errno = why;
}

int life_output_check(const char *path, struct life_error *error) {
  struct stat old;
  int status = 0;
  if (stat(path, &old) == 0) {
    errno = EISDIR;
    status = S_ISDIR(old.st_mode) ? -1 : access(path, W_OK);
  } else {
    const char *const slash = strrchr(path, '/');
    const size_t bytes = slash ? (size_t)(slash - path) + 1 : 0;
    char *const folder = bytes > 0 ? strndup(path, bytes) : strdup(".");
    status = folder ? access(folder, W_OK | X_OK) : -1;
    free(folder);
  }
  return status == 0 ? 0 : life_fail(error, 0, "cannot be written: %s", strerror(errno));
}

/* One of our own standard streams under another name, such as /dev/stdout. What is behind it may
 * be a regular file, but to replace that would throw away what has been printed. */
static FILE *open_standard(const struct stat *wanted) {
  for (int stream = STDOUT_FILENO; stream <= STDERR_FILENO; stream++) {
    struct stat ours;
    if (fstat(stream, &ours) != 0 || ours.st_dev != wanted->st_dev || ours.st_ino != wanted->st_ino)
      continue;
    fflush(stdout);
    const int copy = dup(stream);
    return copy < 0 ? NULL : fdopen(copy, "wb");
  }
  return NULL;
}

int life_output_open(struct life_output *out, const char *path, struct life_error *error) {
  *out = (struct life_output){0};
  struct stat old;
  const bool exists = stat(path, &old) == 0;
  if (exists)
    out->file = open_standard(&old);
  if (!out->file && exists && !S_ISREG(old.st_mode)) {
    out->file = fopen(path, "wb");
  } else if (!out->file) {
    out->path = exists ? realpath(path, NULL) : strdup(path);
    if (out->path)
      open_temporary(out, exists ? old.st_mode & 07777 : usual_mode());
  }
  if (out->file)
    return 0;
  life_fail(error, 0, "cannot be written: %s", strerror(errno));
  forget(out);
  return -1;
}

int life_output_commit(struct life_output *out, struct life_error *error) {
  /* Only fclose knows whether the last bytes found a place. */
  bool complete = !ferror(out->file);
  complete &= fclose(out->file) == 0;
  if (complete && out->temporary)
    complete = rename(out->temporary, out->path) == 0;
  if (!complete) {
    life_fail(error, 0, "cannot be written: %s", strerror(errno));
    if (out->temporary)
      unlink(out->temporary);
  }
  forget(out);
  return complete ? 0 : -1;
}

void life_output_discard(struct life_output *out) {
  fclose(out->file);
  if (out->temporary)
    unlink(out->temporary);
  forget(out);
}
