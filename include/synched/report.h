/*
 * report.h: what a job did, and where its time went.
 *
 * A report is recorded by the workers in memory of fixed size while the job runs: totals for every
 * worker and every segment, and the last rounds one by one. It is complete, and may be read from any
 * thread, once the job has ended: on_done gets it, synched_job_report gives it.
 *
 * Times are nanoseconds of the monotonic clock. "Compute" is time inside compute calls, "closing" the
 * serial part at the end of a round (fold, publish, on_round), "wait" all the rest of the job's
 * time on that worker.
 */
#ifndef SYNCHED_REPORT_H
#define SYNCHED_REPORT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <synched/export.h>

SYNCHED_BEGIN_DECLS

struct synched_report; /* opaque */

/* The job as a whole. Out-structs of this header: the caller sets struct_size to their size. */
struct synched_report_summary {
  uint32_t struct_size;
  int status;       /* what on_done got */
  const char *name; /* the job's; owned by the report */
  unsigned worker_count;
  size_t segment_count;
  uint64_t round_count;      /* rounds completed and published */
  uint64_t call_count;       /* compute calls, also those of a round that was dropped */
  uint64_t stolen_count;     /* of those, calls run by another than the home worker */
  uint64_t start_ns;         /* start of the first round, on the monotonic clock */
  uint64_t end_ns;           /* the end of the last, or of the one that failed */
  uint64_t compute_ns;       /* summed over workers */
  uint64_t closing_ns;       /* summed over rounds */
  uint64_t wait_ns;          /* summed over workers */
  int64_t failed_segment;    /* the lowest segment that failed; -1: none */
  int failed_code;           /* its code; 0: none */
  uint64_t lease_wait_count; /* rounds that had to wait for a free buffer */
  uint64_t lease_wait_ns;    /* and how long */
  uint64_t delivered_count;  /* on_snapshot calls */
  uint64_t missed_count;     /* published rounds that on_snapshot did not get */
  /* Of a periodic job. Every tick has been started or skipped: tick_count is the sum of the two. */
  uint64_t period_ns;     /* the last one in force; 0: free-running */
  uint64_t tick_count;    /* ticks that came due; without those while it was paused */
  uint64_t started_count; /* of those, ticks whose round was opened */
  /* of the started ones, those more than a tenth of the period, or 1 ms, late */
  uint64_t late_count;
  /* ticks left out: overruns, or the pool was busy with another job for over a period */
  uint64_t skipped_count;
  uint64_t overrun_count; /* rounds that were still running when the next tick came due */
  /* from due time to opening: half, and 99 % of the started ticks were not later than this (to
   * within 1/16) */
  uint64_t lateness_p50_ns, lateness_p99_ns;
  uint64_t lateness_max_ns;
  uint64_t deadline_missed_count; /* rounds not complete at their deadline */
  uint64_t dropped_count;         /* of those, rounds dropped for it */
  /* of the waits for a free buffer, those of SYNCHED_STALL_NS (a second) or more; and how long these were */
  uint64_t stalled_count, stalled_ns;
  /* 1: the job has an init that has never been completed, in this run or one before (stopped or cancelled
   * before that, or it failed): the memory holds what it held without it; else 0 */
  int init_missing;
};

/* Any thread, after the job ended; O(workers). SYNCHED_EINVAL: a NULL, or an unknown struct_size. */
SYNCHED_API int synched_report_summary(const struct synched_report *report,
                                       struct synched_report_summary *out);

struct synched_report_worker {
  uint32_t struct_size;
  uint64_t round_count;  /* rounds in which it computed something */
  uint64_t call_count;   /* its compute calls */
  uint64_t stolen_count; /* of those, of other workers' home segments */
  uint64_t closed_count; /* rounds that it closed */
  uint64_t compute_ns;
  uint64_t closing_ns;
  uint64_t wait_ns;       /* end_ns - start_ns of the job, less the two above */
  uint64_t last_start_ns; /* of its last round: first call begun, on the monotonic clock */
  uint64_t last_end_ns;   /* and last call ended */
};

/* SYNCHED_ERANGE: no such worker. Otherwise as synched_report_summary; O(1). */
SYNCHED_API int synched_report_worker(const struct synched_report *report, unsigned worker,
                                      struct synched_report_worker *out);

struct synched_report_segment {
  uint32_t struct_size;
  uint64_t call_count; /* timed calls; 0 with SYNCHED_JOB_NO_SEGMENT_TIMES */
  uint64_t compute_ns;
  uint64_t longest_ns;
};

/* SYNCHED_ERANGE: no such segment. Otherwise as synched_report_summary; O(1). */
SYNCHED_API int synched_report_segment(const struct synched_report *report, size_t segment,
                                       struct synched_report_segment *out);

/* One of the last rounds. */
struct synched_report_round {
  uint32_t struct_size;
  uint64_t round;      /* its number, as in snapshot.round */
  uint64_t start_ns;   /* on the monotonic clock */
  uint64_t total_ns;   /* from there to the start of the next round, or the end of the job */
  uint64_t compute_ns; /* summed over workers */
};

/* How many of the last rounds can be asked for: 0 .. report_rounds of the job's options. */
SYNCHED_API size_t synched_report_recorded(const struct synched_report *report);

/* The index-th of the recorded rounds, oldest first. SYNCHED_ERANGE: no such index. Otherwise as
 * synched_report_summary; O(workers). */
SYNCHED_API int synched_report_round(const struct synched_report *report, size_t index,
                                     struct synched_report_round *out);

/* Compute time of one worker in that round, 0 if it took no part or there is no such index or worker. */
SYNCHED_API uint64_t synched_report_round_compute_ns(const struct synched_report *report,
                                                     size_t index, unsigned worker);

/* Prints the report as text: some lines about the job; a table with a row per recorded round and a column per
 * worker, in milliseconds with three decimals, then Total Comp (ms), Total Time (ms) and Comp Ratio (%);
 * more than eight workers in several such tables. Rows that are no longer recorded are counted, and the
 * totals include them.
 * Any thread, after the job ended; output to `file`, which is flushed and stays open.
 * SYNCHED_EINVAL: a NULL; SYNCHED_EIO: writing failed. */
SYNCHED_API int synched_report_print(const struct synched_report *report, FILE *file);

SYNCHED_END_DECLS

#endif
