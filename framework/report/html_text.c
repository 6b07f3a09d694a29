/*
 * html_text.c: escaping, and numbers.
 */
#include "report/html_text.h"

#include <inttypes.h>
#include <stddef.h>

/* The length of the character of UTF-8 that begins here; 0: there is none. A second byte's range
 * leaves out what would be more bytes than the character takes, the halves of UTF-16, and what is
 * above U+10FFFF. */
static size_t character_at(const unsigned char *text) {
  const unsigned char first = text[0];
  if (first < 0x80u)
    return 1;
  if (first < 0xc2u || first > 0xf4u)
    return 0;
  const unsigned char least = first == 0xe0u ? 0xa0u : first == 0xf0u ? 0x90u : 0x80u;
  const unsigned char most = first == 0xedu ? 0x9fu : first == 0xf4u ? 0x8fu : 0xbfu;
  const size_t length = first < 0xe0u ? 2 : first < 0xf0u ? 3 : 4;
  if (text[1] < least || text[1] > most)
    return 0;
  for (size_t i = 2; i < length; i++)
    if (text[i] < 0x80u || text[i] > 0xbfu)
      return 0;
  return length;
}

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
    const size_t length = character_at(at);
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
  char digits[24];
  const int length = snprintf(digits, sizeof digits, "%" PRIu64, count);
  for (int i = 0; i < length; i++) {
    if (i > 0 && (length - i) % 3 == 0)
      fputc(',', file);
    fputc(digits[i], file);
  }
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
  if (!(number > 0.0))
    number = 0.0;
  if (number > 1e18)
    number = 1e18;
  if (number >= 999.95) {
    synched__html_count(file, (uint64_t)(number + 0.5));
    return;
  }
  const unsigned tenths = (unsigned)(number * 10.0 + 0.5);
  fprintf(file, "%u.%u", tenths / 10, tenths % 10);
}

void synched__html_share(FILE *file, double part, double whole) {
  if (!(whole > 0.0)) {
    fputc('-', file);
    return;
  }
  synched__html_number(file, 100.0 * part / whole);
  fputs("&nbsp;%", file);
}
