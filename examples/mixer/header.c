/*
 * A WAV file is "RIFF", a length, "WAVE", and then chunks: four letters, a length of four bytes, and so many bytes,
 * padded to an even number. The samples are in the chunk "data". "RIFX" is the same with the lengths' bytes the other
 * way round. RF64, for more than 4 GiB, is left to libsndfile.
 */
#include "header.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define UNKNOWN_LENGTH                                                                             \
  UINT32_C(0x7ffff000) /* programs that write to a pipe put in this or more: nobody knows yet */

static uint32_t length_at(const unsigned char *bytes, bool big_first) {
  uint32_t length = 0;
  for (unsigned i = 0; i < 4; i++)
    length |= (uint32_t)bytes[i] << 8 * (big_first ? 3 - i : i);
  return length;
}

/* From behind "WAVE" on. */
static int check_chunks(FILE *file, bool big_first, const char *path, struct mixer_error *error) {
  unsigned char head[8];
  struct stat status;
  if (fstat(fileno(file), &status) != 0)
    return mixer_fail(error, path, "cannot be read: %s", strerror(errno));
  while (fread(head, 1, sizeof head, file) == sizeof head) {
    const uint32_t length = length_at(head + 4, big_first);
    const off_t begin = ftello(file);
    if (memcmp(head, "data", 4) != 0) {
      if (begin < 0 || fseeko(file, begin + (off_t)length + (off_t)(length % 2), SEEK_SET) != 0)
        break;
      continue;
    }
    if (length < UNKNOWN_LENGTH && begin >= 0 && (off_t)length > status.st_size - begin)
      return mixer_fail(error, path,
                        "is cut off: %" PRIu32 " bytes of samples are announced, and %" PRIu64
                        " are there",
                        length, (uint64_t)(status.st_size - begin));
    return 0;
  }
  return 0; /* no samples: libsndfile will say so */
}

int mixer_header_check(const char *path, struct mixer_error *error) {
  unsigned char head[12];
  FILE *const file = fopen(path, "rb");
  int status = 0;
  if (!file)
    return mixer_fail(error, path, "cannot be read: %s", strerror(errno));
  if (fread(head, 1, sizeof head, file) == sizeof head && memcmp(head + 8, "WAVE", 4) == 0) {
    if (memcmp(head, "RIFF", 4) == 0)
      status = check_chunks(file, false, path, error);
    else if (memcmp(head, "RIFX", 4) == 0)
      status = check_chunks(file, true, path, error);
  }
  fclose(file);
  return status;
}
