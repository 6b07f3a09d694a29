/*
 * error.h: what is wrong with the input, in one line of text.
 */
#ifndef LIFE_ERROR_H
#define LIFE_ERROR_H

#include <stddef.h>

/* Why something was refused. */
struct life_error {
  size_t line;    /* of the file that was read, counted from 1; 0: no line in particular */
  char text[240]; /* one line, printable, without a full stop */
};

/* Fills *error in and returns -1, so that a function can end with `return life_fail(...)`. */
__attribute__((format(printf, 3, 4))) int life_fail(struct life_error *error, size_t line,
                                                    const char *format, ...);

/* Prints "life: NAME:LINE: TEXT" (without ":LINE" where there is none) as exactly one line on
 * stderr, whatever bytes the name holds. */
void life_error_print(const struct life_error *error, const char *name);

#endif
