/*
 * wrong_calls_test.c: calls made wrongly, one a row: the status, the sentence, and that nothing has
 * changed. Options of the three things that are created are in wrong_options_test.c, what starts
 * and steers a job in wrong_steering_test.c; here is every other call.
 */
#include <criterion/criterion.h>

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/fixture.h"
#include "support/unit_support.h"

static const uint64_t elements[8] = {1, 2, 3, 4, 5, 6, 7, 8};

/* --- memory --- */

ATTEMPT(load_null_memory, synched_memory_load(NULL, 0, elements, 1))
ATTEMPT(load_segment_3, synched_memory_load(f->idle, 3, elements, 1))
ATTEMPT(load_segment_huge, synched_memory_load(f->idle, SIZE_MAX, elements, 1))
ATTEMPT(load_count_5, synched_memory_load(f->idle, 0, elements, 5))
ATTEMPT(load_count_huge, synched_memory_load(f->idle, 0, elements, SIZE_MAX))
ATTEMPT(load_count_wrapping, synched_memory_load(f->idle, 0, elements, SIZE_MAX / 8 + 2))
ATTEMPT(load_null_elements, synched_memory_load(f->idle, 0, NULL, 1))
ATTEMPT(load_running, synched_memory_load(f->busy, 0, elements, 1))
ATTEMPT(load_seated, synched_memory_load(f->seated, 0, elements, 1))
ATTEMPT(load_retained, synched_memory_load(f->kept, 0, elements, 1))
ATTEMPT(destroy_memory_retained, synched_memory_destroy(f->kept))
ATTEMPT(destroy_memory_seated, synched_memory_destroy(f->seated))
ATTEMPT(destroy_memory_of_job, synched_memory_destroy(f->ready))
ATTEMPT(destroy_memory_running, synched_memory_destroy(f->busy))

Test(wrong_calls, memory_calls) {
  static const struct row rows[] = {
      {"load: memory NULL", SYNCHED_EINVAL, "memory", load_null_memory, false},
      {"load: segment", SYNCHED_ERANGE, "segment is 3", load_segment_3, false},
      {"load: segment huge", SYNCHED_ERANGE, "segment", load_segment_huge, false},
      {"load: count", SYNCHED_ERANGE, "count is 5", load_count_5, false},
      {"load: count huge", SYNCHED_ERANGE, "count", load_count_huge, false},
      {"load: count wraps in bytes", SYNCHED_ERANGE, "count", load_count_wrapping, false},
      {"load: elements NULL", SYNCHED_EINVAL, "elements", load_null_elements, false},
      {"load: while a job runs", SYNCHED_EBUSY, "job", load_running, false},
      {"load: while a writer is open", SYNCHED_EBUSY, "writer", load_seated, false},
      {"load: while retained", SYNCHED_EBUSY, "retained", load_retained, false},
      {"destroy: while retained", SYNCHED_EBUSY, "retained", destroy_memory_retained, false},
      {"destroy: writer open", SYNCHED_EBUSY, "writer", destroy_memory_seated, false},
      {"destroy: has a job", SYNCHED_EBUSY, "job", destroy_memory_of_job, false},
      {"destroy: has a running job", SYNCHED_EBUSY, "job", destroy_memory_running, false},
  };
  fixture_expect_rows(rows, LENGTH(rows));
}

/* --- writers --- */

static int open_writer(struct synched_memory *memory, size_t segment, void **out) {
  struct synched_writer *writer = *out;
  int status = synched_writer_open(&writer, memory, segment);
  *out = writer;
  return status;
}

static int sync_writer(struct synched_writer *writer, void **out) {
  const struct synched_snapshot *now = *out;
  int status = synched_writer_sync(writer, &now);
  *out = (void *)(uintptr_t)now;
  return status;
}

static int write_sync_read(struct synched_writer *writer, size_t count, void **out) {
  const struct synched_snapshot *now = *out;
  int status = synched_writer_write_sync_read(writer, elements, count, &now);
  *out = (void *)(uintptr_t)now;
  return status;
}

ATTEMPT(open_null_out, synched_writer_open(NULL, f->idle, 0))
ATTEMPT(open_null_memory, open_writer(NULL, 0, out))
ATTEMPT(open_segment_2, open_writer(f->seated, 2, out))
ATTEMPT(open_segment_huge, open_writer(f->idle, SIZE_MAX, out))
ATTEMPT(open_taken, open_writer(f->seated, 0, out))
ATTEMPT(open_memory_of_job, open_writer(f->ready, 0, out))
ATTEMPT(open_memory_running, open_writer(f->busy, 0, out))
ATTEMPT(write_null_writer, synched_writer_write(NULL, elements, 1))
ATTEMPT(write_count_5, synched_writer_write(f->writer, elements, 5))
ATTEMPT(write_count_huge, synched_writer_write(f->writer, elements, SIZE_MAX))
ATTEMPT(write_null_elements, synched_writer_write(f->writer, NULL, 2))
ATTEMPT(sync_null_writer, sync_writer(NULL, out))
ATTEMPT(sync_null_out, synched_writer_sync(f->writer, NULL))
ATTEMPT(write_sync_null_out, synched_writer_write_sync_read(f->writer, elements, 1, NULL))
ATTEMPT(write_sync_count_5, write_sync_read(f->writer, 5, out))
ATTEMPT(write_sync_null_writer, write_sync_read(NULL, 1, out))
ATTEMPT(fail_null_writer, synched_writer_fail(NULL, -1))
ATTEMPT(fail_code_0, synched_writer_fail(f->writer, 0))

Test(wrong_calls, writer_calls) {
  static const struct row rows[] = {
      {"open: out NULL", SYNCHED_EINVAL, "writer", open_null_out, false},
      {"open: memory NULL", SYNCHED_EINVAL, "memory", open_null_memory, true},
      {"open: segment", SYNCHED_ERANGE, "segment is 2", open_segment_2, true},
      {"open: segment huge", SYNCHED_ERANGE, "segment", open_segment_huge, true},
      {"open: seat taken", SYNCHED_EEXIST, "segment 0", open_taken, true},
      {"open: memory has a job", SYNCHED_EBUSY, "job", open_memory_of_job, true},
      {"open: memory has a running job", SYNCHED_EBUSY, "job", open_memory_running, true},
      {"write: writer NULL", SYNCHED_EINVAL, "writer", write_null_writer, false},
      {"write: count", SYNCHED_ERANGE, "count is 5", write_count_5, false},
      {"write: count huge", SYNCHED_ERANGE, "count", write_count_huge, false},
      {"write: elements NULL", SYNCHED_EINVAL, "elements", write_null_elements, false},
      {"sync: writer NULL", SYNCHED_EINVAL, "writer", sync_null_writer, true},
      {"sync: now NULL", SYNCHED_EINVAL, "snapshot", sync_null_out, false},
      {"write_sync_read: now NULL", SYNCHED_EINVAL, "snapshot", write_sync_null_out, false},
      {"write_sync_read: count", SYNCHED_ERANGE, "count is 5", write_sync_count_5, true},
      {"write_sync_read: writer NULL", SYNCHED_EINVAL, "writer", write_sync_null_writer, true},
      {"fail: writer NULL", SYNCHED_EINVAL, "writer", fail_null_writer, false},
      {"fail: code 0", SYNCHED_EINVAL, "code is 0", fail_code_0, false},
  };
  fixture_expect_rows(rows, LENGTH(rows));
}

/* --- parallel loops --- */

static int never_called(size_t index, unsigned worker, void *user) {
  (void)index;
  (void)worker;
  (void)user;
  abort();
}

static void never_done(int status, void *user) {
  (void)status;
  (void)user;
  abort();
}

struct within {
  struct synched_pool *pool;
  int status;
  char sentence[200];
};

static int loop_within(size_t index, unsigned worker, void *user) {
  struct within *within = user;
  (void)index;
  (void)worker;
  within->status = synched_pool_for(within->pool, 1, never_called, NULL);
  (void)snprintf(within->sentence, sizeof within->sentence, "%s", synched_error_message());
  return 0;
}

static int loop_in_a_loop(struct synched_pool *pool) {
  struct within within = {.pool = pool};
  cr_assert_eq(synched_pool_for(pool, 1, loop_within, &within), 0);
  return synched__fail(within.status, "%s", within.sentence);
}

ATTEMPT(for_null_pool, synched_pool_for(NULL, 1, never_called, NULL))
ATTEMPT(for_null_fn, synched_pool_for(f->pool, 1, NULL, NULL))
ATTEMPT(for_count_0, synched_pool_for(f->pool, 0, never_called, NULL))
ATTEMPT(for_count_beyond,
        synched_pool_for(f->pool, SYNCHED_SEGMENTS_MAX + (size_t)1, never_called, NULL))
ATTEMPT(for_count_huge, synched_pool_for(f->pool, SIZE_MAX, never_called, NULL))
ATTEMPT(for_within, loop_in_a_loop(f->pool))
ATTEMPT(for_start_null_pool,
        synched_pool_for_start(NULL, &f->loop, 1, never_called, NULL, never_done))
ATTEMPT(for_start_null_loop,
        synched_pool_for_start(f->pool, NULL, 1, never_called, NULL, never_done))
ATTEMPT(for_start_null_fn, synched_pool_for_start(f->pool, &f->loop, 1, NULL, NULL, never_done))
ATTEMPT(for_start_null_done, synched_pool_for_start(f->pool, &f->loop, 1, never_called, NULL, NULL))
ATTEMPT(for_start_count_0,
        synched_pool_for_start(f->pool, &f->loop, 0, never_called, NULL, never_done))

Test(wrong_calls, parallel_loop_calls) {
  static const struct row rows[] = {
      {"for: pool NULL", SYNCHED_EINVAL, "pool", for_null_pool, false},
      {"for: fn NULL", SYNCHED_EINVAL, "function", for_null_fn, false},
      {"for: count 0", SYNCHED_EINVAL, "count is 0", for_count_0, false},
      {"for: count", SYNCHED_ERANGE, "count is 16777216", for_count_beyond, false},
      {"for: count huge", SYNCHED_ERANGE, "count", for_count_huge, false},
      {"for: in a loop", SYNCHED_EDEADLK, "worker", for_within, false},
      {"for_start: pool NULL", SYNCHED_EINVAL, "pool", for_start_null_pool, false},
      {"for_start: loop NULL", SYNCHED_EINVAL, "loop", for_start_null_loop, false},
      {"for_start: fn NULL", SYNCHED_EINVAL, "function", for_start_null_fn, false},
      {"for_start: on_done NULL", SYNCHED_EINVAL, "on_done", for_start_null_done, false},
      {"for_start: count 0", SYNCHED_EINVAL, "count is 0", for_start_count_0, false},
  };
  fixture_expect_rows(rows, LENGTH(rows));
}

/* --- pools and topology --- */

static int info_of_size(const struct synched_pool *pool, uint32_t size) {
  struct synched_pool_info info = {.struct_size = size};
  return synched_pool_info(pool, &info);
}

static int worker_info_of(const struct synched_pool *pool, unsigned worker, uint32_t size) {
  struct synched_pool_worker_info info = {.struct_size = size};
  return synched_pool_worker_info(pool, worker, &info);
}

#define WORKER_INFO_SIZE ((uint32_t)sizeof(struct synched_pool_worker_info))

static int plan(unsigned worker_count, int affinity, const char *cpu_list) {
  struct synched_place places[2] = {{7, 7, 7, 7, 7}, {7, 7, 7, 7, 7}};
  int status =
      synched_topology_plan(places, worker_count, (enum synched_affinity)affinity, cpu_list);
  cr_assert_eq(places[0].cpu, 7, "places were touched");
  cr_assert_eq(places[1].package, 7, "places were touched");
  return status;
}

static int topology_info_of_size(uint32_t size) {
  struct synched_topology_info info = {.struct_size = size};
  return synched_topology_info(&info);
}

static int parse(const char *name) {
  enum synched_affinity affinity = SYNCHED_AFFINITY_LIST;
  int status = synched_affinity_parse(&affinity, name);
  cr_assert_eq(affinity, SYNCHED_AFFINITY_LIST, "out was touched");
  return status;
}

ATTEMPT(create_pool_null_out, synched_pool_create(NULL, NULL))
ATTEMPT(destroy_pool_with_jobs, synched_pool_destroy(f->pool))
ATTEMPT(info_null_pool, info_of_size(NULL, sizeof(struct synched_pool_info)))
ATTEMPT(info_null_out, synched_pool_info(f->pool, NULL))
ATTEMPT(info_size_0, info_of_size(f->pool, 0))
ATTEMPT(info_size_short,
        info_of_size(f->pool, offsetof(struct synched_pool_info, prioritised_count) - 1))
ATTEMPT(info_size_huge, info_of_size(f->pool, UINT32_MAX))
ATTEMPT(worker_info_null_pool, worker_info_of(NULL, 0, WORKER_INFO_SIZE))
ATTEMPT(worker_info_null_out, synched_pool_worker_info(f->pool, 0, NULL))
ATTEMPT(worker_info_2, worker_info_of(f->pool, 2, WORKER_INFO_SIZE))
ATTEMPT(worker_info_huge, worker_info_of(f->pool, UINT_MAX, WORKER_INFO_SIZE))
ATTEMPT(worker_info_size_0, worker_info_of(f->pool, 0, 0))
ATTEMPT(topology_info_null, synched_topology_info(NULL))
ATTEMPT(topology_info_size_0, topology_info_of_size(0))
ATTEMPT(topology_info_size_huge, topology_info_of_size(UINT32_MAX))
ATTEMPT(plan_null, synched_topology_plan(NULL, 1, SYNCHED_AFFINITY_AUTO, NULL))
ATTEMPT(plan_0, plan(0, SYNCHED_AFFINITY_AUTO, NULL))
ATTEMPT(plan_affinity_6, plan(1, 6, NULL))
ATTEMPT(plan_affinity_negative, plan(1, -1, NULL))
ATTEMPT(plan_list_missing, plan(1, SYNCHED_AFFINITY_LIST, NULL))
ATTEMPT(plan_list_superfluous, plan(1, SYNCHED_AFFINITY_CORES, "0"))
ATTEMPT(plan_list_unreadable, plan(1, SYNCHED_AFFINITY_LIST, "0-"))
ATTEMPT(plan_list_no_such_cpu, plan(1, SYNCHED_AFFINITY_LIST, "1000000"))
ATTEMPT(parse_null_out, synched_affinity_parse(NULL, "cores"))
ATTEMPT(parse_null_name, parse(NULL))
ATTEMPT(parse_unknown, parse("everywhere"))
ATTEMPT(parse_empty, parse(""))
ATTEMPT(parse_capitals, parse("CORES"))

Test(wrong_calls, pool_and_topology_calls) {
  static const struct row rows[] = {
      {"pool_create: out NULL", SYNCHED_EINVAL, "pool", create_pool_null_out, false},
      {"pool_destroy: has jobs", SYNCHED_EBUSY, "3 jobs", destroy_pool_with_jobs, false},
      {"pool_info: pool NULL", SYNCHED_EINVAL, "pool", info_null_pool, false},
      {"pool_info: out NULL", SYNCHED_EINVAL, "synched_pool_info", info_null_out, false},
      {"pool_info: size 0", SYNCHED_EINVAL, "struct_size", info_size_0, false},
      {"pool_info: size short", SYNCHED_EINVAL, "struct_size", info_size_short, false},
      {"pool_info: size huge", SYNCHED_EINVAL, "struct_size", info_size_huge, false},
      {"worker_info: pool NULL", SYNCHED_EINVAL, "pool", worker_info_null_pool, false},
      {"worker_info: out NULL", SYNCHED_EINVAL, "worker_info", worker_info_null_out, false},
      {"worker_info: worker", SYNCHED_ERANGE, "worker is 2", worker_info_2, false},
      {"worker_info: worker huge", SYNCHED_ERANGE, "worker", worker_info_huge, false},
      {"worker_info: size 0", SYNCHED_EINVAL, "struct_size", worker_info_size_0, false},
      {"topology_info: out NULL", SYNCHED_EINVAL, "topology_info", topology_info_null, false},
      {"topology_info: size 0", SYNCHED_EINVAL, "struct_size", topology_info_size_0, false},
      {"topology_info: size huge", SYNCHED_EINVAL, "struct_size", topology_info_size_huge, false},
      {"plan: places NULL", SYNCHED_EINVAL, "places", plan_null, false},
      {"plan: worker_count 0", SYNCHED_EINVAL, "worker_count is 0", plan_0, false},
      {"plan: affinity 6", SYNCHED_EINVAL, "affinity is 6", plan_affinity_6, false},
      {"plan: affinity -1", SYNCHED_EINVAL, "affinity is -1", plan_affinity_negative, false},
      {"plan: list missing", SYNCHED_EINVAL, "cpu_list", plan_list_missing, false},
      {"plan: list superfluous", SYNCHED_EINVAL, "cpu_list", plan_list_superfluous, false},
      {"plan: list unreadable", SYNCHED_EINVAL, "cpu_list", plan_list_unreadable, false},
      {"plan: no such CPU", SYNCHED_ENOENT, "CPU 1000000", plan_list_no_such_cpu, false},
      {"affinity_parse: out NULL", SYNCHED_EINVAL, "out", parse_null_out, false},
      {"affinity_parse: name NULL", SYNCHED_EINVAL, "name", parse_null_name, false},
      {"affinity_parse: unknown", SYNCHED_EINVAL, "everywhere", parse_unknown, false},
      {"affinity_parse: empty", SYNCHED_EINVAL, "affinity", parse_empty, false},
      {"affinity_parse: capitals", SYNCHED_EINVAL, "CORES", parse_capitals, false},
  };
  fixture_expect_rows(rows, LENGTH(rows));
  cr_assert_null(synched_affinity_name((enum synched_affinity)6));
  cr_assert_null(synched_affinity_name((enum synched_affinity) - 1));
}

/* --- jobs --- */

static int create_job(struct synched_pool *pool, struct synched_memory *memory,
                      const struct synched_job_options *options, void **out) {
  struct synched_job *job = *out;
  int status = synched_job_create(&job, pool, memory, options);
  *out = job;
  return status;
}

#define PLAIN SYNCHED_JOB_OPTIONS(.compute = compute_nothing)

static int report_of(const struct synched_job *job, void **out) {
  struct synched_report *report = *out;
  int status = synched_job_report(job, &report);
  *out = report;
  return status;
}

ATTEMPT(create_job_null_out, synched_job_create(NULL, f->pool, f->idle, PLAIN))
ATTEMPT(create_job_null_pool, create_job(NULL, f->idle, PLAIN, out))
ATTEMPT(create_job_null_memory, create_job(f->pool, NULL, PLAIN, out))
ATTEMPT(create_job_null_options, create_job(f->pool, f->idle, NULL, out))
ATTEMPT(create_job_memory_of_job, create_job(f->pool, f->ready, PLAIN, out))
ATTEMPT(create_job_memory_ended, create_job(f->pool, f->owned, PLAIN, out))
ATTEMPT(create_job_memory_running, create_job(f->pool, f->busy, PLAIN, out))
ATTEMPT(create_job_memory_seated, create_job(f->pool, f->seated, PLAIN, out))
ATTEMPT(start_null_job, synched_job_start(NULL, &f->loop))
ATTEMPT(start_null_loop, synched_job_start(f->unstarted, NULL))
ATTEMPT(start_running, synched_job_start(f->running, &f->loop))
ATTEMPT(run_null_job, synched_job_run(NULL))
ATTEMPT(run_running, synched_job_run(f->running))
ATTEMPT(cancel_null_job, synched_job_cancel(NULL))
ATTEMPT(cancel_ended, synched_job_cancel(f->ended))
ATTEMPT(report_null_job, report_of(NULL, out))
ATTEMPT(report_null_out, synched_job_report(f->ended, NULL))
ATTEMPT(report_never_ran, report_of(f->unstarted, out))
ATTEMPT(destroy_running, synched_job_destroy(f->running))

Test(wrong_calls, job_calls) {
  static const struct row rows[] = {
      {"create: out NULL", SYNCHED_EINVAL, "job", create_job_null_out, false},
      {"create: pool NULL", SYNCHED_EINVAL, "pool", create_job_null_pool, true},
      {"create: memory NULL", SYNCHED_EINVAL, "memory", create_job_null_memory, true},
      {"create: options NULL", SYNCHED_EINVAL, "options", create_job_null_options, true},
      {"create: memory has a job", SYNCHED_EBUSY, "job", create_job_memory_of_job, true},
      {"create: memory's job ended", SYNCHED_EBUSY, "job", create_job_memory_ended, true},
      {"create: memory's job runs", SYNCHED_EBUSY, "job", create_job_memory_running, true},
      {"create: memory has a writer", SYNCHED_EBUSY, "writer", create_job_memory_seated, true},
      {"start: job NULL", SYNCHED_EINVAL, "job", start_null_job, false},
      {"start: loop NULL", SYNCHED_EINVAL, "loop", start_null_loop, false},
      {"start: twice", SYNCHED_EBUSY, "running", start_running, false},
      {"run: job NULL", SYNCHED_EINVAL, "job", run_null_job, false},
      {"run: while it runs", SYNCHED_EBUSY, "running", run_running, false},
      {"cancel: job NULL", SYNCHED_EINVAL, "job", cancel_null_job, false},
      {"cancel: ended", SYNCHED_EALREADY, "ended", cancel_ended, false},
      {"report: job NULL", SYNCHED_EINVAL, "job", report_null_job, true},
      {"report: out NULL", SYNCHED_EINVAL, "report", report_null_out, false},
      {"report: never ran", SYNCHED_ENOENT, "not been started", report_never_ran, true},
      {"destroy: running", SYNCHED_EBUSY, "running", destroy_running, false},
  };
  fixture_expect_rows(rows, LENGTH(rows));
}

/* --- reports --- */

#define SUMMARY(size) (&(struct synched_report_summary){.struct_size = (uint32_t)(size)})
#define WORKER(size) (&(struct synched_report_worker){.struct_size = (uint32_t)(size)})
#define SEGMENT(size) (&(struct synched_report_segment){.struct_size = (uint32_t)(size)})
#define ROUND(size) (&(struct synched_report_round){.struct_size = (uint32_t)(size)})
#define WHOLE(type) sizeof(struct type)

ATTEMPT(summary_null, synched_report_summary(NULL, SUMMARY(WHOLE(synched_report_summary))))
ATTEMPT(summary_null_out, synched_report_summary(f->report, NULL))
ATTEMPT(summary_size_0, synched_report_summary(f->report, SUMMARY(0)))
ATTEMPT(worker_null, synched_report_worker(NULL, 0, WORKER(WHOLE(synched_report_worker))))
ATTEMPT(worker_2, synched_report_worker(f->report, 2, WORKER(WHOLE(synched_report_worker))))
ATTEMPT(worker_size_0, synched_report_worker(f->report, 0, WORKER(0)))
ATTEMPT(segment_null, synched_report_segment(NULL, 0, SEGMENT(WHOLE(synched_report_segment))))
ATTEMPT(segment_3, synched_report_segment(f->report, 3, SEGMENT(WHOLE(synched_report_segment))))
ATTEMPT(segment_size_0, synched_report_segment(f->report, 0, SEGMENT(0)))
ATTEMPT(round_null, synched_report_round(NULL, 0, ROUND(WHOLE(synched_report_round))))
ATTEMPT(round_3, synched_report_round(f->report, 3, ROUND(WHOLE(synched_report_round))))
ATTEMPT(round_size_0, synched_report_round(f->report, 0, ROUND(0)))
ATTEMPT(print_null, synched_report_print(NULL, stdout))
ATTEMPT(print_null_file, synched_report_print(f->report, NULL))

Test(wrong_calls, report_calls) {
  static const struct row rows[] = {
      {"summary: report NULL", SYNCHED_EINVAL, "report", summary_null, false},
      {"summary: out NULL", SYNCHED_EINVAL, "report_summary", summary_null_out, false},
      {"summary: size 0", SYNCHED_EINVAL, "struct_size", summary_size_0, false},
      {"worker: report NULL", SYNCHED_EINVAL, "report", worker_null, false},
      {"worker: number", SYNCHED_ERANGE, "worker 2", worker_2, false},
      {"worker: size 0", SYNCHED_EINVAL, "struct_size", worker_size_0, false},
      {"segment: report NULL", SYNCHED_EINVAL, "report", segment_null, false},
      {"segment: number", SYNCHED_ERANGE, "segment 3", segment_3, false},
      {"segment: size 0", SYNCHED_EINVAL, "struct_size", segment_size_0, false},
      {"round: report NULL", SYNCHED_EINVAL, "report", round_null, false},
      {"round: number", SYNCHED_ERANGE, "round 3", round_3, false},
      {"round: size 0", SYNCHED_EINVAL, "struct_size", round_size_0, false},
      {"print: report NULL", SYNCHED_EINVAL, "report", print_null, false},
      {"print: file NULL", SYNCHED_EINVAL, "file", print_null_file, false},
  };
  fixture_expect_rows(rows, LENGTH(rows));
}

#define NO_FORMAT ((enum synched_format)7)

static int parse_format(const char *name) {
  enum synched_format format = SYNCHED_FORMAT_CSV;
  const int status = synched_format_parse(&format, name);
  cr_assert_eq(format, SYNCHED_FORMAT_CSV, "the format was touched");
  return status;
}

ATTEMPT(write_to_null, synched_report_write_to(NULL, SYNCHED_FORMAT_JSON, stdout))
ATTEMPT(write_to_form_7, synched_report_write_to(f->report, NO_FORMAT, stdout))
ATTEMPT(write_to_null_file, synched_report_write_to(f->report, SYNCHED_FORMAT_JSON, NULL))
ATTEMPT(write_null, synched_report_write(NULL, SYNCHED_FORMAT_JSON, "/nowhere/report.json"))
ATTEMPT(write_form_7, synched_report_write(f->report, NO_FORMAT, "/nowhere/report.json"))
ATTEMPT(write_null_path, synched_report_write(f->report, SYNCHED_FORMAT_JSON, NULL))
ATTEMPT(write_empty_path, synched_report_write(f->report, SYNCHED_FORMAT_JSON, ""))
ATTEMPT(write_nowhere, synched_report_write(f->report, SYNCHED_FORMAT_JSON, "/nowhere/r.json"))
ATTEMPT(write_full, synched_report_write(f->report, SYNCHED_FORMAT_JSON, "/dev/full"))
ATTEMPT(format_null_out, synched_format_parse(NULL, "json"))
ATTEMPT(format_null_name, parse_format(NULL))
ATTEMPT(format_unknown, parse_format("picture"))
ATTEMPT(format_in_capitals, parse_format("JSON"))
ATTEMPT(format_empty, parse_format(""))

Test(wrong_calls, report_form_calls) {
  static const struct row rows[] = {
      {"write_to: report NULL", SYNCHED_EINVAL, "report", write_to_null, false},
      {"write_to: form", SYNCHED_EINVAL, "format is 7", write_to_form_7, false},
      {"write_to: file NULL", SYNCHED_EINVAL, "file", write_to_null_file, false},
      {"write: report NULL", SYNCHED_EINVAL, "report", write_null, false},
      {"write: form", SYNCHED_EINVAL, "format is 7", write_form_7, false},
      {"write: path NULL", SYNCHED_EINVAL, "path is NULL", write_null_path, false},
      {"write: path empty", SYNCHED_EINVAL, "path is empty", write_empty_path, false},
      {"write: no folder", SYNCHED_ENOENT, "/nowhere/r.json", write_nowhere, false},
      {"write: full", SYNCHED_EIO, "could not be written", write_full, false},
      {"format: out NULL", SYNCHED_EINVAL, "format", format_null_out, false},
      {"format: name NULL", SYNCHED_EINVAL, "name", format_null_name, false},
      {"format: unknown", SYNCHED_EINVAL, "\"picture\"", format_unknown, false},
      {"format: capitals", SYNCHED_EINVAL, "\"JSON\"", format_in_capitals, false},
      {"format: empty", SYNCHED_EINVAL, "\"\"", format_empty, false},
  };
  cr_assert_null(synched_format_name(NO_FORMAT));
  fixture_expect_rows(rows, LENGTH(rows));
}

/* --- nothing to do --- */

Test(wrong_calls, null_is_allowed_where_the_headers_say_so) {
  sentence_forget();
  cr_assert_eq(synched_pool_destroy(NULL), 0);
  cr_assert_eq(synched_memory_destroy(NULL), 0);
  cr_assert_eq(synched_job_destroy(NULL), 0);
  cr_assert_eq(synched_writer_close(NULL), 0);
  synched_snapshot_release(NULL);
  cr_assert_null(synched_snapshot_retain(NULL));
  cr_assert_str_eq(synched_error_message(), "?", "what succeeds says nothing");
}
