/*
 * server.h: the page, and the WebSocket of every client, by libwebsockets on the program's own loop.
 *
 * There is one state and one frame, the newest of each, shared by all clients. A client is sent one of
 * them when its connection can take more, and then whichever is newest: one that is slow, or reads
 * nothing at all, misses some, and holds no more than what is left of a single message. Nobody waits
 * for it.
 */
#ifndef DASHBOARD_SERVER_H
#define DASHBOARD_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include <libwebsockets.h>
#include <uv.h>

#include "common/error.h"
#include "state.h"

#define DASHBOARD_CONNECTIONS_MAX 512u /* more are turned away */

/* A text message of a client, of at most DASHBOARD_COMMAND_BYTES_MAX + 1 bytes. Writes what it is to be
 * answered, and returns the answer's bytes. On the loop's thread. */
typedef size_t (*dashboard_message_fn)(char reply[static DASHBOARD_REPLY_BYTES_MAX],
                                       const char *message, size_t byte_count, void *user);

/* A message for all, behind the room that libwebsockets needs in front of it. */
struct dashboard_broadcast {
  unsigned char *block;
  size_t byte_count;
  uint64_t serial; /* of its content; 0: there is none yet */
};

struct dashboard_server {
  struct lws_context *context;
  struct lws_token_limits limits; /* of a header; what is longer is cut, and then judged as it is */
  dashboard_message_fn on_message;
  void *user;
  struct dashboard_broadcast state, frame;
  size_t client_count;     /* WebSockets */
  size_t connection_count; /* of all kinds */
};

/* What it is to be created with. */
struct dashboard_server_options {
  uv_loop_t *loop;
  dashboard_message_fn on_message;
  void *user;
  size_t state_bytes_max, frame_bytes_max;
};

/* 0, to be ended with dashboard_server_close and, when the loop has returned, dashboard_server_destroy;
 * or -1 and why not. The server must stay where it is. */
int dashboard_server_create(struct dashboard_server *out,
                            const struct dashboard_server_options *options,
                            struct example_error *error);

/* Takes over the descriptor of an accepted connection. */
void dashboard_server_adopt(struct dashboard_server *server, int descriptor);

/* Where the next state or frame is to be written. */
unsigned char *dashboard_broadcast_bytes(const struct dashboard_broadcast *broadcast);

/* Has so many bytes of it sent to everybody. */
void dashboard_server_publish(struct dashboard_server *server,
                              struct dashboard_broadcast *broadcast, size_t byte_count);

/* Begins to close all connections; nobody is served from then on. Not from on_message. */
void dashboard_server_close(struct dashboard_server *server);

/* After the loop has closed everything. */
void dashboard_server_destroy(struct dashboard_server *server);

#endif
