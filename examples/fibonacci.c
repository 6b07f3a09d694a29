/*
 * fibonacci.c: uneven work on four workers, and what the barrier makes of it.
 *
 * This is the benchmark with which SynchedMemory, Synched's ancestor, introduced itself: in each of
 * ten rounds four threads compute a Fibonacci number step by step, one of them in 50 000 steps, the
 * others in about a million, and every round is as long as its slowest call. The table shows who
 * computed and who waited.
 *
 * With --static every segment stays with its home worker, as it did there. Without it a worker that
 * has nothing left to do takes a segment that nobody has begun, which shows where workers are fewer
 * than segments: compare -w 2 with and without --static. --segments cuts each of the four parts of
 * the work into several, as the report advises.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <synched/synched.h>

#include "common/options.h"
#include "common/report.h"

#define PARTS 4
#define SEGMENTS_MAX 4096
#define SEGMENT_ELEMENTS 100
#define WRITTEN_ELEMENTS 10

static const uint64_t steps_of_part[PARTS] = {50000, 900000, 950000, 1000000};

struct settings {
  size_t segment_count;
  const char *report; /* FORMAT or FORMAT:PATH */
  unsigned worker_count;
  uint64_t round_count;
  bool is_static;
  int print_status; /* of the report */
};

/* Each of the parts is cut into as many segments as the others. */
static uint64_t steps_of_segment(size_t segment, size_t segment_count) {
  const size_t pieces = segment_count / PARTS, piece = segment % pieces;
  const uint64_t steps = steps_of_part[segment / pieces];
  return steps * (piece + 1) / pieces - steps * piece / pieces;
}

/* The Fibonacci number after so many steps, modulo 2^64. Each step needs the one before it, so a
 * compiler can neither skip steps nor do several at once. */
static uint64_t fibonacci(uint64_t steps) {
  uint64_t current = 0, next = 1;
  for (uint64_t i = 0; i < steps; i++) {
    uint64_t sum = current + next;
    current = next;
    next = sum;
  }
  return current;
}

/* One segment in one round. What is not written stays zero: that is the memory's default. */
static int compute(struct synched_task *task, void *user) {
  const struct settings *settings = user;
  uint64_t *out = task->out;
  uint64_t number = fibonacci(steps_of_segment(task->segment, settings->segment_count));
  for (size_t i = 0; i < WRITTEN_ELEMENTS; i++)
    out[i] = number;
  task->count = WRITTEN_ELEMENTS;
  return 0;
}

/* Checks the long way: computes the same number by halving its index, in some 20 products. */
static uint64_t fibonacci_by_doubling(uint64_t index) {
  uint64_t current = 0, next = 1;
  for (int bit = 63; bit >= 0; bit--) {
    uint64_t even = current * (2 * next - current);
    uint64_t odd = current * current + next * next;
    bool one = (index >> bit & 1) != 0;
    current = one ? odd : even;
    next = one ? even + odd : odd;
  }
  return current;
}

/* False if any segment of the last round is not what it should be. */
static bool is_right(const uint64_t *elements, size_t segment_count) {
  bool right = true;
  for (size_t s = 0; s < segment_count; s++) {
    uint64_t expected = fibonacci_by_doubling(steps_of_segment(s, segment_count));
    for (size_t i = 0; i < SEGMENT_ELEMENTS; i++)
      right = right && elements[s * SEGMENT_ELEMENTS + i] == (i < WRITTEN_ELEMENTS ? expected : 0);
  }
  return right;
}

static int print_result(const struct synched_report *report, const char *form) {
  struct synched_report_summary summary = {.struct_size = sizeof summary};
  int status = synched_report_write_as(report, form);
  if (status == 0)
    status = synched_report_summary(report, &summary);
  if (status != 0)
    return status;
  if (strcmp(form, "table") != 0)
    return 0;
  double elapsed_ns = (double)(summary.end_ns - summary.start_ns);
  printf("\n%.3f ms in all, %.0f operations per second\n", elapsed_ns / 1e6,
         (double)summary.call_count * 1e9 / elapsed_ns);
  return 0;
}

/* All calls one by one, where the report is not the usual table. */
static enum synched_record record_for(const char *form) {
  return strncmp(form, "table", 5) == 0 ? SYNCHED_RECORD_TOTALS : SYNCHED_RECORD_TASKS;
}

static void on_done(struct synched_job *job, int status, const struct synched_report *report,
                    void *user) {
  struct settings *settings = user;
  (void)job;
  if (status == 0)
    settings->print_status = print_result(report, settings->report);
}

/* The elements are those of the last round when it returns. */
static int run(struct settings *settings, uint64_t *elements) {
  const int status =
      synched_run(SYNCHED_POOL_OPTIONS(.worker_count = settings->worker_count),
                  SYNCHED_MEMORY_OPTIONS(.segment_count = settings->segment_count,
                                         .segment_capacity = SEGMENT_ELEMENTS),
                  &(struct synched_array)SYNCHED_ARRAY(elements),
                  SYNCHED_JOB_OPTIONS(.name = "fibonacci", .user = settings, .compute = compute,
                                      .on_done = on_done, .record = record_for(settings->report),
                                      .round_count = settings->round_count,
                                      .balance = settings->is_static ? SYNCHED_BALANCE_STATIC
                                                                     : SYNCHED_BALANCE_STEAL));
  return status != 0 ? status : settings->print_status;
}

static int parse_segments(void *to, const char *text, struct example_error *error) {
  uint64_t count;
  if (example_number_parse(&count, text, (struct example_range){PARTS, SEGMENTS_MAX}, error) != 0)
    return -1;
  if (count % PARTS != 0)
    return example_fail(error, 0, "%.40s is no multiple of 4", text);
  *(size_t *)to = (size_t)count;
  return 0;
}

static const struct example_option known[] = {
    {.name = "workers",
     .letter = 'w',
     .value = "N",
     EXAMPLE_MEMBER(struct settings, worker_count),
     .range = {1, SYNCHED_WORKERS_MAX},
     .help = "worker threads; default 4"},
    {.name = "rounds",
     .letter = 'g',
     .value = "N",
     EXAMPLE_MEMBER(struct settings, round_count),
     .range = {1, UINT64_MAX},
     .help = "default 10"},
    {.name = "static",
     EXAMPLE_MEMBER(struct settings, is_static),
     .help = "every segment stays with its home worker"},
    {.name = "segments",
     .value = "N",
     EXAMPLE_MEMBER(struct settings, segment_count),
     .parse = parse_segments,
     .help = "cut the work into so many, a multiple of 4 up to 4096; default 4"},
    EXAMPLE_REPORT_TEXT_OPTION(struct settings, report),
    {.name = NULL},
};

static const struct example_command command = {
    .program = "fibonacci",
    .synopsis = "fibonacci [-w WORKERS] [-g ROUNDS] [--static] [--segments N] "
                "[--report FORM[:FILE]]",
    .options = known};

int main(int argc, char **argv) {
  struct settings settings = {
      .segment_count = PARTS, .report = "table", .worker_count = PARTS, .round_count = 10};
  const enum example_options_result parsed =
      example_options_read_only(&command, argc, argv, &settings);
  if (parsed != EXAMPLE_OPTIONS_RUN)
    return parsed == EXAMPLE_OPTIONS_DONE ? 0 : 2;
  uint64_t *elements = calloc(settings.segment_count * SEGMENT_ELEMENTS, sizeof *elements);
  if (elements == NULL) {
    fprintf(stderr, "fibonacci: out of memory\n");
    return 1;
  }
  const int status = run(&settings, elements);
  if (status != 0)
    fprintf(stderr, "fibonacci: %s: %s\n", synched_strerror(status), synched_error_message());
  const bool right = status == 0 && is_right(elements, settings.segment_count);
  if (status == 0)
    printf("%s\n", right ? "All numbers are right." : "A NUMBER IS WRONG.");
  free(elements);
  return right ? 0 : 1;
}
