#include "support/fixture.h"

#include <criterion/criterion.h>

#include <string.h>

#include "base/error.h"
#include "support/unit_support.h"

static struct synched_memory *small_memory(void) {
  return memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = 3, .segment_capacity = 4,
                                            .element_size = 8, .lease_count = 1));
}

static struct synched_job *job_on(struct fixture *fixture, struct synched_memory *memory,
                                  uint64_t round_count) {
  struct synched_job *job;
  cr_assert_eq(synched_job_create(
                   &job, fixture->pool, memory,
                   SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .round_count = round_count)),
               0, "%s", synched_error_message());
  return job;
}

void fixture_init(struct fixture *fixture) {
  const uint64_t elements[4] = {11, 22, 33, 44};
  *fixture = (struct fixture){
      .pool = pool_new(2),
      .idle = small_memory(),
      .kept = small_memory(),
      .seated = memory_with(
          SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 4, .element_size = 8)),
      .owned = small_memory(),
      .ready = small_memory(),
      .busy = small_memory()};
  cr_assert_eq(synched_memory_load(fixture->idle, 1, elements, 3), 0);
  fixture->held = synched_snapshot_current(fixture->kept);
  cr_assert_eq(synched_writer_open(&fixture->writer, fixture->seated, 0), 0);
  fixture->ended = job_on(fixture, fixture->owned, 3);
  cr_assert_eq(synched_job_run(fixture->ended), 0);
  cr_assert_eq(synched_job_report(fixture->ended, &fixture->report), 0);
  fixture->unstarted = job_on(fixture, fixture->ready, 2);
  fixture->running = job_on(fixture, fixture->busy, 0);
  cr_assert_eq(uv_loop_init(&fixture->loop), 0);
  cr_assert_eq(synched_job_start(fixture->running, &fixture->loop), 0);
}

void fixture_deinit(struct fixture *fixture) {
  uint64_t round = memory_round(fixture->busy);
  for (unsigned ms = 0; ms < 20000 && memory_round(fixture->busy) < round + 10; ms++)
    uv_sleep(1);
  cr_assert_geq(memory_round(fixture->busy), round + 10, "the running job does not go on");
  cr_assert_eq(synched_job_cancel(fixture->running), 0);
  cr_assert_eq(uv_run(&fixture->loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&fixture->loop), 0);
  cr_assert_eq(synched_job_run(fixture->unstarted), 0);
  cr_assert_eq(synched_job_run(fixture->ended), 0);
  synched_report_destroy(fixture->report);
  cr_assert_eq(synched_job_destroy(fixture->running), 0);
  cr_assert_eq(synched_job_destroy(fixture->unstarted), 0);
  cr_assert_eq(synched_job_destroy(fixture->ended), 0);
  cr_assert_eq(synched_writer_write(fixture->writer, NULL, 0), 0);
  cr_assert_eq(synched_writer_close(fixture->writer), 0);
  synched_snapshot_release(fixture->held);
  memory_end(fixture->idle);
  memory_end(fixture->kept);
  memory_end(fixture->seated);
  memory_end(fixture->owned);
  memory_end(fixture->ready);
  memory_end(fixture->busy);
  pool_end(fixture->pool);
}

/* All that can be seen of the fixture and does not change by itself: numbers only, for what is
 * between the fields of a struct may change with every copy. */
struct picture {
  uint64_t sums[5];
  uint64_t info[7];
  uint64_t summary[10];
};

static void picture_take_info(struct picture *picture, const struct synched_pool *pool) {
  struct synched_pool_info info = {.struct_size = sizeof info};
  cr_assert_eq(synched_pool_info(pool, &info), 0);
  const uint64_t numbers[LENGTH(picture->info)] = {
      info.worker_count, info.usable_cpus,  info.affinity,         info.wait,
      info.spin_ns,      info.pinned_count, info.prioritised_count};
  memcpy(picture->info, numbers, sizeof numbers);
}

static void picture_take_summary(struct picture *picture, const struct synched_report *report) {
  struct synched_report_summary job = {.struct_size = sizeof job};
  cr_assert_eq(synched_report_summary(report, &job), 0);
  const uint64_t numbers[LENGTH(picture->summary)] = {
      (uint64_t)job.status, job.round_count, job.call_count, job.stolen_count, job.start_ns,
      job.end_ns,           job.compute_ns,  job.closing_ns, job.wait_ns,      job.tick_count};
  memcpy(picture->summary, numbers, sizeof numbers);
}

static void picture_take(struct picture *picture, struct fixture *fixture) {
  memset(picture, 0, sizeof *picture);
  picture->sums[0] = memory_sum(fixture->idle);
  picture->sums[1] = memory_sum(fixture->kept);
  picture->sums[2] = memory_sum(fixture->seated);
  picture->sums[3] = memory_sum(fixture->owned);
  picture->sums[4] = memory_sum(fixture->ready);
  picture_take_info(picture, fixture->pool);
  picture_take_summary(picture, fixture->report);
}

void sentence_forget(void) {
  (void)synched__fail(0, "?");
}

void sentence_expect(const char *what, const char *says) {
  const char *sentence = synched_error_message();
  cr_assert_not_null(strstr(sentence, says), "%s: \"%s\" does not say \"%s\"", what, sentence,
                     says);
  cr_assert_gt(strlen(sentence), strlen(says), "%s: \"%s\" is no sentence", what, sentence);
  cr_assert_not_null(strchr(sentence, ' '), "%s: \"%s\" is no sentence", what, sentence);
  cr_assert_null(strchr(sentence, '\n'), "%s: \"%s\" has several lines", what, sentence);
}

void fixture_expect(struct fixture *fixture, const struct row *row) {
  struct picture before, after;
  picture_take(&before, fixture);
  void *out = (void *)&out; /* anything but NULL */
  sentence_forget();
  int status = row->attempt(fixture, &out);
  cr_assert_eq(status, row->expected, "%s: %s instead of %s: %s", row->what,
               synched_err_name(status), synched_err_name(row->expected), synched_error_message());
  sentence_expect(row->what, row->says);
  if (row->makes)
    cr_assert_null(out, "%s: the out-parameter is not NULL", row->what);
  picture_take(&after, fixture);
  cr_assert_eq(memcmp(&before, &after, sizeof before), 0, "%s: something has changed", row->what);
}

void fixture_expect_rows(const struct row *rows, size_t row_count) {
  struct fixture fixture;
  fixture_init(&fixture);
  for (size_t i = 0; i < row_count; i++)
    fixture_expect(&fixture, &rows[i]);
  fixture_deinit(&fixture);
}
