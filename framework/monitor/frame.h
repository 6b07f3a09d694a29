/*
 * frame.h: what viewers get, in lines of JSON (internal); tools/top/README.md describes them.
 */
#ifndef SYNCHED_MONITOR_FRAME_H
#define SYNCHED_MONITOR_FRAME_H

#include <stdint.h>

#include "platform/feed.h"
#include "report/record.h"

/* The version of the format: a viewer understands its own. */
#define SYNCHED__FRAME_VERSION 1

/* What the printing needs from one frame to the next; its thread's. Zeros to begin with. */
struct synched__frame {
  uint64_t number;
  unsigned interval_ms;
  struct synched__worker_totals *workers; /* [worker_room] */
  unsigned worker_room;
};
void synched__frame_deinit(struct synched__frame *frame);

/* The line that comes first; and a line for each job, with one that ends them. Both are a
 * synched__feed_fn, whose argument is a struct synched__frame. */
void synched__frame_greet(struct synched__feed_text *text, void *argument);
void synched__frame_print(struct synched__feed_text *text, void *argument);

/* Adds a text as a JSON string, with its quotes. What is not UTF-8 becomes U+FFFD. */
void synched__frame_add_string(struct synched__feed_text *text, const char *string);

#endif
