#include "listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 128

union address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

/* Returns the address's size; 0: it is none. */
static socklen_t read_address(union address *out, const char *text, uint16_t port) {
  memset(out, 0, sizeof *out);
  if (inet_pton(AF_INET, text, &out->v4.sin_addr) == 1) {
    out->v4.sin_family = AF_INET;
    out->v4.sin_port = htons(port);
    return sizeof out->v4;
  }
  if (inet_pton(AF_INET6, text, &out->v6.sin6_addr) == 1) {
    out->v6.sin6_family = AF_INET6;
    out->v6.sin6_port = htons(port);
    return sizeof out->v6;
  }
  return 0;
}

static uint16_t port_of(const union address *address) {
  return ntohs(address->any.sa_family == AF_INET ? address->v4.sin_port : address->v6.sin6_port);
}

/* Lets a port be taken again at once whose last connections are still being forgotten. */
static int bind_and_listen(int descriptor, const union address *address, socklen_t bytes) {
  const int yes = 1;
  if (setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
      bind(descriptor, &address->any, bytes) != 0 || listen(descriptor, BACKLOG) != 0)
    return -1;
  return 0;
}

int dashboard_listener_open(struct dashboard_listener *out, const char *address, uint16_t port,
                            struct example_error *error) {
  union address where;
  socklen_t bytes = read_address(&where, address, port);
  *out = (struct dashboard_listener){.descriptor = -1};
  if (bytes == 0)
    return example_fail(error, 0, "'%.60s' is not a numeric address", address);
  out->descriptor = socket(where.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (out->descriptor < 0 || bind_and_listen(out->descriptor, &where, bytes) != 0 ||
      getsockname(out->descriptor, &where.any, &bytes) != 0) {
    example_fail(error, 0, "cannot listen at port %u: %s", (unsigned)port, strerror(errno));
    dashboard_listener_close(out);
    return -1;
  }
  out->port = port_of(&where);
  return 0;
}

/* accept4 looks for a descriptor first: without one it fails also where nobody waits. */
static bool somebody_waits(const struct dashboard_listener *listener) {
  struct pollfd look = {.fd = listener->descriptor, .events = POLLIN};
  return poll(&look, 1, 0) > 0;
}

/* All that wait. Where the process has no descriptor left for them, and none can be given back,
 * they stay in the queue, which would make the socket readable for ever: it is not looked at until
 * later. */
static void on_readable(uv_poll_t *poll, int status, int events) {
  struct dashboard_listener *const listener = poll->data;
  (void)events;
  if (status != 0)
    return;
  for (;;) {
    const int client = accept4(listener->descriptor, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (client >= 0) {
      listener->on_connection(client, listener->user);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      if (!somebody_waits(listener))
        return;
      if (listener->on_exhausted(listener->user))
        continue;
      listener->waits = uv_poll_stop(poll) == 0;
      return;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      return;
    }
  }
}

int dashboard_listener_start(struct dashboard_listener *listener, uv_loop_t *loop) {
  const int status = uv_poll_init(loop, &listener->poll, listener->descriptor);
  if (status != 0)
    return status;
  listener->polled = true;
  listener->poll.data = listener;
  return uv_poll_start(&listener->poll, UV_READABLE, on_readable);
}

void dashboard_listener_retry(struct dashboard_listener *listener) {
  if (listener->waits)
    listener->waits = uv_poll_start(&listener->poll, UV_READABLE, on_readable) != 0;
}

void dashboard_listener_close(struct dashboard_listener *listener) {
  if (listener->polled)
    uv_close((uv_handle_t *)&listener->poll, NULL); /* which also stops it, at once */
  if (listener->descriptor >= 0)
    close(listener->descriptor);
  listener->polled = listener->waits = false;
  listener->descriptor = -1;
}
