#include "server.h"

#include <signal.h>
#include <unistd.h>

#include "connection.h"

#define CONNECTIONS_MAX 512u
#define IDLE_MS 600000u /* no browser keeps one in reserve for so long */
#define REQUEST_MS 5000u
#define ANSWER_MS 30000u
#define LEAVE_MS 2000u

static struct dashboard_limits with_defaults(struct dashboard_limits limits) {
  if (limits.connections_max == 0)
    limits.connections_max = CONNECTIONS_MAX;
  if (limits.idle_ms == 0)
    limits.idle_ms = IDLE_MS;
  if (limits.request_ms == 0)
    limits.request_ms = REQUEST_MS;
  if (limits.answer_ms == 0)
    limits.answer_ms = ANSWER_MS;
  if (limits.leave_ms == 0)
    limits.leave_ms = LEAVE_MS;
  return limits;
}

void dashboard_server_init(struct dashboard_server *out,
                           const struct dashboard_server_options *options) {
  *out = (struct dashboard_server){
      .loop = options->loop,
      .limits = with_defaults(options->limits),
      .routes = options->routes,
      .on_message = options->on_message,
      .user = options->user,
      .state = {.kind = WSLAY_TEXT_FRAME, .bytes_max = options->state_bytes_max},
      .frame = {.kind = WSLAY_BINARY_FRAME, .bytes_max = options->frame_bytes_max},
  };
  (void)signal(SIGPIPE, SIG_IGN);
}

void dashboard_server_adopt(struct dashboard_server *server, int descriptor) {
  const bool full = server->connection_count >= server->limits.connections_max;
  if (server->closed || (full && !dashboard_server_make_room(server)))
    close(descriptor);
  else
    dashboard_connection_open(server, descriptor);
}

bool dashboard_server_make_room(struct dashboard_server *server) {
  struct dashboard_connection *answered = NULL;
  for (struct dashboard_connection *at = server->oldest; at; at = at->younger) {
    if (dashboard_connection_is_idle(at)) {
      dashboard_connection_close(at);
      return true;
    }
    if (!answered && at->stage == DASHBOARD_LEAVING)
      answered = at;
  }
  if (answered)
    dashboard_connection_close(answered);
  return answered != NULL;
}

void dashboard_server_publish(struct dashboard_server *server,
                              struct dashboard_broadcast *broadcast, size_t byte_count) {
  struct dashboard_connection *younger;
  dashboard_broadcast_publish(broadcast, byte_count);
  for (struct dashboard_connection *at = server->oldest; at; at = younger) {
    younger = at->younger; /* it may be closed here */
    dashboard_connection_go_on(at);
  }
}

void dashboard_server_close(struct dashboard_server *server) {
  server->closed = true;
  while (server->oldest)
    dashboard_connection_leave(server->oldest);
}

void dashboard_server_destroy(struct dashboard_server *server) {
  dashboard_message_release(server->state.newest);
  dashboard_message_release(server->frame.newest);
  *server = (struct dashboard_server){.closed = true};
}
