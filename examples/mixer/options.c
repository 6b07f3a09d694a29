/*
 * An option for one input may come before the inputs are known, since files and options can be
 * mixed. So these are noted as they come, and applied at the end; the last one for an input counts.
 */
#include "options.h"

#include <ctype.h>
#include <getopt.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <synched/pool.h>

#include "common/options.h"
#include "common/report.h"

/* For one input: I=VALUE. */
struct setting {
  bool is_gain; /* else a lowpass */
  size_t input;
  double value;
};

/* What is known while reading. */
struct reading {
  struct mixer_options options;
  struct setting *settings;
  size_t setting_count;
};

/* The decimal number that the text begins with; *end is where it stops. False where there is none;
 * one above `most` becomes most + 1. */
static bool read_number(size_t *out, const char *text, size_t most, const char **end) {
  size_t value = 0;
  const char *at = text;
  for (; isdigit((unsigned char)*at); at++)
    value = value > most ? value : value * 10 + (size_t)(*at - '0');
  *out = value > most ? most + 1 : value;
  *end = at;
  return at != text;
}

static int parse_number(size_t *out, const char *text, size_t most, struct example_error *error) {
  const char *end;
  if (!read_number(out, text, most, &end) || *end != '\0')
    return example_fail(error, 0, "'%.40s' is not a number", text);
  if (*out > most)
    return example_fail(error, 0, "%.40s is too large; at most %zu", text, most);
  return 0;
}

/* strtod takes more than is wanted here, such as leading spaces and "nan"; what is not finite is
 * left to it, so that the message can be the same. */
static int parse_value(double *out, const char *text, struct example_error *error) {
  char *end;
  *out = strtod(text, &end);
  if (end == text || *end != '\0' || isspace((unsigned char)*text) || !isfinite(*out))
    return example_fail(error, 0, "'%.40s' is not a finite number", text);
  return 0;
}

static int check_value(const struct setting *setting, const char *text,
                       struct example_error *error) {
  if (setting->is_gain && fabs(setting->value) > MIXER_GAIN_MAX)
    return example_fail(error, 0, "%.40s is too large; at most %.0f", text, MIXER_GAIN_MAX);
  if (!setting->is_gain && setting->value <= 0)
    return example_fail(error, 0, "%.40s Hz is not above 0", text);
  return 0;
}

static int parse_setting(struct reading *reading, bool is_gain, const char *text,
                         struct example_error *error) {
  struct setting *const setting = &reading->settings[reading->setting_count];
  const char *end;
  *setting = (struct setting){.is_gain = is_gain};
  if (!read_number(&setting->input, text, SIZE_MAX / 16, &end) || *end != '=')
    return example_fail(error, 0, "'%.40s' is not INPUT=%s", text, is_gain ? "GAIN" : "HZ");
  if (parse_value(&setting->value, end + 1, error) != 0 ||
      check_value(setting, end + 1, error) != 0)
    return -1;
  reading->setting_count++;
  return 0;
}

static int parse_gain(void *reading, const char *text, struct example_error *error) {
  return parse_setting(reading, true, text, error);
}

static int parse_lowpass(void *reading, const char *text, struct example_error *error) {
  return parse_setting(reading, false, text, error);
}

static int parse_workers(void *to, const char *text, struct example_error *error) {
  size_t number;
  if (parse_number(&number, text, SYNCHED_WORKERS_MAX, error) != 0)
    return -1;
  *(unsigned *)to = (unsigned)number;
  return 0;
}

static int parse_frames(void *to, const char *text, struct example_error *error) {
  size_t *const out = to;
  if (parse_number(out, text, MIXER_FRAMES_MAX, error) != 0)
    return -1;
  return *out > 0 ? 0 : example_fail(error, 0, "a round needs a frame");
}

#define MIXER(field) EXAMPLE_MEMBER(struct reading, options.field)

static const struct example_option known[] = {
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     MIXER(output_path),
     .help = "where to write the mix; - is standard output, which gets it when it is complete, and "
             "all else that is printed there goes to standard error then"},
    {.name = "gain",
     .value = "I=G",
     .parse = parse_gain,
     .help = "multiply input I, counted from 1, by G (default 1)"},
    {.name = "lowpass",
     .value = "I=HZ",
     .parse = parse_lowpass,
     .help = "take away what is above HZ in input I"},
    {.name = "frames",
     .value = "N",
     MIXER(round_frames),
     .parse = parse_frames,
     .help = "frames to a round (default 480)"},
    {.name = "fast", MIXER(fast), .help = "one round after the other, as fast as can be"},
    {.name = "workers",
     .letter = 'w',
     .value = "N",
     MIXER(worker_count),
     .parse = parse_workers,
     .help = "worker threads; 0, the default: as many as this process may use"},
    {.name = "serial",
     MIXER(serial),
     .help = "by a plain loop without rounds and workers, for comparison: it is to write the same "
             "file"},
    EXAMPLE_REPORT_TEXT_OPTION(struct reading, options.report),
    {.name = NULL},
};

const struct example_command mixer_command = {
    .program = "mixer",
    .synopsis = "mixer [options] -o OUT.wav IN.wav...",
    .about =
        "Mixes WAV files, mono or stereo and of one sample rate, in rounds of some frames at "
        "the speed at which they sound. The mix is as long as the longest input, stereo if any "
        "input is, and has 32-bit float samples, so that what is louder than full scale is not "
        "cut off.",
    .options = known,
    .ending =
        "Ctrl-C ends it, and no file is written.\n"
        "Exit code: 0, 1 when something failed, 2 for a wrong command line, 130 after Ctrl-C."};

/* The settings, now that it is known which inputs there are. */
static int apply_settings(const struct reading *reading, struct mixer_error *error) {
  const struct mixer_options *const out = &reading->options;
  for (size_t i = 0; i < reading->setting_count; i++) {
    const struct setting *const setting = &reading->settings[i];
    if (setting->input == 0 || setting->input > out->input_count)
      return mixer_fail(error, setting->is_gain ? "--gain" : "--lowpass",
                        "there is no input %zu; they are 1 to %zu", setting->input,
                        out->input_count);
    struct mixer_input_options *const input = &out->inputs[setting->input - 1];
    if (setting->is_gain)
      input->gain = setting->value;
    else
      input->lowpass_hz = setting->value;
  }
  return 0;
}

static int finish(struct reading *reading, int argc, char **argv, struct mixer_error *error) {
  struct mixer_options *const out = &reading->options;
  for (int i = optind; i < argc; i++)
    out->inputs[out->input_count++] = (struct mixer_input_options){.path = argv[i], .gain = 1};
  if (out->input_count == 0)
    return mixer_fail(error, "usage", "no input is named (see mixer --help)");
  if (!out->output_path)
    return mixer_fail(error, "usage", "-o OUT.wav is missing (see mixer --help)");
  return apply_settings(reading, error);
}

/* Everything on the command line; `reading` has room for all of it. */
static enum mixer_options_result read_all(struct reading *reading, int argc, char **argv,
                                          struct mixer_error *error) {
  static struct example_reading words; /* an error's name may lie in it */
  words = (struct example_reading){.command = &mixer_command, .argc = argc, .argv = argv};
  switch (example_options_take(&words, reading)) {
  case EXAMPLE_OPTIONS_DONE:
    return MIXER_OPTIONS_HELP;
  case EXAMPLE_OPTIONS_WRONG:
    (void)mixer_fail(error, words.name, "%s", words.error.text);
    return MIXER_OPTIONS_WRONG;
  default:
    return finish(reading, argc, argv, error) == 0 ? MIXER_OPTIONS_RUN : MIXER_OPTIONS_WRONG;
  }
}

enum mixer_options_result mixer_options_parse(struct mixer_options *out, int argc, char **argv,
                                              struct mixer_error *error) {
  struct reading reading = {.options = {.round_frames = MIXER_FRAMES_DEFAULT}};
  enum mixer_options_result result = MIXER_OPTIONS_WRONG;
  /* No word of the command line is more than one input or one setting. */
  reading.options.inputs = calloc((size_t)argc + 1, sizeof *reading.options.inputs);
  reading.settings = calloc((size_t)argc + 1, sizeof *reading.settings);
  if (reading.options.inputs && reading.settings)
    result = read_all(&reading, argc, argv, error);
  else
    mixer_fail(error, "usage", "out of memory");
  free(reading.settings);
  *out = reading.options;
  return result;
}

void mixer_options_deinit(struct mixer_options *options) {
  free(options->inputs);
  *options = (struct mixer_options){0};
}
