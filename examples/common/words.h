/*
 * words.h: what programs say of what they were given.
 */
#ifndef EXAMPLE_WORDS_H
#define EXAMPLE_WORDS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Returns what follows the noun behind a count: "", or "s". */
const char *example_plural(uint64_t count);

/* Prints what may quote a file's content or name, neither of which can be trusted to be text: a
 * control character would make two lines of one, or worse, drive the terminal. Each of its bytes
 * becomes '?'. Control characters are those of ASCII and those from U+0080 to U+009F; a byte
 * above ASCII that is not UTF-8 is taken for one, too, because other terminals do so. */
void example_print_safely(const char *text, FILE *file);

/* Prints "PROGRAM: NAME:LINE: note: TEXT" (without ":LINE" where it is 0) as exactly one line on
 * stderr: what was read otherwise than it is written, although nothing is refused. */
void example_note_print(const char *program, const char *name, size_t line, const char *text);

#ifdef __cplusplus
}
#endif

#endif
