/*
 * allocator_test.c: the program's own allocator: what it is asked for, that everything comes back
 * to it, what its refusals do, and when it can be changed.
 */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "platform/alloc.h"
#include "support/support.h"
#include "support/unit_support.h"

/* --- an allocator that counts, and refuses where it is told to --- */

/* In front of each block, so that a block that is not its own is noticed. */
struct mark {
  _Alignas(128) size_t bytes;
  const void *owner;
};

struct purse {
  _Atomic uint64_t taken_count, in_use_count;
  _Atomic uint64_t wrong_count;   /* requests and releases that no allocator should see */
  _Atomic uint64_t refuse_at;     /* the number of a request; 0: none */
  _Atomic uint64_t refused_count; /* requests */
  size_t off;                     /* what its blocks are misplaced by */
};

static void *purse_allocate(size_t bytes, size_t alignment, void *user) {
  struct purse *purse = user;
  const uint64_t number = atomic_fetch_add(&purse->taken_count, 1) + 1;
  if (bytes == 0 || alignment == 0 || alignment > 128 || (alignment & (alignment - 1)) != 0)
    (void)atomic_fetch_add(&purse->wrong_count, 1);
  if (number == atomic_load(&purse->refuse_at)) {
    (void)atomic_fetch_add(&purse->refused_count, 1);
    return NULL;
  }
  struct mark *mark = aligned_alloc(128, sizeof *mark + (bytes + 255) / 128 * 128);
  if (mark == NULL)
    return NULL;
  *mark = (struct mark){bytes, purse};
  (void)atomic_fetch_add(&purse->in_use_count, 1);
  return memset((unsigned char *)(mark + 1) + purse->off, 0xab, bytes);
}

static void purse_release(void *block, void *user) {
  struct purse *purse = user;
  struct mark *mark = (struct mark *)(void *)((unsigned char *)block - purse->off) - 1;
  if (mark->owner != purse)
    (void)atomic_fetch_add(&purse->wrong_count, 1);
  (void)atomic_fetch_sub(&purse->in_use_count, 1);
  free(mark);
}

static void purse_open(struct purse *purse) {
  const struct synched_allocator allocator = {purse_allocate, purse_release, purse};
  cr_assert_eq(synched_set_allocator(&allocator), 0, "%s", synched_error_message());
}

static void purse_close(const struct purse *purse) {
  cr_assert_eq(synched_set_allocator(NULL), 0, "%s", synched_error_message());
  cr_assert_eq(purse->in_use_count, 0);
  cr_assert_eq(purse->wrong_count, 0);
}

/* --- what it is asked for --- */

Test(allocator, blocks_are_zeros_and_aligned_whatever_it_gives) {
  struct purse purse = {0};
  purse_open(&purse);
  static const size_t sizes[] = {0, 1, 7, 127, 128, 129, 5000};
  for (size_t i = 0; i < LENGTH(sizes); i++) {
    unsigned char *plain = synched__alloc(3, sizes[i]);
    unsigned char *lines = synched__alloc_lines(3, sizes[i]);
    cr_assert(plain != NULL && lines != NULL);
    cr_assert_eq((uintptr_t)plain % _Alignof(max_align_t), 0);
    cr_assert_eq((uintptr_t)lines % SYNCHED__CACHE_LINE, 0);
    for (size_t at = 0; at < 3 * sizes[i]; at++)
      cr_assert_eq(plain[at] | lines[at], 0);
    cr_assert_eq(((const struct mark *)(const void *)lines - 1)->bytes % SYNCHED__CACHE_LINE, 0,
                 "its last line is not its own");
    synched__free(plain);
    synched__free(lines);
  }
  purse_close(&purse);
}

Test(allocator, sizes_that_overflow_are_not_asked_for) {
  struct purse purse = {0};
  purse_open(&purse);
  static const size_t counts[][2] = {
      {SIZE_MAX, 2}, {2, SIZE_MAX}, {SIZE_MAX, 1}, {SIZE_MAX / 2 + 1, 2}};
  for (size_t i = 0; i < LENGTH(counts); i++)
    cr_assert_null(synched__alloc_lines(counts[i][0], counts[i][1]));
  cr_assert_null(synched__alloc(SIZE_MAX / 2 + 1, 2));
  cr_assert_eq(purse.taken_count, 0);
  purse_close(&purse);
}

Test(allocator, block_at_the_wrong_place_counts_as_refused) {
  struct purse purse = {.off = 8};
  struct synched_memory *memory = (struct synched_memory *)&memory;
  purse_open(&purse);
  expect_refused(synched_memory_create(&memory, SYNCHED_MEMORY_OPTIONS(.segment_count = 1,
                                                                       .segment_capacity = 1,
                                                                       .element_size = 1)),
                 SYNCHED_ENOMEM, "memory");
  cr_assert_null(memory);
  cr_assert_eq(purse.taken_count, 1);
  purse_close(&purse);
}

/* --- whole lives --- */

static int count_up(struct synched_task *task, void *user) {
  (void)user;
  const uint64_t *was = synched_snapshot_segment(task->previous, task->segment);
  *(uint64_t *)task->out = *was + 1;
  task->contribution = (double)*was;
  return 0;
}

static void count_delivery(struct synched_job *job, const struct synched_snapshot *now,
                           void *user) {
  (void)job;
  (void)now;
  (*(unsigned *)user)++;
}

enum { SEGMENTS = 9, ROUNDS = 20 };

#define MEMORY                                                                                     \
  SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = 1,                         \
                         .element_size = sizeof(uint64_t), .lease_count = 2)
#define JOB(delivery_count)                                                                        \
  SYNCHED_JOB_OPTIONS(.compute = count_up, .on_snapshot = count_delivery,                          \
                      .user = (delivery_count), .delivery = SYNCHED_DELIVER_EVERY,                 \
                      .fold = SYNCHED_FOLD_SUM, .round_count = ROUNDS)

static void run_writers(void) {
  struct synched_memory *memory = memory_with(
      SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1, .element_size = 1));
  struct synched_writer *writer;
  const struct synched_snapshot *now;
  cr_assert_eq(synched_writer_open(&writer, memory, 0), 0);
  cr_assert_eq(synched_writer_write_sync_read(writer, "x", 1, &now), 0);
  cr_assert_eq(*(const char *)now->data, 'x');
  cr_assert_eq(synched_writer_close(writer), 0);
  memory_end(memory);
}

static void run_job(void) {
  unsigned delivery_count = 0;
  struct engine engine = engine_new(pool_new(3), MEMORY, JOB(&delivery_count));
  cr_assert_eq(synched_job_run(engine.job), 0);
  const struct synched_snapshot *now = synched_snapshot_current(engine.memory);
  for (size_t s = 0; s < SEGMENTS; s++)
    cr_assert_eq(*(const uint64_t *)synched_snapshot_segment(now, s), ROUNDS);
  cr_assert_float_eq(now->fold, SEGMENTS * (ROUNDS - 1), 0);
  synched_snapshot_release(now);
  cr_assert_eq(delivery_count, ROUNDS);
  engine_end_with_pool(&engine);
}

Test(allocator, everything_comes_from_it_and_goes_back) {
  struct purse purse = {0};
  purse_open(&purse);
  run_job();
  run_writers();
  (void)usable_cpus();
  cr_assert_gt(purse.taken_count, 20);
  purse_close(&purse);
  const uint64_t taken_count = purse.taken_count;
  run_job();
  cr_assert_eq(purse.taken_count, taken_count, "it is not in force any more");
}

/* --- refusals --- */

struct refusal {
  int (*attempt)(void **out);
  void (*undo)(void *made);
};

/* Refuses the first request, then only the second, and so on, until none is refused; returns how
 * many failed. */
static unsigned refuse_each(struct purse *purse, const struct refusal *refusal) {
  unsigned failed_count = 0;
  for (uint64_t nth = 1;; nth++) {
    void *made = &made;
    const uint64_t in_use_count = purse->in_use_count, refused_count = purse->refused_count;
    (void)synched__fail(0, "nothing was said");
    purse->refuse_at = purse->taken_count + nth;
    int status = refusal->attempt(&made);
    const bool refused = purse->refused_count != refused_count;
    purse->refuse_at = 0;
    if (status != 0) {
      failed_count++;
      cr_assert(refused, "%s: %s", synched_err_name(status), synched_error_message());
      cr_assert_eq(status, SYNCHED_ENOMEM, "request %u: %s", (unsigned)nth,
                   synched_err_name(status));
      cr_assert_null(made);
      cr_assert_str_neq(synched_error_message(), "nothing was said");
    } else {
      refusal->undo(made);
    }
    cr_assert_eq(purse->in_use_count, in_use_count, "request %u", (unsigned)nth);
    if (!refused)
      return failed_count;
  }
}

static struct engine stage; /* of what the attempts need to be there already */

static int make_pool(void **out) {
  struct synched_pool *pool;
  int status = synched_pool_create(
      &pool, SYNCHED_POOL_OPTIONS(.worker_count = 3, .affinity = SYNCHED_AFFINITY_SCATTER));
  *out = pool;
  return status;
}

static void end_pool(void *made) {
  pool_end(made);
}

static int make_memory(void **out) {
  struct synched_memory *memory;
  int status = synched_memory_create(&memory, MEMORY);
  *out = memory;
  return status;
}

static void end_memory(void *made) {
  memory_end(made);
}

static int make_job(void **out) {
  static unsigned delivery_count;
  struct synched_job *job;
  int status = synched_job_create(&job, stage.pool, stage.memory, JOB(&delivery_count));
  *out = job;
  return status;
}

static void end_job(void *made) {
  cr_assert_eq(synched_job_destroy(made), 0);
}

/* The first writer makes the seats of all, which stay as long as the memory; so each is on a memory
 * of its own. */
static int make_writer(void **out) {
  struct synched_memory *memory;
  struct synched_writer *writer;
  *out = NULL;
  int status = synched_memory_create(&memory, MEMORY);
  if (status != 0)
    return status;
  status = synched_writer_open(&writer, memory, 3);
  cr_assert_eq(writer == NULL, status != 0);
  if (status == 0)
    cr_assert_eq(synched_writer_close(writer), 0);
  if (status == 0)
    *out = memory;
  else
    memory_end(memory);
  return status;
}

static int run_once(void **out) {
  *out = NULL;
  return synched_job_run(stage.job);
}

static int ask_topology(void **out) {
  struct synched_topology_info info = {.struct_size = sizeof info};
  struct synched_place places[3];
  *out = NULL;
  int status = synched_topology_info(&info);
  return status != 0 ? status : synched_topology_plan(places, 3, SYNCHED_AFFINITY_LIST, "0");
}

static void end_nothing(void *made) {
  cr_assert_null(made);
}

Test(allocator, refusal_at_any_point_is_no_memory_and_leaves_nothing) {
  static const struct {
    struct refusal refusal;
    unsigned least; /* requests whose refusal makes it fail */
  } rows[] = {{{make_pool, end_pool}, 8},       {{make_memory, end_memory}, 8},
              {{make_job, end_job}, 6},         {{make_writer, end_memory}, 10},
              {{ask_topology, end_nothing}, 6}, {{run_once, end_nothing}, 1}};
  struct purse purse = {0};
  purse_open(&purse);
  stage.pool = pool_new(2);
  for (size_t i = 0; i < LENGTH(rows); i++) {
    unsigned delivery_count = 0;
    stage.memory = memory_with(MEMORY);
    if (rows[i].refusal.attempt == run_once)
      cr_assert_eq(synched_job_create(&stage.job, stage.pool, stage.memory, JOB(&delivery_count)),
                   0);
    cr_assert_geq(refuse_each(&purse, &rows[i].refusal), rows[i].least, "row %zu", i);
    cr_assert_eq(synched_job_destroy(stage.job), 0);
    stage.job = NULL;
    memory_end(stage.memory);
  }
  pool_end(stage.pool);
  purse_close(&purse);
}

/* --- when it can be set --- */

Test(allocator, set_with_a_null_function_is_refused_and_changes_nothing) {
  struct purse purse = {0};
  purse_open(&purse);
  expect_refused(synched_set_allocator(&(struct synched_allocator){NULL, purse_release, &purse}),
                 SYNCHED_EINVAL, "allocate is NULL");
  expect_refused(synched_set_allocator(&(struct synched_allocator){purse_allocate, NULL, &purse}),
                 SYNCHED_EINVAL, "release is NULL");
  expect_refused(synched_set_allocator(&(struct synched_allocator){0}), SYNCHED_EINVAL, "NULL");
  run_writers();
  cr_assert_gt(purse.taken_count, 0, "another one is in force");
  purse_close(&purse);
}

static void expect_busy(void) {
  struct purse purse = {0};
  expect_refused(
      synched_set_allocator(&(struct synched_allocator){purse_allocate, purse_release, &purse}),
      SYNCHED_EBUSY, "in use");
  expect_refused(synched_set_allocator(NULL), SYNCHED_EBUSY, "in use");
  run_writers();
  cr_assert_eq(purse.taken_count, 0);
}

/* Under malloc's, then under one of the program's own: each thing by itself keeps the allocator
 * where it is. */
static void expect_busy_with_each(void) {
  unsigned delivery_count = 0;
  struct synched_pool *pool = pool_new(1);
  expect_busy();
  pool_end(pool);
  struct synched_memory *memory = memory_with(MEMORY);
  expect_busy();
  const struct synched_snapshot *now = synched_snapshot_current(memory);
  expect_busy();
  synched_snapshot_release(now);
  memory_end(memory);
  struct engine engine = engine_new(pool_new(2), MEMORY, JOB(&delivery_count));
  expect_busy();
  cr_assert_eq(synched_job_run(engine.job), 0);
  expect_busy();
  engine_end_with_pool(&engine);
}

Test(allocator, set_while_something_is_in_use_is_busy) {
  struct purse purse = {0};
  expect_busy_with_each();
  purse_open(&purse);
  expect_busy_with_each();
  purse_close(&purse);
}

static int note_busy(struct synched_task *task, void *user) {
  (void)task;
  if (synched_set_allocator(NULL) == SYNCHED_EBUSY)
    (void)atomic_fetch_add((_Atomic uint32_t *)user, 1);
  return 0;
}

Test(allocator, set_in_a_compute_call_is_busy) {
  _Atomic uint32_t busy_count = 0;
  struct engine engine =
      engine_new(pool_new(2), MEMORY,
                 SYNCHED_JOB_OPTIONS(.compute = note_busy, .user = &busy_count, .round_count = 2));
  cr_assert_eq(synched_job_run(engine.job), 0);
  engine_end_with_pool(&engine);
  cr_assert_eq(busy_count, 2 * SEGMENTS);
}
