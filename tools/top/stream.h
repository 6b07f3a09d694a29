/*
 * stream.h: the lines that come from a program's monitor.
 */
#ifndef TOP_STREAM_H
#define TOP_STREAM_H

#include <stdbool.h>
#include <stddef.h>

/* A line that is longer is no monitor's. */
#define TOP_LINE_MOST ((size_t)1 << 20)

struct top_stream {
  int descriptor;
  char *bytes; /* [room] what has come and is not taken yet */
  size_t length, room;
  size_t seen, taken; /* searched for an end of line; handed out */
};

/* Connects; false: errno says why. */
bool top_stream_open(struct top_stream *stream, const char *path);
void top_stream_close(struct top_stream *stream);

enum top_read { TOP_READ_SOME, TOP_READ_NOTHING, TOP_READ_END, TOP_READ_TOO_LONG };

/* Reads what there is, without waiting. */
enum top_read top_stream_read(struct top_stream *stream);

/* The next line that has come whole, without its end; NULL: there is none yet. It is valid until
 * the next call. */
const char *top_stream_line(struct top_stream *stream, size_t *length);

#endif
