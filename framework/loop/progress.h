/*
 * progress.h: how far a job is, for its loop (internal).
 *
 * All of it is the loop's thread's. What it looks at is what the engine publishes for reports in
 * any case, so the engine does not know of it.
 */
#ifndef SYNCHED_LOOP_PROGRESS_H
#define SYNCHED_LOOP_PROGRESS_H

#include <stdbool.h>

#include "job/job.h"

struct synched__progress {
  uint64_t started_ns;
  /* on_progress is not called before */
  uint64_t next_ns;
  /* at the last look */
  uint64_t looked_ns, done_count;
  bool paused;
  /* 0: it is not known yet */
  double per_second;
};

/* At the start of a run. */
void synched__progress_begin(struct synched__progress *progress, const struct synched_job *job);

/* Calls on_progress if there is one, if it is time, and if there is anything new. */
void synched__progress_look(struct synched__progress *progress, struct synched_job *job);

/* Calls on_progress if there is one, for the last time in this run. */
void synched__progress_end(struct synched__progress *progress, struct synched_job *job);

/* In how many ms a look can be worth it again, at least 1. */
uint64_t synched__progress_due_ms(const struct synched__progress *progress);

#endif
