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

static int open_temporary(struct life_output *out, mode_t mode) {
  static const char suffix[] = ".XXXXXX";
  const size_t bytes = strlen(out->path);
  out->temporary = malloc(bytes + sizeof suffix);
  if (!out->temporary)
    return -1;
  memcpy(out->temporary, out->path, bytes);
  memcpy(out->temporary + bytes, suffix, sizeof suffix);
  const int file = mkstemp(out->temporary);
  if (file < 0) {
    free(out->temporary);
    out->temporary = NULL;
    return -1;
  }
  if (fchmod(file, mode) == 0)
    out->file = fdopen(file, "wb");
  if (!out->file) {
    const int why = errno;
    close(file);
    unlink(out->temporary);
    errno = why;
    return -1;
  }
  return 0;
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

int life_output_open(struct life_output *out, const char *path, struct life_error *error) {
  *out = (struct life_output){0};
  struct stat old;
  const bool exists = stat(path, &old) == 0;
  out->path = exists ? realpath(path, NULL) : strdup(path);
  if (!out->path)
    goto failed;
  if (exists && !S_ISREG(old.st_mode)) {
    out->file = fopen(path, "wb");
    if (!out->file)
      goto failed;
  } else if (open_temporary(out, exists ? old.st_mode & 07777 : usual_mode()) != 0) {
    goto failed;
  }
  return 0;

failed:
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
