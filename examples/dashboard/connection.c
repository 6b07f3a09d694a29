/*
 * What a client is still owed is known by comparing serials, so nothing is queued for anybody. The
 * only things of a client's own are answers to what it sends, and nothing more is read from it
 * until they are on their way: so there are never more of them than one read can bring.
 */
#include "connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEEPALIVE_SECONDS 30 /* after which a silent peer is asked whether it lives */
#define KEEPALIVE_PROBES 3

static void on_timer(uv_timer_t *timer);
static void on_read(uv_stream_t *stream, ssize_t byte_count, const uv_buf_t *buffer);

/* --- its life --- */

static bool is_closed(const struct dashboard_connection *connection) {
  return uv_is_closing((const uv_handle_t *)&connection->tcp) != 0;
}

static void on_handle_closed(uv_handle_t *handle) {
  struct dashboard_connection *const connection = handle->data;
  if (--connection->handle_count > 0)
    return;
  dashboard_websocket_destroy(&connection->socket);
  dashboard_response_release(&connection->response);
  dashboard_message_release(connection->message);
  free(connection);
}

static void enter_list(struct dashboard_connection *connection) {
  struct dashboard_server *const server = connection->server;
  connection->older = server->youngest;
  if (server->youngest)
    server->youngest->younger = connection;
  else
    server->oldest = connection;
  server->youngest = connection;
  server->connection_count++;
}

static void leave_list(struct dashboard_connection *connection) {
  struct dashboard_server *const server = connection->server;
  *(connection->older ? &connection->older->younger : &server->oldest) = connection->younger;
  *(connection->younger ? &connection->younger->older : &server->youngest) = connection->older;
  server->connection_count--;
}

void dashboard_connection_close(struct dashboard_connection *connection) {
  if (is_closed(connection))
    return;
  if (connection->stage == DASHBOARD_TALKING)
    connection->server->client_count--;
  leave_list(connection);
  uv_close((uv_handle_t *)&connection->tcp, on_handle_closed);
  uv_close((uv_handle_t *)&connection->timer, on_handle_closed);
}

/* Enters a stage that ends after so long; 0: it does not. */
static void enter(struct dashboard_connection *connection, enum dashboard_stage stage,
                  uint64_t bounded_ms) {
  struct dashboard_server *const server = connection->server;
  server->client_count += stage == DASHBOARD_TALKING;
  server->client_count -= connection->stage == DASHBOARD_TALKING;
  connection->stage = stage;
  connection->overdue = false;
  if (bounded_ms > 0)
    (void)uv_timer_start(&connection->timer, on_timer, bounded_ms, 0);
  else
    (void)uv_timer_stop(&connection->timer);
}

static void on_room_wanted(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
  struct dashboard_server *const server = ((struct dashboard_connection *)handle->data)->server;
  (void)suggested;
  *buffer = uv_buf_init(server->bytes, sizeof server->bytes);
}

static void read_on(struct dashboard_connection *connection, bool on) {
  uv_stream_t *const stream = (uv_stream_t *)&connection->tcp;
  if (on == connection->reading || connection->peer_ended)
    return;
  connection->reading = on;
  if (!on)
    (void)uv_read_stop(stream);
  else if (uv_read_start(stream, on_room_wanted, on_read) != 0)
    dashboard_connection_close(connection);
}

/* A peer that has vanished without a word is noticed, though nothing may ever be sent to it. */
static void set_options(int descriptor) {
  static const struct {
    int level, name, value;
  } options[] = {
      {SOL_SOCKET, SO_KEEPALIVE, 1},
      {IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_SECONDS},
      {IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_SECONDS},
      {IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES},
      {IPPROTO_TCP, TCP_NODELAY, 1},
  };
  for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
    (void)setsockopt(descriptor, options[i].level, options[i].name, &options[i].value,
                     sizeof options[i].value);
}

void dashboard_connection_open(struct dashboard_server *server, int descriptor) {
  struct dashboard_connection *const connection = calloc(1, sizeof *connection);
  if (!connection || uv_tcp_init(server->loop, &connection->tcp) != 0) {
    free(connection);
    close(descriptor);
    return;
  }
  (void)uv_timer_init(server->loop, &connection->timer);
  connection->handle_count = 2;
  connection->tcp.data = connection->timer.data = connection->write.data =
      connection->shutdown.data = connection;
  connection->server = server;
  dashboard_head_init(&connection->head);
  enter_list(connection);
  enter(connection, DASHBOARD_RESERVED, server->limits.idle_ms);
  set_options(descriptor);
  if (uv_tcp_open(&connection->tcp, descriptor) == 0) {
    read_on(connection, true);
  } else {
    close(descriptor);
    dashboard_connection_close(connection);
  }
}

bool dashboard_connection_is_idle(const struct dashboard_connection *connection) {
  uv_os_fd_t descriptor;
  char byte;
  return connection->stage == DASHBOARD_RESERVED &&
         uv_fileno((const uv_handle_t *)&connection->tcp, &descriptor) == 0 &&
         recv(descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

/* --- writing --- */

/* Why all of it is taken before the connection is closed: closed with bytes unread it would be
 * reset, and what was sent might be lost on the way. */
static void on_shutdown(uv_shutdown_t *shutdown, int status) {
  struct dashboard_connection *const connection = shutdown->data;
  if (status != 0 || connection->peer_ended)
    dashboard_connection_close(connection);
}

/* All has been sent. */
static void take_leave(struct dashboard_connection *connection) {
  enter(connection, DASHBOARD_LEAVING, connection->server->limits.leave_ms);
  if (uv_shutdown(&connection->shutdown, (uv_stream_t *)&connection->tcp, on_shutdown) == 0)
    read_on(connection, true);
  else
    dashboard_connection_close(connection);
}

static void on_written(uv_write_t *write, int status) {
  struct dashboard_connection *const connection = write->data;
  connection->writing = false;
  dashboard_message_release(connection->message);
  connection->message = NULL;
  if (is_closed(connection))
    return;
  if (status != 0)
    dashboard_connection_close(connection);
  else if (connection->stage == DASHBOARD_ANSWERING)
    take_leave(connection);
  else
    dashboard_connection_go_on(connection);
}

static uv_buf_t buffer_of(const void *bytes, size_t byte_count) {
  return uv_buf_init((char *)(uintptr_t)bytes, (unsigned)byte_count);
}

/* A head and a body, which stay until they are written. */
static void write_both(struct dashboard_connection *connection, uv_buf_t head, uv_buf_t body) {
  const uv_buf_t buffers[] = {head, body};
  connection->writing = true;
  if (uv_write(&connection->write, (uv_stream_t *)&connection->tcp, buffers, body.len > 0 ? 2 : 1,
               on_written) != 0) {
    connection->writing = false;
    dashboard_connection_close(connection);
  }
}

/* --- requests --- */

/* Writes the response. */
static void respond(struct dashboard_connection *connection, bool with_body) {
  const struct dashboard_response *const response = &connection->response;
  write_both(connection, buffer_of(response->head, response->head_bytes),
             buffer_of(response->body.bytes, with_body ? response->body.byte_count : 0));
}

static void answer(struct dashboard_connection *connection, struct dashboard_verdict verdict) {
  struct dashboard_server *const server = connection->server;
  dashboard_response_make(&connection->response, verdict, server->routes.user);
  enter(connection, DASHBOARD_ANSWERING, server->limits.answer_ms);
  respond(connection, !dashboard_request_is_head(&connection->head.request));
}

/* The next state will know of this client; the newest frame is sent at once. */
static void upgrade(struct dashboard_connection *connection) {
  struct dashboard_server *const server = connection->server;
  if (dashboard_websocket_create(&connection->socket, server->on_message, server->user) != 0) {
    answer(connection, dashboard_refusal(500, "out of memory"));
    return;
  }
  dashboard_response_make_upgrade(&connection->response, connection->head.request.socket_key);
  connection->state_serial = server->state.serial;
  enter(connection, DASHBOARD_TALKING, 0);
  respond(connection, false);
}

static void talk(struct dashboard_connection *connection, const char *bytes, size_t byte_count) {
  if (dashboard_websocket_read(&connection->socket, bytes, byte_count) != 0)
    dashboard_connection_close(connection);
  else
    dashboard_connection_go_on(connection);
}

/* The request is complete, or it is clear that it will not be. */
static void judge(struct dashboard_connection *connection) {
  const struct dashboard_head *const head = &connection->head;
  const struct dashboard_verdict verdict =
      head->state == DASHBOARD_HEAD_COMPLETE
          ? dashboard_request_judge(&head->request, &connection->server->routes)
          : head->verdict;
  if (verdict.status == 101)
    upgrade(connection);
  else
    answer(connection, verdict);
}

/* A part of a request, or all of it. A client may send its first messages right behind it. */
static void ask(struct dashboard_connection *connection, const char *bytes, size_t byte_count) {
  struct dashboard_head *const head = &connection->head;
  const size_t taken = dashboard_head_read(head, bytes, byte_count);
  if (head->state == DASHBOARD_HEAD_NONE)
    return;
  if (connection->stage == DASHBOARD_RESERVED)
    enter(connection, DASHBOARD_ASKING, connection->server->limits.request_ms);
  if (head->state == DASHBOARD_HEAD_BEGUN)
    return;
  judge(connection);
  if (!is_closed(connection) && connection->stage == DASHBOARD_TALKING && taken < byte_count)
    talk(connection, bytes + taken, byte_count - taken);
}

/* It will not be complete any more. */
static void give_up(struct dashboard_connection *connection, unsigned status, const char *reason) {
  dashboard_head_end(&connection->head, dashboard_refusal(status, reason));
  judge(connection);
}

/* The loop looks at its timers before it looks at what has arrived; if it comes late itself, the
 * rest of a request may be there already. So it turns once more. */
static void on_timer(uv_timer_t *timer) {
  struct dashboard_connection *const connection = timer->data;
  if (!connection->overdue) {
    connection->overdue = true;
    (void)uv_timer_start(timer, on_timer, 1, 0);
  } else if (connection->stage == DASHBOARD_ASKING) {
    give_up(connection, 408, "the request was not complete in time");
  } else {
    dashboard_connection_close(connection);
  }
}

/* The peer will send no more; but it may still wait for what it asked. */
static void on_end(struct dashboard_connection *connection) {
  read_on(connection, false);
  connection->peer_ended = true;
  if (connection->stage == DASHBOARD_ASKING)
    give_up(connection, 400, "the request ends in its middle");
  else if (connection->stage != DASHBOARD_ANSWERING)
    dashboard_connection_close(connection);
}

static void on_read(uv_stream_t *stream, ssize_t byte_count, const uv_buf_t *buffer) {
  struct dashboard_connection *const connection = stream->data;
  if (byte_count == UV_EOF)
    on_end(connection);
  else if (byte_count < 0)
    dashboard_connection_close(connection);
  else if (connection->stage == DASHBOARD_TALKING)
    talk(connection, buffer->base, (size_t)byte_count);
  else if (connection->stage == DASHBOARD_RESERVED || connection->stage == DASHBOARD_ASKING)
    ask(connection, buffer->base, (size_t)byte_count);
}

/* --- messages --- */

static void write_own(struct dashboard_connection *connection) {
  const size_t byte_count =
      dashboard_websocket_write(&connection->socket, connection->out, sizeof connection->out);
  if (connection->socket.failed || byte_count == 0)
    dashboard_connection_close(connection);
  else
    write_both(connection, buffer_of(connection->out, byte_count), buffer_of(NULL, 0));
}

/* The newest message, unless that is what was sent last. */
static bool write_broadcast(struct dashboard_connection *connection,
                            const struct dashboard_broadcast *broadcast, uint64_t *sent_serial) {
  if (broadcast->serial == *sent_serial)
    return false;
  struct dashboard_message *const message = dashboard_message_retain(broadcast->newest);
  *sent_serial = broadcast->serial;
  connection->message = message;
  write_both(connection, buffer_of(message->head, message->head_bytes),
             buffer_of(message->bytes, message->byte_count));
  return true;
}

static void write_next(struct dashboard_connection *connection) {
  const struct dashboard_server *const server = connection->server;
  if (dashboard_websocket_owes(&connection->socket))
    write_own(connection);
  else if (dashboard_websocket_ends(&connection->socket))
    take_leave(connection);
  else if (!write_broadcast(connection, &server->state, &connection->state_serial))
    (void)write_broadcast(connection, &server->frame, &connection->frame_serial);
}

void dashboard_connection_go_on(struct dashboard_connection *connection) {
  if (connection->stage != DASHBOARD_TALKING)
    return;
  if (!connection->writing)
    write_next(connection);
  if (is_closed(connection) || connection->stage != DASHBOARD_TALKING)
    return;
  const bool ends = dashboard_websocket_ends(&connection->socket);
  if (ends && !uv_is_active((uv_handle_t *)&connection->timer))
    enter(connection, DASHBOARD_TALKING, connection->server->limits.answer_ms);
  read_on(connection, !ends && !dashboard_websocket_owes(&connection->socket));
}

void dashboard_connection_leave(struct dashboard_connection *connection) {
  if (connection->stage == DASHBOARD_TALKING && !connection->writing) {
    dashboard_websocket_leave(&connection->socket);
    const size_t byte_count =
        dashboard_websocket_write(&connection->socket, connection->out, sizeof connection->out);
    const uv_buf_t buffer = buffer_of(connection->out, byte_count);
    if (byte_count > 0)
      (void)uv_try_write((uv_stream_t *)&connection->tcp, &buffer, 1);
  }
  dashboard_connection_close(connection);
}
