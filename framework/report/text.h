/*
 * text.h: numbers, durations and names as text for people (internal).
 */
#ifndef SYNCHED_REPORT_TEXT_H
#define SYNCHED_REPORT_TEXT_H

#include <stdint.h>
#include <stdio.h>

/* A number as text, passed by value: synched__text_of_count(n).bytes lives to the end of the
 * expression. */
struct synched__text {
  char bytes[32];
};

/* The nearest whole number; the largest there is for what is larger, as sums of a file's may be.
 * Not negative. */
uint64_t synched__nearest_whole(double number);

/* "1,000,000". */
struct synched__text synched__text_of_count(uint64_t count);

/* With one decimal, or with none where it would say nothing. Not negative. */
struct synched__text synched__text_of_number(double number);

/* What part of the whole, in percent; "-" of nothing. */
struct synched__text synched__text_of_share(double part, double whole);

/* Milliseconds with three decimals: "4.596". */
struct synched__text synched__text_of_ms(uint64_t ns);

/* In the unit that suits it: "12.500 s", "1 min 5 s". */
struct synched__text synched__text_of_duration(uint64_t ns);

/* The same in three digits: "12.5 s". */
struct synched__text synched__text_of_short_duration(uint64_t ns);

/* The same as text: at most size - 1 bytes of it, and whole characters. */
void synched__text_of_name(char *out, size_t size, const char *name);

/* A name that the caller's caller chose: what would move a terminal's cursor is shown as '?'. */
void synched__print_name(FILE *file, const char *name);

/* The columns of a line. */
#define SYNCHED__LINE_WIDTH 80u

/* Prints a label, then words, broken into lines that begin below each other; and the end of the
 * line. */
void synched__print_wrapped(FILE *file, const char *label, const char *words);

#endif
