/*
 * utf8_test.c: what is a character in UTF-8, and what only looks like one.
 */
#include "report/utf8.h"

#include <criterion/criterion.h>

#include "support/unit_support.h"

Test(utf8, characters_have_one_to_four_bytes) {
  cr_expect_eq(synched__utf8_character("a"), 1u);
  cr_expect_eq(synched__utf8_character("\x7f"), 1u);
  cr_expect_eq(synched__utf8_character("\xc2\x80"), 2u);
  cr_expect_eq(synched__utf8_character("\xdf\xbf!"), 2u);
  cr_expect_eq(synched__utf8_character("\xe0\xa0\x80"), 3u);
  cr_expect_eq(synched__utf8_character("\xed\x9f\xbf"), 3u);
  cr_expect_eq(synched__utf8_character("\xef\xbf\xbf"), 3u);
  cr_expect_eq(synched__utf8_character("\xf0\x90\x80\x80"), 4u);
  cr_expect_eq(synched__utf8_character("\xf4\x8f\xbf\xbf"), 4u);
}

Test(utf8, other_bytes_are_no_character) {
  static const char *const texts[] = {"",
                                      "\x80",
                                      "\xbf",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xc2",
                                      "\xc2 ",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xe2\x82",
                                      "\xe2\x82 ",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf0\x90\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff"};
  for (size_t i = 0; i < LENGTH(texts); i++)
    cr_expect_eq(synched__utf8_character(texts[i]), 0u, "text %zu", i);
}
