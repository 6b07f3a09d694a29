/*
 * monitor.c: one feed per process at most, begun by a call or by the environment.
 *
 * What is going on is one word under the lock that forks wait for. Whoever opens or closes says so
 * there, and does the work without the lock; others wait meanwhile. A child finds its parent's
 * word, knows it by its generation, and begins anew.
 */
#include "monitor/monitor.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "monitor/frame.h"
#include "platform/clock.h"
#include "platform/feed.h"
#include "platform/local_socket.h"
#include "platform/process.h"
#include "platform/thread.h"
#include "platform/variable.h"

#include <synched/monitor.h>

#define INTERVAL_MS 250u
#define PATIENCE_MS 5000u

enum stage { CLOSED, CHANGING, OPEN };

/* Held; but for frame and feed, which are of who is changing it. */
static struct {
  uint32_t generation;
  enum stage stage;
  /* the environment asked for it: the end of the last pool ends it */
  bool by_environment;
  unsigned pool_count;
  struct synched__feed *feed;
  struct synched__frame frame;
} monitor;

/* --- the lock --- */

/* Holds it at a moment at which nobody is changing it. */
static void hold_still(void) {
  synched__process_hold();
  for (;;) {
    if (synched__is_foreign(monitor.generation)) {
      memset(&monitor, 0, sizeof monitor);
      monitor.generation = synched__process_generation();
    }
    if (monitor.stage != CHANGING)
      return;
    synched__process_release();
    synched__thread_nap();
    synched__process_hold();
  }
}

static void change_to(enum stage stage) {
  synched__process_hold();
  monitor.stage = stage;
  synched__process_release();
}

/* --- paths --- */

/* Puts the process's number in; 0, or SYNCHED_EINVAL. */
static int expand(char *to, size_t room, const char *path) {
  size_t length = 0;
  for (; *path != '\0'; path++) {
    const bool is_percent = *path == '%';
    if (is_percent)
      path++;
    if (is_percent && *path != 'p' && *path != '%')
      return synched__fail(SYNCHED_EINVAL,
                           "the monitor's path has a %% that means nothing: %%p is the process's "
                           "number, and %%%% is a %%");
    const int added = is_percent && *path == 'p'
                          ? snprintf(to + length, room - length, "%ld", synched__process_id())
                          : snprintf(to + length, room - length, "%c", *path);
    length += (size_t)added;
    if (length >= room)
      return synched__fail(SYNCHED_EINVAL, "the monitor's path has more than %zu bytes", room - 1);
  }
  return length != 0 ? 0 : synched__fail(SYNCHED_EINVAL, "the monitor's path is empty");
}

/* --- opening and closing: whoever is changing it --- */

static int open_feed(const char *path) {
  char expanded[SYNCHED__SOCKET_PATH_MOST + 1];
  const int status = expand(expanded, sizeof expanded, path);
  if (status != 0)
    return status;
  synched__clock_calibrate(); /* there may be no pool yet that has done so */
  monitor.frame = (struct synched__frame){.interval_ms = INTERVAL_MS};
  const struct synched__feed_options options = {
      .path = expanded,
      .refusal = "{\"synched_monitor\":1,\"error\":\"16 viewers are here already\"}\n",
      .interval_ms = INTERVAL_MS,
      .patience_ms = PATIENCE_MS,
      .greet = synched__frame_greet,
      .print = synched__frame_print,
      .argument = &monitor.frame,
  };
  return synched__feed_open(&monitor.feed, &options);
}

static void close_feed(void) {
  synched__feed_close(monitor.feed);
  synched__frame_deinit(&monitor.frame);
}

int synched_monitor_open(const char *path) {
  if (path == NULL)
    return synched__fail(SYNCHED_EINVAL, "the monitor's path is NULL");
  hold_still();
  const bool is_open = monitor.stage == OPEN;
  if (!is_open) {
    monitor.stage = CHANGING;
    monitor.by_environment = false;
  }
  synched__process_release();
  if (is_open)
    return synched__fail(SYNCHED_EALREADY, "this process has opened its monitor already");
  const int status = open_feed(path);
  change_to(status == 0 ? OPEN : CLOSED);
  return status;
}

int synched_monitor_close(void) {
  hold_still();
  const bool is_open = monitor.stage == OPEN;
  if (is_open)
    monitor.stage = CHANGING;
  synched__process_release();
  if (!is_open)
    return synched__fail(SYNCHED_ENOENT, "this process has opened no monitor");
  close_feed();
  change_to(CLOSED);
  return 0;
}

/* --- the environment --- */

void synched__monitor_pool_added(void) {
  const char *path = synched__variable_monitor();
  hold_still();
  const bool begins = monitor.pool_count++ == 0 && monitor.stage == CLOSED && path != NULL;
  if (begins) {
    monitor.stage = CHANGING;
    monitor.by_environment = true;
  }
  synched__process_release();
  if (!begins)
    return;
  const int status = open_feed(path);
  if (status != 0)
    synched__process_tell("synched: SYNCHED_MONITOR: %s", synched_error_message());
  change_to(status == 0 ? OPEN : CLOSED);
}

void synched__monitor_pool_gone(void) {
  hold_still();
  const bool ends = --monitor.pool_count == 0 && monitor.stage == OPEN && monitor.by_environment;
  if (ends)
    monitor.stage = CHANGING;
  synched__process_release();
  if (!ends)
    return;
  close_feed();
  change_to(CLOSED);
}
