/*
 * source_bytes.h: a file that has given bytes, to be read as the examples read their inputs.
 */
#ifndef SYNCHED_TESTS_SOURCE_BYTES_H
#define SYNCHED_TESTS_SOURCE_BYTES_H

#include <criterion/criterion.h>

#include <stdlib.h>
#include <unistd.h>

#include "common/source.h"

/* To be ended with example_source_close; the file has gone by then. */
static inline void source_open_bytes(struct example_source *out, const void *bytes, size_t count) {
  char path[] = "/tmp/source_bytes.XXXXXX";
  struct example_error error = {0, ""};
  const int file = mkstemp(path);
  cr_assert_geq(file, 0);
  cr_assert_eq(write(file, bytes, count), (ssize_t)count);
  close(file);
  const int opened = example_source_open(out, path, &error);
  unlink(path);
  cr_assert_eq(opened, 0, "%s", error.text);
}

#endif
