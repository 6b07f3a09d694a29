#include "output.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct output {
  FILE *file;
  char *path;      /* its name to be, behind all symbolic links */
  char *temporary; /* its name until then; NULL: written directly */
};

static int refuse(struct pagerank_error *error) {
  return pagerank_fail(error, 0, "cannot be written: %s", strerror(errno));
}

static int check_folder(const char *path) {
  const char *const slash = strrchr(path, '/');
  char *const folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
  const int status = folder ? access(folder, W_OK | X_OK) : -1;
  free(folder);
  return status;
}

int pagerank_output_check(const char *path, struct pagerank_error *error) {
  struct stat old;
  if (stat(path, &old) != 0)
    return check_folder(path) == 0 ? 0 : refuse(error);
  if (S_ISDIR(old.st_mode)) {
    errno = EISDIR;
    return refuse(error);
  }
  return access(path, W_OK) == 0 ? 0 : refuse(error);
}

/* What an ordinary open would have given a new file; mkstemp is stricter. */
static mode_t usual_mode(void) {
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

/* Standard output or error under another name, such as /dev/stdout: that may be a regular file, but what
 * has been printed there is not to be replaced. */
static FILE *open_standard(const struct stat *wanted) {
  for (int stream = STDOUT_FILENO; stream <= STDERR_FILENO; stream++) {
    struct stat ours;
    if (fstat(stream, &ours) != 0 || ours.st_dev != wanted->st_dev || ours.st_ino != wanted->st_ino)
      continue;
    fflush(stdout);
    const int copy = dup(stream);
    return copy < 0 ? NULL : fdopen(copy, "w");
  }
  return NULL;
}

/* Opens a new file beside out->path: out->file and out->temporary, or neither. */
static void open_temporary(struct output *out, mode_t mode) {
  char *name;
  if (asprintf(&name, "%s.XXXXXX", out->path) < 0)
    return;
  const int file = mkstemp(name);
  if (file >= 0 && fchmod(file, mode) == 0)
    out->file = fdopen(file, "w");
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

static bool open_output(struct output *out, const char *path) {
  *out = (struct output){0};
  struct stat old;
  const bool exists = stat(path, &old) == 0;
  if (exists)
    out->file = open_standard(&old);
  if (!out->file && exists && !S_ISREG(old.st_mode)) {
    out->file = fopen(path, "w");
  } else if (!out->file) {
    out->path = exists ? realpath(path, NULL) : strdup(path);
    if (out->path)
      open_temporary(out, exists ? old.st_mode & 07777 : usual_mode());
  }
  return out->file;
}

/* Only fclose knows whether the last bytes found a place. */
static bool close_output(struct output *out) {
  bool complete = !ferror(out->file);
  complete &= fclose(out->file) == 0;
  if (complete && out->temporary)
    complete = rename(out->temporary, out->path) == 0;
  if (!complete && out->temporary) {
    const int why = errno;
    unlink(out->temporary);
    errno = why;
  }
  return complete;
}

int pagerank_output_write(const char *path, const struct pagerank_vertices *vertices,
                          const double *ranks, struct pagerank_error *error) {
  struct output out;
  bool complete = open_output(&out, path);
  if (complete) {
    for (size_t vertex = 0; vertex < vertices->count && !ferror(out.file); vertex++) {
      pagerank_vertices_print(vertices, vertex, out.file);
      fprintf(out.file, "\t%.17g\n", ranks[vertex]);
    }
    complete = close_output(&out);
  }
  const int status = complete ? 0 : refuse(error);
  free(out.path);
  free(out.temporary);
  return status;
}
