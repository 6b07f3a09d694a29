/*
 * report_test.c: what the accessors give of a report, and what they refuse. No rounds run here.
 */
#include <criterion/criterion.h>

#include <inttypes.h>
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "support/recorded.h"
#include "support/support.h"
#include "support/unit_support.h"

/* --- its memory --- */

static int make_and_destroy(void *context) {
  struct synched_report *report = context; /* anything but NULL */
  const int status = synched__report_create(&report, context);
  if (status != 0)
    cr_assert_null(report);
  synched_report_destroy(report);
  return status;
}

static void undo_nothing(void *context) {
  (void)context;
}

Test(report, create_allocation_refused_leaves_nothing) {
  struct synched__report_shape shape = {.worker_count = 3,
                                        .segment_count = 7,
                                        .round_count = 64,
                                        .task_count = 5,
                                        .worker_distributions = 3,
                                        .segment_distributions = 7};
  const struct refusing refusing = {.fault = SYNCHED__FAULT_ALLOCATE,
                                    .expected = SYNCHED_ENOMEM,
                                    .attempt = make_and_destroy,
                                    .undo = undo_nothing,
                                    .context = &shape};
  /* The allocator keeps small blocks for later and calls them used: let that settle first. */
  for (unsigned i = 0; i < 20; i++)
    cr_assert_eq(refuse_in_turn(&refusing), 8);
  const size_t before = mallinfo2().uordblks;
  for (unsigned i = 0; i < 20; i++)
    cr_assert_eq(refuse_in_turn(&refusing), 8);
  cr_assert_eq(mallinfo2().uordblks, before);
  shape.task_count = 0;
  cr_assert_eq(refuse_in_turn(&refusing), 7, "what is not there needs no memory");
}

Test(report, create_impossible_size_is_refused) {
  struct synched_report *report;
  expect_refused(synched__report_create(
                     &report, &(struct synched__report_shape){.worker_count = 2,
                                                              .segment_count = 3,
                                                              .round_count = SIZE_MAX / 2 + 1}),
                 SYNCHED_ENOMEM, "2 workers and 3 segments");
  cr_assert_null(report);
  cr_assert_eq(synched__report_create(
                   &report, &(struct synched__report_shape){.worker_count = 1,
                                                            .segment_count = SIZE_MAX / 8}),
               SYNCHED_ENOMEM);
}

Test(report, destroy_null_does_nothing) {
  synched_report_destroy(NULL);
}

/* --- refusals --- */

/* Every accessor with an out-struct, called for what there is; `out` has struct_size first. */
static int call(unsigned accessor, const struct synched_report *report, void *out) {
  unsigned at = 0;
  switch (accessor) {
  case 0:
    return synched_report_summary(report, out);
  case 1:
    return synched_report_efficiency(report, out);
  case 2:
    return synched_report_worker(report, 0, out);
  case 3:
    return synched_report_segment(report, 0, out);
  case 4:
    return synched_report_round(report, 0, out);
  case 5:
    return synched_report_part(report, 0, 0, out);
  case 6:
    return synched_report_task(report, 0, out);
  case 7:
    return synched_report_stage(report, 0, out);
  case 8:
    return synched_report_rank(report, 0, out);
  case 9:
    return synched_report_exchange(report, 0, out);
  default:
    return synched_report_bucket(report, SYNCHED_DISTRIBUTION_ROUND, 0, &at, out);
  }
}

static const struct {
  const char *name;
  size_t least, known; /* bytes */
} outs[] = {
    {"synched_report_summary", offsetof(struct synched_report_summary, period_ns),
     sizeof(struct synched_report_summary)},
    {"synched_report_efficiency",
     offsetof(struct synched_report_efficiency, share_ns[SYNCHED_SHARE_MESSAGES]),
     sizeof(struct synched_report_efficiency)},
    {"synched_report_worker", offsetof(struct synched_report_worker, sleep_count),
     sizeof(struct synched_report_worker)},
    {"synched_report_segment", offsetof(struct synched_report_segment, stolen_count),
     sizeof(struct synched_report_segment)},
    {"synched_report_round", offsetof(struct synched_report_round, phase_ns),
     sizeof(struct synched_report_round)},
    {"synched_report_part", sizeof(struct synched_report_part), sizeof(struct synched_report_part)},
    {"synched_report_task", sizeof(struct synched_report_task), sizeof(struct synched_report_task)},
    {"synched_report_stage", sizeof(struct synched_report_stage),
     sizeof(struct synched_report_stage)},
    {"synched_report_rank", sizeof(struct synched_report_rank), sizeof(struct synched_report_rank)},
    {"synched_report_exchange", sizeof(struct synched_report_exchange),
     sizeof(struct synched_report_exchange)},
    {"synched_report_bucket", sizeof(struct synched_report_bucket),
     sizeof(struct synched_report_bucket)},
};

/* A report with something of everything. */
static struct synched_report *full(void) {
  struct synched_report *report = create(2, 4);
  record_run(report, 1, 3, 3);
  report->task_count = 2;
  add_stages(report);
  add_ranks(report);
  for (unsigned i = 0; i < 2; i++)
    report->tasks[i] =
        (struct synched_report_task){.struct_size = sizeof(struct synched_report_task),
                                     .worker = i,
                                     .round = i + 1,
                                     .segment = 3 - i,
                                     .start_ns = 1000 * i,
                                     .compute_ns = 10 + i};
  return report;
}

union any_out {
  uint32_t struct_size;
  unsigned char bytes[1024];
};

Test(report, null_report_is_refused_by_all) {
  for (unsigned i = 0; i < LENGTH(outs); i++) {
    union any_out out = {.struct_size = (uint32_t)outs[i].known};
    expect_refused(call(i, NULL, &out), SYNCHED_EINVAL, "report is NULL");
  }
  cr_assert_eq(synched_report_print(NULL, stdout), SYNCHED_EINVAL);
  cr_assert_eq(synched_report_recorded(NULL), 0);
  cr_assert_eq(synched_report_task_count(NULL), 0);
  cr_assert_eq(synched_report_exchange_count(NULL), 0);
  cr_assert_eq(synched_report_round_compute_ns(NULL, 0, 0), 0);
  cr_assert_eq(synched_report_quantile(NULL, SYNCHED_DISTRIBUTION_ROUND, 0, 0.5), 0);
}

Test(report, forms_that_there_are_not_are_refused) {
  char long_form[128];
  memset(long_form, 'x', sizeof long_form - 1);
  long_form[sizeof long_form - 1] = '\0';
  struct synched_report *report = full();
  expect_refused(synched_report_write_as(report, NULL), SYNCHED_EINVAL, "the form is NULL");
  expect_refused(synched_report_write_as(report, "xml:a"), SYNCHED_EINVAL, "\"xml\"");
  expect_refused(synched_report_write_as(report, long_form), SYNCHED_EINVAL, "no form");
  expect_refused(synched_report_write_as(NULL, "csv:a"), SYNCHED_EINVAL, "report is NULL");
  expect_refused(synched_report_write(report, SYNCHED_FORMAT_COUNT, "a"), SYNCHED_EINVAL, "format");
  expect_refused(synched_report_write(report, SYNCHED_FORMAT_CSV, NULL), SYNCHED_EINVAL, "NULL");
  expect_refused(synched_report_write_as(report, "csv:"), SYNCHED_EINVAL, "empty");
  cr_assert_null(synched_format_name(SYNCHED_FORMAT_COUNT));
  cr_assert_null(synched_format_name((enum synched_format) - 1));
  synched_report_destroy(report);
}

Test(report, forms_have_names_that_are_parsed) {
  for (unsigned f = 0; f < SYNCHED_FORMAT_COUNT; f++) {
    enum synched_format format = SYNCHED_FORMAT_COUNT;
    const char *name = synched_format_name((enum synched_format)f);
    cr_assert_not_null(name);
    cr_assert_eq(synched_format_parse(&format, name), 0);
    cr_assert_eq((unsigned)format, f);
  }
}

Test(report, form_without_a_path_goes_to_standard_output) {
  struct synched_report *report = full();
  char text[16] = "";
  FILE *file = tmpfile();
  cr_assert_not_null(file);
  (void)fflush(stdout);
  const int usual = dup(STDOUT_FILENO);
  cr_assert_eq(dup2(fileno(file), STDOUT_FILENO), STDOUT_FILENO);
  const int status = synched_report_write_as(report, "table");
  cr_assert_eq(dup2(usual, STDOUT_FILENO), STDOUT_FILENO);
  cr_assert_eq(status, 0);
  rewind(file);
  cr_assert_not_null(fgets(text, sizeof text, file));
  cr_assert_str_eq(text, "Job heat: ended");
  (void)fclose(file);
  (void)close(usual);
  synched_report_destroy(report);
}

Test(report, write_to_a_file_that_is_read_says_so) {
  struct synched_report *report = full();
  FILE *file = fopen("/dev/null", "r");
  cr_assert_not_null(file);
  cr_assert_eq(synched_report_print(report, file), SYNCHED_EIO);
  cr_assert_eq(fclose(file), 0);
  synched_report_destroy(report);
}

Test(report, null_out_is_refused_by_all) {
  struct synched_report *report = full();
  unsigned at = 0;
  struct synched_report_bucket bucket = {.struct_size = sizeof bucket};
  for (unsigned i = 0; i < LENGTH(outs); i++)
    expect_refused(call(i, report, NULL), SYNCHED_EINVAL, outs[i].name);
  cr_assert_eq(synched_report_bucket(report, SYNCHED_DISTRIBUTION_ROUND, 0, NULL, &bucket),
               SYNCHED_EINVAL);
  cr_assert_eq(synched_report_bucket(report, SYNCHED_DISTRIBUTION_ROUND, 0, &at, &bucket), 0);
  cr_assert_eq(synched_report_print(report, NULL), SYNCHED_EINVAL);
  synched_report_destroy(report);
}

Test(report, struct_sizes_of_other_versions_are_kept_to) {
  struct synched_report *report = full();
  for (unsigned i = 0; i < LENGTH(outs); i++) {
    const size_t known = outs[i].known, least = outs[i].least;
    union any_out right, out, filled;
    memset(&filled, 0xaa, sizeof filled);
    right = filled;
    right.struct_size = (uint32_t)known;
    cr_assert_eq(call(i, report, &right), 0, "%s", outs[i].name);
    /* Too small, or absurd: nothing changes. */
    const uint32_t wrong[] = {0, 4, (uint32_t)least - 1, UINT32_MAX};
    for (unsigned k = 0; k < LENGTH(wrong); k++) {
      out = filled;
      out.struct_size = wrong[k];
      expect_refused(call(i, report, &out), SYNCHED_EINVAL, outs[i].name);
      out.struct_size = filled.struct_size;
      cr_assert_eq(memcmp(&out, &filled, sizeof out), 0, "%s has changed", outs[i].name);
    }
    /* An older caller's: no byte behind it. */
    out = filled;
    out.struct_size = (uint32_t)least;
    cr_assert_eq(call(i, report, &out), 0);
    cr_assert_eq(out.struct_size, least);
    cr_assert_eq(memcmp(out.bytes + 4, right.bytes + 4, least - 4), 0, "%s", outs[i].name);
    cr_assert_eq(memcmp(out.bytes + least, filled.bytes + least, sizeof out - least), 0);
    /* A newer caller's: zeros for what is not known. */
    out = filled;
    out.struct_size = (uint32_t)known + 24;
    cr_assert_eq(call(i, report, &out), 0);
    cr_assert_eq(out.struct_size, known + 24);
    cr_assert_eq(memcmp(out.bytes + 4, right.bytes + 4, known - 4), 0, "%s", outs[i].name);
    for (size_t b = known; b < sizeof out; b++)
      cr_assert_eq(out.bytes[b], b < known + 24 ? 0 : 0xaa);
  }
  synched_report_destroy(report);
}

Test(report, out_of_range_is_refused_with_what_there_is) {
  struct synched_report *report = full();
  struct synched_report_worker worker = {.struct_size = sizeof worker, .call_count = 77};
  expect_refused(synched_report_worker(report, 2, &worker), SYNCHED_ERANGE,
                 "there is no worker 2; the job had 2");
  cr_assert_eq(worker.call_count, 77);
  struct synched_report_segment segment = {.struct_size = sizeof segment};
  expect_refused(synched_report_segment(report, 4, &segment), SYNCHED_ERANGE,
                 "there is no segment 4; the memory has 4");
  struct synched_report_round round = {.struct_size = sizeof round};
  expect_refused(synched_report_round(report, 3, &round), SYNCHED_ERANGE,
                 "there is no recorded round 3; there are 3");
  cr_assert_eq(synched_report_round(report, SIZE_MAX, &round), SYNCHED_ERANGE);
  struct synched_report_part part = {.struct_size = sizeof part};
  expect_refused(synched_report_part(report, 3, 0, &part), SYNCHED_ERANGE, "round 3");
  expect_refused(synched_report_part(report, 0, 2, &part), SYNCHED_ERANGE, "worker 2");
  struct synched_report_task task = {.struct_size = sizeof task};
  expect_refused(synched_report_task(report, 2, &task), SYNCHED_ERANGE,
                 "there is no recorded call 2; there are 2");
  struct synched_report_stage stage = {.struct_size = sizeof stage};
  expect_refused(synched_report_stage(report, 3, &stage), SYNCHED_ERANGE,
                 "there is no stage 3 to tell of; there are 3");
  struct synched_report_rank rank = {.struct_size = sizeof rank};
  expect_refused(synched_report_rank(report, 2, &rank), SYNCHED_ERANGE,
                 "there is no rank 2 to tell of; there are 2");
  struct synched_report_exchange exchange = {.struct_size = sizeof exchange};
  expect_refused(synched_report_exchange(report, 3, &exchange), SYNCHED_ERANGE,
                 "there is no recorded exchange 3; there are 3");
  cr_assert_eq(synched_report_round_compute_ns(report, 3, 0), 0);
  cr_assert_eq(synched_report_round_compute_ns(report, 0, 2), 0);
  synched_report_destroy(report);
}

/* --- numbers --- */

Test(report, rounds_and_parts_are_those_recorded_oldest_first) {
  struct synched_report *report = create(3, 4);
  record_run(report, 5, 14, 4);
  cr_assert_eq(synched_report_recorded(report), 4);
  for (size_t i = 0; i < 4; i++) {
    struct synched_report_round round = {.struct_size = sizeof round};
    cr_assert_eq(synched_report_round(report, i, &round), 0);
    cr_assert_eq(round.round, 11 + i);
    cr_assert_eq(round.part_count, 3);
    for (unsigned w = 0; w < 3; w++) {
      struct synched_report_part part = {.struct_size = sizeof part};
      cr_assert_eq(synched_report_part(report, i, w, &part), 0);
      cr_assert_eq(part.compute_ns, compute_ns(11 + i, w));
      cr_assert_eq(synched_report_round_compute_ns(report, i, w), compute_ns(11 + i, w));
    }
  }
  synched_report_destroy(report);
}

Test(report, calls_are_those_recorded) {
  struct synched_report *report = full();
  cr_assert_eq(synched_report_task_count(report), 2);
  for (unsigned i = 0; i < 2; i++) {
    struct synched_report_task task = {.struct_size = sizeof task};
    cr_assert_eq(synched_report_task(report, i, &task), 0);
    cr_assert_eq(task.worker, i);
    cr_assert_eq(task.round, i + 1);
    cr_assert_eq(task.segment, 3 - i);
    cr_assert_eq(task.compute_ns, 10 + i);
  }
  synched_report_destroy(report);
}

Test(report, stages_are_those_recorded) {
  struct synched_report *report = full();
  struct synched_report_summary summary = {.struct_size = sizeof summary};
  struct synched_report_stage stage = {.struct_size = sizeof stage};
  cr_assert_eq(synched_report_summary(report, &summary), 0);
  cr_assert_eq(summary.stage_count, 3);
  cr_assert_eq(synched_report_stage(report, 1, &stage), 0);
  cr_assert_str_eq(stage.name, "moves");
  cr_assert_eq(stage.round_count, 3);
  cr_assert_eq(stage.total_ns, 700000);
  cr_assert_eq(stage.compute_ns, 900000);
  synched_report_destroy(report);
}

/* --- distributions --- */

Test(report, quantile_is_within_one_per_cent) {
  struct synched_report *report = create(1, 1);
  for (uint64_t us = 1; us <= 1000; us++)
    count(report, SYNCHED_DISTRIBUTION_WORK, 0, 1000 * us);
  for (unsigned percent = 1; percent <= 100; percent++) {
    const double wanted_ns = 10000.0 * percent;
    const double found_ns =
        (double)synched_report_quantile(report, SYNCHED_DISTRIBUTION_WORK, 0, percent / 100.0);
    cr_assert(found_ns > 0.99 * wanted_ns && found_ns < 1.01 * wanted_ns, "%u %%: %f", percent,
              found_ns);
  }
  synched_report_destroy(report);
}

Test(report, quantile_of_odd_shares_is_one_that_there_is) {
  struct synched_report *report = create(1, 1);
  cr_assert_eq(synched_report_quantile(report, SYNCHED_DISTRIBUTION_ROUND, 0, 0.5), 0);
  count(report, SYNCHED_DISTRIBUTION_ROUND, 0, 20);
  count(report, SYNCHED_DISTRIBUTION_ROUND, 0, 100);
  cr_assert_eq(synched_report_quantile(report, SYNCHED_DISTRIBUTION_ROUND, 0, 0.0), 20);
  cr_assert_eq(synched_report_quantile(report, SYNCHED_DISTRIBUTION_ROUND, 0, -3.0), 20);
  cr_assert_eq(synched_report_quantile(report, SYNCHED_DISTRIBUTION_ROUND, 0, 0.5), 20);
  cr_assert_eq(synched_report_quantile(report, SYNCHED_DISTRIBUTION_ROUND, 0, 0.51), 100);
  cr_assert_eq(synched_report_quantile(report, SYNCHED_DISTRIBUTION_ROUND, 0, 1.0), 100);
  cr_assert_eq(synched_report_quantile(report, SYNCHED_DISTRIBUTION_ROUND, 0, 7.0), 100);
  cr_assert_eq(synched_report_quantile(report, SYNCHED_DISTRIBUTION_ROUND, 0, 0.0 / 0.0), 100);
  synched_report_destroy(report);
}

Test(report, buckets_are_given_one_after_the_other) {
  static const uint64_t times_ns[] = {0, 5, 5, 127, 128, 129, 1000000, UINT64_MAX};
  static const uint64_t counts[] = {1, 2, 1, 2, 1, 1};
  struct synched_report *report = create(2, 1);
  for (size_t i = 0; i < LENGTH(times_ns); i++)
    count(report, SYNCHED_DISTRIBUTION_SEGMENT, 3, times_ns[i]);
  struct synched_report_bucket bucket = {.struct_size = sizeof bucket};
  unsigned at = 0;
  uint64_t last_ns = 0;
  for (unsigned i = 0; i < LENGTH(counts); i++) {
    cr_assert_eq(synched_report_bucket(report, SYNCHED_DISTRIBUTION_SEGMENT, 3, &at, &bucket), 0);
    cr_assert_eq(bucket.count, counts[i]);
    cr_assert(bucket.first_ns <= bucket.last_ns && (i == 0 || bucket.first_ns > last_ns));
    last_ns = bucket.last_ns;
  }
  for (unsigned i = 0; i < 2; i++)
    expect_refused(synched_report_bucket(report, SYNCHED_DISTRIBUTION_SEGMENT, 3, &at, &bucket),
                   SYNCHED_ENOENT, "no more buckets");
  at = UINT32_MAX;
  cr_assert_eq(synched_report_bucket(report, SYNCHED_DISTRIBUTION_SEGMENT, 3, &at, &bucket),
               SYNCHED_ENOENT);
  synched_report_destroy(report);
}

Test(report, distributions_are_told_apart_and_unknown_ones_are_empty) {
  struct synched_report *report = create(2, 1);
  const size_t lengths[] = {1, 1, 1, 1, 1, 1, 2, 4};
  uint64_t ns = 1;
  for (unsigned d = 0; d < LENGTH(lengths); d++)
    for (size_t i = 0; i < lengths[d]; i++)
      count(report, (enum synched_distribution)d, i, ns++);
  ns = 1;
  for (unsigned d = 0; d < LENGTH(lengths); d++)
    for (size_t i = 0; i < lengths[d]; i++)
      cr_assert_eq(synched_report_quantile(report, (enum synched_distribution)d, i, 0.5), ns++);
  struct synched_report_bucket bucket = {.struct_size = sizeof bucket};
  static const struct {
    enum synched_distribution distribution;
    size_t index;
  } absent[] = {{SYNCHED_DISTRIBUTION_WORKER, 2},
                {SYNCHED_DISTRIBUTION_SEGMENT, 4},
                {SYNCHED_DISTRIBUTION_SEGMENT, SIZE_MAX},
                {(enum synched_distribution)8, 0},
                {(enum synched_distribution) - 1, 0}};
  for (size_t i = 0; i < LENGTH(absent); i++) {
    unsigned at = 0;
    cr_assert_eq(synched_report_quantile(report, absent[i].distribution, absent[i].index, 0.5), 0);
    cr_assert_eq(
        synched_report_bucket(report, absent[i].distribution, absent[i].index, &at, &bucket),
        SYNCHED_ENOENT);
    cr_assert_eq(synched__report_sum_of(report, absent[i].distribution, absent[i].index).count, 0);
  }
  synched_report_destroy(report);
}
