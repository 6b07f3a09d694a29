/*
 * report.c: the numbers of a report, by accessor. A report does not change, so any number of
 * threads may ask at once.
 */
#include "report/model.h"

#include "base/error.h"
#include "base/options.h"

#define SPEC(type, minimum_bytes)                                                                  \
  { .what = #type, .known = sizeof(struct type), .minimum = (minimum_bytes) }

static const struct synched__options_spec summary_spec =
    SPEC(synched_report_summary, offsetof(struct synched_report_summary, period_ns));
static const struct synched__options_spec efficiency_spec =
    SPEC(synched_report_efficiency,
         offsetof(struct synched_report_efficiency, share_ns[SYNCHED_SHARE_MESSAGES]));
static const struct synched__options_spec worker_spec =
    SPEC(synched_report_worker, offsetof(struct synched_report_worker, sleep_count));
static const struct synched__options_spec segment_spec =
    SPEC(synched_report_segment, offsetof(struct synched_report_segment, stolen_count));
static const struct synched__options_spec stage_spec =
    SPEC(synched_report_stage, sizeof(struct synched_report_stage));
static const struct synched__options_spec round_spec =
    SPEC(synched_report_round, offsetof(struct synched_report_round, phase_ns));
static const struct synched__options_spec part_spec =
    SPEC(synched_report_part, sizeof(struct synched_report_part));
static const struct synched__options_spec task_spec =
    SPEC(synched_report_task, sizeof(struct synched_report_task));
static const struct synched__options_spec bucket_spec =
    SPEC(synched_report_bucket, sizeof(struct synched_report_bucket));

static const struct synched__options_spec rank_spec =
    SPEC(synched_report_rank, sizeof(struct synched_report_rank));
static const struct synched__options_spec exchange_spec =
    SPEC(synched_report_exchange, sizeof(struct synched_report_exchange));

static int no_report(void) {
  return synched__fail(SYNCHED_EINVAL, "the report is NULL");
}

int synched_report_summary(const struct synched_report *report,
                           struct synched_report_summary *out) {
  if (report == NULL)
    return no_report();
  return synched__out_write(out, &report->summary, &summary_spec);
}

int synched_report_efficiency(const struct synched_report *report,
                              struct synched_report_efficiency *out) {
  if (report == NULL)
    return no_report();
  return synched__out_write(out, &report->efficiency, &efficiency_spec);
}

static int check_worker(const struct synched_report *report, unsigned worker) {
  if (worker < report->summary.worker_count)
    return 0;
  return synched__fail(SYNCHED_ERANGE, "there is no worker %u; the job had %u", worker,
                       report->summary.worker_count);
}

static int check_round(const struct synched_report *report, size_t index) {
  if (index < report->recorded)
    return 0;
  return synched__fail(SYNCHED_ERANGE, "there is no recorded round %zu; there are %zu", index,
                       report->recorded);
}

int synched_report_worker(const struct synched_report *report, unsigned worker,
                          struct synched_report_worker *out) {
  if (report == NULL)
    return no_report();
  const int status = check_worker(report, worker);
  return status != 0 ? status : synched__out_write(out, &report->workers[worker], &worker_spec);
}

int synched_report_segment(const struct synched_report *report, size_t segment,
                           struct synched_report_segment *out) {
  if (report == NULL)
    return no_report();
  if (segment >= report->summary.segment_count)
    return synched__fail(SYNCHED_ERANGE, "there is no segment %zu; the memory has %zu", segment,
                         report->summary.segment_count);
  return synched__out_write(out, &report->segments[segment], &segment_spec);
}

int synched_report_stage(const struct synched_report *report, unsigned stage,
                         struct synched_report_stage *out) {
  if (report == NULL)
    return no_report();
  if (stage >= report->summary.stage_count)
    return synched__fail(SYNCHED_ERANGE, "there is no stage %u to tell of; there are %u", stage,
                         report->summary.stage_count);
  return synched__out_write(out, &report->stages[stage], &stage_spec);
}

size_t synched_report_recorded(const struct synched_report *report) {
  return report == NULL ? 0 : report->recorded;
}

int synched_report_round(const struct synched_report *report, size_t index,
                         struct synched_report_round *out) {
  if (report == NULL)
    return no_report();
  const int status = check_round(report, index);
  return status != 0 ? status : synched__out_write(out, &report->rounds[index], &round_spec);
}

static const struct synched_report_part *part_of(const struct synched_report *report, size_t index,
                                                 unsigned worker) {
  return &report->parts[index * report->summary.worker_count + worker];
}

int synched_report_part(const struct synched_report *report, size_t index, unsigned worker,
                        struct synched_report_part *out) {
  if (report == NULL)
    return no_report();
  int status = check_round(report, index);
  if (status == 0)
    status = check_worker(report, worker);
  return status != 0 ? status : synched__out_write(out, part_of(report, index, worker), &part_spec);
}

uint64_t synched_report_round_compute_ns(const struct synched_report *report, size_t index,
                                         unsigned worker) {
  if (report == NULL || index >= report->recorded || worker >= report->summary.worker_count)
    return 0;
  return part_of(report, index, worker)->compute_ns;
}

size_t synched_report_task_count(const struct synched_report *report) {
  return report == NULL ? 0 : report->task_count;
}

int synched_report_task(const struct synched_report *report, size_t index,
                        struct synched_report_task *out) {
  if (report == NULL)
    return no_report();
  if (index >= report->task_count)
    return synched__fail(SYNCHED_ERANGE, "there is no recorded call %zu; there are %zu", index,
                         report->task_count);
  return synched__out_write(out, &report->tasks[index], &task_spec);
}

/* --- ranks --- */

int synched_report_rank(const struct synched_report *report, unsigned index,
                        struct synched_report_rank *out) {
  if (report == NULL)
    return no_report();
  if (index >= report->summary.rank_count)
    return synched__fail(SYNCHED_ERANGE, "there is no rank %u to tell of; there are %u", index,
                         report->summary.rank_count);
  return synched__out_write(out, &report->ranks[index], &rank_spec);
}

size_t synched_report_exchange_count(const struct synched_report *report) {
  return report == NULL ? 0 : report->exchange_count;
}

int synched_report_exchange(const struct synched_report *report, size_t index,
                            struct synched_report_exchange *out) {
  if (report == NULL)
    return no_report();
  if (index >= report->exchange_count)
    return synched__fail(SYNCHED_ERANGE, "there is no recorded exchange %zu; there are %zu", index,
                         report->exchange_count);
  return synched__out_write(out, &report->exchanges[index], &exchange_spec);
}

/* --- distributions --- */

uint64_t synched_report_quantile(const struct synched_report *report,
                                 enum synched_distribution distribution, size_t index,
                                 double share) {
  const uint64_t *buckets =
      report == NULL ? NULL : synched__report_buckets(report, distribution, index);
  return buckets == NULL ? 0 : synched__buckets_quantile_ns(buckets, share);
}

int synched_report_bucket(const struct synched_report *report,
                          enum synched_distribution distribution, size_t index, unsigned *at,
                          struct synched_report_bucket *out) {
  if (report == NULL)
    return no_report();
  if (at == NULL)
    return synched__fail(SYNCHED_EINVAL, "the bucket to begin at is NULL");
  const uint64_t *buckets = synched__report_buckets(report, distribution, index);
  for (unsigned i = *at; buckets != NULL && i < SYNCHED__BUCKET_COUNT; i++) {
    if (buckets[i] == 0)
      continue;
    *at = i + 1;
    const struct synched_report_bucket filled = {.first_ns = synched__bucket_first_ns(i),
                                                 .last_ns = synched__bucket_last_ns(i),
                                                 .count = buckets[i]};
    return synched__out_write(out, &filled, &bucket_spec);
  }
  return synched__fail(SYNCHED_ENOENT, "there are no more buckets");
}
