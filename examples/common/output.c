#include "common/output.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

mode_t example_output_usual_mode(void) {
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

static void forget(struct example_output *out) {
  free(out->path);
  free(out->temporary);
  *out = (struct example_output){0};
}

int example_output_beside(const char *path, mode_t mode, char **temporary) {
  char *name;
  *temporary = NULL;
  if (asprintf(&name, "%s.XXXXXX", path) < 0)
    return -1;
  const int file = mkstemp(name); /* which is stricter with permissions than open */
  if (file >= 0 && fchmod(file, mode) == 0) {
    *temporary = name;
    return file;
  }
  const int why = errno;
  if (file >= 0) {
    close(file);
    unlink(name);
  }
  free(name);
  errno = why;
  return -1;
}

/* Sets out->file and out->temporary, or neither and errno. */
static void open_temporary(struct example_output *out, mode_t mode) {
  const int file = example_output_beside(out->path, mode, &out->temporary);
  if (file >= 0)
    out->file = fdopen(file, "wb");
  if (file < 0 || out->file)
    return;
  const int why = errno;
  close(file);
  unlink(out->temporary);
  errno = why;
}

int example_output_check(const char *path) {
  struct stat old;
  if (stat(path, &old) == 0) {
    errno = EISDIR;
    return S_ISDIR(old.st_mode) ? -1 : access(path, W_OK);
  }
  const char *const slash = strrchr(path, '/');
  char *const folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
  const int status = folder ? access(folder, W_OK | X_OK) : -1;
  free(folder);
  return status;
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

int example_output_open(struct example_output *out, const char *path) {
  *out = (struct example_output){0};
  struct stat old;
  const bool exists = stat(path, &old) == 0;
  if (exists)
    out->file = open_standard(&old);
  if (!out->file && exists && !S_ISREG(old.st_mode)) {
    out->file = fopen(path, "wb");
  } else if (!out->file) {
    out->path = exists ? realpath(path, NULL) : strdup(path);
    if (out->path)
      open_temporary(out, exists ? old.st_mode & 07777 : example_output_usual_mode());
  }
  if (out->file)
    return 0;
  const int why = errno;
  forget(out);
  errno = why;
  return -1;
}

int example_output_commit(struct example_output *out) {
  /* Only fclose knows whether the last bytes found a place. */
  bool complete = !ferror(out->file);
  complete &= fclose(out->file) == 0;
  if (complete && out->temporary)
    complete = rename(out->temporary, out->path) == 0;
  const int why = errno;
  if (!complete && out->temporary)
    unlink(out->temporary);
  forget(out);
  errno = why;
  return complete ? 0 : -1;
}

void example_output_discard(struct example_output *out) {
  fclose(out->file);
  if (out->temporary)
    unlink(out->temporary);
  forget(out);
}
