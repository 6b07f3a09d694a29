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

#include "common/words.h"

const char mixer_options_usage[] =
    "usage: mixer [options] -o OUT.wav IN.wav...\n"
    "\n"
    "Mixes WAV files, mono or stereo and of one sample rate, in rounds of some frames at the speed "
    "at which\n"
    "they sound. The mix is as long as the longest input, stereo if any input is, and has 32-bit "
    "float samples,\n"
    "so that what is louder than full scale is not cut off.\n"
    "\n"
    "  -o, --output FILE    where to write the mix; - is standard output, which gets it when it is "
    "complete,\n"
    "                       and all else that is printed there goes to standard error then\n"
    "      --gain I=G       multiply input I, counted from 1, by G (default 1)\n"
    "      --lowpass I=HZ   take away what is above HZ in input I\n"
    "      --frames N       frames to a round (default 480)\n"
    "      --fast           one round after the other, as fast as can be\n"
    "  -w, --workers N      worker threads; 0, the default: as many as this process may use\n"
    "      --serial         by a plain loop without rounds and workers, for comparison: it is to "
    "write the\n"
    "                       same file\n"
    "      --report FORM[:FILE] write where the time went, as table, json, csv, trace, perfetto, "
    "html or\n"
    "                       prometheus; without a file, to standard output\n"
    "      --help           print this\n"
    "\n"
    "Ctrl-C ends it, and no file is written.\n"
    "Exit code: 0, 1 when something failed, 2 for a wrong command line, 130 after Ctrl-C.\n";

enum long_only {
  OPTION_GAIN = 256,
  OPTION_LOWPASS,
  OPTION_FRAMES,
  OPTION_FAST,
  OPTION_SERIAL,
  OPTION_REPORT,
  OPTION_HELP
};

static const struct option long_options[] = {
    {"output", required_argument, NULL, 'o'},
    {"workers", required_argument, NULL, 'w'},
    {"gain", required_argument, NULL, OPTION_GAIN},
    {"lowpass", required_argument, NULL, OPTION_LOWPASS},
    {"frames", required_argument, NULL, OPTION_FRAMES},
    {"fast", no_argument, NULL, OPTION_FAST},
    {"serial", no_argument, NULL, OPTION_SERIAL},
    {"report", required_argument, NULL, OPTION_REPORT},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

/* For one input: I=VALUE. */
struct setting {
  int option; /* OPTION_GAIN or OPTION_LOWPASS */
  size_t input;
  double value;
};

/* What is known while reading. */
struct reading {
  struct mixer_options *out;
  struct setting *settings;
  size_t setting_count;
  struct mixer_error *error;
};

static const char *setting_name(int option) {
  return option == OPTION_GAIN ? "--gain" : "--lowpass";
}

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

static int parse_number(size_t *out, const char *text, size_t most, struct mixer_error *error) {
  const char *end;
  if (!read_number(out, text, most, &end) || *end != '\0')
    return mixer_fail(error, error->name, "'%.40s' is not a number", text);
  if (*out > most)
    return mixer_fail(error, error->name, "%.40s is too large; at most %zu", text, most);
  return 0;
}

/* strtod takes more than is wanted here, such as leading spaces and "nan"; what is not finite is
 * left to it, so that the message can be the same. */
static int parse_value(double *out, const char *text, struct mixer_error *error) {
  char *end;
  *out = strtod(text, &end);
  if (end == text || *end != '\0' || isspace((unsigned char)*text) || !isfinite(*out))
    return mixer_fail(error, error->name, "'%.40s' is not a finite number", text);
  return 0;
}

static int check_value(const struct setting *setting, const char *text, struct mixer_error *error) {
  if (setting->option == OPTION_GAIN && fabs(setting->value) > MIXER_GAIN_MAX)
    return mixer_fail(error, error->name, "%.40s is too large; at most %.0f", text, MIXER_GAIN_MAX);
  if (setting->option == OPTION_LOWPASS && setting->value <= 0)
    return mixer_fail(error, error->name, "%.40s Hz is not above 0", text);
  return 0;
}

static int parse_setting(struct reading *reading, int option, const char *text) {
  struct setting *const setting = &reading->settings[reading->setting_count];
  struct mixer_error *const error = reading->error;
  const char *end;
  *setting = (struct setting){.option = option};
  if (!read_number(&setting->input, text, SIZE_MAX / 16, &end) || *end != '=')
    return mixer_fail(error, error->name, "'%.40s' is not INPUT=%s", text,
                      option == OPTION_GAIN ? "GAIN" : "HZ");
  if (parse_value(&setting->value, end + 1, error) != 0 ||
      check_value(setting, end + 1, error) != 0)
    return -1;
  reading->setting_count++;
  return 0;
}

static int parse_option(struct reading *reading, int option, const char *text) {
  struct mixer_options *const out = reading->out;
  struct mixer_error *const error = reading->error;
  size_t number = 0;
  switch (option) {
  case 'o':
    out->output_path = text;
    return 0;
  case 'w':
    if (parse_number(&number, text, SYNCHED_WORKERS_MAX, error) != 0)
      return -1;
    out->worker_count = (unsigned)number;
    return 0;
  case OPTION_FRAMES:
    if (parse_number(&out->round_frames, text, MIXER_FRAMES_MAX, error) != 0)
      return -1;
    return out->round_frames > 0 ? 0 : mixer_fail(error, error->name, "a round needs a frame");
  case OPTION_FAST:
    out->fast = true;
    return 0;
  case OPTION_REPORT:
    out->report = text;
    return 0;
  case OPTION_SERIAL:
    out->serial = true;
    return 0;
  default:
    return parse_setting(reading, option, text);
  }
}

static int accept_option(struct reading *reading, int option, char **argv) {
  struct mixer_error *const error = reading->error;
  static char name[EXAMPLE_OPTION_BYTES];
  error->name = example_option_name(option, argv, long_options, name);
  if (option == ':')
    return mixer_fail(error, error->name, "a value is missing (see mixer --help)");
  if (option == '?')
    return mixer_fail(error, error->name, "there is no such option (see mixer --help)");
  return parse_option(reading, option, optarg);
}

/* The settings, now that it is known which inputs there are. */
static int apply_settings(struct reading *reading) {
  struct mixer_options *const out = reading->out;
  for (size_t i = 0; i < reading->setting_count; i++) {
    const struct setting *const setting = &reading->settings[i];
    if (setting->input == 0 || setting->input > out->input_count)
      return mixer_fail(reading->error, setting_name(setting->option),
                        "there is no input %zu; they are 1 to %zu", setting->input,
                        out->input_count);
    struct mixer_input_options *const input = &out->inputs[setting->input - 1];
    if (setting->option == OPTION_GAIN)
      input->gain = setting->value;
    else
      input->lowpass_hz = setting->value;
  }
  return 0;
}

static int finish(struct reading *reading, int argc, char **argv) {
  struct mixer_options *const out = reading->out;
  for (int i = optind; i < argc; i++)
    out->inputs[out->input_count++] = (struct mixer_input_options){.path = argv[i], .gain = 1};
  if (out->input_count == 0)
    return mixer_fail(reading->error, "usage", "no input is named (see mixer --help)");
  if (!out->output_path)
    return mixer_fail(reading->error, "usage", "-o OUT.wav is missing (see mixer --help)");
  return apply_settings(reading);
}

/* Everything on the command line; `reading` has room for all of it. */
static enum mixer_options_result read_all(struct reading *reading, int argc, char **argv) {
  optind = 0; /* from the start, also when this is not the first command line */
  opterr = 0; /* getopt's own messages are not in our form */
  for (int option; (option = getopt_long(argc, argv, ":o:w:", long_options, NULL)) != -1;) {
    if (option == OPTION_HELP)
      return MIXER_OPTIONS_HELP;
    if (accept_option(reading, option, argv) != 0)
      return MIXER_OPTIONS_WRONG;
  }
  return finish(reading, argc, argv) == 0 ? MIXER_OPTIONS_RUN : MIXER_OPTIONS_WRONG;
}

enum mixer_options_result mixer_options_parse(struct mixer_options *out, int argc, char **argv,
                                              struct mixer_error *error) {
  struct reading reading = {.out = out, .error = error};
  enum mixer_options_result result = MIXER_OPTIONS_WRONG;
  *out = (struct mixer_options){.round_frames = MIXER_FRAMES_DEFAULT};
  /* No word of the command line is more than one input or one setting. */
  out->inputs = calloc((size_t)argc + 1, sizeof *out->inputs);
  reading.settings = calloc((size_t)argc + 1, sizeof *reading.settings);
  if (out->inputs && reading.settings)
    result = read_all(&reading, argc, argv);
  else
    mixer_fail(error, "usage", "out of memory");
  free(reading.settings);
  return result;
}

void mixer_options_deinit(struct mixer_options *options) {
  free(options->inputs);
  *options = (struct mixer_options){0};
}
