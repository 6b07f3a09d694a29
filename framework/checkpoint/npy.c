#include "checkpoint/npy.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

/* Magic, version, and the length of the text that follows. */
#define PREFIX_BYTES 10u
#define ALIGNMENT 64u
#define DTYPE_DIGITS_MAX 9u

/* The bytes of one number; 0: it is no dtype. */
static size_t bytes_of(const char *dtype) {
  size_t bytes = 0;
  const size_t length = strlen(dtype);
  if (length < 3 || length > 2 + DTYPE_DIGITS_MAX || strchr("<>|", dtype[0]) == NULL ||
      strchr("biufcSV", dtype[1]) == NULL)
    return 0;
  for (const char *at = dtype + 2; *at != '\0'; at++) {
    if (*at < '0' || *at > '9')
      return 0;
    bytes = bytes * 10 + (size_t)(*at - '0');
  }
  /* Only what has no byte order, for each byte stands for itself, goes without one. */
  const bool is_plain = bytes == 1 || dtype[1] == 'S' || dtype[1] == 'V';
  return (dtype[0] == '|') == is_plain ? bytes : 0;
}

int synched__npy_init(struct synched__npy *npy, const char *dtype, size_t element_size) {
  if (dtype == NULL) {
    (void)snprintf(npy->dtype, sizeof npy->dtype, element_size == 1 ? "|u1" : "|V%zu",
                   element_size);
    npy->row_length = 1;
    return 0;
  }
  const size_t bytes = bytes_of(dtype);
  if (bytes == 0)
    return synched__fail(SYNCHED_EINVAL,
                         "dtype \"%.40s\" is none; there are <f8, <i4, |u1, |V12 and so on", dtype);
  if (element_size % bytes != 0)
    return synched__fail(SYNCHED_EINVAL, "dtype \"%s\" has %zu bytes, and an element %zu", dtype,
                         bytes, element_size);
  (void)snprintf(npy->dtype, sizeof npy->dtype, "%s", dtype);
  npy->row_length = element_size / bytes;
  return 0;
}

size_t synched__npy_head(char head[SYNCHED__NPY_BYTES], const struct synched__npy *npy,
                         size_t element_count) {
  static const char magic[] = {'\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0};
  char *text = head + PREFIX_BYTES;
  const size_t room = SYNCHED__NPY_BYTES - PREFIX_BYTES;
  size_t length =
      (size_t)snprintf(text, room, "{'descr': '%s', 'fortran_order': False, 'shape': (%zu,",
                       npy->dtype, element_count);
  if (npy->row_length != 1)
    length += (size_t)snprintf(text + length, room - length, " %zu", npy->row_length);
  length += (size_t)snprintf(text + length, room - length, "), }");
  /* Spaces, and the line's end. */
  const size_t bytes = (PREFIX_BYTES + length + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  memset(text + length, ' ', bytes - PREFIX_BYTES - length);
  head[bytes - 1] = '\n';
  memcpy(head, magic, sizeof magic);
  head[8] = (char)((bytes - PREFIX_BYTES) & 0xff);
  head[9] = (char)((bytes - PREFIX_BYTES) >> 8);
  return bytes;
}
