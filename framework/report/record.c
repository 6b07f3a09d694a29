/*
 * record.c: the memory that a run is recorded in; see record.h for who writes what.
 *
 * All of it is allocated with the job and touched once here, so that no round allocates or faults.
 * What different threads write in the same round is on different cache lines: each worker's totals
 * are one line, and so are the cells of its ring.
 *
 * A ring has one row more than can be shown. A round that fails or is cancelled has by then written
 * its cells at the place of the round `row_count` before it. Without the spare row, an aborted job
 * would lose the oldest round that it did complete. Row counts are powers of two, to find a row
 * without dividing.
 */
#include "report/record.h"

#include <string.h>

#include "base/error.h"
#include "platform/alloc.h"

/* Up to so many segments, their records are so far apart that two never share a 64-byte line.
 * Rounds of more segments are not so short that it shows when neighbours share a line. */
#define SPREAD_SEGMENTS 4096u
#define SPREAD_STRIDE 6u

/* Two rows, the least that a ring has, are whole cache lines. */
_Static_assert(2 * sizeof(struct synched__record_cell) % SYNCHED__CACHE_LINE == 0,
               "workers' rings would share cache lines");

/* The power of two above `shown_count`; 0: there is none. */
static size_t rows_for(size_t shown_count) {
  size_t row_count = 2;
  while (row_count != 0 && row_count <= shown_count)
    row_count *= 2;
  return row_count;
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

/* False as soon as something is refused; synched__record_destroy then frees what is allocated so
 * far. */
static bool allocate_parts(struct synched_report *report, bool segment_times) {
  const size_t row_count = report->row_count;
  if (row_count == 0 || report->worker_count > SIZE_MAX / row_count)
    return false;
  report->workers = synched__alloc_lines(report->worker_count, sizeof *report->workers);
  if (report->workers == NULL)
    return false;
  report->cells = synched__alloc_lines(report->worker_count * row_count, sizeof *report->cells);
  if (report->cells == NULL)
    return false;
  for (unsigned worker = 0; worker < report->worker_count; worker++)
    report->workers[worker].cells = report->cells + worker * row_count;
  if (!segment_times)
    return true;
  report->segments = synched__alloc_lines(report->segment_count, segment_bytes(report));
  return report->segments != NULL;
}

int synched__record_create(struct synched_report **out, const struct synched__record_shape *shape) {
  *out = NULL;
  /* This is on lines of its own, too: in every round workers read its first fields, and the closing
   * worker writes the next ones. */
  struct synched_report *report = synched__alloc_lines(1, sizeof *report);
  if (report != NULL) {
    report->worker_count = shape->worker_count;
    report->segment_count = shape->segment_count;
    report->shown_count = shape->row_count;
    report->row_count = rows_for(shape->row_count);
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
  synched__free(report->cells);
  synched__free(report->workers);
  synched__free(report);
}

/* The rings are cleared although each cell has its round's number. A run that failed has left cells
 * of a round that the next run computes again, under the same number and perhaps with other
 * workers. Round 0 is never computed, so zeros belong to no round. */
void synched__record_reset(struct synched_report *report) {
  for (unsigned worker = 0; worker < report->worker_count; worker++) {
    struct synched__record_worker *totals = &report->workers[worker];
    *totals = (struct synched__record_worker){.cells = totals->cells};
    memset(totals->cells, 0, report->row_count * sizeof *totals->cells);
  }
  if (report->segments != NULL)
    memset(report->segments, 0, report->segment_count * segment_bytes(report));
  report->status = 0;
  report->round_count = 0;
  report->last_round = 0;
  report->start_ns = 0;
  report->end_ns = 0;
  report->start_offset_ns = 0;
  report->end_offset_ns = 0;
  report->failed_segment = -1;
  report->failed_code = 0;
  report->lease_wait_count = 0;
  report->lease_wait_ns = 0;
  report->stalled_count = 0;
  report->stalled_ns = 0;
  report->init_missing = false;
  report->delivered_count = 0;
  report->missed_count = 0;
  report->time = (struct synched__record_time){.period_ns = 0};
}

uint64_t synched__record_shown_ns(const struct synched_report *report, uint64_t recorded_ns) {
  int64_t offset_ns = report->start_offset_ns;
  if (report->end_ns > report->start_ns) {
    double elapsed = ((double)recorded_ns - (double)report->start_ns) /
                     ((double)report->end_ns - (double)report->start_ns);
    offset_ns += (int64_t)(elapsed * (double)(report->end_offset_ns - report->start_offset_ns));
  }
  return recorded_ns + (uint64_t)offset_ns;
}
