/*
 * options.h: reads command lines, and says in one line what is wrong with one.
 */
#ifndef EXAMPLE_OPTIONS_H
#define EXAMPLE_OPTIONS_H

#include "common/error.h"
#include "common/number.h"

#ifdef __cplusplus
extern "C" {
#endif

struct option; /* <getopt.h> */

enum example_options_result {
  EXAMPLE_OPTIONS_RUN,
  EXAMPLE_OPTIONS_DONE, /* --help was printed */
  EXAMPLE_OPTIONS_WRONG /* what is wrong is on stderr */
};

/* What getopt_long is to return for --help; other options without a letter come behind it. */
enum { EXAMPLE_OPTION_HELP = 256 };

struct example_options {
  const char *program;
  const char *usage;          /* what --help prints */
  const char *letters;        /* as getopt_long takes them, behind a ':' */
  const struct option *known; /* with zeros at the end */
  /* Takes one of them; its value is in optarg. 0; or -1 and why not. */
  int (*take)(void *out, int option, struct example_error *error);
};

/* Reads all options; what is no option begins at argv[optind] then. The strings stay the
 * caller's. */
enum example_options_result example_options_read(const struct example_options *options, int argc,
                                                 char **argv, void *out);

/* Refuses what is no option. */
enum example_options_result example_options_only(const char *program, int argc, char **argv);

/* An option of a small program: --NAME N, or --NAME TEXT. */
struct example_number {
  const char *name;
  struct example_range range;
  uint64_t *value;
  const char **text; /* NULL: it is a number */
};

#define EXAMPLE_NUMBERS_MAX 4

/* Reads a command line on which there may be nothing but these options, at most EXAMPLE_NUMBERS_MAX
 * with zeros behind them, and --help. */
enum example_options_result example_numbers_read(const struct example_number *numbers,
                                                 const char *program, const char *usage, int argc,
                                                 char **argv);

#ifdef __cplusplus
}
#endif

#endif
