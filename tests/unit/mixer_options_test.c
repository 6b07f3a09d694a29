/*
 * mixer_options_test.c: the mixer's command line.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "options.h"

#define WORDS_MAX 16

static struct mixer_options options;
static struct mixer_error error;

/* Parses "mixer LINE"; the words are apart by spaces, and "_" stands for an empty one. */
static enum mixer_options_result parse(const char *line) {
  static char text[256];
  char *words[WORDS_MAX] = {"mixer"};
  int count = 1;
  cr_assert_lt(strlen(line), sizeof text);
  strcpy(text, line);
  for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
    words[count++] = strcmp(word, "_") == 0 ? "" : word;
    if (count == WORDS_MAX)
      cr_assert_fail("too many words: %s", line);
  }
  words[count] = NULL;
  mixer_options_deinit(&options);
  return mixer_options_parse(&options, count, words, &error);
}

static void expect_run(const char *line) {
  cr_assert_eq(parse(line), MIXER_OPTIONS_RUN, "%s: %s: %s", line, error.name, error.text);
}

static void expect_wrong(const char *line, const char *name, const char *text) {
  cr_assert_eq(parse(line), MIXER_OPTIONS_WRONG, "%s", line);
  cr_assert_str_eq(error.name, name, "%s: %s", line, error.name);
  cr_assert_eq(strncmp(error.text, text, strlen(text)), 0, "%s: %s", line, error.text);
}

static void deinit(void) {
  mixer_options_deinit(&options);
}

TestSuite(mixer_options, .fini = deinit);

Test(mixer_options, parse_nothing_optional_gives_defaults) {
  expect_run("-o out.wav a.wav b.wav");
  cr_assert_eq(options.input_count, 2);
  cr_assert_str_eq(options.inputs[0].path, "a.wav");
  cr_assert_str_eq(options.inputs[1].path, "b.wav");
  cr_assert_eq(options.inputs[1].gain, 1);
  cr_assert_eq(options.inputs[1].lowpass_hz, 0);
  cr_assert_str_eq(options.output_path, "out.wav");
  cr_assert_eq(options.round_frames, 480);
  cr_assert_eq(options.worker_count, 0);
  cr_assert_not(options.fast);
  cr_assert_not(options.serial);
}

Test(mixer_options, parse_settings_before_inputs_find_them) {
  expect_run("--gain 2=-0.5 --lowpass 1=440.5 a.wav --fast --frames 64 -w 3 b.wav -o out.wav");
  cr_assert_eq(options.inputs[0].gain, 1);
  cr_assert_eq(options.inputs[0].lowpass_hz, 440.5);
  cr_assert_eq(options.inputs[1].gain, -0.5);
  cr_assert_eq(options.inputs[1].lowpass_hz, 0);
  cr_assert_eq(options.round_frames, 64);
  cr_assert_eq(options.worker_count, 3);
  cr_assert(options.fast);
}

Test(mixer_options, parse_settings_twice_last_counts) {
  expect_run("--gain 1=2 a.wav -o out.wav --gain 1=3 --serial");
  cr_assert_eq(options.inputs[0].gain, 3);
  cr_assert(options.serial);
}

Test(mixer_options, parse_no_such_input_is_refused) {
  expect_wrong("-o o a --gain 2=1", "--gain", "there is no input 2; they are 1 to 1");
  expect_wrong("-o o a b --lowpass 0=1", "--lowpass", "there is no input 0; they are 1 to 2");
  expect_wrong("-o o a --gain 99999999999999999999999=1", "--gain", "there is no input ");
}

Test(mixer_options, parse_gain_not_a_finite_number_is_refused) {
  static const char *const gains[] = {"nan",  "inf", "-inf", "1e999", "loud",
                                      "0.5x", "_",   "1,5",  "0x",    "--1"};
  for (size_t i = 0; i < sizeof gains / sizeof *gains; i++) {
    char line[64];
    snprintf(line, sizeof line, "-o o a --gain 1=%s", strcmp(gains[i], "_") == 0 ? "" : gains[i]);
    expect_wrong(line, "--gain", "'");
    cr_assert_not_null(strstr(error.text, "is not a finite number"), "%s", error.text);
  }
  expect_wrong("-o o a --gain 1=1e7", "--gain", "1e7 is too large; at most 1000000");
  expect_wrong("-o o a --gain 1=-1e7", "--gain", "-1e7 is too large; at most 1000000");
}

Test(mixer_options, parse_setting_of_another_form_is_refused) {
  expect_wrong("-o o a --gain 0.5", "--gain", "'0.5' is not INPUT=GAIN");
  expect_wrong("-o o a --gain =0.5", "--gain", "'=0.5' is not INPUT=GAIN");
  expect_wrong("-o o a --gain -1=0.5", "--gain", "'-1=0.5' is not INPUT=GAIN");
  expect_wrong("-o o a --lowpass _", "--lowpass", "'' is not INPUT=HZ");
}

Test(mixer_options, parse_lowpass_not_above_zero_is_refused) {
  expect_wrong("-o o a --lowpass 1=0", "--lowpass", "0 Hz is not above 0");
  expect_wrong("-o o a --lowpass 1=-5", "--lowpass", "-5 Hz is not above 0");
}

Test(mixer_options, parse_frames_none_or_too_many_are_refused) {
  expect_run("-o o a --frames 1");
  expect_run("-o o a --frames 65536");
  expect_wrong("-o o a --frames 0", "--frames", "a round needs a frame");
  expect_wrong("-o o a --frames 65537", "--frames", "65537 is too large; at most 65536");
  expect_wrong("-o o a --frames 99999999999999999999999999", "--frames", "99999999999999999999");
  expect_wrong("-o o a --frames -1", "--frames", "'-1' is not a number");
  expect_wrong("-o o a --frames 48k", "--frames", "'48k' is not a number");
}

Test(mixer_options, parse_workers_too_many_are_refused) {
  expect_run("-o o a -w 4096");
  expect_wrong("-o o a -w 4097", "-w", "4097 is too large");
}

Test(mixer_options, parse_something_missing_is_refused) {
  expect_wrong("-o o", "usage", "no input is named");
  expect_wrong("a b", "usage", "-o OUT.wav is missing");
  expect_wrong("a -o", "-o", "a value is missing");
  expect_wrong("a --gain", "--gain", "a value is missing");
}

Test(mixer_options, parse_unknown_option_is_refused) {
  expect_wrong("-o o a -x", "-x", "there is no such option");
  expect_wrong("-o o a --gains 1=1", "--gains", "there is no such option");
}

Test(mixer_options, parse_help_is_found) {
  cr_assert_eq(parse("--help"), MIXER_OPTIONS_HELP);
}
