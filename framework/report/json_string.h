/*
 * json_string.h: texts of any bytes as the content of JSON strings (internal).
 */
#ifndef SYNCHED_REPORT_JSON_STRING_H
#define SYNCHED_REPORT_JSON_STRING_H

#include <stddef.h>

/* Writes how the character that a text begins with stands in a JSON string (RFC 8259, section 7),
 * as text, to [SYNCHED__JSON_CHARACTER_BYTES]. Returns how many of the text's bytes it stands for:
 * those of one character of UTF-8, or one that is no UTF-8, for which U+FFFD stands. The text is
 * not empty. */
#define SYNCHED__JSON_CHARACTER_BYTES 7u
size_t synched__json_character(char *to, const char *text);

#endif
