/*
 * header.h: what a WAV file says of its samples, and where they are.
 */
#ifndef MIXER_HEADER_H
#define MIXER_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define MIXER_FORMAT_BYTES_MAX 1024
#define MIXER_NOTES_MAX 3
#define MIXER_NOTE_BYTES 200

struct mixer_header {
  bool big_first;                               /* "RIFX": numbers begin with their highest byte */
  unsigned char format[MIXER_FORMAT_BYTES_MAX]; /* the chunk "fmt ", as it is */
  size_t format_bytes;                          /* 0: none has been found */
  unsigned channel_count, rate_hz;              /* from it, 1 or more */
  /* Of a frame; of a block of them, or 1, where those are packed. */
  unsigned block_bytes;
  bool packed;
  /* How many frames there are when they are unpacked, as the chunk "fact" has it. */
  bool fact_known;
  uint32_t fact_frames;
  uint64_t data_begin, data_bytes; /* in the file; whole blocks */
  size_t note_count;
  char notes[MIXER_NOTES_MAX][MIXER_NOTE_BYTES]; /* what is read otherwise than it is announced */
};

/* Reads all chunks of an open file. 0; or -1 and why: it is no WAV file, has no samples or
 * several chunks of them, is cut off, or contradicts itself. A file whose writer did not know
 * the length when it wrote the header, or was interrupted before it could complete it, is read
 * to its end. */
int mixer_header_read(struct mixer_header *out, int file, const char *path,
                      struct mixer_error *error);

#endif
