/*
 * dashboard_head_test.c: the example `dashboard` reads the head of a request: complete ones as
 * soon as they are, whatever else is in them and however they are cut into pieces.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "head.h"

static struct dashboard_head head;

/* Reads in pieces of so many bytes, until something is decided. Returns how many belonged to it. */
static size_t read_pieces(const char *bytes, size_t byte_count, size_t piece_bytes) {
  size_t at = 0;
  dashboard_head_init(&head);
  while (at < byte_count && head.state <= DASHBOARD_HEAD_BEGUN) {
    const size_t left = byte_count - at;
    at += dashboard_head_read(&head, bytes + at, left < piece_bytes ? left : piece_bytes);
  }
  return at;
}

static void expect_state(const char *bytes, size_t byte_count, enum dashboard_head_state state,
                         unsigned status) {
  const size_t sizes[] = {1, 2, 3, 7, 16, byte_count};
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    const size_t piece_bytes = sizes[i];
    (void)read_pieces(bytes, byte_count, piece_bytes);
    cr_expect_eq(head.state, state, "state %d, not %d: %s, by %zu bytes", (int)head.state,
                 (int)state, bytes, piece_bytes);
    cr_expect_eq(head.verdict.status, status, "%u, not %u: %s, by %zu bytes", head.verdict.status,
                 status, bytes, piece_bytes);
  }
}

static void expect_complete(const char *text) {
  expect_state(text, strlen(text), DASHBOARD_HEAD_COMPLETE, 0);
}

static void expect_wrong(const char *text, unsigned status) {
  expect_state(text, strlen(text), DASHBOARD_HEAD_WRONG, status);
}

static void expect_begun(const char *text) {
  expect_state(text, strlen(text), DASHBOARD_HEAD_BEGUN, 0);
}

Test(dashboard_head, read_finds_what_is_looked_at) {
  static const char text[] = "GET /socket?x=1 HTTP/1.1\r\nHOST: localhost:8080 \t\r\n"
                             "origin:http://localhost:8080\r\nConnection: keep-alive, Upgrade\r\n"
                             "Upgrade:   websocket\r\nSec-WebSocket-Key: abc\r\n"
                             "sec-websocket-version: 13\r\nContent-Length: 0\r\nX: y\r\n\r\nrest";
  for (size_t piece_bytes = 1; piece_bytes < sizeof text; piece_bytes++) {
    const size_t taken = read_pieces(text, sizeof text - 1, piece_bytes);
    const struct dashboard_request *const request = &head.request;
    cr_assert_eq(head.state, DASHBOARD_HEAD_COMPLETE);
    cr_expect_eq(taken, sizeof text - 1 - 4, "the rest is no part of it");
    cr_expect_str_eq(request->method, "GET");
    cr_expect_str_eq(request->path, "/socket");
    cr_expect_str_eq(request->host, "localhost:8080");
    cr_expect_str_eq(request->origin, "http://localhost:8080");
    cr_expect_str_eq(request->upgrade, "websocket");
    cr_expect_str_eq(request->socket_key, "abc");
    cr_expect_str_eq(request->socket_version, "13");
    cr_expect_str_eq(request->content_length, "0");
    cr_expect_null(request->transfer_encoding);
  }
}

Test(dashboard_head, read_has_null_for_what_is_missing) {
  expect_complete("GET / HTTP/1.1\r\n\r\n");
  cr_expect(!head.request.host && !head.request.origin && !head.request.upgrade);
  expect_complete("GET / HTTP/1.1\r\nHost:\r\nOrigin: \r\n\r\n");
  cr_expect_str_eq(head.request.host, "");
  cr_expect_str_eq(head.request.origin, "");
}

/* Every beginning of every name that is known somewhere, and every single letter. */
Test(dashboard_head, read_takes_any_name) {
  static const char *const names[] = {"Host",
                                      "Origin",
                                      "Upgrade",
                                      "Connection",
                                      "Sec-WebSocket-Key",
                                      "X-Auth",
                                      "User-Agent",
                                      "If-None-Match",
                                      "X-Forwarded",
                                      "Transfer-Encoding",
                                      "Keep-Alive",
                                      "Proxy-Connection",
                                      "Content-Lengt",
                                      "Sec-WebSocket-Version-",
                                      "A",
                                      "b",
                                      "C",
                                      "d",
                                      "E",
                                      "f",
                                      "G",
                                      "h",
                                      "I",
                                      "j",
                                      "K",
                                      "l",
                                      "M",
                                      "n",
                                      "O",
                                      "p",
                                      "Q",
                                      "r",
                                      "S",
                                      "t",
                                      "U",
                                      "v",
                                      "W",
                                      "x",
                                      "Y",
                                      "z",
                                      "1",
                                      "_",
                                      "!#$%&'*+-.^_`|~"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    for (size_t bytes = 1; bytes <= strlen(names[i]); bytes++) {
      char text[200];
      if (strncasecmp(names[i], "transfer-encoding", bytes) == 0 && bytes == 17)
        continue; /* whose value is looked at by the parser */
      snprintf(text, sizeof text, "GET / HTTP/1.1\r\n%.*s: a\r\nAccept: b\r\n\r\n", (int)bytes,
               names[i]);
      expect_complete(text);
    }
}

Test(dashboard_head, read_is_not_led_astray_by_names_like_ours) {
  expect_complete("GET / HTTP/1.1\r\nHos: a\r\nHost: localhost\r\nHostt: b\r\nX-Host: c\r\n\r\n");
  cr_expect_str_eq(head.request.host, "localhost");
}

/* `count` fields "a: b" behind the first lines. */
static char *make_many(size_t count, size_t *byte_count) {
  static const char first[] = "GET / HTTP/1.1\r\nHost: localhost\r\n";
  char *const text = malloc(sizeof first + 6 * count + 2);
  cr_assert_not_null(text);
  char *at = text + sprintf(text, "%s", first);
  for (size_t i = 0; i < count; i++)
    at += sprintf(at, "a: b\r\n");
  at += sprintf(at, "\r\n");
  *byte_count = (size_t)(at - text);
  return text;
}

Test(dashboard_head, read_takes_thousands_of_small_fields) {
  size_t byte_count;
  char *const text = make_many(5000, &byte_count);
  static const size_t pieces[] = {1, 7, 4096, 65536};
  for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
    cr_expect_eq(read_pieces(text, byte_count, pieces[i]), byte_count);
    cr_expect_eq(head.state, DASHBOARD_HEAD_COMPLETE);
  }
  free(text);
}

Test(dashboard_head, read_ends_at_the_limit) {
  size_t byte_count;
  char *const text = make_many(20000, &byte_count);
  cr_expect_eq(read_pieces(text, byte_count, 1000), DASHBOARD_HEAD_BYTES_MAX);
  cr_expect_eq(head.state, DASHBOARD_HEAD_WRONG);
  cr_expect_eq(head.verdict.status, 431);
  memset(text + 4, 'a', byte_count - 4);
  cr_expect_eq(read_pieces(text, byte_count, 1000), DASHBOARD_HEAD_BYTES_MAX);
  cr_expect_eq(head.verdict.status, 414);
  free(text);
}

/* A head that is exactly as long as it may be. */
Test(dashboard_head, read_takes_all_that_the_limit_allows) {
  static const char first[] = "GET / HTTP/1.1\r\nX: ";
  char *const text = malloc(DASHBOARD_HEAD_BYTES_MAX);
  cr_assert_not_null(text);
  memset(text, 'a', DASHBOARD_HEAD_BYTES_MAX);
  memcpy(text, first, sizeof first - 1);
  memcpy(text + DASHBOARD_HEAD_BYTES_MAX - 4, "\r\n\r\n", 4);
  (void)read_pieces(text, DASHBOARD_HEAD_BYTES_MAX, 5000);
  cr_expect_eq(head.state, DASHBOARD_HEAD_COMPLETE);
  free(text);
}

Test(dashboard_head, read_ignores_blank_lines_before_the_request) {
  expect_complete("\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  expect_complete("\n\r\n\r\n\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  cr_expect_str_eq(head.request.host, "localhost");
  expect_state("\r\n\r\n\r\n", 6, DASHBOARD_HEAD_NONE, 0);
}

Test(dashboard_head, read_waits_for_what_can_still_be_complete) {
  expect_begun("G");
  expect_begun("GET / HTTP/1.1");
  expect_begun("GET / HTTP/1.1\r\nHost: localhost\r\n");
  expect_begun("GET / HTTP/1.1\r\nHost: localhost\r\n\r");
  expect_begun("FROBNICATE ");
}

Test(dashboard_head, read_takes_lines_without_their_carriage_returns) {
  expect_complete("GET / HTTP/1.1\nHost: localhost\n\n");
  cr_expect_str_eq(head.request.host, "localhost");
}

Test(dashboard_head, read_refuses_garbage_at_once) {
  expect_wrong("garbage", 400);
  expect_wrong("\x16\x03\x01", 400);
  expect_wrong("GET\r\n", 400);
  expect_wrong("GET /\r\n", 400);
  expect_wrong("GET / FTP/1.1\r\n", 400);
  expect_wrong("GET / HTTP/1.1\r\nno colon\r\n", 400);
  expect_wrong("GET / HTTP/1.1\r\n: no name\r\n", 400);
  expect_wrong("GET / HTTP/1.1\r\nContent-Length: 1x\r\n", 400);
  expect_wrong("GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400);
  expect_wrong("GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
  expect_wrong("GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400);
  expect_wrong("GET / HTTP/2.0\r\nHost: localhost\r\n\r\n", 505);
}

Test(dashboard_head, read_knows_an_unknown_method_for_one) {
  expect_wrong("FROBNICATE /", 405);
  expect_wrong("GETX /", 405);
  expect_wrong("FROBNICATE x", 400);
  expect_wrong("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF", 400);
}

static void expect_zero_refused(const char *bytes, size_t byte_count) {
  expect_state(bytes, byte_count, DASHBOARD_HEAD_WRONG, 400);
}

Test(dashboard_head, read_refuses_zero_bytes) {
  static const char host[] = "GET / HTTP/1.1\r\nHost: localhost\0.evil.example\r\n\r\n";
  static const char origin[] = "GET / HTTP/1.1\r\nOrigin: http://localhost\0.evil.example\r\n\r\n";
  static const char path[] = "GET /\0x HTTP/1.1\r\n\r\n";
  static const char name[] = "GET / HTTP/1.1\r\nHost\0: localhost\r\n\r\n";
  static const char end[] = "GET / HTTP/1.1\r\nOrigin: null\0\r\n\r\n";
  static const char first[] = "GET / HTTP/1.1\r\nHost: \0localhost\r\n\r\n";
  static const char fold[] = "GET / HTTP/1.1\r\nHost: localhost\r\n \0.evil.example\r\n\r\n";
  static const char only[] = "GET / HTTP/1.1\r\nX:\0\r\n\r\n";
  expect_zero_refused(host, sizeof host - 1);
  expect_zero_refused(origin, sizeof origin - 1);
  expect_zero_refused(path, sizeof path - 1);
  expect_zero_refused(name, sizeof name - 1);
  expect_zero_refused(end, sizeof end - 1);
  expect_zero_refused(first, sizeof first - 1);
  expect_zero_refused(fold, sizeof fold - 1);
  expect_zero_refused(only, sizeof only - 1);
}

Test(dashboard_head, read_sees_a_body_that_is_announced) {
  expect_complete("POST / HTTP/1.1\r\nContent-Length: 12\r\n\r\n");
  cr_expect_str_eq(head.request.content_length, "12");
  cr_expect_str_eq(head.request.method, "POST");
  expect_complete("GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  cr_expect_str_eq(head.request.transfer_encoding, "chunked");
  expect_complete("GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n");
  cr_expect_str_eq(head.request.transfer_encoding, "gzip");
}

Test(dashboard_head, read_joins_repeated_fields_and_hides_long_ones) {
  char text[1000];
  expect_complete("GET / HTTP/1.1\r\nOrigin: http://a\r\nOrigin: http://b\r\n\r\n");
  cr_expect_str_eq(head.request.origin, "http://a, http://b");
  snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: localhost%0*d\r\n\r\n", 300, 1);
  (void)read_pieces(text, strlen(text), 100);
  cr_expect_str_eq(head.request.host, "?");
}

Test(dashboard_head, read_takes_an_upgrade_only_with_its_connection) {
  expect_complete("GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
  cr_expect_null(head.request.upgrade);
  expect_complete("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  cr_expect_null(head.request.upgrade);
  expect_complete("GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  cr_expect_str_eq(head.request.upgrade, "websocket");
}

Test(dashboard_head, read_takes_the_host_from_a_whole_address) {
  expect_complete("GET HTTP://evil.example:1/x?y HTTP/1.1\r\nHost: localhost\r\n\r\n");
  cr_expect_str_eq(head.request.host, "evil.example:1");
  cr_expect_str_eq(head.request.path, "/x");
  expect_complete("GET http://localhost HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  cr_expect_str_eq(head.request.host, "localhost");
  cr_expect_str_eq(head.request.path, "/");
  expect_complete("GET http://localhost/ HTTP/1.1\r\n\r\n");
  cr_expect_null(head.request.host, "Host must be there");
}

Test(dashboard_head, read_refuses_long_paths_but_not_long_queries) {
  char text[4000];
  snprintf(text, sizeof text, "GET /%0*d HTTP/1.1\r\n\r\n", 3000, 1);
  (void)read_pieces(text, strlen(text), 50);
  cr_expect_eq(head.verdict.status, 414);
  snprintf(text, sizeof text, "GET /?%0*d HTTP/1.1\r\n\r\n", 3000, 1);
  (void)read_pieces(text, strlen(text), 50);
  cr_expect_eq(head.state, DASHBOARD_HEAD_COMPLETE);
  cr_expect_str_eq(head.request.path, "/");
}

static uint32_t draw(uint32_t *seed) {
  *seed = *seed * 1664525u + 1013904223u;
  return *seed >> 8;
}

/* Requests in which a few bytes are others, or missing. */
Test(dashboard_head, read_finds_the_same_however_the_bytes_are_cut) {
  static const char text[] =
      "\r\nGET /socket?x=1 HTTP/1.1\r\nHost: localhost:8080\r\nOrigin: "
      "http://localhost:8080\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Content-Length: 0\r\nSec-WebSocket-Version: 13\r\n\r\nrest";
  static const char odd[] = "\0\r\n\t :,?/\x7f\xff\x01"
                            "Aa0";
  uint32_t seed = 1;
  for (int round = 0; round < 1000; round++) {
    char bytes[sizeof text];
    size_t byte_count = sizeof text - 1;
    memcpy(bytes, text, byte_count);
    for (uint32_t changes = draw(&seed) % 4; changes > 0; changes--)
      bytes[draw(&seed) % byte_count] = odd[draw(&seed) % (sizeof odd - 1)];
    byte_count -= draw(&seed) % 2 ? draw(&seed) % byte_count : 0;
    const size_t taken = read_pieces(bytes, byte_count, byte_count);
    const struct dashboard_head whole = head;
    const size_t piece_bytes = 1 + draw(&seed) % 20;
    const size_t taken_in_pieces = read_pieces(bytes, byte_count, piece_bytes);
    cr_assert_eq(head.state, whole.state, "round %d, by %zu bytes", round, piece_bytes);
    cr_assert_eq(head.verdict.status, whole.verdict.status, "round %d: %u, %u: %.*s", round,
                 head.verdict.status, whole.verdict.status, (int)byte_count, bytes);
    if (head.state != DASHBOARD_HEAD_COMPLETE)
      continue;
    cr_assert_eq(taken_in_pieces, taken, "round %d", round);
    cr_assert_eq(memcmp(head.fields, whole.fields, sizeof head.fields), 0, "round %d", round);
    cr_assert_str_eq(head.target, whole.target, "round %d", round);
  }
}

Test(dashboard_head, end_refuses_what_has_begun) {
  const struct dashboard_verdict late = dashboard_refusal(408, "late");
  (void)read_pieces("HEAD / HT", 9, 9);
  dashboard_head_end(&head, late);
  cr_expect_eq(head.state, DASHBOARD_HEAD_WRONG);
  cr_expect_eq(head.verdict.status, 408);
  cr_expect(dashboard_request_is_head(&head.request), "to be answered without a body");
  (void)read_pieces("\r\n", 2, 1);
  dashboard_head_end(&head, late);
  cr_expect_eq(head.state, DASHBOARD_HEAD_NONE);
}
