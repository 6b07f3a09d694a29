/*
 * record.c: the memory that a run is recorded in; see record.h for who writes what.
 *
 * All of it is allocated with the job and touched once here, so that no round allocates or faults. What
 * different threads write in the same round lies on different cache lines: each worker's totals are
 * one line, each worker's ring starts on a line of its own, and the rounds, which move from one closing
 * worker to the next, are apart from both.
 *
 * A ring has one row more than can be shown. A round that fails or is cancelled has written its cells by
 * then, at the place of the round `row_count` before it; without the spare row, an aborted job would
 * lose the oldest round that it did complete.
 */
#include "report/record.h"

#include <string.h>

#include "base/error.h"
#include "platform/alloc.h"

#define CELLS_PER_LINE (SYNCHED__CACHE_LINE / sizeof(struct synched__record_cell))

/* Up to so many segments their records lie apart, so that two never share a 64-byte line; rounds of more
 * segments are not so short that neighbours' sharing a line at a seam shows. */
#define SPREAD_SEGMENTS 4096u
#define SPREAD_STRIDE 6u

_Static_assert(SYNCHED__CACHE_LINE % sizeof(struct synched__record_cell) == 0,
               "rings could not be laid out in whole cache lines");

/* Cells from one worker's ring to the next: whole cache lines. */
static size_t ring_stride(size_t row_count) {
  return (row_count + CELLS_PER_LINE - 1) / CELLS_PER_LINE * CELLS_PER_LINE;
}

/* Bytes from one segment's record to the next. */
static size_t segment_bytes(const struct synched_report *report) {
  return report->segment_stride * sizeof *report->segments;
}

/* A name that does not fit is cut, but never inside a UTF-8 character. */
static void copy_name(char *to, size_t bytes, const char *name) {
  size_t length = strlen(name);
  if (length >= bytes) {
    length = bytes - 1;
    while (length > 0 && ((unsigned char)name[length] & 0xC0u) == 0x80u)
      length--;
  }
  memcpy(to, name, length);
  to[length] = '\0';
}

/* False as soon as something is refused; what was allocated so far is then the destroy's to free. */
static bool allocate_parts(struct synched_report *report, bool segment_times) {
  size_t stride = ring_stride(report->row_count);
  if (stride == 0 || stride < report->row_count || report->worker_count > SIZE_MAX / stride)
    return false;
  report->workers = synched__alloc_lines(report->worker_count, sizeof *report->workers);
  if (report->workers == NULL)
    return false;
  report->cells = synched__alloc_lines(report->worker_count * stride, sizeof *report->cells);
  if (report->cells == NULL)
    return false;
  for (unsigned worker = 0; worker < report->worker_count; worker++)
    report->workers[worker].cells = report->cells + worker * stride;
  report->rounds = synched__alloc_lines(report->row_count, sizeof *report->rounds);
  if (report->rounds == NULL)
    return false;
  if (!segment_times)
    return true;
  report->segments = synched__alloc_lines(report->segment_count, segment_bytes(report));
  return report->segments != NULL;
}

int synched__record_create(struct synched_report **out, const struct synched__record_shape *shape) {
  *out = NULL;
  /* On lines of its own too: workers read its first line in every round, the closing worker writes the next. */
  struct synched_report *report = synched__alloc_lines(1, sizeof *report);
  if (report != NULL) {
    report->worker_count = shape->worker_count;
    report->segment_count = shape->segment_count;
    report->row_count = shape->row_count + 1;
    report->segment_stride = shape->segment_count <= SPREAD_SEGMENTS ? SPREAD_STRIDE : 1;
    copy_name(report->name, sizeof report->name, shape->name == NULL ? "job" : shape->name);
  }
  if (report == NULL || !allocate_parts(report, shape->segment_times)) {
    synched__record_destroy(report);
    return synched__fail(SYNCHED_ENOMEM,
                         "no memory to record %zu rounds of %u workers and %zu segments",
                         shape->row_count, shape->worker_count, shape->segment_count);
  }
  report->failed_segment = -1;
  *out = report;
  return 0;
}

void synched__record_destroy(struct synched_report *report) {
  if (report == NULL)
    return;
  synched__free(report->segments);
  synched__free(report->rounds);
  synched__free(report->cells);
  synched__free(report->workers);
  synched__free(report);
}

/* The rings are cleared although cells carry their round's number: a run that failed has left cells of
 * a round that the next run computes again, under the same number and perhaps with other workers.
 * Round 0 is never computed, so zeros belong to no round. */
void synched__record_reset(struct synched_report *report) {
  for (unsigned worker = 0; worker < report->worker_count; worker++) {
    struct synched__record_worker *totals = &report->workers[worker];
    *totals = (struct synched__record_worker){.cells = totals->cells};
    memset(totals->cells, 0, report->row_count * sizeof *totals->cells);
  }
  if (report->segments != NULL)
    memset(report->segments, 0, report->segment_count * segment_bytes(report));
  memset(report->rounds, 0, report->row_count * sizeof *report->rounds);
  report->status = 0;
  report->round_count = 0;
  report->last_round = 0;
  report->start_ns = 0;
  report->end_ns = 0;
  report->failed_segment = -1;
  report->failed_code = 0;
  report->lease_wait_count = 0;
  report->lease_wait_ns = 0;
  report->delivered_count = 0;
  report->missed_count = 0;
}
