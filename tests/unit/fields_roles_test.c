/*
 * fields_roles_test.c: memories in roles that they rarely have: only read, large, changed in place
 * without a loop, in buffers of the program's own, and read by somebody when a job wants them.
 */
#include <criterion/criterion.h>

#include <string.h>

#include "support/support.h"
#include "support/unit_support.h"

#define SEGMENTS 3u
#define CAPACITY 4u

static struct synched_memory *memory_of(unsigned lease_count, uint32_t flags) {
  return memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = CAPACITY,
                                            .element_size = sizeof(uint64_t), .flags = flags,
                                            .lease_count = lease_count));
}

static int count_up(struct synched_task *task, void *user) {
  const unsigned field_count = task->parts == NULL ? 1 : task->parts->field_count;
  (void)user;
  for (unsigned f = 0; f < field_count; f++) {
    uint64_t *out = synched_task_out(task, f);
    for (size_t i = 0; out != NULL && i < task->capacity; i++)
      out[i] = task->round * 10 + f;
  }
  return 0;
}

static void expect_all(struct synched_memory *memory, uint64_t value) {
  const struct synched_snapshot *now = synched_snapshot_current(memory);
  const uint64_t *elements = now->data;
  for (size_t i = 0; i < now->element_count; i++)
    cr_assert_eq(elements[i], value, "element %zu is %llu", i, (unsigned long long)elements[i]);
  synched_snapshot_release(now);
}

static void destroy_job(struct synched_job *job) {
  cr_assert_eq(synched_job_destroy(job), 0, "%s", synched_error_message());
}

/* --- only read --- */

Test(fields_roles, only_field_can_be_one_that_is_only_read) {
  struct synched_pool *pool = pool_new(2);
  struct synched_memory *memory = memory_of(0, 0);
  struct synched_job *job;
  cr_assert_eq(synched_job_create(&job, pool, memory,
                                  SYNCHED_JOB_OPTIONS(.compute = count_up, .round_count = 5,
                                                      .reads_only = SYNCHED_FIELD(0))),
               0);
  cr_assert_eq(synched_job_run(job), 0);
  cr_assert_eq(memory_round(memory), 5);
  expect_all(memory, 0);
  destroy_job(job);
  memory_end(memory);
  pool_end(pool);
}

/* What is only read is as it was after a round that was dropped. */
Test(fields_roles, what_is_only_read_in_place_allows_dropped_rounds) {
  struct synched_pool *pool = pool_new(2);
  struct synched_memory *first = memory_of(0, 0);
  struct synched_memory *second = memory_of(0, SYNCHED_MEMORY_IN_PLACE);
  struct synched_job *job;
  cr_assert_eq(
      synched_job_create(&job, pool, first,
                         SYNCHED_JOB_OPTIONS(.compute = count_up, .fields = &second,
                                             .field_count = 2, .reads_only = SYNCHED_FIELD(1),
                                             .round_count = 3, .deadline_ns = 3600000000000,
                                             .deadline_policy = SYNCHED_DEADLINE_CANCEL)),
      0, "%s", synched_error_message());
  cr_assert_eq(synched_job_run(job), 0);
  expect_all(first, 30);
  destroy_job(job);
  memory_end(first);
  memory_end(second);
  pool_end(pool);
}

/* --- in place, without a loop --- */

static void never(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  (void)job;
  (void)now;
  *(unsigned *)user += 1;
}

static int add_one(struct synched_task *task, void *user) {
  uint64_t *out = task->out;
  (void)user;
  for (size_t i = 0; i < CAPACITY; i++)
    out[i]++;
  return 0;
}

Test(fields_roles, advances_make_no_copies_of_what_is_changed_in_place) {
  struct synched_pool *pool = pool_new(2);
  struct synched_memory *memory = memory_of(1, SYNCHED_MEMORY_IN_PLACE);
  struct synched_job *job;
  unsigned count = 0;
  cr_assert_eq(synched_job_create(
                   &job, pool, memory,
                   SYNCHED_JOB_OPTIONS(.compute = add_one, .user = &count, .on_snapshot = never)),
               0);
  for (unsigned i = 0; i < 10; i++)
    cr_assert_eq(synched_job_advance(job, 3), 0, "%s", synched_error_message());
  cr_assert_eq(count, 0);
  cr_assert_null(synched_snapshot_current(memory));
  const uint64_t *elements = synched_memory_elements(memory);
  for (size_t i = 0; i < (size_t)SEGMENTS * CAPACITY; i++)
    cr_assert_eq(elements[i], 30);
  destroy_job(job);
  memory_end(memory);
  pool_end(pool);
}

static void look_for_copy(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  (void)job;
  *(unsigned *)user += now->fields[1]->data == NULL ? 1 : 1000;
}

/* There is no block for one. */
Test(fields_roles, without_leases_what_is_changed_in_place_is_not_copied) {
  struct synched_pool *pool = pool_new(2);
  struct synched_memory *first = memory_of(1, 0);
  struct synched_memory *second = memory_of(0, SYNCHED_MEMORY_IN_PLACE);
  struct synched_job *job;
  unsigned count = 0;
  cr_assert_eq(
      synched_job_create(&job, pool, first,
                         SYNCHED_JOB_OPTIONS(.compute = count_up, .fields = &second,
                                             .field_count = 2, .user = &count, .round_count = 5,
                                             .on_snapshot = look_for_copy,
                                             .delivery = SYNCHED_DELIVER_EVERY)),
      0, "%s", synched_error_message());
  cr_assert_eq(synched_job_run(job), 0);
  cr_assert_eq(count, 5);
  cr_assert_eq(((const uint64_t *)synched_memory_elements(second))[0], 51);
  destroy_job(job);
  memory_end(first);
  memory_end(second);
  pool_end(pool);
}

Test(fields_roles, elements_are_those_of_a_memory_that_is_changed_in_place) {
  struct synched_memory *memory = memory_of(0, 0);
  cr_assert_null(synched_memory_elements(NULL));
  cr_assert_null(synched_memory_elements(memory));
  memory_end(memory);
}

static struct synched_job *cancelled_in_init;

static int cancel_in_init(struct synched_task *task, void *user) {
  (void)user;
  if (task->segment == 0)
    (void)synched_job_cancel(cancelled_in_init);
  return 0;
}

Test(fields_roles, cancel_in_init_leaves_what_is_changed_in_place_undefined) {
  struct synched_pool *pool = pool_new(2);
  struct synched_memory *memory = memory_of(0, SYNCHED_MEMORY_IN_PLACE);
  cr_assert_eq(synched_job_create(&cancelled_in_init, pool, memory,
                                  SYNCHED_JOB_OPTIONS(.compute = add_one, .init = cancel_in_init,
                                                      .round_count = 1)),
               0);
  cr_assert_eq(synched_job_run(cancelled_in_init), SYNCHED_ECANCELED);
  cr_assert_str_eq(synched_error_message(),
                   "the job was cancelled before its init was complete; the memory, changed in "
                   "place, is undefined now");
  destroy_job(cancelled_in_init);
  memory_end(memory);
  pool_end(pool);
}

/* --- stages of one field --- */

static int count_too_much(struct synched_task *task, void *user) {
  (void)user;
  if (task->round == 2 && task->segment == 1)
    task->count = CAPACITY + 1;
  return 0;
}

Test(fields_roles, count_beyond_the_capacity_of_the_only_field_names_the_stage) {
  static const struct synched_stage stages[] = {{.compute = compute_nothing, .name = "first"},
                                                {.compute = count_too_much, .name = "second"}};
  struct synched_pool *pool = pool_new(2);
  struct synched_memory *memory = memory_of(0, 0);
  struct synched_job *job;
  cr_assert_eq(
      synched_job_create(&job, pool, memory,
                         SYNCHED_JOB_OPTIONS(.stages = stages, .stage_count = 2, .round_count = 3)),
      0);
  cr_assert_eq(synched_job_run(job), SYNCHED_ERANGE);
  cr_assert_str_eq(synched_error_message(),
                   "segment 1 failed in round 2 in stage \"second\": it set count to 5, and has a "
                   "capacity of 4");
  cr_assert_eq(memory_round(memory), 1);
  destroy_job(job);
  memory_end(memory);
  pool_end(pool);
}

/* What a stage sees of an earlier one is nobody's to release. */
static int release_what_is_seen(struct synched_task *task, void *user) {
  const uint64_t *seen = synched_task_field(task, 0)->data;
  (void)user;
  synched_snapshot_release(synched_task_field(task, 0));
  ((uint64_t *)task->out)[0] = seen[task->segment * CAPACITY] + 1;
  return 0;
}

Test(fields_roles, release_of_what_is_not_published_does_nothing) {
  static const struct synched_stage stages[] = {{.compute = count_up},
                                                {.compute = release_what_is_seen}};
  struct synched_pool *pool = pool_new(2);
  struct synched_memory *memory = memory_of(0, 0);
  struct synched_job *job;
  cr_assert_eq(synched_job_create(
                   &job, pool, memory,
                   SYNCHED_JOB_OPTIONS(.stages = stages, .stage_count = 2, .round_count = 40)),
               0);
  cr_assert_eq(synched_job_run(job), 0);
  const struct synched_snapshot *now = synched_snapshot_current(memory);
  for (size_t s = 0; s < SEGMENTS; s++)
    cr_assert_eq(((const uint64_t *)now->data)[s * CAPACITY], 401);
  synched_snapshot_release(now);
  destroy_job(job);
  memory_end(memory);
  pool_end(pool);
}

/* --- large ones --- */

#define LARGE ((size_t)1 << 14)

/* Their pages have places: no thread takes a worker's until all blocks have been computed at
 * home. */
Test(fields_roles, large_fields_are_advanced_by_their_workers_first) {
  for (unsigned workers = 1; workers <= 3; workers++) {
    struct synched_pool *pool =
        pool_with(SYNCHED_POOL_OPTIONS(.worker_count = workers, .wait = SYNCHED_WAIT_SLEEP));
    const struct synched_memory_options options = {.struct_size = sizeof options,
                                                   .segment_count = SEGMENTS,
                                                   .segment_capacity = LARGE,
                                                   .element_size = sizeof(uint64_t),
                                                   .refill = SYNCHED_REFILL_NONE};
    struct synched_memory *first = memory_with(&options), *second = memory_with(&options);
    struct synched_job *jobs[2];
    cr_assert_eq(synched_job_create(
                     &jobs[0], pool, first,
                     SYNCHED_JOB_OPTIONS(.compute = count_up, .fields = &second, .field_count = 2)),
                 0);
    struct synched_memory *alone = memory_with(&options);
    cr_assert_eq(
        synched_job_create(&jobs[1], pool, alone, SYNCHED_JOB_OPTIONS(.compute = count_up)), 0);
    for (uint64_t round = 1; round <= 6; round++) {
      for (unsigned j = 0; j < 2; j++)
        cr_assert_eq(synched_job_advance(jobs[j], 1), 0, "%s", synched_error_message());
      expect_all(first, 10 * round);
      expect_all(second, 10 * round + 1);
      expect_all(alone, 10 * round);
      nap_ms(1);
    }
    for (unsigned j = 0; j < 2; j++)
      destroy_job(jobs[j]);
    memory_end(first);
    memory_end(second);
    memory_end(alone);
    pool_end(pool);
  }
}

/* --- the program's own buffers --- */

/* malloc aligns to 16 bytes, and a structure lies where the widest of its members may. */
Test(fields_roles, structures_lie_wherever_their_numbers_may) {
  static _Alignas(128) unsigned char storage[2048];
  static const size_t sizes[] = {16, 24, 64, 256};
  const size_t least = _Alignof(struct { double number; });
  void *const buffers[] = {storage + least, storage + 1024 + least};
  for (size_t i = 0; i < LENGTH(sizes); i++) {
    struct synched_memory_needs needs;
    struct synched_memory_options options =
        *SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 1, .element_size = sizes[i],
                                .buffers = buffers, .buffer_count = 2,
                                .buffer_bytes = 2 * sizes[i]);
    cr_assert_eq(synched_memory_needs(&options, &needs), 0);
    cr_assert_eq(needs.alignment, least);
    memory_end(memory_with(&options));
  }
}

Test(fields_roles, leases_of_the_first_field_want_as_many_buffers_of_the_others) {
  static uint64_t arrays[2][SEGMENTS * CAPACITY];
  void *const buffers[] = {arrays[0], arrays[1]};
  struct synched_pool *pool = pool_new(1);
  struct synched_memory *first = memory_of(1, 0);
  struct synched_memory *own =
      memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = CAPACITY,
                                         .element_size = sizeof(uint64_t), .buffers = buffers,
                                         .buffer_count = 2, .buffer_bytes = sizeof arrays[0]));
  struct synched_job *job;
  expect_refused(synched_job_create(
                     &job, pool, first,
                     SYNCHED_JOB_OPTIONS(.compute = count_up, .fields = &own, .field_count = 2)),
                 SYNCHED_EINVAL,
                 "field 1 has 2 buffers of the program's own, and the job needs 3 of it");
  cr_assert_null(job);
  memory_end(first);
  memory_end(own);
  pool_end(pool);
}

/* --- a reader --- */

/* What is current when the run ends is held, and so was the one before until then: the next buffer
 * is kept from readers. */
static int hold_latest(const struct synched_snapshot *now, void *user) {
  const struct synched_snapshot **held = user;
  const struct synched_snapshot *before = *held;
  *held = synched_snapshot_retain(now);
  synched_snapshot_release(before);
  return SYNCHED_CONTINUE;
}

Test(fields_roles, memory_whose_snapshot_is_held_is_no_field_until_it_is_released) {
  struct synched_pool *pool = pool_new(2);
  for (uint64_t rounds = 1; rounds <= 4; rounds++) {
    const struct synched_snapshot *held = NULL;
    struct synched_memory *first = memory_of(0, 0), *second = memory_of(1, 0);
    struct synched_job *job;
    cr_assert_eq(
        synched_job_create(&job, pool, second,
                           SYNCHED_JOB_OPTIONS(.compute = count_up, .user = &held,
                                               .on_round = hold_latest, .round_count = rounds)),
        0);
    cr_assert_eq(synched_job_run(job), 0);
    destroy_job(job);
    const struct synched_job_options *fields =
        SYNCHED_JOB_OPTIONS(.compute = count_up, .fields = &second, .field_count = 2,
                            .round_count = 2);
    expect_refused(synched_job_create(&job, pool, first, fields), SYNCHED_EBUSY,
                   "a snapshot of field 1 is retained");
    expect_all(second, 10 * rounds);
    synched_snapshot_release(held);
    cr_assert_eq(synched_job_create(&job, pool, first, fields), 0, "%s", synched_error_message());
    cr_assert_eq(synched_job_run(job), 0);
    expect_all(first, 20);
    expect_all(second, 21);
    destroy_job(job);
    memory_end(first);
    memory_end(second);
  }
  pool_end(pool);
}
