/*
 * dashboard_request_test.c: which requests the example `dashboard` serves, and who may steer it.
 */
#include <criterion/criterion.h>

#include <string.h>

#include "request.h"

static const struct dashboard_route list[] = {{.path = "/"}, {.path = "/report"}};
static const struct dashboard_routes routes = {list, 2, NULL};
static const struct dashboard_request page = {.method = "GET", .path = "/", .host = "localhost"};
static const struct dashboard_request websocket = {.method = "GET",
                                                   .path = DASHBOARD_SOCKET_PATH,
                                                   .host = "127.0.0.1:8080",
                                                   .origin = "http://127.0.0.1:8080",
                                                   .upgrade = "WebSocket",
                                                   .socket_key = "dGhlIHNhbXBsZSBub25jZQ==",
                                                   .socket_version = "13"};

static void expect(struct dashboard_request request, unsigned status) {
  const struct dashboard_verdict verdict = dashboard_request_judge(&request, &routes);
  cr_expect_eq(verdict.status, status, "%u, not %u: %s", verdict.status, status, verdict.reason);
  cr_expect_eq(verdict.route != NULL, status == 200);
  cr_expect_eq(verdict.reason[0] == '\0', status == 200 || status == 101);
  cr_expect_null(strchr(verdict.reason, '\n'));
}

/* The same request, but for one thing. */
#define BUT(request, field, value)                                                                 \
  __extension__({                                                                                  \
    struct dashboard_request changed = request;                                                    \
    changed.field = value;                                                                         \
    changed;                                                                                       \
  })

Test(dashboard_request, judge_serves_the_page_and_the_socket) {
  expect(page, 200);
  expect(BUT(page, content_length, "0"), 200);
  expect(websocket, 101);
  expect(BUT(websocket, origin, NULL), 101);
}

Test(dashboard_request, judge_takes_head_as_get_that_opens_nothing) {
  const struct dashboard_request head = BUT(page, method, "HEAD");
  expect(head, 200);
  expect(BUT(head, path, "/x"), 404);
  expect(BUT(head, content_length, "1"), 413);
  expect(BUT(websocket, method, "HEAD"), 426);
  cr_expect(dashboard_request_is_head(&head));
  cr_expect_not(dashboard_request_is_head(&page));
  cr_expect_not(dashboard_request_is_head(&(struct dashboard_request){.path = "/"}));
}

Test(dashboard_request, judge_finds_the_page_of_a_path) {
  const struct dashboard_request report = BUT(page, path, "/report");
  cr_expect_eq(dashboard_request_judge(&page, &routes).route, &list[0]);
  cr_expect_eq(dashboard_request_judge(&report, &routes).route, &list[1]);
  expect(BUT(page, path, "/report/"), 404);
  expect(BUT(page, path, "/repor"), 404);
}

/* "MAY ignore": RFC 9110, 7.8. */
Test(dashboard_request, judge_ignores_upgrades_that_it_does_not_know) {
  expect(BUT(page, upgrade, "h2c"), 200);
  expect(BUT(page, upgrade, "TLS/1.0"), 200);
}

Test(dashboard_request, judge_refuses_other_paths_methods_and_bodies) {
  char path[DASHBOARD_PATH_BYTES_MAX + 1] = "";
  memset(path, 'a', sizeof path - 1);
  expect(BUT(page, path, "/x"), 404);
  expect(BUT(page, path, ""), 404);
  expect(BUT(page, path, path), 414);
  expect(BUT(page, method, "POST"), 405);
  expect(BUT(page, method, "get"), 405);
  expect(BUT(websocket, method, "POST"), 405);
  expect(BUT(page, method, "HEAD "), 405);
  expect(BUT(page, content_length, "1"), 413);
  expect(BUT(page, content_length, "0010"), 413);
  expect(BUT(page, content_length, "-1"), 413);
  expect(BUT(page, transfer_encoding, "chunked"), 413);
  expect(BUT(page, transfer_encoding, ""), 413);
  expect(BUT(websocket, transfer_encoding, "gzip"), 413);
  expect(BUT(page, path, NULL), 400);
  expect(BUT(page, method, NULL), 400);
  expect(BUT(page, host, NULL), 400);
}

Test(dashboard_request, judge_refuses_what_is_no_upgrade_of_ours) {
  expect(BUT(websocket, upgrade, NULL), 426);
  expect(BUT(websocket, upgrade, "h2c"), 400);
  expect(BUT(websocket, socket_key, NULL), 400);
  expect(BUT(websocket, socket_version, NULL), 400);
  expect(BUT(websocket, socket_version, "12"), 400);
  expect(BUT(websocket, socket_key, ""), 400);
  expect(BUT(websocket, socket_key, "dGhlIHNhbXBsZSBub25jZQ"), 400);
  expect(BUT(websocket, socket_key, "dGhlIHNhbXBsZSBub25jZQ==="), 400);
  expect(BUT(websocket, socket_key, "dGhlIHNhbXBsZ!Bub25jZQ=="), 400);
  expect(BUT(websocket, path, "/"), 400);
  expect(BUT(websocket, path, "/other"), 404);
}

Test(dashboard_request, judge_refuses_pages_from_elsewhere) {
  static const char *const origins[] = {"",
                                        "http://",
                                        "http://127.0.0.1",
                                        "http://127.0.0.1:80801",
                                        "http://localhost:8080",
                                        "null",
                                        "127.0.0.1:8080",
                                        "https://127.0.0.1:8080",
                                        "http://evil.example",
                                        "http://127.0.0.1:8080/",
                                        "http",
                                        "ws://127.0.0.1:8080",
                                        "http://127.0.0.1:8080, http://127.0.0.1:8080",
                                        "http://127.0.0.1:08081",
                                        "http://x@127.0.0.1:8080"};
  for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++)
    expect(BUT(websocket, origin, origins[i]), 403);
  expect(BUT(websocket, origin, "HTTP://127.0.0.1:8080"), 101);
}

/* A name that somebody else owns can be made to point here, and then Host and Origin agree. */
Test(dashboard_request, judge_refuses_names_that_could_be_rebound) {
  expect(BUT(page, host, "evil.example"), 403);
  expect((struct dashboard_request){.method = "GET",
                                    .path = DASHBOARD_SOCKET_PATH,
                                    .host = "evil.example:8080",
                                    .origin = "http://evil.example:8080",
                                    .upgrade = "websocket",
                                    .socket_key = "x",
                                    .socket_version = "13"},
         403);
}

static void expect_same(const char *origin, const char *host, bool same) {
  cr_expect_eq(dashboard_origin_matches(origin, host), same, "%s, %s", origin, host);
}

/* RFC 3986, 6.2.3: an empty port is the scheme's; and the dot behind a name only says that it is
 * complete. */
Test(dashboard_request, origin_matches_however_a_host_is_written) {
  expect_same("http://localhost:8080", "localhost.:8080", true);
  expect_same("http://localhost.:8080", "LOCALHOST:8080", true);
  expect_same("http://localhost", "localhost:", true);
  expect_same("http://localhost", "localhost:80", true);
  expect_same("http://localhost:", "localhost.", true);
  expect_same("http://127.0.0.1:80", "127.0.0.1", true);
  expect_same("http://[::1]:8080", "[0:0::1]:8080", true);
  expect_same("http://localhost", "localhost:8080", false);
  expect_same("http://localhost:", "localhost:8080", false);
  expect_same("http://localhost:8080", "127.0.0.1:8080", false);
  expect_same("http://[::1]", "0.0.0.1", false);
  expect_same("http://0.0.0.0", "localhost", false);
  expect_same("http://evil.example", "evil.example", false);
}

Test(dashboard_request, host_trusted_takes_addresses_and_localhost) {
  static const char *const good[] = {"localhost",  "LocalHost:1",   "127.0.0.1",  "10.1.2.3:8080",
                                     "[::1]",      "[::1]:65535",   "0.0.0.0:80", "localhost.",
                                     "localhost:", "LocalHost.:80", "127.0.0.1:", "[::1]:"};
  static const char *const bad[] = {"",
                                    ":80",
                                    "localhost..",
                                    "localhost:.",
                                    ".localhost",
                                    "localhost::",
                                    "localhost:65536",
                                    "localhost:+80",
                                    "x@localhost",
                                    "localhost:x",
                                    "127.1",
                                    "1.2.3.4.5",
                                    "127.0.0.1.x",
                                    "[::1",
                                    "::1",
                                    "[::1]x",
                                    "[127.0.0.1]",
                                    "[]",
                                    "a:80:80",
                                    "host",
                                    "localhost:1234567",
                                    "127.0.0.1 ",
                                    "localhost:80 "};
  for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
    cr_expect(dashboard_host_trusted(good[i]), "%s", good[i]);
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
    cr_expect_not(dashboard_host_trusted(bad[i]), "%s", bad[i]);
}

Test(dashboard_request, host_trusted_refuses_what_is_longer_than_any_address) {
  char host[300] = "";
  memset(host, '1', sizeof host - 1);
  cr_expect_not(dashboard_host_trusted(host));
  host[0] = '[';
  cr_expect_not(dashboard_host_trusted(host));
}

static unsigned bytes_status(const char *bytes, size_t byte_count) {
  return dashboard_bytes_judge(bytes, byte_count).status;
}

Test(dashboard_request, bytes_judge_tells_methods_from_garbage) {
  cr_expect_eq(bytes_status("BREW / HTTP/1.1", 15), 405);
  cr_expect_eq(bytes_status("BREW /", 6), 405);
  cr_expect_eq(bytes_status("BREW ", 5), 400);
  cr_expect_eq(bytes_status("BREW", 4), 400);
  cr_expect_eq(bytes_status(" /", 2), 400);
  cr_expect_eq(bytes_status("brew / HTTP/1.1", 15), 400);
  cr_expect_eq(bytes_status("", 0), 400);
}

Test(dashboard_request, status_words_has_words_for_each) {
  static const unsigned statuses[] = {200, 400, 403, 404, 405, 408, 413, 414, 426, 431, 500, 505};
  for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
    cr_expect_str_neq(dashboard_status_words(statuses[i]), dashboard_status_words(599), "%u",
                      statuses[i]);
}
