#include "common/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int claimed = -1; /* standard output's descriptor, once it is kept for a file */

bool example_output_is_stdout(const char *path) {
  return strcmp(path, "-") == 0;
}

const char *example_output_shown(const char *path) {
  return example_output_is_stdout(path) ? "<stdout>" : path;
}

int example_output_claim_stdout(void) {
  if (claimed >= 0)
    return 0;
  fflush(stdout);
  const int kept = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (kept < 0)
    return -1;
  if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0) {
    const int why = errno;
    close(kept);
    errno = why;
    return -1;
  }
  claimed = kept;
  return 0;
}

int example_output_stdout(void) {
  return claimed >= 0 ? claimed : STDOUT_FILENO;
}

static bool identify_output(const char *path, struct stat *out) {
  if (example_output_is_stdout(path))
    return fstat(example_output_stdout(), out) == 0;
  return stat(path, out) == 0;
}

static bool is_same(const struct stat *one, const struct stat *other) {
  return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

static bool keeps_bytes(const struct stat *file) {
  return S_ISREG(file->st_mode) || S_ISBLK(file->st_mode);
}

bool example_output_is_input(const char *output, const char *input) {
  struct stat written, read;
  const bool found =
      strcmp(input, "-") == 0 ? fstat(STDIN_FILENO, &read) == 0 : stat(input, &read) == 0;
  return found && keeps_bytes(&read) && identify_output(output, &written) &&
         is_same(&written, &read);
}

/* The folder in which a file is or would be, to be freed. NULL: out of memory. */
static char *folder_of(const char *path) {
  const char *const slash = strrchr(path, '/');
  return slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
}

static const char *last_name(const char *path) {
  const char *const slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* Of two files that are not there. */
static bool will_be_same(const char *one, const char *other) {
  if (strcmp(last_name(one), last_name(other)) != 0)
    return false;
  struct stat here, there;
  char *const one_folder = folder_of(one), *const other_folder = folder_of(other);
  const bool same = one_folder && other_folder && stat(one_folder, &here) == 0 &&
                    stat(other_folder, &there) == 0 && is_same(&here, &there);
  free(one_folder);
  free(other_folder);
  return same;
}

bool example_output_is_output(const char *one, const char *other) {
  struct stat first, second;
  if (strcmp(one, other) == 0)
    return true;
  const bool one_there = identify_output(one, &first);
  const bool other_there = identify_output(other, &second);
  if (one_there && other_there)
    return !S_ISCHR(first.st_mode) && is_same(&first, &second);
  return !one_there && !other_there && will_be_same(one, other);
}

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
  if (example_output_is_stdout(path))
    return 0;
  if (stat(path, &old) == 0) {
    errno = EISDIR;
    return S_ISDIR(old.st_mode) ? -1 : access(path, W_OK);
  }
  char *const folder = folder_of(path);
  const int status = folder ? access(folder, W_OK | X_OK) : -1;
  free(folder);
  return status;
}

static FILE *open_copy(int descriptor) {
  fflush(stdout);
  const int copy = dup(descriptor);
  FILE *const file = copy < 0 ? NULL : fdopen(copy, "wb");
  if (copy >= 0 && !file)
    close(copy);
  return file;
}

/* One of our own standard streams under another name, such as /dev/stdout. What is behind it may
 * be a regular file, but to replace that would throw away what has been printed. */
static FILE *open_standard(const struct stat *wanted) {
  for (int stream = STDOUT_FILENO; stream <= STDERR_FILENO; stream++) {
    struct stat ours;
    if (fstat(stream, &ours) != 0 || ours.st_dev != wanted->st_dev || ours.st_ino != wanted->st_ino)
      continue;
    return open_copy(stream);
  }
  return NULL;
}

int example_output_open(struct example_output *out, const char *path) {
  *out = (struct example_output){0};
  if (example_output_is_stdout(path)) {
    out->file = open_copy(example_output_stdout());
    return out->file ? 0 : -1;
  }
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

int example_output_exit_code(const char *program, int code) {
  const bool arrived = fflush(stdout) == 0 && !ferror(stdout);
  if (arrived || code != 0)
    return code;
  fprintf(stderr, "%s: standard output: cannot be written\n", program);
  return 1;
}
