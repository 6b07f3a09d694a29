/*
 * dashboard_http.c: the example dashboard reads requests: what it finds does not depend on how the
 * bytes are cut into pieces, and whatever it finds, there is a whole response to it.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "head.h"
#include "response.h"

static int make_page(struct dashboard_content *out, void *user) {
  (void)user;
  *out = (struct dashboard_content){.bytes = "page", .byte_count = 4};
  return 0;
}

static const struct dashboard_route list[] = {{"/", "text/html", make_page},
                                              {"/report", "text/plain", make_page}};
static const struct dashboard_routes routes = {list, sizeof list / sizeof *list, NULL};

/* As a connection does. Returns how many bytes belonged to the head. */
static size_t read_pieces(struct dashboard_head *head, const char *bytes, size_t byte_count,
                          size_t piece_bytes) {
  size_t at = 0;
  dashboard_head_init(head);
  while (at < byte_count && head->state <= DASHBOARD_HEAD_BEGUN) {
    const size_t left = byte_count - at;
    const size_t taken =
        dashboard_head_read(head, bytes + at, left < piece_bytes ? left : piece_bytes);
    FUZZ_CHECK(taken <= left, "it takes more than there is");
    at += taken;
  }
  return at;
}

static bool is_same(const char *a, const char *b) {
  return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void check_same(const struct dashboard_head *whole, const struct dashboard_head *cut) {
  const struct dashboard_request *a = &whole->request, *b = &cut->request;
  FUZZ_CHECK(whole->state == cut->state && whole->verdict.status == cut->verdict.status,
             "whole it is %d with %u, and cut it is %d with %u", (int)whole->state,
             whole->verdict.status, (int)cut->state, cut->verdict.status);
  if (whole->state == DASHBOARD_HEAD_COMPLETE)
    FUZZ_CHECK(is_same(a->method, b->method) && is_same(a->path, b->path) &&
                   is_same(a->host, b->host) && is_same(a->origin, b->origin) &&
                   is_same(a->upgrade, b->upgrade) && is_same(a->socket_key, b->socket_key) &&
                   is_same(a->socket_version, b->socket_version) &&
                   is_same(a->content_length, b->content_length) &&
                   is_same(a->transfer_encoding, b->transfer_encoding),
               "it is another request when it is cut");
}

/* One head of a response, whose lines are its own and nobody else's. */
static void check_response(struct dashboard_response *response) {
  const char *head = response->head;
  FUZZ_CHECK(response->head_bytes > 16 && memchr(head, '\0', response->head_bytes) == NULL,
             "there is no whole head");
  const char *end = strstr(head, "\r\n\r\n");
  FUZZ_CHECK(end == head + response->head_bytes - 4, "the head ends in its middle: %s", head);
  for (size_t i = 0; i < response->head_bytes; i++)
    FUZZ_CHECK(head[i] == '\r' || head[i] == '\n' || (head[i] >= 0x20 && head[i] < 0x7f),
               "the head has a byte that cannot be in one: %s", head);
  dashboard_response_release(response);
}

static void answer(const struct dashboard_head *head) {
  struct dashboard_response response;
  const struct dashboard_verdict verdict = head->state == DASHBOARD_HEAD_COMPLETE
                                               ? dashboard_request_judge(&head->request, &routes)
                                               : head->verdict;
  FUZZ_CHECK(verdict.status == 101 ||
                 strcmp(dashboard_status_words(verdict.status), "Refused") != 0,
             "there are no words for %u", verdict.status);
  if (verdict.status == 101)
    dashboard_response_make_upgrade(&response, head->request.socket_key);
  else
    dashboard_response_make(&response, verdict, NULL);
  check_response(&response);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct dashboard_head whole, cut;
  struct fuzz_bytes bytes = {data, size};
  const size_t piece_bytes = 1 + fuzz_take_byte(&bytes) % 16u;
  char *text = fuzz_text(bytes.at, bytes.left);
  const size_t taken = read_pieces(&whole, text, bytes.left, bytes.left + 1);
  const size_t cut_taken = read_pieces(&cut, text, bytes.left, piece_bytes);
  check_same(&whole, &cut);
  if (whole.state == DASHBOARD_HEAD_COMPLETE)
    FUZZ_CHECK(taken == cut_taken, "%zu bytes belong to it, and cut %zu", taken, cut_taken);
  if (whole.state == DASHBOARD_HEAD_BEGUN)
    dashboard_head_end(&whole, dashboard_refusal(408, "the request was not complete in time"));
  if (whole.state != DASHBOARD_HEAD_NONE)
    answer(&whole);
  free(text);
  return 0;
}
