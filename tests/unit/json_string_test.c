/*
 * json_string_test.c: characters of texts of any bytes in JSON strings.
 */
#include "report/json_string.h"

#include <criterion/criterion.h>

Test(json_string, character_is_escaped_where_json_wants_it) {
  static const struct {
    const char *text, *character;
    size_t bytes;
  } rows[] = {
      {"ab", "a", 1},
      {"<", "<", 1},
      {"\"", "\\\"", 1},
      {"\\", "\\\\", 1},
      {"\n", "\\u000a", 1},
      {"\x1f", "\\u001f", 1},
      {"\x7f", "\\u007f", 1},
      {"\xc3\xa4"
       "b",
       "\xc3\xa4", 2},
      {"\xe2\x82\xac", "\xe2\x82\xac", 3},
      {"\xf0\x9f\x8e\xb2", "\xf0\x9f\x8e\xb2", 4},
      {"\xff", "\\ufffd", 1},
      {"\xe2\x82", "\\ufffd", 1},         /* ends too early */
      {"\xed\xa0\x80", "\\ufffd", 1},     /* a surrogate */
      {"\xf4\x90\x80\x80", "\\ufffd", 1}, /* beyond U+10FFFF */
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char character[SYNCHED__JSON_CHARACTER_BYTES];
    cr_expect_eq(synched__json_character(character, rows[i].text), rows[i].bytes, "row %zu", i);
    cr_expect_str_eq(character, rows[i].character, "row %zu", i);
  }
}
