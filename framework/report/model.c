/*
 * model.c: the memory of a report, and its distributions.
 */
#include "report/model.h"

#include "base/assert.h"
#include "base/error.h"
#include "platform/alloc.h"
#include "report/record.h"

/* Allocates into *pointer, if there is anything to hold; false: refused, now or before. */
#define ALLOCATE(complete, pointer, count)                                                         \
  ((complete) && ((count) == 0 || ((pointer) = synched__alloc((count), sizeof *(pointer))) != NULL))

static bool allocate(struct synched_report *report, const struct synched__report_shape *shape) {
  const size_t workers = shape->worker_count;
  const size_t distributions =
      SYNCHED__JOB_DISTRIBUTIONS + shape->worker_distributions + shape->segment_distributions;
  SYNCHED_ASSERT(workers > 0 && shape->segment_count > 0);
  if (shape->round_count > SIZE_MAX / workers)
    return false; /* and there are no more ranks than workers */
  report->workers = synched__alloc(workers, sizeof *report->workers);
  report->reading = synched__alloc_lines(workers, sizeof *report->reading);
  report->segments = synched__alloc(shape->segment_count, sizeof *report->segments);
  report->buckets = synched__alloc(distributions * SYNCHED__BUCKET_COUNT, sizeof *report->buckets);
  bool complete = report->workers != NULL && report->reading != NULL && report->segments != NULL &&
                  report->buckets != NULL;
  complete = ALLOCATE(complete, report->rounds, shape->round_count);
  complete = ALLOCATE(complete, report->parts, shape->round_count * workers);
  complete = ALLOCATE(complete, report->tasks, shape->task_count);
  complete = ALLOCATE(complete, report->ranks, shape->rank_count);
  complete = ALLOCATE(complete, report->exchanges, shape->exchange_count);
  if (shape->rank_count > 1)
    complete = ALLOCATE(complete, report->rank_rounds, shape->round_count * shape->rank_count);
  return complete;
}

int synched__report_create(struct synched_report **out, const struct synched__report_shape *shape) {
  *out = NULL;
  struct synched_report *report = synched__alloc(1, sizeof *report);
  if (report == NULL || !allocate(report, shape)) {
    synched_report_destroy(report);
    return synched__fail(SYNCHED_ENOMEM,
                         "no memory for a report of %zu rounds, %u workers and %zu segments",
                         shape->round_count, shape->worker_count, shape->segment_count);
  }
  report->summary.struct_size = sizeof report->summary;
  report->summary.name = report->name;
  report->summary.worker_count = shape->worker_count;
  report->summary.segment_count = shape->segment_count;
  report->summary.rank_count = shape->rank_count;
  report->summary.failed_segment = report->summary.failed_stage = -1;
  for (unsigned s = 0; s < SYNCHED__STAGES_SHOWN; s++)
    report->stages[s].name = report->stage_names[s];
  for (unsigned w = 0; w < shape->worker_count; w++)
    report->workers[w].cpu = report->workers[w].core = report->workers[w].package = -1;
  report->worker_distributions = shape->worker_distributions;
  report->segment_distributions = shape->segment_distributions;
  *out = report;
  return 0;
}

void synched__report_adopt(struct synched_report *report, const struct synched_report *own) {
  report->workers = own->workers;
  report->segments = own->segments;
  report->rounds = own->rounds;
  report->parts = own->parts;
  report->tasks = own->tasks;
  report->exchanges = own->exchanges;
  report->ranks = own->ranks;
  report->rank_rounds = own->rank_rounds;
  report->reading = own->reading;
  report->buckets = own->buckets;
  report->summary.name = report->name;
  for (unsigned s = 0; s < SYNCHED__STAGES_SHOWN; s++)
    report->stages[s].name = report->stage_names[s];
}

void synched_report_destroy(struct synched_report *report) {
  if (report == NULL)
    return;
  synched__free(report->buckets);
  synched__free(report->rank_rounds);
  synched__free(report->exchanges);
  synched__free(report->ranks);
  synched__free(report->tasks);
  synched__free(report->parts);
  synched__free(report->rounds);
  synched__free(report->segments);
  synched__free(report->reading);
  synched__free(report->workers);
  synched__free(report);
}

unsigned synched__report_rank_of(const struct synched_report *report, unsigned worker) {
  unsigned low = 0, high = report->summary.rank_count;
  while (high - low > 1) {
    const unsigned middle = low + (high - low) / 2;
    if (report->ranks[middle].first_worker <= worker)
      low = middle;
    else
      high = middle;
  }
  return low;
}

uint64_t *synched__report_buckets(const struct synched_report *report,
                                  enum synched_distribution distribution, size_t index) {
  size_t at = (size_t)distribution;
  if (distribution == SYNCHED_DISTRIBUTION_WORKER && index < report->worker_distributions)
    at = SYNCHED__JOB_DISTRIBUTIONS + index;
  else if (distribution == SYNCHED_DISTRIBUTION_SEGMENT && index < report->segment_distributions)
    at = SYNCHED__JOB_DISTRIBUTIONS + report->worker_distributions + index;
  else if (at >= SYNCHED__JOB_DISTRIBUTIONS)
    return NULL;
  return report->buckets + at * SYNCHED__BUCKET_COUNT;
}

const char *synched__report_failed_stage(const struct synched_report *report) {
  const int stage = report->summary.failed_stage;
  return stage >= 0 && (unsigned)stage < report->summary.stage_count ? report->stages[stage].name
                                                                     : NULL;
}

double synched__report_stages_ns(const struct synched_report *report) {
  double sum_ns = 0.0;
  for (unsigned s = 0; s < report->summary.stage_count; s++)
    sum_ns += (double)report->stages[s].total_ns;
  return sum_ns;
}

struct synched__report_sum synched__report_sum_of(const struct synched_report *report,
                                                  enum synched_distribution distribution,
                                                  size_t index) {
  const uint64_t *buckets = synched__report_buckets(report, distribution, index);
  struct synched__report_sum sum = {0, 0.0};
  for (unsigned i = 0; buckets != NULL && i < SYNCHED__BUCKET_COUNT; i++) {
    const double middle_ns =
        ((double)synched__bucket_first_ns(i) + (double)synched__bucket_last_ns(i)) / 2.0;
    sum.count += buckets[i];
    sum.ns += (double)buckets[i] * middle_ns;
  }
  return sum;
}
