/*
 * record.h: the recording half of the report, which the engine writes while rounds run.
 *
 * Who writes what: a worker writes its own synched__record_worker and its own cells, and the record of a
 * segment while it computes that segment. The closing worker writes everything else, between rounds. All of a
 * round's writes come before the worker counts itself out of that round, so the closing worker, and
 * whoever learns of the job's end from it, sees them; there is nothing atomic here, and nothing is allocated.
 *
 * Nobody clears a ring: a cell carries the number of its round, and one that carries another was not
 * written in that round.
 */
#ifndef SYNCHED_REPORT_RECORD_H
#define SYNCHED_REPORT_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/atomic.h"

#include <synched/report.h>

/* One worker in one round. */
struct synched__record_cell {
  uint64_t round;
  uint64_t start_ns; /* its first call began */
  uint64_t end_ns;   /* its last call ended */
  uint64_t compute_ns;
};

struct synched__record_worker {
  _Alignas(SYNCHED__CACHE_LINE) uint64_t round_count;
  uint64_t call_count, stolen_count, closed_count;
  uint64_t compute_ns, closing_ns;
  uint64_t last_start_ns, last_end_ns;
  struct synched__record_cell *cells; /* [row_count], the round's at [round % row_count] */
};

struct synched__record_segment {
  uint64_t call_count, compute_ns, longest_ns;
};

/* One round, by the closing worker. */
struct synched__record_round {
  uint64_t round;
  uint64_t start_ns; /* opened */
  uint64_t end_ns;   /* the next one opened, or the job ended */
};

/* The whole; what the public header calls a report. */
struct synched_report {
  unsigned worker_count;
  size_t segment_count;
  size_t row_count;                         /* of each ring */
  struct synched__record_worker *workers;   /* [worker_count] */
  struct synched__record_segment *segments; /* segment s at [s * segment_stride]; NULL: calls not timed */
  size_t segment_stride;                    /* above 1 where neighbours would share lines too often */
  struct synched__record_round *rounds;     /* [row_count], the round's at [round % row_count] */
  struct synched__record_cell *cells;       /* [worker_count * row_count], which workers point into */
  char name[64];

  int status;
  uint64_t round_count; /* published in this run */
  uint64_t last_round;  /* the number of the last of them */
  uint64_t start_ns, end_ns;
  int64_t failed_segment; /* -1: none */
  int failed_code;
  uint64_t lease_wait_count, lease_wait_ns;
  uint64_t delivered_count, missed_count; /* by the loop's thread */
};

struct synched__record_shape {
  const char *name;
  unsigned worker_count;
  size_t segment_count;
  size_t row_count;
  bool segment_times;
};

/* Allocates all of it, zeroed and reset. SYNCHED_ENOMEM. Ended by synched__record_destroy (NULL allowed). */
int synched__record_create(struct synched_report **out, const struct synched__record_shape *shape);
void synched__record_destroy(struct synched_report *report);

/* Forgets everything recorded, for the next run of the same job. */
void synched__record_reset(struct synched_report *report);

#endif
