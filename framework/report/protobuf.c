/*
 * protobuf.c: the wire format of Protocol Buffers ("Encoding", in its documentation): varints, and
 * tags of a field's number and how its value is written.
 *
 * The length of a message within the message comes before it, and is known behind it. Most are
 * shorter than 128 bytes, whose length is one byte, so one byte is kept free for it; a longer
 * message is moved on.
 */
#include "report/protobuf.h"

#include <string.h>

#include "base/assert.h"
#include "report/unicode.h"

enum wire { VARINT = 0, FIXED64 = 1, BYTES = 2 };

#define VARINT_BYTES_MAX 10u
#define VARINT_BITS 7u
#define VARINT_MORE 0x80u

static size_t encode_varint(unsigned char *to, uint64_t number) {
  size_t length = 0;
  for (; number >= VARINT_MORE; number >>= VARINT_BITS)
    to[length++] = (unsigned char)(number | VARINT_MORE);
  to[length++] = (unsigned char)number;
  return length;
}

static void append(struct synched__protobuf *message, const void *bytes, size_t count) {
  SYNCHED_ASSERT(count <= message->room - message->length);
  if (count > message->room - message->length)
    return;
  memcpy(message->bytes + message->length, bytes, count);
  message->length += count;
}

static void append_varint(struct synched__protobuf *message, uint64_t number) {
  unsigned char bytes[VARINT_BYTES_MAX];
  const size_t count = encode_varint(bytes, number);
  append(message, bytes, count);
}

static void append_tag(struct synched__protobuf *message, unsigned field, enum wire wire) {
  append_varint(message, (uint64_t)field << 3 | (unsigned)wire);
}

void synched__protobuf_number(struct synched__protobuf *message, unsigned field, uint64_t number) {
  append_tag(message, field, VARINT);
  append_varint(message, number);
}

void synched__protobuf_fixed(struct synched__protobuf *message, unsigned field, uint64_t number) {
  unsigned char bytes[sizeof number];
  for (size_t i = 0; i < sizeof bytes; i++)
    bytes[i] = (unsigned char)(number >> 8 * i); /* little-endian on every machine */
  append_tag(message, field, FIXED64);
  append(message, bytes, sizeof bytes);
}

size_t synched__protobuf_begin(struct synched__protobuf *message, unsigned field) {
  append_tag(message, field, BYTES);
  append(message, "", 1);
  return message->length;
}

void synched__protobuf_end(struct synched__protobuf *message, size_t begun) {
  unsigned char bytes[VARINT_BYTES_MAX];
  const size_t length = message->length - begun;
  const size_t count = encode_varint(bytes, length);
  SYNCHED_ASSERT(count - 1 <= message->room - message->length);
  if (count - 1 > message->room - message->length)
    return;
  if (count > 1)
    memmove(message->bytes + begun + count - 1, message->bytes + begun, length);
  memcpy(message->bytes + begun - 1, bytes, count);
  message->length += count - 1;
}

void synched__protobuf_text(struct synched__protobuf *message, unsigned field, const char *text) {
  const size_t begun = synched__protobuf_begin(message, field);
  while (*text != '\0') {
    const size_t length = synched__unicode_character(text);
    append(message, length == 0 ? "\xef\xbf\xbd" : text, length == 0 ? 3 : length);
    text += length == 0 ? 1 : length;
  }
  synched__protobuf_end(message, begun);
}

void synched__protobuf_bytes(struct synched__protobuf *message, unsigned field, const void *bytes,
                             size_t count) {
  append_tag(message, field, BYTES);
  append_varint(message, count);
  append(message, bytes, count);
}
