#include "websocket.h"

#include <string.h>

/* --- wslay's calls --- */

static ssize_t on_want_bytes(wslay_event_context_ptr context, uint8_t *out, size_t room, int flags,
                             void *user) {
  struct dashboard_websocket *const socket = user;
  const size_t byte_count = socket->in_bytes < room ? socket->in_bytes : room;
  (void)flags;
  if (byte_count == 0) {
    wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
    return -1;
  }
  memcpy(out, socket->in, byte_count);
  socket->in += byte_count;
  socket->in_bytes -= byte_count;
  return (ssize_t)byte_count;
}

static ssize_t on_have_bytes(wslay_event_context_ptr context, const uint8_t *bytes,
                             size_t byte_count, int flags, void *user) {
  struct dashboard_websocket *const socket = user;
  const size_t room = socket->out_room - socket->out_bytes;
  const size_t taken = byte_count < room ? byte_count : room;
  (void)flags;
  if (taken == 0) {
    wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
    return -1;
  }
  memcpy(socket->out + socket->out_bytes, bytes, taken);
  socket->out_bytes += taken;
  return (ssize_t)taken;
}

static void on_frame(wslay_event_context_ptr context,
                     const struct wslay_event_on_frame_recv_start_arg *frame, void *user) {
  struct dashboard_websocket *const socket = user;
  (void)context;
  socket->in_message = !wslay_is_ctrl_frame(frame->opcode);
  if (!socket->in_message || frame->opcode == WSLAY_CONTINUATION_FRAME)
    return;
  socket->is_text = frame->opcode == WSLAY_TEXT_FRAME;
  socket->message_bytes = 0;
}

/* A message is not kept beyond the room that a command takes: all that is longer is answered the
 * same. */
static void on_part(wslay_event_context_ptr context,
                    const struct wslay_event_on_frame_recv_chunk_arg *part, void *user) {
  struct dashboard_websocket *const socket = user;
  (void)context;
  if (!socket->in_message)
    return;
  const size_t room = sizeof socket->message - socket->message_bytes;
  const size_t taken = part->data_length < room ? part->data_length : room;
  if (taken > 0)
    memcpy(socket->message + socket->message_bytes, part->data, taken);
  socket->message_bytes += taken;
}

static void on_whole(wslay_event_context_ptr context,
                     const struct wslay_event_on_msg_recv_arg *whole, void *user) {
  struct dashboard_websocket *const socket = user;
  char reply[DASHBOARD_REPLY_BYTES_MAX];
  if (wslay_is_ctrl_frame(whole->opcode))
    return;
  const size_t byte_count =
      socket->is_text
          ? socket->on_message(reply, socket->message, socket->message_bytes, socket->user)
          : dashboard_reply_write(reply, "", "a command is a text message");
  const struct wslay_event_msg answer = {WSLAY_TEXT_FRAME, (const uint8_t *)reply, byte_count};
  if (wslay_event_queue_msg(context, &answer) == WSLAY_ERR_NOMEM)
    socket->failed = true;
}

/* --- */

int dashboard_websocket_create(struct dashboard_websocket *out, dashboard_message_fn on_message,
                               void *user) {
  static const struct wslay_event_callbacks callbacks = {
      .recv_callback = on_want_bytes,
      .send_callback = on_have_bytes,
      .on_frame_recv_start_callback = on_frame,
      .on_frame_recv_chunk_callback = on_part,
      .on_msg_recv_callback = on_whole,
  };
  *out = (struct dashboard_websocket){.on_message = on_message, .user = user};
  if (wslay_event_context_server_init(&out->context, &callbacks, out) != 0)
    return -1;
  wslay_event_config_set_no_buffering(out->context, 1);
  return 0;
}

/* Other errors are the client's, which is told in the end that wslay has prepared. */
int dashboard_websocket_read(struct dashboard_websocket *socket, const void *bytes,
                             size_t byte_count) {
  socket->in = bytes;
  socket->in_bytes = byte_count;
  const int status = wslay_event_recv(socket->context);
  socket->in_bytes = 0;
  socket->failed = socket->failed || status == WSLAY_ERR_NOMEM;
  return socket->failed ? -1 : 0;
}

size_t dashboard_websocket_write(struct dashboard_websocket *socket, unsigned char *out,
                                 size_t room) {
  socket->out = out;
  socket->out_bytes = 0;
  socket->out_room = room;
  socket->failed = wslay_event_send(socket->context) != 0 || socket->failed;
  socket->out_room = socket->out_bytes;
  return socket->out_bytes;
}

bool dashboard_websocket_owes(const struct dashboard_websocket *socket) {
  return wslay_event_want_write(socket->context) != 0;
}

bool dashboard_websocket_ends(const struct dashboard_websocket *socket) {
  return wslay_event_want_read(socket->context) == 0;
}

void dashboard_websocket_leave(struct dashboard_websocket *socket) {
  (void)wslay_event_queue_close(socket->context, WSLAY_CODE_GOING_AWAY, NULL, 0);
}

void dashboard_websocket_destroy(struct dashboard_websocket *socket) {
  if (socket->context)
    wslay_event_context_free(socket->context);
  socket->context = NULL;
}

size_t dashboard_websocket_head(unsigned char out[static DASHBOARD_WEBSOCKET_HEAD_BYTES_MAX],
                                enum wslay_opcode kind, size_t byte_count) {
  const size_t length_bytes = byte_count < 126 ? 0 : byte_count < 65536 ? 2 : 8;
  out[0] =
      (unsigned char)(0x80u | (unsigned)kind); /* the last part of the message, and the first */
  out[1] = (unsigned char)(length_bytes == 0 ? byte_count : length_bytes == 2 ? 126 : 127);
  for (size_t i = 0; i < length_bytes; i++)
    out[2 + i] = (unsigned char)((uint64_t)byte_count >> (8 * (length_bytes - 1 - i)));
  return 2 + length_bytes;
}
