/*
 * unicode_test.c: texts of any bytes become UTF-8 that fits.
 */
#include <criterion/criterion.h>

#include <string.h>

#include "report/unicode.h"

#define REPLACED "\xef\xbf\xbd"

Test(unicode, character_whole_or_broken_is_measured) {
  static const struct {
    const char *text;
    size_t bytes;
  } rows[] = {
      {"", 0},
      {"a", 1},
      {"\x7f", 1},
      {"\x80", 0},             /* goes on with nothing before it */
      {"\xc1\xbf", 0},         /* longer than it needs to be */
      {"\xc2\x80", 2},         /* U+0080 */
      {"\xdf\xbf", 2},         /* U+07FF */
      {"\xc3", 0},             /* ends too early */
      {"\xc3(", 0},            /* goes on with something else */
      {"\xe0\x9f\xbf", 0},     /* longer than it needs to be */
      {"\xe0\xa0\x80", 3},     /* U+0800 */
      {"\xed\x9f\xbf", 3},     /* U+D7FF */
      {"\xed\xa0\x80", 0},     /* a surrogate */
      {"\xee\x80\x80", 3},     /* U+E000 */
      {"\xe2\x82", 0},         /* ends too early */
      {"\xf0\x8f\xbf\xbf", 0}, /* longer than it needs to be */
      {"\xf0\x90\x80\x80", 4}, /* U+10000 */
      {"\xf4\x8f\xbf\xbf", 4}, /* U+10FFFF */
      {"\xf4\x90\x80\x80", 0}, /* beyond it */
      {"\xf5\x80\x80\x80", 0},
      {"\xff", 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    cr_assert_eq(synched__unicode_character(rows[i].text), rows[i].bytes, "row %zu", i);
}

/* What becomes of a text in a room of so many bytes; and of that once more, the same. */
static void expect_clean(const char *from, size_t room, const char *wanted) {
  char clean[64], again[64];
  memset(clean, 'x', sizeof clean);
  synched__unicode_clean(clean, room, from);
  cr_assert_str_eq(clean, wanted);
  cr_assert_eq(clean[room], 'x', "beyond its room");
  synched__unicode_clean(again, room, clean);
  cr_assert_str_eq(again, clean);
}

Test(unicode, clean_invalid_bytes_are_replaced) {
  expect_clean("", 8, "");
  expect_clean("heat \xc3\xa4", 16, "heat \xc3\xa4");
  expect_clean("a\xff\xfe"
               "b",
               16, "a" REPLACED REPLACED "b");
  expect_clean("\xed\xa0\x80", 16, REPLACED REPLACED REPLACED);
  expect_clean("a\xc3", 16, "a" REPLACED);
  expect_clean("a\n\x01", 16, "a\n\x01");
}

Test(unicode, clean_no_room_ends_after_a_whole_character) {
  expect_clean("abc", 1, "");
  expect_clean("abc", 3, "ab");
  expect_clean("abc", 4, "abc");
  expect_clean("a\xc3\xa4", 3, "a");
  expect_clean("a\xc3\xa4", 4, "a\xc3\xa4");
  expect_clean("a\xff"
               "b",
               4, "a");
  expect_clean("a\xff"
               "b",
               5, "a" REPLACED);
}
