/*
 * write.c: writing a report in one of its forms, to an open file or to one of its own.
 *
 * A file of its own is written under another name in the same folder and then renamed, so that
 * nobody ever finds half a report, and a full disk costs nothing that was there before.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/options.h"
#include "platform/alloc.h"
#include "report/forms.h"

static const struct {
  const char *name;
  synched__form_fn print;
} forms[SYNCHED_FORMAT_COUNT] = {
    [SYNCHED_FORMAT_TABLE] = {"table", synched__table_print},
    [SYNCHED_FORMAT_JSON] = {"json", NULL},
    [SYNCHED_FORMAT_CSV] = {"csv", synched__csv_print},
    [SYNCHED_FORMAT_TRACE] = {"trace", synched__chrome_print},
    [SYNCHED_FORMAT_PERFETTO] = {"perfetto", synched__perfetto_print},
    [SYNCHED_FORMAT_HTML] = {"html", NULL},
    [SYNCHED_FORMAT_PROMETHEUS] = {"prometheus", synched__prometheus_print},
};

const char *synched_format_name(enum synched_format format) {
  return (unsigned)format < SYNCHED_FORMAT_COUNT ? forms[format].name : NULL;
}

int synched_format_parse(enum synched_format *out, const char *name) {
  if (out == NULL || name == NULL)
    return synched__fail(SYNCHED_EINVAL, "the %s is NULL", out == NULL ? "format" : "name");
  for (unsigned f = 0; f < SYNCHED_FORMAT_COUNT; f++) {
    if (strcmp(name, forms[f].name) != 0)
      continue;
    *out = (enum synched_format)f;
    return 0;
  }
  return synched__fail(SYNCHED_EINVAL,
                       "there is no form \"%.40s\" of a report; there are table, json, csv, "
                       "trace, perfetto, html and prometheus",
                       name);
}

static int check(const struct synched_report *report, enum synched_format format) {
  if (report == NULL)
    return synched__fail(SYNCHED_EINVAL, "the report is NULL");
  const int status = synched__check_enum("format", (unsigned)format, SYNCHED_FORMAT_COUNT - 1);
  if (status == 0 && forms[format].print == NULL)
    return synched__fail(SYNCHED_ENOTSUP, "this library has no form \"%s\" of a report",
                         forms[format].name);
  return status;
}

int synched_report_write_to(const struct synched_report *report, enum synched_format format,
                            FILE *file) {
  int status = check(report, format);
  if (status != 0)
    return status;
  if (file == NULL)
    return synched__fail(SYNCHED_EINVAL, "the file to print to is NULL");
  errno = 0;
  status = forms[format].print(report, file);
  if (status == 0 && (fflush(file) != 0 || ferror(file) != 0))
    status = synched__fail(SYNCHED_EIO, "the report could not be written: %s",
                           errno != 0 ? strerror(errno) : "the file refused it");
  return status;
}

int synched_report_print(const struct synched_report *report, FILE *file) {
  return synched_report_write_to(report, SYNCHED_FORMAT_TABLE, file);
}

/* --- a file of its own --- */

/* The statuses are the system's numbers. */
static int refuse(const char *path) {
  const int number = errno != 0 ? errno : EIO;
  return synched__fail(-number, "no report could be written to %s: %s", path, strerror(number));
}

static int close_file(FILE *file, int status, const char *path) {
  if (fclose(file) != 0 && status == 0)
    return refuse(path);
  return status;
}

/* To what is no ordinary file. */
static int write_through(const struct synched_report *report, enum synched_format format,
                         const char *path) {
  FILE *file = fopen(path, "we");
  if (file == NULL)
    return refuse(path);
  return close_file(file, synched_report_write_to(report, format, file), path);
}

/* A new file beside the path: its name, to be freed. NULL: no memory. */
static char *name_beside(const char *path) {
  static _Atomic unsigned count;
  const size_t room = strlen(path) + 32;
  char *name = synched__alloc(room, 1);
  if (name != NULL)
    (void)snprintf(name, room, "%s.%ld-%u~", path, (long)getpid(), atomic_fetch_add(&count, 1));
  return name;
}

static FILE *create_file(const char *name) {
  /* One of that name was left behind by a process of our number, which is no more. */
  (void)unlink(name);
  const int descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
  if (file == NULL && descriptor >= 0) {
    (void)close(descriptor);
    (void)unlink(name);
  }
  return file;
}

/* mode: of the file that is replaced; 0: there is none. */
static int write_beside(const struct synched_report *report, enum synched_format format,
                        const char *path, mode_t mode) {
  char *name = name_beside(path);
  if (name == NULL)
    return synched__fail(SYNCHED_ENOMEM, "no memory to write a report");
  errno = 0;
  FILE *file = create_file(name);
  int status = file == NULL ? refuse(path) : 0;
  if (file != NULL) {
    if (mode != 0)
      (void)fchmod(fileno(file), mode);
    status = close_file(file, synched_report_write_to(report, format, file), path);
    if (status == 0 && rename(name, path) != 0)
      status = refuse(path);
    if (status != 0)
      (void)unlink(name);
  }
  synched__free(name);
  return status;
}

int synched_report_write(const struct synched_report *report, enum synched_format format,
                         const char *path) {
  const int status = check(report, format);
  if (status != 0)
    return status;
  if (path == NULL || path[0] == '\0')
    return synched__fail(SYNCHED_EINVAL, "the path is %s", path == NULL ? "NULL" : "empty");
  struct stat there;
  const bool exists = stat(path, &there) == 0;
  if (exists && !S_ISREG(there.st_mode))
    return write_through(report, format, path);
  return write_beside(report, format, path, exists ? there.st_mode & 0777 : 0);
}
