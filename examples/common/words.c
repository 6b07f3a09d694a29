#include "common/words.h"

#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a first byte of a character of several bytes begins. */
struct utf8_kind {
  unsigned char mask, lead; /* the first byte's upper bits */
  uint32_t least;           /* the first character that needs so many bytes */
};

static const struct utf8_kind utf8_kinds[] = {
    {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

static uint32_t decode(const unsigned char *at, size_t bytes, unsigned char mask) {
  uint32_t character = at[0] & (unsigned char)~mask;
  for (size_t i = 1; i < bytes; i++) {
    if ((at[i] & 0xc0) != 0x80)
      return 0; /* the text's end, too */
    character = character << 6 | (at[i] & 0x3f);
  }
  return character;
}

const char *example_plural(uint64_t count) {
  return count == 1 ? "" : "s";
}

/* How many bytes the character has that begins here and may be shown; 0: none does. A character
 * that is written in more bytes than it takes, or is broken off, may be a control character to
 * some terminal. */
static size_t shown_bytes(const unsigned char *at) {
  if (at[0] < 0x80)
    return at[0] >= 0x20 && at[0] != 0x7f;
  for (size_t i = 0; i < sizeof utf8_kinds / sizeof *utf8_kinds; i++) {
    const struct utf8_kind *const kind = &utf8_kinds[i];
    if ((at[0] & kind->mask) != kind->lead)
      continue;
    const uint32_t character = decode(at, i + 2, kind->mask);
    const bool surrogate = character >= 0xd800 && character <= 0xdfff;
    const bool control = character < 0xa0;
    return character < kind->least || character > 0x10ffff || surrogate || control ? 0 : i + 2;
  }
  return 0;
}

void example_print_safely(const char *text, FILE *file) {
  const unsigned char *at = (const unsigned char *)text;
  while (*at != '\0') {
    const size_t bytes = shown_bytes(at);
    if (bytes == 0)
      fputc('?', file);
    else
      fwrite(at, 1, bytes, file);
    at += bytes > 0 ? bytes : 1;
  }
}

void example_note_print(const char *program, const char *name, size_t line, const char *text) {
  fprintf(stderr, "%s: ", program);
  example_print_safely(name, stderr);
  if (line > 0)
    fprintf(stderr, ":%zu", line);
  fputs(": note: ", stderr);
  example_print_safely(text, stderr);
  fputc('\n', stderr);
}
