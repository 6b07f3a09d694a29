/*
 * packed.h: a text in the forms in which a file may hold it.
 */
#ifndef SYNCHED_TESTS_PACKED_H
#define SYNCHED_TESTS_PACKED_H

#include <criterion/criterion.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

/* In what form a text gets into the file. GZIP_BYTES makes a packed part of every byte, so that the
 * reader gets blocks of one byte each. */
enum packing { PLAIN, GZIP, GZIP_BYTES, PACKINGS };

/* The text as one part of a gzip file, behind the *count bytes that are there. */
static inline void pack(unsigned char *out, size_t *count, const char *text, size_t bytes) {
  z_stream stream = {0};
  cr_assert_eq(deflateInit2(&stream, 1, Z_DEFLATED, 16 + 9, 1, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = (unsigned char *)(uintptr_t)text;
  stream.avail_in = (uInt)bytes;
  stream.next_out = out + *count;
  stream.avail_out = (uInt)(64 + 2 * bytes);
  cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
  *count += stream.total_out;
  deflateEnd(&stream);
}

/* What is in the file, to be freed. */
static inline unsigned char *packed(const char *text, size_t bytes, enum packing packing,
                                    size_t *count) {
  unsigned char *const out = malloc(64 + 128 * bytes);
  cr_assert_not_null(out);
  *count = 0;
  if (packing == GZIP) {
    pack(out, count, text, bytes);
  } else if (packing == GZIP_BYTES) {
    for (size_t i = 0; i < bytes; i++)
      pack(out, count, text + i, 1);
  } else {
    memcpy(out, text, bytes);
    *count = bytes;
  }
  return out;
}

#endif
