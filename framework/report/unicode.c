#include "report/unicode.h"

#include <stdbool.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

static bool is_within(unsigned char byte, unsigned least, unsigned most) {
  return byte >= least && byte <= most;
}

size_t synched__unicode_character(const char *text) {
  const unsigned char *byte = (const unsigned char *)text;
  /* The second byte has a range of its own where longer forms, surrogates, or what is beyond
   * U+10FFFF would begin. */
  unsigned least = 0x80, most = 0xbf;
  size_t length = 0;
  if (is_within(byte[0], 0x01, 0x7f))
    return 1;
  if (is_within(byte[0], 0xc2, 0xdf))
    length = 2;
  else if (is_within(byte[0], 0xe0, 0xef))
    length = 3;
  else if (is_within(byte[0], 0xf0, 0xf4))
    length = 4;
  if (byte[0] == 0xe0)
    least = 0xa0;
  else if (byte[0] == 0xed)
    most = 0x9f;
  else if (byte[0] == 0xf0)
    least = 0x90;
  else if (byte[0] == 0xf4)
    most = 0x8f;
  /* A text that ends here ends the loop: 0 is within none of these. */
  for (size_t i = 1; i < length; i++, least = 0x80, most = 0xbf)
    if (!is_within(byte[i], least, most))
      return 0;
  return length;
}

void synched__unicode_clean(char *to, size_t room, const char *from) {
  size_t at = 0;
  while (*from != '\0') {
    const size_t length = synched__unicode_character(from);
    const char *piece = length == 0 ? REPLACEMENT : from;
    const size_t bytes = length == 0 ? sizeof REPLACEMENT - 1 : length;
    if (bytes >= room - at)
      break;
    memcpy(to + at, piece, bytes);
    at += bytes;
    from += length == 0 ? 1 : length;
  }
  to[at] = '\0';
}
