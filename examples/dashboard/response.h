/*
 * response.h: what goes back over HTTP: a page, a refusal, or the beginning of a WebSocket.
 */
#ifndef DASHBOARD_RESPONSE_H
#define DASHBOARD_RESPONSE_H

#include <stddef.h>

#include "request.h"
#include "route.h"

#define DASHBOARD_RESPONSE_HEAD_BYTES_MAX 640u
#define DASHBOARD_REASON_BYTES_MAX 128u

struct dashboard_response {
  size_t head_bytes;
  struct dashboard_content body; /* may point to `reason`: the response must stay where it is */
  char head[DASHBOARD_RESPONSE_HEAD_BYTES_MAX];
  char reason[DASHBOARD_REASON_BYTES_MAX];
};

/* What a request that was judged so is answered. `user`: of the page's content function. Where
 * memory is lacking for a page, the response says so. */
void dashboard_response_make(struct dashboard_response *out, struct dashboard_verdict verdict,
                             void *user);

/* Opens the WebSocket that was asked for with this key. */
void dashboard_response_make_upgrade(struct dashboard_response *out, const char *socket_key);

/* Frees what the body owns. Harmless on one that is zeroed. */
void dashboard_response_release(struct dashboard_response *response);

#endif
