/*
 * broadcast.h: a message that all clients are sent, whenever their connections can take it: only
 * the newest one, and without a copy for each of them.
 */
#ifndef DASHBOARD_BROADCAST_H
#define DASHBOARD_BROADCAST_H

#include <stddef.h>
#include <stdint.h>

#include "websocket.h"

/* A message on its way. It is not written any more while others than its broadcast refer to it. */
struct dashboard_message {
  size_t reference_count;
  size_t head_bytes, byte_count;
  unsigned char head[DASHBOARD_WEBSOCKET_HEAD_BYTES_MAX];
  unsigned char bytes[];
};

struct dashboard_broadcast {
  enum wslay_opcode kind; /* text or binary */
  size_t bytes_max;
  struct dashboard_message *newest; /* NULL: there was none yet */
  uint64_t serial;                  /* of its content; 0: there is none yet */
};

/* Where the next message is to be written, `bytes_max` bytes at most; NULL: out of memory, and the
 * newest one stays. It must be finished with dashboard_broadcast_publish before the loop goes on.
 * */
unsigned char *dashboard_broadcast_bytes(struct dashboard_broadcast *broadcast);

/* So many bytes are the newest message. */
void dashboard_broadcast_publish(struct dashboard_broadcast *broadcast, size_t byte_count);

struct dashboard_message *dashboard_message_retain(struct dashboard_message *message);

/* NULL is none. */
void dashboard_message_release(struct dashboard_message *message);

#endif
