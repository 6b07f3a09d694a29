/*
 * listener.h: the listening socket. It is opened before anything else, so that a port that cannot
 * be had is known, with its reason, before a job runs.
 */
#ifndef DASHBOARD_LISTENER_H
#define DASHBOARD_LISTENER_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "common/error.h"

struct dashboard_listener {
  int descriptor;
  uint16_t port; /* as obtained */
  bool polled;   /* `poll` is a live handle */
  bool waits;    /* no descriptor was left for a client: it waits for dashboard_listener_retry */
  uv_poll_t poll;
  void (*on_connection)(int descriptor, void *user); /* which owns the descriptor from then on */
  /* No descriptor is left: whether one could be given back, by a connection that nobody needs. */
  bool (*on_exhausted)(void *user);
  void *user;
};

/* Listens at a numeric address; nothing is accepted before dashboard_listener_start. 0, to be
 * ended with dashboard_listener_close; or -1 and why not. */
int dashboard_listener_open(struct dashboard_listener *out, const char *address, uint16_t port,
                            struct example_error *error);

/* 0, or a status of libuv's. The listener must stay where it is until the loop has closed it. */
int dashboard_listener_start(struct dashboard_listener *listener, uv_loop_t *loop);

/* To be called now and then: accepts again, after descriptors had run out. */
void dashboard_listener_retry(struct dashboard_listener *listener);

void dashboard_listener_close(struct dashboard_listener *listener);

#endif
