/*
 * protobuf.h: messages in the wire format of Protocol Buffers (internal).
 *
 * A message is a row of fields, in any order, each with its number. How the fields are named and
 * typed is in nobody's bytes: that is agreed upon elsewhere, in a .proto file. So to write one
 * takes no more than this.
 *
 * The buffer is the caller's, and large enough for any message that it writes: that is asserted,
 * and what has no room is left out.
 */
#ifndef SYNCHED_REPORT_PROTOBUF_H
#define SYNCHED_REPORT_PROTOBUF_H

#include <stddef.h>
#include <stdint.h>

struct synched__protobuf {
  /* [room] */
  unsigned char *bytes;
  size_t length, room;
};

/* An integer, an enumerator, or a bool. */
void synched__protobuf_number(struct synched__protobuf *message, unsigned field, uint64_t number);

/* A fixed64. */
void synched__protobuf_fixed(struct synched__protobuf *message, unsigned field, uint64_t number);

/* A string. Any bytes: what is no UTF-8 becomes U+FFFD. */
void synched__protobuf_text(struct synched__protobuf *message, unsigned field, const char *text);

/* The same of bytes that are UTF-8. */
void synched__protobuf_bytes(struct synched__protobuf *message, unsigned field, const void *bytes,
                             size_t count);

/* A message within the message: what is written between the two. begin returns what end wants. */
size_t synched__protobuf_begin(struct synched__protobuf *message, unsigned field);
void synched__protobuf_end(struct synched__protobuf *message, size_t begun);

#endif
