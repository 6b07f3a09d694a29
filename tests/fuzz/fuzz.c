#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <synched/status.h>

void fuzz_fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  (void)fputs("fuzz: ", stderr);
  (void)vfprintf(stderr, format, arguments);
  (void)fputc('\n', stderr);
  va_end(arguments);
  abort();
}

void fuzz_check_line(const char *text) {
  FUZZ_CHECK(text[0] != '\0', "a sentence is empty");
  for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++)
    FUZZ_CHECK(*at >= 0x20 && *at != 0x7f, "a sentence has the byte 0x%02x: %s", *at, text);
}

void fuzz_check_raw_line(const char *text) {
  FUZZ_CHECK(text[0] != '\0' && strchr(text, '\n') == NULL, "a sentence is no line: %s", text);
}

void fuzz_check_status(int status) {
  FUZZ_CHECK(status <= 0, "a status is %d", status);
  if (status != 0)
    fuzz_check_line(synched_error_message());
}

void fuzz_take(struct fuzz_bytes *bytes, void *out, size_t count) {
  const size_t taken = count < bytes->left ? count : bytes->left;
  memset(out, 0, count);
  if (taken > 0)
    memcpy(out, bytes->at, taken);
  bytes->at += taken;
  bytes->left -= taken;
}

uint8_t fuzz_take_byte(struct fuzz_bytes *bytes) {
  uint8_t byte;
  fuzz_take(bytes, &byte, 1);
  return byte;
}

char *fuzz_text(const void *bytes, size_t count) {
  char *text = malloc(count + 1);
  FUZZ_CHECK(text != NULL, "no memory");
  if (count > 0)
    memcpy(text, bytes, count);
  text[count] = '\0';
  return text;
}

const char *fuzz_file(const void *bytes, size_t count) {
  static char path[4096];
  static int file = -1;
  if (file < 0) {
    const char *folder = getenv("TMPDIR");
    (void)snprintf(path, sizeof path, "%s/fuzz-XXXXXX", folder == NULL ? "/tmp" : folder);
    file = mkstemp(path);
  }
  FUZZ_CHECK(file >= 0 && ftruncate(file, 0) == 0 &&
                 pwrite(file, bytes, count, 0) == (ssize_t)count,
             "%s cannot be written", path);
  return path;
}
