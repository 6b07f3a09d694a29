/*
 * server.h: the pages, and the WebSocket of every client, on the program's own loop.
 *
 * There is one state and one frame, the newest of each, shared by all clients. A client is sent
 * one of them when its connection can take more, and then whichever is newest: one that is slow,
 * or reads nothing at all, misses some, and holds no more than a single message. Nobody waits for
 * it.
 *
 * Only what was asked is answered. A browser opens connections before it needs them; such a one is
 * closed without a word when a browser would not keep it any more, or, the oldest first, when
 * there would be too many.
 */
#ifndef DASHBOARD_SERVER_H
#define DASHBOARD_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "broadcast.h"
#include "route.h"
#include "websocket.h"

#define DASHBOARD_READ_BYTES_MAX 4096u /* at a time, of one connection */

struct dashboard_connection;

/* 0: as it is by default. */
struct dashboard_limits {
  size_t connections_max; /* 512; more are turned away */
  uint64_t idle_ms;       /* 10 minutes, for a connection on which nothing was asked */
  uint64_t request_ms;    /* 5 s, for a request that has begun to be complete */
  uint64_t answer_ms;     /* 30 s, for an answer to be taken */
  uint64_t leave_ms;      /* 2 s, for who was answered to close the connection */
};

struct dashboard_server {
  uv_loop_t *loop;
  struct dashboard_limits limits;
  struct dashboard_routes routes;
  dashboard_message_fn on_message;
  void *user;
  struct dashboard_broadcast state, frame;
  size_t client_count;     /* WebSockets */
  size_t connection_count; /* of all kinds */
  struct dashboard_connection *oldest, *youngest;
  bool closed;
  char bytes[DASHBOARD_READ_BYTES_MAX]; /* what has just arrived, of any connection */
};

/* What it is to be created with. */
struct dashboard_server_options {
  uv_loop_t *loop;
  struct dashboard_limits limits;
  struct dashboard_routes routes; /* its list stays the caller's */
  dashboard_message_fn on_message;
  void *user;
  size_t state_bytes_max, frame_bytes_max;
};

/* To be ended with dashboard_server_close and, when the loop has returned,
 * dashboard_server_destroy. The server must stay where it is. The process ignores SIGPIPE from now
 * on: libuv writes to connections that may be gone. */
void dashboard_server_init(struct dashboard_server *out,
                           const struct dashboard_server_options *options);

/* Takes over the descriptor of an accepted connection. */
void dashboard_server_adopt(struct dashboard_server *server, int descriptor);

/* Closes one connection that nobody needs: the oldest on which nothing was asked, or else the
 * oldest whose answer has been sent. False: there is none. */
bool dashboard_server_make_room(struct dashboard_server *server);

/* Has so many bytes of a broadcast, written where dashboard_broadcast_bytes says, sent to
 * everybody. Not from on_message. */
void dashboard_server_publish(struct dashboard_server *server,
                              struct dashboard_broadcast *broadcast, size_t byte_count);

/* Begins to close all connections; nobody is served from then on. Not from on_message. */
void dashboard_server_close(struct dashboard_server *server);

/* After the loop has closed everything. */
void dashboard_server_destroy(struct dashboard_server *server);

#endif
