/*
 * fuzz_source.h: bytes as the examples read files: in one block, or cut into blocks of any size.
 */
#ifndef SYNCHED_TESTS_FUZZ_SOURCE_H
#define SYNCHED_TESTS_FUZZ_SOURCE_H

#include <stdbool.h>

#include "common/source.h"
#include "fuzz.h"

/* Opens a file of these bytes; to be ended with example_source_close. */
void fuzz_source_open(struct example_source *out, const uint8_t *bytes, size_t count);

/* Opens a gzip file that has a part for every `part_bytes` of these bytes, so that the reader gets
 * them in blocks of that size. */
void fuzz_source_open_cut(struct example_source *out, const uint8_t *bytes, size_t count,
                          size_t part_bytes);

/* Whether these bytes, packed, are what they were: not where they are packed themselves, or none.
 * Then no difference may be seen between the two. */
bool fuzz_source_can_cut(const uint8_t *bytes, size_t count);

/* Fails unless both were refused with the same sentence about the same line, or neither was; what
 * is quoted of the line aside. */
void fuzz_source_check_same(int status, const struct example_error *error, int cut_status,
                            const struct example_error *cut_error);

#endif
