/*
 * job_failure_test.c: all or none. A round in which anything fails is not published, the job ends
 * with the code of the lowest segment that failed, and job, memory and pool can be used again.
 */
#include <criterion/criterion.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "support/unit_support.h"
#include "support/witness.h"

static const unsigned worker_counts[] = {1, 2, 3, 4, 7, 16};

/* --- failing on purpose --- */

#define FAILING_MAX 3

enum hold { HOLD_NONE, HOLD_LOWEST, HOLD_OTHERS };

/* Which calls fail: so many segments, ascending, in one round. */
struct failing {
  uint64_t round;
  size_t segments[FAILING_MAX];
  unsigned count;
  enum hold hold;                /* who of them waits a while for the others to fail first */
  _Atomic uint32_t failed_count; /* calls that have failed */
};

static int code_of(size_t segment) {
  return segment % 2 == 0 ? (int)segment + 1000 : -(int)segment - 1000;
}

/* Others may have been skipped, so there is nothing to wait for with certainty. */
static void hold(struct failing *failing, bool lowest) {
  if (failing->hold == HOLD_NONE || (failing->hold == HOLD_LOWEST) != lowest)
    return;
  for (unsigned ms = 0; ms < 5 && atomic_load(&failing->failed_count) == 0; ms++)
    nap_ms(1);
}

static int fail_or_compute(struct synched_task *task, void *user) {
  struct witness *witness = user;
  struct failing *failing = witness->test;
  for (unsigned i = 0; i < failing->count && task->round == failing->round; i++)
    if (task->segment == failing->segments[i]) {
      hold(failing, i == 0);
      (void)atomic_fetch_add(&failing->failed_count, 1);
      task->count = SIZE_MAX; /* what a call that fails leaves behind is nobody's business */
      task->contribution = 1e300;
      return code_of(task->segment);
    }
  return witness_compute(task, user);
}

struct expectation {
  enum synched_balance balance;
  uint32_t flags;
  uint64_t round_count;
};

/* The job ended with the failure of `segment` in `round`, and nothing of that round is there. */
static void expect_failed(struct witnessed *witnessed, int status, size_t segment, uint64_t round) {
  struct synched_report_summary summary = summary_of(witnessed->engine.job);
  char sentence[64];
  cr_assert_eq(status, code_of(segment), "%d instead of %d", status, code_of(segment));
  cr_assert_eq(summary.status, status);
  cr_assert_eq(summary.failed_segment, (int64_t)segment);
  cr_assert_eq(summary.failed_code, status);
  (void)snprintf(sentence, sizeof sentence, "segment %zu failed in round %llu", segment,
                 (unsigned long long)round);
  cr_assert_not_null(strstr(synched_error_message(), sentence), "%s", synched_error_message());
  cr_assert_eq(memory_round(witnessed->engine.memory), round - 1);
  cr_assert_eq(atomic_load(&witnessed->witness.closed), round - 1, "on_round came all the same");
  witness_expect(&witnessed->witness, witnessed->engine.memory, "after the failure");
}

/* Fails as told, then goes on without failing up to the end, then another job runs on the same
 * pool. */
static void expect_failure(struct synched_pool *pool, struct failing *failing,
                           const struct expectation *expectation) {
  struct witnessed_options options = {
      .serial = {.segment_count = 16, .refill = SYNCHED_REFILL_KEEP, .fold = SYNCHED_FOLD_SUM},
      .job = {.compute = fail_or_compute,
              .balance = expectation->balance,
              .flags = expectation->flags,
              .round_count = expectation->round_count}};
  struct witnessed *witnessed = witnessed_new(pool, &options);
  witnessed->witness.test = failing;
  atomic_store(&failing->failed_count, 0);
  int status = synched_job_run(witnessed->engine.job);
  cr_assert_eq(summary_of(witnessed->engine.job).round_count, failing->round - 1);
  cr_assert_geq(atomic_load(&failing->failed_count), 1);
  cr_assert_leq(atomic_load(&failing->failed_count), failing->count);
  expect_failed(witnessed, status, failing->segments[0], failing->round);
  witness_forget_calls(&witnessed->witness);
  failing->count = 0;
  cr_assert_eq(synched_job_run(witnessed->engine.job), 0);
  cr_assert_eq(memory_round(witnessed->engine.memory),
               failing->round - 1 + expectation->round_count);
  cr_assert_eq(summary_of(witnessed->engine.job).failed_segment, -1);
  witness_expect(&witnessed->witness, witnessed->engine.memory, "started again after the failure");
  witnessed_end(witnessed);
  options.job.compute = NULL;
  witnessed = witnessed_new(pool, &options);
  cr_assert_eq(synched_job_run(witnessed->engine.job), 0);
  witness_expect(&witnessed->witness, witnessed->engine.memory, "another job after the failure");
  witnessed_end(witnessed);
}

static void expect_everywhere(const struct failing *like, uint64_t round_count) {
  for (size_t w = 0; w < LENGTH(worker_counts); w++) {
    struct synched_pool *pool = pool_new(worker_counts[w]);
    for (int balance = SYNCHED_BALANCE_STEAL; balance <= SYNCHED_BALANCE_STATIC; balance++)
      for (uint32_t flags = 0; flags <= SYNCHED_JOB_EAGER; flags += SYNCHED_JOB_EAGER) {
        const struct expectation expectation = {
            .balance = (enum synched_balance)balance, .flags = flags, .round_count = round_count};
        struct failing failing = {.round = like->round, .count = like->count, .hold = like->hold};
        for (unsigned i = 0; i < like->count; i++)
          failing.segments[i] = like->segments[i];
        expect_failure(pool, &failing, &expectation);
      }
    pool_end(pool);
  }
}

/* --- one call --- */

Test(job_failure, compute_failing_in_the_first_round_publishes_nothing) {
  static const size_t segments[] = {0, 7, 15};
  for (size_t i = 0; i < LENGTH(segments); i++)
    expect_everywhere(&(struct failing){.round = 1, .segments = {segments[i]}, .count = 1}, 5);
}

Test(job_failure, compute_failing_in_the_middle_leaves_the_round_before) {
  expect_everywhere(&(struct failing){.round = 60, .segments = {9}, .count = 1}, 100);
}

Test(job_failure, compute_failing_in_the_last_round_leaves_the_round_before) {
  expect_everywhere(&(struct failing){.round = 12, .segments = {15}, .count = 1}, 12);
}

/* --- several calls in one round --- */

Test(job_failure, compute_failing_in_several_segments_names_the_lowest) {
  static const struct failing rows[] = {
      {.round = 3, .segments = {4, 9, 13}, .count = 3},
      {.round = 3, .segments = {4, 9, 13}, .count = 3, .hold = HOLD_LOWEST},
      {.round = 3, .segments = {4, 9, 13}, .count = 3, .hold = HOLD_OTHERS},
      {.round = 1, .segments = {14, 15}, .count = 2, .hold = HOLD_LOWEST},
      {.round = 1, .segments = {0, 1, 2}, .count = 3, .hold = HOLD_LOWEST},
      {.round = 2, .segments = {0, 8, 15}, .count = 3, .hold = HOLD_LOWEST},
  };
  for (size_t i = 0; i < LENGTH(rows); i++)
    expect_everywhere(&rows[i], 4);
}

Test(job_failure, compute_failing_in_several_segments_shaken_names_the_lowest) {
  for (uint64_t seed = 1; seed <= at_most(6, 1); seed++) {
    synched__schedule_seed(seed);
    expect_everywhere(&(struct failing){.round = 2, .segments = {3, 8, 11}, .count = 3}, 3);
    synched__schedule_seed(0);
  }
}

static int fail_always(struct synched_task *task, void *user) {
  (void)user;
  return task->segment == 0 ? INT_MIN : INT_MAX;
}

Test(job_failure, compute_failing_everywhere_names_the_first) {
  for (size_t w = 0; w < LENGTH(worker_counts); w++) {
    struct engine engine = engine_new(
        pool_new(worker_counts[w]),
        SYNCHED_MEMORY_OPTIONS(.segment_count = 200, .segment_capacity = 1, .element_size = 1),
        SYNCHED_JOB_OPTIONS(.compute = fail_always, .flags = SYNCHED_JOB_EAGER));
    for (unsigned run = 0; run < 5; run++) {
      cr_assert_eq(synched_job_run(engine.job), INT_MIN);
      cr_assert_eq(summary_of(engine.job).failed_segment, 0);
      cr_assert_eq(memory_round(engine.memory), 0);
    }
    engine_end_with_pool(&engine);
  }
}

Test(job_failure, compute_failing_again_names_the_new_segment) {
  for (size_t w = 0; w < LENGTH(worker_counts); w++) {
    struct synched_pool *pool = pool_new(worker_counts[w]);
    struct witnessed_options options = {.serial = {.segment_count = 16},
                                        .job = {.compute = fail_or_compute}};
    struct witnessed *witnessed = witnessed_new(pool, &options);
    for (size_t segment = 1; segment < 16; segment += 2) {
      /* Every run starts where the last one ended, in a round that has been tried once. */
      struct failing failing = {.round = 2 * segment, .segments = {segment}, .count = 1};
      witnessed->witness.test = &failing;
      expect_failed(witnessed, synched_job_run(witnessed->engine.job), segment, 2 * segment);
      witness_forget_calls(&witnessed->witness);
    }
    witnessed_end(witnessed);
    pool_end(pool);
  }
}

/* --- counts --- */

static int count_one_too_many(struct synched_task *task, void *user) {
  (void)user;
  task->count = task->segment == 5 && task->round == 3 ? task->capacity + 1 : task->capacity;
  return 0;
}

Test(job_failure, compute_counting_more_than_its_capacity_fails) {
  for (size_t w = 0; w < LENGTH(worker_counts); w++) {
    struct engine engine = engine_new(
        pool_new(worker_counts[w]),
        SYNCHED_MEMORY_OPTIONS(.segment_count = 9, .segment_capacity = 7, .element_size = 2),
        SYNCHED_JOB_OPTIONS(.compute = count_one_too_many, .round_count = 5));
    expect_refused(synched_job_run(engine.job), SYNCHED_ERANGE,
                   "segment 5 failed in round 3: it set count to 8, and has a capacity of 7");
    cr_assert_eq(summary_of(engine.job).failed_segment, 5);
    cr_assert_eq(summary_of(engine.job).failed_code, SYNCHED_ERANGE);
    cr_assert_eq(memory_round(engine.memory), 2);
    engine_end_with_pool(&engine);
  }
}

/* --- what is meant for another callback --- */

static int stop_in_call(struct synched_task *task, void *user) {
  (void)user;
  return task->segment == 2 && task->round == 3 ? SYNCHED_STOP : SYNCHED_CONTINUE;
}

static int stop_in_init(struct synched_task *task, void *user) {
  (void)user;
  return task->segment == 1 ? SYNCHED_STOP : SYNCHED_CONTINUE;
}

static int answer_seven(const struct synched_snapshot *now, void *user) {
  (void)user;
  return now->round == 2 ? 7 : SYNCHED_CONTINUE;
}

static struct engine small_engine(const struct synched_job_options *options) {
  return engine_new(
      pool_new(2),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 4, .segment_capacity = 1, .element_size = 1),
      options);
}

Test(job_failure, compute_returning_stop_is_told_whose_it_is) {
  struct engine engine =
      small_engine(SYNCHED_JOB_OPTIONS(.compute = stop_in_call, .round_count = 5));
  expect_refused(synched_job_run(engine.job), SYNCHED_STOP,
                 "segment 2 failed in round 3 with code 1: SYNCHED_STOP is for on_round");
  cr_assert_eq(summary_of(engine.job).failed_code, SYNCHED_STOP);
  cr_assert_eq(memory_round(engine.memory), 2);
  engine_end_with_pool(&engine);
}

Test(job_failure, init_returning_stop_is_told_whose_it_is) {
  struct engine engine = small_engine(
      SYNCHED_JOB_OPTIONS(.init = stop_in_init, .compute = compute_nothing, .round_count = 5));
  expect_refused(synched_job_run(engine.job), SYNCHED_STOP,
                 "segment 1 failed in init with code 1: SYNCHED_STOP is for on_round");
  engine_end_with_pool(&engine);
}

Test(job_failure, on_round_returning_what_it_should_not_is_told_so) {
  struct engine engine =
      small_engine(SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .on_round = answer_seven));
  expect_refused(synched_job_run(engine.job), SYNCHED_EINVAL, "on_round returned 7 after round 2");
  cr_assert_eq(memory_round(engine.memory), 2);
  engine_end_with_pool(&engine);
}

/* --- init --- */

struct first_steps {
  _Atomic uint32_t refuse; /* init fails in this segment, and those above; 100: in none */
  _Atomic uint32_t init_count, compute_count, on_round_count;
};

static int init_or_fail(struct synched_task *task, void *user) {
  struct first_steps *steps = user;
  (void)atomic_fetch_add(&steps->init_count, 1);
  *(unsigned char *)task->out = (unsigned char)(task->segment + 100);
  return task->segment >= atomic_load(&steps->refuse) ? 77 : 0;
}

static int count_compute(struct synched_task *task, void *user) {
  struct first_steps *steps = user;
  (void)atomic_fetch_add(&steps->compute_count, 1);
  const unsigned char *own = synched_snapshot_segment(task->previous, task->segment);
  *(unsigned char *)task->out = *own;
  return *own == task->segment + 100 ? 0 : -1;
}

static int count_on_round(const struct synched_snapshot *now, void *user) {
  struct first_steps *steps = user;
  (void)now;
  (void)atomic_fetch_add(&steps->on_round_count, 1);
  return SYNCHED_CONTINUE;
}

Test(job_failure, init_failing_publishes_nothing_and_is_tried_again) {
  for (size_t w = 0; w < LENGTH(worker_counts); w++) {
    struct first_steps steps = {.refuse = 6};
    struct engine engine = engine_new(
        pool_new(worker_counts[w]),
        SYNCHED_MEMORY_OPTIONS(.segment_count = 11, .segment_capacity = 1, .element_size = 1),
        SYNCHED_JOB_OPTIONS(.init = init_or_fail, .compute = count_compute, .user = &steps,
                            .on_round = count_on_round, .round_count = 3));
    uint64_t before = memory_sum(engine.memory);
    for (unsigned run = 0; run < 2; run++) {
      expect_refused(synched_job_run(engine.job), 77, "segment 6 failed in init with code 77");
      cr_assert_eq(summary_of(engine.job).init_missing, 1);
      cr_assert_eq(summary_of(engine.job).failed_segment, 6);
      cr_assert_eq(summary_of(engine.job).failed_code, 77);
      cr_assert_eq(summary_of(engine.job).round_count, 0);
      cr_assert_eq(memory_sum(engine.memory), before);
    }
    cr_assert_eq(atomic_load(&steps.compute_count), 0);
    cr_assert_eq(atomic_load(&steps.on_round_count), 0);
    atomic_store(&steps.refuse, 100);
    atomic_store(&steps.init_count, 0);
    cr_assert_eq(synched_job_run(engine.job), 0);
    cr_assert_eq(summary_of(engine.job).init_missing, 0);
    cr_assert_eq(atomic_load(&steps.init_count), 11);
    cr_assert_eq(atomic_load(&steps.compute_count), 33);
    cr_assert_eq(memory_round(engine.memory), 3);
    engine_end_with_pool(&engine);
  }
}

/* --- cancelled from inside --- */

/* The call that cancels, and what the others of its round then do. */
struct stroke {
  struct synched_job *job;
  uint64_t round;
  size_t segment;
  _Atomic int status;
  _Atomic uint32_t calls_after; /* begun by the same worker after the cancellation, in any round */
  _Atomic uint32_t worker;      /* plus 1 */
};

static int cancel_in_call(struct synched_task *task, void *user) {
  struct stroke *stroke = ((struct witness *)user)->test;
  if (atomic_load(&stroke->worker) == task->worker + 1)
    (void)atomic_fetch_add(&stroke->calls_after, 1);
  int status = witness_compute(task, user);
  if (task->round == stroke->round && task->segment == stroke->segment) {
    atomic_store(&stroke->status, synched_job_cancel(stroke->job));
    atomic_store(&stroke->worker, task->worker + 1);
  }
  return status;
}

Test(job_failure, cancel_in_compute_drops_the_round_and_skips_the_rest) {
  for (size_t w = 0; w < LENGTH(worker_counts); w++)
    for (int balance = SYNCHED_BALANCE_STEAL; balance <= SYNCHED_BALANCE_STATIC; balance++) {
      struct synched_pool *pool = pool_new(worker_counts[w]);
      struct stroke stroke = {.round = 9, .segment = 2, .status = 1};
      struct witnessed_options options = {.serial = {.segment_count = 50},
                                          .job = {.compute = cancel_in_call,
                                                  .round_count = 20,
                                                  .balance = (enum synched_balance)balance}};
      struct witnessed *witnessed = witnessed_new(pool, &options);
      stroke.job = witnessed->engine.job;
      witnessed->witness.test = &stroke;
      cr_assert_eq(synched_job_run(stroke.job), SYNCHED_ECANCELED);
      cr_assert_eq(atomic_load(&stroke.status), 0);
      cr_assert_eq(atomic_load(&stroke.calls_after), 0);
      struct synched_report_summary summary = summary_of(stroke.job);
      cr_assert_eq(summary.round_count, 8);
      cr_assert_eq(summary.failed_segment, -1);
      witness_expect(&witnessed->witness, witnessed->engine.memory, "cancelled");
      witness_forget_calls(&witnessed->witness);
      stroke.round = 0;
      atomic_store(&stroke.worker, 0);
      cr_assert_eq(synched_job_run(stroke.job), 0);
      cr_assert_eq(memory_round(witnessed->engine.memory), 28);
      witness_expect(&witnessed->witness, witnessed->engine.memory, "started again");
      witnessed_end(witnessed);
      pool_end(pool);
    }
}

/* --- what fails when a job is made --- */

static void ignore_snapshot(struct synched_job *job, const struct synched_snapshot *now,
                            void *user) {
  (void)job;
  (void)now;
  (void)user;
}

static void ignore_stall(struct synched_job *job, const struct synched_stall *stall, void *user) {
  (void)job;
  (void)stall;
  (void)user;
}

static int attempt_job(void *context) {
  struct engine *engine = context;
  engine->job = (struct synched_job *)&engine; /* anything but NULL */
  int status = synched_job_create(
      &engine->job, engine->pool, engine->memory,
      SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .fold = SYNCHED_FOLD_SUM, .round_count = 3,
                          .on_snapshot = ignore_snapshot, .delivery = SYNCHED_DELIVER_EVERY,
                          .on_stalled = ignore_stall, .deadline_ns = UINT64_C(100000000000)));
  cr_assert_eq(status != 0, engine->job == NULL);
  return status;
}

static void undo_job(void *context) {
  struct engine *engine = context;
  cr_assert_eq(synched_job_run(engine->job), 0);
  cr_assert_eq(synched_job_destroy(engine->job), 0);
}

Test(job_failure, create_request_refused_leaves_memory_and_pool_free) {
  struct engine making = {
      .pool = pool_new(2),
      .memory = memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = 5, .segment_capacity = 1,
                                                   .element_size = 1, .lease_count = 1))};
  struct refusing refusing = {.fault = SYNCHED__FAULT_ALLOCATE,
                              .expected = SYNCHED_ENOMEM,
                              .attempt = attempt_job,
                              .undo = undo_job,
                              .context = &making};
  unsigned files = file_count();
  for (unsigned repeat = 0; repeat < 20; repeat++)
    cr_assert_geq(refuse_in_turn(&refusing), 5);
  refusing.fault = SYNCHED__FAULT_SYNC;
  refusing.expected = SYNCHED_EAGAIN; /* the descriptor; */
  refusing.also = SYNCHED_ENOMEM;     /* the two mutexes, and where an advance waits */
  for (unsigned repeat = 0; repeat < 20; repeat++)
    cr_assert_eq(refuse_in_turn(&refusing), 4);
  cr_assert_lt(file_count(), files + 20);
  memory_end(making.memory);
  pool_end(making.pool);
}

/* --- a failing job and its neighbours --- */

static int fail_late(struct synched_task *task, void *user) {
  int status = witness_compute(task, user);
  return task->round == 50 && task->segment == 1 ? -5 : status;
}

Test(job_failure, failing_job_does_not_disturb_another_on_its_pool) {
  struct synched_pool *pool = pool_new(3);
  struct witnessed_options well = {.serial = {.segment_count = 9},
                                   .job = {.round_count = at_most(400, 100)}};
  struct witnessed_options badly = {.serial = {.segment_count = 4}, .job = {.compute = fail_late}};
  struct witnessed *first = witnessed_new(pool, &well);
  struct witnessed *second = witnessed_new(pool, &badly);
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(synched_job_start(first->engine.job, &loop), 0);
  cr_assert_eq(synched_job_start(second->engine.job, &loop), 0);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&loop), 0);
  cr_assert_eq(summary_of(first->engine.job).status, 0);
  cr_assert_eq(summary_of(second->engine.job).status, -5);
  witness_expect(&first->witness, first->engine.memory, "beside a failing job");
  witness_expect(&second->witness, second->engine.memory, "failing beside another job");
  witnessed_end(first);
  witnessed_end(second);
  pool_end(pool);
}
