#include "error.h"

#include <stdarg.h>
#include <stdio.h>

/* Everything that is printed may quote a file's content or name, and neither can be trusted to be
 * text: a control character would break the promise of one line, or worse, drive the terminal.
 * Bytes above ASCII pass: they are UTF-8 more often than not. */
static void print_safely(const char *text) {
  for (const unsigned char *byte = (const unsigned char *)text; *byte; byte++)
    fputc(*byte < 0x20 || *byte == 0x7f ? '?' : *byte, stderr);
}

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
  print_safely(name);
  if (error->line > 0)
    fprintf(stderr, ":%zu", error->line);
  fputs(": ", stderr);
  print_safely(error->text);
  fputc('\n', stderr);
}
