/*
 * connection.h: one connection, from its first byte to its last. For server.c; all of it happens
 * on the loop's thread.
 *
 *   RESERVED --a byte--> ASKING --judged--> ANSWERING --sent--> LEAVING --> closed
 *                          |                                      ^
 *                          +---upgraded---> TALKING ---its end----+
 *
 * From each of them it may be closed at once: by an error, or by the server. In each but TALKING
 * it can stay for a bounded time.
 */
#ifndef DASHBOARD_CONNECTION_H
#define DASHBOARD_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "broadcast.h"
#include "head.h"
#include "response.h"
#include "server.h"
#include "websocket.h"

enum dashboard_stage {
  DASHBOARD_RESERVED = 0, /* nothing was asked; what blank lines there were ask for nothing */
  DASHBOARD_ASKING,       /* a part of a request is there */
  DASHBOARD_ANSWERING,    /* what still comes is dropped */
  DASHBOARD_LEAVING,      /* the same; no more will be sent */
  DASHBOARD_TALKING       /* it is a WebSocket */
};

struct dashboard_connection {
  uv_tcp_t tcp;
  uv_timer_t timer; /* ends the stage */
  unsigned handle_count;
  struct dashboard_server *server;
  struct dashboard_connection *older, *younger;
  enum dashboard_stage stage;
  bool reading, peer_ended;
  bool overdue; /* its time is over, but what has arrived by now still counts */
  struct dashboard_head head;
  struct dashboard_response response;
  struct dashboard_websocket socket;
  uint64_t state_serial, frame_serial; /* what it was sent last */
  bool writing;                        /* one thing at a time: `write` is in use */
  struct dashboard_message *message;   /* which is written; NULL: another thing is */
  uv_write_t write;
  uv_shutdown_t shutdown;
  unsigned char out[1024]; /* what is written of the WebSocket's own */
};

/* Takes over the descriptor; where that fails it is closed. */
void dashboard_connection_open(struct dashboard_server *server, int descriptor);

/* Nothing was asked on it, and no byte waits to be read. */
bool dashboard_connection_is_idle(const struct dashboard_connection *connection);

/* Sends a WebSocket what is due, if its connection can take it; of others, nothing. */
void dashboard_connection_go_on(struct dashboard_connection *connection);

/* Takes leave of a WebSocket as far as that can be done at once, and closes. */
void dashboard_connection_leave(struct dashboard_connection *connection);

/* At once. It is no longer the server's, and frees itself when the loop has closed its handles. */
void dashboard_connection_close(struct dashboard_connection *connection);

#endif
