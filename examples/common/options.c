#include "common/options.h"

#include <getopt.h>
#include <stdio.h>

#include "common/words.h"

enum example_options_result example_options_read(const struct example_options *options, int argc,
                                                 char **argv, void *out) {
  struct example_error error;
  char name[EXAMPLE_OPTION_BYTES];
  int option, status = 0;
  opterr = 0; /* getopt's own messages are not in our form */
  while (status == 0 &&
         (option = getopt_long(argc, argv, options->letters, options->known, NULL)) != -1) {
    if (option == EXAMPLE_OPTION_HELP) {
      fputs(options->usage, stdout);
      return EXAMPLE_OPTIONS_DONE;
    }
    if (option == ':')
      status = example_fail(&error, 0, "a value is missing (see %s --help)", options->program);
    else if (option == '?')
      status = example_fail(&error, 0, "there is no such option (see %s --help)", options->program);
    else
      status = options->take(out, option, &error);
    if (status != 0)
      example_error_print(&error, options->program,
                          example_option_name(option, argv, options->known, name));
  }
  return status == 0 ? EXAMPLE_OPTIONS_RUN : EXAMPLE_OPTIONS_WRONG;
}

enum example_options_result example_options_only(const char *program, int argc, char **argv) {
  struct example_error error;
  if (optind == argc)
    return EXAMPLE_OPTIONS_RUN;
  example_fail(&error, 0, "it takes options only (see %s --help)", program);
  example_error_print(&error, program, argv[optind]);
  return EXAMPLE_OPTIONS_WRONG;
}

/* What getopt_long returns for the first number. */
enum { FIRST_NUMBER = EXAMPLE_OPTION_HELP + 1 };

static void list_numbers(struct option out[static EXAMPLE_NUMBERS_MAX + 2],
                         const struct example_number *numbers) {
  int count = 0;
  for (; count < EXAMPLE_NUMBERS_MAX && numbers[count].name; count++)
    out[count] =
        (struct option){numbers[count].name, required_argument, NULL, FIRST_NUMBER + count};
  out[count] = (struct option){"help", no_argument, NULL, EXAMPLE_OPTION_HELP};
  out[count + 1] = (struct option){0};
}

static int take_number(void *out, int option, struct example_error *error) {
  const struct example_number *const *const numbers = out;
  const struct example_number *const number = &(*numbers)[option - FIRST_NUMBER];
  if (number->text != NULL) {
    *number->text = optarg;
    return 0;
  }
  return example_number_parse(number->value, optarg, number->range, error);
}

enum example_options_result example_numbers_read(const struct example_number *numbers,
                                                 const char *program, const char *usage, int argc,
                                                 char **argv) {
  struct option known[EXAMPLE_NUMBERS_MAX + 2];
  const struct example_options options = {
      .program = program, .usage = usage, .letters = ":", .known = known, .take = take_number};
  list_numbers(known, numbers);
  const enum example_options_result result = example_options_read(&options, argc, argv, &numbers);
  return result == EXAMPLE_OPTIONS_RUN ? example_options_only(program, argc, argv) : result;
}
