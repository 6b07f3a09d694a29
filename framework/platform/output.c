#include "platform/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "platform/alloc.h"
#include "platform/atomic.h"

/* The statuses are the system's numbers. */
static int refuse(const char *path) {
  const int number = errno != 0 ? errno : EIO;
  return synched__fail(-number, "%s could not be written: %s", path, strerror(number));
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

static int open_beside(struct synched__output *output, mode_t mode) {
  output->name = name_beside(output->path);
  if (output->name == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory to write %s", output->path);
  output->file = create(output->name, mode);
  if (output->file != NULL)
    return 0;
  const int status = refuse(output->path);
  synched__free(output->name);
  return status;
}

int synched__output_open(struct synched__output *output, const char *path) {
  struct stat there;
  const bool exists = stat(path, &there) == 0;
  *output = (struct synched__output){.path = path};
  errno = 0;
  if (!exists || S_ISREG(there.st_mode))
    return open_beside(output, exists ? there.st_mode & 0777 : 0);
  output->file = fopen(path, "we");
  return output->file != NULL ? 0 : refuse(path);
}

int synched__output_close(struct synched__output *output, int status) {
  errno = 0;
  if (fclose(output->file) != 0 && status == 0)
    status = refuse(output->path);
  if (output->name == NULL)
    return status;
  if (status == 0 && rename(output->name, output->path) != 0)
    status = refuse(output->path);
  if (status != 0)
    (void)unlink(output->name);
  synched__free(output->name);
  return status;
}
