#include "common/report.h"

#include <errno.h>
#include <string.h>

#include <synched/status.h>

#include "common/output.h"

int example_report_parse(struct example_report *out, const char *form,
                         struct example_error *error) {
  char name[16] = "";
  const size_t length = strcspn(form, ":");
  if (length < sizeof name)
    memcpy(name, form, length);
  if (synched_format_parse(&out->format, name) != 0)
    return example_fail(error, 0,
                        "'%.40s' is no form of a report; there are table, json, csv, trace, "
                        "perfetto, html and prometheus, each with or without :FILE",
                        form);
  out->form = form;
  out->path = form[length] == ':' ? form + length + 1 : NULL;
  if (out->path != NULL && out->path[0] == '\0')
    return example_fail(error, 0, "there is no file behind '%s:'", name);
  return 0;
}

int example_report_take(void *report, const char *form, struct example_error *error) {
  return example_report_parse(report, form, error);
}

bool example_report_is_printed(const struct example_report *report) {
  return report->form != NULL && report->path == NULL;
}

enum synched_record example_report_record(const struct example_report *report) {
  if (report->form == NULL)
    return SYNCHED_RECORD_TOTALS;
  switch (report->format) {
  case SYNCHED_FORMAT_TRACE:
  case SYNCHED_FORMAT_PERFETTO:
    return SYNCHED_RECORD_TASKS;
  case SYNCHED_FORMAT_HTML:
  case SYNCHED_FORMAT_CSV:
    return SYNCHED_RECORD_ROUNDS;
  default:
    return SYNCHED_RECORD_TOTALS;
  }
}

unsigned example_report_rounds(const struct example_report *report, unsigned few) {
  return report->form == NULL || report->format == SYNCHED_FORMAT_TABLE ? few : 0;
}

int example_report_check(const struct example_report *report, const char *program) {
  struct example_error error;
  if (report->path == NULL || example_output_check(report->path) == 0)
    return 0;
  example_fail(&error, 0, "cannot be written: %s", strerror(errno));
  example_error_print(&error, program, report->path);
  return -1;
}

int example_report_read(struct example_report *out, const char *program, const char *form) {
  struct example_error error;
  if (example_report_parse(out, form, &error) == 0)
    return example_report_check(out, program) == 0 ? 0 : 1;
  example_error_print(&error, program, "--report");
  return 2;
}

int example_report_write(const struct example_report *report, const char *program,
                         const struct synched_report *from) {
  struct example_error error;
  const int status = report->form == NULL ? 0 : synched_report_write_as(from, report->form);
  if (status == 0)
    return 0;
  if (status == SYNCHED_ENOTSUP)
    example_fail(&error, 0, "%s", synched_error_message());
  else
    example_fail(&error, 0, "cannot be written: %s", synched_strerror(status));
  example_error_print(&error, program, report->path != NULL ? report->path : "<stdout>");
  return -1;
}
