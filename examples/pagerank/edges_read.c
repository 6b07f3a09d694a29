/*
 * The reader goes through the bytes once, in blocks that end anywhere, and keeps where in a line it is
 * between one block and the next: so no line is too long, and no line is copied. What is wrong is seen at
 * the first byte that makes it so, and `line` is that byte's line. Only the beginning of a line that goes
 * on in the next block is kept, so that it can be quoted.
 */
#include "edges_read.h"

#include <stdio.h>
#include <string.h>

enum place {
  LINE_START, /* blanks, if anything */
  FIRST,      /* in the first number */
  BETWEEN,
  SECOND,
  BEHIND,   /* behind the second number; blanks, if anything */
  COMMENT,  /* to the end of the line */
  RETURNED, /* behind a carriage return, which only the end of a line may follow */
};

#define QUOTED_BYTES 48

struct reader {
  struct pagerank_edges *edges;
  struct example_error *error;
  size_t line;
  const unsigned char *begin; /* of what this block has of the line */
  const unsigned char *end;   /* of the block */
  char quoted[QUOTED_BYTES];  /* what the blocks before had of it, as far as it has room */
  size_t quoted_bytes;
  enum place place;
  uint64_t from;  /* the first number, from BETWEEN on */
  uint64_t value; /* the number that is being read, or was read last */
};

/* Adds what this block has of the line to what is quoted. */
static void quote(struct reader *in) {
  for (const unsigned char *at = in->begin; at < in->end && *at != '\n'; at++) {
    if (in->quoted_bytes == QUOTED_BYTES)
      break;
    in->quoted[in->quoted_bytes++] = (char)(*at == '\t' || *at == '\r' ? ' ' : *at);
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
  if (in->place == RETURNED)
    return refuse(in, "a carriage return in the middle of a line");
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
  if (in->place == RETURNED)
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

static int accept_newline(struct reader *in, const unsigned char *behind) {
  if (finish_edge(in) != 0)
    return -1;
  in->place = LINE_START;
  in->line++;
  in->begin = behind;
  in->quoted_bytes = 0;
  return 0;
}

/* Whatever is neither digit nor blank. */
static int accept_other(struct reader *in, const unsigned char *at) {
  const unsigned char byte = *at;
  if (byte == '\n')
    return accept_newline(in, at + 1);
  if (byte == '#' && in->place == LINE_START) {
    in->place = COMMENT;
    return 0;
  }
  if (byte != '\r' || in->place == RETURNED)
    return refuse_byte(in, byte);
  if (finish_edge(in) != 0)
    return -1;
  in->place = RETURNED;
  return 0;
}

static int read_block(struct reader *in, const struct pagerank_block *block) {
  const unsigned char *at = block->bytes, *const end = at + block->count;
  in->begin = at;
  in->end = end;
  while (at < end) {
    int status = 0;
    if (in->place == COMMENT) {
      at = memchr(at, '\n', (size_t)(end - at));
      if (!at)
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

static int read_all(struct reader *in, struct pagerank_source *source) {
  struct pagerank_block block;
  bool empty = true;
  for (;; empty = false) {
    if (pagerank_source_next(source, &block, in->error) != 0)
      return -1;
    if (block.count == 0)
      break;
    if (read_block(in, &block) != 0)
      return -1;
  }
  if (finish_edge(in) != 0)
    return -1;
  if (empty)
    return example_fail(in->error, 0, "there are no edges: the file is empty");
  if (in->edges->count == 0)
    return example_fail(in->error, 0, "there are no edges: nothing but comments and empty lines");
  return 0;
}

int pagerank_edges_read(struct pagerank_edges *out, struct pagerank_source *source,
                        struct example_error *error) {
  *out = (struct pagerank_edges){0};
  struct reader reader = {.edges = out, .error = error, .line = 1};
  const int status = read_all(&reader, source);
  if (status != 0)
    pagerank_edges_deinit(out);
  return status;
}
