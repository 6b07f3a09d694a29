/*
 * report_text.c: the names in a report are a program's and a system's own, of any bytes. Every form
 * can be made of them, and what is written as JSON is read again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "read.h"

static struct synched_report *make(struct fuzz_bytes *bytes) {
  struct synched_report *report;
  FUZZ_CHECK(synched__report_create(
                 &report, &(struct synched__report_shape){.worker_count = 1, .segment_count = 1}) ==
                 0,
             "no memory");
  report->efficiency.struct_size = sizeof report->efficiency;
  fuzz_take(bytes, report->pool, sizeof report->pool - 1);
  fuzz_take(bytes, report->name, sizeof report->name - 1);
  fuzz_take(bytes, report->machine, sizeof report->machine - 1);
  fuzz_take(bytes, report->placement, sizeof report->placement - 1);
  return report;
}

static void check_read(const char *text, size_t size) {
  struct synched_report *report;
  struct report_problem problem = {""};
  FILE *file = fmemopen((void *)(uintptr_t)text, size, "rb");
  FUZZ_CHECK(file != NULL && report_read(&report, file, &problem) == 0,
             "what it writes it refuses: %s", problem.text);
  (void)fclose(file);
  synched_report_destroy(report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_bytes bytes = {data, size};
  struct synched_report *report = make(&bytes);
  for (unsigned format = 0; format < SYNCHED_FORMAT_COUNT; format++) {
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    FUZZ_CHECK(file != NULL, "no memory");
    fuzz_check_status(synched_report_write_to(report, (enum synched_format)format, file));
    (void)fclose(file);
    if (format == SYNCHED_FORMAT_JSON)
      check_read(text, length);
    free(text);
  }
  synched_report_destroy(report);
  return 0;
}
