#include "error.h"

#include <stdarg.h>
#include <stdio.h>

/* Names come from the command line and may hold anything; a line break among it would make two lines
 * of one, and an escape sequence would reach the terminal. */
static void print_printable(const char *text) {
  for (const unsigned char *byte = (const unsigned char *)text; *byte != '\0'; byte++)
    fputc(*byte < 0x20 || *byte == 0x7f ? '?' : *byte, stderr);
}

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
  print_printable(error->name);
  fputs(": ", stderr);
  print_printable(error->text);
  fputc('\n', stderr);
}
