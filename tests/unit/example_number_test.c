/*
 * example_number_test.c: what is a number, and what is not.
 */
#include "common/number.h"

#include <criterion/criterion.h>
#include <stdio.h>

static void expect(const char *text, struct example_range range, uint64_t expected) {
  struct example_error error;
  uint64_t number = 7;
  cr_assert_eq(example_number_parse(&number, text, range, &error), 0, "%s: %s", text, error.text);
  cr_assert_eq(number, expected, "%s", text);
}

static void expect_refused(const char *text, struct example_range range, const char *says) {
  struct example_error error;
  uint64_t number = 7;
  cr_assert_eq(example_number_parse(&number, text, range, &error), -1, "%s", text);
  cr_assert_str_eq(error.text, says);
  cr_assert_eq(number, 7, "%s", text);
}

Test(example_number, parse_within_the_range_is_taken) {
  expect("0", (struct example_range){0, 0}, 0);
  expect("3", (struct example_range){3, 12}, 3);
  expect("12", (struct example_range){3, 12}, 12);
  expect("000000000000000000000000000012", (struct example_range){3, 12}, 12);
  expect("18446744073709551615", (struct example_range){0, UINT64_MAX}, UINT64_MAX);
}

Test(example_number, parse_outside_the_range_is_refused) {
  expect_refused("2", (struct example_range){3, 12}, "2 is not within 3 .. 12");
  expect_refused("13", (struct example_range){3, 12}, "13 is not within 3 .. 12");
  expect_refused("9", (struct example_range){0, 5}, "9 is not within 0 .. 5");
  expect_refused("1", (struct example_range){0, 0}, "1 is not within 0 .. 0");
  expect_refused("18446744073709551616", (struct example_range){1, UINT64_MAX},
                 "18446744073709551616 is not within 1 .. 18446744073709551615");
  expect_refused("99999999999999999999999999999", (struct example_range){0, 99},
                 "99999999999999999999999999999 is not within 0 .. 99");
}

Test(example_number, parse_what_is_no_number_is_refused) {
  static const char *const texts[] = {"", " 1", "1 ", "+1", "-1", "1.5", "1e3", "0x1", "one"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    char says[60];
    (void)snprintf(says, sizeof says, "'%s' is not a number", texts[i]);
    expect_refused(texts[i], (struct example_range){0, UINT64_MAX}, says);
  }
}

Test(example_number, positive_parse_takes_what_is_above_0) {
  static const struct {
    const char *text;
    double expected;
  } taken[] = {{"1", 1}, {"1e-10", 1e-10}, {"0.5", 0.5}, {"+2.", 2}, {"0x1p-3", 0.125}};
  struct example_error error;
  double number = 7;
  for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
    cr_assert_eq(example_positive_parse(&number, taken[i].text, &error), 0, "%s", error.text);
    cr_assert_eq(number, taken[i].expected, "%s", taken[i].text);
  }
}

Test(example_number, positive_parse_else_is_refused) {
  static const char *const texts[] = {"", " 1", "1 ", "small", "1e-3x", "nan", "inf", "1e999"};
  static const char *const lows[] = {"0", "-1e-9", "-0.0", "1e-999"};
  struct example_error error;
  char says[60];
  double number = 7;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    (void)snprintf(says, sizeof says, "'%s' is not a number", texts[i]);
    cr_assert_eq(example_positive_parse(&number, texts[i], &error), -1, "%s", texts[i]);
    cr_assert_str_eq(error.text, says);
  }
  for (size_t i = 0; i < sizeof lows / sizeof *lows; i++) {
    (void)snprintf(says, sizeof says, "'%s' is not above 0", lows[i]);
    cr_assert_eq(example_positive_parse(&number, lows[i], &error), -1, "%s", lows[i]);
    cr_assert_str_eq(error.text, says);
  }
  cr_assert_eq(number, 7);
}
