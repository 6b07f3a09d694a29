/*
 * source.h: the bytes of a text file, in large blocks, unpacked where the file is a gzip file.
 */
#ifndef EXAMPLE_SOURCE_H
#define EXAMPLE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"

struct z_stream_s; /* <zlib.h> */

struct example_source {
  int file;
  bool opened;          /* by us, and to be closed by us */
  bool ended;           /* the file has no more bytes */
  bool begun;           /* its first bytes have been looked at */
  bool gzip;            /* it began as gzip files do */
  bool in_member;       /* of a gzip file: a packed part has begun and not ended */
  bool repeated;        /* and it is not the first one */
  bool padded;          /* zero bytes have followed the last part */
  unsigned char *input; /* what was read of the file last */
  unsigned char *rest;  /* of it, what has not been used: rest_bytes */
  size_t rest_bytes;
  unsigned char *unpacked;
  struct z_stream_s *inflater; /* of a gzip file */
};

struct example_block {
  const unsigned char *bytes;
  size_t count;
};

/* Opens a file, or standard input for "-". 0, to be ended with example_source_close; or -1 and
 * why. */
int example_source_open(struct example_source *out, const char *path, struct example_error *error);

/* The next bytes, valid until the next call; a count of 0 is the end. A byte order mark of UTF-8
 * at the beginning is left out. 0; or -1 and why: the file cannot be read, is text in UTF-16, or
 * is a gzip file that is damaged, does not end as one should, or cannot be unpacked because the
 * program was built without zlib. */
int example_source_next(struct example_source *source, struct example_block *out,
                        struct example_error *error);

void example_source_close(struct example_source *source);

#endif
