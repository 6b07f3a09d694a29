/*
 * pool_for_test.c: parallel loops on a pool's workers: each index once, the lowest failure, turns
 * with jobs and with each other, and nothing that is left of them.
 */
#include <criterion/criterion.h>

#include <fenv.h>
#include <uv.h>

#include "support/support.h"
#include "support/unit_support.h"

#define INDICES 100000u
#define WORKERS_MOST 5u

/* What a loop's turns look at, and what they have found. */
struct sums {
  size_t count;
  uint64_t values[INDICES];
  size_t fail_from;
  struct synched_pool *pool;
  _Atomic uint32_t in_turn[WORKERS_MOST + 1];
  _Atomic uint32_t shared_scratch, wrong_mode, refused;
  _Atomic uint32_t done_count;
  int status;
};

static uint64_t value_of(size_t index) {
  uint64_t value = index + 1;
  for (unsigned i = 0; i < 8; i++)
    value = value * UINT64_C(6364136223846793005) + index;
  return value;
}

static int add(size_t index, unsigned worker, void *user) {
  struct sums *sums = user;
  if (atomic_exchange(&sums->in_turn[worker], 1) != 0)
    atomic_fetch_add(&sums->shared_scratch, 1);
  sums->values[index] += value_of(index);
  atomic_store(&sums->in_turn[worker], 0);
  return index >= sums->fail_from ? -3000 - (int)(index % 1000) : 0;
}

static struct sums *sums_new(size_t count) {
  struct sums *sums = calloc(1, sizeof *sums);
  cr_assert_not_null(sums);
  sums->count = count;
  sums->fail_from = SIZE_MAX;
  return sums;
}

static void expect_each(const struct sums *sums, uint64_t times) {
  for (size_t i = 0; i < INDICES; i++)
    cr_assert_eq(sums->values[i], i < sums->count ? times * value_of(i) : 0, "index %zu", i);
  cr_assert_eq(sums->shared_scratch, 0);
}

Test(pool_for, each_index_comes_once_whatever_the_workers) {
  static const unsigned worker_counts[] = {1, 2, 3, 5};
  static const size_t counts[] = {1, 2, 7, 1000, INDICES};
  for (unsigned i = 0; i < LENGTH(worker_counts); i++) {
    struct synched_pool *pool = pool_new(worker_counts[i]);
    for (unsigned c = 0; c < LENGTH(counts); c++) {
      struct sums *sums = sums_new(counts[c]);
      for (unsigned repeat = 0; repeat < 12; repeat++)
        cr_assert_eq(synched_pool_for(pool, counts[c], add, sums), 0);
      expect_each(sums, 12);
      free(sums);
    }
    pool_end(pool);
  }
}

Test(pool_for, lowest_failing_index_is_the_one_that_counts) {
  struct synched_pool *pool = pool_new(3);
  for (size_t from = 0; from < INDICES; from = from * 2 + 1) {
    struct sums *sums = sums_new(INDICES);
    sums->fail_from = from;
    expect_refused(synched_pool_for(pool, INDICES, add, sums), -3000 - (int)(from % 1000),
                   "parallel loop");
    for (size_t i = 0; i <= from; i++)
      cr_assert_eq(sums->values[i], value_of(i));
    sums->fail_from = SIZE_MAX;
    memset(sums->values, 0, sizeof sums->values);
    cr_assert_eq(synched_pool_for(pool, INDICES, add, sums), 0);
    expect_each(sums, 1);
    free(sums);
  }
  pool_end(pool);
}

static int nest(size_t index, unsigned worker, void *user) {
  struct sums *sums = user;
  (void)worker;
  if (synched_pool_for(sums->pool, 3, add, user) == SYNCHED_EDEADLK)
    atomic_fetch_add(&sums->refused, 1);
  if (fegetround() != FE_UPWARD)
    atomic_fetch_add(&sums->wrong_mode, 1);
  sums->values[index] += value_of(index);
  return 0;
}

Test(pool_for, turns_have_the_callers_mode_and_cannot_nest) {
  struct synched_pool *pool = pool_new(2);
  struct sums *sums = sums_new(1000);
  sums->pool = pool;
  cr_assert_eq(fesetround(FE_UPWARD), 0);
  for (unsigned i = 0; i < 10; i++)
    cr_assert_eq(synched_pool_for(pool, 1000, nest, sums), 0);
  cr_assert_eq(fegetround(), FE_UPWARD);
  cr_assert_eq(fesetround(FE_TONEAREST), 0);
  cr_assert_eq(sums->refused, 10000);
  cr_assert_eq(sums->wrong_mode, 0);
  expect_each(sums, 10);
  free(sums);
  pool_end(pool);
}

/* --- what it takes from the system --- */

static _Atomic uint32_t allocation_count;

static void *allocate(size_t bytes, size_t alignment, void *user) {
  (void)user;
  atomic_fetch_add(&allocation_count, 1);
  return aligned_alloc(alignment < 16 ? 16 : alignment, (bytes + 127) / 128 * 128);
}

static void release(void *block, void *user) {
  (void)user;
  free(block);
}

Test(pool_for, only_the_first_loop_of_a_pool_allocates) {
  const struct synched_allocator allocator = {allocate, release, NULL};
  cr_assert_eq(synched_set_allocator(&allocator), 0);
  struct synched_pool *pool = pool_new(2);
  struct sums *sums = sums_new(500);
  cr_assert_eq(synched_pool_for(pool, 500, add, sums), 0);
  const uint32_t count = atomic_load(&allocation_count);
  for (size_t i = 1; i < 500; i++)
    cr_assert_eq(synched_pool_for(pool, i, add, sums), 0);
  cr_assert_eq(atomic_load(&allocation_count), count);
  free(sums);
  pool_end(pool);
  cr_assert_eq(synched_set_allocator(NULL), 0);
}

/* --- beside others --- */

static int step(struct synched_task *task, void *user) {
  const uint64_t *previous = task->previous->data;
  uint64_t *out = task->out;
  (void)user;
  out[0] = previous[task->segment] * 3 + previous[(task->segment + 1) % 5];
  return 0;
}

struct threads_sums {
  struct synched_pool *pool;
  struct sums *sums;
};

static void *loop_often(void *argument) {
  struct threads_sums *each = argument;
  for (unsigned i = 0; i < 40; i++)
    if (synched_pool_for(each->pool, each->sums->count, add, each->sums) != 0)
      return "failed";
  return NULL;
}

Test(pool_for, several_threads_and_a_running_job_take_turns) {
  struct synched_pool *pool = pool_new(2);
  struct engine engine = engine_new(
      pool, SYNCHED_MEMORY_OPTIONS(.segment_count = 5, .segment_capacity = 1, .element_size = 8),
      SYNCHED_JOB_OPTIONS(.compute = step));
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(synched_job_start(engine.job, &loop), 0);
  struct crew crew = {0};
  struct threads_sums each[4];
  for (unsigned i = 0; i < LENGTH(each); i++) {
    each[i] = (struct threads_sums){pool, sums_new(1 + 300 * i)};
    crew_add(&crew, loop_often, &each[i]);
  }
  crew_join(&crew);
  cr_assert_eq(synched_job_stop(engine.job), 0);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&loop), 0);
  for (unsigned i = 0; i < LENGTH(each); i++) {
    expect_each(each[i].sums, 40);
    free(each[i].sums);
  }
  engine_end(&engine);
  pool_end(pool);
}

/* --- on an event loop --- */

static void on_done(int status, void *user) {
  struct sums *sums = user;
  sums->status = status;
  atomic_fetch_add(&sums->done_count, 1);
}

Test(pool_for, started_on_a_loop_ends_there) {
  struct synched_pool *pool = pool_new(2);
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  struct sums *sums[3] = {sums_new(1), sums_new(777), sums_new(INDICES)};
  for (unsigned repeat = 1; repeat <= 5; repeat++) {
    for (unsigned i = 0; i < 3; i++)
      cr_assert_eq(synched_pool_for_start(pool, &loop, sums[i]->count, add, sums[i], on_done), 0);
    cr_assert_eq(sums[0]->done_count, repeat - 1); /* not before the loop runs */
    cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    for (unsigned i = 0; i < 3; i++) {
      cr_assert_eq(sums[i]->done_count, repeat);
      cr_assert_eq(sums[i]->status, 0);
    }
    cr_assert_eq(synched_pool_for(pool, 777, add, sums[1]), 0);
  }
  expect_each(sums[0], 5);
  expect_each(sums[1], 10);
  expect_each(sums[2], 5);
  sums[1]->fail_from = 500;
  cr_assert_eq(synched_pool_for_start(pool, &loop, 777, add, sums[1], on_done), 0);
  expect_refused(synched_pool_destroy(pool), SYNCHED_EBUSY, "parallel loop");
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(sums[1]->status, -3500);
  cr_assert_eq(uv_loop_close(&loop), 0);
  for (unsigned i = 0; i < 3; i++)
    free(sums[i]);
  pool_end(pool);
}

/* --- a pool that is to be destroyed meanwhile --- */

static int hold_on(size_t index, unsigned worker, void *user) {
  struct sums *sums = user;
  (void)index;
  (void)worker;
  atomic_fetch_add(&sums->refused, 1);
  while (atomic_load(&sums->done_count) == 0)
    nap_ms(1);
  return 0;
}

static void *loop_and_hold(void *argument) {
  struct sums *sums = argument;
  return synched_pool_for(sums->pool, 1, hold_on, sums) == 0 ? NULL : "failed";
}

/* The second of two is what decides. */
Test(pool_for, pool_with_a_loop_under_way_is_not_destroyed) {
  struct synched_pool *pool = pool_new(2);
  struct sums *sums[2] = {sums_new(1), sums_new(1)};
  struct crew crew = {0};
  for (unsigned i = 0; i < 2; i++) {
    sums[i]->pool = pool;
    crew_add(&crew, loop_and_hold, sums[i]);
    if (i == 0)
      cr_assert(reaches(&sums[0]->refused, 1));
  }
  expect_refused(synched_pool_destroy(pool), SYNCHED_EBUSY, "parallel loop");
  atomic_store(&sums[0]->done_count, 1);
  cr_assert(reaches(&sums[1]->refused, 1));
  expect_refused(synched_pool_destroy(pool), SYNCHED_EBUSY, "parallel loop");
  atomic_store(&sums[1]->done_count, 1);
  crew_join(&crew);
  for (unsigned i = 0; i < 2; i++)
    free(sums[i]);
  pool_end(pool);
}

static void close_handle(uv_handle_t *handle, void *argument) {
  (void)argument;
  if (!uv_is_closing(handle))
    uv_close(handle, NULL);
}

Test(pool_for, loop_whose_handle_was_closed_does_not_keep_the_pool) {
  struct synched_pool *pool = pool_new(2);
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  struct sums *sums = sums_new(1);
  cr_assert_eq(synched_pool_for_start(pool, &loop, 1, hold_on, sums, on_done), 0);
  cr_assert(reaches(&sums->refused, 1));
  uv_walk(&loop, close_handle, NULL);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&loop), 0);
  /* Its turn goes on. */
  expect_refused(synched_pool_destroy(pool), SYNCHED_EBUSY, "parallel loop");
  atomic_store(&sums->done_count, 1);
  int status = SYNCHED_EBUSY;
  for (unsigned ms = 0; status == SYNCHED_EBUSY && ms < HANG_SECONDS * 1000; ms++) {
    nap_ms(1);
    status = synched_pool_destroy(pool);
  }
  cr_assert_eq(status, 0);
  cr_assert_eq(sums->done_count, 1); /* nobody was told */
  free(sums);
}

struct loop_thread {
  struct synched_pool *pool;
  struct sums *sums;
  _Atomic uint32_t started;
};

static void *start_and_run(void *argument) {
  struct loop_thread *own = argument;
  uv_loop_t loop;
  if (uv_loop_init(&loop) != 0)
    return "no loop";
  int status = synched_pool_for_start(own->pool, &loop, 3, add, own->sums, on_done);
  atomic_store(&own->started, 1);
  if (status == 0)
    status = uv_run(&loop, UV_RUN_DEFAULT);
  return status == 0 && uv_loop_close(&loop) == 0 ? NULL : "failed";
}

/* By a thread that is not the loop's, which hears of the end first by this call. */
Test(pool_for, pool_is_destroyed_as_soon_as_the_last_loop_has_ended) {
  for (unsigned repeat = 0; repeat < at_most(200, 20); repeat++) {
    struct loop_thread own = {.pool = pool_new(1 + repeat % 3), .sums = sums_new(3)};
    struct crew crew = {0};
    crew_add(&crew, start_and_run, &own);
    cr_assert(reaches(&own.started, 1));
    int status;
    while ((status = synched_pool_destroy(own.pool)) == SYNCHED_EBUSY)
      continue;
    cr_assert_eq(status, 0);
    crew_join(&crew);
    cr_assert_eq(own.sums->done_count, 1);
    expect_each(own.sums, 1);
    free(own.sums);
  }
}

Test(pool_for, wrong_calls_call_nothing) {
  struct synched_pool *pool = pool_new(2);
  struct sums *sums = sums_new(5);
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  expect_refused(synched_pool_for(NULL, 5, add, sums), SYNCHED_EINVAL, "pool");
  expect_refused(synched_pool_for(pool, 5, NULL, sums), SYNCHED_EINVAL, "function");
  expect_refused(synched_pool_for(pool, 0, add, sums), SYNCHED_EINVAL, "count");
  expect_refused(synched_pool_for(pool, SYNCHED_SEGMENTS_MAX + (size_t)1, add, sums),
                 SYNCHED_ERANGE, "count");
  expect_refused(synched_pool_for_start(pool, NULL, 5, add, sums, on_done), SYNCHED_EINVAL, "loop");
  expect_refused(synched_pool_for_start(pool, &loop, 5, add, sums, NULL), SYNCHED_EINVAL,
                 "on_done");
  expect_refused(synched_pool_for_start(pool, &loop, 0, add, sums, on_done), SYNCHED_EINVAL,
                 "count");
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&loop), 0);
  cr_assert_eq(sums->done_count, 0);
  sums->count = 0;
  expect_each(sums, 1);
  free(sums);
  pool_end(pool);
}
