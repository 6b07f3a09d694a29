#include "error.h"

#include <stdarg.h>
#include <stdio.h>

/* Names and quoted input can hold any byte. Control characters would break the promise of one line,
 * or drive the terminal; what is above ASCII is mostly UTF-8 and passes. */
static void print_safely(const char *text) {
  for (const unsigned char *byte = (const unsigned char *)text; *byte; byte++)
    fputc(*byte < 0x20 || *byte == 0x7f ? '?' : *byte, stderr);
}

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
  print_safely(name);
  if (error->line > 0)
    fprintf(stderr, ":%zu", error->line);
  fputs(": ", stderr);
  print_safely(error->text);
  fputc('\n', stderr);
}
