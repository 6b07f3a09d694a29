/*
 * wrong_steering_test.c: calls that start, dispatch and steer a job, made with the wrong thing, on
 * the wrong thread or at the wrong time. What each call does in each state of a job is tested in
 * tests/unit/job_steer_test.c.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "support/fixture.h"
#include "support/unit_support.h"

/* A call to be made elsewhere than on the test's thread, and what came of it. */
struct errand {
  int (*call)(struct synched_job *job, struct fixture *fixture);
  struct synched_job *job;
  struct fixture *fixture;
  int status;
  char sentence[200];
};

static void go(struct errand *errand) {
  errand->status = errand->call(errand->job, errand->fixture);
  (void)snprintf(errand->sentence, sizeof errand->sentence, "%s", synched_error_message());
}

/* As if the call had been made here. */
static int brought_back(const struct errand *errand) {
  return synched__fail(errand->status, "%s", errand->sentence);
}

static void *go_on_a_thread(void *errand) {
  go(errand);
  return NULL;
}

static int on_another_thread(int (*call)(struct synched_job *, struct fixture *),
                             struct synched_job *job) {
  struct errand errand = {.call = call, .job = job};
  struct crew crew = {0};
  crew_add(&crew, go_on_a_thread, &errand);
  crew_join(&crew);
  return brought_back(&errand);
}

static int go_on_a_worker(struct synched_task *task, void *errand) {
  (void)task;
  go(errand);
  return 0;
}

#define ONE_SEGMENT                                                                                \
  SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1, .element_size = 1,             \
                         .lease_count = 1)

/* On a worker of another pool than the fixture's. */
static int on_a_worker(int (*call)(struct synched_job *, struct fixture *),
                       struct fixture *fixture) {
  struct errand errand = {.call = call, .job = fixture->unstarted, .fixture = fixture};
  struct engine engine =
      engine_new(pool_new(1), ONE_SEGMENT,
                 SYNCHED_JOB_OPTIONS(.compute = go_on_a_worker, .user = &errand, .round_count = 1));
  cr_assert_eq(synched_job_run(engine.job), 0);
  engine_end_with_pool(&engine);
  return brought_back(&errand);
}

static int start(struct synched_job *job, struct fixture *fixture) {
  return synched_job_start(job, &fixture->loop);
}

static int start_polled(struct synched_job *job, struct fixture *fixture) {
  (void)fixture;
  return synched_job_start_polled(job);
}

static int dispatch(struct synched_job *job, struct fixture *fixture) {
  (void)fixture;
  return synched_job_dispatch(job);
}

static int ref(struct synched_job *job, struct fixture *fixture) {
  (void)fixture;
  return synched_job_ref(job);
}

static int unref(struct synched_job *job, struct fixture *fixture) {
  (void)fixture;
  return synched_job_unref(job);
}

static int start_on_closed(struct synched_job *job) {
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(uv_loop_close(&loop), 0);
  return synched_job_start(job, &loop);
}

/* --- with a polled job of its own --- */

static void dispatch_to_end(struct synched_job *job) {
  int status = SYNCHED_CONTINUE;
  for (unsigned ms = 0; ms < HANG_SECONDS * 1000 && status == SYNCHED_CONTINUE; ms++) {
    status = synched_job_dispatch(job);
    nap_ms(1);
  }
  cr_assert_eq(status, SYNCHED_STOP, "the job hangs, or %s", synched_error_message());
}

/* What a call on the test's thread says of a job that was started with synched_job_start_polled. */
static int of_polled(int (*call)(struct synched_job *, struct fixture *), bool elsewhere) {
  struct engine engine = engine_new(
      pool_new(1), ONE_SEGMENT,
      SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .flags = SYNCHED_JOB_START_PAUSED));
  cr_assert_eq(synched_job_start_polled(engine.job), 0);
  struct errand errand = {.call = call, .job = engine.job};
  if (elsewhere)
    errand.status = on_another_thread(call, engine.job);
  else
    errand.status = call(engine.job, NULL);
  (void)snprintf(errand.sentence, sizeof errand.sentence, "%s", synched_error_message());
  cr_assert_eq(synched_job_stop(engine.job), 0);
  dispatch_to_end(engine.job);
  engine_end_with_pool(&engine);
  return brought_back(&errand);
}

static void go_on_snapshot(struct synched_job *job, const struct synched_snapshot *now,
                           void *errand) {
  (void)now;
  ((struct errand *)errand)->job = job;
  go(errand);
}

static void go_on_done(struct synched_job *job, int status, const struct synched_report *report,
                       void *errand) {
  (void)status;
  (void)report;
  ((struct errand *)errand)->job = job;
  go(errand);
}

/* From one of its callbacks. */
static int dispatch_from(synched_snapshot_fn on_snapshot, synched_done_fn on_done) {
  struct errand errand = {.call = dispatch};
  struct engine engine =
      engine_new(pool_new(1), ONE_SEGMENT,
                 SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .round_count = 1, .user = &errand,
                                     .on_snapshot = on_snapshot, .on_done = on_done));
  cr_assert_eq(synched_job_start_polled(engine.job), 0);
  dispatch_to_end(engine.job);
  engine_end_with_pool(&engine);
  return brought_back(&errand);
}

/* --- starting --- */

static int advance(struct synched_job *job, struct fixture *fixture) {
  (void)fixture;
  return synched_job_advance(job, 1);
}

/* On a worker of the job's own pool. */
static int advance_within(void) {
  struct errand errand = {.call = advance};
  struct engine engine =
      engine_new(pool_new(1), ONE_SEGMENT,
                 SYNCHED_JOB_OPTIONS(.compute = go_on_a_worker, .user = &errand, .round_count = 1));
  errand.job = engine.job;
  cr_assert_eq(synched_job_run(engine.job), 0);
  engine_end_with_pool(&engine);
  return brought_back(&errand);
}

static int advance_with(const struct synched_job_options *options) {
  struct engine engine = engine_new(pool_new(1), ONE_SEGMENT, options);
  const int status = synched_job_advance(engine.job, 1);
  char sentence[200];
  (void)snprintf(sentence, sizeof sentence, "%s", synched_error_message());
  cr_assert_eq(synched_job_state(engine.job), SYNCHED_JOB_READY);
  engine_end_with_pool(&engine);
  return synched__fail(status, "%s", sentence);
}

ATTEMPT(advance_null, synched_job_advance(NULL, 1))
ATTEMPT(advance_0, synched_job_advance(f->unstarted, 0))
ATTEMPT(advance_running, synched_job_advance(f->running, 1))
ATTEMPT(advance_on_a_worker, advance_within())
ATTEMPT(advance_periodic, advance_with(SYNCHED_JOB_OPTIONS(.compute = compute_nothing,
                                                           .period_ns = SYNCHED_PERIOD_MIN_NS)))
ATTEMPT(advance_paused, advance_with(SYNCHED_JOB_OPTIONS(.compute = compute_nothing,
                                                         .flags = SYNCHED_JOB_START_PAUSED)))

Test(wrong_steering, advance_calls) {
  static const struct row rows[] = {
      {"advance: job NULL", SYNCHED_EINVAL, "job", advance_null, false},
      {"advance: rounds 0", SYNCHED_EINVAL, "rounds is 0", advance_0, false},
      {"advance: runs on a loop", SYNCHED_EBUSY, "running", advance_running, false},
      {"advance: on a worker", SYNCHED_EDEADLK, "worker", advance_on_a_worker, false},
      {"advance: periodic", SYNCHED_EINVAL, "period", advance_periodic, false},
      {"advance: starts paused", SYNCHED_EINVAL, "paused", advance_paused, false},
  };
  fixture_expect_rows(rows, LENGTH(rows));
}

ATTEMPT(start_on_a_worker, on_a_worker(start, f))
ATTEMPT(start_closed_loop, start_on_closed(f->unstarted))
ATTEMPT(start_polled_null, synched_job_start_polled(NULL))
ATTEMPT(start_polled_running, synched_job_start_polled(f->running))
ATTEMPT(start_polled_on_a_worker, on_a_worker(start_polled, f))
ATTEMPT(start_started_polled, of_polled(start_polled, false))
ATTEMPT(fd_null, synched_job_fd(NULL))
ATTEMPT(dispatch_null, synched_job_dispatch(NULL))
ATTEMPT(dispatch_unstarted, synched_job_dispatch(f->unstarted))
ATTEMPT(dispatch_on_a_loop, synched_job_dispatch(f->running))
ATTEMPT(dispatch_ended, synched_job_dispatch(f->ended))
ATTEMPT(dispatch_elsewhere, of_polled(dispatch, true))
ATTEMPT(dispatch_from_on_snapshot, dispatch_from(go_on_snapshot, NULL))
ATTEMPT(dispatch_from_on_done, dispatch_from(NULL, go_on_done))
ATTEMPT(ref_null, synched_job_ref(NULL))
ATTEMPT(ref_unstarted, synched_job_ref(f->unstarted))
ATTEMPT(ref_ended, synched_job_ref(f->ended))
ATTEMPT(ref_polled, of_polled(ref, false))
ATTEMPT(ref_elsewhere, on_another_thread(ref, f->running))
ATTEMPT(unref_null, synched_job_unref(NULL))
ATTEMPT(unref_unstarted, synched_job_unref(f->unstarted))
ATTEMPT(unref_polled, of_polled(unref, false))
ATTEMPT(unref_elsewhere, on_another_thread(unref, f->running))

Test(wrong_steering, start_and_dispatch_calls) {
  static const struct row rows[] = {
      {"start: on a worker", SYNCHED_EPERM, "worker", start_on_a_worker, false},
      {"start: closed loop", UV_EBADF, "closed", start_closed_loop, false},
      {"start_polled: job NULL", SYNCHED_EINVAL, "job", start_polled_null, false},
      {"start_polled: runs on a loop", SYNCHED_EBUSY, "running", start_polled_running, false},
      {"start_polled: twice", SYNCHED_EBUSY, "running", start_started_polled, false},
      {"start_polled: on a worker", SYNCHED_EPERM, "worker", start_polled_on_a_worker, false},
      {"fd: job NULL", SYNCHED_EINVAL, "job", fd_null, false},
      {"dispatch: job NULL", SYNCHED_EINVAL, "job", dispatch_null, false},
      {"dispatch: not started", SYNCHED_ENOENT, "start_polled", dispatch_unstarted, false},
      {"dispatch: on a loop", SYNCHED_ENOENT, "start_polled", dispatch_on_a_loop, false},
      {"dispatch: ended", SYNCHED_ENOENT, "start_polled", dispatch_ended, false},
      {"dispatch: elsewhere", SYNCHED_EPERM, "another thread", dispatch_elsewhere, false},
      {"dispatch: on_snapshot", SYNCHED_EDEADLK, "dispatched", dispatch_from_on_snapshot, false},
      {"dispatch: on_done", SYNCHED_ENOENT, "start_polled", dispatch_from_on_done, false},
      {"ref: job NULL", SYNCHED_EINVAL, "job", ref_null, false},
      {"ref: not started", SYNCHED_ENOENT, "not started", ref_unstarted, false},
      {"ref: ended", SYNCHED_ENOENT, "not started", ref_ended, false},
      {"ref: polled", SYNCHED_ENOENT, "not started on a libuv loop", ref_polled, false},
      {"ref: elsewhere", SYNCHED_EPERM, "thread", ref_elsewhere, false},
      {"unref: job NULL", SYNCHED_EINVAL, "job", unref_null, false},
      {"unref: not started", SYNCHED_ENOENT, "not started", unref_unstarted, false},
      {"unref: polled", SYNCHED_ENOENT, "not started on a libuv loop", unref_polled, false},
      {"unref: elsewhere", SYNCHED_EPERM, "thread", unref_elsewhere, false},
  };
  fixture_expect_rows(rows, LENGTH(rows));
}

/* --- steering --- */

ATTEMPT(pause_null, synched_job_pause(NULL))
ATTEMPT(resume_null, synched_job_resume(NULL))
ATTEMPT(resume_running, synched_job_resume(f->running))
ATTEMPT(step_null, synched_job_step(NULL, 1))
ATTEMPT(step_0, synched_job_step(f->unstarted, 0))
ATTEMPT(step_running, synched_job_step(f->running, 1))
ATTEMPT(stop_null, synched_job_stop(NULL))
ATTEMPT(stop_ended, synched_job_stop(f->ended))
ATTEMPT(set_period_null, synched_job_set_period(NULL, SYNCHED_PERIOD_MIN_NS))
ATTEMPT(set_period_0, synched_job_set_period(f->running, 0))
ATTEMPT(set_period_short, synched_job_set_period(f->running, SYNCHED_PERIOD_MIN_NS - 1))
ATTEMPT(set_period_long, synched_job_set_period(f->running, SYNCHED_PERIOD_MAX_NS + 1))
ATTEMPT(set_weight_null, synched_job_set_weight(NULL, 1))
ATTEMPT(set_weight_0, synched_job_set_weight(f->running, 0))
ATTEMPT(set_weight_1001, synched_job_set_weight(f->running, SYNCHED_WEIGHT_MAX + 1))
ATTEMPT(state_null, synched_job_state(NULL))

Test(wrong_steering, steering_calls) {
  static const struct row rows[] = {
      {"pause: job NULL", SYNCHED_EINVAL, "job", pause_null, false},
      {"resume: job NULL", SYNCHED_EINVAL, "job", resume_null, false},
      {"resume: it runs", SYNCHED_EALREADY, "resume", resume_running, false},
      {"step: job NULL", SYNCHED_EINVAL, "job", step_null, false},
      {"step: round_count 0", SYNCHED_EINVAL, "round_count is 0", step_0, false},
      {"step: it runs", SYNCHED_EBUSY, "step", step_running, false},
      {"stop: job NULL", SYNCHED_EINVAL, "job", stop_null, false},
      {"stop: ended", SYNCHED_EALREADY, "ended", stop_ended, false},
      {"set_period: job NULL", SYNCHED_EINVAL, "job", set_period_null, false},
      {"set_period: 0", SYNCHED_ERANGE, "period_ns is 0", set_period_0, false},
      {"set_period: short", SYNCHED_ERANGE, "period_ns is 199999", set_period_short, false},
      {"set_period: long", SYNCHED_ERANGE, "period_ns", set_period_long, false},
      {"set_weight: job NULL", SYNCHED_EINVAL, "job", set_weight_null, false},
      {"set_weight: 0", SYNCHED_ERANGE, "weight is 0", set_weight_0, false},
      {"set_weight: 1001", SYNCHED_ERANGE, "weight is 1001", set_weight_1001, false},
      {"state: job NULL", SYNCHED_EINVAL, "job", state_null, false},
  };
  fixture_expect_rows(rows, LENGTH(rows));
}
