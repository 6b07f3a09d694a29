/*
 * error.h: what is wrong with the input, in one line of text.
 */
#ifndef PAGERANK_ERROR_H
#define PAGERANK_ERROR_H

#include <stddef.h>

/* Why something was refused. */
struct pagerank_error {
  size_t line;    /* of what was read, counted from 1; 0: no line in particular */
  char text[240]; /* one line, without a full stop */
};

/* Fills *error in and returns -1, so that a function can end with `return pagerank_fail(...)`. */
__attribute__((format(printf, 3, 4))) int pagerank_fail(struct pagerank_error *error, size_t line,
                                                        const char *format, ...);

/* The same with "out of memory", which has no line. */
int pagerank_out_of_memory(struct pagerank_error *error);

/* Prints "pagerank: NAME:LINE: TEXT" (without ":LINE" where there is none) as exactly one line on
 * stderr, whatever bytes the name holds. */
void pagerank_error_print(const struct pagerank_error *error, const char *name);

#endif
