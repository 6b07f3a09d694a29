/*
 * view.h: a WAV file as libsndfile gets to see it: what its samples are, and those; nothing else.
 *
 * So it has nothing to find out for itself, and what it finds is what mixer_header_read has found.
 */
#ifndef MIXER_VIEW_H
#define MIXER_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include <sndfile.h>

#include "header.h"

#define MIXER_VIEW_HEAD_BYTES_MAX (MIXER_FORMAT_BYTES_MAX + 96)

struct mixer_view {
  int file;
  int failure; /* the errno of a read that failed; 0: none has */
  unsigned char head[MIXER_VIEW_HEAD_BYTES_MAX];
  size_t head_bytes;
  uint64_t data_begin, data_bytes; /* in the file; in the view they are behind `head` */
  uint64_t position;
};

/* Makes the view of an open file, which stays the caller's. */
void mixer_view_init(struct mixer_view *out, int file, const struct mixer_header *header);

/* Opens it. NULL where libsndfile cannot read what the samples are: sf_strerror(NULL) says why.
 * The view stays where it is until the file has been closed. */
SNDFILE *mixer_view_open(struct mixer_view *view, SF_INFO *info);

#endif
