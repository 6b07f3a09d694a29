/*
 * dashboard_server_test.c: the server of the example `dashboard`, on real connections and on a
 * loop that the test turns itself: who is answered, who is closed without a word, and when.
 *
 * Limits of a millisecond stand for "as soon as the loop turns", the default ones for "not while
 * the test runs".
 */
#include "support/unit_support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connection.h"
#include "listener.h"
#include "server.h"
#include "support/support.h"

#define LARGE_BYTES (16u << 20) /* more than the buffers of a connection take */
#define RECEIVED_BYTES_MAX 4096u

static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

static uv_loop_t loop;
static struct dashboard_listener listener;
static struct dashboard_server server;
static size_t accepted_count;

/* --- the server --- */

static int small_content(struct dashboard_content *out, void *user) {
  (void)user;
  *out = (struct dashboard_content){.bytes = "hello\n", .byte_count = 6};
  return 0;
}

static int large_content(struct dashboard_content *out, void *user) {
  void *const bytes = calloc(1, LARGE_BYTES);
  (void)user;
  *out = (struct dashboard_content){.bytes = bytes, .byte_count = LARGE_BYTES, .owned = bytes};
  return bytes ? 0 : 500;
}

static int no_content(struct dashboard_content *out, void *user) {
  (void)out;
  (void)user;
  return 500;
}

static int missing_content(struct dashboard_content *out, void *user) {
  (void)user;
  out->reason = "there is no such form";
  return 501;
}

static const struct dashboard_route routes[] = {
    {"/", "text/plain", small_content},
    {"/large", "text/plain", large_content},
    {"/none", "text/plain", no_content},
    {"/missing", "text/plain", missing_content},
};

static size_t on_message(char reply[static DASHBOARD_REPLY_BYTES_MAX], const char *message,
                         size_t byte_count, void *user) {
  (void)user;
  memcpy(reply, message, byte_count);
  return byte_count;
}

static void on_connection(int descriptor, void *user) {
  (void)user;
  accepted_count++;
  dashboard_server_adopt(&server, descriptor);
}

static bool on_exhausted(void *user) {
  (void)user;
  return dashboard_server_make_room(&server);
}

static void open_server(struct dashboard_limits limits) {
  struct example_error error = {.text = ""};
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(dashboard_listener_open(&listener, "127.0.0.1", 0, &error), 0, "%s", error.text);
  listener.on_connection = on_connection;
  listener.on_exhausted = on_exhausted;
  cr_assert_eq(dashboard_listener_start(&listener, &loop), 0);
  dashboard_server_init(&server,
                        &(struct dashboard_server_options){.loop = &loop,
                                                           .limits = limits,
                                                           .routes = {routes, LENGTH(routes), NULL},
                                                           .on_message = on_message,
                                                           .state_bytes_max = 100,
                                                           .frame_bytes_max = 100});
}

/* A loop that can be closed has no handle left. */
static void close_server(void) {
  dashboard_server_close(&server);
  dashboard_listener_close(&listener);
  cr_expect_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_expect_eq(server.connection_count, 0);
  cr_expect_eq(server.client_count, 0);
  dashboard_server_destroy(&server);
  cr_expect_eq(uv_loop_close(&loop), 0);
}

/* Lets the loop do what there is to do. */
static void turn(void) {
  for (int i = 0; i < 5; i++)
    (void)uv_run(&loop, UV_RUN_NOWAIT);
}

static void turn_until_count(size_t connection_count) {
  for (unsigned ms = 0; ms < HANG_SECONDS * 1000; ms++) {
    turn();
    if (server.connection_count == connection_count)
      return;
    nap_ms(1);
  }
  cr_assert_fail("%zu connections, not %zu", server.connection_count, connection_count);
}

/* --- its clients --- */

static void connect_client(int client) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(listener.port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  cr_assert_eq(connect(client, (struct sockaddr *)&address, sizeof address), 0);
}

static int new_client(void) {
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  cr_assert_geq(client, 0);
  connect_client(client);
  return client;
}

static void await_accepted(size_t count) {
  for (unsigned ms = 0; accepted_count < count; ms++) {
    cr_assert_lt(ms, HANG_SECONDS * 1000u);
    turn();
    nap_ms(1);
  }
  turn();
}

/* One that the server knows of. */
static int open_client(void) {
  const size_t before = accepted_count;
  const int client = new_client();
  await_accepted(before + 1);
  return client;
}

/* So many have connected and wait to be accepted. */
static void await_waiting(unsigned count) {
  struct tcp_info info = {.tcpi_unacked = 0};
  for (unsigned ms = 0; info.tcpi_unacked != count; ms++) {
    socklen_t bytes = sizeof info;
    cr_assert_lt(ms, HANG_SECONDS * 1000u);
    nap_ms(1);
    cr_assert_eq(getsockopt(listener.descriptor, IPPROTO_TCP, TCP_INFO, &info, &bytes), 0);
  }
}

/* They are there to be read when this returns. */
static void send_bytes(int client, const void *bytes, size_t byte_count) {
  int left = 1;
  cr_assert_eq(send(client, bytes, byte_count, MSG_NOSIGNAL), (ssize_t)byte_count);
  for (unsigned ms = 0; ioctl(client, SIOCOUTQ, &left) == 0 && left > 0; ms++) {
    cr_assert_lt(ms, HANG_SECONDS * 1000u);
    nap_ms(1);
  }
}

static void send_text(int client, const char *text) {
  send_bytes(client, text, strlen(text));
  turn();
}

struct received {
  size_t byte_count; /* also of those that found no room */
  char bytes[RECEIVED_BYTES_MAX + 1];
};

static bool take(struct received *received, int client) {
  static char bytes[1 << 16];
  const ssize_t taken = recv(client, bytes, sizeof bytes, MSG_DONTWAIT);
  if (taken <= 0)
    return taken < 0 && errno == EAGAIN;
  const size_t room =
      received->byte_count < RECEIVED_BYTES_MAX ? RECEIVED_BYTES_MAX - received->byte_count : 0;
  memcpy(received->bytes + received->byte_count, bytes,
         (size_t)taken < room ? (size_t)taken : room);
  received->byte_count += (size_t)taken;
  return true;
}

/* All that a client is sent until the server ends it. */
static struct received receive_all(int client) {
  struct received received = {.byte_count = 0};
  unsigned ms = 0;
  while (take(&received, client)) {
    const size_t before = received.byte_count;
    turn();
    if (received.byte_count == before)
      nap_ms(1);
    cr_assert_lt(ms++, HANG_SECONDS * 1000u, "the server does not end it");
  }
  return received;
}

/* What a client is sent until these bytes are among it. */
static struct received receive_until(int client, const char *bytes, size_t byte_count) {
  struct received received = {.byte_count = 0};
  unsigned ms = 0;
  while (!memmem(received.bytes, received.byte_count, bytes, byte_count)) {
    turn();
    cr_assert(take(&received, client), "the server ends it");
    nap_ms(1);
    cr_assert_lt(ms++, HANG_SECONDS * 1000u, "it does not come");
  }
  return received;
}

static void expect_answer(int client, unsigned status) {
  char line[40];
  const struct received received = receive_all(client);
  snprintf(line, sizeof line, "HTTP/1.1 %u ", status);
  cr_expect_eq(strncmp(received.bytes, line, strlen(line)), 0, "not %u, but: %s", status,
               received.bytes);
  close(client);
}

static void expect_silence(int client) {
  const struct received received = receive_all(client);
  cr_expect_eq(received.byte_count, 0, "it is told: %s", received.bytes);
  close(client);
}

static void expect_open(int client) {
  struct received received = {.byte_count = 0};
  cr_expect(take(&received, client), "it is closed");
  cr_expect_eq(received.byte_count, 0, "it is told: %s", received.bytes);
}

/* --- on which nothing was asked --- */

Test(dashboard_server, idle_connection_is_closed_without_a_word) {
  open_server((struct dashboard_limits){.idle_ms = 1});
  expect_silence(open_client());
  const int blank = new_client();
  send_text(blank, "\r\n\r\n");
  expect_silence(blank);
  close_server();
}

Test(dashboard_server, idle_connection_stays_while_requests_run_out_of_time) {
  open_server((struct dashboard_limits){.request_ms = 1});
  const int reserve = open_client(), blank = open_client(), slow = open_client();
  send_text(blank, "\r\n");
  send_text(slow, "G");
  expect_answer(slow, 408);
  expect_open(reserve);
  expect_open(blank);
  send_text(reserve, request);
  expect_answer(reserve, 200);
  send_bytes(blank, request, sizeof request - 1);
  expect_answer(blank, 200);
  close_server();
}

Test(dashboard_server, idle_connections_leave_when_there_are_too_many_oldest_first) {
  open_server((struct dashboard_limits){.connections_max = 3});
  const int first = open_client(), second = open_client(), third = open_client();
  const int fourth = open_client();
  expect_silence(first);
  send_text(second, "GET / HTTP/1.1\r\n");
  const int fifth = open_client();
  expect_silence(third);
  expect_open(second);
  expect_open(fourth);
  send_text(fifth, request);
  expect_answer(fifth, 200);
  send_text(second, "Host: localhost\r\n\r\n");
  expect_answer(second, 200);
  send_text(fourth, request);
  expect_answer(fourth, 200);
  close_server();
}

Test(dashboard_server, connections_with_a_request_are_not_idle) {
  open_server((struct dashboard_limits){.connections_max = 2});
  const int first = open_client(), second = open_client();
  send_text(first, "G");
  send_text(second, "G");
  expect_silence(open_client()); /* one too many */
  send_text(first, request + 1);
  expect_answer(first, 200);
  send_text(second, request + 1);
  expect_answer(second, 200);
  close_server();
}

/* The server has not read it yet, for it accepts both before it reads. */
Test(dashboard_server, request_that_is_not_read_yet_is_one) {
  open_server((struct dashboard_limits){.connections_max = 1});
  const int first = new_client();
  send_bytes(first, request, sizeof request - 1);
  const int second = new_client();
  await_waiting(2);
  expect_answer(first, 200);
  expect_silence(second);
  close_server();
}

/* Who was answered and does not close makes room, too, but after the idle ones. */
Test(dashboard_server, answered_connections_make_room) {
  open_server((struct dashboard_limits){.connections_max = 2, .leave_ms = 1000000});
  const int answered = open_client(), idle = open_client();
  send_text(answered, request);
  turn_until_count(2);
  const int third = open_client();
  expect_silence(idle);
  send_text(third, "G");
  const int fourth = open_client();
  send_text(fourth, request);
  expect_answer(fourth, 200);
  send_text(third, request + 1);
  expect_answer(third, 200);
  expect_answer(answered, 200); /* which was there to be read all the time */
  close_server();
}

enum { FILLER_COUNT = 64, FREE_COUNT = 3 };

/* Leaves the process so many descriptors, whatever holes there are. */
static void limit_descriptors(int fillers[static FILLER_COUNT]) {
  for (int i = 0; i < FILLER_COUNT; i++)
    cr_assert_geq(fillers[i] = fcntl(0, F_DUPFD, 0), 0);
  struct rlimit limit;
  cr_assert_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = (rlim_t)fillers[FILLER_COUNT - 1] + 1;
  cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
  for (int i = 0; i < FREE_COUNT; i++)
    close(fillers[i]);
}

Test(dashboard_server, idle_connections_leave_when_descriptors_run_out) {
  int clients[FREE_COUNT + 2], fillers[FILLER_COUNT];
  if (at_most(2, 1) == 1)
    return; /* valgrind accepts a connection before it looks for a descriptor */
  open_server((struct dashboard_limits){.idle_ms = 0});
  close(open_client()); /* libuv opens something of its own for the first one */
  turn_until_count(0);
  for (size_t i = 0; i < LENGTH(clients); i++)
    cr_assert_geq(clients[i] = socket(AF_INET, SOCK_STREAM, 0), 0);
  const size_t before = accepted_count;
  limit_descriptors(fillers);
  for (size_t i = 0; i < LENGTH(clients); i++) {
    connect_client(clients[i]);
    await_accepted(before + i + 1);
  }
  cr_expect_eq(server.connection_count, (size_t)FREE_COUNT, "%zu", server.connection_count);
  cr_expect_not(listener.waits);
  struct received received = {.byte_count = 0};
  cr_expect_not(take(&received, clients[0]), "the oldest stays");
  cr_expect_not(take(&received, clients[1]));
  cr_expect_eq(received.byte_count, 0);
  send_text(clients[4], request);
  expect_answer(clients[4], 200);
  close_server();
}

/* Five minutes are the longest that a browser is known to. */
Test(dashboard_server, limits_keep_idle_connections_longer_than_browsers_do) {
  open_server((struct dashboard_limits){.request_ms = 0});
  cr_expect_gt(server.limits.idle_ms, UINT64_C(300000));
  cr_expect_gt(server.limits.request_ms, UINT64_C(0));
  close_server();
}

/* --- on which something was asked --- */

Test(dashboard_server, half_a_request_is_told_so) {
  open_server((struct dashboard_limits){.idle_ms = 0});
  const int client = open_client();
  send_text(client, "GET / HT");
  cr_assert_eq(shutdown(client, SHUT_WR), 0);
  expect_answer(client, 400);
  const int silent = open_client();
  cr_assert_eq(shutdown(silent, SHUT_WR), 0);
  expect_silence(silent);
  close_server();
}

/* The loop comes late, not the client: what has arrived by then counts. */
Test(dashboard_server, request_that_is_complete_when_the_loop_looks_is_in_time) {
  open_server((struct dashboard_limits){.request_ms = 1});
  const int client = open_client();
  send_bytes(client, "G", 1);
  while (server.oldest->stage != DASHBOARD_ASKING)
    (void)uv_run(&loop, UV_RUN_NOWAIT);
  send_bytes(client, request + 1, sizeof request - 2);
  nap_ms(10);
  expect_answer(client, 200);
  close_server();
}

/* A client that says that it has sent all is still answered. */
Test(dashboard_server, closed_half_gets_all_of_a_large_page) {
  open_server((struct dashboard_limits){.idle_ms = 0});
  const int client = open_client();
  send_text(client, "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
  cr_assert_eq(shutdown(client, SHUT_WR), 0);
  const struct received received = receive_all(client);
  cr_expect_gt(received.byte_count, (size_t)LARGE_BYTES);
  close(client);
  close_server();
}

/* Closed with bytes unread, a connection is reset, and the answer may be lost. */
Test(dashboard_server, body_that_is_not_taken_does_not_lose_the_answer) {
  static char body[1 << 20];
  open_server((struct dashboard_limits){.leave_ms = 1000000});
  const int client = open_client();
  send_text(client, "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048576\r\n\r\n");
  for (size_t sent = 0; sent < sizeof body; turn()) {
    const ssize_t taken =
        send(client, body + sent, sizeof body - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    cr_assert(taken > 0 || errno == EAGAIN, "it is reset");
    sent += taken > 0 ? (size_t)taken : 0;
  }
  expect_answer(client, 413);
  close_server();
}

Test(dashboard_server, who_does_not_take_its_answer_is_closed) {
  open_server((struct dashboard_limits){.answer_ms = 1});
  const int client = open_client();
  send_text(client, "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
  turn_until_count(0);
  close(client);
  close_server();
}

Test(dashboard_server, who_does_not_leave_is_closed) {
  open_server((struct dashboard_limits){.leave_ms = 1});
  const int client = open_client();
  send_text(client, request);
  turn_until_count(0);
  expect_answer(client, 200);
  close_server();
}

Test(dashboard_server, page_without_memory_is_an_answer) {
  open_server((struct dashboard_limits){.idle_ms = 0});
  const int client = open_client();
  send_text(client, "GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n");
  expect_answer(client, 500);
  close_server();
}

Test(dashboard_server, page_that_refuses_is_an_answer_with_its_reason) {
  open_server((struct dashboard_limits){.idle_ms = 0});
  const int client = open_client();
  send_text(client, "GET /missing HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const struct received answer = receive_all(client);
  cr_expect_not_null(strstr(answer.bytes, "HTTP/1.1 501 Not Implemented\r\n"));
  cr_expect_not_null(strstr(answer.bytes, "\r\n\r\nthere is no such form\n"));
  close(client);
  close_server();
}

Test(dashboard_server, head_is_answered_as_get_without_a_body) {
  open_server((struct dashboard_limits){.idle_ms = 0});
  const int get = open_client(), head = open_client();
  send_text(get, request);
  send_text(head, "HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const struct received whole = receive_all(get), part = receive_all(head);
  cr_assert_eq(part.byte_count + strlen("hello\n"), whole.byte_count);
  cr_expect_eq(memcmp(part.bytes, whole.bytes, part.byte_count), 0);
  cr_expect_str_eq(part.bytes + part.byte_count - 4, "\r\n\r\n");
  close(get);
  close(head);
  close_server();
}

/* --- WebSockets --- */

static const char upgrade[] = "GET /socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/* The example of RFC 6455, 1.3; and a message that comes together with the request. */
Test(dashboard_server, websocket_opens_and_answers_what_came_with_the_request) {
  static const char message[] = "\x81\x82\0\0\0\0hi";
  char bytes[sizeof upgrade + sizeof message];
  open_server((struct dashboard_limits){.idle_ms = 0});
  const int client = open_client();
  memcpy(bytes, upgrade, sizeof upgrade - 1);
  memcpy(bytes + sizeof upgrade - 1, message, sizeof message - 1);
  send_bytes(client, bytes, sizeof upgrade + sizeof message - 2);
  const struct received received = receive_until(client, "\x81\x02hi", 4);
  cr_expect_eq(server.client_count, 1);
  cr_expect_not_null(
      strstr(received.bytes, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  close(client);
  turn_until_count(0);
  close_server();
}

Test(dashboard_server, websocket_stays_where_others_run_out_of_time) {
  open_server(
      (struct dashboard_limits){.idle_ms = 1, .request_ms = 1, .answer_ms = 1, .leave_ms = 1});
  const int client = new_client();
  await_waiting(1);
  send_bytes(client, upgrade, sizeof upgrade - 1);
  turn();
  expect_silence(open_client());
  turn();
  cr_expect_eq(server.client_count, 1);
  close(client);
  close_server();
}

/* 1001: going away. */
Test(dashboard_server, close_takes_leave_of_websockets) {
  open_server((struct dashboard_limits){.idle_ms = 0});
  const int client = open_client();
  send_text(client, upgrade);
  cr_expect_eq(server.client_count, 1);
  dashboard_server_close(&server);
  const struct received received = receive_all(client);
  cr_assert_gt(received.byte_count, 4);
  cr_expect_eq(memcmp(received.bytes + received.byte_count - 4, "\x88\x02\x03\xe9", 4), 0);
  close(client);
  expect_silence(open_client()); /* nobody is served any more */
  close_server();
}

Test(dashboard_server, broadcast_reaches_all_and_only_the_newest) {
  open_server((struct dashboard_limits){.idle_ms = 0});
  const int client = open_client();
  send_text(client, upgrade);
  for (int i = 0; i < 3; i++) {
    unsigned char *const bytes = dashboard_broadcast_bytes(&server.state);
    cr_assert_not_null(bytes);
    bytes[0] = (unsigned char)('a' + i);
    dashboard_server_publish(&server, &server.state, 1);
  }
  const struct received received = receive_until(client,
                                                 "\x81\x01"
                                                 "c",
                                                 3);
  cr_expect_null(memmem(received.bytes, received.byte_count,
                        "\x81\x01"
                        "b",
                        3));
  close(client);
  close_server();
}
