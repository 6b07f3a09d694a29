/*
 * report_fuzz.c: whatever bytes a file has, they are a report or they are refused; and what is
 * taken for a report can be shown in every form, compared, and is the same report again after it
 * was written as JSON. libFuzzer calls it; report_fuzz.sh says how.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct synched_report *read_bytes(const void *bytes, size_t size) {
  struct synched_report *report = NULL;
  struct report_problem problem = {""};
  FILE *file = size == 0 ? NULL : fmemopen((void *)(uintptr_t)bytes, size, "rb");
  if (file == NULL)
    return NULL;
  const int status = report_read(&report, file, &problem);
  (void)fclose(file);
  /* Refused with one line, or not at all. */
  if ((status == 0) != (report != NULL) || (status == 0) != (problem.text[0] == '\0') ||
      strchr(problem.text, '\n') != NULL)
    abort();
  return report;
}

/* To be freed. */
static char *written(const struct synched_report *report, size_t *size) {
  char *text = NULL;
  FILE *file = open_memstream(&text, size);
  if (file == NULL || synched_report_write_to(report, SYNCHED_FORMAT_JSON, file) != 0)
    abort();
  (void)fclose(file);
  return text;
}

static void check_same(const struct synched_report *report) {
  size_t size, again_size;
  char *text = written(report, &size);
  struct synched_report *read = read_bytes(text, size);
  if (read == NULL)
    abort();
  char *again = written(read, &again_size);
  if (size != again_size || memcmp(text, again, size) != 0)
    abort();
  synched_report_destroy(read);
  free(text);
  free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static FILE *sink;
  struct synched_report *report = read_bytes(data, size);
  if (report == NULL)
    return 0;
  if (sink == NULL && (sink = fopen("/dev/null", "w")) == NULL)
    abort();
  check_same(report);
  for (unsigned format = 0; format < SYNCHED_FORMAT_COUNT; format++)
    (void)synched_report_write_to(report, (enum synched_format)format, sink);
  (void)report_compare(report, report, sink);
  synched_report_destroy(report);
  return 0;
}
