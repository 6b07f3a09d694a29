/*
 * dashboard_clients PORT WIDTH HEIGHT PID: fifty WebSocket clients of the example `dashboard` at
 * once, on plain sockets, because most of them do what a proper client's library would not let
 * them do. Ten leave rudely, twenty never read a byte, and the other twenty must get their
 * pictures, and answers to whatever they send, as if they were alone. The program itself (PID) may
 * not grow by what is not taken from it.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define CLIENTS 50
#define PATIENCE_SECONDS 300 /* for anything to arrive at all */
#define ALARM_SECONDS 900    /* for all of it, where only what is waited for does not come */
#define MESSAGE_BYTES_MAX (4u << 20)
#define GROWTH_KB_MAX 100000 /* one picture each, but no queue of them */
#define HEADER_BYTES 16u     /* of a frame: width, height, round */

enum opcode { TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

static uint16_t port;
static uint64_t width, height;
static unsigned char message[MESSAGE_BYTES_MAX + 1]; /* the last one read, with a 0 behind it */
static size_t message_bytes;

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("dashboard_clients: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(1);
}

/* --- the protocol --- */

static void send_all(int client, const void *bytes, size_t byte_count) {
  if (send(client, bytes, byte_count, MSG_NOSIGNAL) != (ssize_t)byte_count)
    fail("cannot send");
}

static void read_all(int client, void *bytes, size_t byte_count) {
  unsigned char *at = bytes;
  while (byte_count > 0) {
    const ssize_t taken = recv(client, at, byte_count, 0);
    if (taken <= 0)
      fail("a connection ended, or nothing came in %d s", PATIENCE_SECONDS);
    at += taken;
    byte_count -= (size_t)taken;
  }
}

static int connect_to_server(int receive_bytes) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  const struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (client < 0 || setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
      (receive_bytes > 0 &&
       setsockopt(client, SOL_SOCKET, SO_RCVBUF, &receive_bytes, sizeof receive_bytes) != 0) ||
      connect(client, (struct sockaddr *)&address, sizeof address) != 0)
    fail("cannot connect");
  return client;
}

static void ask_for_socket(int client) {
  char request[400];
  const int bytes =
      snprintf(request, sizeof request,
               "GET /socket HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nOrigin: http://127.0.0.1:%u\r\n"
               "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
               port, port);
  send_all(client, request, (size_t)bytes);
}

static void expect_socket(int client) {
  static const char expected[] = "HTTP/1.1 101";
  char head[1000];
  size_t bytes = 0;
  while (bytes < 4 || memcmp(head + bytes - 4, "\r\n\r\n", 4) != 0) {
    if (bytes == sizeof head)
      fail("the response has no end");
    read_all(client, head + bytes++, 1);
  }
  if (memcmp(head, expected, sizeof expected - 1) != 0)
    fail("the WebSocket is refused");
}

/* The head of a client's frame, with a mask of zeros, which changes nothing. Returns its bytes. */
static size_t put_head(unsigned char head[static 14], unsigned first, uint64_t byte_count) {
  size_t at = 0;
  head[at++] = (unsigned char)first;
  const size_t length_bytes = byte_count < 126 ? 0 : byte_count < 65536 ? 2 : 8;
  const uint64_t length = length_bytes == 0 ? byte_count : length_bytes == 2 ? 126 : 127;
  head[at++] = (unsigned char)(0x80 | length);
  for (size_t i = length_bytes; i-- > 0;)
    head[at++] = (unsigned char)(byte_count >> (8 * i));
  memset(head + at, 0, 4);
  return at + 4;
}

/* `first`: the opcode, with 0x80 for the last part of a message. */
static void send_part(int client, unsigned first, const void *bytes, size_t byte_count) {
  unsigned char head[14];
  send_all(client, head, put_head(head, first, byte_count));
  if (byte_count > 0)
    send_all(client, bytes, byte_count);
}

static void send_text(int client, const char *text) {
  send_part(client, 0x80 | TEXT, text, strlen(text));
}

/* Returns the opcode. */
static enum opcode read_message(int client) {
  unsigned char head[2], length[8];
  read_all(client, head, sizeof head);
  const size_t length_bytes = head[1] < 126 ? 0 : head[1] == 126 ? 2 : 8;
  read_all(client, length, length_bytes);
  uint64_t bytes = length_bytes == 0 ? head[1] : 0;
  for (size_t i = 0; i < length_bytes; i++)
    bytes = bytes << 8 | length[i];
  if ((head[0] & 0x80) == 0 || bytes > MESSAGE_BYTES_MAX)
    fail("a message in parts, or of %" PRIu64 " bytes", bytes);
  read_all(client, message, bytes);
  message[bytes] = '\0';
  message_bytes = bytes;
  return head[0] & 0x0f;
}

/* --- what is expected --- */

/* Skips what comes in between. */
static void await_text(int client, const char *part) {
  while (read_message(client) != TEXT || !strstr((const char *)message, part))
    ;
}

static uint64_t number_at(const unsigned char *bytes, size_t byte_count) {
  uint64_t number = 0;
  for (size_t i = byte_count; i-- > 0;)
    number = number << 8 | bytes[i];
  return number;
}

/* The round of the next picture. */
static uint64_t await_frame(int client) {
  while (read_message(client) != BINARY)
    ;
  if (message_bytes != HEADER_BYTES + height * ((width + 7) / 8) ||
      number_at(message, 4) != width || number_at(message + 4, 4) != height)
    fail("a picture of %zu bytes, which is not that of %" PRIu64 " x %" PRIu64 " cells",
         message_bytes, width, height);
  return number_at(message + 8, 8);
}

/* Pictures come one after the other, of later rounds each. */
static void watch(int client, int frame_count) {
  uint64_t last = 0;
  for (int i = 0; i < frame_count; i++) {
    const uint64_t round = await_frame(client);
    if (i > 0 && round <= last)
      fail("round %" PRIu64 " is shown after %" PRIu64, round, last);
    last = round;
  }
}

/* The number behind `key` in the last message. */
static uint64_t value_of(const char *key) {
  const char *at = strstr((const char *)message, key);
  if (!at)
    fail("there is no %s in %s", key, (const char *)message);
  return strtoull(at + strlen(key), NULL, 10);
}

/* --- the clients --- */

/* Closes with a reset instead of an orderly end. */
static void slam(int client) {
  const struct linger at_once = {.l_onoff = 1};
  (void)setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(client);
}

static void leave_rudely(int client, int how) {
  unsigned char head[14];
  switch (how % 5) {
  case 0:
    break;
  case 1: /* in the middle of a message */
    send_all(client, head, put_head(head, 0x80 | TEXT, 60));
    break;
  case 2: /* one that would never end */
    send_all(client, head, put_head(head, 0x80 | TEXT, UINT64_C(1) << 62));
    send_all(client, message, 10000);
    break;
  case 3: /* without a mask, which is against the protocol */
    send_all(client,
             "\x81\x03"
             "fly",
             5);
    break;
  default: /* in the middle of what it is being sent */
    read_all(client, message, 100);
  }
  slam(client);
}

static void expect_refused(int client, const char *text, const char *why) {
  send_text(client, text);
  await_text(client, "\"type\":\"refused\"");
  if (!strstr((const char *)message, why))
    fail("'%.80s' is refused, but with %s", text, (const char *)message);
}

/* Nothing of this may change anything. */
static void talk_nonsense(int client) {
  static char large[100000];
  char text[40];
  memset(large, 'x', sizeof large - 1);
  expect_refused(client, "fly", "there is no command 'fly'");
  expect_refused(client, "", "that is no command");
  expect_refused(client, "pause now", "takes no number");
  expect_refused(client, "step 0", "not within 1 .. 1000000");
  expect_refused(client, "step 5", "not possible now: the job is running");
  expect_refused(client, "period -1", "is not a number");
  expect_refused(client, "period 199", "not within 200 ..");
  expect_refused(client, "restart", "not possible now: the job is running");
  expect_refused(client, "\"\\\x01\xc3\xa4",
                 "there is no command '\\\"\\\\?"
                 "?"
                 "?'");
  expect_refused(client, large, "at most 64 bytes");
  send_part(client, 0x80 | BINARY, "pause", 5);
  await_text(client, "a command is a text message");
  for (int i = 0; i < 20; i++) { /* all at once; each has its answer, in this order */
    snprintf(text, sizeof text, "nonsense-%d", i);
    send_text(client, text);
  }
  for (int i = 0; i < 20; i++) {
    snprintf(text, sizeof text, "'nonsense-%d'", i);
    await_text(client, "\"type\":\"refused\"");
    if (!strstr((const char *)message, text))
      fail("answer %d is %s", i, (const char *)message);
  }
  await_text(client, "\"type\":\"state\"");
  if (!strstr((const char *)message, "\"state\":\"running\""))
    fail("nonsense has changed the state: %s", (const char *)message);
}

/* A client that breaks the rules is told which, and that is all: the others do not notice. */
static void break_rule(unsigned first, const char *bytes, size_t byte_count, unsigned code) {
  const int client = connect_to_server(0);
  ask_for_socket(client);
  expect_socket(client);
  send_part(client, first, bytes, byte_count);
  while (read_message(client) != CLOSE)
    ;
  const unsigned told = message_bytes < 2 ? 0 : (unsigned)message[0] << 8 | message[1];
  if (told != code)
    fail("it closes with %u, not %u", told, code);
  slam(client);
}

static void break_rules(void) {
  break_rule(0x80 | TEXT, "pa\xff", 3, 1007); /* no UTF-8 */
  break_rule(0xc0 | TEXT, "pause", 5, 1002);  /* a bit of an extension that was not agreed on */
  break_rule(0x80, "pause", 5, 1002);         /* the rest of a message that was not begun */
  break_rule(PING, "", 0, 0);                 /* a ping in parts: wslay gives no reason */
  break_rule(0x80 | CLOSE, "\x03\xe8", 2, 1000);
}

/* Waits for the completion of a command that is accepted. Returns its round. */
static uint64_t expect_done(int client, const char *verb) {
  char part[80];
  snprintf(part, sizeof part, "\"command\":\"%s\",\"status\":\"done\"", verb);
  await_text(client, "\"type\":\"accepted\"");
  await_text(client, part);
  return value_of("\"status\":\"done\",\"round\":");
}

/* A pause, in two parts, with a ping between them, a step and a new period, and that a second
 * client hears of it. */
static void steer(int client, int other) {
  send_part(client, TEXT, "pa", 2);
  send_part(client, 0x80 | PING, "are you there?", 14);
  while (read_message(client) != PONG)
    ;
  if (strcmp((const char *)message, "are you there?") != 0)
    fail("a ping is answered with '%s'", (const char *)message);
  send_part(client, 0x80, "use", 3);
  const uint64_t paused = expect_done(client, "pause");
  await_text(client, "\"state\":\"paused\"");
  if (value_of("\"round\":") != paused)
    fail("paused in round %" PRIu64 ", but: %s", paused, (const char *)message);
  send_text(client, "step 3");
  const uint64_t stepped = expect_done(client, "step");
  if (stepped != paused + 3)
    fail("3 steps lead from round %" PRIu64 " to %" PRIu64, paused, stepped);
  send_text(client, "period 15000");
  (void)expect_done(client, "period");
  send_text(client, "resume");
  (void)expect_done(client, "resume");
  await_text(other, "\"period_us\":15000");
}

/* An orderly end; what was on its way is not waited for. */
static void leave(int client) {
  send_part(client, 0x80 | CLOSE, "\x03\xe8", 2);
  while (recv(client, message, sizeof message, 0) > 0)
    ;
  close(client);
}

static bool is_rude(int i) {
  return i % 5 == 0;
}

static bool is_mute(int i) {
  return i % 5 == 1 || i % 5 == 2;
}

/* The memory that a process has in use. */
static long resident_kb(const char *pid) {
  char line[200];
  long kb = -1;
  snprintf(line, sizeof line, "/proc/%.20s/status", pid);
  FILE *const status = fopen(line, "r");
  while (status && kb < 0 && fgets(line, sizeof line, status))
    if (strncmp(line, "VmRSS:", 6) == 0)
      kb = strtol(line + 6, NULL, 10);
  if (kb < 0)
    fail("process %s has ended, or does not tell its size", pid);
  fclose(status);
  return kb;
}

int main(int argc, char **argv) {
  int clients[CLIENTS];
  if (argc != 5)
    return fprintf(stderr, "usage: dashboard_clients PORT WIDTH HEIGHT PID\n"), 2;
  (void)alarm(ALARM_SECONDS);
  const long before_kb = resident_kb(argv[4]);
  port = (uint16_t)strtoul(argv[1], NULL, 10);
  width = strtoull(argv[2], NULL, 10);
  height = strtoull(argv[3], NULL, 10);
  for (int i = 0; i < CLIENTS; i++) {
    clients[i] = connect_to_server(is_mute(i) ? 4096 : 0);
    ask_for_socket(clients[i]);
  }
  for (int i = 0; i < CLIENTS; i++)
    if (!is_mute(i))
      expect_socket(clients[i]);
  for (int i = 0; i < CLIENTS; i++)
    if (is_rude(i))
      leave_rudely(clients[i], i / 5);
  for (int i = 0; i < CLIENTS; i++)
    if (!is_rude(i) && !is_mute(i))
      watch(clients[i], 3);
  talk_nonsense(clients[3]);
  break_rules();
  steer(clients[3], clients[4]);
  for (int i = 0; i < CLIENTS; i++)
    if (!is_rude(i) && !is_mute(i)) {
      watch(clients[i], 3);
      leave(clients[i]);
    }
  const long grown_kb = resident_kb(argv[4]) - before_kb; /* with all that never read still there */
  if (grown_kb > GROWTH_KB_MAX)
    fail("it has grown by %ld kB", grown_kb);
  printf("dashboard_clients: all is well; it has grown by %ld kB\n", grown_kb);
  return 0;
}
