/*
 * out.h: text and numbers through a buffer to a file, for forms that write much (internal).
 *
 * printf asks the locale, and takes a lock and a format apart for each number. This does neither.
 */
#ifndef SYNCHED_REPORT_OUT_H
#define SYNCHED_REPORT_OUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SYNCHED__OUT_BYTES 4096u

struct synched__out {
  FILE *file;
  size_t length;
  char bytes[SYNCHED__OUT_BYTES];
};

/* Nothing is in the file before synched__out_flush, which comes last. */
void synched__out_open(struct synched__out *out, FILE *file);
void synched__out_flush(struct synched__out *out);

void synched__out_bytes(struct synched__out *out, const void *bytes, size_t count);
void synched__out_text(struct synched__out *out, const char *text);
/* Writes a number's digits, at least so many, to the end of bytes [SYNCHED__DIGITS_MAX]. Returns
 * where they begin. */
#define SYNCHED__DIGITS_MAX 20u
char *synched__digits(char *bytes, uint64_t number, unsigned least);

void synched__out_number(struct synched__out *out, uint64_t number);

/* number / 10^decimals, "12.003": decimals: 1 .. 9. */
void synched__out_decimals(struct synched__out *out, uint64_t number, unsigned decimals);

/* With six decimals; not negative. */
void synched__out_ratio(struct synched__out *out, double ratio);

#endif
