/*
 * mixer_wav.c: the example mixer reads WAV files: what it takes for one has samples where it says,
 * and can be read to its end, or a sentence says why not.
 */
#include <math.h>
#include <stdlib.h>

#include "fuzz.h"
#include "input.h"

#define BLOCK_FRAMES 480u
#define FRAMES_MOST 100000u /* that are read of a file: packed ones have many in few bytes */

static void check_header(const struct mixer_header *header, size_t file_bytes) {
  FUZZ_CHECK(header->channel_count >= 1 && header->channel_count <= 2, "%u channels",
             header->channel_count);
  FUZZ_CHECK(header->rate_hz >= 1 && header->block_bytes >= 1, "there is no rate or no block");
  FUZZ_CHECK(header->data_begin <= file_bytes &&
                 header->data_bytes <= file_bytes - header->data_begin,
             "the samples are not in the file");
  FUZZ_CHECK(header->data_bytes % header->block_bytes == 0, "there is a part of a block");
  FUZZ_CHECK(header->note_count <= MIXER_NOTES_MAX, "%zu notes", header->note_count);
  for (size_t i = 0; i < header->note_count; i++)
    fuzz_check_line(header->notes[i]);
}

static void read_frames(struct mixer_input *input) {
  float *samples = calloc((size_t)BLOCK_FRAMES * input->channel_count, sizeof *samples);
  struct mixer_error error;
  FUZZ_CHECK(samples != NULL, "no memory");
  while (input->position < input->frame_count && input->position < FRAMES_MOST) {
    if (mixer_input_read(input, samples, BLOCK_FRAMES, &error) != 0) {
      fuzz_check_line(error.text);
      break;
    }
    for (size_t i = 0; i < (size_t)BLOCK_FRAMES * input->channel_count; i++)
      FUZZ_CHECK(isfinite(samples[i]), "a sample is no number");
  }
  free(samples);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct mixer_input input;
  struct mixer_error error = {"", ""};
  if (mixer_input_open(&input, fuzz_file(data, size), &error) != 0) {
    fuzz_check_line(error.text);
    return 0;
  }
  check_header(&input.header, size);
  read_frames(&input);
  mixer_input_close(&input);
  return 0;
}
