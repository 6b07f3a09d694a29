/*
 * recorded.h: records filled in by hand, as the engine would fill them, so that every number is
 * known.
 */
#ifndef SYNCHED_TESTS_RECORDED_H
#define SYNCHED_TESTS_RECORDED_H

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <synched/status.h>

#include "report/record.h"

static inline struct synched_report *create(unsigned worker_count, size_t row_count) {
  struct synched_report *report;
  int status =
      synched__record_create(&report, &(struct synched__record_shape){.name = "heat",
                                                                      .worker_count = worker_count,
                                                                      .segment_count = 4,
                                                                      .row_count = row_count,
                                                                      .segment_times = true});
  cr_assert_eq(status, 0);
  return report;
}

/* The time that `worker` computes in `round`, in all that follows. */
static inline uint64_t compute_ns(uint64_t round, unsigned worker) {
  return 100000 * (worker + 1) + 1000 * round;
}

/* What the engine would have recorded of a round that began when the last one ended and took a
 * ms. */
static inline void record(struct synched_report *report, uint64_t round) {
  const uint64_t start_ns = round * 1000000;
  for (unsigned i = 0; i < report->worker_count; i++) {
    struct synched__record_worker *worker = &report->workers[i];
    uint64_t ns = compute_ns(round, i);
    *synched__record_cell_of(report, i, round) = (struct synched__record_cell){
        .round = round, .start_ns = start_ns, .end_ns = start_ns + ns, .compute_ns = ns};
    worker->round_count++;
    worker->call_count++;
    worker->compute_ns += ns;
  }
  /* Each closes a round in turn. */
  struct synched__record_cell *closing =
      synched__record_cell_of(report, (unsigned)(round % report->worker_count), round);
  closing->opened_ns = start_ns;
  closing->closed_ns = start_ns + 1000000;
}

/* Rounds first .. last, all published. */
static inline void record_run(struct synched_report *report, uint64_t first, uint64_t last) {
  for (uint64_t round = first; round <= last; round++)
    record(report, round);
  report->round_count = last - first + 1;
  report->last_round = last;
  report->start_ns = first * 1000000;
  report->end_ns = (last + 1) * 1000000;
}

/* The printed report; the caller frees it. */
static inline char *printed(const struct synched_report *report) {
  FILE *file = tmpfile();
  cr_assert_not_null(file);
  cr_assert_eq(synched_report_print(report, file), 0);
  size_t length = (size_t)ftell(file);
  rewind(file);
  char *text = calloc(length + 1, 1);
  cr_assert_not_null(text);
  cr_assert_eq(fread(text, 1, length, file), length);
  cr_assert_eq(fclose(file), 0);
  return text;
}

static inline void expect_message(const char *part) {
  cr_assert_not_null(strstr(synched_error_message(), part), "%s", synched_error_message());
}

#endif
