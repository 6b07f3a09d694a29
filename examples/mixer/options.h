/*
 * options.h: the command line.
 */
#ifndef MIXER_OPTIONS_H
#define MIXER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/options.h"
#include "error.h"

#define MIXER_FRAMES_DEFAULT 480
#define MIXER_FRAMES_MAX 65536
#define MIXER_GAIN_MAX 1e6 /* 120 dB, either sign */

struct mixer_input_options {
  const char *path;
  double gain;       /* 1: as it is */
  double lowpass_hz; /* 0: no filter */
};

struct mixer_options {
  struct mixer_input_options *inputs; /* [input_count] */
  size_t input_count;
  const char *output_path;
  size_t round_frames;
  unsigned worker_count; /* 0: the pool decides */
  bool fast;             /* round after round, without a period */
  const char *report;    /* FORM[:FILE]; NULL: none */
  bool serial;           /* by a plain loop, without the engine */
};

enum mixer_options_result {
  MIXER_OPTIONS_RUN,
  MIXER_OPTIONS_HELP, /* was asked for */
  MIXER_OPTIONS_WRONG /* *error says what */
};

/* Reads the command line; the strings stay the caller's. To be ended with mixer_options_deinit,
 * whatever the result. */
enum mixer_options_result mixer_options_parse(struct mixer_options *out, int argc, char **argv,
                                              struct mixer_error *error);

void mixer_options_deinit(struct mixer_options *options);

/* Its options, of which --help tells. */
extern const struct example_command mixer_command;

#endif
