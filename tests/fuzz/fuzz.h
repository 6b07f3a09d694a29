/*
 * fuzz.h: what the targets have in common.
 *
 * A target is a program that libFuzzer calls again and again with bytes that it makes up. It hands
 * them to one reader and checks what the reader's header promises. What is wrong ends the program,
 * and run.sh shows the bytes.
 */
#ifndef SYNCHED_TESTS_FUZZ_H
#define SYNCHED_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Prints what was wrong, and ends the program as a crash does. */
noreturn void fuzz_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define FUZZ_CHECK(condition, ...)                                                                 \
  do {                                                                                             \
    if (!(condition))                                                                              \
      fuzz_fail(__VA_ARGS__);                                                                      \
  } while (0)

/* Fails unless it is a sentence of one line: some bytes, and no control character among them. */
void fuzz_check_line(const char *text);

/* The same of one that quotes bytes as they are, because whoever prints it makes them harmless: no
 * line ends in it. */
void fuzz_check_raw_line(const char *text);

/* Fails unless the status is 0, or is negative and the library's sentence is a line. */
void fuzz_check_status(int status);

/* What is left of the bytes. Where there are no more, zeros are taken. */
struct fuzz_bytes {
  const uint8_t *at;
  size_t left;
};
void fuzz_take(struct fuzz_bytes *bytes, void *out, size_t count);
uint8_t fuzz_take_byte(struct fuzz_bytes *bytes);

/* A copy with a 0 at its end, to be freed. The memory ends there, so that a sanitizer sees who
 * reads on. */
char *fuzz_text(const void *bytes, size_t count);

/* The path of a file that has these bytes, until the next call. */
const char *fuzz_file(const void *bytes, size_t count);

#endif
