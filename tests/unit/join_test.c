/*
 * join_test.c: one report of several ranks', from reports in which every number is known. What
 * comes of real ranks is cluster_report_test.c's.
 */
#include <criterion/criterion.h>

#include <string.h>

#include "report/join.h"
#include "support/recorded.h"
#include "support/unit_support.h"

#define SEGMENTS 4u
#define WORKERS 2u

/* A rank's own report, of half of the segments, in which nothing has been computed. */
static struct synched_report *rank_report(unsigned rank, size_t distributions) {
  struct synched_report *report;
  const struct synched__report_shape shape = {.worker_count = WORKERS,
                                              .segment_count = SEGMENTS,
                                              .round_count = 8,
                                              .task_count = 2,
                                              .rank_count = 1,
                                              .exchange_count = 1,
                                              .worker_distributions =
                                                  distributions == 0 ? 0 : WORKERS,
                                              .segment_distributions = distributions};
  cr_assert_eq(synched__report_create(&report, &shape), 0);
  report->ranks[0] = (struct synched_report_rank){.struct_size = sizeof *report->ranks,
                                                  .rank = rank,
                                                  .worker_count = WORKERS,
                                                  .first_segment = 2 * (size_t)rank,
                                                  .segment_count = 2};
  return report;
}

/* Of some ranks, whose reports are ended. */
static struct synched_report *join(struct synched_report *const *reports, unsigned count) {
  struct synched_report *joined;
  cr_assert_eq(synched__report_join(&joined, reports, count), 0);
  for (unsigned r = 0; r < count; r++)
    synched_report_destroy(reports[r]);
  return joined;
}

static struct synched_report *join_two(struct synched_report *first,
                                       struct synched_report *second) {
  return join((struct synched_report *const[]){first, second}, 2);
}

static struct synched_report_round *add_row(struct synched_report *report, uint64_t round) {
  struct synched_report_round *row = &report->rounds[report->recorded++];
  *row = (struct synched_report_round){.struct_size = sizeof *row, .round = round};
  return row;
}

/* --- rounds --- */

/* The third rank computes nothing, and has written down all rounds. */
Test(join, rounds_that_some_rank_has_not_written_down_are_left_out) {
  struct synched_report *reports[3] = {rank_report(0, 0), rank_report(1, 0), rank_report(2, 0)};
  static const uint64_t others[] = {1, 3, 4, 6}, expected[] = {3, 4, 6};
  reports[2]->ranks[0].segment_count = 0;
  for (uint64_t round = 2; round <= 7; round++) {
    (void)add_row(reports[0], round);
    (void)add_row(reports[2], round);
  }
  for (size_t i = 0; i < LENGTH(others); i++)
    (void)add_row(reports[1], others[i]);
  struct synched_report *joined = join(reports, 3);
  cr_assert_eq(joined->recorded, LENGTH(expected));
  for (size_t i = 0; i < LENGTH(expected); i++) {
    cr_expect_eq(joined->rounds[i].round, expected[i]);
    for (unsigned r = 0; r < 3; r++)
      cr_expect_eq(joined->rank_rounds[3 * i + r].round, expected[i]);
  }
  synched_report_destroy(joined);
}

/* Rank 0 is the one that takes longer in the first round, rank 1 in the second. */
Test(join, a_round_has_what_is_most_on_any_rank) {
  struct synched_report *reports[2] = {rank_report(0, 0), rank_report(1, 0)};
  for (unsigned r = 0; r < 2; r++)
    for (uint64_t round = 1; round <= 2; round++) {
      const bool is_most = round == r + 1;
      struct synched_report_round *row = add_row(reports[r], round);
      row->start_ns = 1000 * round + (is_most ? 0 : 10);
      row->total_ns = is_most ? 500 : 300;
      row->phase_ns = is_most ? 400 : 200;
      row->longest_ns = row->critical_ns = is_most ? 90 : 60;
      row->longest_worker = 1;
      row->critical_segment = 2 * r + 1;
      row->callback_ns = row->lateness_ns = is_most ? 7 : 5;
      row->compute_ns = 100;
      row->part_count = 2;
      row->solo = 1;
      row->closer = is_most ? 1 : 0;
    }
  struct synched_report *joined = join_two(reports[0], reports[1]);
  cr_assert_eq(joined->recorded, 2);
  for (unsigned i = 0; i < 2; i++) {
    const struct synched_report_round *round = &joined->rounds[i];
    cr_expect_eq(round->start_ns, 1000 * (i + 1));
    cr_expect_eq(round->total_ns, 500);
    cr_expect_eq(round->phase_ns, 400);
    cr_expect_eq(round->closer, WORKERS * i + 1);
    cr_expect_eq(round->longest_ns, 90);
    cr_expect_eq(round->longest_worker, WORKERS * i + 1);
    cr_expect_eq(round->critical_ns, 90);
    cr_expect_eq(round->critical_segment, 2 * i + 1);
    cr_expect_eq(round->callback_ns, 7);
    cr_expect_eq(round->lateness_ns, 7);
    cr_expect_eq(round->compute_ns, 200);
    cr_expect_eq(round->part_count, 4);
    cr_expect_eq(round->solo, 0);
  }
  synched_report_destroy(joined);
}

/* --- distributions --- */

Test(join, distributions_are_those_of_all_ranks) {
  struct synched_report *first = rank_report(0, SEGMENTS);
  struct synched_report *second = rank_report(1, SEGMENTS);
  count(first, SYNCHED_DISTRIBUTION_ROUND, 0, 1000);
  count(second, SYNCHED_DISTRIBUTION_ROUND, 0, 1000);
  count(second, SYNCHED_DISTRIBUTION_WORKER, 1, 1000);
  count(second, SYNCHED_DISTRIBUTION_SEGMENT, 3, 1000);
  /* Its own segments are others. */
  count(second, SYNCHED_DISTRIBUTION_SEGMENT, 0, 1000);
  struct synched_report *joined = join_two(first, second);
  const unsigned bucket = synched__bucket_of(1000);
  cr_expect_eq(synched__report_buckets(joined, SYNCHED_DISTRIBUTION_ROUND, 0)[bucket], 2);
  cr_expect_eq(synched__report_buckets(joined, SYNCHED_DISTRIBUTION_WORKER, 3)[bucket], 1);
  cr_expect_eq(synched__report_buckets(joined, SYNCHED_DISTRIBUTION_SEGMENT, 3)[bucket], 1);
  cr_expect_eq(synched__report_buckets(joined, SYNCHED_DISTRIBUTION_SEGMENT, 0)[bucket], 0);
  synched_report_destroy(joined);
}

Test(join, distributions_that_some_rank_has_not_are_left_out) {
  for (unsigned without = 0; without < 2; without++) {
    struct synched_report *joined = join_two(rank_report(0, without == 0 ? 0 : SEGMENTS),
                                             rank_report(1, without == 1 ? 0 : SEGMENTS));
    cr_expect_null(synched__report_buckets(joined, SYNCHED_DISTRIBUTION_WORKER, 0));
    cr_expect_null(synched__report_buckets(joined, SYNCHED_DISTRIBUTION_SEGMENT, 0));
    cr_expect_not_null(synched__report_buckets(joined, SYNCHED_DISTRIBUTION_ROUND, 0));
    synched_report_destroy(joined);
  }
}

/* --- what is said of the job --- */

Test(join, what_is_said_of_the_job_is_said_by_the_first_rank) {
  struct synched_report *first = rank_report(0, 0);
  struct synched_report *second = rank_report(1, 0);
  (void)snprintf(first->name, sizeof first->name, "waves");
  (void)snprintf(first->machine, sizeof first->machine, "a machine");
  (void)snprintf(first->stage_names[0], sizeof first->stage_names[0], "only");
  first->summary.stage_count = second->summary.stage_count = 1;
  first->stages[0].total_ns = 100;
  second->stages[0].total_ns = 300;
  first->stages[0].compute_ns = second->stages[0].compute_ns = 50;
  first->lease_count = 3;
  first->can_steal = true;
  first->usable_cpus = 2;
  second->usable_cpus = 6;
  struct synched_report *joined = join_two(first, second);
  cr_expect_str_eq(joined->summary.name, "waves");
  cr_expect_str_eq(joined->machine, "a machine");
  cr_expect_str_eq(joined->stages[0].name, "only");
  cr_expect_eq(joined->stages[0].total_ns, 200);
  cr_expect_eq(joined->stages[0].compute_ns, 100);
  cr_expect_eq(joined->lease_count, 3);
  cr_expect(joined->can_steal);
  cr_expect_eq(joined->usable_cpus, 8);
  cr_expect_eq(joined->summary.worker_count, 2 * WORKERS);
  cr_expect_eq(joined->summary.rank_count, 2);
  cr_expect_eq(joined->summary.segment_count, SEGMENTS);
  synched_report_destroy(joined);
}

/* What a mending would gain most is told. */
Test(join, the_worst_binding_is_told) {
  for (unsigned worst = 0; worst < 2; worst++) {
    struct synched_report *reports[2] = {rank_report(0, 0), rank_report(1, 0)};
    for (unsigned r = 0; r < 2; r++) {
      reports[r]->binding_gain = r == worst ? 0.5 : 0.25;
      (void)snprintf(reports[r]->binding, sizeof reports[r]->binding, "rank %u is bound", r);
    }
    struct synched_report *joined = join_two(reports[0], reports[1]);
    cr_expect_float_eq(joined->binding_gain, 0.5, 1e-9);
    cr_expect_str_eq(joined->binding, worst == 0 ? "rank 0 is bound" : "rank 1 is bound");
    synched_report_destroy(joined);
  }
}

Test(join, an_init_that_is_missing_anywhere_is_missing) {
  for (unsigned rank = 0; rank < 3; rank++) {
    struct synched_report *reports[2] = {rank_report(0, 0), rank_report(1, 0)};
    if (rank < 2)
      reports[rank]->summary.init_missing = 1;
    struct synched_report *joined = join_two(reports[0], reports[1]);
    cr_expect_eq(joined->summary.init_missing, rank < 2);
    synched_report_destroy(joined);
  }
}

/* --- another clock --- */

Test(join, all_times_but_none_are_moved) {
  struct synched_report *report = rank_report(0, 0);
  add_row(report, 1)->start_ns = 2000;
  report->task_count = report->exchange_count = 1;
  report->tasks[0].start_ns = 3000;
  report->exchanges[0] = (struct synched_report_exchange){
      .start_ns = 4000, .arrived_ns = 4100, .wait_start_ns = 4200, .wait_end_ns = 4300};
  report->summary.start_ns = 1000;
  synched__report_shift(report, -400);
  cr_expect_eq(report->summary.start_ns, 600);
  cr_expect_eq(report->summary.end_ns, 0);
  cr_expect_eq(report->rounds[0].start_ns, 1600);
  cr_expect_eq(report->tasks[0].start_ns, 2600);
  cr_expect_eq(report->exchanges[0].start_ns, 3600);
  cr_expect_eq(report->exchanges[0].arrived_ns, 3700);
  cr_expect_eq(report->exchanges[0].wait_start_ns, 3800);
  cr_expect_eq(report->exchanges[0].wait_end_ns, 3900);
  cr_expect_eq(report->exchanges[0].agreed_ns, 0);
  synched_report_destroy(report);
}

/* --- no memory --- */

Test(join, any_allocation_that_is_refused_is_told) {
  struct synched_report *const reports[2] = {rank_report(0, SEGMENTS), rank_report(1, SEGMENTS)};
  for (unsigned r = 0; r < 2; r++) {
    (void)add_row(reports[r], 1);
    reports[r]->task_count = reports[r]->exchange_count = 1;
  }
  int status = SYNCHED_ENOMEM;
  unsigned nth = 0;
  struct synched_report *joined = NULL;
  while (status == SYNCHED_ENOMEM) {
    synched__fault_arm(SYNCHED__FAULT_ALLOCATE, ++nth);
    status = synched__report_join(&joined, reports, 2);
    cr_assert_eq(joined != NULL, status == 0);
  }
  synched__fault_arm(SYNCHED__FAULT_ALLOCATE, 0);
  cr_expect_eq(status, 0);
  cr_expect_gt(nth, 11, "%u", nth);
  synched_report_destroy(joined);
  for (unsigned r = 0; r < 2; r++)
    synched_report_destroy(reports[r]);
}
