#include "stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CHUNK ((size_t)65536)

bool top_stream_open(struct top_stream *stream, const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const size_t length = strlen(path);
  *stream = (struct top_stream){.descriptor = -1};
  if (length >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return false;
  }
  memcpy(address.sun_path, path, length + 1);
  stream->descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (stream->descriptor < 0)
    return false;
  if (connect(stream->descriptor, (const struct sockaddr *)&address, sizeof address) == 0)
    return true;
  const int number = errno;
  top_stream_close(stream);
  errno = number;
  return false;
}

void top_stream_close(struct top_stream *stream) {
  if (stream->descriptor >= 0)
    (void)close(stream->descriptor);
  free(stream->bytes);
  *stream = (struct top_stream){.descriptor = -1};
}

/* Moves what is not taken to the front, and makes room for a chunk more. */
static bool make_room(struct top_stream *stream) {
  if (stream->taken != 0) {
    stream->length -= stream->taken;
    stream->seen -= stream->taken;
    memmove(stream->bytes, stream->bytes + stream->taken, stream->length);
    stream->taken = 0;
  }
  if (stream->room - stream->length >= CHUNK)
    return true;
  char *bytes = realloc(stream->bytes, stream->length + CHUNK);
  if (bytes == NULL)
    return false;
  stream->bytes = bytes;
  stream->room = stream->length + CHUNK;
  return true;
}

enum top_read top_stream_read(struct top_stream *stream) {
  if (stream->length - stream->taken > TOP_LINE_MOST || !make_room(stream))
    return TOP_READ_TOO_LONG;
  const ssize_t count =
      recv(stream->descriptor, stream->bytes + stream->length, CHUNK, MSG_DONTWAIT);
  if (count < 0)
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? TOP_READ_NOTHING
                                                                     : TOP_READ_END;
  stream->length += (size_t)count;
  return count == 0 ? TOP_READ_END : TOP_READ_SOME;
}

const char *top_stream_line(struct top_stream *stream, size_t *length) {
  if (stream->seen == stream->length)
    return NULL;
  char *end = memchr(stream->bytes + stream->seen, '\n', stream->length - stream->seen);
  if (end == NULL) {
    stream->seen = stream->length;
    return NULL;
  }
  char *line = stream->bytes + stream->taken;
  *length = (size_t)(end - line);
  *end = '\0';
  stream->seen = stream->taken = (size_t)(end - stream->bytes) + 1;
  return line;
}
