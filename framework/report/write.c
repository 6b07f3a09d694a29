/*
 * write.c: writing a report in one of its forms, to an open file or to one of its own.
 */
#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/options.h"
#include "platform/output.h"
#include "platform/system_text.h"
#include "report/forms.h"

static const struct {
  const char *name;
  synched__form_fn print;
} forms[SYNCHED_FORMAT_COUNT] = {
    [SYNCHED_FORMAT_TABLE] = {"table", synched__table_print},
    [SYNCHED_FORMAT_JSON] = {"json", synched__json_print},
    [SYNCHED_FORMAT_CSV] = {"csv", synched__csv_print},
    [SYNCHED_FORMAT_TRACE] = {"trace", synched__chrome_print},
    [SYNCHED_FORMAT_PERFETTO] = {"perfetto", synched__perfetto_print},
    [SYNCHED_FORMAT_HTML] = {"html", synched__html_print},
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
  return synched__check_enum("format", (unsigned)format, SYNCHED_FORMAT_COUNT - 1);
}

int synched_report_write_to(const struct synched_report *report, enum synched_format format,
                            FILE *file) {
  int status = check(report, format);
  if (status != 0)
    return status;
  if (file == NULL)
    return synched__fail(SYNCHED_EINVAL, "the file to print to is NULL");
  if (forms[format].print == NULL)
    return synched__fail(SYNCHED_ENOTSUP, "this build has no reports as %s", forms[format].name);
  errno = 0;
  status = forms[format].print(report, file);
  if (status == 0 && (fflush(file) != 0 || ferror(file) != 0))
    status = synched__fail(SYNCHED_EIO, "the report could not be written: %s",
                           errno != 0 ? synched__system_text(errno).bytes : "the file refused it");
  return status;
}

int synched_report_print(const struct synched_report *report, FILE *file) {
  return synched_report_write_to(report, SYNCHED_FORMAT_TABLE, file);
}

int synched_report_write(const struct synched_report *report, enum synched_format format,
                         const char *path) {
  struct synched__output output;
  int status = check(report, format);
  if (status != 0)
    return status;
  if (path == NULL || path[0] == '\0')
    return synched__fail(SYNCHED_EINVAL, "the path is %s", path == NULL ? "NULL" : "empty");
  status = synched__output_open(&output, path);
  if (status != 0)
    return status;
  return synched__output_close(&output, synched_report_write_to(report, format, output.file));
}

int synched_report_write_as(const struct synched_report *report, const char *form) {
  char name[64];
  enum synched_format format;
  if (form == NULL)
    return synched__fail(SYNCHED_EINVAL, "the form is NULL");
  const size_t length = strcspn(form, ":");
  (void)snprintf(name, sizeof name, "%.*s", length < sizeof name ? (int)length : 63, form);
  const int status = synched_format_parse(&format, name);
  if (status != 0)
    return status;
  if (form[length] == '\0')
    return synched_report_write_to(report, format, stdout);
  return synched_report_write(report, format, form + length + 1);
}
