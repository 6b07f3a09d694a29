/*
 * report.h: what a job did, and where its time went.
 *
 * The workers record a report while the job runs, in memory of fixed size: totals for every worker
 * and every segment, and the last rounds one by one. It is complete once the job has ended, and any
 * thread may read it then: on_done gets it, synched_job_report gives it.
 *
 * Times are nanoseconds of the monotonic clock. "Compute" is time inside compute calls. "Closing"
 * is the serial part at the end of a round: fold, publish, on_round. "Wait" is the rest of the
 * job's time on that worker.
 */
#ifndef SYNCHED_REPORT_H
#define SYNCHED_REPORT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <synched/export.h>

SYNCHED_BEGIN_DECLS

struct synched_report; /* opaque */

/* The job as a whole. In this and all other out-structs of this header, the caller sets struct_size
 * to the struct's size. */
struct synched_report_summary {
  uint32_t struct_size;
  /* what on_done got */
  int status;
  /* the job's; the report owns it */
  const char *name;
  unsigned worker_count;
  size_t segment_count;
  /* rounds completed and published */
  uint64_t round_count;
  /* compute calls, also those of a round that was dropped */
  uint64_t call_count;
  /* of those, calls that another than the home worker ran */
  uint64_t stolen_count;
  /* start of the first round, on the monotonic clock */
  uint64_t start_ns;
  /* end of the last round, or of the one that failed */
  uint64_t end_ns;
  /* summed over workers */
  uint64_t compute_ns;
  /* summed over rounds */
  uint64_t closing_ns;
  /* summed over workers */
  uint64_t wait_ns;
  /* the lowest segment that failed; -1: none */
  int64_t failed_segment;
  /* its code; 0: none */
  int failed_code;
  /* rounds that had to wait for a free buffer, and how long */
  uint64_t lease_wait_count;
  uint64_t lease_wait_ns;
  /* on_snapshot calls */
  uint64_t delivered_count;
  /* published rounds that on_snapshot did not get */
  uint64_t missed_count;

  /* Of a periodic job. Every tick is started or skipped: tick_count is the sum of the two. */

  /* the last one in force; 0: free-running */
  uint64_t period_ns;
  /* ticks that came due, without those while the job was paused */
  uint64_t tick_count;
  /* of those, ticks whose round was opened */
  uint64_t started_count;
  /* of the started ones, those more than a tenth of the period, or 1 ms, late */
  uint64_t late_count;
  /* ticks left out: after an overrun, or as another job kept the pool busy for over a period */
  uint64_t skipped_count;
  /* rounds that still ran when the next tick came due */
  uint64_t overrun_count;
  /* From due time to opening: half of the started ticks, and 99 % of them, were not later than
   * this, to within 1/16. */
  uint64_t lateness_p50_ns, lateness_p99_ns;
  uint64_t lateness_max_ns;
  /* rounds that were not complete at their deadline */
  uint64_t deadline_missed_count;
  /* of those, rounds dropped for it */
  uint64_t dropped_count;
  /* waits for a free buffer of SYNCHED_STALL_NS (a second) or more, and how long they were */
  uint64_t stalled_count, stalled_ns;
  /* 1: the job has an init that was never completed, in this run or one before: it was stopped or
   * cancelled before that, or init failed. The memory holds what it held without init. Else 0. */
  int init_missing;
};

/* Gives the totals of the job, in *out.
 * Any thread, after the job has ended; does not block; O(workers).
 * SYNCHED_EINVAL: a NULL, or an unknown struct_size. */
SYNCHED_API int synched_report_summary(const struct synched_report *report,
                                       struct synched_report_summary *out);

struct synched_report_worker {
  uint32_t struct_size;
  /* rounds in which it computed something */
  uint64_t round_count;
  /* its compute calls */
  uint64_t call_count;
  /* of those, calls for other workers' home segments */
  uint64_t stolen_count;
  /* rounds that it closed */
  uint64_t closed_count;
  uint64_t compute_ns;
  uint64_t closing_ns;
  /* end_ns - start_ns of the job, less the two above */
  uint64_t wait_ns;
  /* of its last round, on the monotonic clock: when its first call began, and its last one ended */
  uint64_t last_start_ns;
  uint64_t last_end_ns;
};

/* Gives one worker's totals, in *out; worker: 0 .. worker_count - 1.
 * As synched_report_summary, but O(1). SYNCHED_ERANGE: there is no such worker. */
SYNCHED_API int synched_report_worker(const struct synched_report *report, unsigned worker,
                                      struct synched_report_worker *out);

struct synched_report_segment {
  uint32_t struct_size;
  /* timed calls; 0 with SYNCHED_JOB_NO_SEGMENT_TIMES */
  uint64_t call_count;
  uint64_t compute_ns;
  uint64_t longest_ns;
};

/* Gives one segment's totals, in *out; segment: 0 .. segment_count - 1.
 * As synched_report_summary, but O(1). SYNCHED_ERANGE: there is no such segment. */
SYNCHED_API int synched_report_segment(const struct synched_report *report, size_t segment,
                                       struct synched_report_segment *out);

/* One of the last rounds. */
struct synched_report_round {
  uint32_t struct_size;
  /* its number, as in snapshot.round */
  uint64_t round;
  /* on the monotonic clock */
  uint64_t start_ns;
  /* from there to the start of the next round, or the end of the job */
  uint64_t total_ns;
  /* summed over workers */
  uint64_t compute_ns;
};

/* Returns how many of the last rounds can be asked for: 0 .. report_rounds of the job's options.
 * Any thread, after the job has ended; does not block; O(1). */
SYNCHED_API size_t synched_report_recorded(const struct synched_report *report);

/* Gives a recorded round, in *out; index: 0 .. synched_report_recorded() - 1, oldest first.
 * As synched_report_summary; O(workers). SYNCHED_ERANGE: there is no such index. */
SYNCHED_API int synched_report_round(const struct synched_report *report, size_t index,
                                     struct synched_report_round *out);

/* Returns one worker's compute time in that round. 0: it took no part, or there is no such index or
 * worker. Any thread, after the job has ended; does not block; O(1). */
SYNCHED_API uint64_t synched_report_round_compute_ns(const struct synched_report *report,
                                                     size_t index, unsigned worker);

/* Prints the report as text. Some lines are about the job. Then comes a table with a row per
 * recorded round and a column per worker, in milliseconds with three decimals, and the rows Total
 * Comp (ms), Total Time (ms) and Comp Ratio (%). More than eight workers get several such tables.
 * Rounds that are no longer recorded are counted, and the totals include them.
 * Any thread, after the job has ended. Writes to `file`, flushes it and leaves it open: it blocks
 * as long as that takes.
 * SYNCHED_EINVAL: a NULL. SYNCHED_EIO: writing failed. */
SYNCHED_API int synched_report_print(const struct synched_report *report, FILE *file);

SYNCHED_END_DECLS

#endif
