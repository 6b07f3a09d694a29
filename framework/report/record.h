/*
 * record.h: the recording half of the report, which the engine writes while rounds run.
 *
 * A worker writes its own synched__record_worker and its own cells, and the record of a segment
 * while it computes that segment. The closing worker writes into its own cell when the round was
 * opened and closed, and it writes everything else between rounds. All of a round's writes come
 * before the worker counts itself out of that round, so the closing worker sees them, and so does
 * whoever learns of the job's end from it. So nothing here is atomic, and nothing is allocated.
 *
 * Times are recorded with synched__tick_ns, and shown as the monotonic clock's. The run's start and
 * end record how far apart the two clocks are, and synched__record_shown_ns goes by that.
 *
 * Nobody clears a ring while rounds run: a cell has the number of its round, and a cell with
 * another number was not written in that round.
 */
#ifndef SYNCHED_REPORT_RECORD_H
#define SYNCHED_REPORT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/atomic.h"

#include <synched/report.h>

/* One worker in one round. It is a cache line of 64 bytes, all of it its own, so that a worker that
 * closes a round finds nothing here that another one wrote last. */
struct synched__record_cell {
  uint64_t round;
  uint64_t start_ns; /* its first call began */
  uint64_t end_ns;   /* its last call ended */
  uint64_t compute_ns;
  /* Written by the worker that closes the round, else 0: when this round was opened, */
  uint64_t opened_ns;
  /* and when the next one was, or the job ended. */
  uint64_t closed_ns;
  uint64_t unused[2];
};

struct synched__record_worker {
  _Alignas(SYNCHED__CACHE_LINE) uint64_t round_count;
  uint64_t call_count, stolen_count, closed_count;
  uint64_t compute_ns, closing_ns;
  uint64_t last_start_ns, last_end_ns;
  struct synched__record_cell *cells; /* [row_count]: see synched__record_cell_of */
};

struct synched__record_segment {
  uint64_t call_count, compute_ns, longest_ns;
};

/* What a run did about time; see <synched/report.h>. Written by whoever closes rounds, and when the
 * job ends. */
struct synched__record_time {
  uint64_t period_ns, started_count, late_count, skipped_count, overrun_count;
  uint64_t lateness_p50_ns, lateness_p99_ns, lateness_max_ns;
  uint64_t deadline_ns, deadline_missed_count, dropped_count;
};

/* The whole; what the public header calls a report. */
struct synched_report {
  unsigned worker_count;
  size_t segment_count;
  size_t shown_count;                     /* rounds that can be asked for */
  size_t row_count;                       /* of each ring: a power of two above that */
  struct synched__record_worker *workers; /* [worker_count] */
  /* segment s at [s * segment_stride]; NULL: calls are not timed */
  struct synched__record_segment *segments;
  size_t segment_stride;              /* above 1 where neighbours would share lines too often */
  struct synched__record_cell *cells; /* [worker_count * row_count], which workers point into */
  char name[64];

  int status;
  uint64_t round_count; /* published in this run */
  uint64_t last_round;  /* the number of the last of them */
  uint64_t start_ns, end_ns;
  /* the monotonic clock less the recording one, at these times */
  int64_t start_offset_ns, end_offset_ns;
  int64_t failed_segment; /* -1: none */
  int failed_code;
  uint64_t lease_wait_count, lease_wait_ns;
  uint64_t stalled_count, stalled_ns; /* those of them that took long */
  bool init_missing;
  uint64_t delivered_count, missed_count; /* by the loop's thread */
  struct synched__record_time time;
};

struct synched__record_shape {
  const char *name;
  unsigned worker_count;
  size_t segment_count;
  size_t row_count; /* rounds that can be asked for */
  bool segment_times;
};

/* A recorded time as the monotonic clock had it. */
uint64_t synched__record_shown_ns(const struct synched_report *report, uint64_t recorded_ns);

/* Where a worker's part in a round is written, in place of a round that is no longer shown. */
static inline struct synched__record_cell *
synched__record_cell_of(const struct synched_report *report, unsigned worker, uint64_t round) {
  return &report->workers[worker].cells[round & (report->row_count - 1)];
}

/* Allocates all of it, zeroed and reset. SYNCHED_ENOMEM. Ended by synched__record_destroy, which
 * takes NULL, too. */
int synched__record_create(struct synched_report **out, const struct synched__record_shape *shape);
void synched__record_destroy(struct synched_report *report);

/* Forgets everything recorded, for the next run of the same job. */
void synched__record_reset(struct synched_report *report);

#endif
