/*
 * character_test.c: what is a character in UTF-8, and what only looks like one.
 */
#include "report/character.h"

#include <criterion/criterion.h>

#include "support/unit_support.h"

Test(character, characters_have_one_to_four_bytes) {
  cr_expect_eq(synched__character_bytes("a"), 1u);
  cr_expect_eq(synched__character_bytes("\x7f"), 1u);
  cr_expect_eq(synched__character_bytes("\xc2\x80"), 2u);
  cr_expect_eq(synched__character_bytes("\xdf\xbf!"), 2u);
  cr_expect_eq(synched__character_bytes("\xe0\xa0\x80"), 3u);
  cr_expect_eq(synched__character_bytes("\xed\x9f\xbf"), 3u);
  cr_expect_eq(synched__character_bytes("\xef\xbf\xbf"), 3u);
  cr_expect_eq(synched__character_bytes("\xf0\x90\x80\x80"), 4u);
  cr_expect_eq(synched__character_bytes("\xf4\x8f\xbf\xbf"), 4u);
}

Test(character, other_bytes_are_no_character) {
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
    cr_expect_eq(synched__character_bytes(texts[i]), 0u, "text %zu", i);
}
