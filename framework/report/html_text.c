/*
 * html_text.c: escaping, and numbers.
 */
#include "report/html_text.h"

#include <stdbool.h>
#include <stddef.h>

#include "report/text.h"
#include "report/unicode.h"

static void escape_ascii(FILE *file, unsigned char byte) {
  switch (byte) {
  case '&':
    fputs("&amp;", file);
    break;
  case '<':
    fputs("&lt;", file);
    break;
  case '>':
    fputs("&gt;", file);
    break;
  case '"':
    fputs("&quot;", file);
    break;
  case '\'':
    fputs("&#39;", file);
    break;
  case '\n':
    fputc('\n', file);
    break;
  default:
    if (byte < 0x20u)
      fprintf(file, "&#x%x;", 0x2400u + byte); /* its picture */
    else if (byte == 0x7fu)
      fputs("&#x2421;", file);
    else
      fputc(byte, file);
  }
}

void synched__html_escape(FILE *file, const char *text) {
  const unsigned char *at = (const unsigned char *)text;
  while (*at != '\0') {
    const size_t length = synched__unicode_character((const char *)at);
    if (length == 1)
      escape_ascii(file, *at);
    else if (length == 0 || (at[0] == 0xc2u && at[1] < 0xa0u)) /* U+0080 .. U+009F are controls */
      fputs("\xef\xbf\xbd", file);
    else
      fwrite(at, 1, length, file);
    at += length == 0 ? 1 : length;
  }
}

void synched__html_count(FILE *file, uint64_t count) {
  fputs(synched__text_of_count(count).bytes, file);
}

void synched__html_plural(FILE *file, uint64_t count, const char *noun) {
  synched__html_count(file, count);
  fprintf(file, " %s%s", noun, count == 1 ? "" : "s");
}

/* A number stays on one line with its unit. */
void synched__html_duration(FILE *file, uint64_t ns) {
  const struct synched__text text = synched__text_of_short_duration(ns);
  bool after_digit = false;
  for (const char *at = text.bytes; *at != '\0'; at++) {
    if (*at == ' ' && after_digit)
      fputs("&nbsp;", file);
    else if (*at == 'u')
      fputs("&micro;", file);
    else
      fputc(*at, file);
    after_digit = *at >= '0' && *at <= '9';
  }
}

void synched__html_number(FILE *file, double number) {
  fputs(synched__text_of_number(number > 0.0 ? number : 0.0).bytes, file);
}

void synched__html_share(FILE *file, double part, double whole) {
  if (!(whole > 0.0)) {
    fputc('-', file);
    return;
  }
  synched__html_number(file, 100.0 * part / whole);
  fputs("&nbsp;%", file);
}
