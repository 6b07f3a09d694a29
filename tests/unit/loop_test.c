/*
 * loop_test.c: jobs on the caller's loop: starting, the end, and cancelling from everywhere.
 * Deliveries are in loop_delivery_test.c, loops that are closed at the wrong moment in
 * loop_close_test.c.
 */
#include <criterion/criterion.h>

#include <pthread.h>
#include <uv.h>

#include "support/unit_support.h"
#include "support/witness.h"

/* --- a loop, and what came on it --- */

struct stage {
  uv_loop_t loop;
  pthread_t thread; /* the loop's */
  struct synched_job *job;
  unsigned done_count;
  unsigned elsewhere_count; /* callbacks that came on another thread */
  unsigned handles_at_done; /* of the loop, in on_done */
  int status;
  uint64_t rounds_at_done;
  unsigned restarts_left;
  bool destroys;
  int destroy_status, start_status, cancel_status;
  _Atomic uint32_t round; /* the last published; for jobs that count them with count_rounds */
};

static void stage_init(struct stage *stage) {
  *stage = (struct stage){.thread = pthread_self()};
  cr_assert_eq(uv_loop_init(&stage->loop), 0);
}

static void stage_end(struct stage *stage) {
  cr_assert_eq(uv_loop_close(&stage->loop), 0, "handles are left in the loop");
}

/* Until the loop has nothing left to do. */
static void stage_run(struct stage *stage) {
  cr_assert_eq(uv_run(&stage->loop, UV_RUN_DEFAULT), 0);
}

static void count_handle(uv_handle_t *handle, void *count) {
  (void)handle;
  ++*(unsigned *)count;
}

static void note_done(struct synched_job *job, int status, const struct synched_report *report,
                      void *user) {
  struct stage *stage = user;
  struct synched_report_summary summary = {.struct_size = sizeof summary};
  stage->done_count++;
  stage->status = status;
  stage->elsewhere_count += !pthread_equal(pthread_self(), stage->thread);
  uv_walk(&stage->loop, count_handle, &stage->handles_at_done);
  if (synched_report_summary(report, &summary) == 0 && summary.status == status)
    stage->rounds_at_done = summary.round_count;
  if (stage->restarts_left > 0) {
    stage->restarts_left--;
    stage->start_status |= synched_job_start(job, &stage->loop);
  } else if (stage->destroys) {
    stage->destroy_status = synched_job_destroy(job);
  }
}

static int count_rounds(const struct synched_snapshot *now, void *user) {
  atomic_store(&((struct stage *)user)->round, (uint32_t)now->round);
  return SYNCHED_CONTINUE;
}

static struct synched_memory *small_memory(void) {
  return memory_with(
      SYNCHED_MEMORY_OPTIONS(.segment_count = 6, .segment_capacity = 1, .element_size = 8));
}

/* A job that counts its rounds; 0 rounds: until it is cancelled. */
static struct engine staged_engine(struct stage *stage, struct synched_pool *pool,
                                   uint64_t round_count) {
  struct engine engine = {.pool = pool, .memory = small_memory()};
  cr_assert_eq(
      synched_job_create(&engine.job, pool, engine.memory,
                         SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .on_round = count_rounds,
                                             .on_done = note_done, .user = stage,
                                             .round_count = round_count)),
      0);
  stage->job = engine.job;
  return engine;
}

static void expect_done(const struct stage *stage, unsigned done_count, int status) {
  cr_assert_eq(stage->done_count, done_count, "on_done came %u times", stage->done_count);
  cr_assert_eq(stage->status, status, "%s", synched_err_name(stage->status));
  cr_assert_eq(stage->elsewhere_count, 0);
  cr_assert_eq(stage->handles_at_done, 0, "on_done came before the handles were closed");
}

/* --- start and end --- */

Test(loop, start_returns_and_the_loop_ends_with_the_job) {
  struct stage stage;
  stage_init(&stage);
  struct engine engine = staged_engine(&stage, pool_new(2), 500);
  cr_assert_eq(synched_job_start(engine.job, &stage.loop), 0);
  cr_assert_eq(stage.done_count, 0, "on_done came inside start");
  cr_assert_eq(uv_loop_alive(&stage.loop), 1);
  stage_run(&stage);
  expect_done(&stage, 1, 0);
  cr_assert_eq(stage.rounds_at_done, 500);
  cr_assert_eq(atomic_load(&stage.round), 500);
  stage_end(&stage);
  engine_end_with_pool(&engine);
}

Test(loop, done_job_can_be_started_again_from_on_done) {
  for (unsigned worker_count = 1; worker_count <= 3; worker_count++) {
    struct stage stage;
    stage_init(&stage);
    struct engine engine = staged_engine(&stage, pool_new(worker_count), 7);
    stage.restarts_left = at_most(200, 20);
    const unsigned runs = stage.restarts_left + 1;
    cr_assert_eq(synched_job_start(engine.job, &stage.loop), 0);
    stage_run(&stage);
    expect_done(&stage, runs, 0);
    cr_assert_eq(stage.start_status, 0);
    cr_assert_eq(memory_round(engine.memory), 7 * runs);
    stage_end(&stage);
    engine_end_with_pool(&engine);
  }
}

Test(loop, done_job_can_be_destroyed_from_on_done) {
  struct synched_pool *pool = pool_new(2);
  for (unsigned repeat = 0; repeat < at_most(100, 10); repeat++) {
    struct stage stage;
    stage_init(&stage);
    struct engine engine = staged_engine(&stage, pool, 1 + repeat % 3);
    stage.destroys = true;
    stage.destroy_status = 1;
    synched__schedule_seed(repeat);
    cr_assert_eq(synched_job_start(engine.job, &stage.loop), 0);
    stage_run(&stage);
    synched__schedule_seed(0);
    expect_done(&stage, 1, 0);
    cr_assert_eq(stage.destroy_status, 0);
    stage_end(&stage);
    memory_end(engine.memory);
  }
  pool_end(pool);
}

Test(loop, ended_job_can_be_started_on_another_loop) {
  struct stage first, second;
  stage_init(&first);
  stage_init(&second);
  struct engine engine = staged_engine(&first, pool_new(2), 5);
  cr_assert_eq(synched_job_start(engine.job, &first.loop), 0);
  stage_run(&first);
  cr_assert_eq(synched_job_start(engine.job, &second.loop), 0);
  stage_run(&second);
  stage_end(&second);
  expect_done(&first, 2, 0);
  cr_assert_eq(synched_job_run(engine.job), 0);
  expect_done(&first, 3, 0);
  cr_assert_eq(memory_round(engine.memory), 15);
  stage_end(&first);
  engine_end_with_pool(&engine);
}

Test(loop, run_calls_back_on_the_calling_thread) {
  struct stage stage;
  stage_init(&stage);
  struct engine engine = staged_engine(&stage, pool_new(3), 11);
  for (unsigned run = 1; run <= 20; run++) {
    cr_assert_eq(synched_job_run(engine.job), 0);
    expect_done(&stage, run, 0);
  }
  stage.destroys = true;
  cr_assert_eq(synched_job_run(engine.job), 0, "the status is known although the job is gone");
  cr_assert_eq(stage.destroy_status, 0);
  stage_end(&stage);
  memory_end(engine.memory);
  pool_end(engine.pool);
}

/* --- while it runs --- */

Test(loop, start_while_running_is_refused_and_does_no_harm) {
  struct stage stage;
  stage_init(&stage);
  struct engine engine = staged_engine(&stage, pool_new(2), 0);
  cr_assert_eq(synched_job_start(engine.job, &stage.loop), 0);
  expect_refused(synched_job_start(engine.job, &stage.loop), SYNCHED_EBUSY, "running");
  expect_refused(synched_job_run(engine.job), SYNCHED_EBUSY, "running");
  expect_refused(synched_job_destroy(engine.job), SYNCHED_EBUSY, "running");
  expect_refused(synched_memory_destroy(engine.memory), SYNCHED_EBUSY, "job");
  expect_refused(synched_pool_destroy(engine.pool), SYNCHED_EBUSY, "1 job");
  uint64_t element = 1;
  expect_refused(synched_memory_load(engine.memory, 0, &element, 1), SYNCHED_EBUSY, "running");
  cr_assert_eq(uv_loop_close(&stage.loop), UV_EBUSY);
  uint32_t before = atomic_load(&stage.round);
  while (atomic_load(&stage.round) < before + 100)
    cr_assert_eq(uv_loop_alive(&stage.loop), 1);
  cr_assert_eq(stage.done_count, 0);
  cr_assert_eq(synched_job_cancel(engine.job), 0);
  stage_run(&stage);
  expect_done(&stage, 1, SYNCHED_ECANCELED);
  stage_end(&stage);
  engine_end_with_pool(&engine);
}

struct ticker {
  struct stage *stage;
  unsigned ticks;
};

/* When the timer is gone: on_done looks at which handles there are, and handles close last in,
 * first out. */
static void cancel_after_timer(uv_handle_t *timer) {
  struct ticker *ticker = timer->data;
  ticker->stage->cancel_status = synched_job_cancel(ticker->stage->job);
}

static void tick(uv_timer_t *timer) {
  struct ticker *ticker = timer->data;
  if (++ticker->ticks == 20)
    uv_close((uv_handle_t *)timer, cancel_after_timer);
}

Test(loop, callers_own_timer_ticks_while_a_job_runs) {
  struct stage stage;
  stage_init(&stage);
  struct engine engine = staged_engine(&stage, pool_new(2), 0);
  struct ticker ticker = {.stage = &stage};
  uv_timer_t timer = {.data = &ticker};
  cr_assert_eq(uv_timer_init(&stage.loop, &timer), 0);
  timer.data = &ticker;
  cr_assert_eq(uv_timer_start(&timer, tick, 1, 1), 0);
  cr_assert_eq(synched_job_start(engine.job, &stage.loop), 0);
  stage_run(&stage);
  cr_assert_eq(ticker.ticks, 20);
  cr_assert_eq(stage.cancel_status, 0);
  expect_done(&stage, 1, SYNCHED_ECANCELED);
  cr_assert_gt(atomic_load(&stage.round), 0);
  stage_end(&stage);
  engine_end_with_pool(&engine);
}

/* --- cancelling --- */

Test(loop, cancel_before_start_ends_it_at_once) {
  struct stage stage;
  stage_init(&stage);
  struct engine engine = staged_engine(&stage, pool_new(2), 0);
  cr_assert_eq(synched_job_cancel(engine.job), 0);
  expect_refused(synched_job_cancel(engine.job), SYNCHED_EALREADY, "cancelled");
  cr_assert_eq(synched_job_start(engine.job, &stage.loop), 0);
  cr_assert_eq(stage.done_count, 0, "on_done comes from the loop");
  stage_run(&stage);
  expect_done(&stage, 1, SYNCHED_ECANCELED);
  cr_assert_eq(stage.rounds_at_done, 0);
  cr_assert_eq(memory_round(engine.memory), 0);
  /* That was for one start only. */
  expect_refused(synched_job_cancel(engine.job), SYNCHED_EALREADY, "ended");
  cr_assert_eq(synched_job_start(engine.job, &stage.loop), 0);
  cr_assert_eq(synched_job_cancel(engine.job), 0);
  expect_refused(synched_job_cancel(engine.job), SYNCHED_EALREADY, "cancelled");
  stage_run(&stage);
  expect_done(&stage, 2, SYNCHED_ECANCELED);
  stage_end(&stage);
  engine_end_with_pool(&engine);
}

Test(loop, cancel_before_destroy_needs_no_start) {
  struct engine engine = engine_new(
      pool_new(1),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1, .element_size = 1),
      SYNCHED_JOB_OPTIONS(.compute = compute_nothing));
  cr_assert_eq(synched_job_cancel(engine.job), 0);
  engine_end_with_pool(&engine);
}

Test(loop, cancel_after_the_end_is_refused) {
  struct stage stage;
  stage_init(&stage);
  struct engine engine = staged_engine(&stage, pool_new(2), 3);
  cr_assert_eq(synched_job_run(engine.job), 0);
  expect_refused(synched_job_cancel(engine.job), SYNCHED_EALREADY, "ended");
  cr_assert_eq(synched_job_run(engine.job), 0, "a refused cancel is no cancel");
  cr_assert_eq(memory_round(engine.memory), 6);
  stage_end(&stage);
  engine_end_with_pool(&engine);
}

static int cancel_in_on_round(const struct synched_snapshot *now, void *user) {
  struct stage *stage = user;
  atomic_store(&stage->round, (uint32_t)now->round);
  if (now->round == 30)
    stage->cancel_status = synched_job_cancel(stage->job);
  return SYNCHED_CONTINUE;
}

Test(loop, cancel_in_on_round_ends_it_with_that_round_published) {
  for (unsigned worker_count = 1; worker_count <= 3; worker_count++) {
    struct stage stage;
    stage_init(&stage);
    stage.cancel_status = 1;
    struct engine engine = engine_new(
        pool_new(worker_count),
        SYNCHED_MEMORY_OPTIONS(.segment_count = 5, .segment_capacity = 1, .element_size = 1),
        SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .on_round = cancel_in_on_round,
                            .on_done = note_done, .user = &stage));
    stage.job = engine.job;
    cr_assert_eq(synched_job_start(engine.job, &stage.loop), 0);
    stage_run(&stage);
    expect_done(&stage, 1, SYNCHED_ECANCELED);
    cr_assert_eq(stage.cancel_status, 0);
    cr_assert_eq(atomic_load(&stage.round), 30);
    cr_assert_eq(memory_round(engine.memory), 30);
    stage_end(&stage);
    engine_end_with_pool(&engine);
  }
}

static void *cancel_from_here(void *argument) {
  struct stage *stage = argument;
  return (void *)(intptr_t)synched_job_cancel(stage->job);
}

/* At any moment, by several at once: one of them is told that it was the one, unless the job was
 * faster. */
Test(loop, cancel_from_other_threads_at_any_moment_ends_it_once) {
  struct synched_pool *pool = pool_new(3);
  for (unsigned repeat = 0; repeat < at_most(150, 10); repeat++) {
    struct stage stage;
    stage_init(&stage);
    struct engine engine = staged_engine(&stage, pool, 0);
    pthread_t threads[3];
    void *results[3];
    unsigned winners = 0;
    synched__schedule_seed(9000 + repeat);
    cr_assert_eq(synched_job_start(engine.job, &stage.loop), 0);
    for (unsigned i = 0; i < 3; i++)
      cr_assert_eq(pthread_create(&threads[i], NULL, cancel_from_here, &stage), 0);
    stage_run(&stage);
    for (unsigned i = 0; i < 3; i++) {
      cr_assert_eq(pthread_join(threads[i], &results[i]), 0);
      winners += results[i] == NULL;
      cr_assert((int)(intptr_t)results[i] == 0 || (int)(intptr_t)results[i] == SYNCHED_EALREADY);
    }
    synched__schedule_seed(0);
    cr_assert_eq(winners, 1);
    expect_done(&stage, 1, SYNCHED_ECANCELED);
    cr_assert_eq(memory_round(engine.memory), stage.rounds_at_done);
    stage_end(&stage);
    engine_end(&engine);
  }
  pool_end(pool);
}

/* on_done of one job cancels another. */
struct chain {
  struct stage stage;
  struct synched_job *next;
  int cancel_status;
};

static void cancel_next(struct synched_job *job, int status, const struct synched_report *report,
                        void *user) {
  struct chain *chain = user;
  chain->cancel_status = synched_job_cancel(chain->next);
  note_done(job, status, report, &chain->stage);
}

Test(loop, cancel_from_on_done_of_another_job) {
  struct chain chain = {.cancel_status = 1};
  struct stage second;
  stage_init(&chain.stage);
  stage_init(&second);
  struct synched_pool *pool = pool_new(2);
  struct engine engine = engine_new(
      pool, SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 1, .element_size = 1),
      SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .on_done = cancel_next, .user = &chain,
                          .round_count = 40));
  struct engine other = staged_engine(&second, pool, 0);
  chain.next = other.job;
  cr_assert_eq(synched_job_start(other.job, &chain.stage.loop), 0);
  cr_assert_eq(synched_job_start(engine.job, &chain.stage.loop), 0);
  cr_assert_eq(uv_run(&chain.stage.loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(chain.cancel_status, 0);
  cr_assert_eq(chain.stage.done_count, 1);
  expect_done(&second, 1, SYNCHED_ECANCELED);
  stage_end(&chain.stage);
  stage_end(&second);
  engine_end(&other);
  engine_end_with_pool(&engine);
}

/* --- from workers --- */

struct deadlock {
  struct synched_job *job;
  _Atomic int status;
};

static int run_self(struct synched_task *task, void *user) {
  struct deadlock *deadlock = user;
  if (task->segment == 0)
    atomic_store(&deadlock->status, synched_job_run(deadlock->job));
  return 0;
}

Test(loop, run_on_a_worker_of_its_pool_is_a_deadlock) {
  struct deadlock deadlock = {0};
  struct synched_pool *pool = pool_new(2);
  struct engine idle = engine_new(
      pool, SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1, .element_size = 1),
      SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .round_count = 1));
  struct engine engine = engine_new(
      pool, SYNCHED_MEMORY_OPTIONS(.segment_count = 3, .segment_capacity = 1, .element_size = 1),
      SYNCHED_JOB_OPTIONS(.compute = run_self, .user = &deadlock, .round_count = 2));
  deadlock.job = idle.job;
  cr_assert_eq(synched_job_run(engine.job), 0);
  cr_assert_eq(atomic_load(&deadlock.status), SYNCHED_EDEADLK);
  cr_assert_eq(synched_job_run(idle.job), 0, "it was not started");
  cr_assert_eq(memory_round(idle.memory), 1);
  engine_end(&idle);
  engine_end_with_pool(&engine);
}

/* It keeps that worker from its own round for so long; nothing waits for itself. */
Test(loop, run_on_a_worker_of_another_pool_comes_to_its_end) {
  struct deadlock deadlock = {0};
  struct engine idle = engine_new(
      pool_new(1),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1, .element_size = 1),
      SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .round_count = 1));
  struct engine engine = engine_new(
      pool_new(1),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1, .element_size = 1),
      SYNCHED_JOB_OPTIONS(.compute = run_self, .user = &deadlock, .round_count = 1));
  deadlock.job = idle.job;
  cr_assert_eq(synched_job_run(engine.job), 0);
  cr_assert_eq(atomic_load(&deadlock.status), 0);
  cr_assert_eq(memory_round(idle.memory), 1);
  engine_end_with_pool(&idle);
  engine_end_with_pool(&engine);
}

static void refer_both_ways(struct synched_job *job, const struct synched_snapshot *now,
                            void *user) {
  int *status = user;
  (void)now;
  *status = synched_job_unref(job) | synched_job_ref(job) | synched_job_unref(job);
}

Test(loop, references_of_a_job_that_is_waited_for_change_nothing) {
  int status = 1;
  struct engine engine =
      engine_new(pool_new(2),
                 SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1,
                                        .element_size = 1, .lease_count = 1),
                 SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .on_snapshot = refer_both_ways,
                                     .user = &status, .round_count = 5));
  cr_assert_eq(synched_job_run(engine.job), 0);
  cr_assert_eq(status, 0);
  cr_assert_eq(memory_round(engine.memory), 5);
  engine_end_with_pool(&engine);
}

/* --- several loops --- */

static void *run_stage(void *argument) {
  struct stage *stage = argument;
  stage->thread = pthread_self();
  stage->start_status = synched_job_start(stage->job, &stage->loop);
  (void)uv_run(&stage->loop, UV_RUN_DEFAULT);
  return NULL;
}

Test(loop, two_loops_on_two_threads_share_a_pool) {
  struct synched_pool *pool = pool_new(2);
  struct stage stages[2];
  struct engine engines[2];
  struct crew crew = {0};
  synched__schedule_seed(3);
  for (unsigned i = 0; i < 2; i++) {
    stage_init(&stages[i]);
    engines[i] = staged_engine(&stages[i], pool, 50);
    stages[i].restarts_left = at_most(30, 5);
  }
  for (unsigned i = 0; i < 2; i++)
    crew_add(&crew, run_stage, &stages[i]);
  crew_join(&crew);
  synched__schedule_seed(0);
  for (unsigned i = 0; i < 2; i++) {
    cr_assert_eq(stages[i].start_status, 0);
    expect_done(&stages[i], at_most(30, 5) + 1, 0);
    cr_assert_eq(memory_round(engines[i].memory), 50 * (at_most(30, 5) + 1));
    stage_end(&stages[i]);
    engine_end(&engines[i]);
  }
  pool_end(pool);
}

/* --- what the system refuses --- */

struct attempt {
  struct stage stage;
  struct engine engine;
};

static int attempt_start(void *context) {
  struct attempt *attempt = context;
  unsigned done_count = attempt->stage.done_count;
  int status = synched_job_start(attempt->engine.job, &attempt->stage.loop);
  if (status != 0) {
    stage_run(&attempt->stage);
    cr_assert_eq(attempt->stage.done_count, done_count, "on_done of a job that did not start");
  }
  return status;
}

static void finish_start(void *context) {
  struct attempt *attempt = context;
  stage_run(&attempt->stage);
}

static int attempt_run(void *context) {
  struct attempt *attempt = context;
  unsigned done_count = attempt->stage.done_count;
  int status = synched_job_run(attempt->engine.job);
  cr_assert_eq(attempt->stage.done_count, done_count + (status == 0 ? 1 : 0));
  return status;
}

static void finish_run(void *context) {
  (void)context;
}

static void expect_refusals(struct refusing refusing, unsigned expected_count) {
  struct attempt *attempt = refusing.context;
  uint64_t round = memory_round(attempt->engine.memory);
  unsigned files = file_count();
  for (unsigned repeat = 0; repeat < 20; repeat++) {
    cr_assert_eq(refuse_in_turn(&refusing), expected_count);
    cr_assert_eq(memory_round(attempt->engine.memory), round + 3 * (repeat + 1));
  }
  cr_assert_lt(file_count(), files + 20, "files are left open");
}

Test(loop, start_and_run_requests_refused_start_nothing) {
  struct attempt attempt;
  stage_init(&attempt.stage);
  attempt.engine = staged_engine(&attempt.stage, pool_new(2), 3);
  struct refusing start = {
      .attempt = attempt_start, .undo = finish_start, .context = &attempt, .expected = UV_ENOMEM};
  struct refusing run = {
      .attempt = attempt_run, .undo = finish_run, .context = &attempt, .expected = UV_ENOMEM};
  start.fault = run.fault = SYNCHED__FAULT_LOOP;
  expect_refusals(start, 2);
  expect_refusals(run, 3);
  start.fault = run.fault = SYNCHED__FAULT_ALLOCATE;
  expect_refusals(start, 1);
  expect_refusals(run, 1);
  stage_end(&attempt.stage);
  engine_end_with_pool(&attempt.engine);
}

Test(loop, cancel_of_a_job_whose_start_was_refused_waits_for_the_next) {
  struct stage stage;
  stage_init(&stage);
  struct engine engine = staged_engine(&stage, pool_new(2), 3);
  cr_assert_eq(synched_job_cancel(engine.job), 0);
  synched__fault_arm(SYNCHED__FAULT_LOOP, 1);
  cr_assert_eq(synched_job_start(engine.job, &stage.loop), UV_ENOMEM);
  expect_refused(synched_job_cancel(engine.job), SYNCHED_EALREADY, "cancelled");
  cr_assert_eq(synched_job_run(engine.job), SYNCHED_ECANCELED);
  cr_assert_eq(synched_job_run(engine.job), 0);
  stage_end(&stage);
  engine_end_with_pool(&engine);
}
