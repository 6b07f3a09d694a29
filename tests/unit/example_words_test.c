/*
 * example_words_test.c: what the examples print of bytes that cannot be trusted.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/words.h"

static void expect(const char *text, const char *wanted) {
  char *shown = NULL;
  size_t bytes = 0;
  FILE *const file = open_memstream(&shown, &bytes);
  cr_assert_not_null(file);
  example_print_safely(text, file);
  fclose(file);
  cr_assert_str_eq(shown, wanted);
  free(shown);
}

Test(example_words, print_safely_text_passes) {
  expect("", "");
  expect("a ~ b", "a ~ b");
  expect("\xc2\xa0\xc3\x9b\xdf\xbf", "\xc2\xa0\xc3\x9b\xdf\xbf");
  expect("\xe0\xa0\x80\xe2\x82\x9b\xef\xbf\xbf", "\xe0\xa0\x80\xe2\x82\x9b\xef\xbf\xbf");
  expect("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf");
}

Test(example_words, print_safely_ascii_controls_become_marks) {
  expect("a\nb\x1b[31m\x7f\t", "a?b?[31m??");
}

/* U+009B begins a command to a terminal as ESC [ does. */
Test(example_words, print_safely_further_controls_become_marks) {
  expect("S2\xc2\x9b"
         "31m",
         "S2??31m");
  for (int byte = 0x80; byte <= 0x9f; byte++) {
    const char raw[] = {'<', (char)byte, '>', '\0'}, utf8[] = {'<', '\xc2', (char)byte, '>', '\0'};
    expect(raw, "<?>");
    expect(utf8, "<?"
                 "?>");
  }
}

Test(example_words, print_safely_what_is_no_utf8_becomes_marks) {
  expect("\xe4\xf6\xfc", "???");                     /* another character set */
  expect("\xc2", "?");                               /* cut off */
  expect("\xe2\x82", "??");                          /* and of what was meant to be three bytes */
  expect("\xe2\x82|", "??|");                        /* what is behind it stays */
  expect("\xc1\x9b\xe0\x82\x9b", "?????");           /* more bytes than it takes: U+005B, U+009B */
  expect("\xf0\x80\x82\x9b", "????");                /* the same in four */
  expect("\xed\xa0\x80\xf4\x90\x80\x80", "???????"); /* no characters */
  expect("\xf8\x88\x80\x80\x80\xff", "??????");
}

Test(example_words, plural_of_all_but_one) {
  cr_expect_str_eq(example_plural(0), "s");
  cr_expect_str_eq(example_plural(1), "");
  cr_expect_str_eq(example_plural(2), "s");
  cr_expect_str_eq(example_plural((uint64_t)1 << 32 | 1), "s");
}
