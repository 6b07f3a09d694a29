/*
 * job_init_test.c: that the memory has been filled, or has not, is said to who wants to know.
 */
#include <criterion/criterion.h>

#include <uv.h>

#include "support/support.h"
#include "support/unit_support.h"

#define SEGMENTS 5u

enum ending { ENDING_CANCEL, ENDING_STOP };

struct scene {
  int answer;  /* of on_init */
  bool pauses; /* on_init pauses the job */
  struct synched_job *job;
  _Atomic uint32_t init_count, compute_count, on_init_count, wrong_count;
  uint64_t paused_sum; /* what the loop sees of the memory while it is paused after init */
  unsigned steered_count;
  struct synched_memory *memory;
};

static int fill(struct synched_task *task, void *user) {
  struct scene *scene = user;
  *(uint64_t *)task->out = 100 + task->segment;
  task->contribution = (double)(task->segment + 1);
  (void)atomic_fetch_add(&scene->init_count, 1);
  return 0;
}

static int add_one(struct synched_task *task, void *user) {
  struct scene *scene = user;
  const uint64_t *was = synched_snapshot_segment(task->previous, task->segment);
  if (atomic_load(&scene->on_init_count) != 1)
    (void)atomic_fetch_add(&scene->wrong_count, 1);
  (void)atomic_fetch_add(&scene->compute_count, 1);
  *(uint64_t *)task->out = *was + 1;
  return 0;
}

/* The whole content, before the first round, and its fold. */
static int see_init(const struct synched_snapshot *now, void *user) {
  struct scene *scene = user;
  const uint64_t *whole = now->data;
  bool right = now->round == 0 && atomic_load(&scene->compute_count) == 0 &&
               now->fold == SEGMENTS * (SEGMENTS + 1) / 2.0;
  for (size_t s = 0; s < now->segment_count; s++)
    right = right && whole[s] == 100 + s;
  if (!right)
    (void)atomic_fetch_add(&scene->wrong_count, 1);
  (void)atomic_fetch_add(&scene->on_init_count, 1);
  if (scene->pauses && synched_job_pause(scene->job) != 0)
    (void)atomic_fetch_add(&scene->wrong_count, 1);
  return scene->answer;
}

static struct engine init_engine(struct scene *scene, struct synched_job_options options) {
  options.struct_size = (uint32_t)sizeof options;
  options.init = fill;
  options.on_init = see_init;
  options.compute = add_one;
  options.fold = SYNCHED_FOLD_SUM;
  options.user = scene;
  struct engine engine =
      engine_new(pool_new(2),
                 SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = 1,
                                        .element_size = sizeof(uint64_t)),
                 &options);
  scene->job = engine.job;
  scene->memory = engine.memory;
  return engine;
}

Test(job_init, completion_comes_once_before_the_first_round) {
  struct scene scene = {.answer = SYNCHED_CONTINUE};
  struct engine engine = init_engine(&scene, (struct synched_job_options){.round_count = 3});
  for (unsigned run = 1; run <= 2; run++) {
    cr_assert_eq(synched_job_run(engine.job), 0);
    cr_assert_eq(atomic_load(&scene.on_init_count), 1);
    cr_assert_eq(atomic_load(&scene.wrong_count), 0);
    cr_assert_eq(memory_round(engine.memory), 3 * run);
    cr_assert_eq(summary_of(engine.job).init_missing, 0);
  }
  engine_end_with_pool(&engine);
}

Test(job_init, completion_can_end_the_job_with_the_content_there) {
  static const struct {
    int answer, status;
    const char *sentence;
  } rows[] = {{SYNCHED_STOP, 0, NULL},
              {-77, -77, "on_init ended the job"},
              {7, SYNCHED_EINVAL, "on_init returned 7"}};
  for (size_t i = 0; i < LENGTH(rows); i++) {
    struct scene scene = {.answer = rows[i].answer};
    struct engine engine = init_engine(&scene, (struct synched_job_options){.round_count = 3});
    const int status = synched_job_run(engine.job);
    cr_assert_eq(status, rows[i].status, "%d", status);
    if (rows[i].sentence != NULL)
      expect_refused(status, rows[i].status, rows[i].sentence);
    cr_assert_eq(atomic_load(&scene.compute_count), 0);
    cr_assert_eq(atomic_load(&scene.wrong_count), 0);
    cr_assert_eq(summary_of(engine.job).init_missing, 0);
    cr_assert_eq(summary_of(engine.job).round_count, 0);
    /* It need not be done again. */
    cr_assert_eq(synched_job_run(engine.job), 0);
    cr_assert_eq(atomic_load(&scene.init_count), SEGMENTS);
    cr_assert_eq(memory_round(engine.memory), 3);
    engine_end_with_pool(&engine);
  }
}

static void look_and_resume(struct synched_job *job, const struct synched_steered *steered,
                            void *user) {
  struct scene *scene = user;
  scene->steered_count++;
  if (steered->call != SYNCHED_STEER_PAUSE)
    return;
  scene->paused_sum = memory_sum(scene->memory);
  cr_assert_eq(steered->round, 0);
  cr_assert_eq(memory_round(scene->memory), 0);
  cr_assert_eq(atomic_load(&scene->compute_count), 0);
  cr_assert_eq(synched_job_resume(job), 0);
}

Test(job_init, completion_can_pause_the_job_for_the_loop_to_look_at_the_content) {
  struct scene scene = {.answer = SYNCHED_CONTINUE, .pauses = true};
  struct engine engine = init_engine(
      &scene, (struct synched_job_options){.round_count = 3, .on_steered = look_and_resume});
  const uint64_t before = memory_sum(engine.memory);
  cr_assert_eq(synched_job_run(engine.job), 0);
  cr_assert_eq(scene.steered_count, 2);
  cr_assert_neq(scene.paused_sum, before);
  cr_assert_eq(atomic_load(&scene.wrong_count), 0);
  cr_assert_eq(memory_round(engine.memory), 3);
  engine_end_with_pool(&engine);
}

/* --- when it never came to it --- */

/* Ends a job that has been started paused. */
static void end_paused(struct engine *engine, enum ending ending, int expected) {
  cr_assert_eq(synched_job_start_polled(engine->job), 0);
  cr_assert_eq(
      ending == ENDING_CANCEL ? synched_job_cancel(engine->job) : synched_job_stop(engine->job), 0);
  int status;
  while ((status = synched_job_dispatch(engine->job)) == SYNCHED_CONTINUE)
    nap_ms(1);
  cr_assert_eq(status, SYNCHED_STOP);
  cr_assert_eq(summary_of(engine->job).status, expected);
}

static void expect_never_filled(struct engine *engine, const struct scene *scene, uint64_t before) {
  cr_assert_eq(atomic_load(&scene->init_count), 0);
  cr_assert_eq(summary_of(engine->job).init_missing, 1);
  cr_assert_eq(memory_sum(engine->memory), before);
}

Test(job_init, never_run_because_of_a_cancel_or_stop_is_reported) {
  struct scene scene = {.answer = SYNCHED_CONTINUE};
  struct engine engine = init_engine(
      &scene, (struct synched_job_options){.flags = SYNCHED_JOB_START_PAUSED, .round_count = 3});
  const uint64_t before = memory_sum(engine.memory);
  end_paused(&engine, ENDING_CANCEL, SYNCHED_ECANCELED);
  cr_assert_not_null(strstr(synched_error_message(), "cancelled before its init was complete"),
                     "%s", synched_error_message());
  expect_never_filled(&engine, &scene, before);
  end_paused(&engine, ENDING_STOP, 0);
  expect_never_filled(&engine, &scene, before);
  engine_end_with_pool(&engine);
}

Test(job_init, cancelled_before_the_start_is_reported_and_done_later) {
  struct scene scene = {.answer = SYNCHED_CONTINUE};
  struct engine engine = init_engine(&scene, (struct synched_job_options){.round_count = 3});
  const uint64_t before = memory_sum(engine.memory);
  cr_assert_eq(synched_job_cancel(engine.job), 0);
  expect_refused(synched_job_run(engine.job), SYNCHED_ECANCELED, "before its init was complete");
  expect_never_filled(&engine, &scene, before);
  cr_assert_eq(synched_job_run(engine.job), 0);
  cr_assert_eq(summary_of(engine.job).init_missing, 0);
  cr_assert_eq(atomic_load(&scene.init_count), SEGMENTS);
  cr_assert_eq(atomic_load(&scene.on_init_count), 1);
  engine_end_with_pool(&engine);
}

Test(job_init, completion_without_an_init_is_refused) {
  struct synched_pool *pool = pool_new(1);
  struct synched_memory *memory = memory_with(
      SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1, .element_size = 1));
  struct synched_job *job;
  expect_refused(
      synched_job_create(&job, pool, memory,
                         SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .on_init = see_init)),
      SYNCHED_EINVAL, "on_init is given, but no init");
  cr_assert_null(job);
  memory_end(memory);
  pool_end(pool);
}
