/*
 * text_test.c: durations as text, in either of their two precisions.
 */
#include "report/text.h"

#include <criterion/criterion.h>

#include <inttypes.h>
#include <stdlib.h>

struct row {
  uint64_t ns;
  const char *three_decimals, *three_digits;
};

/* The next unit begins where the rounded number would be too many of this one. */
static const struct row rows[] = {
    {0, "0 ns", "0 ns"},
    {999, "999 ns", "999 ns"},
    {1000, "1.000 us", "1.00 us"},
    {9994, "9.994 us", "9.99 us"},
    {9995, "9.995 us", "10.0 us"},
    {99949, "99.949 us", "99.9 us"},
    {99950, "99.950 us", "100 us"},
    {999499, "999.499 us", "999 us"},
    {999500, "999.500 us", "1.00 ms"},
    {999999, "999.999 us", "1.00 ms"},
    {1000000, "1.000 ms", "1.00 ms"},
    {4596499, "4.596 ms", "4.60 ms"},
    {4596500, "4.597 ms", "4.60 ms"},
    {999499999, "999.500 ms", "999 ms"},
    {999999499, "999.999 ms", "1.00 s"},
    {999999500, "1.000 s", "1.00 s"},
    {59949999999, "59.950 s", "59.9 s"},
    {59950000000, "59.950 s", "1 min 0 s"},
    {59999499999, "59.999 s", "1 min 0 s"},
    {59999500000, "1 min 0 s", "1 min 0 s"},
    {3599499999999, "59 min 59 s", "59 min 59 s"},
    {3599500000000, "1 h 0 min", "1 h 0 min"},
    {UINT64_MAX, "5,124,095 h 34 min", "5,124,095 h 34 min"},
};

Test(text, duration_is_in_the_unit_that_suits_it) {
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    cr_expect_str_eq(synched__text_of_duration(rows[i].ns).bytes, rows[i].three_decimals,
                     "%" PRIu64 " ns", rows[i].ns);
    cr_expect_str_eq(synched__text_of_short_duration(rows[i].ns).bytes, rows[i].three_digits,
                     "%" PRIu64 " ns", rows[i].ns);
  }
}

Test(text, ms_have_three_decimals_however_many_there_are) {
  cr_expect_str_eq(synched__text_of_ms(0).bytes, "0.000");
  cr_expect_str_eq(synched__text_of_ms(499).bytes, "0.000");
  cr_expect_str_eq(synched__text_of_ms(4595500).bytes, "4.596");
  cr_expect_str_eq(synched__text_of_ms(UINT64_MAX).bytes, "18446744073709.552");
}

Test(text, name_has_nothing_that_moves_a_cursor) {
  char shown[16];
  synched__text_of_name(shown, sizeof shown, "a\x1b\xc2\x9b\xc2\xa9\xc3\xa4z");
  cr_expect_str_eq(shown, "a???\xc2\xa9\xc3\xa4z");
}

Test(text, wrapped_words_keep_the_spaces_between_them) {
  char *text = NULL;
  size_t size;
  FILE *file = open_memstream(&text, &size);
  cr_assert_not_null(file);
  synched__print_wrapped(file, "  it ", "a  b");
  cr_assert_eq(fclose(file), 0);
  cr_expect_str_eq(text, "  it a  b\n");
  free(text);
}

Test(text, nearest_whole_number_is_one_that_there_is) {
  cr_expect_eq(synched__nearest_whole(0.4), 0);
  cr_expect_eq(synched__nearest_whole(0.5), 1);
  cr_expect_eq(synched__nearest_whole(1e300), UINT64_MAX);
}
