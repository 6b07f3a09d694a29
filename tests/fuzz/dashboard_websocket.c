/*
 * dashboard_websocket.c: the example dashboard reads what a WebSocket's client sends, and the
 * commands in it: the same messages, however the bytes are cut into pieces, and a whole answer to
 * each.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "websocket.h"

/* The messages that came. */
struct heard {
  size_t count;
  uint64_t sum;
};

static size_t on_message(char reply[static DASHBOARD_REPLY_BYTES_MAX], const char *message,
                         size_t byte_count, void *user) {
  struct heard *heard = user;
  struct dashboard_command command;
  struct example_error error;
  FUZZ_CHECK(byte_count <= DASHBOARD_COMMAND_BYTES_MAX + 1, "a message has %zu bytes", byte_count);
  heard->count++;
  for (size_t i = 0; i < byte_count; i++)
    heard->sum = heard->sum * 31 + (unsigned char)message[i];
  const int status = dashboard_command_parse(&command, message, byte_count, &error);
  FUZZ_CHECK(status == 0 || error.text[0] != '\0', "a command is refused without a word");
  const size_t reply_bytes = dashboard_reply_write(
      reply, status == 0 ? dashboard_verb_name(command.verb) : "", status == 0 ? NULL : error.text);
  FUZZ_CHECK(reply_bytes < DASHBOARD_REPLY_BYTES_MAX && reply[reply_bytes - 1] == '}',
             "an answer is cut off");
  for (size_t i = 0; i < reply_bytes; i++)
    FUZZ_CHECK(reply[i] >= 0x20 && reply[i] < 0x7f, "an answer has a byte that JSON has not");
  return reply_bytes;
}

/* All that it has to say. */
static void send_all(struct dashboard_websocket *socket) {
  unsigned char out[64];
  while (dashboard_websocket_owes(socket) && !socket->failed)
    if (dashboard_websocket_write(socket, out, sizeof out) == 0)
      break;
}

static struct heard hear(const uint8_t *bytes, size_t byte_count, size_t piece_bytes) {
  struct heard heard = {0};
  struct dashboard_websocket socket;
  FUZZ_CHECK(dashboard_websocket_create(&socket, on_message, &heard) == 0, "no memory");
  for (size_t at = 0; at < byte_count && !dashboard_websocket_ends(&socket); at += piece_bytes) {
    const size_t left = byte_count - at;
    FUZZ_CHECK(
        dashboard_websocket_read(&socket, bytes + at, left < piece_bytes ? left : piece_bytes) == 0,
        "no memory");
    send_all(&socket);
  }
  dashboard_websocket_leave(&socket);
  send_all(&socket);
  dashboard_websocket_destroy(&socket);
  return heard;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_bytes bytes = {data, size};
  const size_t piece_bytes = 1 + fuzz_take_byte(&bytes) % 16u;
  const struct heard whole = hear(bytes.at, bytes.left, bytes.left + 1);
  const struct heard cut = hear(bytes.at, bytes.left, piece_bytes);
  FUZZ_CHECK(whole.count == cut.count && whole.sum == cut.sum,
             "%zu messages, and %zu others when they are cut", whole.count, cut.count);
  return 0;
}
