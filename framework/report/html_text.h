/*
 * html_text.h: what stands in an HTML report, as its reader sees it (internal).
 *
 * Numbers are made from integers, so they look the same in every locale.
 */
#ifndef SYNCHED_REPORT_HTML_TEXT_H
#define SYNCHED_REPORT_HTML_TEXT_H

#include <stdint.h>
#include <stdio.h>

/* Text that somebody else chose, for content and for attributes in double quotes. No byte of it is
 * markup; a control character is shown by its picture, what is no UTF-8 by U+FFFD. */
void synched__html_escape(FILE *file, const char *text);

/* "1,000,000". */
void synched__html_count(FILE *file, uint64_t count);

/* "1 round", "1,000 rounds". */
void synched__html_plural(FILE *file, uint64_t count, const char *noun);

/* Three digits in the unit that suits them: "4.60 ms". */
void synched__html_duration(FILE *file, uint64_t ns);

/* With one decimal, or with none from a thousand on; of a number that is not negative. */
void synched__html_number(FILE *file, double number);

/* "61.2 %", "-" of nothing. */
void synched__html_share(FILE *file, double part, double whole);

#endif
