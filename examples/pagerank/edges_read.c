/*
 * The reader goes through the bytes once, in blocks that end anywhere, and keeps where in a line
 * it is between one block and the next: so no line is too long, and no line is copied. What is
 * wrong is seen at the first byte that makes it so, and `line` is that byte's line. Only the
 * beginning of a line that goes on in the next block is kept, so that it can be quoted.
 *
 * A carriage return ends a line like a newline, and a newline right behind it is part of the
 * same line end.
 */
#include "edges_read.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum place {
  LINE_START, /* blanks, if anything */
  FIRST,      /* in the first number */
  BETWEEN,
  SECOND,
  BEHIND,  /* behind the second number; blanks, if anything */
  COMMENT, /* to the end of the line */
  PADDING, /* zero bytes, behind the last line; more of them, if anything */
};

#define QUOTED_BYTES 48

static const char market[] = "%%MatrixMarket"; /* how a file of that kind begins */

struct reader {
  struct pagerank_edges *edges;
  struct example_error *error;
  size_t line;
  const unsigned char *begin; /* of what this block has of the line */
  const unsigned char *end;   /* of the block */
  char quoted[QUOTED_BYTES];  /* what the blocks before had of it, as far as it has room */
  size_t quoted_bytes;
  enum place place;
  bool returned;       /* the byte before was a carriage return */
  size_t padded_bytes; /* zero bytes, in PADDING */
  uint64_t from;       /* the first number, from BETWEEN on */
  uint64_t value;      /* the number that is being read, or was read last */
};

/* Adds what this block has of the line to what is quoted. */
static void quote(struct reader *in) {
  for (const unsigned char *at = in->begin; at < in->end && *at != '\n' && *at != '\r'; at++) {
    if (in->quoted_bytes == QUOTED_BYTES)
      break;
    in->quoted[in->quoted_bytes++] = (char)(*at == '\t' ? ' ' : *at);
  }
}

/* Refuses the line that is being read, and quotes it. */
static int refuse(struct reader *in, const char *why) {
  quote(in);
  const bool cut = in->quoted_bytes == QUOTED_BYTES;
  while (in->quoted_bytes > 0 && in->quoted[in->quoted_bytes - 1] == ' ')
    in->quoted_bytes--;
  return example_fail(in->error, in->line, "%s: \"%.*s%s\"", why, (int)in->quoted_bytes, in->quoted,
                      cut ? "..." : "");
}

static int refuse_byte(struct reader *in, unsigned char byte) {
  char why[96];
  if (in->place == PADDING)
    return example_fail(in->error, in->line, "something follows %zu zero bytes", in->padded_bytes);
  if ((in->place == SECOND || in->place == BEHIND) && (byte == '#' || byte == '%'))
    return refuse(in, "a comment behind an edge; a comment is a line of its own");
  if (in->place == BEHIND)
    return refuse(in, "a third column; an edge is two vertex numbers, from and to, and no more");
  if (byte == '-' && (in->place == LINE_START || in->place == BETWEEN))
    return refuse(in, "a negative number; vertex numbers begin at 0");
  if (byte < 0x20 || byte >= 0x7f)
    return example_fail(in->error, in->line,
                        "byte 0x%02x is not part of an edge; this is no list of edges",
                        (unsigned)byte);
  snprintf(why, sizeof why, "'%c' is not part of an edge; two vertex numbers are expected", byte);
  return refuse(in, why);
}

/* The digits from *at on, up to another byte or the end of the block. */
static int read_digits(struct reader *in, const unsigned char **at, const unsigned char *end) {
  uint64_t value = in->value;
  const unsigned char *byte = *at;
  for (; byte < end && *byte >= '0' && *byte <= '9'; byte++) {
    const unsigned digit = *byte - (unsigned)'0';
    if (value >= UINT64_MAX / 10 && (value > UINT64_MAX / 10 || digit > UINT64_MAX % 10))
      return refuse(in, "a vertex number that does not fit in 64 bits");
    value = value * 10 + digit;
  }
  in->value = value;
  *at = byte;
  return 0;
}

/* Digits: of a number that goes on, or of the next one. */
static int accept_digits(struct reader *in, const unsigned char **at, const unsigned char *end) {
  switch (in->place) {
  case LINE_START:
    in->place = FIRST;
    in->value = 0;
    break;
  case BETWEEN:
    in->place = SECOND;
    in->from = in->value;
    in->value = 0;
    break;
  case FIRST:
  case SECOND:
    break;
  default:
    return refuse_byte(in, **at);
  }
  return read_digits(in, at, end);
}

static int accept_blank(struct reader *in, unsigned char blank) {
  if (in->place == PADDING)
    return refuse_byte(in, blank);
  if (in->place == FIRST || in->place == SECOND)
    in->place++;
  return 0;
}

/* What a line's end means for what has been read of it. */
static int finish_edge(struct reader *in) {
  if (in->place == FIRST || in->place == BETWEEN)
    return refuse(in, "only one number; an edge is two vertex numbers, from and to");
  if (in->place != SECOND && in->place != BEHIND)
    return 0;
  if (pagerank_edges_add(in->edges, in->from, in->value))
    return 0;
  return example_fail(in->error, in->line, "out of memory after %zu edges", in->edges->count);
}

/* The first line of a file that is no list of edges, although its lines may look so. */
static int check_comment(struct reader *in) {
  if (in->line != 1 || in->place != COMMENT)
    return 0;
  quote(in);
  in->begin = in->end; /* it is not to be quoted twice */
  if (in->quoted_bytes < sizeof market - 1 ||
      strncasecmp(in->quoted, market, sizeof market - 1) != 0)
    return 0;
  return refuse(in, "a Matrix Market file, with a line of sizes; only lists of edges can be read");
}

static int accept_line_end(struct reader *in, const unsigned char *behind) {
  if (check_comment(in) != 0 || finish_edge(in) != 0)
    return -1;
  in->place = LINE_START;
  in->returned = behind[-1] == '\r';
  in->line++;
  in->begin = behind;
  in->quoted_bytes = 0;
  return 0;
}

/* Whatever is neither digit nor blank. */
static int accept_other(struct reader *in, const unsigned char *at) {
  const unsigned char byte = *at;
  if (in->place == PADDING && byte != '\0')
    return refuse_byte(in, byte);
  if (byte == '\n' || byte == '\r')
    return accept_line_end(in, at + 1);
  if ((byte == '#' || byte == '%') && in->place == LINE_START) {
    in->place = COMMENT;
    return 0;
  }
  /* Without an edge before them they are no padding: the file is something else. */
  const bool padding = in->place == LINE_START && in->edges->count > 0;
  if (byte != '\0' || (in->place != PADDING && !padding))
    return refuse_byte(in, byte);
  in->place = PADDING;
  in->padded_bytes++;
  return 0;
}

/* The end of the line or of the block. */
static const unsigned char *skip_comment(const unsigned char *at, const unsigned char *end) {
  const unsigned char *const newline = memchr(at, '\n', (size_t)(end - at));
  const unsigned char *const stop = newline ? newline : end;
  const unsigned char *const returned = memchr(at, '\r', (size_t)(stop - at));
  return returned ? returned : stop;
}

static int read_block(struct reader *in, const struct example_block *block) {
  const unsigned char *at = block->bytes, *const end = at + block->count;
  in->begin = at;
  in->end = end;
  while (at < end) {
    int status = 0;
    if (in->returned && *at == '\n')
      in->begin = ++at;
    in->returned = false;
    if (at == end)
      break;
    if (in->place == COMMENT) {
      at = skip_comment(at, end);
      if (at == end)
        break;
    }
    if (*at >= '0' && *at <= '9')
      status = accept_digits(in, &at, end);
    else if (*at == ' ' || *at == '\t')
      status = accept_blank(in, *at++);
    else
      status = accept_other(in, at++);
    if (status != 0)
      return -1;
  }
  quote(in);
  in->begin = in->end;
  return 0;
}

static int read_all(struct reader *in, struct example_source *source) {
  struct example_block block;
  bool empty = true;
  for (;; empty = false) {
    if (example_source_next(source, &block, in->error) != 0)
      return -1;
    if (block.count == 0)
      break;
    if (read_block(in, &block) != 0)
      return -1;
  }
  if (check_comment(in) != 0 || finish_edge(in) != 0)
    return -1;
  if (empty)
    return example_fail(in->error, 0, "there are no edges: the file is empty");
  if (in->edges->count == 0)
    return example_fail(in->error, 0, "there are no edges: nothing but comments and empty lines");
  return 0;
}

int pagerank_edges_read(struct pagerank_edges *out, struct example_source *source,
                        struct example_error *note, struct example_error *error) {
  *out = (struct pagerank_edges){0};
  *note = (struct example_error){0};
  struct reader reader = {.edges = out, .error = error, .line = 1};
  const int status = read_all(&reader, source);
  if (status != 0)
    pagerank_edges_deinit(out);
  else if (reader.padded_bytes > 0)
    example_fail(note, reader.line, "%zu zero bytes at the end are taken for padding",
                 reader.padded_bytes);
  return status;
}
