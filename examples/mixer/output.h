/*
 * output.h: the WAV file that is written, which appears complete or not at all.
 *
 * It is written under another name beside the wanted one, which it gets at the end. What is not
 * a regular file, such as /dev/null, cannot be replaced like that and is written directly; it
 * must be able to seek, since the header is completed last. What is to go to standard output,
 * "-", goes to a temporary file first, for that reason.
 */
#ifndef MIXER_OUTPUT_H
#define MIXER_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sndfile.h>

#include "error.h"

/* What is to be written. */
struct mixer_output_format {
  unsigned channel_count;
  unsigned rate_hz;
  uint64_t frame_count;
};

struct mixer_output {
  const char *name; /* as on the command line, or what standard output is called */
  bool to_stdout;
  char *path;      /* where it will be: `name` with symbolic links followed */
  char *temporary; /* NULL: written directly */
  SNDFILE *file;
  int descriptor;
  struct mixer_output_format format;
  uint64_t frames_written;
};

/* Opens. 0, to be ended by one of the two last below; or -1 and why, with nothing left behind. */
int mixer_output_open(struct mixer_output *out, const char *name,
                      const struct mixer_output_format *format, struct mixer_error *error);

/* Writes the next frames. 0; or -1 and why: the disk is full, or a sum has become so large that a
 * float cannot hold it. May wait for the disk. */
int mixer_output_write(struct mixer_output *output, const float *samples, size_t frames,
                       struct mixer_error *error);

/* Closes, and gives the file its name. 0; or -1 and why: then an old file is unchanged. */
int mixer_output_commit(struct mixer_output *output, struct mixer_error *error);

/* Closes and forgets: no file is left, and an old one is unchanged. */
void mixer_output_discard(struct mixer_output *output);

#endif
