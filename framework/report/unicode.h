/*
 * unicode.h: texts of any bytes, for forms that are to be UTF-8 (internal).
 */
#ifndef SYNCHED_REPORT_UNICODE_H
#define SYNCHED_REPORT_UNICODE_H

#include <stddef.h>

/* How many bytes of a text are one whole UTF-8 character (The Unicode Standard, table 3-7): 1 .. 4.
 * 0: they are none, or the text ends here. */
size_t synched__unicode_character(const char *text);

/* Copies a text of any bytes, at most `room` of them with the 0 at its end, which is a char array's
 * size. What is no UTF-8 becomes U+FFFD, byte by byte; a character that has no room ends it. What
 * comes out of this comes out of it again as it is. */
void synched__unicode_clean(char *to, size_t room, const char *from);

#endif
