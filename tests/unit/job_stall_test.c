/*
 * job_stall_test.c: jobs that wait for a buffer for so long that they say so.
 *
 * What counts as long is made shorter than the second that it is. Nothing here depends on who is
 * how fast: a wait that is meant to be short may be a long one on a busy machine, and then must be
 * told of.
 */
#include <criterion/criterion.h>

#include <poll.h>
#include <uv.h>

#include "dispatch/dispatch.h"
#include "platform/clock.h"
#include "support/support.h"
#include "support/unit_support.h"

#define MS UINT64_C(1000000)
#define LEASES 2u
#define KEPT_MAX 64

/* Calls of segment 0 retain what they read, and on_stalled does what the test wants. */
struct scene {
  uint64_t limit; /* keeps no more than so many */
  _Atomic uint32_t kept_count;
  uint32_t released_count;
  const struct synched_snapshot *kept[KEPT_MAX];
  unsigned stall_count, done_count,
      late_count; /* calls: of on_stalled, on_done, of the first after the second */
  unsigned wrong_count;
  struct synched_stall stall;
  uint64_t held_rounds[LEASES + 1];
  void (*on_stalled)(struct synched_job *job, struct scene *scene);
  int status;
};

static int keep_previous(struct synched_task *task, void *user) {
  struct scene *scene = user;
  const uint32_t count = atomic_load(&scene->kept_count);
  if (task->segment == 0 && count < scene->limit) {
    scene->kept[count] = synched_snapshot_retain(task->previous);
    atomic_store(&scene->kept_count, count + 1);
  }
  return 0;
}

static void release_one(struct scene *scene) {
  if (scene->released_count < atomic_load(&scene->kept_count))
    synched_snapshot_release(scene->kept[scene->released_count++]);
}

static void release_all(struct scene *scene) {
  while (scene->released_count < atomic_load(&scene->kept_count))
    release_one(scene);
}

static void note_stall(struct synched_job *job, const struct synched_stall *stall, void *user) {
  struct scene *scene = user;
  scene->late_count += scene->done_count;
  scene->stall_count++;
  scene->stall = *stall;
  for (unsigned i = 0; i < stall->held_count && i < LENGTH(scene->held_rounds); i++)
    scene->held_rounds[i] = stall->held_rounds[i];
  if (scene->on_stalled != NULL)
    scene->on_stalled(job, scene);
}

static void note_done(struct synched_job *job, int status, const struct synched_report *report,
                      void *user) {
  struct scene *scene = user;
  (void)job;
  (void)report;
  scene->done_count++;
  scene->status = status;
}

static struct engine stalling_engine(struct synched_pool *pool, struct scene *scene,
                                     struct synched_job_options options) {
  options.struct_size = (uint32_t)sizeof options;
  options.compute = keep_previous;
  options.on_stalled = note_stall;
  options.on_done = note_done;
  options.user = scene;
  return engine_new(pool,
                    SYNCHED_MEMORY_OPTIONS(.segment_count = 3, .segment_capacity = 2,
                                           .element_size = 8, .lease_count = LEASES),
                    &options);
}

static void set_long(uint64_t ns) {
  atomic_store(&synched__stall_after_ns, ns);
}

/* Nobody looks any more, so that workers sleep. */
static void expect_nobody_looks(struct synched_pool *pool) {
  cr_assert_eq(synched__load_relaxed(&pool->dispatch->stall_look_ns), SYNCHED__NEVER);
}

/* The first time that the job has nothing to write to: it has read rounds 0 to LEASES, and kept
 * them. */
static void expect_first_stall(const struct scene *scene) {
  cr_assert_eq(scene->stall.round, LEASES + 2);
  cr_assert_eq(scene->stall.lease_count, LEASES);
  cr_assert_eq(scene->stall.held_count, LEASES + 1);
  cr_assert_eq(scene->stall.undelivered_count, 0);
  for (uint64_t i = 0; i <= LEASES; i++)
    cr_assert_eq(scene->held_rounds[i], i);
  cr_assert_leq(scene->stall.since_ns, synched__clock_ns());
}

static void cancel(struct synched_job *job, struct scene *scene) {
  (void)scene;
  cr_assert_eq(synched_job_cancel(job), 0);
}

static void end_scene(struct scene *scene, struct engine *engine) {
  cr_assert_eq(scene->late_count, 0);
  release_all(scene);
  engine_end(engine);
}

Test(job_stall, never_released_snapshots_are_told_of_and_the_job_can_be_cancelled) {
  set_long(20 * MS);
  for (unsigned worker_count = 1; worker_count <= 3; worker_count++) {
    struct scene scene = {.limit = KEPT_MAX, .on_stalled = cancel};
    struct synched_pool *pool = pool_new(worker_count);
    struct engine engine = stalling_engine(pool, &scene, (struct synched_job_options){0});
    expect_refused(synched_job_run(engine.job), SYNCHED_ECANCELED, "waited for a buffer");
    cr_assert_eq(scene.stall_count, 1);
    cr_assert_eq(scene.stall.stalled_count, 1);
    expect_first_stall(&scene);
    const struct synched_report_summary summary = summary_of(engine.job);
    cr_assert_eq(summary.stalled_count, 1);
    cr_assert_geq(summary.stalled_ns, 20 * MS);
    cr_assert_eq(summary.stalled_ns, summary.lease_wait_ns);
    end_scene(&scene, &engine);
    pool_end(pool);
  }
}

Test(job_stall, is_of_a_second_where_nobody_has_changed_that) {
  struct scene scene = {.limit = KEPT_MAX, .on_stalled = cancel};
  struct synched_pool *pool = pool_new(2);
  struct engine engine = stalling_engine(pool, &scene, (struct synched_job_options){0});
  cr_assert_eq(synched_job_run(engine.job), SYNCHED_ECANCELED);
  cr_assert_eq(scene.stall_count, 1);
  cr_assert_geq(summary_of(engine.job).stalled_ns, SYNCHED_STALL_NS);
  end_scene(&scene, &engine);
  pool_end(pool);
}

/* --- once for each wait --- */

static void release_in_callback(struct synched_job *job, struct scene *scene) {
  (void)job;
  release_one(scene);
}

Test(job_stall, released_in_the_callback_lets_the_job_go_on_until_the_next) {
  set_long(5 * MS);
  struct scene scene = {.limit = 20, .on_stalled = release_in_callback};
  struct synched_pool *pool = pool_new(2);
  struct engine engine =
      stalling_engine(pool, &scene, (struct synched_job_options){.round_count = 40});
  cr_assert_eq(synched_job_run(engine.job), 0);
  /* Each release makes room for one more round, whose snapshot takes it; until it keeps no more. */
  const struct synched_report_summary summary = summary_of(engine.job);
  cr_assert_eq(scene.stall_count, 20 - LEASES);
  cr_assert_eq(scene.stall.stalled_count, scene.stall_count);
  cr_assert_eq(summary.stalled_count, scene.stall_count);
  cr_assert_eq(summary.lease_wait_count, scene.stall_count);
  cr_assert_eq(scene.held_rounds[0], scene.released_count - 1, "the oldest, which was released");
  end_scene(&scene, &engine);
  pool_end(pool);
}

static void on_later(uv_timer_t *timer) {
  const struct engine *engine = timer->data;
  expect_nobody_looks(engine->pool);
  cr_assert_eq(synched_job_cancel(engine->job), 0);
  uv_close((uv_handle_t *)timer, NULL);
}

Test(job_stall, is_told_of_once_however_long_it_lasts) {
  set_long(5 * MS);
  struct scene scene = {.limit = KEPT_MAX};
  struct synched_pool *pool = pool_new(2);
  struct engine engine = stalling_engine(pool, &scene, (struct synched_job_options){0});
  uv_loop_t loop;
  uv_timer_t timer = {.data = &engine};
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(uv_timer_init(&loop, &timer), 0);
  cr_assert_eq(synched_job_start(engine.job, &loop), 0);
  while (scene.stall_count == 0)
    (void)uv_run(&loop, UV_RUN_ONCE);
  cr_assert_eq(uv_timer_start(&timer, on_later, 200, 0), 0);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(scene.stall_count, 1);
  cr_assert_eq(scene.status, SYNCHED_ECANCELED);
  cr_assert_eq(summary_of(engine.job).stalled_count, 1);
  cr_assert_eq(uv_loop_close(&loop), 0);
  end_scene(&scene, &engine);
  pool_end(pool);
}

/* A thread that gives back what is kept, sooner or later than what counts as long. */
static void *release_along(void *argument) {
  struct scene *scene = argument;
  for (uint32_t i = 0; i < scene->limit; i++) {
    while (atomic_load(&scene->kept_count) == i)
      (void)sched_yield();
    if (i % 8 == 0)
      nap_ms(1);
    synched_snapshot_release(scene->kept[i]);
    scene->released_count++;
  }
  return NULL;
}

Test(job_stall, waits_that_end_in_time_are_not_told_of) {
  for (uint64_t long_ns = 100000; long_ns <= 10000 * MS; long_ns *= 10) {
    set_long(long_ns);
    struct scene scene = {.limit = KEPT_MAX};
    struct synched_pool *pool = pool_new(2);
    struct engine engine =
        stalling_engine(pool, &scene, (struct synched_job_options){.round_count = KEPT_MAX + 10});
    struct crew crew = {0};
    crew_add(&crew, release_along, &scene);
    cr_assert_eq(synched_job_run(engine.job), 0);
    crew_join(&crew);
    const struct synched_report_summary summary = summary_of(engine.job);
    cr_assert_leq(summary.stalled_count, summary.lease_wait_count);
    cr_assert_leq(summary.stalled_count * long_ns, summary.stalled_ns);
    cr_assert_leq(summary.stalled_ns, summary.lease_wait_ns);
    /* Whatever was told of did take so long; several may have been told of at once. */
    cr_assert_leq(scene.stall_count, summary.stalled_count);
    cr_assert_eq(scene.stall_count == 0, summary.stalled_count == 0);
    if (scene.stall_count != 0)
      cr_assert_eq(scene.stall.stalled_count, summary.stalled_count, "the last one is told of");
    end_scene(&scene, &engine);
    pool_end(pool);
  }
}

static void pause_or_stop(struct synched_job *job, struct scene *scene) {
  cr_assert_eq(scene->stall_count == 1 ? synched_job_pause(job) : synched_job_stop(job), 0);
}

/* When it is paused: two calls that take effect together would leave it waiting. */
static void resume_paused(struct synched_job *job, const struct synched_steered *steered,
                          void *user) {
  (void)user;
  if (steered->call == SYNCHED_STEER_PAUSE)
    cr_assert_eq(synched_job_resume(job), 0);
}

Test(job_stall, pause_ends_a_wait_and_resume_begins_another) {
  set_long(5 * MS);
  struct scene scene = {.limit = KEPT_MAX, .on_stalled = pause_or_stop};
  struct synched_pool *pool = pool_new(2);
  struct engine engine =
      stalling_engine(pool, &scene, (struct synched_job_options){.on_steered = resume_paused});
  cr_assert_eq(synched_job_run(engine.job), 0);
  cr_assert_eq(scene.stall_count, 2);
  cr_assert_eq(summary_of(engine.job).stalled_count, 2);
  /* Started again it waits from the beginning, and counts anew. */
  scene.stall_count = 1;
  scene.done_count = 0;
  cr_assert_eq(synched_job_run(engine.job), 0);
  cr_assert_eq(scene.stall_count, 2);
  cr_assert_eq(scene.stall.stalled_count, 1);
  cr_assert_eq(summary_of(engine.job).stalled_count, 1);
  end_scene(&scene, &engine);
  pool_end(pool);
}

/* --- in every loop, and beside other jobs --- */

Test(job_stall, makes_the_descriptor_of_a_polled_job_readable) {
  set_long(20 * MS);
  struct scene scene = {.limit = KEPT_MAX, .on_stalled = cancel};
  struct synched_pool *pool = pool_new(2);
  struct engine engine = stalling_engine(pool, &scene, (struct synched_job_options){0});
  struct pollfd poller = {.fd = synched_job_fd(engine.job), .events = POLLIN};
  cr_assert_eq(synched_job_start_polled(engine.job), 0);
  int status = SYNCHED_CONTINUE;
  while (status == SYNCHED_CONTINUE) {
    cr_assert_eq(poll(&poller, 1, HANG_SECONDS * 1000), 1, "nothing comes any more");
    status = synched_job_dispatch(engine.job);
  }
  cr_assert_eq(status, SYNCHED_STOP);
  cr_assert_eq(scene.stall_count, 1);
  expect_first_stall(&scene);
  end_scene(&scene, &engine);
  pool_end(pool);
}

static void cancel_both(struct synched_job *job, struct scene *scene) {
  cr_assert_eq(synched_job_cancel(job), 0);
  if (scene->kept[KEPT_MAX - 1] != NULL) /* where the test has put the other job */
    cr_assert_eq(synched_job_cancel((struct synched_job *)(uintptr_t)scene->kept[KEPT_MAX - 1]), 0);
}

/* The workers never wait: who closes the other job's rounds looks. */
Test(job_stall, is_found_beside_a_job_that_never_waits) {
  set_long(20 * MS);
  for (unsigned worker_count = 1; worker_count <= 2; worker_count++) {
    struct scene scene = {.limit = LEASES + 1, .on_stalled = cancel_both};
    struct synched_pool *pool = pool_new(worker_count);
    struct engine engine = stalling_engine(pool, &scene, (struct synched_job_options){0});
    struct engine busy = engine_new(
        pool, SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1, .element_size = 1),
        SYNCHED_JOB_OPTIONS(.compute = compute_nothing));
    scene.kept[KEPT_MAX - 1] = (const struct synched_snapshot *)busy.job;
    uv_loop_t loop;
    cr_assert_eq(uv_loop_init(&loop), 0);
    cr_assert_eq(synched_job_start(busy.job, &loop), 0);
    cr_assert_eq(synched_job_start(engine.job, &loop), 0);
    cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    cr_assert_eq(uv_loop_close(&loop), 0);
    cr_assert_eq(scene.stall_count, 1);
    expect_first_stall(&scene);
    engine_end(&busy);
    end_scene(&scene, &engine);
    pool_end(pool);
  }
}

Test(job_stall, of_several_jobs_of_a_pool_is_told_of_for_each) {
  set_long(20 * MS);
  struct scene scenes[5];
  struct engine engines[LENGTH(scenes)];
  struct synched_pool *pool = pool_new(2);
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  for (size_t i = 0; i < LENGTH(scenes); i++) {
    scenes[i] = (struct scene){.limit = KEPT_MAX, .on_stalled = cancel};
    engines[i] = stalling_engine(pool, &scenes[i], (struct synched_job_options){0});
    cr_assert_eq(synched_job_start(engines[i].job, &loop), 0);
  }
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&loop), 0);
  for (size_t i = 0; i < LENGTH(scenes); i++) {
    cr_assert_eq(scenes[i].stall_count, 1, "job %zu", i);
    expect_first_stall(&scenes[i]);
    end_scene(&scenes[i], &engines[i]);
  }
  pool_end(pool);
}

Test(job_stall, needs_no_thread_and_no_file_of_its_own) {
  set_long(5 * MS);
  struct scene scene = {.limit = KEPT_MAX, .on_stalled = cancel};
  threads_begin();
  struct synched_pool *pool = pool_new(2);
  struct engine engine = stalling_engine(pool, &scene, (struct synched_job_options){0});
  cr_assert_eq(synched_job_run(engine.job), SYNCHED_ECANCELED);
  threads_expect(2);
  end_scene(&scene, &engine);
  pool_end(pool);
}

/* --- what waits is not the program's fault, but the loop's --- */

/* A loop that comes to the first snapshot only when the job has waited for it for long. */
static void receive_late(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  struct scene *scene = user;
  (void)now;
  for (unsigned ms = 0; now->round == 1 && ms < HANG_SECONDS * 1000; ms++) {
    synched__mutex_lock(&job->control.wait.mutex);
    const bool posted = job->control.wait.posted;
    synched__mutex_unlock(&job->control.wait.mutex);
    if (posted)
      return;
    nap_ms(1);
  }
  scene->wrong_count += now->round == 1;
}

Test(job_stall, by_a_loop_that_does_not_come_to_deliver_says_so) {
  set_long(5 * MS);
  struct scene scene = {.limit = 0};
  struct synched_pool *pool = pool_new(2);
  struct engine engine = stalling_engine(
      pool, &scene,
      (struct synched_job_options){
          .on_snapshot = receive_late, .delivery = SYNCHED_DELIVER_EVERY, .round_count = 20});
  cr_assert_eq(synched_job_run(engine.job), 0);
  cr_assert_eq(scene.wrong_count, 0);
  cr_assert_geq(scene.stall_count, 1);
  cr_assert_geq(summary_of(engine.job).stalled_count, 1);
  cr_assert_geq(scene.stall.undelivered_count, 1);
  cr_assert_leq(scene.stall.undelivered_count, LEASES + 2);
  end_scene(&scene, &engine);
  pool_end(pool);
}

/* --- ends --- */

static void *cancel_soon(void *argument) {
  struct engine *engine = argument;
  while (synched__load_seq_cst(&engine->memory->awaiting) == 0)
    (void)sched_yield();
  (void)synched_job_cancel(engine->job);
  return NULL;
}

/* At the moment at which it would be told. */
Test(job_stall, cancel_at_any_moment_ends_the_job_and_nothing_comes_after_on_done) {
  struct synched_pool *pool = pool_new(2);
  for (unsigned repeat = 0; repeat < at_most(200, 20); repeat++) {
    set_long(1000 * (uint64_t)(repeat % 50));
    struct scene scene = {.limit = KEPT_MAX};
    struct engine engine = stalling_engine(pool, &scene, (struct synched_job_options){0});
    struct crew crew = {0};
    synched__schedule_seed(repeat);
    crew_add(&crew, cancel_soon, &engine);
    cr_assert_eq(synched_job_run(engine.job), SYNCHED_ECANCELED);
    synched__schedule_seed(0);
    crew_join(&crew);
    cr_assert_eq(scene.stall_count == 0, summary_of(engine.job).stalled_count == 0);
    end_scene(&scene, &engine);
  }
  pool_end(pool);
}

Test(job_stall, without_anybody_to_tell_is_reported_all_the_same) {
  set_long(5 * MS);
  struct scene scene = {.limit = KEPT_MAX};
  struct synched_pool *pool = pool_new(2);
  struct engine engine =
      engine_new(pool,
                 SYNCHED_MEMORY_OPTIONS(.segment_count = 3, .segment_capacity = 2,
                                        .element_size = 8, .lease_count = LEASES),
                 SYNCHED_JOB_OPTIONS(.compute = keep_previous, .user = &scene));
  cr_assert_eq(synched_job_start_polled(engine.job), 0);
  cr_assert(memory_awaits_buffer(engine.memory));
  expect_nobody_looks(pool);
  nap_ms(10);
  cr_assert_eq(synched_job_cancel(engine.job), 0);
  while (synched_job_dispatch(engine.job) == SYNCHED_CONTINUE)
    nap_ms(1);
  cr_assert_eq(summary_of(engine.job).stalled_count, 1);
  cr_assert_geq(summary_of(engine.job).stalled_ns, 10 * MS);
  end_scene(&scene, &engine);
  pool_end(pool);
}
