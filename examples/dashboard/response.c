#include "response.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/base64.h>
#include <nettle/sha1.h>

/* A page may run its own script, talk to its own server, and nothing else; no other page may have
 * it in a frame, under a click that is meant for something else. */
static const char head_format[] =
    "HTTP/1.1 %u %s\r\nContent-Type: %s; charset=utf-8\r\nContent-Length: %zu\r\n"
    "Connection: %s\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
    "Content-Security-Policy: default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data:; connect-src 'self' ws:; frame-ancestors 'none'\r\n"
    "%s%s\r\n";

__attribute__((format(printf, 2, 3))) static void write_head(struct dashboard_response *out,
                                                             const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int wanted = vsnprintf(out->head, sizeof out->head, format, arguments);
  va_end(arguments);
  out->head_bytes = wanted > 0 && (size_t)wanted < sizeof out->head ? (size_t)wanted : 0;
}

/* The reason as a line of text. */
static void make_reason(struct dashboard_response *out, const char *reason) {
  const int wanted = snprintf(out->reason, sizeof out->reason, "%s\n", reason);
  out->body = (struct dashboard_content){
      .bytes = out->reason,
      .byte_count = wanted < (int)sizeof out->reason ? (size_t)wanted : sizeof out->reason - 1};
}

void dashboard_response_make(struct dashboard_response *out, struct dashboard_verdict verdict,
                             void *user) {
  const char *type = "text/plain";
  *out = (struct dashboard_response){.head_bytes = 0};
  const int refused = verdict.route ? verdict.route->content(&out->body, user) : 0;
  if (refused != 0)
    verdict =
        dashboard_refusal((unsigned)refused, out->body.reason ? out->body.reason : "out of memory");
  if (verdict.route)
    type = verdict.route->type;
  else
    make_reason(out, verdict.reason);
  write_head(out, head_format, verdict.status, dashboard_status_words(verdict.status), type,
             out->body.byte_count, verdict.status == 426 ? "close, Upgrade" : "close",
             verdict.header ? verdict.header : "", verdict.header ? "\r\n" : "");
}

void dashboard_response_make_upgrade(struct dashboard_response *out, const char *socket_key) {
  static const char suffix[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* RFC 6455, 1.3 */
  unsigned char digest[SHA1_DIGEST_SIZE];
  char text[BASE64_ENCODE_RAW_LENGTH(SHA1_DIGEST_SIZE) + 1] = "";
  struct sha1_ctx context;
  sha1_init(&context);
  sha1_update(&context, strlen(socket_key), (const uint8_t *)socket_key);
  sha1_update(&context, sizeof suffix - 1, (const uint8_t *)suffix);
  sha1_digest(&context, sizeof digest, digest);
  base64_encode_raw(text, sizeof digest, digest);
  *out = (struct dashboard_response){.head_bytes = 0};
  write_head(out,
             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Accept: %s\r\n\r\n",
             text);
}

void dashboard_response_release(struct dashboard_response *response) {
  free(response->body.owned);
  response->body = (struct dashboard_content){.bytes = NULL};
}
