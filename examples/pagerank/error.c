#include "error.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/words.h"

int pagerank_fail(struct pagerank_error *error, size_t line, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  error->line = line;
  vsnprintf(error->text, sizeof error->text, format, arguments);
  va_end(arguments);
  return -1;
}

int pagerank_out_of_memory(struct pagerank_error *error) {
  return pagerank_fail(error, 0, "out of memory");
}

void pagerank_error_print(const struct pagerank_error *error, const char *name) {
  fputs("pagerank: ", stderr);
  example_print_safely(name, stderr);
  if (error->line > 0)
    fprintf(stderr, ":%zu", error->line);
  fputs(": ", stderr);
  example_print_safely(error->text, stderr);
  fputc('\n', stderr);
}
