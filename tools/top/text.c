#include "text.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

/* A rate beyond it is none that anybody measures, and may be one that no integer holds. */
#define COUNTED_MOST 1e15

struct top_text top_count(uint64_t count) {
  struct top_text text;
  char digits[24];
  const size_t length = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, count);
  size_t at = 0;
  for (size_t i = 0; i < length; i++) {
    if (i != 0 && (length - i) % 3 == 0)
      text.bytes[at++] = ',';
    text.bytes[at++] = digits[i];
  }
  text.bytes[at] = '\0';
  return text;
}

struct top_text top_duration(uint64_t ns) {
  static const struct {
    uint64_t from_ns;
    const char *name;
  } units[] = {{1000000000, "s"}, {1000000, "ms"}, {1000, "us"}};
  struct top_text text;
  for (size_t u = 0; u < sizeof units / sizeof *units; u++)
    if (ns >= units[u].from_ns) {
      (void)snprintf(text.bytes, sizeof text.bytes, "%.1f %s",
                     (double)ns / (double)units[u].from_ns, units[u].name);
      return text;
    }
  (void)snprintf(text.bytes, sizeof text.bytes, "%" PRIu64 " ns", ns);
  return text;
}

struct top_text top_percent(double share) {
  struct top_text text = {"-"};
  if (share >= 0)
    (void)snprintf(text.bytes, sizeof text.bytes, "%.1f %%", 100 * share);
  return text;
}

struct top_text top_rate(double per_second) {
  if (per_second >= 100 && per_second < COUNTED_MOST)
    return top_count((uint64_t)(per_second + 0.5));
  struct top_text text;
  (void)snprintf(text.bytes, sizeof text.bytes, per_second < 100 ? "%.1f" : "%.3g", per_second);
  return text;
}

/* --- names --- */

/* The next character of UTF-8 that is known to be right (jansson has checked it); 0: the end. */
static uint32_t next_character(const unsigned char **at, const unsigned char *end) {
  const unsigned char lead = **at;
  const int more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  uint32_t character = more == 0 ? lead : lead & (0x3Fu >> more);
  if (end - *at <= more) {
    *at = end;
    return '?';
  }
  for (int i = 1; i <= more; i++)
    character = character << 6 | ((*at)[i] & 0x3Fu);
  *at += more + 1;
  return character;
}

static bool is_shown(uint32_t character) {
  if (character < 0x20 || (character >= 0x7F && character < 0xA0) || character > 0x10FFFF)
    return false;
  /* Marks of direction, embeddings and isolates; separators of lines; tags. */
  if (character == 0x061C || character == 0x200E || character == 0x200F || character == 0xFEFF ||
      (character >= 0x2028 && character <= 0x202E) ||
      (character >= 0x2066 && character <= 0x206F) ||
      (character >= 0xE0000 && character <= 0xE0FFF))
    return false;
  return character < 0x80 || (iswprint((wint_t)character) && wcwidth((wchar_t)character) > 0);
}

void top_safe(char *out, size_t room, const char *utf8, size_t length) {
  const unsigned char *at = (const unsigned char *)utf8, *end = at + length;
  size_t written = 0;
  mbstate_t state = {0};
  while (at < end) {
    const uint32_t character = next_character(&at, end);
    char bytes[MB_LEN_MAX];
    size_t count = is_shown(character) ? wcrtomb(bytes, (wchar_t)character, &state) : (size_t)-1;
    if (count == (size_t)-1) {
      bytes[0] = '?';
      count = 1;
      state = (mbstate_t){0};
    }
    if (written + count >= room)
      break;
    memcpy(out + written, bytes, count);
    written += count;
  }
  out[written] = '\0';
}

void top_fit(char *out, size_t room, const char *text, unsigned columns) {
  size_t written = 0;
  unsigned used = 0;
  mbstate_t state = {0};
  while (*text != '\0') {
    wchar_t wide;
    const size_t count = mbrtowc(&wide, text, MB_LEN_MAX, &state);
    const int width = count == 0 || count > MB_LEN_MAX ? -1 : wcwidth(wide);
    if (width < 0 || used + (unsigned)width > columns || written + count >= room)
      break;
    memcpy(out + written, text, count);
    written += count;
    used += (unsigned)width;
    text += count;
  }
  while (used++ < columns && written + 1 < room)
    out[written++] = ' ';
  out[written] = '\0';
}

void top_bar(char *out, size_t room, double share, unsigned columns) {
  if (columns >= room)
    columns = (unsigned)room - 1;
  const double most = share < 0 ? 0 : share > 1 ? 1 : share;
  const unsigned filled = (unsigned)(most * columns + 0.5);
  for (unsigned i = 0; i < columns; i++)
    out[i] = i < filled ? '#' : '.';
  out[columns] = '\0';
}
