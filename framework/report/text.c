/*
 * text.c: numbers, durations and names as text for people.
 *
 * Numbers are made from integers, so they look the same in every locale and are exact as far as
 * they are shown.
 */
#include "report/text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "report/unicode.h"

/* "1,000,000". */
struct synched__text synched__text_of_count(uint64_t count) {
  char digits[24];
  struct synched__text text;
  size_t length = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, count);
  size_t at = 0;
  for (size_t i = 0; i < length; i++) {
    if (i > 0 && (length - i) % 3 == 0)
      text.bytes[at++] = ',';
    text.bytes[at++] = digits[i];
  }
  text.bytes[at] = '\0';
  return text;
}

uint64_t synched__nearest_whole(double number) {
  return number < (double)UINT64_MAX ? (uint64_t)(number + 0.5) : UINT64_MAX;
}

/* With one decimal, or with none where it would say nothing. Not negative. */
struct synched__text synched__text_of_number(double number) {
  if (number >= 1e18)
    number = 1e18; /* beyond what a rate or a share can mean; keeps the conversion defined */
  if (number >= 999.95)
    return synched__text_of_count((uint64_t)(number + 0.5));
  struct synched__text text;
  unsigned tenths = (unsigned)(number * 10.0 + 0.5);
  (void)snprintf(text.bytes, sizeof text.bytes, "%u.%u", tenths / 10, tenths % 10);
  return text;
}

/* What part of the whole, in percent; "-" of nothing. */
struct synched__text synched__text_of_share(double part, double whole) {
  if (whole <= 0.0)
    return (struct synched__text){"-"};
  return synched__text_of_number(100.0 * part / whole);
}

/* --- durations --- */

struct unit {
  uint64_t ns;
  /* how many make one of the next unit */
  unsigned most;
  const char *name;
};

static const struct unit units[] = {
    {1000u, 1000u, " us"}, {1000000u, 1000u, " ms"}, {1000000000u, 60u, " s"}};

/* A duration in steps, of which a unit has so many. */
struct decimal {
  uint64_t steps, per_unit;
  unsigned decimals;
};

/* To the nearest, without the overflow of adding half a step. */
static struct decimal decimal_of(uint64_t ns, uint64_t unit_ns, unsigned decimals) {
  struct decimal decimal = {.per_unit = 1, .decimals = decimals};
  for (unsigned i = 0; i < decimals; i++)
    decimal.per_unit *= 10;
  const uint64_t step_ns = unit_ns / decimal.per_unit;
  decimal.steps = ns / step_ns + (step_ns > 1 && ns % step_ns >= step_ns / 2 ? 1 : 0);
  return decimal;
}

/* With as many decimals as make three digits; with none where it has as many without. */
static struct decimal three_digits_of(uint64_t ns, uint64_t unit_ns) {
  struct decimal decimal = decimal_of(ns, unit_ns, 2);
  while (decimal.steps >= 1000 && decimal.decimals > 0)
    decimal = decimal_of(ns, unit_ns, decimal.decimals - 1);
  return decimal;
}

static struct synched__text text_of_decimal(struct decimal decimal, const char *unit) {
  struct synched__text text;
  const uint64_t whole = decimal.steps / decimal.per_unit;
  const unsigned rest = (unsigned)(decimal.steps % decimal.per_unit);
  if (decimal.decimals == 0)
    (void)snprintf(text.bytes, sizeof text.bytes, "%" PRIu64 "%s", whole, unit);
  else
    (void)snprintf(text.bytes, sizeof text.bytes, "%" PRIu64 ".%0*u%s", whole,
                   (int)decimal.decimals, rest, unit);
  return text;
}

struct synched__text synched__text_of_ms(uint64_t ns) {
  return text_of_decimal(decimal_of(ns, 1000000u, 3), "");
}

/* Minutes and hours, for jobs that run on and on. */
static struct synched__text text_of_long_duration(uint64_t ns) {
  struct synched__text text;
  const uint64_t seconds = decimal_of(ns, 1000000000u, 0).steps;
  const uint64_t minutes = seconds / 60;
  if (minutes < 60)
    (void)snprintf(text.bytes, sizeof text.bytes, "%" PRIu64 " min %" PRIu64 " s", minutes,
                   seconds % 60);
  else
    (void)snprintf(text.bytes, sizeof text.bytes, "%.20s h %u min",
                   synched__text_of_count(minutes / 60).bytes, (unsigned)(minutes % 60));
  return text;
}

/* In the first unit of which it is not too many, rounded: never "1000.000 ms". */
static struct synched__text text_of_duration(uint64_t ns, bool short_form) {
  if (ns < 1000u) {
    struct synched__text text;
    (void)snprintf(text.bytes, sizeof text.bytes, "%u ns", (unsigned)ns);
    return text;
  }
  for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
    const struct decimal decimal =
        short_form ? three_digits_of(ns, units[i].ns) : decimal_of(ns, units[i].ns, 3);
    if (decimal.steps < units[i].most * decimal.per_unit)
      return text_of_decimal(decimal, units[i].name);
  }
  return text_of_long_duration(ns);
}

struct synched__text synched__text_of_duration(uint64_t ns) {
  return text_of_duration(ns, false);
}

struct synched__text synched__text_of_short_duration(uint64_t ns) {
  return text_of_duration(ns, true);
}

/* --- names and lines --- */

/* How many bytes the character takes that begins here; 0: it is none that may reach a terminal. The
 * caller chose the name; what would move the cursor must not: the control characters of ASCII, and
 * those from U+0080 to U+009F, as single bytes or in UTF-8. */
static size_t character_bytes(const char *at) {
  const unsigned char first = (unsigned char)*at;
  const bool is_control =
      first < 0x20u || first == 0x7fu || (first == 0xc2u && (unsigned char)at[1] < 0xa0u);
  return is_control ? 0 : synched__unicode_character(at);
}

void synched__text_of_name(char *out, size_t size, const char *name) {
  size_t length = 0;
  while (*name != '\0') {
    const size_t bytes = character_bytes(name);
    const size_t shown = bytes == 0 ? 1 : bytes;
    if (length + shown >= size)
      break;
    memcpy(out + length, bytes == 0 ? "?" : name, shown);
    length += shown;
    name += shown;
  }
  out[length] = '\0';
}

void synched__print_name(FILE *file, const char *name) {
  while (*name != '\0') {
    char text[128];
    synched__text_of_name(text, sizeof text, name);
    fputs(text, file);
    name += strlen(text); /* as many bytes as are shown */
  }
}

/* How many bytes of it stay on one line: a word, and after a number what it counts. */
static size_t unbroken_length(const char *words) {
  size_t length = strcspn(words, " ");
  while (length > 0 && words[length - 1] >= '0' && words[length - 1] <= '9' && words[length] == ' ')
    length += 1 + strcspn(words + length + 1, " ");
  return length;
}

void synched__print_wrapped(FILE *file, const char *label, const char *words) {
  const size_t indent = strlen(label);
  size_t column = indent;
  fputs(label, file);
  while (*words != '\0') {
    const size_t length = unbroken_length(words);
    const size_t gap = column == indent ? 0 : 1;
    if (gap != 0 && column + gap + length > SYNCHED__LINE_WIDTH) {
      fprintf(file, "\n%*s", (int)indent, "");
      column = indent;
    } else if (gap != 0) {
      fputc(' ', file);
      column++;
    }
    (void)fwrite(words, 1, length, file);
    column += length;
    words += length + (words[length] == ' ');
  }
  fputc('\n', file);
}
