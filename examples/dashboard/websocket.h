/*
 * websocket.h: one client's WebSocket, as bytes that come in and bytes that go out; of connections
 * it knows nothing. wslay reads and checks the frames (RFC 6455), and answers pings and the end.
 */
#ifndef DASHBOARD_WEBSOCKET_H
#define DASHBOARD_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <wslay/wslay.h>

#include "command.h"
#include "state.h"

/* A text message of a client, of at most DASHBOARD_COMMAND_BYTES_MAX + 1 bytes. Writes what it is
 * to be answered, and returns the answer's bytes. On the loop's thread. */
typedef size_t (*dashboard_message_fn)(char reply[static DASHBOARD_REPLY_BYTES_MAX],
                                       const char *message, size_t byte_count, void *user);

struct dashboard_websocket {
  wslay_event_context_ptr context; /* NULL: none */
  dashboard_message_fn on_message;
  void *user;
  const unsigned char *in; /* what wslay has not read yet */
  size_t in_bytes;
  unsigned char *out; /* where it may write */
  size_t out_bytes, out_room;
  bool failed;          /* memory was lacking for an answer */
  bool in_message;      /* the frame that is read is part of one, not a ping or the like */
  bool is_text;         /* the message that arrives is */
  size_t message_bytes; /* of it; not counted beyond the room that there is */
  char message[DASHBOARD_COMMAND_BYTES_MAX + 1];
};

/* 0, to be ended with dashboard_websocket_destroy; or -1: out of memory. It must stay where it is.
 * */
int dashboard_websocket_create(struct dashboard_websocket *out, dashboard_message_fn on_message,
                               void *user);

/* What has arrived; messages that it completes are answered. 0; or -1: out of memory. */
int dashboard_websocket_read(struct dashboard_websocket *socket, const void *bytes,
                             size_t byte_count);

/* Writes what it has to say, answers, pongs and the end, as far as there is room. Returns the
 * bytes. */
size_t dashboard_websocket_write(struct dashboard_websocket *socket, unsigned char *out,
                                 size_t room);

/* It has something to say. */
bool dashboard_websocket_owes(const struct dashboard_websocket *socket);

/* Nothing is read any more: the client has taken its leave, or broken the rules. */
bool dashboard_websocket_ends(const struct dashboard_websocket *socket);

/* Takes leave: the program ends. */
void dashboard_websocket_leave(struct dashboard_websocket *socket);

void dashboard_websocket_destroy(struct dashboard_websocket *socket);

#define DASHBOARD_WEBSOCKET_HEAD_BYTES_MAX 10u

/* Writes the head of a frame that is a whole message from the server. Returns its bytes. */
size_t dashboard_websocket_head(unsigned char out[static DASHBOARD_WEBSOCKET_HEAD_BYTES_MAX],
                                enum wslay_opcode kind, size_t byte_count);

#endif
