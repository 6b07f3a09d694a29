/*
 * source.h: the bytes of a file, in large blocks, unpacked where the file is a gzip file.
 */
#ifndef PAGERANK_SOURCE_H
#define PAGERANK_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include <zlib.h>

#include "common/error.h"

struct pagerank_source {
  int file;
  bool opened;          /* by us, and to be closed by us */
  bool ended;           /* the file has no more bytes */
  bool gzip;            /* it began as gzip files do */
  bool in_member;       /* of a gzip file: a packed part has begun and not ended */
  unsigned char *input; /* what was read of the file last */
  unsigned char *unpacked;
  z_stream inflater; /* of a gzip file; its next_in and avail_in are the rest of `input` */
};

struct pagerank_block {
  const unsigned char *bytes;
  size_t count;
};

/* Opens a file, or standard input for "-". 0, to be ended with pagerank_source_close; or -1 and
 * why. */
int pagerank_source_open(struct pagerank_source *out, const char *path,
                         struct example_error *error);

/* The next bytes, valid until the next call; a count of 0 is the end. 0; or -1 and why: the file
 * cannot be read, or is a gzip file that is damaged or does not end as one should. */
int pagerank_source_next(struct pagerank_source *source, struct pagerank_block *out,
                         struct example_error *error);

void pagerank_source_close(struct pagerank_source *source);

#endif
