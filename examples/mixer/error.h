/*
 * error.h: what is wrong, and with what, in one line of text.
 */
#ifndef MIXER_ERROR_H
#define MIXER_ERROR_H

/* Why something was refused. */
struct mixer_error {
  const char *name; /* a file as the command line has it, an option, or "usage"; not copied */
  char text[240];   /* one line, without a full stop */
};

/* Fills *error in and returns -1, so that a function can end with `return mixer_fail(...)`. */
__attribute__((format(printf, 3, 4))) int mixer_fail(struct mixer_error *error, const char *name,
                                                     const char *format, ...);

/* Prints "mixer: NAME: TEXT" as exactly one line on stderr, whatever bytes the name holds. */
void mixer_error_print(const struct mixer_error *error);

#endif
