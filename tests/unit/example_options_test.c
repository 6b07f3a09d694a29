/*
 * example_options_test.c: command lines of small programs. What larger ones make of theirs is
 * tested with each of them.
 */
#include "common/options.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <getopt.h>

enum { WORDS_MAX = 8 };

static uint64_t rounds, seconds;

/* Reads these words, the last of which is NULL. */
static enum example_options_result read_words(const char *const *words) {
  const struct example_number numbers[] = {
      {"rounds", {1, 100}, &rounds, NULL}, {"seconds", {0, 5}, &seconds, NULL}, {0}};
  char *arguments[WORDS_MAX + 1] = {(char *)(uintptr_t) "program"};
  int count = 1;
  for (; *words; words++)
    arguments[count++] = (char *)(uintptr_t)*words;
  optind = 0; /* getopt_long begins anew */
  return example_numbers_read(numbers, "program", "usage: program\n", count, arguments);
}

#define READ(...) read_words((const char *const[]){__VA_ARGS__, NULL})

static void expect_wrong(enum example_options_result result, const char *line) {
  cr_assert_eq(result, EXAMPLE_OPTIONS_WRONG);
  (void)fflush(stderr);
  cr_assert_stderr_eq_str(line);
}

Test(example_options, numbers_are_read_in_any_order_and_the_last_counts) {
  cr_assert_eq(READ("--seconds", "3", "--rounds=7", "--rounds", "9"), EXAMPLE_OPTIONS_RUN);
  cr_assert_eq(rounds, 9);
  cr_assert_eq(seconds, 3);
}

Test(example_options, numbers_not_named_are_unchanged) {
  rounds = 20;
  cr_assert_eq(READ(NULL), EXAMPLE_OPTIONS_RUN);
  cr_assert_eq(rounds, 20);
}

Test(example_options, help_prints_the_usage, .init = cr_redirect_stdout) {
  cr_assert_eq(READ("--help", "--rounds", "0"), EXAMPLE_OPTIONS_DONE);
  (void)fflush(stdout);
  cr_assert_stdout_eq_str("usage: program\n");
}

Test(example_options, numbers_outside_their_range_are_refused, .init = cr_redirect_stderr) {
  expect_wrong(READ("--rounds", "0"), "program: --rounds: 0 is not within 1 .. 100\n");
}

Test(example_options, numbers_without_a_value_are_refused, .init = cr_redirect_stderr) {
  expect_wrong(READ("--rounds"), "program: --rounds: a value is missing (see program --help)\n");
}

Test(example_options, what_is_not_known_is_refused, .init = cr_redirect_stderr) {
  expect_wrong(READ("--round\ts", "1"),
               "program: --round?s: there is no such option (see program --help)\n");
}

Test(example_options, what_is_no_option_is_refused, .init = cr_redirect_stderr) {
  expect_wrong(READ("--rounds", "5", "more"),
               "program: more: it takes options only (see program --help)\n");
}
