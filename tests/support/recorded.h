/*
 * recorded.h: reports filled in by hand, so that every number is known.
 */
#ifndef SYNCHED_TESTS_RECORDED_H
#define SYNCHED_TESTS_RECORDED_H

#include <criterion/criterion.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <synched/status.h>

#include "platform/alloc.h"
#include "report/model.h"

/* A report of 4 segments, without rounds yet, with room for so many. */
static inline struct synched_report *create(unsigned worker_count, size_t round_count) {
  struct synched_report *report;
  const struct synched__report_shape shape = {.worker_count = worker_count,
                                              .segment_count = 4,
                                              .round_count = round_count,
                                              .task_count = 64,
                                              .worker_distributions = worker_count,
                                              .segment_distributions = 4};
  cr_assert_eq(synched__report_create(&report, &shape), 0);
  (void)snprintf(report->name, sizeof report->name, "heat");
  report->summary.ended = 1;
  return report;
}

/* The time that `worker` computes in `round`, in all that follows. */
static inline uint64_t compute_ns(uint64_t round, unsigned worker) {
  return 100000 * (worker + 1) + 1000 * round;
}

static inline void count(struct synched_report *report, enum synched_distribution distribution,
                         size_t index, uint64_t ns) {
  synched__report_buckets(report, distribution, index)[synched__bucket_of(ns)]++;
}

/* A round that began when the last one ended and took a ms: one call per worker, closed by each
 * worker in turn. Only its totals are kept if it is not `shown`. */
static inline void record(struct synched_report *report, uint64_t round, bool shown) {
  const unsigned worker_count = report->summary.worker_count;
  struct synched_report_round *row = &report->rounds[report->recorded];
  uint64_t sum_ns = 0;
  for (unsigned i = 0; i < worker_count; i++) {
    const uint64_t ns = compute_ns(round, i), start_ns = round * 1000000;
    if (shown)
      report->parts[report->recorded * worker_count + i] =
          (struct synched_report_part){.struct_size = sizeof(struct synched_report_part),
                                       .start_ns = start_ns,
                                       .end_ns = start_ns + ns,
                                       .compute_ns = ns,
                                       .call_count = 1,
                                       .longest_segment = i,
                                       .longest_ns = ns};
    report->workers[i].round_count++;
    report->workers[i].call_count++;
    report->workers[i].compute_ns += ns;
    report->workers[i].last_start_ns = start_ns;
    report->workers[i].last_end_ns = start_ns + ns;
    count(report, SYNCHED_DISTRIBUTION_WORKER, i, ns);
    sum_ns += ns;
  }
  count(report, SYNCHED_DISTRIBUTION_ROUND, 0, 1000000);
  count(report, SYNCHED_DISTRIBUTION_WORK, 0, sum_ns);
  report->summary.round_count++;
  report->summary.call_count += worker_count;
  report->summary.compute_ns += sum_ns;
  if (!shown)
    return;
  *row = (struct synched_report_round){.struct_size = sizeof *row,
                                       .round = round,
                                       .start_ns = round * 1000000,
                                       .total_ns = 1000000,
                                       .compute_ns = sum_ns,
                                       .phase_ns = compute_ns(round, worker_count - 1),
                                       .longest_worker = worker_count - 1,
                                       .longest_ns = compute_ns(round, worker_count - 1),
                                       .critical_segment = worker_count - 1,
                                       .critical_ns = compute_ns(round, worker_count - 1),
                                       .part_count = worker_count,
                                       .closer = (unsigned)(round % worker_count)};
  report->recorded++;
}

/* Rounds first .. last, all published, the last `shown_count` of them one by one. */
static inline void record_run(struct synched_report *report, uint64_t first, uint64_t last,
                              size_t shown_count) {
  for (uint64_t round = first; round <= last; round++)
    record(report, round, last - round < shown_count);
  report->summary.last_round = last;
  report->summary.start_ns = first * 1000000;
  report->summary.end_ns = (last + 1) * 1000000;
  for (unsigned i = 0; i < report->summary.worker_count; i++) {
    report->workers[i].wait_ns =
        report->summary.end_ns - report->summary.start_ns - report->workers[i].compute_ns;
    report->summary.wait_ns += report->workers[i].wait_ns;
  }
}

/* Two ranks, of the first worker and of the others, with the recorded rounds as each had them, and
 * three exchanges. */
static inline void add_ranks(struct synched_report *report) {
  const unsigned workers = report->summary.worker_count;
  const size_t segments = report->summary.segment_count;
  report->summary.rank_count = 2;
  report->ranks = synched__alloc(2, sizeof *report->ranks);
  report->exchanges = synched__alloc(3, sizeof *report->exchanges);
  report->rank_rounds = synched__alloc(2 * report->recorded, sizeof *report->rank_rounds);
  cr_assert(report->ranks != NULL && report->exchanges != NULL && report->rank_rounds != NULL);
  for (unsigned r = 0; r < 2; r++) {
    struct synched_report_rank *rank = &report->ranks[r];
    *rank = (struct synched_report_rank){.struct_size = sizeof *rank,
                                         .rank = r,
                                         .first_worker = r,
                                         .worker_count = r == 0 ? 1 : workers - 1,
                                         .first_segment = r == 0 ? 0 : segments / 2,
                                         .segment_count =
                                             r == 0 ? segments / 2 : segments - segments / 2,
                                         .elapsed_ns = 3000000,
                                         .compute_ns = 600000 * (r + 1),
                                         .message_ns = 300000,
                                         .agreement_ns = 60000,
                                         .sent_bytes = 3000,
                                         .sent_messages = 3,
                                         .process = 4711 + r};
    (void)snprintf(rank->host, sizeof rank->host, "host%u", r);
  }
  for (size_t i = 0; i < 2 * report->recorded; i++) {
    report->rank_rounds[i] = report->rounds[i / 2];
    report->rank_rounds[i].closer = i % 2;
  }
  report->exchange_count = 3;
  for (unsigned e = 0; e < 3; e++)
    report->exchanges[e] =
        (struct synched_report_exchange){.struct_size = sizeof *report->exchanges,
                                         .rank = e / 2,
                                         .round = e % 2 + 1,
                                         .sent_messages = 1,
                                         .sent_bytes = 1000,
                                         .start_ns = 1000000 * (e % 2 + 1) + 1000,
                                         .arrived_ns = 1000000 * (e % 2 + 1) + 250000,
                                         .wait_start_ns = 1000000 * (e % 2 + 1) + 200000,
                                         .wait_end_ns = 1000000 * (e % 2 + 1) + 250000,
                                         .agreed_ns = 1000000 * (e % 2 + 1) + 300000};
}

/* Three stages: what they took in rounds of which each third one was copied. */
static inline void add_stages(struct synched_report *report) {
  static const struct {
    const char *name;
    uint64_t round_count, total_ns, compute_ns;
  } rows[] = {{"forces", 3, 1200000, 2300000}, {"moves", 3, 700000, 900000}, {"copies", 1, 500, 7}};
  report->summary.stage_count = 3;
  for (unsigned s = 0; s < 3; s++) {
    struct synched_report_stage *stage = &report->stages[s];
    (void)snprintf(report->stage_names[s], sizeof report->stage_names[s], "%s", rows[s].name);
    stage->round_count = rows[s].round_count;
    stage->total_ns = rows[s].total_ns;
    stage->compute_ns = rows[s].compute_ns;
  }
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
