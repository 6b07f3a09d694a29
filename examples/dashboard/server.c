/*
 * All of it happens on the loop's thread. libwebsockets calls back when a connection has sent
 * something, and when it can take more; what a client is still owed is known by comparing serials, so
 * nothing is queued for anybody. The only thing of a client's own is the answer to its command: one at a
 * time, for nothing more is read from it until the answer is on its way.
 */
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "command.h"
#include "page.h"
#include "request.h"

#define HEADERS_BYTES_MAX 65535u  /* of a request; beyond that there is no answer */
#define RESPONSE_HEAD_BYTES 512u  /* of our own */
#define HOST_BYTES_MAX 256u       /* of a header that is looked at */
#define REQUEST_TIMEOUT_SECONDS 5 /* for a request to be complete */
#define KEEPALIVE_SECONDS 30      /* after which a silent peer is asked whether it lives */

/* One connection; zeroed by libwebsockets. */
struct client {
  uint64_t state_serial, frame_serial; /* what it was sent last */
  size_t reply_bytes;                  /* 0: none is due */
  size_t message_bytes; /* of the message that arrives; not counted beyond the room that there is */
  bool ignored;         /* it is not text */
  char message[DASHBOARD_COMMAND_BYTES_MAX + 1];
  unsigned char reply[LWS_PRE + DASHBOARD_REPLY_BYTES_MAX];
};

/* --- requests --- */

/* A header's value, or NULL where it is missing. One that is too long is as good as wrong: it is cut, and
 * matches nothing. */
static const char *header(struct lws *wsi, enum lws_token_indexes token,
                          char room[static HOST_BYTES_MAX]) {
  if (lws_hdr_total_length(wsi, token) == 0)
    return NULL;
  if (lws_hdr_copy(wsi, room, HOST_BYTES_MAX, token) < 0)
    strcpy(room, "?");
  return room;
}

static const char *method_of(struct lws *wsi) {
  static const struct {
    enum lws_token_indexes token;
    const char *name;
  } methods[] = {{WSI_TOKEN_GET_URI, "GET"},         {WSI_TOKEN_POST_URI, "POST"},
                 {WSI_TOKEN_OPTIONS_URI, "OPTIONS"}, {WSI_TOKEN_PUT_URI, "PUT"},
                 {WSI_TOKEN_PATCH_URI, "PATCH"},     {WSI_TOKEN_DELETE_URI, "DELETE"},
                 {WSI_TOKEN_HEAD_URI, "HEAD"}};
  const char *name = NULL;
  for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
    if (lws_hdr_total_length(wsi, methods[i].token) > 0) {
      if (name)
        return NULL; /* two request lines */
      name = methods[i].name;
    }
  return name;
}

static struct dashboard_verdict judge(struct lws *wsi) {
  char host[HOST_BYTES_MAX], origin[HOST_BYTES_MAX], upgrade[HOST_BYTES_MAX];
  char key[HOST_BYTES_MAX], version[HOST_BYTES_MAX], length[HOST_BYTES_MAX];
  char *path = NULL;
  int path_bytes = 0;
  const struct dashboard_request request = {
      .method = method_of(wsi),
      .path = lws_http_get_uri_and_method(wsi, &path, &path_bytes) >= 0 ? path : NULL,
      .host = header(wsi, WSI_TOKEN_HOST, host),
      .origin = header(wsi, WSI_TOKEN_ORIGIN, origin),
      .upgrade = header(wsi, WSI_TOKEN_UPGRADE, upgrade),
      .socket_key = header(wsi, WSI_TOKEN_KEY, key),
      .socket_version = header(wsi, WSI_TOKEN_VERSION, version),
      .content_length = header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, length),
  };
  return dashboard_request_judge(&request);
}

/* The whole response, behind the room that libwebsockets needs, and its size; NULL: out of memory. The page
 * may run its own script, talk to its own server, and nothing else; no other page may have it in a frame,
 * under a click that is meant for something else. */
static unsigned char *make_response(struct dashboard_verdict verdict, size_t *byte_count) {
  const bool is_page = verdict.status == 200;
  const size_t body_bytes = is_page ? dashboard_page_bytes : strlen(verdict.reason) + 1;
  unsigned char *const block = malloc(LWS_PRE + RESPONSE_HEAD_BYTES + body_bytes);
  if (!block)
    return NULL;
  char *const out = (char *)block + LWS_PRE;
  const int head_bytes = snprintf(
      out, RESPONSE_HEAD_BYTES,
      "HTTP/1.1 %u %s\r\nContent-Type: %s; charset=utf-8\r\nContent-Length: %zu\r\n"
      "Connection: close\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
      "Content-Security-Policy: default-src 'none'; script-src 'unsafe-inline'; "
      "style-src 'unsafe-inline'; img-src data:; connect-src 'self' ws:; frame-ancestors 'none'\r\n"
      "%s\r\n",
      verdict.status, dashboard_status_words(verdict.status), is_page ? "text/html" : "text/plain",
      body_bytes, verdict.status == 405 ? "Allow: GET\r\n" : "");
  *byte_count = (size_t)head_bytes + body_bytes;
  if (is_page)
    memcpy(out + head_bytes, dashboard_page, body_bytes);
  else
    snprintf(out + head_bytes, body_bytes + 1, "%s\n", verdict.reason);
  return block;
}

/* That a connection has had an answer is kept in a pointer of its own, for it may not have a session. */
static void mark_answered(struct lws *wsi) {
  lws_set_opaque_user_data(wsi, lws_get_context(wsi));
}

/* Non-zero, which closes the connection as soon as all has been sent. */
static int respond(struct lws *wsi, struct dashboard_verdict verdict, enum lws_write_protocol as) {
  size_t byte_count = 0;
  unsigned char *const block = make_response(verdict, &byte_count);
  mark_answered(wsi);
  if (block)
    (void)lws_write(wsi, block + LWS_PRE, byte_count, as);
  free(block);
  return -1;
}

/* Of a request that is too long, cannot be parsed or is never complete, libwebsockets tells no more than that
 * it closes the connection. What can be sent at once is sent: an answer that is this short can. */
static void respond_late(struct lws *wsi) {
  const struct dashboard_verdict verdict = {400, "the request is too long, incomplete or no HTTP"};
  size_t byte_count = 0;
  if (lws_get_opaque_user_data(wsi))
    return;
  unsigned char *const block = make_response(verdict, &byte_count);
  if (block)
    (void)send(lws_get_socket_fd(wsi), block + LWS_PRE, byte_count, MSG_DONTWAIT | MSG_NOSIGNAL);
  free(block);
}

/* 0: the WebSocket may be opened. */
static int confirm_upgrade(struct lws *wsi) {
  const struct dashboard_verdict verdict = judge(wsi);
  if (verdict.status != 101)
    return respond(wsi, verdict, LWS_WRITE_HTTP_HEADERS);
  mark_answered(wsi);
  return 0;
}

/* --- messages --- */

/* A complete message has arrived. */
static int answer(struct lws *wsi, struct dashboard_server *server, struct client *client) {
  char *const reply = (char *)client->reply + LWS_PRE;
  if (client->reply_bytes > 0)
    return -1; /* it was told to wait */
  client->reply_bytes =
      client->ignored
          ? dashboard_reply_write(reply, "", "a command is a text message")
          : server->on_message(reply, client->message, client->message_bytes, server->user);
  client->message_bytes = 0;
  if (lws_rx_flow_control(wsi, 0) < 0)
    return -1;
  lws_callback_on_writable(wsi);
  return 0;
}

/* A part of a message, or all of it. */
static int receive(struct lws *wsi, struct dashboard_server *server, struct client *client,
                   const char *part, size_t byte_count) {
  if (lws_is_first_fragment(wsi)) {
    client->message_bytes = 0;
    client->ignored = lws_frame_is_binary(wsi);
  }
  const size_t room = sizeof client->message - client->message_bytes;
  const size_t taken = byte_count < room ? byte_count : room;
  if (taken > 0)
    memcpy(client->message + client->message_bytes, part, taken);
  client->message_bytes += taken;
  if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi) > 0)
    return 0;
  return answer(wsi, server, client);
}

static bool owes(const struct dashboard_broadcast *broadcast, uint64_t sent_serial) {
  return broadcast->serial != sent_serial;
}

/* One message to a client whose connection can take it. What does not fit is kept by libwebsockets, as a
 * copy, and there is no further call before it is gone. */
static int send_next(struct lws *wsi, const struct dashboard_server *server,
                     struct client *client) {
  int written = 0;
  if (client->reply_bytes > 0) {
    written = lws_write(wsi, client->reply + LWS_PRE, client->reply_bytes, LWS_WRITE_TEXT);
    client->reply_bytes = 0;
    if (lws_rx_flow_control(wsi, 1) < 0)
      return -1;
  } else if (owes(&server->state, client->state_serial)) {
    client->state_serial = server->state.serial;
    written =
        lws_write(wsi, server->state.block + LWS_PRE, server->state.byte_count, LWS_WRITE_TEXT);
  } else if (owes(&server->frame, client->frame_serial)) {
    client->frame_serial = server->frame.serial;
    written =
        lws_write(wsi, server->frame.block + LWS_PRE, server->frame.byte_count, LWS_WRITE_BINARY);
  }
  if (owes(&server->state, client->state_serial) || owes(&server->frame, client->frame_serial))
    lws_callback_on_writable(wsi);
  return written < 0 ? -1 : 0;
}

/* --- libwebsockets --- */

/* Non-zero: close the connection. */
static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *session, void *in,
                    size_t byte_count) {
  struct dashboard_server *const server = lws_context_user(lws_get_context(wsi));
  struct client *const client = session;
  switch (reason) {
  case LWS_CALLBACK_WSI_CREATE:
    server->connection_count++;
    return 0;
  case LWS_CALLBACK_WSI_DESTROY:
    server->connection_count--;
    return 0;
  case LWS_CALLBACK_ADD_HEADERS: /* it answers something by itself */
    mark_answered(wsi);
    return 0;
  case LWS_CALLBACK_CLOSED_HTTP:
    respond_late(wsi);
    return 0;
  case LWS_CALLBACK_HTTP:
    return respond(wsi, judge(wsi), LWS_WRITE_HTTP_HEADERS);
  case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
    return confirm_upgrade(wsi);
  case LWS_CALLBACK_RAW_RX:
    return respond(wsi, dashboard_bytes_judge(in, byte_count), LWS_WRITE_RAW);
  case LWS_CALLBACK_ESTABLISHED:
    server->client_count++;
    client->state_serial = server->state.serial; /* the next one will know of this client */
    lws_callback_on_writable(wsi);
    return 0;
  case LWS_CALLBACK_CLOSED:
    server->client_count--;
    return 0;
  case LWS_CALLBACK_RECEIVE:
    return receive(wsi, server, client, in, byte_count);
  case LWS_CALLBACK_SERVER_WRITEABLE:
    return send_next(wsi, server, client);
  default:
    return 0;
  }
}

static const struct lws_protocols protocols[] = {
    {.name = "dashboard", .callback = on_event, .per_session_data_size = sizeof(struct client)},
    {.name = NULL},
};

static bool make_room(struct dashboard_broadcast *broadcast, size_t bytes_max) {
  broadcast->block = malloc(LWS_PRE + bytes_max);
  return broadcast->block != NULL;
}

int dashboard_server_create(struct dashboard_server *out,
                            const struct dashboard_server_options *options,
                            struct example_error *error) {
  *out = (struct dashboard_server){.on_message = options->on_message, .user = options->user};
  if (!make_room(&out->state, options->state_bytes_max) ||
      !make_room(&out->frame, options->frame_bytes_max)) {
    dashboard_server_destroy(out);
    return example_fail(error, 0, "out of memory");
  }
  void *loops[] = {options->loop};
  for (size_t token = 0; token < WSI_TOKEN_COUNT; token++)
    out->limits.token_limit[token] = DASHBOARD_PATH_BYTES_MAX;
  struct lws_context_creation_info info = {
      .port = CONTEXT_PORT_NO_LISTEN_SERVER, /* connections are adopted */
      .protocols = protocols,
      .options = LWS_SERVER_OPTION_LIBUV |
                 LWS_SERVER_OPTION_FALLBACK_TO_APPLY_LISTEN_ACCEPT_CONFIG |
                 LWS_SERVER_OPTION_DISABLE_IPV6,
      .listen_accept_role = "raw-skt",
      .listen_accept_protocol = "dashboard",
      .foreign_loops = loops,
      .user = out,
      .max_http_header_data = HEADERS_BYTES_MAX,
      .token_limits = &out->limits,
      .timeout_secs = REQUEST_TIMEOUT_SECONDS,
      .timeout_secs_ah_idle = REQUEST_TIMEOUT_SECONDS,
      .ka_time = KEEPALIVE_SECONDS,
      .ka_probes = 3,
      .ka_interval = KEEPALIVE_SECONDS,
      .fd_limit_per_thread = DASHBOARD_CONNECTIONS_MAX + 8, /* and some of its own */
      .gid = -1,
      .uid = -1,
      .pcontext = &out->context,
  };
  lws_set_log_level(0, NULL);
  out->context = lws_create_context(&info);
  if (out->context)
    return 0;
  dashboard_server_destroy(out);
  return example_fail(error, 0, "libwebsockets could not be set up with libuv");
}

void dashboard_server_adopt(struct dashboard_server *server, int descriptor) {
  if (!server->context || server->connection_count >= DASHBOARD_CONNECTIONS_MAX)
    close(descriptor);
  else
    (void)lws_adopt_socket(server->context, descriptor); /* which closes it where it fails */
}

unsigned char *dashboard_broadcast_bytes(const struct dashboard_broadcast *broadcast) {
  return broadcast->block + LWS_PRE;
}

void dashboard_server_publish(struct dashboard_server *server,
                              struct dashboard_broadcast *broadcast, size_t byte_count) {
  broadcast->byte_count = byte_count;
  broadcast->serial++;
  (void)lws_callback_on_writable_all_protocol(server->context, &protocols[0]);
}

void dashboard_server_close(struct dashboard_server *server) {
  lws_context_destroy(server->context);
}

/* The first call on libwebsockets' context only had its handles closed; this one frees it, unless it has
 * freed itself and said so. */
void dashboard_server_destroy(struct dashboard_server *server) {
  lws_context_destroy(server->context);
  free(server->state.block);
  free(server->frame.block);
  *server = (struct dashboard_server){0};
}
