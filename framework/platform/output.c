#include "platform/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "platform/alloc.h"
#include "platform/atomic.h"
#include "platform/system_text.h"

/* The statuses are the system's numbers. */
static int refuse(const char *path) {
  const int number = errno != 0 ? errno : EIO;
  return synched__fail(-number, "%s could not be written: %s", path,
                       synched__system_text(number).bytes);
}

/* A name beside the path, to be freed. NULL: no memory. */
static char *name_beside(const char *path) {
  static _Atomic unsigned count;
  const size_t room = strlen(path) + 40;
  char *name = synched__alloc(room, 1);
  if (name != NULL)
    (void)snprintf(name, room, "%s.%ld-%u~", path, (long)getpid(), synched__add_relaxed(&count, 1));
  return name;
}

/* mode: of the file that is replaced; 0: there is none. */
static FILE *create(const char *name, mode_t mode) {
  /* One of that name was left behind by a process of our number, which is no more. */
  (void)unlink(name);
  const int descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
  if (file == NULL && descriptor >= 0) {
    (void)close(descriptor);
    (void)unlink(name);
  }
  if (file != NULL && mode != 0)
    (void)fchmod(descriptor, mode);
  return file;
}

/* Where the file lies that is to be replaced. */
static const char *target_of(const struct synched__output *output) {
  return output->target != NULL ? output->target : output->path;
}

static int open_beside(struct synched__output *output, mode_t mode) {
  int status;
  output->name = name_beside(target_of(output));
  if (output->name == NULL) {
    status = synched__fail(SYNCHED_ENOMEM, "no memory to write %s", output->path);
  } else {
    errno = 0;
    output->file = create(output->name, mode);
    status = output->file != NULL ? 0 : refuse(output->path);
  }
  if (status != 0) {
    synched__free(output->name);
    free(output->target);
  }
  return status;
}

/* The descriptor of this process that a path is another name for; -1: none. Opened by that name, a
 * file would be written from its beginning; and renamed, the name itself would be replaced. */
static int descriptor_of(const char *path) {
  static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
  if (strcmp(path, "/dev/stdout") == 0)
    return STDOUT_FILENO;
  if (strcmp(path, "/dev/stderr") == 0)
    return STDERR_FILENO;
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
    const size_t length = strlen(folders[i]);
    if (strncmp(path, folders[i], length) != 0 || path[length] < '0' || path[length] > '9')
      continue;
    char *end;
    const unsigned long number = strtoul(path + length, &end, 10);
    return *end == '\0' && number <= INT_MAX ? (int)number : -1;
  }
  return -1;
}

static int open_descriptor(const char *path) {
  const int own = descriptor_of(path);
  if (own >= 0)
    return fcntl(own, F_DUPFD_CLOEXEC, 0);
  /* A pipe that nobody reads is refused: who knows when somebody does. */
  const int descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor >= 0)
    (void)fcntl(descriptor, F_SETFL, 0);
  return descriptor;
}

static int open_through(struct synched__output *output) {
  const int descriptor = open_descriptor(output->path);
  output->file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
  if (output->file != NULL)
    return 0;
  const int status = refuse(output->path);
  if (descriptor >= 0)
    (void)close(descriptor);
  return status;
}

int synched__output_open(struct synched__output *output, const char *path) {
  struct stat there;
  *output = (struct synched__output){.path = path};
  errno = 0;
  if (descriptor_of(path) >= 0)
    return open_through(output);
  const bool exists = stat(path, &there) == 0;
  /* Where the system does not tell, there may be a link: it must not be replaced instead of what it
   * leads to. */
  if (!exists && errno != ENOENT)
    return refuse(path);
  errno = 0;
  if (exists && !S_ISREG(there.st_mode))
    return open_through(output);
  if (!exists)
    return open_beside(output, 0);
  output->target = realpath(path, NULL);
  return output->target != NULL ? open_beside(output, there.st_mode & 0777) : refuse(path);
}

int synched__output_close(struct synched__output *output, int status) {
  errno = 0;
  if (fclose(output->file) != 0 && status == 0)
    status = refuse(output->path);
  if (output->name == NULL)
    return status;
  if (status == 0 && rename(output->name, target_of(output)) != 0)
    status = refuse(output->path);
  if (status != 0)
    (void)unlink(output->name);
  synched__free(output->name);
  free(output->target);
  return status;
}
