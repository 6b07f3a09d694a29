/*
 * error.h: what is wrong with the input, in one line of text.
 */
#ifndef EXAMPLE_ERROR_H
#define EXAMPLE_ERROR_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Why something was refused. */
struct example_error {
  size_t line;    /* of what was read, counted from 1; 0: no line in particular */
  char text[240]; /* one line, without a full stop */
};

/* Fills *error in and returns -1, so that a function can end with `return example_fail(...)`. */
__attribute__((format(printf, 3, 4))) int example_fail(struct example_error *error, size_t line,
                                                       const char *format, ...);

/* The same with "out of memory", which has no line. */
int example_out_of_memory(struct example_error *error);

/* Prints "PROGRAM: NAME:LINE: TEXT" (without ":LINE" where there is none) as exactly one line on
 * stderr, whatever bytes the name holds. */
void example_error_print(const struct example_error *error, const char *program, const char *name);

#ifdef __cplusplus
}
#endif

#endif
