#include "head.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char *const field_names[DASHBOARD_FIELD_COUNT] = {
    [DASHBOARD_HOST] = "host",
    [DASHBOARD_ORIGIN] = "origin",
    [DASHBOARD_UPGRADE] = "upgrade",
    [DASHBOARD_SOCKET_KEY] = "sec-websocket-key",
    [DASHBOARD_SOCKET_VERSION] = "sec-websocket-version",
    [DASHBOARD_CONTENT_LENGTH] = "content-length",
    [DASHBOARD_TRANSFER_ENCODING] = "transfer-encoding",
};

static void refuse(struct dashboard_head *head, struct dashboard_verdict verdict) {
  head->state = DASHBOARD_HEAD_WRONG;
  head->verdict = verdict;
}

/* --- what http-parser calls while it reads --- */

/* `at` grows up to `room` bytes; returns how many there are, also of those that found no room. */
static size_t append(char *out, size_t room, size_t byte_count, const char *at, size_t more) {
  if (byte_count < room)
    memcpy(out + byte_count, at, more < room - byte_count ? more : room - byte_count);
  return byte_count + more;
}

static int on_target(http_parser *parser, const char *at, size_t byte_count) {
  struct dashboard_head *const head = parser->data;
  head->target_bytes =
      append(head->target, sizeof head->target - 1, head->target_bytes, at, byte_count);
  return 0;
}

static int on_name(http_parser *parser, const char *at, size_t byte_count) {
  struct dashboard_head *const head = parser->data;
  if (head->in_value)
    head->name_bytes = 0;
  head->in_value = false;
  head->name_bytes = append(head->name, sizeof head->name, head->name_bytes, at, byte_count);
  return 0;
}

static enum dashboard_field find_field(const char *name, size_t byte_count) {
  for (size_t i = 0; i < DASHBOARD_FIELD_COUNT; i++)
    if (strlen(field_names[i]) == byte_count && strncasecmp(field_names[i], name, byte_count) == 0)
      return (enum dashboard_field)i;
  return DASHBOARD_FIELD_COUNT;
}

/* The parser lets some bytes pass where a value begins, also in a line that goes on with one. */
static int refuse_byte(struct dashboard_head *head) {
  refuse(head, dashboard_refusal(400, "a header has a byte that cannot be in one"));
  return -1;
}

/* Values of the same name are a list: RFC 9110, 5.3. */
static int on_value(http_parser *parser, const char *at, size_t byte_count) {
  struct dashboard_head *const head = parser->data;
  const bool begins = !head->in_value;
  if (begins)
    head->field = find_field(head->name, head->name_bytes);
  head->in_value = true;
  if (memchr(at, '\0', byte_count))
    return refuse_byte(head);
  if (head->field == DASHBOARD_FIELD_COUNT)
    return 0;
  struct dashboard_field_text *const text = &head->fields[head->field];
  if (begins && text->times++ > 0)
    text->byte_count = append(text->bytes, sizeof text->bytes, text->byte_count, ", ", 2);
  text->byte_count = append(text->bytes, sizeof text->bytes, text->byte_count, at, byte_count);
  return 0;
}

/* Ends the text of a field: without the blanks behind it. One that is too long is as good as
 * wrong: it matches nothing. NULL: there is none. */
static const char *field_value(struct dashboard_head *head, enum dashboard_field field) {
  struct dashboard_field_text *const text = &head->fields[field];
  if (text->times == 0)
    return NULL;
  if (text->byte_count >= sizeof text->bytes)
    return "?";
  while (text->byte_count > 0 && strchr(" \t", text->bytes[text->byte_count - 1]))
    text->byte_count--;
  text->bytes[text->byte_count] = '\0';
  return text->bytes;
}

/* "http://HOST/PATH", which a server must understand, and which then says what the host is: RFC
 * 9112, 3.2.2. */
static void read_target(struct dashboard_head *head) {
  static const char scheme[] = "http://";
  struct dashboard_request *const request = &head->request;
  char *const query = strchr(head->target, '?');
  if (query)
    *query = '\0';
  else if (head->target_bytes >= sizeof head->target)
    refuse(head, dashboard_refusal(414, "the path is too long"));
  request->path = head->target;
  if (strncasecmp(head->target, scheme, sizeof scheme - 1) != 0)
    return;
  const char *const authority = head->target + sizeof scheme - 1;
  const size_t host_bytes = strcspn(authority, "/");
  request->path = authority[host_bytes] == '/' ? authority + host_bytes : "/";
  if (!request->host) /* which must be there nevertheless */
    return;
  struct dashboard_field_text *const host = &head->fields[DASHBOARD_HOST];
  host->byte_count = append(host->bytes, sizeof host->bytes, 0, authority, host_bytes);
  request->host = field_value(head, DASHBOARD_HOST);
}

/* HTTP before 1.0 had a line without a version, and nothing behind it. */
static bool has_no_version(const http_parser *parser) {
  return parser->http_major == 0 && parser->http_minor == 9;
}

/* All fields are there. An upgrade counts only if Connection names it, and never in HTTP/1.0. 2:
 * whatever follows, it is not this parser's. */
static int on_complete(http_parser *parser) {
  struct dashboard_head *const head = parser->data;
  const bool upgrades = (parser->flags & F_CONNECTION_UPGRADE) != 0 && parser->http_minor > 0;
  head->state = DASHBOARD_HEAD_COMPLETE;
  head->request = (struct dashboard_request){
      .method = http_method_str((enum http_method)parser->method),
      .host = field_value(head, DASHBOARD_HOST),
      .origin = field_value(head, DASHBOARD_ORIGIN),
      .upgrade = upgrades ? field_value(head, DASHBOARD_UPGRADE) : NULL,
      .socket_key = field_value(head, DASHBOARD_SOCKET_KEY),
      .socket_version = field_value(head, DASHBOARD_SOCKET_VERSION),
      .content_length = field_value(head, DASHBOARD_CONTENT_LENGTH),
      .transfer_encoding = field_value(head, DASHBOARD_TRANSFER_ENCODING),
  };
  read_target(head);
  if (has_no_version(parser))
    refuse(head, dashboard_refusal(400, "that is no HTTP request"));
  else if (parser->http_major != 1)
    refuse(head, dashboard_refusal(505, "the only version is HTTP/1"));
  else if (head->fields[DASHBOARD_HOST].times > 1)
    refuse(head, dashboard_refusal(400, "there is more than one Host"));
  return 2;
}

static const http_parser_settings settings = {
    .on_url = on_target,
    .on_header_field = on_name,
    .on_header_value = on_value,
    .on_headers_complete = on_complete,
};

/* --- what it found --- */

/* A method that the parser does not know: the path's first byte tells whether it is one. */
static void judge_opening(struct dashboard_head *head) {
  size_t letters = 0;
  while (letters < head->opening_bytes && isupper((unsigned char)head->opening[letters]))
    letters++;
  const bool ends_in_method = letters == head->opening_bytes ||
                              (letters + 1 == head->opening_bytes && head->opening[letters] == ' ');
  if (!ends_in_method || head->opening_bytes == sizeof head->opening)
    refuse(head, dashboard_bytes_judge(head->opening, head->opening_bytes));
}

static void explain_error(struct dashboard_head *head) {
  switch (HTTP_PARSER_ERRNO(&head->parser)) {
  case HPE_INVALID_METHOD:
    head->unknown_method = true;
    judge_opening(head);
    return;
  case HPE_INVALID_HEADER_TOKEN:
    (void)refuse_byte(head);
    return;
  case HPE_INVALID_CONTENT_LENGTH:
  case HPE_UNEXPECTED_CONTENT_LENGTH:
    refuse(head, dashboard_refusal(400, "Content-Length makes no sense"));
    return;
  default:
    refuse(head, dashboard_refusal(400, "that is no HTTP request"));
  }
}

static void look_at_result(struct dashboard_head *head) {
  const http_parser *const parser = &head->parser;
  if (head->target_bytes > 0)
    head->request.method = http_method_str((enum http_method)parser->method);
  if (HTTP_PARSER_ERRNO(parser) != HPE_OK)
    explain_error(head);
  else if (has_no_version(parser))
    refuse(head, dashboard_refusal(400, "that is no HTTP request"));
  else if (head->byte_count == DASHBOARD_HEAD_BYTES_MAX && parser->http_major == 0)
    refuse(head, dashboard_refusal(414, "the path is too long"));
  else if (head->byte_count == DASHBOARD_HEAD_BYTES_MAX)
    refuse(head, dashboard_refusal(431, "the headers are too long"));
}

void dashboard_head_init(struct dashboard_head *head) {
  memset(head, 0, sizeof *head);
  http_parser_init(&head->parser, HTTP_REQUEST);
  head->parser.data = head;
}

/* What belongs to the head, once it has begun: all of it, unless it ends. */
static size_t read_begun(struct dashboard_head *head, const char *bytes, size_t byte_count) {
  const size_t room = DASHBOARD_HEAD_BYTES_MAX - head->byte_count;
  const size_t offered = byte_count < room ? byte_count : room;
  const size_t kept =
      append(head->opening, sizeof head->opening, head->opening_bytes, bytes, offered);
  head->opening_bytes = kept < sizeof head->opening ? kept : sizeof head->opening;
  if (head->unknown_method) {
    judge_opening(head);
    return offered;
  }
  const size_t taken = http_parser_execute(&head->parser, &settings, bytes, offered);
  head->byte_count += taken;
  if (head->state == DASHBOARD_HEAD_BEGUN)
    look_at_result(head);
  return head->state == DASHBOARD_HEAD_BEGUN ? offered : taken;
}

size_t dashboard_head_read(struct dashboard_head *head, const char *bytes, size_t byte_count) {
  size_t blank = 0;
  if (head->state == DASHBOARD_HEAD_NONE)
    while (blank < byte_count && (bytes[blank] == '\r' || bytes[blank] == '\n'))
      blank++;
  if (blank == byte_count)
    return blank;
  if (head->state == DASHBOARD_HEAD_NONE)
    head->state = DASHBOARD_HEAD_BEGUN;
  return blank + read_begun(head, bytes + blank, byte_count - blank);
}

void dashboard_head_end(struct dashboard_head *head, struct dashboard_verdict verdict) {
  if (head->state == DASHBOARD_HEAD_BEGUN)
    refuse(head, verdict);
}
