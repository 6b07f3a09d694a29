/*
 * job_look.h: reports of jobs that have run, or run still, and what holds of them however busy the
 * machine is: counts, sums, and which time contains which.
 */
#ifndef SYNCHED_TESTS_JOB_LOOK_H
#define SYNCHED_TESTS_JOB_LOOK_H

#include <criterion/criterion.h>

#include <math.h>

#include "support/support.h"
#include "support/unit_support.h"

#define MS UINT64_C(1000000)

/* The clocks of two CPUs, and two readings of two clocks, differ by less. */
#define SLACK_NS (is_emulated() ? MS : UINT64_C(50000))

/* A report and what is asked of it most. */
struct look {
  struct synched_report *report;
  struct synched_report_summary summary;
  struct synched_report_efficiency efficiency;
};

static inline struct look look_at(const struct synched_job *job) {
  struct look look = {.summary.struct_size = sizeof look.summary,
                      .efficiency.struct_size = sizeof look.efficiency};
  cr_assert_eq(synched_job_report(job, &look.report), 0, "%s", synched_error_message());
  cr_assert_eq(synched_report_summary(look.report, &look.summary), 0);
  cr_assert_eq(synched_report_efficiency(look.report, &look.efficiency), 0);
  return look;
}

static inline double elapsed_ns(const struct look *look) {
  return (double)(look->summary.end_ns - look->summary.start_ns);
}

static inline double share_of(const struct look *look, enum synched_share share) {
  return (double)look->efficiency.share_ns[share];
}

/* The shares are all of the workers' time, within half a per cent. */
static inline void expect_shares(const struct look *look) {
  const double whole_ns = elapsed_ns(look) * look->summary.worker_count;
  double sum_ns = 0.0;
  for (unsigned s = 0; s < SYNCHED_SHARE_COUNT; s++)
    sum_ns += share_of(look, (enum synched_share)s);
  cr_assert_leq(fabs(sum_ns - whole_ns), whole_ns / 200.0 + 2000.0 * look->summary.worker_count,
                "%.0f ns of %.0f", sum_ns, whole_ns);
}

static inline void expect_calls(const struct look *look, uint64_t call_count) {
  uint64_t of_workers = 0;
  cr_assert_eq(look->summary.call_count, call_count);
  for (unsigned w = 0; w < look->summary.worker_count; w++) {
    struct synched_report_worker worker = {.struct_size = sizeof worker};
    cr_assert_eq(synched_report_worker(look->report, w, &worker), 0);
    of_workers += worker.call_count;
  }
  cr_assert_eq(of_workers, call_count);
}

/* Each segment was called so often. */
static inline void expect_segments(const struct look *look, uint64_t call_count) {
  for (size_t s = 0; s < look->summary.segment_count; s++) {
    struct synched_report_segment segment = {.struct_size = sizeof segment};
    cr_assert_eq(synched_report_segment(look->report, s, &segment), 0);
    cr_assert_eq(segment.call_count, call_count);
    cr_assert_lt(segment.home, look->summary.worker_count);
  }
}

/* Every shown round has as many calls as there are segments. */
static inline void expect_whole_rounds(const struct look *look) {
  for (size_t i = 0; i < synched_report_recorded(look->report); i++) {
    uint64_t call_count = 0;
    for (unsigned w = 0; w < look->summary.worker_count; w++) {
      struct synched_report_part part = {.struct_size = sizeof part};
      cr_assert_eq(synched_report_part(look->report, i, w, &part), 0);
      call_count += part.call_count;
    }
    cr_assert_eq(call_count, look->summary.segment_count);
  }
}

static inline struct synched_memory_options cells(size_t segment_count) {
  return (struct synched_memory_options){.struct_size = sizeof(struct synched_memory_options),
                                         .segment_count = segment_count,
                                         .segment_capacity = 1,
                                         .element_size = 8,
                                         .lease_count = 1};
}

static inline struct engine engine_of(struct synched_pool *pool, size_t segment_count,
                                      struct synched_job_options options) {
  const struct synched_memory_options memory = cells(segment_count);
  options.struct_size = sizeof options;
  if (options.compute == NULL && options.stage_count == 0)
    options.compute = compute_nothing;
  return engine_new(pool, &memory, &options);
}

#endif
