/*
 * progress.h: how far a job is, told to its loop now and then; and a bar for terminals.
 *
 *   synched_job_create(&job, pool, memory,
 *                      SYNCHED_JOB_OPTIONS(.compute = step, .round_count = 5000,
 *                                          .on_progress = synched_progress_bar));
 */
#ifndef SYNCHED_PROGRESS_H
#define SYNCHED_PROGRESS_H

#include <stdint.h>
#include <stdio.h>

#include <synched/export.h>

SYNCHED_BEGIN_DECLS

struct synched_job; /* <synched/job.h> */

#define SYNCHED_PROGRESS_NS UINT64_C(100000000) /* 100 ms */

/* Nobody knows. */
#define SYNCHED_PROGRESS_UNKNOWN UINT64_MAX

/* How far a run is. */
struct synched_progress {
  /* the job's */
  const char *name;
  /* published so far in this run; while it goes on, those of the last ms may be missing */
  uint64_t done_count;
  /* the job's option; 0: it has no end */
  uint64_t round_count;
  /* rounds per second, of late, without pauses; 0: it is not known yet */
  double per_second;
  /* since the start */
  uint64_t elapsed_ns;
  /* until the last round, at this rate; SYNCHED_PROGRESS_UNKNOWN */
  uint64_t left_ns;
  /* 1: the job is paused */
  int paused;
  /* 1: the run is over, with this status, and this is the last call of it */
  int ended;
  int status;
};

/* Tells of a job's progress, on the loop's thread: at most once every progress_ns of the job's
 * options, if a round has been published since the last call, or the job has been paused or goes on
 * again; and once at the end of every run, after all other callbacks but on_done, with all rounds.
 * Neither the job nor its workers are woken for it. With synched_job_start_polled it is
 * synched_job_dispatch that calls it, if the time has come: a program that wants it on time
 * dispatches every progress_ns, whether or not the descriptor is readable. `progress` is valid
 * during the call. */
typedef void (*synched_progress_fn)(struct synched_job *job,
                                    const struct synched_progress *progress, void *user);

/* Shows progress on a terminal: one line of its width, which each call writes over the one before,
 *
 *   heat [============>                 ]  42 %, 2,100 of 5,000 rounds, 812 per second, 4 s left
 *
 * and which the last call erases, however the job has ended. What is printed to the terminal in
 * between ends up behind that line. note: what else there is to say; NULL: nothing. Bytes of it,
 * and of the name, that would move the cursor are shown as '?'. If the file is no terminal, or its
 * TERM is "dumb" or not set, it prints nothing. It has no colours, so NO_COLOR changes nothing.
 * Any thread; blocks as long as the terminal does. NULL is allowed for all. */
SYNCHED_API void synched_progress_print(const struct synched_progress *progress, const char *note,
                                        FILE *file);

/* A ready on_progress: synched_progress_print to stderr. `user` is whatever the job has. */
SYNCHED_API void synched_progress_bar(struct synched_job *job,
                                      const struct synched_progress *progress, void *user);

SYNCHED_END_DECLS

#endif
