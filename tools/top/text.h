/*
 * text.h: names, counts and times as a terminal can show them. Only LC_CTYPE is the user's: numbers
 * look the same everywhere.
 */
#ifndef TOP_TEXT_H
#define TOP_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* Passed by value: lives to the end of the expression. */
struct top_text {
  char bytes[32];
};

struct top_text top_count(uint64_t count);   /* "1,234,567" */
struct top_text top_duration(uint64_t ns);   /* "12.5 ms" */
struct top_text top_percent(double share);   /* "87.5 %"; "-": it is not known (negative) */
struct top_text top_rate(double per_second); /* "1,234" or "4.2" */

/* Copies UTF-8, as much as there is room for, in the terminal's own encoding. What would move the
 * cursor, change the direction of writing or cannot be shown becomes '?'. */
void top_safe(char *out, size_t room, const char *utf8, size_t length);

/* A text as so many columns: cut, or filled up with spaces. out has room for 4 bytes a column. */
void top_fit(char *out, size_t room, const char *text, unsigned columns);

/* A bar of so many columns, filled to `share` of 1. */
void top_bar(char *out, size_t room, double share, unsigned columns);

#endif
