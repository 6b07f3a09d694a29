/*
 * roster.h: the jobs of this process, for whoever looks at all of them (internal).
 *
 * A job is in the roster from the end of its creation to the beginning of its end. Rounds know
 * nothing of it. Whoever walks along it pins the job that it is at; to destroy that one waits until
 * the walk has gone on, which is as long as it takes to copy some totals.
 */
#ifndef SYNCHED_JOB_ROSTER_H
#define SYNCHED_JOB_ROSTER_H

#include <stdint.h>

struct synched_job;

/* A job's part in it; while it is held (platform/process.h). */
struct synched__roster_entry {
  struct synched_job *next, *before;
  /* which of this process's jobs it is: 1, 2, ... */
  uint64_t number;
  /* how many walks are at this job */
  unsigned pin_count;
};

/* When all of the job is there; and before any of it goes. Any thread. */
void synched__roster_add(struct synched_job *job);
void synched__roster_remove(struct synched_job *job);

/* Goes on from a job, NULL: to the first one, the oldest. Unpins the one and pins the next; NULL:
 * there are no more. Whoever begins a walk goes to its end. Any thread; the jobs of the process
 * that this one was forked from are passed over. */
struct synched_job *synched__roster_next(struct synched_job *job);

#endif
