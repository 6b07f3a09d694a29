/*
 * A table is given to getopt_long as it wants it: an option with a letter is that letter there, and
 * one without is its place in the table, behind all letters.
 */
#include "common/options.h"

#include <getopt.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { OPTION_HELP = UCHAR_MAX + 1, FIRST_OPTION };

struct known {
  struct option list[EXAMPLE_OPTIONS_MOST + 2];
  char letters[2 * EXAMPLE_OPTIONS_MOST + 2];
};

static bool has_value(const struct example_option *option) {
  return option->value != NULL;
}

static void list_options(struct known *known, const struct example_option *options) {
  char *letter = known->letters;
  int count = 0;
  *letter++ = ':';
  for (; count < EXAMPLE_OPTIONS_MOST && options[count].name != NULL; count++) {
    const struct example_option *const option = &options[count];
    known->list[count] = (struct option){
        .name = option->name,
        .has_arg = has_value(option) ? required_argument : no_argument,
        .val = option->letter != 0 ? (unsigned char)option->letter : FIRST_OPTION + count};
    if (option->letter != 0)
      *letter++ = option->letter;
    if (option->letter != 0 && has_value(option))
      *letter++ = ':';
  }
  *letter = '\0';
  known->list[count] = (struct option){"help", no_argument, NULL, OPTION_HELP};
  known->list[count + 1] = (struct option){0};
}

/* The option for which getopt_long has returned `value`. */
static const struct example_option *find_option(const struct example_option *options, int value) {
  if (value >= FIRST_OPTION)
    return &options[value - FIRST_OPTION];
  while (options->letter != value)
    options++;
  return options;
}

/* --- values --- */

static void store(void *member, size_t bytes, uint64_t number) {
  if (bytes == sizeof(uint64_t))
    *(uint64_t *)member = number;
  else if (bytes == sizeof(uint32_t))
    *(uint32_t *)member = (uint32_t)number;
  else if (bytes == sizeof(uint16_t))
    *(uint16_t *)member = (uint16_t)number;
  else
    *(bool *)member = number != 0;
}

static int take_number(const struct example_option *option, void *member, const char *text,
                       struct example_error *error) {
  uint64_t number;
  if (example_number_parse(&number, text, option->range, error) != 0)
    return -1;
  store(member, option->member.bytes, number);
  return 0;
}

/* "a", "a and b", "a, b and c". */
static void list_choices(char *out, size_t bytes, const char *const *choices) {
  size_t at = 0;
  for (size_t i = 0; choices[i] != NULL && at < bytes; i++) {
    const char *between = i == 0 ? "" : choices[i + 1] == NULL ? " and " : ", ";
    at += (size_t)snprintf(out + at, bytes - at, "%s%s", between, choices[i]);
  }
}

static int take_choice(const struct example_option *option, void *member, const char *text,
                       struct example_error *error) {
  char all[160];
  for (size_t i = 0; option->choices[i] != NULL; i++)
    if (strcmp(text, option->choices[i]) == 0) {
      store(member, option->member.bytes, i);
      return 0;
    }
  list_choices(all, sizeof all, option->choices);
  return example_fail(error, 0, "'%.40s' is no %s; there are %s", text, option->name, all);
}

static int take_value(const struct example_option *option, void *out, const char *text,
                      struct example_error *error) {
  void *const member = (char *)out + option->member.offset;
  if (option->parse != NULL)
    return option->parse(member, text, error);
  if (option->choices != NULL)
    return take_choice(option, member, text, error);
  switch (option->member.kind) {
  case EXAMPLE_NUMBER:
    return take_number(option, member, text, error);
  case EXAMPLE_POSITIVE:
    return example_positive_parse(member, text, error);
  case EXAMPLE_TEXT:
    *(const char **)member = text;
    return 0;
  default:
    *(bool *)member = true;
    return 0;
  }
}

/* --- command lines --- */

/* How the option that getopt_long has just returned is written, for a message. Of what getopt does
 * not know it tells a letter, or else it has just stepped over the word. */
static const char *name_option(int option, char **argv, const struct option *known,
                               char text[static EXAMPLE_OPTION_BYTES]) {
  const int letter = option == '?' || option == ':' ? optopt : option;
  if (letter > 0 && letter <= UCHAR_MAX) {
    snprintf(text, EXAMPLE_OPTION_BYTES, "-%c", letter);
    return text;
  }
  for (; letter > 0 && known->name; known++)
    if (known->val == letter) {
      snprintf(text, EXAMPLE_OPTION_BYTES, "--%s", known->name);
      return text;
    }
  return argv[optind - 1];
}

enum example_options_result example_options_take(struct example_reading *reading, void *out) {
  const struct example_command *const command = reading->command;
  struct known known;
  int value, status = 0;
  list_options(&known, command->options);
  optind = 0; /* from the start, also when this is not the first command line */
  opterr = 0; /* getopt's own messages are not in our form */
  while (status == 0 && (value = getopt_long(reading->argc, reading->argv, known.letters,
                                             known.list, NULL)) != -1) {
    if (value == OPTION_HELP)
      return EXAMPLE_OPTIONS_DONE;
    reading->name = name_option(value, reading->argv, known.list, reading->text);
    if (value == ':')
      status =
          example_fail(&reading->error, 0, "a value is missing (see %s --help)", command->program);
    else if (value == '?')
      status = example_fail(&reading->error, 0, "there is no such option (see %s --help)",
                            command->program);
    else
      status = take_value(find_option(command->options, value), out, optarg, &reading->error);
  }
  return status == 0 ? EXAMPLE_OPTIONS_RUN : EXAMPLE_OPTIONS_WRONG;
}

enum example_options_result example_options_read(const struct example_command *command, int argc,
                                                 char **argv, void *out) {
  struct example_reading reading = {.command = command, .argc = argc, .argv = argv};
  const enum example_options_result result = example_options_take(&reading, out);
  if (result == EXAMPLE_OPTIONS_DONE)
    example_options_help(command, stdout);
  else if (result == EXAMPLE_OPTIONS_WRONG)
    example_error_print(&reading.error, command->program, reading.name);
  return result;
}

enum example_options_result example_options_read_only(const struct example_command *command,
                                                      int argc, char **argv, void *out) {
  struct example_error error;
  const enum example_options_result result = example_options_read(command, argc, argv, out);
  if (result != EXAMPLE_OPTIONS_RUN || optind == argc)
    return result;
  example_fail(&error, 0, "it takes options only (see %s --help)", command->program);
  example_error_print(&error, command->program, argv[optind]);
  return EXAMPLE_OPTIONS_WRONG;
}

/* --- help --- */

/* Where texts stand beside options, and where lines end. */
enum { TEXT_COLUMN = 23, COLUMNS = 99 };

/* Prints a text from the column `at` on. Its lines begin at `margin`, and end where it says so, or
 * before a word that is too long for them. */
static void print_text(const char *text, int at, int margin, FILE *file) {
  bool is_first = true;
  while (*text != '\0') {
    const int length = (int)strcspn(text, " \n");
    if (!is_first && at + 1 + length > COLUMNS) {
      fprintf(file, "\n%*s", margin, "");
      at = margin;
    } else if (!is_first) {
      fputc(' ', file);
      at++;
    }
    fprintf(file, "%.*s", length, text);
    at += length;
    text += length;
    is_first = *text == '\n';
    if (is_first) {
      fprintf(file, "\n%*s", margin, "");
      at = margin;
    }
    text += *text != '\0';
  }
  fputc('\n', file);
}

static void print_option(const struct example_option *option, FILE *file) {
  int at = option->letter != 0 ? fprintf(file, "  -%c, ", option->letter) : fprintf(file, "      ");
  at += fprintf(file, "--%s", option->name);
  if (option->value != NULL)
    at += fprintf(file, " %s", option->value);
  at += fprintf(file, "%*s", at < TEXT_COLUMN ? TEXT_COLUMN - at : 1, "");
  print_text(option->help, at, TEXT_COLUMN, file);
}

void example_options_help(const struct example_command *command, FILE *file) {
  static const struct example_option help = {.name = "help", .help = "print this"};
  fputs("usage: ", file);
  print_text(command->synopsis, 7, 7, file);
  if (command->about != NULL) {
    fputc('\n', file);
    print_text(command->about, 0, 0, file);
  }
  fputc('\n', file);
  for (const struct example_option *option = command->options; option->name != NULL; option++)
    print_option(option, file);
  print_option(&help, file);
  if (command->ending != NULL) {
    fputc('\n', file);
    print_text(command->ending, 0, 0, file);
  }
}
