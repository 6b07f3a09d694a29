/*
 * run_test.c: whole runs in one call, and jobs that bring their memories: the same bits as a serial
 * loop on the same arrays, wherever the last round lies, and nothing left over.
 */
#include <criterion/criterion.h>

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include "support/serial.h"
#include "support/support.h"
#include "support/unit_support.h"

#define SEGMENTS 5u
#define COUNT 37u /* elements, which cannot be dealt evenly */
#define ROUNDS 13u

static const unsigned worker_counts[] = {1, 2, 3, 11};

/* --- two fields in place: a wave that is damped where it meets --- */

enum { HEIGHT, SPEED, FIELDS };

struct cell {
  float x, y, z;
};

/* What a serial loop has, and what a job has. */
struct wave {
  double heights[COUNT];
  struct cell speeds[COUNT];
  double fold;
};

static double first_height(size_t i) {
  return 1.0 / (double)(i + 3);
}

static struct cell next_speed(const double *heights, struct cell was, size_t i) {
  const double left = heights[(i + COUNT - 1) % COUNT], right = heights[(i + 1) % COUNT];
  return (struct cell){was.x + (float)(left - 2 * heights[i] + right) * 0.1f, was.y * 0.9f + was.x,
                       (float)right};
}

static double next_height(double was, struct cell speed) {
  return was + (double)speed.x * 0.1 - (double)speed.y * 0.001 + (double)speed.z * 1e-5;
}

/* Where a segment begins: the first two have one more. */
static size_t first_of(size_t segment) {
  return segment * (COUNT / SEGMENTS) + (segment < COUNT % SEGMENTS ? segment : COUNT % SEGMENTS);
}

static void step_serially(struct wave *wave) {
  for (size_t i = 0; i < COUNT; i++)
    wave->speeds[i] = next_speed(wave->heights, wave->speeds[i], i);
  wave->fold = 0;
  for (size_t s = 0; s < SEGMENTS; s++) {
    double sum = 0;
    for (size_t i = first_of(s); i < first_of(s + 1); i++) {
      wave->heights[i] = next_height(wave->heights[i], wave->speeds[i]);
      sum += wave->heights[i] * 1.1;
    }
    wave->fold = s == 0 ? sum : wave->fold + sum;
  }
}

static struct wave wave_serially(uint64_t rounds) {
  struct wave wave = {.fold = 0};
  for (size_t i = 0; i < COUNT; i++)
    wave.heights[i] = first_height(i);
  for (uint64_t r = 0; r < rounds; r++)
    step_serially(&wave);
  return wave;
}

static int start_wave(struct synched_task *task, void *user) {
  double *heights = synched_task_out(task, HEIGHT);
  struct cell *speeds = synched_task_out(task, SPEED);
  (void)user;
  for (size_t i = 0; i < task->capacity; i++) {
    heights[i] = first_height(task->first + i);
    speeds[i] = (struct cell){0, 0, 0};
  }
  return 0;
}

static int move_speeds(struct synched_task *task, void *user) {
  const struct cell *was = synched_task_in(task, SPEED);
  struct cell *speeds = synched_task_out(task, SPEED);
  (void)user;
  for (size_t i = 0; i < task->capacity; i++)
    speeds[i] = next_speed(synched_task_all(task, HEIGHT), was[i], task->first + i);
  task->contribution = task->segment == 0;
  return 0;
}

static int move_heights(struct synched_task *task, void *user) {
  const double *was = synched_task_in(task, HEIGHT);
  const struct cell *speeds = synched_task_in(task, SPEED);
  double *heights = synched_task_out(task, HEIGHT);
  (void)user;
  for (size_t i = 0; i < task->capacity; i++) {
    heights[i] = next_height(was[i], speeds[i]);
    task->contribution += heights[i] * 1.1;
  }
  /* What the stage before has contributed: 1, of one segment. */
  return synched_task_folded_double(task, 0) == 1 ? 0 : -1234;
}

static const struct synched_stage wave_stages[] = {
    {.compute = move_speeds, .writes = SYNCHED_FIELD(SPEED), .fold = SYNCHED_FOLD_SUM},
    {.compute = move_heights, .writes = SYNCHED_FIELD(HEIGHT), .fold = SYNCHED_FOLD_SUM}};

static int note_fold(const struct synched_snapshot *now, void *user) {
  *(double *)user = now->fold;
  return SYNCHED_CONTINUE;
}

#define WAVE_MEMORY(...)                                                                           \
  SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .element_count = COUNT, __VA_ARGS__)
#define WAVE_JOB(...)                                                                              \
  SYNCHED_JOB_OPTIONS(.field_count = FIELDS, .stages = wave_stages, .stage_count = 2,              \
                      .init = start_wave, __VA_ARGS__)

static void expect_wave(const struct wave *wave, const struct wave *expected) {
  cr_assert_arr_eq(wave->heights, expected->heights, sizeof wave->heights);
  cr_assert_arr_eq(wave->speeds, expected->speeds, sizeof wave->speeds);
  cr_assert(same_bits(wave->fold, expected->fold));
}

/* In buffers of both kinds: in place; and in turn, where rounds end in either. */
static void expect_run(const struct synched_memory_options *memory, unsigned worker_count,
                       uint64_t rounds) {
  const struct wave expected = wave_serially(rounds);
  struct wave wave;
  memset(&wave, 0xEE, sizeof wave);
  const struct synched_array arrays[FIELDS] = {SYNCHED_ARRAY(wave.heights),
                                               SYNCHED_ARRAY(wave.speeds)};
  cr_assert_eq(
      synched_run(SYNCHED_POOL_OPTIONS(.worker_count = worker_count), memory, arrays,
                  WAVE_JOB(.user = &wave.fold, .on_round = note_fold, .round_count = rounds)),
      0, "%s", synched_error_message());
  expect_wave(&wave, &expected);
}

Test(run, arrays_hold_what_a_serial_loop_leaves, .init = threads_begin) {
  for (size_t w = 0; w < LENGTH(worker_counts); w++)
    for (uint64_t rounds = 1; rounds <= ROUNDS; rounds += 3) {
      expect_run(WAVE_MEMORY(.flags = SYNCHED_MEMORY_IN_PLACE), worker_counts[w], rounds);
      expect_run(WAVE_MEMORY(.refill = SYNCHED_REFILL_NONE), worker_counts[w], rounds);
      expect_run(WAVE_MEMORY(.lease_count = 2), worker_counts[w], rounds);
    }
  threads_expect(0);
}

/* --- one field, which begins with what the array holds --- */

static int add_left(struct synched_task *task, void *user) {
  const uint64_t *was = synched_task_all(task, 0);
  uint64_t *out = synched_task_out(task, 0);
  (void)user;
  for (size_t i = 0; i < task->capacity; i++)
    out[i] = was[task->first + i] * 3 + was[(task->first + i + COUNT - 1) % COUNT];
  return 0;
}

static void fill(uint64_t *numbers) {
  for (size_t i = 0; i < COUNT; i++)
    numbers[i] = i * i + 1;
}

static void add_serially(uint64_t *numbers, unsigned times) {
  uint64_t next[COUNT];
  for (unsigned t = 0; t < times; t++) {
    for (size_t i = 0; i < COUNT; i++)
      next[i] = numbers[i] * 3 + numbers[(i + COUNT - 1) % COUNT];
    memcpy(numbers, next, sizeof next);
  }
}

Test(run, the_content_of_an_array_is_where_rounds_begin) {
  for (size_t w = 0; w < LENGTH(worker_counts); w++)
    for (unsigned rounds = 1; rounds < 5; rounds++) {
      uint64_t numbers[COUNT], expected[COUNT];
      fill(numbers);
      fill(expected);
      add_serially(expected, rounds);
      cr_assert_eq(synched_run(SYNCHED_POOL_OPTIONS(.worker_count = worker_counts[w]),
                               WAVE_MEMORY(.flags = 0),
                               (const struct synched_array[]){SYNCHED_ARRAY(numbers)},
                               SYNCHED_JOB_OPTIONS(.compute = add_left, .round_count = rounds)),
                   0, "%s", synched_error_message());
      cr_assert_arr_eq(numbers, expected, sizeof numbers);
    }
}

/* Written twice in a round, a field needs three buffers: the library makes two of them. */
Test(run, a_field_that_two_stages_write_has_buffers_enough) {
  static const struct synched_stage stages[] = {{.compute = add_left}, {.compute = add_left}};
  for (unsigned rounds = 1; rounds < 5; rounds++) {
    uint64_t numbers[COUNT], expected[COUNT];
    fill(numbers);
    fill(expected);
    add_serially(expected, 2 * rounds);
    cr_assert_eq(
        synched_run(SYNCHED_POOL_OPTIONS(.worker_count = 3), WAVE_MEMORY(.flags = 0),
                    (const struct synched_array[]){SYNCHED_ARRAY(numbers)},
                    SYNCHED_JOB_OPTIONS(.stages = stages, .stage_count = 2, .round_count = rounds)),
        0, "%s", synched_error_message());
    cr_assert_arr_eq(numbers, expected, sizeof numbers);
  }
}

/* --- arrays of the library's --- */

struct seen {
  struct wave wave;
  unsigned done_count;
  int status, destroyed;
  uint64_t rounds;
  struct synched_job *job;
  const struct synched_snapshot *held;
};

static void note_all(struct synched_job *job, int status, const struct synched_report *report,
                     void *user) {
  struct seen *seen = user;
  struct synched_report_summary summary = {.struct_size = sizeof summary};
  seen->done_count++;
  seen->status = status;
  seen->wave.fold = synched_job_fold(job);
  (void)synched_report_summary(report, &summary);
  seen->rounds = summary.round_count;
  seen->destroyed = synched_job_destroy(job);
  seen->job = job;
  const double *heights = synched_memory_elements(synched_job_memory(job, HEIGHT));
  const struct cell *speeds = synched_memory_elements(synched_job_memory(job, SPEED));
  memcpy(seen->wave.heights, heights, sizeof seen->wave.heights);
  memcpy(seen->wave.speeds, speeds, sizeof seen->wave.speeds);
}

static void expect_seen(const struct seen *seen) {
  const struct wave expected = wave_serially(ROUNDS);
  cr_assert_eq(seen->done_count, 1);
  cr_assert_eq(seen->status, 0);
  cr_assert_eq(seen->rounds, ROUNDS);
  cr_assert_eq(seen->destroyed, SYNCHED_EBUSY);
  expect_wave(&seen->wave, &expected);
}

Test(run, on_done_finds_arrays_of_the_library) {
  struct seen seen = {.done_count = 0};
  const struct synched_array arrays[FIELDS] = {{NULL, sizeof(double)}, {NULL, sizeof(struct cell)}};
  cr_assert_eq(synched_run(NULL, WAVE_MEMORY(.flags = SYNCHED_MEMORY_IN_PLACE), arrays,
                           WAVE_JOB(.user = &seen, .on_done = note_all, .round_count = ROUNDS)),
               0, "%s", synched_error_message());
  expect_seen(&seen);
}

Test(run, one_array_can_be_of_the_program_and_another_of_the_library) {
  struct seen seen = {.done_count = 0};
  double heights[COUNT];
  const struct synched_array arrays[FIELDS] = {SYNCHED_ARRAY(heights), {NULL, sizeof(struct cell)}};
  cr_assert_eq(
      synched_run(SYNCHED_POOL_OPTIONS(.worker_count = 2),
                  WAVE_MEMORY(.flags = SYNCHED_MEMORY_IN_PLACE | SYNCHED_MEMORY_HUGE_PAGES), arrays,
                  WAVE_JOB(.user = &seen, .on_done = note_all, .round_count = ROUNDS)),
      0, "%s", synched_error_message());
  expect_seen(&seen);
  cr_assert_arr_eq(heights, seen.wave.heights, sizeof heights);
}

/* Without arrays all have elements of one size. */
static int count_up(struct synched_task *task, void *user) {
  (void)user;
  for (unsigned f = 0; f < FIELDS; f++)
    for (size_t i = 0; i < synched_task_capacity(task, f); i++)
      ((uint64_t *)synched_task_out(task, f))[i] += f + 1;
  return 0;
}

static void sum_up(struct synched_job *job, int status, const struct synched_report *report,
                   void *user) {
  (void)status;
  (void)report;
  for (unsigned f = 0; f < FIELDS; f++)
    for (size_t i = 0; i < COUNT; i++)
      *(uint64_t *)user += ((uint64_t *)synched_memory_elements(synched_job_memory(job, f)))[i];
  cr_assert_null(synched_job_memory(job, FIELDS));
}

Test(run, without_arrays_fields_are_of_the_memory_s_element_size) {
  uint64_t sum = 0;
  cr_assert_eq(
      synched_run(NULL,
                  WAVE_MEMORY(.flags = SYNCHED_MEMORY_IN_PLACE, .element_size = sizeof(uint64_t)),
                  NULL,
                  SYNCHED_JOB_OPTIONS(.user = &sum, .field_count = FIELDS, .compute = count_up,
                                      .on_done = sum_up, .round_count = ROUNDS)),
      0, "%s", synched_error_message());
  cr_assert_eq(sum, ROUNDS * COUNT * 3);
}

/* --- ends that are none --- */

static int fail_round_4(struct synched_task *task, void *user) {
  (void)add_left(task, user);
  return task->round == 4 && task->segment >= 2 ? -7000 - (int)task->segment : 0;
}

Test(run, after_a_failure_an_array_holds_the_last_published_round, .init = threads_begin) {
  for (size_t w = 0; w < LENGTH(worker_counts); w++) {
    uint64_t numbers[COUNT], expected[COUNT];
    fill(numbers);
    fill(expected);
    add_serially(expected, 3);
    expect_refused(synched_run(SYNCHED_POOL_OPTIONS(.worker_count = worker_counts[w]),
                               WAVE_MEMORY(.flags = 0),
                               (const struct synched_array[]){SYNCHED_ARRAY(numbers)},
                               SYNCHED_JOB_OPTIONS(.compute = fail_round_4)),
                   -7002, "segment 2 failed in round 4");
    cr_assert_arr_eq(numbers, expected, sizeof numbers);
  }
  threads_expect(0);
}

static int hold_round_2(const struct synched_snapshot *now, void *user) {
  struct seen *seen = user;
  if (now->round == 2)
    seen->held = synched_snapshot_retain(now);
  return SYNCHED_CONTINUE;
}

static void note_job(struct synched_job *job, int status, const struct synched_report *report,
                     void *user) {
  (void)status;
  (void)report;
  ((struct seen *)user)->job = job;
}

/* What the program reads stays, the buffer that is its own array included. */
Test(run, a_snapshot_that_is_held_stays_readable) {
  struct seen seen = {.held = NULL};
  uint64_t numbers[COUNT], expected[COUNT];
  fill(numbers);
  fill(expected);
  add_serially(expected, 2);
  expect_refused(
      synched_run(SYNCHED_POOL_OPTIONS(.worker_count = 2), WAVE_MEMORY(.lease_count = 1),
                  (const struct synched_array[]){SYNCHED_ARRAY(numbers)},
                  SYNCHED_JOB_OPTIONS(.user = &seen, .compute = add_left, .on_round = hold_round_2,
                                      .on_done = note_job, .round_count = 3)),
      SYNCHED_EBUSY, "retained");
  cr_assert_arr_eq(seen.held->data, expected, sizeof expected);
  synched_snapshot_release(seen.held);
  cr_assert_eq(synched_job_destroy(seen.job), 0);
}

/* --- jobs that bring their memories --- */

static struct synched_job *job_on(struct synched_pool *pool, struct wave *wave) {
  struct synched_job *job;
  const struct synched_array arrays[FIELDS] = {SYNCHED_ARRAY(wave->heights),
                                               SYNCHED_ARRAY(wave->speeds)};
  cr_assert_eq(synched_job_create_on_arrays(&job, pool,
                                            WAVE_MEMORY(.flags = SYNCHED_MEMORY_IN_PLACE), arrays,
                                            WAVE_JOB(.name = "wave")),
               0, "%s", synched_error_message());
  return job;
}

Test(run, a_job_on_arrays_advances_in_the_program_s_own_time_loop) {
  for (size_t w = 0; w < LENGTH(worker_counts); w++) {
    struct synched_pool *pool = pool_new(worker_counts[w]);
    struct wave one, two;
    struct synched_job *first = job_on(pool, &one), *second = job_on(pool, &two);
    for (uint64_t round = 1; round <= ROUNDS; round++) {
      const struct wave expected = wave_serially(round);
      cr_assert_eq(synched_job_advance(first, 1), 0);
      one.fold = synched_job_fold(first);
      expect_wave(&one, &expected);
    }
    const struct wave expected = wave_serially(ROUNDS);
    cr_assert_eq(synched_job_advance(second, ROUNDS), 0);
    two.fold = synched_job_fold(second);
    expect_wave(&two, &expected);
    cr_assert_eq(synched_memory_elements(synched_job_memory(first, SPEED)), (void *)one.speeds);
    cr_assert_eq(synched_memory_destroy(synched_job_memory(first, SPEED)), SYNCHED_EBUSY);
    cr_assert_eq(synched_job_destroy(first), 0);
    cr_assert_eq(synched_job_destroy(second), 0);
    pool_end(pool);
  }
}

Test(run, a_job_s_own_memories_outlive_it_while_they_are_held) {
  struct synched_pool *pool = pool_new(2);
  struct synched_job *job;
  uint64_t numbers[COUNT];
  fill(numbers);
  cr_assert_eq(
      synched_job_create_on_arrays(&job, pool, WAVE_MEMORY(.flags = 0),
                                   (const struct synched_array[]){SYNCHED_ARRAY(numbers)},
                                   SYNCHED_JOB_OPTIONS(.compute = add_left, .round_count = 2)),
      0, "%s", synched_error_message());
  cr_assert_eq(synched_job_run(job), 0);
  const struct synched_snapshot *now = synched_snapshot_current(synched_job_memory(job, 0));
  expect_refused(synched_job_destroy(job), SYNCHED_EBUSY, "retained");
  cr_assert_eq(now->round, 2);
  synched_snapshot_release(now);
  cr_assert_eq(synched_job_destroy(job), 0);
  pool_end(pool);
}

/* --- where arrays lie --- */

static int count_both(struct synched_task *task, void *user) {
  (void)user;
  for (unsigned f = 0; f < task->parts->field_count; f++) {
    const uint64_t *was = synched_task_in(task, f);
    uint64_t *is = synched_task_out(task, f);
    for (size_t i = 0; i < task->capacity; i++)
      is[i] = was[i] + 1;
  }
  return 0;
}

static void expect_counted(const struct synched_array *arrays, uint32_t flags) {
  cr_assert_eq(
      synched_run(SYNCHED_POOL_OPTIONS(.worker_count = 2), WAVE_MEMORY(.flags = flags), arrays,
                  SYNCHED_JOB_OPTIONS(.compute = count_both, .field_count = 2, .round_count = 3)),
      0, "%s", synched_error_message());
}

Test(run, arrays_lie_in_any_order_and_some_are_the_library_s) {
  const uint32_t flags[] = {SYNCHED_MEMORY_IN_PLACE, 0};
  for (size_t i = 0; i < LENGTH(flags); i++) {
    uint64_t numbers[2][COUNT] = {{0}};
    expect_counted(
        (const struct synched_array[]){SYNCHED_ARRAY(numbers[1]), SYNCHED_ARRAY(numbers[0])},
        flags[i]);
    expect_counted(
        (const struct synched_array[]){{NULL, sizeof(uint64_t)}, SYNCHED_ARRAY(numbers[0])},
        flags[i]);
    for (size_t n = 0; n < COUNT; n++) {
      cr_assert_eq(numbers[0][n], 6);
      cr_assert_eq(numbers[1][n], 3);
    }
  }
}

Test(run, what_is_wrong_with_the_only_array_has_no_number_before_it) {
  uint64_t numbers[COUNT + 1] = {0};
  expect_refused(synched_run(NULL, WAVE_MEMORY(.flags = SYNCHED_MEMORY_IN_PLACE),
                             (const struct synched_array[]){{(char *)numbers + 1, 8}},
                             SYNCHED_JOB_OPTIONS(.compute = count_both, .round_count = 1)),
                 SYNCHED_EINVAL, "of 8 bytes need a multiple of");
  cr_expect_null(strstr(synched_error_message(), "field"));
}

Test(run, fold_of_a_job_before_its_first_run_is_0) {
  struct synched_pool *pool = pool_new(1);
  struct wave wave;
  struct synched_job *job = job_on(pool, &wave);
  cr_assert_eq(synched_job_fold(job), 0);
  cr_assert_eq(synched_job_destroy(job), 0);
  pool_end(pool);
}

Test(run, fold_and_memory_of_nothing_are_nothing) {
  cr_assert_eq(synched_job_fold(NULL), 0);
  cr_assert_null(synched_job_memory(NULL, 0));
}
