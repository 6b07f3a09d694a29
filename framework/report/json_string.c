#include "report/json_string.h"

#include <stdio.h>
#include <string.h>

#include "report/unicode.h"

size_t synched__json_character(char *to, const char *text) {
  const unsigned char byte = (unsigned char)*text;
  const size_t length = synched__unicode_character(text);
  if (length == 0) {
    (void)snprintf(to, SYNCHED__JSON_CHARACTER_BYTES, "\\ufffd");
  } else if (byte == '"' || byte == '\\') {
    (void)snprintf(to, SYNCHED__JSON_CHARACTER_BYTES, "\\%c", byte);
  } else if (byte < 0x20 || byte == 0x7f) {
    (void)snprintf(to, SYNCHED__JSON_CHARACTER_BYTES, "\\u%04x", byte);
  } else {
    memcpy(to, text, length);
    to[length] = '\0';
  }
  return length == 0 ? 1 : length;
}
