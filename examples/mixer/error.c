#include "error.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/words.h"

int mixer_fail(struct mixer_error *error, const char *name, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  error->name = name;
  vsnprintf(error->text, sizeof error->text, format, arguments);
  va_end(arguments);
  return -1;
}

void mixer_error_print(const struct mixer_error *error) {
  fputs("mixer: ", stderr);
  example_print_safely(error->name, stderr);
  fputs(": ", stderr);
  example_print_safely(error->text, stderr);
  fputc('\n', stderr);
}
