/*
 * check_rare_test.c: wrong calls of checked jobs that few programs have: what is read around `out`,
 * what depends on what it held, folds, counts, codes, the ends of a memory, and two fields.
 *
 * Each wrong call is segment 2's, in round 2, and writes what all calls write besides.
 */
#include <criterion/criterion.h>

#include <stdint.h>
#include <string.h>

#include "support/support.h"
#include "support/unit_support.h"

#define SEGMENTS 5u
#define CAPACITY 4u
#define ROUNDS 3u

static const struct synched_reads own = {.reach = SYNCHED_REACH_OWN};

static bool is_wrong(const struct synched_task *task) {
  return task->round == 2 && task->segment == 2;
}

static double *write_all(struct synched_task *task) {
  double *out = task->out;
  for (size_t i = 0; i < CAPACITY; i++)
    out[i] = (double)(task->round + task->segment + i);
  return out;
}

static const double *segment_of(const struct synched_task *task, unsigned f, size_t segment) {
  return synched_snapshot_segment(synched_task_field(task, f), segment);
}

/* With one field, or with another one that is like it. */
static void expect(struct synched_job_options options, bool has_two, const char *const *says) {
  struct synched_pool *pool = pool_new(2);
  struct synched_memory *memories[2];
  struct synched_job *job;
  for (unsigned f = 0; f < 2; f++)
    memories[f] = memory_with(
        SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = CAPACITY,
                               .element_size = sizeof(double), .refill = SYNCHED_REFILL_NONE));
  options.struct_size = (uint32_t)sizeof options;
  options.round_count = ROUNDS;
  options.flags |= SYNCHED_JOB_CHECKED;
  options.fields = has_two ? &memories[1] : NULL;
  options.field_count = has_two ? 2 : 0;
  cr_assert_eq(synched_job_create(&job, pool, memories[0], &options), 0, "%s",
               synched_error_message());
  const int status = synched_job_run(job);
  cr_assert_eq(status, says == NULL ? 0 : SYNCHED_EFAULT, "%s", synched_error_message());
  for (; says != NULL && *says != NULL; says++)
    cr_assert_not_null(strstr(synched_error_message(), *says), "\"%s\" does not say \"%s\"",
                       synched_error_message(), *says);
  cr_assert_eq(synched_job_destroy(job), 0);
  for (unsigned f = 0; f < 2; f++)
    memory_end(memories[f]);
  pool_end(pool);
}

#define SAYS(...) ((const char *const[]){"segment 2 failed in round 2", __VA_ARGS__, NULL})
#define JOB(...) ((struct synched_job_options){__VA_ARGS__})

/* --- `out` --- */

static int read_behind(struct synched_task *task, void *user) {
  double *out = write_all(task);
  (void)user;
  if (is_wrong(task))
    out[0] += out[CAPACITY];
  return 0;
}

Test(check_rare, read_behind_out_is_found) {
  expect(JOB(.compute = read_behind), false, SAYS("it read outside of its segment of `out`"));
}

static int count_what_was_there(struct synched_task *task, void *user) {
  const bool is_zero = ((const double *)task->out)[0] == 0.0;
  (void)user;
  (void)write_all(task);
  if (is_wrong(task) && is_zero)
    task->count = CAPACITY - 1;
  return 0;
}

/* Else element 3 is written beyond the count. */
static int count_what_was_there_only(struct synched_task *task, void *user) {
  double *out = task->out;
  const bool is_short = is_wrong(task) && out[0] == 0.0;
  (void)user;
  for (size_t i = 0; i < CAPACITY - is_short; i++)
    out[i] = 1.0;
  task->count = CAPACITY - is_short;
  return 0;
}

static int return_what_was_there(struct synched_task *task, void *user) {
  const bool is_zero = ((const double *)task->out)[0] == 0.0;
  (void)user;
  (void)write_all(task);
  return is_wrong(task) && !is_zero ? 70 : 0;
}

Test(check_rare, what_depends_on_what_out_held_is_found) {
  expect(JOB(.compute = count_what_was_there), false, SAYS("beyond its count of 3"));
  expect(JOB(.compute = count_what_was_there_only), false,
         SAYS("count depends on what `out` held when it began"));
  expect(JOB(.compute = return_what_was_there), false,
         SAYS("what it returns depends on what `out` held when it began"));
}

static int write_two_before(struct synched_task *task, void *user) {
  double *out = write_all(task);
  (void)user;
  if (is_wrong(task))
    out[-1] = out[-2] = out[-3] = 5.0;
  return 0;
}

static int write_before_all(struct synched_task *task, void *user) {
  double *out = write_all(task);
  (void)user;
  if (task->round == 2 && task->segment == 0)
    out[-1] = 5.0;
  return 0;
}

Test(check_rare, writes_before_out_are_counted) {
  expect(JOB(.compute = write_two_before), false,
         SAYS("1 before it", "element 3 of segment 1", "3 elements there"));
  expect(JOB(.compute = write_before_all), false,
         (const char *const[]){"segment 0 failed in round 2", "outside of the memory", NULL});
}

/* --- what is read of others --- */

static int read_below(struct synched_task *task, void *user) {
  double *out = write_all(task);
  (void)user;
  if (is_wrong(task))
    out[1] += segment_of(task, 0, 1)[2];
  return 0;
}

static int fold_above(struct synched_task *task, void *user) {
  (void)user;
  (void)write_all(task);
  int64_t *folded = synched_task_fold(task);
  folded[0] = 1;
  folded[1] = is_wrong(task) && segment_of(task, 0, 3)[0] != 0.0;
  return 0;
}

static int say_unchanged_by_others(struct synched_task *task, void *user) {
  (void)user;
  memcpy(task->out, segment_of(task, 0, task->segment), CAPACITY * sizeof(double));
  task->unchanged = !(is_wrong(task) && segment_of(task, 0, 3)[0] != 0.0);
  return 0;
}

Test(check_rare, what_is_one_segment_away_is_named) {
  expect(JOB(.compute = read_below, .reads = own), false,
         SAYS("element 2 of segment 1", "1 segment below its own"));
}

Test(check_rare, fold_that_depends_on_others_is_found) {
  expect(JOB(.compute = fold_above, .reads = own, .fold = SYNCHED_FOLD_SUM,
             .fold_type = SYNCHED_FOLD_INT64, .fold_length = 2),
         false, SAYS("element 0 of segment 3", "1 segment above its own"));
}

static int count_by_others(struct synched_task *task, void *user) {
  double *out = task->out;
  const bool is_short = is_wrong(task) && segment_of(task, 0, 4)[0] != 0.0;
  (void)user;
  task->count = CAPACITY - is_short;
  for (size_t i = 0; i < task->count; i++)
    out[i] = 1.0;
  return 0;
}

Test(check_rare, count_that_depends_on_others_is_found) {
  expect(JOB(.compute = count_by_others, .reads = own), false,
         SAYS("element 0 of segment 4", "2 segments above its own"));
}

/* Nothing changes from the first round on, so no call comes again that could be wrong. */
Test(check_rare, unchanged_is_compared_only_where_calls_are_skipped) {
  expect(JOB(.compute = say_unchanged_by_others, .reads = own), false, NULL);
  expect(JOB(.compute = say_unchanged_by_others, .reads = own, .flags = SYNCHED_JOB_SKIP_UNCHANGED),
         false, NULL);
}

static int say_unchanged_at_once(struct synched_task *task, void *user) {
  (void)user;
  memcpy(task->out, segment_of(task, 0, task->segment), CAPACITY * sizeof(double));
  task->unchanged = task->segment != 2 || segment_of(task, 0, 3)[0] == 0.0;
  return 0;
}

Test(check_rare, unchanged_that_depends_on_others_is_found) {
  expect(JOB(.compute = say_unchanged_at_once, .reads = own, .flags = SYNCHED_JOB_SKIP_UNCHANGED),
         false,
         (const char *const[]){"segment 2 failed in round 1", "element 0 of segment 3", NULL});
}

/* In the first round it has no elements any more; then that is as it was. */
static int count_nothing(struct synched_task *task, void *user) {
  (void)user;
  task->unchanged = task->previous->counts[task->segment] == 0;
  task->count = 0;
  return 0;
}

Test(check_rare, nothing_that_stays_nothing_is_unchanged) {
  expect(JOB(.compute = count_nothing, .reads = own, .flags = SYNCHED_JOB_SKIP_UNCHANGED), false,
         NULL);
}

/* --- a memory that is changed in place, and has a segment without elements --- */

static int change_beyond(struct synched_task *task, void *user) {
  const size_t wrong = *(const size_t *)user;
  double *out = task->out;
  for (size_t i = 0; i < task->capacity; i++)
    out[i] += 1.0;
  if (task->segment == wrong && task->round == 2)
    out[wrong == 0 ? -1 : (ptrdiff_t)task->capacity] = 7.0;
  return 0;
}

static void run_in_place(size_t wrong, const char *says) {
  static const size_t capacities[SEGMENTS] = {CAPACITY, 0, CAPACITY, 1, CAPACITY};
  struct synched_pool *pool = pool_new(2);
  struct synched_memory *memory = memory_with(
      SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacities = capacities,
                             .element_size = sizeof(double), .flags = SYNCHED_MEMORY_IN_PLACE));
  struct synched_job *job;
  cr_assert_eq(
      synched_job_create(&job, pool, memory,
                         SYNCHED_JOB_OPTIONS(.compute = change_beyond, .user = &wrong,
                                             .round_count = ROUNDS, .flags = SYNCHED_JOB_CHECKED)),
      0);
  cr_assert_eq(synched_job_run(job), says == NULL ? 0 : SYNCHED_EFAULT, "%s",
               synched_error_message());
  if (says != NULL)
    cr_assert_not_null(strstr(synched_error_message(), says), "\"%s\"", synched_error_message());
  cr_assert_eq(synched_job_destroy(job), 0);
  memory_end(memory);
  pool_end(pool);
}

Test(check_rare, writes_beyond_both_ends_of_what_is_changed_in_place_are_found) {
  run_in_place(SEGMENTS, NULL);
  run_in_place(0, "1 before it, which is outside of the memory");
  run_in_place(SEGMENTS - 1, "1 behind it, which is outside of the memory");
  run_in_place(2, "element 0 of segment 3");
}

struct copies {
  uint64_t round;
  unsigned wrong_count;
};

static int add_one(struct synched_task *task, void *user) {
  (void)user;
  for (size_t i = 0; i < task->capacity; i++)
    ((double *)task->out)[i] += 1.0;
  return 0;
}

static void see_copy(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  struct copies *copies = user;
  const double *elements = now->data;
  (void)job;
  copies->wrong_count += now->round != ++copies->round;
  for (size_t i = 0; i < SEGMENTS * CAPACITY; i++)
    copies->wrong_count += elements[i] != (double)now->round;
}

/* The workers' copies are no calls of the job's: none of these is made twice. */
Test(check_rare, copies_of_what_is_changed_in_place_are_as_they_are) {
  struct synched_pool *pool = pool_new(2);
  struct synched_memory *memory =
      memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = CAPACITY,
                                         .element_size = sizeof(double), .lease_count = 1,
                                         .flags = SYNCHED_MEMORY_IN_PLACE));
  struct copies copies = {0};
  struct synched_job *job;
  cr_assert_eq(
      synched_job_create(&job, pool, memory,
                         SYNCHED_JOB_OPTIONS(.compute = add_one, .on_snapshot = see_copy,
                                             .delivery = SYNCHED_DELIVER_EVERY, .user = &copies,
                                             .round_count = ROUNDS, .flags = SYNCHED_JOB_CHECKED)),
      0, "%s", synched_error_message());
  cr_assert_eq(synched_job_run(job), 0, "%s", synched_error_message());
  cr_expect_eq(copies.round, ROUNDS);
  cr_expect_eq(copies.wrong_count, 0);
  cr_assert_eq(synched_job_destroy(job), 0);
  memory_end(memory);
  pool_end(pool);
}

/* --- what is the same whatever it is given --- */

/* When it is made for the second time, which is how it is found, and never again. */
static int be_other_once(struct synched_task *task, void *user) {
  static unsigned count;
  double *out = write_all(task);
  (void)user;
  if (is_wrong(task) && ++count == 2)
    out[1] += 1.0;
  return 0;
}

Test(check_rare, what_differs_and_never_again_is_told_all_the_same) {
  expect(JOB(.compute = be_other_once, .reads = own), false,
         SAYS("element 1 of its segment depends on more than what the call may read"));
}

/* --- two fields --- */

static int leave_second(struct synched_task *task, void *user) {
  double *second = synched_task_out(task, 1);
  (void)user;
  (void)write_all(task);
  for (size_t i = 0; i < CAPACITY; i++)
    if (!is_wrong(task) || i != 1)
      second[i] = 2.0;
  return 0;
}

static int read_second(struct synched_task *task, void *user) {
  double *out = write_all(task);
  (void)user;
  memcpy(synched_task_out(task, 1), out, CAPACITY * sizeof *out);
  if (is_wrong(task))
    out[1] += segment_of(task, 1, 4)[3];
  return 0;
}

static int read_first(struct synched_task *task, void *user) {
  double *out = write_all(task);
  (void)user;
  memcpy(synched_task_out(task, 1), out, CAPACITY * sizeof *out);
  if (is_wrong(task))
    out[1] += segment_of(task, 0, 4)[3];
  return 0;
}

static int lie_of_second(struct synched_task *task, void *user) {
  double *second = synched_task_out(task, 1);
  (void)user;
  memcpy(task->out, segment_of(task, 0, task->segment), CAPACITY * sizeof(double));
  memcpy(second, segment_of(task, 1, task->segment), CAPACITY * sizeof(double));
  task->unchanged = task->segment == 2;
  if (task->segment == 2)
    second[1] += 1.0;
  return 0;
}

Test(check_rare, second_field_is_named) {
  expect(JOB(.compute = leave_second), true, SAYS("element 1 of field 1"));
  expect(JOB(.compute = read_second, .reads = own), true,
         SAYS("element 3 of segment 4 of field 1"));
  expect(JOB(.compute = read_first, .reads = own), true, SAYS("element 3 of segment 4 of field 0"));
  expect(JOB(.compute = lie_of_second, .reads = own, .flags = SYNCHED_JOB_SKIP_UNCHANGED), true,
         (const char *const[]){"segment 2 failed in round 1", "`unchanged`", "element 1 of field 1",
                               NULL});
}

static int init_both(struct synched_task *task, void *user) {
  (void)user;
  (void)write_all(task);
  memcpy(synched_task_out(task, 1), task->out, CAPACITY * sizeof(double));
  return 0;
}

static int read_second_everywhere(struct synched_task *task, void *user) {
  double *out = write_all(task);
  (void)user;
  for (size_t s = 0; s < SEGMENTS; s++)
    out[0] += segment_of(task, 1, s)[0];
  return 0;
}

/* The field that only init writes. */
Test(check_rare, field_of_init_can_be_read_everywhere_afterwards) {
  const struct synched_stage stage = {
      .compute = read_second_everywhere, .writes = SYNCHED_FIELD(0), .reads = own};
  expect(JOB(.stages = &stage, .stage_count = 1, .init = init_both), true, NULL);
}
