#include "error.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/words.h"

int life_fail(struct life_error *error, size_t line, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  error->line = line;
  vsnprintf(error->text, sizeof error->text, format, arguments);
  va_end(arguments);
  return -1;
}

void life_error_print(const struct life_error *error, const char *name) {
  fputs("life: ", stderr);
  example_print_safely(name, stderr);
  if (error->line > 0)
    fprintf(stderr, ":%zu", error->line);
  fputs(": ", stderr);
  example_print_safely(error->text, stderr);
  fputc('\n', stderr);
}
