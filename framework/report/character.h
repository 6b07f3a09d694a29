/*
 * character.h: names in a report may be any bytes; most forms want UTF-8 (internal).
 */
#ifndef SYNCHED_REPORT_CHARACTER_H
#define SYNCHED_REPORT_CHARACTER_H

#include <stddef.h>

/* How many bytes of a text are one whole UTF-8 character (The Unicode Standard, table 3-7): 1 .. 4.
 * 0: they are none, or the text ends here. */
size_t synched__character_bytes(const char *text);

#endif
