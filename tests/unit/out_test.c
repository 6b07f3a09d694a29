/*
 * out_test.c: text and numbers come out as they went in, whatever the buffer's size.
 */
#include "report/out.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static struct synched__out out;
static char *bytes;
static size_t byte_count;

static void open_out(void) {
  FILE *file = open_memstream(&bytes, &byte_count);
  cr_assert_not_null(file);
  synched__out_open(&out, file);
}

static void close_out(void) {
  synched__out_flush(&out);
  cr_assert_eq(fclose(out.file), 0);
}

static void expect_out(const char *expected) {
  close_out();
  cr_expect_str_eq(bytes, expected);
  free(bytes);
}

Test(out, numbers_have_all_their_digits) {
  open_out();
  synched__out_number(&out, 0);
  synched__out_text(&out, " ");
  synched__out_number(&out, 10);
  synched__out_text(&out, " ");
  synched__out_number(&out, UINT64_MAX);
  expect_out("0 10 18446744073709551615");
}

Test(out, decimals_have_zeros_in_front) {
  open_out();
  synched__out_decimals(&out, 0, 3);
  synched__out_text(&out, " ");
  synched__out_decimals(&out, 12003, 3);
  synched__out_text(&out, " ");
  synched__out_decimals(&out, UINT64_MAX, 9);
  expect_out("0.000 12.003 18446744073.709551615");
}

Test(out, ratios_are_rounded_and_kept_within_what_can_be) {
  open_out();
  synched__out_ratio(&out, 2.0 / 3.0);
  synched__out_text(&out, " ");
  synched__out_ratio(&out, -1.0);
  synched__out_text(&out, " ");
  synched__out_ratio(&out, 0.0 / 0.0);
  synched__out_text(&out, " ");
  synched__out_ratio(&out, 1e300);
  expect_out("0.666667 0.000000 0.000000 1000000000000.000000");
}

Test(out, texts_around_the_size_of_the_buffer_come_out_whole) {
  static char text[2 * SYNCHED__OUT_BYTES + 2];
  for (size_t length = SYNCHED__OUT_BYTES - 2; length < sizeof text; length += 1 + length / 64) {
    memset(text, 'a', length);
    text[length] = '\0';
    open_out();
    synched__out_text(&out, "x");
    synched__out_text(&out, text);
    synched__out_text(&out, "z");
    close_out();
    cr_assert_eq(byte_count, length + 2);
    cr_assert_eq(bytes[0], 'x');
    cr_assert_eq(memcmp(bytes + 1, text, length), 0);
    cr_assert_eq(bytes[length + 1], 'z');
    free(bytes);
  }
}
