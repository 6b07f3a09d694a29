/*
 * options.h: reads command lines by a table of their options, says in one line what is wrong with
 * one, and makes of the table what --help prints.
 */
#ifndef EXAMPLE_OPTIONS_H
#define EXAMPLE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/error.h"
#include "common/number.h"

#ifdef __cplusplus
extern "C" {
#endif

enum example_options_result {
  EXAMPLE_OPTIONS_RUN,
  EXAMPLE_OPTIONS_DONE, /* --help was printed */
  EXAMPLE_OPTIONS_WRONG /* what is wrong is on stderr */
};

/* What the value of an option is. */
enum example_kind {
  EXAMPLE_FLAG,     /* bool: there is no value */
  EXAMPLE_NUMBER,   /* an unsigned type, within the option's range */
  EXAMPLE_POSITIVE, /* double, above 0 */
  EXAMPLE_TEXT,     /* const char *: whatever was given */
  EXAMPLE_OTHER     /* the option has a function that reads it */
};

/* Where a value goes: a member of the program's own struct. */
struct example_member {
  size_t offset, bytes;
  enum example_kind kind;
};

#ifndef __cplusplus
/* A member's kind is that of its type, so that the two cannot differ. */
#define EXAMPLE_KIND(value)                                                                        \
  _Generic((value), bool                                                                           \
           : EXAMPLE_FLAG, unsigned short                                                          \
           : EXAMPLE_NUMBER, unsigned                                                              \
           : EXAMPLE_NUMBER, unsigned long                                                         \
           : EXAMPLE_NUMBER, unsigned long long                                                    \
           : EXAMPLE_NUMBER, double                                                                \
           : EXAMPLE_POSITIVE, const char *                                                        \
           : EXAMPLE_TEXT, default                                                                 \
           : EXAMPLE_OTHER)
#define EXAMPLE_MEMBER(type, name)                                                                 \
  .member = {offsetof(type, name), sizeof(((type *)0)->name), EXAMPLE_KIND(((type *)0)->name)}
#endif

struct example_option {
  /* as in --name; NULL behind the last one */
  const char *name;
  /* as in -n; 0: it has none */
  char letter;
  /* what --help calls its value; NULL: it has none */
  const char *value;
  /* what --help says of it, which breaks it into lines */
  const char *help;
  struct example_member member;
  /* of a number */
  struct example_range range;
  /* the words that there are for it, with NULL behind them: the member, a number or bool, says
   * which of them was given. NULL: it is no choice */
  const char *const *choices;
  /* instead of all that: reads the value, NULL for none, into the member. 0; or -1 and why not */
  int (*parse)(void *member, const char *text, struct example_error *error);
};

#define EXAMPLE_OPTIONS_MOST 24

struct example_command {
  const char *program;
  /* how it is called, behind "usage: "; a line for each way */
  const char *synopsis;
  /* what it does; NULL: nothing is said. --help breaks it into lines, too */
  const char *about;
  /* at most EXAMPLE_OPTIONS_MOST, and --help is not among them */
  const struct example_option *options;
  /* what is said behind the options; NULL: nothing */
  const char *ending;
};

/* What --help prints. */
void example_options_help(const struct example_command *command, FILE *file);

/* Reads all options into `out`, the program's struct; what is no option begins at argv[optind]
 * then. The strings stay the caller's. */
enum example_options_result example_options_read(const struct example_command *command, int argc,
                                                 char **argv, void *out);

/* The same for a command line that has nothing but options. */
enum example_options_result example_options_read_only(const struct example_command *command,
                                                      int argc, char **argv, void *out);

#define EXAMPLE_OPTION_BYTES 24 /* enough for every option's name */

/* A command line for who prints by itself what is wrong. */
struct example_reading {
  const struct example_command *command;
  int argc;
  char **argv;
  /* what is wrong with the option `name` */
  struct example_error error;
  const char *name;
  char text[EXAMPLE_OPTION_BYTES];
};

/* example_options_read() that prints nothing. */
enum example_options_result example_options_take(struct example_reading *reading, void *out);

/* Options that many programs have. */
#define EXAMPLE_WORKERS_OPTION(type, field)                                                        \
  {                                                                                                \
    .name = "workers", .letter = 'w', .value = "N", EXAMPLE_MEMBER(type, field),                   \
    .range = {0, SYNCHED_WORKERS_MAX},                                                             \
    .help = "worker threads; 0, the default: as many as this process may use"                      \
  }
#define EXAMPLE_CHECK_OPTION(type, field)                                                          \
  {                                                                                                \
    .name = "check", EXAMPLE_MEMBER(type, field),                                                  \
    .help = "compare the result with that of a serial loop, bit for bit"                           \
  }
#define EXAMPLE_QUIET_OPTION(type, field)                                                          \
  { .name = "quiet", EXAMPLE_MEMBER(type, field), .help = "print nothing but errors" }

#ifdef __cplusplus
}
#endif

#endif
