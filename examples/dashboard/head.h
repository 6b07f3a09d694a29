/*
 * head.h: the head of a request, up to the blank line behind its fields, as it arrives piece by
 * piece.
 *
 * What is found does not depend on how the bytes are cut into pieces, and it is known as soon as
 * the bytes say it: a complete head is COMPLETE with its last byte, one that can become none is
 * WRONG with the first byte that says so. A field matters only if its whole name is one of ours;
 * all others, however they are called and however many they are, only count as bytes.
 *
 * The grammar is http-parser's, which looks at each byte once and keeps nothing. Only head.[ch]
 * know of it; llhttp, its successor, which Debian 12 does not have as a library, has the same
 * callbacks.
 */
#ifndef DASHBOARD_HEAD_H
#define DASHBOARD_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include <http_parser.h>

#include "request.h"

#define DASHBOARD_HEAD_BYTES_MAX 65536u /* of all of it; what is longer is refused */
#define DASHBOARD_FIELD_BYTES_MAX 256u  /* of a field that is looked at */

enum dashboard_head_state {
  DASHBOARD_HEAD_NONE = 0, /* nothing is asked: not a byte, or blank lines, which may come first */
  DASHBOARD_HEAD_BEGUN,
  DASHBOARD_HEAD_COMPLETE, /* `request` is valid */
  DASHBOARD_HEAD_WRONG     /* `verdict` says why */
};

enum dashboard_field {
  DASHBOARD_HOST,
  DASHBOARD_ORIGIN,
  DASHBOARD_UPGRADE,
  DASHBOARD_SOCKET_KEY,
  DASHBOARD_SOCKET_VERSION,
  DASHBOARD_CONTENT_LENGTH,
  DASHBOARD_TRANSFER_ENCODING,
  DASHBOARD_FIELD_COUNT /* also: a field that is not looked at */
};

struct dashboard_field_text {
  unsigned times;
  size_t byte_count; /* of all that was sent, also beyond the room */
  char bytes[DASHBOARD_FIELD_BYTES_MAX];
};

struct dashboard_head {
  enum dashboard_head_state state;
  struct dashboard_verdict verdict;
  struct dashboard_request request; /* points into the rest of this */
  http_parser parser;
  size_t byte_count;
  bool unknown_method; /* only its end is waited for */
  bool in_value;       /* of the field that is read, not in its name */
  enum dashboard_field field;
  size_t name_bytes, opening_bytes, target_bytes;
  char name[32];    /* of the field that is read */
  char opening[32]; /* the first bytes, for dashboard_bytes_judge */
  char target[DASHBOARD_PATH_BYTES_MAX + 1];
  struct dashboard_field_text fields[DASHBOARD_FIELD_COUNT];
};

/* It must stay where it is. */
void dashboard_head_init(struct dashboard_head *head);

/* The next bytes. Returns how many of them belong to the head; those behind it are for who
 * follows. */
size_t dashboard_head_read(struct dashboard_head *head, const char *bytes, size_t byte_count);

/* There is nothing more to come, though the head is not complete: it is WRONG, unless nothing was
 * asked. */
void dashboard_head_end(struct dashboard_head *head, struct dashboard_verdict verdict);

#endif
