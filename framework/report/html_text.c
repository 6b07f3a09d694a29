/*
 * html_text.c: escaping, and numbers.
 */
#include "report/html_text.h"

#include <inttypes.h>
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

/* How many steps of so many ns it is, to the nearest. */
static uint64_t rounded(uint64_t ns, uint64_t step_ns) {
  return ns / step_ns + (ns % step_ns >= step_ns / 2 ? 1 : 0);
}

/* ns in a unit of 1000 ns or more, which is below 1000 units. */
static void print_digits(FILE *file, uint64_t ns, uint64_t unit_ns, const char *unit) {
  const uint64_t hundredths = rounded(ns, unit_ns / 100), tenths = rounded(ns, unit_ns / 10);
  if (hundredths < 1000)
    fprintf(file, "%" PRIu64 ".%02" PRIu64, hundredths / 100, hundredths % 100);
  else if (tenths < 1000)
    fprintf(file, "%" PRIu64 ".%" PRIu64, tenths / 10, tenths % 10);
  else
    fprintf(file, "%" PRIu64, rounded(ns, unit_ns));
  fprintf(file, "&nbsp;%s", unit);
}

void synched__html_duration(FILE *file, uint64_t ns) {
  const uint64_t seconds = rounded(ns, 1000000000u);
  if (ns < 1000u)
    fprintf(file, "%" PRIu64 "&nbsp;ns", ns);
  else if (ns < 999500u)
    print_digits(file, ns, 1000u, "&micro;s");
  else if (ns < 999500000u)
    print_digits(file, ns, 1000000u, "ms");
  else if (ns < 59950000000u)
    print_digits(file, ns, 1000000000u, "s");
  else if (seconds < 3600)
    fprintf(file, "%" PRIu64 "&nbsp;min %" PRIu64 "&nbsp;s", seconds / 60, seconds % 60);
  else {
    synched__html_count(file, seconds / 3600);
    fprintf(file, "&nbsp;h %" PRIu64 "&nbsp;min", seconds / 60 % 60);
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
