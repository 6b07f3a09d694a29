/*
 * request.h: which HTTP requests are served, and what the others are told.
 *
 * The program can be steered by whoever can talk to it, and every web page that a browser on this
 * machine shows can make that browser talk to it. So a WebSocket is opened only for a page that
 * came from here: its Origin must name the very host that it was asked for. And that host must be
 * a numeric address or localhost: a name could be made to point here by whoever owns it.
 */
#ifndef DASHBOARD_REQUEST_H
#define DASHBOARD_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "route.h"

#define DASHBOARD_SOCKET_PATH "/socket" /* where the WebSocket is */
#define DASHBOARD_PATH_BYTES_MAX 1024u  /* a path of this length is too long */

/* Strings as received; NULL: the request does not have it. */
struct dashboard_request {
  const char *method, *path;
  const char *host, *origin;
  const char *upgrade; /* to what; NULL also where Connection does not name it */
  const char *socket_key, *socket_version; /* Sec-WebSocket-... */
  const char *content_length, *transfer_encoding;
};

struct dashboard_verdict {
  unsigned status;                     /* 200: a page; 101: the WebSocket; else refused */
  const char *reason;                  /* one line for who asked; "" where nothing is to explain */
  const char *header;                  /* a line of the response that belongs to it, or NULL */
  const struct dashboard_route *route; /* of the page; NULL: none */
};

struct dashboard_verdict dashboard_request_judge(const struct dashboard_request *request,
                                                 const struct dashboard_routes *routes);

/* "HEAD": the answer is that to GET, without its body. */
bool dashboard_request_is_head(const struct dashboard_request *request);

/* What to say to bytes that could not be read as an HTTP request at all: a method that nobody
 * knows is still a method. */
struct dashboard_verdict dashboard_bytes_judge(const char *bytes, size_t byte_count);

/* Any other refusal. */
struct dashboard_verdict dashboard_refusal(unsigned status, const char *reason);

/* "HOST" or "HOST:PORT", with a HOST that nobody can make point here: see above. */
bool dashboard_host_trusted(const char *host);

/* Whether an Origin header names this host, however the two are written: the dot behind a complete
 * name, and the port where it is HTTP's own, may be there or not. */
bool dashboard_origin_matches(const char *origin, const char *host);

/* An IPv4 or IPv6 address in digits. */
bool dashboard_address_valid(const char *text);

/* The words of a status line: "Not Found". */
const char *dashboard_status_words(unsigned status);

#endif
