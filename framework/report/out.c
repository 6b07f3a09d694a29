#include "report/out.h"

#include <string.h>

#define RATIO_DECIMALS 6u
#define RATIO_MAX 1e12 /* beyond what a ratio can mean; keeps the conversion defined */

void synched__out_open(struct synched__out *out, FILE *file) {
  out->file = file;
  out->length = 0;
}

void synched__out_flush(struct synched__out *out) {
  (void)fwrite(out->bytes, 1, out->length, out->file);
  out->length = 0;
}

void synched__out_bytes(struct synched__out *out, const void *bytes, size_t count) {
  if (count > sizeof out->bytes - out->length)
    synched__out_flush(out);
  if (count > sizeof out->bytes) {
    (void)fwrite(bytes, 1, count, out->file);
    return;
  }
  memcpy(out->bytes + out->length, bytes, count);
  out->length += count;
}

void synched__out_text(struct synched__out *out, const char *text) {
  synched__out_bytes(out, text, strlen(text));
}

char *synched__digits(char *bytes, uint64_t number, unsigned least) {
  size_t at = SYNCHED__DIGITS_MAX;
  for (; number != 0 || SYNCHED__DIGITS_MAX - at < least; number /= 10)
    bytes[--at] = (char)('0' + number % 10);
  return bytes + at;
}

static void write_digits(struct synched__out *out, uint64_t number, unsigned least) {
  char digits[SYNCHED__DIGITS_MAX];
  const char *first = synched__digits(digits, number, least);
  synched__out_bytes(out, first, (size_t)(digits + sizeof digits - first));
}

void synched__out_number(struct synched__out *out, uint64_t number) {
  write_digits(out, number, 1);
}

void synched__out_decimals(struct synched__out *out, uint64_t number, unsigned decimals) {
  uint64_t unit = 1;
  for (unsigned i = 0; i < decimals; i++)
    unit *= 10;
  write_digits(out, number / unit, 1);
  synched__out_bytes(out, ".", 1);
  write_digits(out, number % unit, decimals);
}

void synched__out_ratio(struct synched__out *out, double ratio) {
  const double kept = ratio > 0.0 ? (ratio < RATIO_MAX ? ratio : RATIO_MAX) : 0.0;
  synched__out_decimals(out, (uint64_t)(kept * 1e6 + 0.5), RATIO_DECIMALS);
}
