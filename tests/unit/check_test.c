/*
 * check_test.c: wrong programs, each as small as one of a tutorial, are found and named; and right
 * ones compute what they compute unchecked, bit for bit.
 *
 * The rule: each number is made of those of its own segment and of the two beside it. A wrong call
 * does that, and one thing more, in round 3, in segment 2 and above: the lowest is to be named.
 */
#include <criterion/criterion.h>

#include <fenv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "platform/fault.h"
#include "support/support.h"
#include "support/unit_support.h"

#define SEGMENTS 6u
#define CAPACITY 8u
#define WRONG_ROUND 3u
#define WRONG_SEGMENT 2u
#define ROUNDS 5u

static const unsigned worker_counts[] = {1, 2, 3};

/* What calls keep, though they must not. One call is made at a time. */
static struct {
  const double *kept;
  const struct synched_snapshot *kept_snapshot;
  unsigned calls;
} state;

static const double *segment_of(const struct synched_task *task, size_t segment) {
  return synched_snapshot_segment(task->previous, segment);
}

static void compute_rule(const struct synched_task *task, double *out) {
  const double *own = segment_of(task, task->segment);
  const double *left = segment_of(task, task->segment == 0 ? SEGMENTS - 1 : task->segment - 1);
  const double *right = segment_of(task, task->segment == SEGMENTS - 1 ? 0 : task->segment + 1);
  for (size_t i = 0; i < CAPACITY; i++)
    out[i] = own[i] / 2.0 + left[i] / 3.0 - right[i] / 5.0 + (double)task->round;
}

static bool is_wrong(const struct synched_task *task) {
  return task->round == WRONG_ROUND && task->segment >= WRONG_SEGMENT;
}

static const struct synched_reads near = {.reach = SYNCHED_REACH_NEAR, .radius = 1, .wraps = 1};

static struct synched_memory *memory_of(const struct synched_memory_options *given) {
  struct synched_memory_options options = *given;
  double numbers[CAPACITY];
  options.segment_count = SEGMENTS;
  options.element_size = sizeof(double);
  if (options.segment_capacities == NULL)
    options.segment_capacity = CAPACITY;
  struct synched_memory *memory = memory_with(&options);
  for (size_t s = 0; s < SEGMENTS; s++) {
    for (size_t i = 0; i < CAPACITY; i++)
      numbers[i] = (double)(s * CAPACITY + i + 1);
    cr_assert_eq(synched_memory_load(memory, s, numbers, CAPACITY), 0);
  }
  return memory;
}

/* Runs a job, with several numbers of workers. */
static void expect(const char *what, const struct synched_memory_options *memory_options,
                   const struct synched_job_options *given, int expected, const char *const *says) {
  for (size_t w = 0; w < LENGTH(worker_counts); w++) {
    struct synched_pool *pool = pool_new(worker_counts[w]);
    struct synched_memory *memory = memory_of(memory_options);
    struct synched_job_options options = *given;
    struct synched_job *job;
    memset(&state, 0, sizeof state);
    options.struct_size = (uint32_t)sizeof options;
    options.round_count = ROUNDS;
    options.name = "wrong";
    cr_assert_eq(synched_job_create(&job, pool, memory, &options), 0, "%s: %s", what,
                 synched_error_message());
    const int status = synched_job_run(job);
    cr_assert_eq(status, expected, "%s, %u workers: %s: %s", what, worker_counts[w],
                 synched_err_name(status), synched_error_message());
    for (size_t i = 0; says != NULL && says[i] != NULL; i++)
      cr_assert_not_null(strstr(synched_error_message(), says[i]), "%s: \"%s\" does not say \"%s\"",
                         what, synched_error_message(), says[i]);
    cr_assert_eq(synched_job_destroy(job), 0);
    memory_end(memory);
    pool_end(pool);
  }
}

#define SAYS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define MEMORY(...) SYNCHED_MEMORY_OPTIONS(__VA_ARGS__)

/* Declared or not. */
static void expect_found(const char *what, synched_compute_fn compute, const char *const *says) {
  const struct synched_reads declared[] = {{.reach = SYNCHED_REACH_ALL}, near};
  for (size_t d = 0; d < LENGTH(declared); d++)
    for (enum synched_refill refill = SYNCHED_REFILL_ZERO; refill <= SYNCHED_REFILL_NONE; refill++)
      expect(what, MEMORY(.refill = refill),
             SYNCHED_JOB_OPTIONS(.compute = compute, .reads = declared[d],
                                 .flags = SYNCHED_JOB_CHECKED),
             SYNCHED_EFAULT, says);
}

/* --- writes --- */

static int write_one_past(struct synched_task *task, void *user) {
  double *out = task->out;
  (void)user;
  compute_rule(task, out);
  if (is_wrong(task))
    out[CAPACITY] = 1.5;
  return 0;
}

Test(check, write_of_one_past_the_segment_is_found) {
  expect_found("one past", write_one_past,
               SAYS("job \"wrong\"", "segment 2 failed in round 3", "wrote outside of its segment",
                    "out + 64 bytes", "1 behind it", "element 0 of segment 3", "1 element there"));
}

static int write_neighbour(struct synched_task *task, void *user) {
  double *out = task->out;
  (void)user;
  compute_rule(task, out);
  for (size_t i = 0; is_wrong(task) && i < CAPACITY; i++)
    out[CAPACITY + i] = 7.0;
  return 0;
}

Test(check, write_of_a_whole_neighbour_is_found) {
  expect_found("neighbour", write_neighbour,
               SAYS("segment 2 failed in round 3", "element 0 of segment 3", "8 elements there"));
}

static int write_before(struct synched_task *task, void *user) {
  double *out = task->out;
  (void)user;
  compute_rule(task, out);
  if (is_wrong(task))
    out[-2] = 0.0; /* what the first pattern holds */
  return 0;
}

Test(check, write_before_the_segment_is_found) {
  expect_found(
      "before", write_before,
      SAYS("segment 2 failed in round 3", "out - ", "2 before it", "element 6 of segment 1"));
}

static int write_past_the_end(struct synched_task *task, void *user) {
  double *out = task->out;
  (void)user;
  compute_rule(task, out);
  if (task->round == 1 && task->segment == SEGMENTS - 1)
    out[CAPACITY + 3] = 1.0;
  return 0;
}

Test(check, write_behind_the_last_segment_is_found) {
  expect_found("last", write_past_the_end,
               SAYS("segment 5 failed in round 1", "4 behind it", "outside of the memory"));
}

static int write_beyond_count(struct synched_task *task, void *user) {
  (void)user;
  compute_rule(task, task->out);
  if (is_wrong(task))
    task->count = 5;
  return 0;
}

Test(check, write_beyond_the_count_is_found) {
  expect_found(
      "count", write_beyond_count,
      SAYS("segment 2 failed in round 3", "element 5, beyond its count of 5", "out + 40 bytes"));
}

static int write_previous(struct synched_task *task, void *user) {
  (void)user;
  compute_rule(task, task->out);
  if (is_wrong(task))
    ((double *)(uintptr_t)segment_of(task, task->segment + (task->segment < 5)))[1] += 1.0;
  return 0;
}

Test(check, write_to_previous_is_found) {
  expect_found("previous", write_previous,
               SAYS("segment 2 failed in round 3", "`previous`", "element 1 of segment 3"));
}

static int set_mode(struct synched_task *task, void *user) {
  (void)user;
  compute_rule(task, task->out);
  if (is_wrong(task))
    (void)fesetround(FE_UPWARD);
  return 0;
}

Test(check, floating_point_mode_that_is_left_is_found) {
  expect_found("mode", set_mode, SAYS("segment 2 failed in round 3", "floating-point mode"));
}

/* --- reads --- */

static int read_far(struct synched_task *task, void *user) {
  double *out = task->out;
  (void)user;
  compute_rule(task, out);
  if (task->round == WRONG_ROUND && task->segment == WRONG_SEGMENT)
    out[4] += segment_of(task, task->segment + 2)[3];
  return 0;
}

static void expect_reads(const char *what, synched_compute_fn compute, struct synched_reads reads,
                         const char *const *says) {
  const unsigned barriers[] = {1, 2, 4};
  for (size_t b = 0; b < LENGTH(barriers); b++)
    expect(what, MEMORY(0),
           SYNCHED_JOB_OPTIONS(.compute = compute, .reads = reads,
                               .rounds_per_barrier = barriers[b], .flags = SYNCHED_JOB_CHECKED),
           SYNCHED_EFAULT, says);
}

static struct synched_reads list_of_neighbours(void) {
  static size_t offsets[SEGMENTS + 1], segments[2 * SEGMENTS];
  for (size_t s = 0; s < SEGMENTS; s++) {
    offsets[s + 1] = 2 * (s + 1);
    segments[2 * s] = (s + 1) % SEGMENTS;
    segments[2 * s + 1] = (s + SEGMENTS - 1) % SEGMENTS;
  }
  return (struct synched_reads){
      .reach = SYNCHED_REACH_LIST, .offsets = offsets, .segments = segments};
}

Test(check, read_of_what_is_not_declared_is_found) {
  const char *const *says = SAYS("segment 2 failed in round 3", "it read element 3 of segment 4",
                                 "2 segments above its own");
  expect_reads("near", read_far, near, says);
  expect_reads("list", read_far, list_of_neighbours(), says);
  expect("all", MEMORY(0), SYNCHED_JOB_OPTIONS(.compute = read_far, .flags = SYNCHED_JOB_CHECKED),
         0, NULL);
}

static int read_lowest_below(struct synched_task *task, void *user) {
  double *out = task->out;
  (void)user;
  compute_rule(task, out);
  if (task->round == WRONG_ROUND && task->segment == 5)
    out[0] += segment_of(task, 3)[7] + segment_of(task, 2)[0];
  return 0;
}

Test(check, lowest_of_several_undeclared_segments_is_named) {
  expect_reads("below", read_lowest_below, near,
               SAYS("segment 5 failed in round 3", "of segment 2", "3 segments below its own"));
}

static int read_difference(struct synched_task *task, void *user) {
  double *out = task->out;
  (void)user;
  compute_rule(task, out);
  if (task->round == WRONG_ROUND && task->segment == 5)
    out[0] += segment_of(task, 2)[5] - segment_of(task, 2)[4];
  return 0;
}

Test(check, difference_of_two_that_are_not_declared_is_found) {
  expect_reads("difference", read_difference, near,
               SAYS("segment 5 failed in round 3", "element 4 of segment 2"));
}

static int read_count(struct synched_task *task, void *user) {
  double *out = task->out;
  (void)user;
  compute_rule(task, out);
  if (task->round == WRONG_ROUND && task->segment == WRONG_SEGMENT)
    out[0] += (double)task->previous->counts[5];
  return 0;
}

static int fail_by_far(struct synched_task *task, void *user) {
  (void)user;
  compute_rule(task, task->out);
  return task->round == WRONG_ROUND && task->segment == WRONG_SEGMENT &&
                 segment_of(task, 4)[0] > 1e30
             ? 70
             : 0;
}

Test(check, read_of_a_count_and_for_a_code_is_found) {
  expect_reads("count", read_count, near,
               SAYS("segment 2 failed in round 3", "the count of segment 5"));
  expect_reads("code", fail_by_far, near,
               SAYS("segment 2 failed in round 3", "element 0 of segment 4"));
}

static int keep_data(struct synched_task *task, void *user) {
  double *out = task->out;
  (void)user;
  compute_rule(task, out);
  if (state.kept != NULL && task->round >= WRONG_ROUND && task->segment == WRONG_SEGMENT)
    out[0] += state.kept[task->first + 1];
  if (task->segment == 0)
    state.kept = task->previous->data;
  return 0;
}

static int keep_first(struct synched_task *task, void *user) {
  double *out = task->out;
  (void)user;
  compute_rule(task, out);
  if (state.kept_snapshot == NULL)
    state.kept_snapshot = task->previous;
  if (task->round == WRONG_ROUND && task->segment == WRONG_SEGMENT) {
    const double *own = synched_snapshot_segment(state.kept_snapshot, task->segment);
    out[0] += own[2];
  }
  return 0;
}

Test(check, snapshot_of_an_earlier_call_is_found) {
  expect_found("data", keep_data, SAYS("segment 2 failed in round", "a pointer was kept"));
  expect_found("snapshot", keep_first, SAYS("segment 2 failed in round 3", "a pointer was kept"));
}

static int leave_out(struct synched_task *task, void *user) {
  double numbers[CAPACITY];
  (void)user;
  compute_rule(task, numbers);
  memcpy(task->out, numbers, is_wrong(task) ? sizeof numbers - sizeof *numbers : sizeof numbers);
  return 0;
}

Test(check, element_that_is_not_written_is_found) {
  const struct synched_stage overwriting = {
      .compute = leave_out, .overwrites = SYNCHED_FIELD(0), .reads = near};
  const char *const *says = SAYS("segment 2 failed in round 3", "not written element 7", "of 8");
  expect("none", MEMORY(.refill = SYNCHED_REFILL_NONE),
         SYNCHED_JOB_OPTIONS(.compute = leave_out, .flags = SYNCHED_JOB_CHECKED), SYNCHED_EFAULT,
         says);
  expect(
      "overwrites", MEMORY(0),
      SYNCHED_JOB_OPTIONS(.stages = &overwriting, .stage_count = 1, .flags = SYNCHED_JOB_CHECKED),
      SYNCHED_EFAULT, says);
  expect("zero", MEMORY(0), SYNCHED_JOB_OPTIONS(.compute = leave_out, .flags = SYNCHED_JOB_CHECKED),
         0, NULL);
}

/* --- what a call is, and says --- */

static int count_calls(struct synched_task *task, void *user) {
  double *out = task->out;
  (void)user;
  compute_rule(task, out);
  if (is_wrong(task))
    out[3] = (double)state.calls++;
  return 0;
}

static int toggle(struct synched_task *task, void *user) {
  (void)user;
  compute_rule(task, task->out);
  if (is_wrong(task))
    task->contribution = (double)(state.calls++ % 2);
  return 0;
}

Test(check, call_that_is_not_the_same_twice_is_found_on_request) {
  expect("count", MEMORY(0),
         SYNCHED_JOB_OPTIONS(.compute = count_calls, .flags = SYNCHED_JOB_CHECKED_TWICE),
         SYNCHED_EFAULT,
         SAYS("segment 2 failed in round 3", "element 3", "not the same when the call is made"));
  expect("toggle", MEMORY(0),
         SYNCHED_JOB_OPTIONS(.compute = toggle, .fold = SYNCHED_FOLD_SUM,
                             .flags = SYNCHED_JOB_CHECKED_TWICE),
         SYNCHED_EFAULT, SAYS("segment 2 failed in round 3", "contribution is not the same"));
  expect("unasked", MEMORY(0),
         SYNCHED_JOB_OPTIONS(.compute = count_calls, .flags = SYNCHED_JOB_CHECKED), 0, NULL);
}

static int lie(struct synched_task *task, void *user) {
  double *out = task->out;
  (void)user;
  memcpy(out, synched_task_in(task, 0), CAPACITY * sizeof *out);
  task->unchanged = 1;
  if (task->segment < WRONG_SEGMENT)
    return 0;
  out[6] += 1.0;
  return 0;
}

static int lie_of_count(struct synched_task *task, void *user) {
  (void)user;
  memcpy(task->out, synched_task_in(task, 0), 7 * sizeof(double));
  task->unchanged = task->segment >= WRONG_SEGMENT;
  task->count = 7;
  return 0;
}

Test(check, unchanged_that_is_not_true_is_found) {
  const uint32_t flags = SYNCHED_JOB_CHECKED | SYNCHED_JOB_SKIP_UNCHANGED;
  expect("element", MEMORY(0), SYNCHED_JOB_OPTIONS(.compute = lie, .reads = near, .flags = flags),
         SYNCHED_EFAULT, SAYS("segment 2 failed in round 1", "`unchanged`", "element 6"));
  expect("count", MEMORY(0),
         SYNCHED_JOB_OPTIONS(.compute = lie_of_count, .reads = near, .flags = flags),
         SYNCHED_EFAULT, SAYS("segment 2 failed in round 1", "`unchanged`", "from 8 to 7"));
}

static int return_code(struct synched_task *task, void *user) {
  (void)user;
  compute_rule(task, task->out);
  return is_wrong(task) ? 70 : 0;
}

static int count_too_much(struct synched_task *task, void *user) {
  (void)user;
  compute_rule(task, task->out);
  if (is_wrong(task))
    task->count = CAPACITY + 1;
  return 0;
}

Test(check, codes_and_counts_of_calls_are_told_as_without) {
  expect("code", MEMORY(0),
         SYNCHED_JOB_OPTIONS(.compute = return_code, .reads = near, .flags = SYNCHED_JOB_CHECKED),
         70, SAYS("segment 2 failed in round 3 with code 70"));
  expect("count", MEMORY(0),
         SYNCHED_JOB_OPTIONS(.compute = count_too_much, .flags = SYNCHED_JOB_CHECKED),
         SYNCHED_ERANGE, SAYS("segment 2 failed in round 3", "it set count to 9"));
}

/* --- everywhere --- */

static int write_in_init(struct synched_task *task, void *user) {
  double *out = task->out;
  (void)user;
  for (size_t i = 0; i < CAPACITY; i++)
    out[i] = (double)i;
  if (task->segment >= WRONG_SEGMENT)
    out[CAPACITY] = 2.0;
  return 0;
}

Test(check, init_is_checked) {
  expect("init", MEMORY(0),
         SYNCHED_JOB_OPTIONS(.compute = return_code, .init = write_in_init, .reads = near,
                             .flags = SYNCHED_JOB_CHECKED),
         SYNCHED_EFAULT, SAYS("segment 2 failed in init", "element 0 of segment 3"));
}

Test(check, eager_and_static_jobs_are_checked) {
  expect("eager", MEMORY(0),
         SYNCHED_JOB_OPTIONS(.compute = write_one_past, .reads = near,
                             .flags = SYNCHED_JOB_CHECKED | SYNCHED_JOB_EAGER),
         SYNCHED_EFAULT, SAYS("segment 2 failed in round 3", "element 0 of segment 3"));
  expect("static", MEMORY(0),
         SYNCHED_JOB_OPTIONS(.compute = write_one_past, .balance = SYNCHED_BALANCE_STATIC,
                             .flags = SYNCHED_JOB_CHECKED),
         SYNCHED_EFAULT, SAYS("segment 2 failed in round 3", "element 0 of segment 3"));
}

Test(check, padding_behind_a_segment_is_not_its_own) {
  expect("padded", MEMORY(.layout = SYNCHED_LAYOUT_PADDED),
         SYNCHED_JOB_OPTIONS(.compute = write_one_past, .flags = SYNCHED_JOB_CHECKED),
         SYNCHED_EFAULT, SAYS("segment 2 failed in round 3", "padding after element 7 of"));
}

static int change_in_place(struct synched_task *task, void *user) {
  double *out = task->out;
  (void)user;
  for (size_t i = 0; i < CAPACITY; i++)
    out[i] = out[i] / 2.0 + (double)i;
  if (is_wrong(task))
    out[-1] += 1.0;
  return 0;
}

static int read_in_place(struct synched_task *task, void *user) {
  double *out = task->out;
  (void)user;
  out[0] += 1.0;
  if (task->round == WRONG_ROUND && task->segment == WRONG_SEGMENT)
    out[1] += segment_of(task, 3)[0];
  return 0;
}

Test(check, what_is_changed_in_place_is_checked) {
  struct synched_memory_options options = {.flags = SYNCHED_MEMORY_IN_PLACE};
  options.struct_size = (uint32_t)sizeof options;
  expect("write", &options,
         SYNCHED_JOB_OPTIONS(.compute = change_in_place, .flags = SYNCHED_JOB_CHECKED),
         SYNCHED_EFAULT,
         SAYS("segment 2 failed in round 3", "1 before it", "element 7 of segment 1"));
  /* Others' segments change at the same time, though the job may read all. */
  expect("read", &options,
         SYNCHED_JOB_OPTIONS(.compute = read_in_place, .flags = SYNCHED_JOB_CHECKED),
         SYNCHED_EFAULT, SAYS("segment 2 failed in round 3", "element 0 of segment 3"));
}

static int write_second(struct synched_task *task, void *user) {
  int *out = synched_task_out(task, 1);
  (void)user;
  for (size_t i = 0; i < 3; i++)
    out[i] = (int)task->round;
  if (is_wrong(task))
    out[3] = 1;
  return 0;
}

static int read_second(struct synched_task *task, void *user) {
  const struct synched_snapshot *second = synched_task_field(task, 1);
  (void)user;
  compute_rule(task, task->out);
  if (task->round == WRONG_ROUND && task->segment == WRONG_SEGMENT)
    *(double *)task->out += *(const int *)synched_snapshot_segment(second, 0);
  return 0;
}

/* The second field has three numbers a segment. */
static void expect_of_stages(synched_compute_fn first, synched_compute_fn second,
                             const char *const *says) {
  struct synched_pool *pool = pool_new(2);
  struct synched_memory *memory = memory_of(MEMORY(0));
  struct synched_memory *other = memory_with(
      MEMORY(.segment_count = SEGMENTS, .segment_capacity = 3, .element_size = sizeof(int)));
  struct synched_job *job;
  const struct synched_stage stages[] = {
      {.name = "second", .compute = first, .writes = SYNCHED_FIELD(1), .reads = near},
      {.name = "first", .compute = second, .writes = SYNCHED_FIELD(0), .reads = near}};
  cr_assert_eq(
      synched_job_create(&job, pool, memory,
                         SYNCHED_JOB_OPTIONS(.stages = stages, .stage_count = 2, .fields = &other,
                                             .field_count = 2, .rounds_per_barrier = 2,
                                             .round_count = ROUNDS, .flags = SYNCHED_JOB_CHECKED)),
      0, "%s", synched_error_message());
  cr_assert_eq(synched_job_run(job), SYNCHED_EFAULT);
  for (; *says != NULL; says++)
    cr_assert_not_null(strstr(synched_error_message(), *says), "\"%s\" does not say \"%s\"",
                       synched_error_message(), *says);
  cr_assert_eq(synched_job_destroy(job), 0);
  memory_end(other);
  memory_end(memory);
  pool_end(pool);
}

static int compute_right(struct synched_task *task, void *user) {
  (void)user;
  compute_rule(task, task->out);
  return 0;
}

Test(check, stage_and_field_are_named) {
  expect_of_stages(write_second, compute_right,
                   SAYS("segment 2 failed in round 3 in stage \"second\"", "of field 1",
                        "element 0 of segment 3"));
  expect_of_stages(compute_nothing, read_second,
                   SAYS("segment 2 failed in round 3 in stage \"first\"",
                        "element 0 of segment 0 of field 1", "2 segments below"));
}

static int read_unwritten(struct synched_task *task, void *user) {
  const int *far = synched_snapshot_segment(synched_task_field(task, 1), SEGMENTS - 1);
  double *out = task->out;
  (void)user;
  compute_rule(task, out);
  for (size_t i = 0; i < 3; i++)
    out[i] += far[i] + (double)synched_task_field(task, 1)->counts[0];
  return 0;
}

Test(check, field_that_is_not_written_can_be_read_everywhere) {
  struct synched_memory *fixed = memory_with(
      MEMORY(.segment_count = SEGMENTS, .segment_capacity = 3, .element_size = sizeof(int)));
  const struct synched_stage stage = {
      .compute = read_unwritten, .writes = SYNCHED_FIELD(0), .reads = near};
  const int numbers[] = {7, 8, 9};
  for (size_t s = 0; s < SEGMENTS; s++)
    cr_assert_eq(synched_memory_load(fixed, s, numbers, 3), 0);
  expect("unwritten", MEMORY(0),
         SYNCHED_JOB_OPTIONS(.stages = &stage, .stage_count = 1, .fields = &fixed, .field_count = 2,
                             .rounds_per_barrier = 2, .flags = SYNCHED_JOB_CHECKED_TWICE),
         0, NULL);
  memory_end(fixed);
}

/* --- right programs --- */

struct fold {
  double sum;
  uint64_t calls;
};

static void combine(void *into, const void *next, void *user) {
  struct fold *sum = into;
  const struct fold *other = next;
  (void)user;
  sum->sum = sum->sum / 2.0 + other->sum;
  sum->calls += other->calls;
}

static int compute_and_fold(struct synched_task *task, void *user) {
  struct fold *fold = task->parts != NULL ? task->parts->fold : NULL;
  double *out = task->out;
  const size_t count = (task->segment + (size_t)task->round) % (CAPACITY + 1);
  const double *own = segment_of(task, task->segment);
  double sum = (double)task->segment;
  (void)user;
  const struct synched_snapshot *held = synched_snapshot_retain(task->previous);
  for (size_t i = 0; i < task->count; i++)
    sum += own[i];
  for (size_t i = 0; i < count; i++)
    out[i] = sum / (double)(i + 3);
  task->count = count;
  task->contribution = sum;
  if (fold != NULL)
    *fold = (struct fold){sum, 1};
  /* It is the snapshot itself, which outlives the call. */
  if (held != NULL && (held->round != task->previous->round ||
                       held->counts[task->segment] != task->previous->counts[task->segment]))
    return 71;
  synched_snapshot_release(held);
  return 0;
}

static uint64_t sum_after(const struct synched_memory_options *memory_options,
                          const struct synched_job_options *given, uint32_t flags) {
  struct synched_pool *pool = pool_new(2);
  struct synched_memory *memory = memory_of(memory_options);
  struct synched_job_options options = *given;
  struct synched_job *job;
  options.struct_size = (uint32_t)sizeof options;
  options.flags |= flags;
  options.round_count = 9;
  cr_assert_eq(synched_job_create(&job, pool, memory, &options), 0, "%s", synched_error_message());
  cr_assert_eq(synched_job_run(job), 0, "%s", synched_error_message());
  const struct synched_snapshot *now = synched_snapshot_current(memory);
  uint64_t sum = snapshot_sum(now);
  if (now->folds != NULL && now->folds[0] != NULL) {
    const struct fold *fold = now->folds[0];
    uint64_t bits;
    memcpy(&bits, &fold->sum, sizeof bits);
    sum ^= bits + fold->calls;
  }
  synched_snapshot_release(now);
  cr_assert_eq(synched_job_destroy(job), 0);
  memory_end(memory);
  pool_end(pool);
  return sum;
}

static void expect_same(const struct synched_memory_options *memory,
                        const struct synched_job_options *job) {
  const uint64_t expected = sum_after(memory, job, 0);
  cr_assert_eq(sum_after(memory, job, SYNCHED_JOB_CHECKED), expected);
  cr_assert_eq(sum_after(memory, job, SYNCHED_JOB_CHECKED_TWICE), expected);
}

Test(check, right_calls_compute_the_same_bits) {
  const size_t uneven[SEGMENTS] = {8, 100, 8, 9, 8, 600};
  const struct synched_memory_options *memories[] = {
      MEMORY(0),
      MEMORY(.refill = SYNCHED_REFILL_KEEP, .lease_count = 2),
      MEMORY(.refill = SYNCHED_REFILL_NONE, .layout = SYNCHED_LAYOUT_PADDED),
      MEMORY(.segment_capacities = uneven, .layout = SYNCHED_LAYOUT_PADDED),
  };
  for (size_t m = 0; m < LENGTH(memories); m++) {
    const struct synched_reads own = {.reach = SYNCHED_REACH_OWN};
    expect_same(memories[m], SYNCHED_JOB_OPTIONS(.compute = compute_and_fold));
    expect_same(memories[m], SYNCHED_JOB_OPTIONS(.compute = compute_and_fold, .reads = near,
                                                 .fold = SYNCHED_FOLD_SUM));
    expect_same(memories[m],
                SYNCHED_JOB_OPTIONS(.compute = compute_and_fold, .reads = own,
                                    .rounds_per_barrier = 4, .fold = SYNCHED_FOLD_SUM));
    expect_same(memories[m],
                SYNCHED_JOB_OPTIONS(.compute = compute_and_fold, .fold = SYNCHED_FOLD_CUSTOM,
                                    .fold_size = sizeof(struct fold), .fold_combine = combine));
  }
}

/* --- how it is asked for --- */

static void expect_by_variable(const char *value, synched_compute_fn compute, int expected) {
  cr_assert_eq(setenv("SYNCHED_CHECK", value, 1), 0);
  expect(value, MEMORY(0), SYNCHED_JOB_OPTIONS(.compute = compute), expected, NULL);
}

Test(check, variable_1_checks_every_job) {
  expect_by_variable("1", write_previous, SYNCHED_EFAULT);
  expect_by_variable("1", count_calls, 0);
}

Test(check, variable_2_finds_what_is_not_the_same_twice) {
  expect_by_variable("2", count_calls, SYNCHED_EFAULT);
}

Test(check, variable_0_and_none_check_nothing) {
  expect_by_variable("0", set_mode, 0);
}

Test(check, variable_that_means_nothing_is_refused) {
  cr_assert_eq(setenv("SYNCHED_CHECK", "yes", 1), 0);
  struct synched_pool *pool = pool_new(1);
  struct synched_memory *memory = memory_of(MEMORY(0));
  struct synched_job *job;
  expect_refused(
      synched_job_create(&job, pool, memory, SYNCHED_JOB_OPTIONS(.compute = compute_nothing)),
      SYNCHED_EINVAL, "SYNCHED_CHECK is \"yes\"");
  memory_end(memory);
  pool_end(pool);
}

/* --- a job that has failed, and one that cannot be made --- */

static int wrong_once(struct synched_task *task, void *user) {
  double *out = task->out;
  (void)user;
  compute_rule(task, out);
  if (task->segment == WRONG_SEGMENT && state.calls++ < 1)
    memset(out - CAPACITY, 0xee, 3 * CAPACITY * sizeof *out);
  return 0;
}

Test(check, job_can_run_again_after_a_finding) {
  struct synched_pool *pool = pool_new(2);
  struct synched_memory *memory = memory_of(MEMORY(0));
  struct synched_memory *plain = memory_of(MEMORY(0));
  struct synched_job *job;
  cr_assert_eq(synched_job_create(&job, pool, memory,
                                  SYNCHED_JOB_OPTIONS(.compute = wrong_once, .reads = near,
                                                      .flags = SYNCHED_JOB_CHECKED)),
               0);
  cr_assert_eq(synched_job_advance(job, 4), SYNCHED_EFAULT);
  cr_assert_eq(memory_round(memory), 0u, "nothing of the round is published");
  cr_assert_eq(memory_sum(memory), memory_sum(plain), "and nothing of it is in the memory");
  cr_assert_eq(synched_job_advance(job, 4), 0, "%s", synched_error_message());
  cr_assert_eq(memory_round(memory), 4u);
  cr_assert_eq(synched_job_destroy(job), 0);
  memory_end(plain);
  memory_end(memory);
  pool_end(pool);
}

struct making {
  struct synched_pool *pool;
  struct synched_memory *memory;
  struct synched_reads reads;
  struct synched_job *job;
};

static int make(void *context) {
  struct making *making = context;
  return synched_job_create(&making->job, making->pool, making->memory,
                            SYNCHED_JOB_OPTIONS(.compute = compute_right, .reads = making->reads,
                                                .flags = SYNCHED_JOB_CHECKED | SYNCHED_JOB_EAGER));
}

static void undo(void *context) {
  struct making *making = context;
  cr_assert_eq(synched_job_destroy(making->job), 0);
}

Test(check, job_without_memory_for_it_is_refused) {
  struct making making = {pool_new(2), memory_of(MEMORY(0)), list_of_neighbours(), NULL};
  const enum synched__fault faults[] = {SYNCHED__FAULT_ALLOCATE, SYNCHED__FAULT_MAP};
  for (size_t f = 0; f < LENGTH(faults); f++)
    cr_assert_gt(refuse_in_turn(&(struct refusing){.fault = faults[f],
                                                   .expected = SYNCHED_ENOMEM,
                                                   .attempt = make,
                                                   .undo = undo,
                                                   .context = &making}),
                 4u);
  memory_end(making.memory);
  pool_end(making.pool);
}
