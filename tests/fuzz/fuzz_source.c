#include "fuzz_source.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define HEAD_BYTES 15 /* of a packed part: gzip's ten, and five of a block that is not compressed */
#define TAIL_BYTES 8  /* its check sum and its length */

void fuzz_source_open(struct example_source *out, const uint8_t *bytes, size_t count) {
  struct example_error error;
  FUZZ_CHECK(example_source_open(out, fuzz_file(bytes, count), &error) == 0, "%s", error.text);
}

static uint8_t *put_number(uint8_t *to, uint32_t number, unsigned count) {
  for (unsigned i = 0; i < count; i++)
    *to++ = (uint8_t)(number >> 8 * i);
  return to;
}

static uint8_t *put_part(uint8_t *to, const uint8_t *bytes, size_t count) {
  static const uint8_t head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1};
  memcpy(to, head, sizeof head);
  to = put_number(to + sizeof head, (uint32_t)count, 2);
  to = put_number(to, ~(uint32_t)count, 2);
  memcpy(to, bytes, count);
  to = put_number(to + count, (uint32_t)crc32(0, bytes, (uInt)count), 4);
  return put_number(to, (uint32_t)count, 4);
}

void fuzz_source_open_cut(struct example_source *out, const uint8_t *bytes, size_t count,
                          size_t part_bytes) {
  const size_t part_count = (count + part_bytes - 1) / part_bytes;
  uint8_t *packed = malloc(count + part_count * (HEAD_BYTES + TAIL_BYTES));
  FUZZ_CHECK(packed != NULL && part_bytes <= UINT16_MAX, "no memory");
  uint8_t *to = packed;
  for (size_t at = 0; at < count; at += part_bytes)
    to = put_part(to, bytes + at, count - at < part_bytes ? count - at : part_bytes);
  fuzz_source_open(out, packed, (size_t)(to - packed));
  free(packed);
}

bool fuzz_source_can_cut(const uint8_t *bytes, size_t count) {
  return count > 0 && (count < 2 || bytes[0] != 0x1f || bytes[1] != 0x8b);
}

/* What is quoted of a line goes to the end of its block only, so it may differ. */
static bool is_same_sentence(const char *a, const char *b) {
  const size_t length = strcspn(a, "\"");
  return length == strcspn(b, "\"") && memcmp(a, b, length) == 0;
}

void fuzz_source_check_same(int status, const struct example_error *error, int cut_status,
                            const struct example_error *cut_error) {
  FUZZ_CHECK(status == cut_status, "in one block it is %d, and cut it is %d: %s", status,
             cut_status, status != 0 ? error->text : cut_error->text);
  if (status != 0)
    FUZZ_CHECK(error->line == cut_error->line && is_same_sentence(error->text, cut_error->text),
               "in one block it is '%zu: %s', and cut it is '%zu: %s'", error->line, error->text,
               cut_error->line, cut_error->text);
}
