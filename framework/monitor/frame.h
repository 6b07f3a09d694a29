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
  /* [worker_room] */
  struct synched__worker_totals *workers;
  unsigned worker_room;
  /* of the job that is being printed */
  uint64_t lateness[SYNCHED__BUCKET_COUNT];
};
void synched__frame_deinit(struct synched__frame *frame);

/* The line that comes first; and a line for each job, with one that ends them. Both are a
 * synched__feed_fn, whose argument is a struct synched__frame. */
void synched__frame_greet(struct synched__feed_text *text, void *argument);
void synched__frame_print(struct synched__feed_text *text, void *argument);

#endif
