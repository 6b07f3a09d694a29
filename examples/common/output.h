/*
 * output.h: files that a program writes as a whole or not at all.
 *
 * A regular file is written beside its place and then given its name, so that whoever looks
 * there finds the old one or the new one. Anything else, such as a pipe or /dev/stdout, is
 * written directly. Functions that fail set errno.
 *
 * The path "-" is standard output. A program whose user names it says so first, by
 * example_output_claim_stdout: what it prints otherwise must not get between the bytes of the
 * file.
 */
#ifndef EXAMPLE_OUTPUT_H
#define EXAMPLE_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct example_output {
  FILE *file;
  char *temporary; /* NULL: written directly */
  char *path;      /* its name to be; symbolic links are followed: what they lead to is replaced */
};

/* Whether that is how standard output is called. */
bool example_output_is_stdout(const char *path);

/* The path for a message. */
const char *example_output_shown(const char *path);

/* For the path "-", before anything is printed: keeps standard output for the file, and sends to
 * standard error what is printed from now on. 0 or -1. */
int example_output_claim_stdout(void);

/* The descriptor of what was standard output before it was claimed; not to be closed. */
int example_output_stdout(void);

/* Whether to write `output` would be to write over `input`, whatever the two are called: one
 * file, by its device and number. "-" is standard output, and as an input standard input. False
 * for what keeps no bytes (a terminal, a pipe, /dev/null), and where the one or the other is not
 * there. */
bool example_output_is_input(const char *output, const char *input);

/* Whether two outputs would be one file or pipe; also where there is none yet. */
bool example_output_is_output(const char *one, const char *other);

/* Tells before a long run whether example_output_open can work. Creates nothing. 0 or -1. */
int example_output_check(const char *path);

/* Opens. 0, to be ended by one of the two below; or -1. */
int example_output_open(struct example_output *out, const char *path);

/* Closes, and gives the file its name. 0; or -1: then an old file is unchanged. */
int example_output_commit(struct example_output *out);

/* Closes and forgets: no file is left, and an old one is unchanged. */
void example_output_discard(struct example_output *out);

/* The part of it for who writes through a descriptor: a new file beside `path`, with that mode. The
 * descriptor, and its name in *temporary, which the caller frees; or -1. */
int example_output_beside(const char *path, mode_t mode, char **temporary);

/* At a program's end, with its exit code: whether what it printed has arrived, which on a full disk
 * it may not. The code, or 1, with a line on stderr, where it was 0 and should not be. */
int example_output_exit_code(const char *program, int code);

/* The permissions that an ordinary open would give a new file. */
mode_t example_output_usual_mode(void);

#ifdef __cplusplus
}
#endif

#endif
