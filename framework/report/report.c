/*
 * report.c: the numbers of a report, by accessor.
 *
 * Everything here only reads a record whose job has ended, so any number of threads may ask at
 * once. What the public structs have beyond the record (sums, waits, numbers of rounds) is derived
 * here and kept nowhere.
 */
#include "report/record.h"

#include "base/error.h"
#include "base/options.h"
#include "platform/clock.h"

static const struct synched__options_spec summary_spec = {
    .what = "synched_report_summary",
    .known = sizeof(struct synched_report_summary),
    .minimum = offsetof(struct synched_report_summary, period_ns),
};

static const struct synched__options_spec worker_spec = {
    .what = "synched_report_worker",
    .known = sizeof(struct synched_report_worker),
    .minimum = sizeof(struct synched_report_worker),
};

static const struct synched__options_spec segment_spec = {
    .what = "synched_report_segment",
    .known = sizeof(struct synched_report_segment),
    .minimum = sizeof(struct synched_report_segment),
};

static const struct synched__options_spec round_spec = {
    .what = "synched_report_round",
    .known = sizeof(struct synched_report_round),
    .minimum = sizeof(struct synched_report_round),
};

static int no_report(void) {
  return synched__fail(SYNCHED_EINVAL, "the report is NULL");
}

/* A worker that never computed anything has no such time: 0. */
static uint64_t shown_or_zero(const struct synched_report *report, uint64_t recorded_ns) {
  return recorded_ns == 0 ? 0 : synched__record_shown_ns(report, recorded_ns);
}

/* What is left of the job's time on one worker. Separate clock reads measure the three, so their
 * sum may exceed the whole by a little; a wait is then 0, not a wrapped number. */
static uint64_t wait_ns(const struct synched_report *report,
                        const struct synched__record_worker *worker) {
  uint64_t whole_ns = synched__span_ns(synched__record_shown_ns(report, report->start_ns),
                                       synched__record_shown_ns(report, report->end_ns));
  if (worker->compute_ns >= whole_ns || worker->closing_ns >= whole_ns - worker->compute_ns)
    return 0;
  return whole_ns - worker->compute_ns - worker->closing_ns;
}

int synched_report_summary(const struct synched_report *report,
                           struct synched_report_summary *out) {
  if (report == NULL)
    return no_report();
  struct synched_report_summary summary = {
      .status = report->status,
      .name = report->name,
      .worker_count = report->worker_count,
      .segment_count = report->segment_count,
      .round_count = report->round_count,
      .start_ns = synched__record_shown_ns(report, report->start_ns),
      .end_ns = synched__record_shown_ns(report, report->end_ns),
      .failed_segment = report->failed_segment,
      .failed_code = report->failed_code,
      .lease_wait_count = report->lease_wait_count,
      .lease_wait_ns = report->lease_wait_ns,
      .delivered_count = report->delivered_count,
      .missed_count = report->missed_count,
      .period_ns = report->time.period_ns,
      .tick_count = report->time.started_count + report->time.skipped_count,
      .started_count = report->time.started_count,
      .late_count = report->time.late_count,
      .skipped_count = report->time.skipped_count,
      .overrun_count = report->time.overrun_count,
      .lateness_p50_ns = report->time.lateness_p50_ns,
      .lateness_p99_ns = report->time.lateness_p99_ns,
      .lateness_max_ns = report->time.lateness_max_ns,
      .deadline_missed_count = report->time.deadline_missed_count,
      .dropped_count = report->time.dropped_count,
      .stalled_count = report->stalled_count,
      .stalled_ns = report->stalled_ns,
      .init_missing = report->init_missing ? 1 : 0,
  };
  for (unsigned i = 0; i < report->worker_count; i++) {
    const struct synched__record_worker *worker = &report->workers[i];
    summary.call_count += worker->call_count;
    summary.stolen_count += worker->stolen_count;
    summary.compute_ns += worker->compute_ns;
    summary.closing_ns += worker->closing_ns;
    summary.wait_ns += wait_ns(report, worker);
  }
  return synched__out_write(out, &summary, &summary_spec);
}

int synched_report_worker(const struct synched_report *report, unsigned worker,
                          struct synched_report_worker *out) {
  if (report == NULL)
    return no_report();
  if (worker >= report->worker_count)
    return synched__fail(SYNCHED_ERANGE, "there is no worker %u; the job had %u", worker,
                         report->worker_count);
  const struct synched__record_worker *totals = &report->workers[worker];
  struct synched_report_worker filled = {
      .round_count = totals->round_count,
      .call_count = totals->call_count,
      .stolen_count = totals->stolen_count,
      .closed_count = totals->closed_count,
      .compute_ns = totals->compute_ns,
      .closing_ns = totals->closing_ns,
      .wait_ns = wait_ns(report, totals),
      .last_start_ns = shown_or_zero(report, totals->last_start_ns),
      .last_end_ns = shown_or_zero(report, totals->last_end_ns),
  };
  return synched__out_write(out, &filled, &worker_spec);
}

int synched_report_segment(const struct synched_report *report, size_t segment,
                           struct synched_report_segment *out) {
  if (report == NULL)
    return no_report();
  if (segment >= report->segment_count)
    return synched__fail(SYNCHED_ERANGE, "there is no segment %zu; the memory has %zu", segment,
                         report->segment_count);
  struct synched_report_segment filled = {0};
  if (report->segments != NULL) {
    const struct synched__record_segment *totals =
        &report->segments[segment * report->segment_stride];
    filled.call_count = totals->call_count;
    filled.compute_ns = totals->compute_ns;
    filled.longest_ns = totals->longest_ns;
  }
  return synched__out_write(out, &filled, &segment_spec);
}

size_t synched_report_recorded(const struct synched_report *report) {
  if (report == NULL)
    return 0;
  return report->round_count < report->shown_count ? (size_t)report->round_count
                                                   : report->shown_count;
}

/* The number of a recorded round. The index is in range. */
static uint64_t round_number(const struct synched_report *report, size_t index) {
  return report->last_round - synched_report_recorded(report) + 1 + index;
}

/* 0 for a worker that took no part: its cell there is still an older round's, or none's. */
static uint64_t cell_compute_ns(const struct synched_report *report, uint64_t round,
                                unsigned worker) {
  const struct synched__record_cell *cell = synched__record_cell_of(report, worker, round);
  return cell->round == round ? cell->compute_ns : 0;
}

int synched_report_round(const struct synched_report *report, size_t index,
                         struct synched_report_round *out) {
  if (report == NULL)
    return no_report();
  size_t recorded = synched_report_recorded(report);
  if (index >= recorded)
    return synched__fail(SYNCHED_ERANGE, "there is no recorded round %zu; there are %zu", index,
                         recorded);
  uint64_t round = round_number(report, index);
  struct synched_report_round filled = {.round = round};
  for (unsigned worker = 0; worker < report->worker_count; worker++) {
    const struct synched__record_cell *cell = synched__record_cell_of(report, worker, round);
    filled.compute_ns += cell_compute_ns(report, round, worker);
    /* The worker that closed the round knows when that was. */
    if (cell->round == round && cell->closed_ns != 0) {
      filled.start_ns = synched__record_shown_ns(report, cell->opened_ns);
      filled.total_ns =
          synched__span_ns(filled.start_ns, synched__record_shown_ns(report, cell->closed_ns));
    }
  }
  return synched__out_write(out, &filled, &round_spec);
}

uint64_t synched_report_round_compute_ns(const struct synched_report *report, size_t index,
                                         unsigned worker) {
  if (report == NULL || index >= synched_report_recorded(report) || worker >= report->worker_count)
    return 0;
  return cell_compute_ns(report, round_number(report, index), worker);
}
