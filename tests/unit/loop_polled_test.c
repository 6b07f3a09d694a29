/*
 * loop_polled_test.c: jobs in an event loop that is not libuv's.
 */
#include <criterion/criterion.h>

#include <fcntl.h>
#include <poll.h>

#include "support/support.h"
#include "support/unit_support.h"

struct scene {
  unsigned delivered_count, done_count, steered_count;
  uint64_t last_round, missed_count;
  int status, nested;
};

static void receive(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  struct scene *scene = user;
  cr_assert_eq(now->round, scene->last_round + synched_job_missed(job) + 1);
  scene->missed_count += synched_job_missed(job);
  scene->last_round = now->round;
  scene->delivered_count++;
  scene->nested = synched_job_dispatch(job);
}

static void steered(struct synched_job *job, const struct synched_steered *steered, void *user) {
  struct scene *scene = user;
  (void)job;
  cr_assert_eq(steered->status, 0);
  scene->steered_count++;
}

static void done(struct synched_job *job, int status, const struct synched_report *report,
                 void *user) {
  struct scene *scene = user;
  (void)job;
  (void)report;
  scene->done_count++;
  scene->status = status;
}

static struct engine polled_engine(struct scene *scene, struct synched_job_options options) {
  options.struct_size = (uint32_t)sizeof options;
  options.compute = compute_nothing;
  options.on_snapshot = receive;
  options.on_steered = steered;
  options.on_done = done;
  options.user = scene;
  return engine_new(pool_new(2),
                    SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 1,
                                           .element_size = 8, .lease_count = 2),
                    &options);
}

/* What a program's own loop does. */
static void poll_until_done(struct synched_job *job) {
  struct pollfd poller = {.fd = synched_job_fd(job), .events = POLLIN};
  int status = SYNCHED_CONTINUE;
  while (status == SYNCHED_CONTINUE) {
    cr_assert_eq(poll(&poller, 1, HANG_SECONDS * 1000), 1, "nothing comes any more");
    status = synched_job_dispatch(job);
  }
  cr_assert_eq(status, SYNCHED_STOP, "%s", synched_error_message());
}

Test(loop_polled, job_runs_and_ends_and_can_be_started_again) {
  for (int delivery = SYNCHED_DELIVER_LATEST; delivery <= SYNCHED_DELIVER_EVERY; delivery++) {
    struct scene scene = {.nested = 0};
    struct engine engine =
        polled_engine(&scene, (struct synched_job_options){
                                  .round_count = 200, .delivery = (enum synched_delivery)delivery});
    const int fd = synched_job_fd(engine.job);
    for (unsigned run = 1; run <= 3; run++) {
      cr_assert_eq(synched_job_start_polled(engine.job), 0, "%s", synched_error_message());
      expect_refused(synched_job_start_polled(engine.job), SYNCHED_EBUSY, "running");
      poll_until_done(engine.job);
      cr_assert_eq(scene.done_count, run);
      cr_assert_eq(scene.status, 0);
      cr_assert_eq(scene.last_round, 200 * run, "the last one comes in any case");
      cr_assert_eq(scene.nested, SYNCHED_EDEADLK);
      cr_assert_eq(synched_job_fd(engine.job), fd);
      cr_assert_eq(scene.missed_count + scene.delivered_count, 200 * run);
      cr_assert_eq(summary_of(engine.job).missed_count + summary_of(engine.job).delivered_count,
                   200);
    }
    if (delivery == SYNCHED_DELIVER_EVERY)
      cr_assert_eq(scene.missed_count, 0);
    engine_end_with_pool(&engine);
  }
}

Test(loop_polled, dispatch_without_anything_due_does_nothing) {
  struct scene scene = {.nested = 0};
  struct engine engine =
      polled_engine(&scene, (struct synched_job_options){.flags = SYNCHED_JOB_START_PAUSED});
  expect_refused(synched_job_dispatch(engine.job), SYNCHED_ENOENT, "not started");
  cr_assert_eq(synched_job_start_polled(engine.job), 0);
  for (unsigned i = 0; i < 10; i++)
    cr_assert_eq(synched_job_dispatch(engine.job), SYNCHED_CONTINUE);
  cr_assert_eq(scene.delivered_count + scene.done_count + scene.steered_count, 0);
  expect_refused(synched_job_ref(engine.job), SYNCHED_ENOENT, "libuv");
  cr_assert_eq(synched_job_step(engine.job, 3), 0);
  struct pollfd poller = {.fd = synched_job_fd(engine.job), .events = POLLIN};
  while (scene.steered_count == 0) {
    cr_assert_eq(poll(&poller, 1, HANG_SECONDS * 1000), 1);
    cr_assert_eq(synched_job_dispatch(engine.job), SYNCHED_CONTINUE);
  }
  cr_assert_eq(scene.last_round, 3);
  cr_assert_eq(synched_job_cancel(engine.job), 0);
  poll_until_done(engine.job);
  cr_assert_eq(scene.status, SYNCHED_ECANCELED);
  engine_end_with_pool(&engine);
}

static void *dispatch_elsewhere(void *argument) {
  struct engine *engine = argument;
  return (void *)(intptr_t)synched_job_dispatch(engine->job);
}

Test(loop_polled, dispatch_on_another_thread_is_refused) {
  struct scene scene = {.nested = 0};
  struct engine engine =
      polled_engine(&scene, (struct synched_job_options){.flags = SYNCHED_JOB_START_PAUSED});
  cr_assert_eq(synched_job_start_polled(engine.job), 0);
  pthread_t thread;
  void *status;
  cr_assert_eq(pthread_create(&thread, NULL, dispatch_elsewhere, &engine), 0);
  cr_assert_eq(pthread_join(thread, &status), 0);
  cr_assert_eq((intptr_t)status, SYNCHED_EPERM);
  cr_assert_eq(synched_job_cancel(engine.job), 0);
  poll_until_done(engine.job);
  engine_end_with_pool(&engine);
}

Test(loop_polled, descriptor_is_closed_on_exec) {
  struct scene scene = {.nested = 0};
  struct engine engine = polled_engine(&scene, (struct synched_job_options){.round_count = 1});
  cr_assert_neq(fcntl(synched_job_fd(engine.job), F_GETFD) & FD_CLOEXEC, 0);
  expect_refused(synched_job_fd(NULL), SYNCHED_EINVAL, "job is NULL");
  expect_refused(synched_job_dispatch(NULL), SYNCHED_EINVAL, "job is NULL");
  expect_refused(synched_job_start_polled(NULL), SYNCHED_EINVAL, "job is NULL");
  engine_end_with_pool(&engine);
}
