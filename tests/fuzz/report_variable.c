/*
 * report_variable.c: whatever SYNCHED_REPORT says and a job is called, no report is written but to
 * the path that is meant, and each complaint is a line.
 *
 * This stands in for what reads the variable, which does so once in a process, and for what writes
 * reports.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "platform/variable.h"
#include "report/environment.h"
#include "report/model.h"

int __wrap_synched_report_write(const struct synched_report *report, enum synched_format format,
                                const char *path);
int __wrap_synched_report_write_to(const struct synched_report *report, enum synched_format format,
                                   FILE *file);

static const char *variable;
static struct synched_report *report;

const char *synched__variable_report(void) {
  return variable[0] == '\0' ? NULL : variable;
}

/* So many slashes are in the path as in the variable: the job's name adds none. */
int __wrap_synched_report_write(const struct synched_report *written, enum synched_format format,
                                const char *path) {
  FUZZ_CHECK(written == report && (unsigned)format < SYNCHED_FORMAT_COUNT, "form %d", (int)format);
  FUZZ_CHECK(path[0] != '\0', "a path is empty");
  const char *template = strchr(variable, path[0] == '/' ? '/' : ':');
  FUZZ_CHECK(template != NULL, "%s comes from nowhere", path);
  size_t slashes = 0, meant = 0;
  for (const char *at = path; *at != '\0'; at++)
    slashes += *at == '/';
  for (const char *at = variable; *at != '\0'; at++)
    meant += *at == '/';
  FUZZ_CHECK(slashes <= meant, "%s leads elsewhere than %s", path, variable);
  return slashes % 2 == 0 ? 0 : -5;
}

int __wrap_synched_report_write_to(const struct synched_report *written, enum synched_format format,
                                   FILE *file) {
  FUZZ_CHECK(written == report && format == SYNCHED_FORMAT_TABLE && file == stderr,
             "form %d without a path", (int)format);
  return 0;
}

/* Lines, each of which says whose it is. */
static void check_complaints(const char *text) {
  static const char begin[] = "synched: SYNCHED_REPORT: ";
  while (*text != '\0') {
    const size_t length = strcspn(text, "\n");
    FUZZ_CHECK(text[length] == '\n' && strncmp(text, begin, sizeof begin - 1) == 0,
               "it complains so: %s", text);
    for (size_t i = 0; i < length; i++)
      FUZZ_CHECK((unsigned char)text[i] >= 0x20 && text[i] != 0x7f, "it complains so: %s", text);
    text += length + 1;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_bytes bytes = {data, size};
  FILE *usual = stderr;
  char *complaints = NULL, *text;
  size_t length = 0;
  if (report == NULL)
    FUZZ_CHECK(
        synched__report_create(
            &report, &(struct synched__report_shape){.worker_count = 1, .segment_count = 1}) == 0,
        "no memory");
  /* A byte says how long the name is, which comes first. */
  memset(report->name, 0, sizeof report->name);
  fuzz_take(&bytes, report->name, fuzz_take_byte(&bytes) % sizeof report->name);
  variable = text = fuzz_text(bytes.at, bytes.left);
  FILE *file = open_memstream(&complaints, &length);
  FUZZ_CHECK(file != NULL, "no memory");
  stderr = file;
  const enum synched_record record = synched__environment_record();
  synched__environment_write(report);
  stderr = usual;
  (void)fclose(file);
  FUZZ_CHECK((unsigned)record <= SYNCHED_RECORD_TASKS, "it records %d", (int)record);
  check_complaints(complaints);
  free(complaints);
  free(text);
  return 0;
}
