/*
 * loop_close_test.c: a loop whose owner closes everything on it while jobs run. There is no on_done
 * then; the job is cancelled, destroyed as soon as that is possible, and pool and memory can be
 * used again.
 */
#include <criterion/criterion.h>

#include <string.h>
#include <uv.h>

#include "job/buffer_wait.h"
#include "job/notify.h"
#include "support/unit_support.h"
#include "support/witness.h"

struct scene {
  _Atomic uint32_t round;
  _Atomic uint32_t compute_held; /* 1: the next call waits until it is 0 again; 2: it does */
  unsigned done_count, delivered_count, stall_count;
  unsigned close_at;       /* the delivery that closes the loop's handles; 0: none */
  unsigned close_timer_at; /* the delivery that closes its timers only; 0: none */
  bool unrefs;             /* and lets the loop return */
  unsigned left_count;     /* handles that the loop has at on_done */
  uv_loop_t *loop;
};

static int hold_if_asked(struct synched_task *task, void *user) {
  struct scene *scene = user;
  uint32_t asked = 1;
  (void)task;
  if (atomic_compare_exchange_strong(&scene->compute_held, &asked, 2))
    (void)reaches(&scene->compute_held, 0);
  return 0;
}

static int tell_round(const struct synched_snapshot *now, void *user) {
  atomic_store(&((struct scene *)user)->round, (uint32_t)now->round);
  return SYNCHED_CONTINUE;
}

static void close_handle(uv_handle_t *handle, void *argument) {
  (void)argument;
  if (!uv_is_closing(handle))
    uv_close(handle, NULL);
}

static void close_timer(uv_handle_t *handle, void *argument) {
  if (uv_handle_get_type(handle) == UV_TIMER)
    close_handle(handle, argument);
}

static void close_poll(uv_handle_t *handle, void *argument) {
  if (uv_handle_get_type(handle) == UV_POLL)
    close_handle(handle, argument);
}

static void count_handle(uv_handle_t *handle, void *count) {
  (void)handle;
  ++*(unsigned *)count;
}

static unsigned handle_count(uv_loop_t *loop) {
  unsigned count = 0;
  uv_walk(loop, count_handle, &count);
  return count;
}

static void receive(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  struct scene *scene = user;
  (void)now;
  if (++scene->delivered_count == scene->close_at)
    uv_walk(scene->loop, close_handle, NULL);
  if (scene->delivered_count == scene->close_timer_at)
    uv_walk(scene->loop, close_timer, NULL);
  if (scene->unrefs)
    (void)synched_job_unref(job);
}

static void note_done(struct synched_job *job, int status, const struct synched_report *report,
                      void *user) {
  struct scene *scene = user;
  (void)job;
  (void)status;
  (void)report;
  scene->done_count++;
  if (scene->loop != NULL)
    scene->left_count = handle_count(scene->loop);
}

static struct engine scene_engine(struct scene *scene, enum synched_delivery delivery,
                                  uint64_t round_count) {
  return engine_new(pool_new(2),
                    SYNCHED_MEMORY_OPTIONS(.segment_count = 4, .segment_capacity = 1,
                                           .element_size = 8, .lease_count = 2),
                    SYNCHED_JOB_OPTIONS(.compute = hold_if_asked, .on_round = tell_round,
                                        .on_snapshot = receive, .on_done = note_done, .user = scene,
                                        .delivery = delivery, .round_count = round_count));
}

/* What a program does that wants to be done with a loop, whatever is on it. */
static void close_loop(uv_loop_t *loop) {
  uv_walk(loop, close_handle, NULL);
  cr_assert_eq(uv_run(loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(loop), 0);
  memset(loop, 0xa5, sizeof *loop); /* its storage may be anybody's now */
}

static void destroy_when_possible(struct synched_job *job) {
  int status = synched_job_destroy(job);
  for (unsigned ms = 0; status == SYNCHED_EBUSY && ms < 20000; ms++) {
    nap_ms(1);
    status = synched_job_destroy(job);
  }
  cr_assert_eq(status, 0, "%s: %s", synched_err_name(status), synched_error_message());
}

/* The job is gone; its memory and pool must be as good as new. */
static void expect_reusable(struct engine *engine, const struct scene *scene) {
  cr_assert_eq(scene->done_count, 0);
  uint64_t round = memory_round(engine->memory);
  cr_assert_eq(
      synched_job_create(&engine->job, engine->pool, engine->memory,
                         SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .round_count = 5)),
      0, "%s", synched_error_message());
  cr_assert_eq(synched_job_run(engine->job), 0);
  cr_assert_eq(memory_round(engine->memory), round + 5);
  engine_end_with_pool(engine);
}

Test(loop_close, closed_under_a_running_job_leaves_it_to_be_cancelled) {
  for (int delivery = SYNCHED_DELIVER_LATEST; delivery <= SYNCHED_DELIVER_EVERY; delivery++)
    for (unsigned spins = 0; spins < at_most(20, 3); spins++) {
      struct scene scene = {0};
      struct engine engine = scene_engine(&scene, (enum synched_delivery)delivery, 0);
      uv_loop_t loop;
      cr_assert_eq(uv_loop_init(&loop), 0);
      synched__schedule_seed(spins);
      cr_assert_eq(synched_job_start(engine.job, &loop), 0);
      for (unsigned i = 0; i < spins; i++)
        (void)uv_run(&loop, UV_RUN_ONCE);
      close_loop(&loop);
      expect_refused(synched_job_destroy(engine.job), SYNCHED_EBUSY, "running");
      cr_assert_eq(synched_job_cancel(engine.job), 0);
      destroy_when_possible(engine.job);
      synched__schedule_seed(0);
      expect_reusable(&engine, &scene);
    }
}

static void show_nothing(struct synched_job *job, const struct synched_progress *progress,
                         void *user) {
  (void)job;
  (void)progress;
  (void)user;
}

/* Of a job that has two handles on its loop. */
static struct engine timed_engine(struct scene *scene, uint64_t round_count) {
  return engine_new(
      pool_new(2),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 4, .segment_capacity = 1, .element_size = 8,
                             .lease_count = 2),
      SYNCHED_JOB_OPTIONS(.compute = hold_if_asked, .on_round = tell_round, .on_snapshot = receive,
                          .on_progress = show_nothing, .on_done = note_done, .user = scene,
                          .delivery = SYNCHED_DELIVER_EVERY, .round_count = round_count,
                          .progress_ns = 3600 * UINT64_C(1000000000)));
}

/* The job needs its timer for on_progress only. */
Test(loop_close, closed_timer_alone_leaves_the_job_to_its_end) {
  struct scene scene = {0};
  struct engine engine = timed_engine(&scene, 50);
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  scene.loop = &loop;
  cr_assert_eq(synched_job_start(engine.job, &loop), 0);
  cr_assert_eq(handle_count(&loop), 2);
  uv_walk(&loop, close_timer, NULL);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(scene.done_count, 1);
  cr_assert_eq(scene.delivered_count, 50);
  cr_assert_eq(scene.left_count, 0);
  close_loop(&loop);
  engine_end_with_pool(&engine);
}

/* The loop still looks at a handle that is closed so late: the job must not be over by then,
 * whenever the program would let the loop return, in the delivery (1) or between two turns (2). */
Test(loop_close, closed_timer_in_the_last_delivery_is_waited_for) {
  for (int unrefs = 0; unrefs < 3; unrefs++) {
    struct scene scene = {.close_timer_at = 1, .unrefs = unrefs == 1};
    struct engine engine = timed_engine(&scene, 1);
    uv_loop_t loop;
    cr_assert_eq(uv_loop_init(&loop), 0);
    scene.loop = &loop;
    cr_assert_eq(synched_job_start(engine.job, &loop), 0);
    for (unsigned ms = 0; ms < 20000 && !synched__job_is_released(engine.job); ms++)
      nap_ms(1);
    for (unsigned turns = 0; turns < 10 && scene.done_count == 0; turns++) {
      cr_assert_eq(uv_run(&loop, UV_RUN_NOWAIT) != 0, scene.done_count == 0);
      if (unrefs == 2 && scene.done_count == 0)
        cr_assert_eq(synched_job_unref(engine.job), 0);
    }
    cr_assert_eq(scene.done_count, 1);
    cr_assert_eq(scene.left_count, 0);
    close_loop(&loop);
    engine_end_with_pool(&engine);
  }
}

/* The timer is no use without it, but the loop still has it. */
Test(loop_close, closed_poll_alone_is_not_all_that_the_loop_has) {
  for (int runs = 0; runs < 2; runs++) {
    struct scene scene = {0};
    struct engine engine = timed_engine(&scene, 0);
    uv_loop_t loop;
    cr_assert_eq(uv_loop_init(&loop), 0);
    cr_assert_eq(synched_job_start(engine.job, &loop), 0);
    uv_walk(&loop, close_poll, NULL);
    (void)uv_run(&loop, runs ? UV_RUN_DEFAULT : UV_RUN_NOWAIT);
    cr_assert_eq(synched_job_cancel(engine.job), 0);
    for (unsigned ms = 0; ms < 20000 && !synched__job_is_released(engine.job); ms++)
      nap_ms(1);
    expect_refused(synched_job_destroy(engine.job), SYNCHED_EBUSY, "timer");
    cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    cr_assert_eq(handle_count(&loop), 0);
    cr_assert_eq(synched_job_destroy(engine.job), 0);
    close_loop(&loop);
    expect_reusable(&engine, &scene);
  }
}

static void close_poll_in_progress(struct synched_job *job, const struct synched_progress *progress,
                                   void *user) {
  struct scene *scene = user;
  (void)job;
  (void)progress;
  uv_walk(scene->loop, close_poll, NULL);
}

/* Then the job sees to its timer by itself. */
Test(loop_close, closed_poll_in_progress_closes_the_timer) {
  struct scene scene = {0};
  struct engine engine = engine_new(
      pool_new(2),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 4, .segment_capacity = 1, .element_size = 8),
      SYNCHED_JOB_OPTIONS(.compute = hold_if_asked, .on_progress = close_poll_in_progress,
                          .progress_ns = 1000000, .on_done = note_done, .user = &scene));
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  scene.loop = &loop;
  cr_assert_eq(synched_job_start(engine.job, &loop), 0);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(handle_count(&loop), 0);
  close_loop(&loop);
  cr_assert_eq(synched_job_cancel(engine.job), 0);
  destroy_when_possible(engine.job);
  scene.loop = NULL;
  expect_reusable(&engine, &scene);
}

Test(loop_close, closed_one_handle_after_the_other) {
  struct scene scene = {0};
  struct engine engine = timed_engine(&scene, 0);
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(synched_job_start(engine.job, &loop), 0);
  uv_walk(&loop, close_timer, NULL);
  for (unsigned ms = 0; ms < 20000 && atomic_load(&scene.round) == 0; ms++)
    nap_ms(1);
  (void)uv_run(&loop, UV_RUN_ONCE);
  close_loop(&loop);
  expect_refused(synched_job_destroy(engine.job), SYNCHED_EBUSY, "running");
  cr_assert_eq(synched_job_cancel(engine.job), 0);
  destroy_when_possible(engine.job);
  expect_reusable(&engine, &scene);
}

Test(loop_close, closed_under_a_job_that_waits_for_deliveries) {
  struct scene scene = {0};
  struct engine engine = scene_engine(&scene, SYNCHED_DELIVER_EVERY, 0);
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(synched_job_start(engine.job, &loop), 0);
  cr_assert(memory_awaits_buffer(engine.memory));
  close_loop(&loop);
  cr_assert(memory_awaits_buffer(engine.memory));
  cr_assert_eq(atomic_load(&scene.round), 4, "two leases and two buffers");
  cr_assert_eq(synched_job_cancel(engine.job), 0);
  destroy_when_possible(engine.job);
  cr_assert_eq(memory_round(engine.memory), 4);
  expect_reusable(&engine, &scene);
}

static void note_stall(struct synched_job *job, const struct synched_stall *stall, void *user) {
  (void)job;
  (void)stall;
  ((struct scene *)user)->stall_count++;
}

/* Nobody is there to be told. */
Test(loop_close, closed_under_a_job_that_waits_for_too_long) {
  atomic_store(&synched__stall_after_ns, 1000000);
  struct scene scene = {0};
  struct engine engine = engine_new(
      pool_new(2),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 4, .segment_capacity = 1, .element_size = 8,
                             .lease_count = 2),
      SYNCHED_JOB_OPTIONS(.compute = hold_if_asked, .on_round = tell_round, .on_snapshot = receive,
                          .on_done = note_done, .on_stalled = note_stall, .user = &scene,
                          .delivery = SYNCHED_DELIVER_EVERY));
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(synched_job_start(engine.job, &loop), 0);
  cr_assert(memory_awaits_buffer(engine.memory));
  close_loop(&loop);
  nap_ms(5);
  cr_assert(memory_awaits_buffer(engine.memory));
  cr_assert_eq(synched_job_cancel(engine.job), 0);
  destroy_when_possible(engine.job);
  cr_assert_eq(scene.stall_count, 0);
  expect_reusable(&engine, &scene);
}

Test(loop_close, closed_under_a_job_whose_call_goes_on) {
  struct scene scene = {.compute_held = 1};
  struct engine engine = scene_engine(&scene, SYNCHED_DELIVER_LATEST, 0);
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(synched_job_start(engine.job, &loop), 0);
  cr_assert(reaches(&scene.compute_held, 2));
  close_loop(&loop);
  cr_assert_eq(synched_job_cancel(engine.job), 0);
  nap_ms(10);
  expect_refused(synched_job_destroy(engine.job), SYNCHED_EBUSY, "running");
  atomic_store(&scene.compute_held, 0);
  destroy_when_possible(engine.job);
  cr_assert_eq(memory_round(engine.memory), 0);
  expect_reusable(&engine, &scene);
}

Test(loop_close, closed_after_the_last_round_but_before_on_done) {
  struct scene scene = {0};
  struct engine engine = scene_engine(&scene, SYNCHED_DELIVER_LATEST, 6);
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(synched_job_start(engine.job, &loop), 0);
  cr_assert(reaches(&scene.round, 6));
  nap_ms(5);
  close_loop(&loop);
  (void)synched_job_cancel(engine.job);
  destroy_when_possible(engine.job);
  cr_assert_eq(memory_round(engine.memory), 6);
  expect_reusable(&engine, &scene);
}

Test(loop_close, closed_from_a_delivery) {
  for (int delivery = SYNCHED_DELIVER_LATEST; delivery <= SYNCHED_DELIVER_EVERY; delivery++)
    for (unsigned close_at = 1; close_at <= 3; close_at++) {
      struct scene scene = {.close_at = close_at};
      struct engine engine = scene_engine(&scene, (enum synched_delivery)delivery, 0);
      uv_loop_t loop;
      cr_assert_eq(uv_loop_init(&loop), 0);
      scene.loop = &loop;
      cr_assert_eq(synched_job_start(engine.job, &loop), 0);
      cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
      cr_assert_geq(scene.delivered_count, close_at);
      close_loop(&loop);
      cr_assert_eq(synched_job_cancel(engine.job), 0);
      destroy_when_possible(engine.job);
      expect_reusable(&engine, &scene);
    }
}

Test(loop_close, close_refused_while_running_leaves_the_job_unharmed) {
  struct synched_pool *pool = pool_new(2);
  struct witnessed_options options = {.serial = {.segment_count = 9},
                                      .job = {.round_count = at_most(2000, 200)}};
  struct witnessed *witnessed = witnessed_new(pool, &options);
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(synched_job_start(witnessed->engine.job, &loop), 0);
  for (unsigned i = 0; i < 100; i++)
    cr_assert_eq(uv_loop_close(&loop), UV_EBUSY);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&loop), 0);
  cr_assert_eq(summary_of(witnessed->engine.job).status, 0);
  cr_assert_eq(summary_of(witnessed->engine.job).round_count, options.job.round_count);
  witness_expect(&witnessed->witness, witnessed->engine.memory, "close refused");
  witnessed_end(witnessed);
  pool_end(pool);
}

Test(loop_close, closed_under_one_of_two_jobs_spares_the_other) {
  struct scene scene = {0};
  struct engine engine = scene_engine(&scene, SYNCHED_DELIVER_LATEST, 0);
  struct witnessed_options options = {.serial = {.segment_count = 9},
                                      .job = {.round_count = at_most(500, 50)}};
  struct witnessed *other = witnessed_new(engine.pool, &options);
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(synched_job_start(engine.job, &loop), 0);
  close_loop(&loop);
  cr_assert_eq(synched_job_run(other->engine.job), 0);
  witness_expect(&other->witness, other->engine.memory, "beside a lost job");
  cr_assert_eq(synched_job_cancel(engine.job), 0);
  destroy_when_possible(engine.job);
  witnessed_end(other);
  expect_reusable(&engine, &scene);
}
