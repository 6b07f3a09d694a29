/*
 * example_options_test.c: command lines by a table of their options, and what --help makes of it.
 */
#include "common/options.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 12 };

struct settings {
  uint64_t rounds;
  size_t segments;
  unsigned workers;
  uint16_t port;
  double tolerance;
  const char *path;
  unsigned shape;
  bool is_round, loud, quiet;
  unsigned vowels;
};

static struct settings settings;

static int count_vowels(void *to, const char *text, struct example_error *error) {
  if (*text == '\0')
    return example_fail(error, 0, "there is no text");
  for (; *text != '\0'; text++)
    *(unsigned *)to += strchr("aeiou", *text) != NULL;
  return 0;
}

static const char *const shapes[] = {"square", "round", "flat", NULL};
static const char *const ways[] = {"straight", "round", NULL};

#define SETTING(field) EXAMPLE_MEMBER(struct settings, field)

static const struct example_option options[] = {
    {.name = "rounds",
     .letter = 'g',
     .value = "N",
     SETTING(rounds),
     .range = {1, UINT64_MAX},
     .help = "how many"},
    {.name = "segments",
     .value = "N",
     SETTING(segments),
     .range = {0, SIZE_MAX},
     .help = "a text that is so long that it does not fit beside its option and so goes on in a "
             "line below"},
    {.name = "workers",
     .letter = 'w',
     .value = "N",
     SETTING(workers),
     .range = {0, 4096},
     .help = "some"},
    {.name = "port", .value = "P", SETTING(port), .range = {0, 65535}, .help = "any"},
    {.name = "tolerance", .letter = 't', .value = "T", SETTING(tolerance), .help = "above 0"},
    {.name = "path", .value = "FILE", SETTING(path), .help = "a file"},
    {.name = "shape", .value = "S", SETTING(shape), .choices = shapes, .help = "which"},
    {.name = "way", .value = "W", SETTING(is_round), .choices = ways, .help = "where"},
    {.name = "vowels",
     .value = "A-LONG-TEXT",
     SETTING(vowels),
     .parse = count_vowels,
     .help = "counts them"},
    {.name = "loud", .letter = 'l', SETTING(loud), .help = "a flag with a letter"},
    {.name = "quiet", SETTING(quiet), .help = "and one without"},
    {.name = NULL},
};

static const struct example_command command = {.program = "program",
                                               .synopsis = "program [options]\nprogram --help",
                                               .about = "Does nothing.",
                                               .options = options,
                                               .ending = "Ends at once.\nExit code: 0."};

static const struct example_command bare = {.program = "bare",
                                            .synopsis = "bare",
                                            .options =
                                                (const struct example_option[]){{.name = NULL}}};

typedef enum example_options_result (*read_fn)(const struct example_command *, int, char **,
                                               void *);

/* Reads these words, the last of which is NULL. */
static enum example_options_result read_words(read_fn read, const char *const *words) {
  static char *arguments[WORDS_MAX + 2] = {(char *)(uintptr_t) "program"};
  int count = 1;
  for (; *words; words++)
    arguments[count++] = (char *)(uintptr_t)*words;
  arguments[count] = NULL;
  return read(&command, count, arguments, &settings);
}

#define READ(...) read_words(example_options_read_only, (const char *const[]){__VA_ARGS__, NULL})

static void expect_wrong(enum example_options_result result, const char *line) {
  cr_assert_eq(result, EXAMPLE_OPTIONS_WRONG);
  (void)fflush(stderr);
  cr_assert_stderr_eq_str(line);
}

Test(example_options, values_go_to_members_of_every_kind) {
  cr_assert_eq(READ("--rounds", "18446744073709551615", "--segments=7", "-w3", "--port", "65535"),
               EXAMPLE_OPTIONS_RUN);
  cr_assert_eq(settings.rounds, UINT64_MAX);
  cr_assert_eq(settings.segments, 7);
  cr_assert_eq(settings.workers, 3);
  cr_assert_eq(settings.port, 65535);
  cr_assert_eq(READ("-t", "1e-10", "--path", "-", "--vowels", "audio", "-l"), EXAMPLE_OPTIONS_RUN);
  cr_assert_eq(settings.tolerance, (double)1e-10);
  cr_assert_str_eq(settings.path, "-");
  cr_assert_eq(settings.vowels, 4);
  cr_assert(settings.loud);
  cr_assert_not(settings.quiet);
}

/* A member's neighbours stay what they are. */
Test(example_options, values_fill_their_members_only) {
  memset(&settings, 0xff, sizeof settings);
  cr_assert_eq(READ("--port", "0", "-w", "0", "--segments", "0", "--way", "straight"),
               EXAMPLE_OPTIONS_RUN);
  struct settings wanted;
  memset(&wanted, 0xff, sizeof wanted);
  wanted.port = 0;
  wanted.workers = 0;
  wanted.segments = 0;
  wanted.is_round = false;
  cr_assert_arr_eq(&settings, &wanted, sizeof settings);
}

Test(example_options, the_last_of_several_counts) {
  cr_assert_eq(READ("--rounds", "3", "-g", "9"), EXAMPLE_OPTIONS_RUN);
  cr_assert_eq(settings.rounds, 9);
}

Test(example_options, members_not_named_are_unchanged) {
  settings = (struct settings){.rounds = 20, .path = "here"};
  cr_assert_eq(READ("--quiet"), EXAMPLE_OPTIONS_RUN);
  cr_assert_eq(settings.rounds, 20);
  cr_assert_str_eq(settings.path, "here");
}

Test(example_options, choices_are_told_apart) {
  for (unsigned i = 0; shapes[i] != NULL; i++) {
    cr_assert_eq(READ("--shape", shapes[i]), EXAMPLE_OPTIONS_RUN);
    cr_assert_eq(settings.shape, i);
  }
  cr_assert_eq(READ("--way", "round"), EXAMPLE_OPTIONS_RUN);
  cr_assert(settings.is_round);
}

Test(example_options, what_follows_the_options_is_the_programs) {
  cr_assert_eq(
      read_words(example_options_read, (const char *const[]){"more", "--quiet", "or", NULL}),
      EXAMPLE_OPTIONS_RUN);
  cr_assert(settings.quiet);
  cr_assert_eq(optind, 2, "options and other words can be mixed");
}

Test(example_options, help_is_made_of_the_table, .init = cr_redirect_stdout) {
  cr_assert_eq(READ("--help", "--rounds", "0"), EXAMPLE_OPTIONS_DONE);
  (void)fflush(stdout);
  cr_assert_stdout_eq_str(
      "usage: program [options]\n"
      "       program --help\n"
      "\n"
      "Does nothing.\n"
      "\n"
      "  -g, --rounds N       how many\n"
      "      --segments N     a text that is so long that it does not fit beside its option and so "
      "goes on\n"
      "                       in a line below\n"
      "  -w, --workers N      some\n"
      "      --port P         any\n"
      "  -t, --tolerance T    above 0\n"
      "      --path FILE      a file\n"
      "      --shape S        which\n"
      "      --way W          where\n"
      "      --vowels A-LONG-TEXT counts them\n"
      "  -l, --loud           a flag with a letter\n"
      "      --quiet          and one without\n"
      "      --help           print this\n"
      "\n"
      "Ends at once.\n"
      "Exit code: 0.\n");
}

Test(example_options, help_says_what_there_is, .init = cr_redirect_stdout) {
  example_options_help(&bare, stdout);
  (void)fflush(stdout);
  cr_assert_stdout_eq_str("usage: bare\n\n      --help           print this\n");
}

Test(example_options, numbers_outside_their_range_are_refused, .init = cr_redirect_stderr) {
  expect_wrong(READ("--port", "65536"), "program: --port: 65536 is not within 0 .. 65535\n");
}

Test(example_options, options_are_named_by_their_letter, .init = cr_redirect_stderr) {
  expect_wrong(READ("--workers", "many"), "program: -w: 'many' is not a number\n");
}

Test(example_options, doubles_are_above_zero, .init = cr_redirect_stderr) {
  expect_wrong(READ("-t", "0"), "program: -t: '0' is not above 0\n");
}

Test(example_options, choices_that_are_none_are_refused, .init = cr_redirect_stderr) {
  expect_wrong(READ("--shape", "oval"),
               "program: --shape: 'oval' is no shape; there are square, round and flat\n");
}

Test(example_options, choices_are_whole_words, .init = cr_redirect_stderr) {
  expect_wrong(READ("--way", ""), "program: --way: '' is no way; there are straight and round\n");
}

Test(example_options, what_a_function_refuses_is_refused, .init = cr_redirect_stderr) {
  expect_wrong(READ("--vowels", ""), "program: --vowels: there is no text\n");
}

Test(example_options, options_without_their_value_are_refused, .init = cr_redirect_stderr) {
  expect_wrong(READ("--rounds"), "program: -g: a value is missing (see program --help)\n");
}

Test(example_options, flags_with_a_value_are_refused, .init = cr_redirect_stderr) {
  cr_assert_eq(READ("--quiet=yes"), EXAMPLE_OPTIONS_WRONG);
}

Test(example_options, what_is_not_known_is_refused, .init = cr_redirect_stderr) {
  expect_wrong(READ("--round\ts", "1"),
               "program: --round?s: there is no such option (see program --help)\n");
}

Test(example_options, what_is_no_option_is_refused, .init = cr_redirect_stderr) {
  expect_wrong(READ("--rounds", "5", "more"),
               "program: more: it takes options only (see program --help)\n");
}

/* For who prints it in a way of its own. */
Test(example_options, take_keeps_what_is_wrong) {
  char *words[] = {(char *)(uintptr_t) "program", (char *)(uintptr_t) "--port",
                   (char *)(uintptr_t) "x", NULL};
  struct example_reading reading = {.command = &command, .argc = 3, .argv = words};
  cr_assert_eq(example_options_take(&reading, &settings), EXAMPLE_OPTIONS_WRONG);
  cr_assert_str_eq(reading.name, "--port");
  cr_assert_str_eq(reading.error.text, "'x' is not a number");
}
