/*
 * report_json.c: whatever bytes a file has, they are a report or they are refused; and what is
 * taken for a report can be shown in every form, compared, and is the same report again after it
 * was written as JSON. report_mutate.c makes files that stay JSON.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "fuzz.h"
#include "read.h"

/* NULL: it was refused. */
static struct synched_report *read_bytes(const void *bytes, size_t size) {
  struct synched_report *report = NULL;
  struct report_problem problem = {""};
  FILE *file = size == 0 ? NULL : fmemopen((void *)(uintptr_t)bytes, size, "rb");
  if (file == NULL)
    return NULL;
  const int status = report_read(&report, file, &problem);
  (void)fclose(file);
  FUZZ_CHECK((status == 0) == (report != NULL) && (status == 0) == (problem.text[0] == '\0') &&
                 strchr(problem.text, '\n') == NULL,
             "status %d, a report or none, and \"%s\"", status, problem.text);
  return report;
}

/* To be freed. */
static char *written(const struct synched_report *report, size_t *size) {
  char *text = NULL;
  FILE *file = open_memstream(&text, size);
  FUZZ_CHECK(file != NULL && synched_report_write_to(report, SYNCHED_FORMAT_JSON, file) == 0,
             "it cannot be written as JSON");
  (void)fclose(file);
  return text;
}

static void check_same(const struct synched_report *report) {
  size_t size, again_size;
  char *text = written(report, &size);
  struct synched_report *read = read_bytes(text, size);
  FUZZ_CHECK(read != NULL, "what it writes it refuses");
  char *again = written(read, &again_size);
  FUZZ_CHECK(size == again_size && memcmp(text, again, size) == 0, "it writes another report");
  synched_report_destroy(read);
  free(text);
  free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static FILE *sink;
  struct synched_report *report = read_bytes(data, size);
  if (report == NULL)
    return 0;
  if (sink == NULL)
    sink = fopen("/dev/null", "w");
  FUZZ_CHECK(sink != NULL, "there is no /dev/null");
  check_same(report);
  for (unsigned format = 0; format < SYNCHED_FORMAT_COUNT; format++)
    fuzz_check_status(synched_report_write_to(report, (enum synched_format)format, sink));
  FUZZ_CHECK(report_compare(report, report, sink), "there is no memory to compare it");
  synched_report_destroy(report);
  return 0;
}
