/*
 * output.h: files that appear complete or not at all.
 *
 * The text goes to a temporary file beside the wanted one and takes its name at the end. What is
 * not a regular file (/dev/stdout, a pipe) cannot be replaced like that and is written directly.
 */
#ifndef LIFE_OUTPUT_H
#define LIFE_OUTPUT_H

#include <stdio.h>

#include "error.h"

struct life_output {
  FILE *file;
  char *temporary; /* NULL: written directly */
  char *path;      /* its name to be; symbolic links are followed: what they lead to is replaced */
};

/* Whether life_output_open has a chance: to be told before a long run, not after it. Creates
 * nothing. */
int life_output_check(const char *path, struct life_error *error);

/* Opens. 0, to be ended by one of the two below; or -1 and why. */
int life_output_open(struct life_output *out, const char *path, struct life_error *error);

/* Closes, and gives the file its name. 0; or -1 and why: then an old file is unchanged. */
int life_output_commit(struct life_output *out, struct life_error *error);

/* Closes and forgets: no file is left, and an old one is unchanged. */
void life_output_discard(struct life_output *out);

#endif
