/*
 * route.h: which pages there are: one line of a table for each, in main.c.
 */
#ifndef DASHBOARD_ROUTE_H
#define DASHBOARD_ROUTE_H

#include <stddef.h>

/* What a page holds. */
struct dashboard_content {
  const void *bytes;
  size_t byte_count;
  void *owned;        /* is freed when all has been sent; NULL: `bytes` stay where they are */
  const char *reason; /* of a refusal, a line that is copied; NULL: out of memory */
};

/* Makes what the page holds now. 0; or the status of a refusal, 500 for instance, and then nothing
 * of *out but the reason counts. On the loop's thread. */
typedef int (*dashboard_content_fn)(struct dashboard_content *out, void *user);

struct dashboard_route {
  const char *path;
  const char *type; /* Content-Type */
  dashboard_content_fn content;
};

struct dashboard_routes {
  const struct dashboard_route *list; /* [count] */
  size_t count;
  void *user; /* of each content function */
};

#endif
