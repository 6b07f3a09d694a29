/*
 * input.h: a WAV file that is read block by block.
 */
#ifndef MIXER_INPUT_H
#define MIXER_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include <sndfile.h>

#include "error.h"
#include "header.h"
#include "view.h"

struct mixer_input {
  const char *path; /* the caller's */
  int descriptor;
  SNDFILE *file;
  struct mixer_view *view; /* what `file` reads */
  struct mixer_header header;
  uint64_t frame_count;
  uint64_t position; /* the next frame to be read */
  unsigned channel_count;
  unsigned rate_hz;
};

/* Opens a file. 0, to be ended with mixer_input_close, with header.notes about what is read
 * otherwise than it is announced; or -1 and why: it cannot be read, is not a WAV file, is
 * damaged, or has more than two channels. */
int mixer_input_open(struct mixer_input *out, const char *path, struct mixer_error *error);

/* Reads the next frames: `frames` times the channel count samples. Behind the end of the file there
 * is silence. 0; or -1 and why: reading failed, or a sample is not a finite number. May wait for
 * the disk. */
int mixer_input_read(struct mixer_input *input, float *out, size_t frames,
                     struct mixer_error *error);

void mixer_input_close(struct mixer_input *input);

#endif
