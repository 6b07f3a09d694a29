#include "common/error.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/words.h"

int example_fail(struct example_error *error, size_t line, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  error->line = line;
  vsnprintf(error->text, sizeof error->text, format, arguments);
  va_end(arguments);
  return -1;
}

int example_out_of_memory(struct example_error *error) {
  return example_fail(error, 0, "out of memory");
}

void example_error_print(const struct example_error *error, const char *program, const char *name) {
  fprintf(stderr, "%s: ", program);
  example_print_safely(name, stderr);
  if (error->line > 0)
    fprintf(stderr, ":%zu", error->line);
  fputs(": ", stderr);
  example_print_safely(error->text, stderr);
  fputc('\n', stderr);
}
