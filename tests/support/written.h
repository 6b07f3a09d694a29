/*
 * written.h: reports made by hand, as a form has them.
 */
#ifndef SYNCHED_TESTS_WRITTEN_H
#define SYNCHED_TESTS_WRITTEN_H

#include "support/recorded.h"

#include "platform/fault.h"

/* All that is written, with a 0 behind it; the caller frees it. */
static inline char *written(const struct synched_report *report, enum synched_format format,
                            size_t *byte_count) {
  char *bytes = NULL;
  FILE *file = open_memstream(&bytes, byte_count);
  cr_assert_not_null(file);
  cr_assert_eq(synched_report_write_to(report, format, file), 0, "%s", synched_error_message());
  cr_assert_eq(fclose(file), 0);
  return bytes;
}

static inline void expect_written(const struct synched_report *report, enum synched_format format,
                                  const char *expected) {
  size_t byte_count;
  char *text = written(report, format, &byte_count);
  cr_expect_str_eq(text, expected, "it is:\n%s", text);
  free(text);
}

/* Some part of it. */
static inline void expect_part(const struct synched_report *report, enum synched_format format,
                               const char *expected) {
  size_t byte_count;
  char *text = written(report, format, &byte_count);
  cr_expect_not_null(strstr(text, expected), "not there:\n%s\nbut:\n%s", expected, text);
  free(text);
}

/* A disk that is full is a status; so is memory that is refused, each time that the form wants
 * some. */
static inline void expect_failures_told(const struct synched_report *report,
                                        enum synched_format format, unsigned allocation_count) {
  FILE *full = fopen("/dev/full", "we");
  cr_assert_not_null(full);
  cr_expect_eq(synched_report_write_to(report, format, full), SYNCHED_EIO);
  expect_message("the report could not be written: ");
  (void)fclose(full);
  for (unsigned nth = 1; nth <= allocation_count; nth++) {
    FILE *file = fopen("/dev/null", "we");
    cr_assert_not_null(file);
    synched__fault_arm(SYNCHED__FAULT_ALLOCATE, nth);
    cr_expect_eq(synched_report_write_to(report, format, file), SYNCHED_ENOMEM, "%u", nth);
    expect_message("no memory for ");
    cr_assert_eq(synched_report_write_to(report, format, file), 0);
    (void)fclose(file);
  }
}

#endif
