/*
 * where_test.c: a job is in one place at a time, and moves from there only as where.h says.
 */
#include "job/where.h"

#include <criterion/criterion.h>

#include <poll.h>

#include "dispatch/dispatch.h"
#include "support/support.h"
#include "support/unit_support.h"

/* --- the table --- */

static unsigned targets_of(enum synched__where from) {
  unsigned targets = 0;
  for (unsigned to = 0; to < SYNCHED__WHERE_COUNT; to++)
    targets |= (unsigned)synched__where_may_move(from, (enum synched__where)to) << to;
  return targets;
}

#define TO(place) (1u << SYNCHED__WHERE_##place)

Test(where, idle_job_can_only_be_started) {
  cr_assert_eq(targets_of(SYNCHED__WHERE_IDLE), TO(STARTING));
}

Test(where, start_goes_on_or_comes_to_nothing) {
  cr_assert_eq(targets_of(SYNCHED__WHERE_STARTING), TO(IDLE) | TO(OWNED));
}

Test(where, owner_puts_a_job_into_any_place_of_a_run) {
  cr_assert_eq(targets_of(SYNCHED__WHERE_OWNED),
               TO(QUEUED) | TO(AWAITING) | TO(PARKED) | TO(BOUND) | TO(RELEASED));
}

Test(where, every_place_of_a_run_is_left_to_an_owner) {
  cr_assert_eq(targets_of(SYNCHED__WHERE_QUEUED), TO(OWNED));
  cr_assert_eq(targets_of(SYNCHED__WHERE_AWAITING), TO(OWNED));
  cr_assert_eq(targets_of(SYNCHED__WHERE_PARKED), TO(OWNED));
  cr_assert_eq(targets_of(SYNCHED__WHERE_BOUND), TO(OWNED));
}

Test(where, released_job_can_only_be_started_again) {
  cr_assert_eq(targets_of(SYNCHED__WHERE_RELEASED), TO(STARTING));
}

/* --- jobs, seen in each place --- */

static bool comes_to(const struct synched_job *job, enum synched__where place) {
  for (unsigned ms = 0; ms < HANG_SECONDS * 1000; ms++) {
    if (synched__where_is(&job->control.where) == place)
      return true;
    nap_ms(1);
  }
  return false;
}

/* A job that is never in a hurry: every call of on_round is asked what comes next. */
struct script {
  const struct synched_snapshot *kept; /* retained in round 1, if `keeps` */
  bool keeps;
  _Atomic uint32_t entered, may_go; /* the first call waits for the second */
};

static int compute(struct synched_task *task, void *user) {
  struct script *script = user;
  if (task->round != 1)
    return 0;
  atomic_store(&script->entered, 1);
  while (atomic_load(&script->may_go) == 0)
    nap_ms(1);
  return 0;
}

static int on_round(const struct synched_snapshot *now, void *user) {
  struct script *script = user;
  if (script->keeps && now->round == 1)
    script->kept = synched_snapshot_retain(now);
  return SYNCHED_CONTINUE;
}

static struct engine engine_of(struct script *script, struct synched_job_options *options) {
  options->compute = compute;
  options->on_round = on_round;
  options->user = script;
  return engine_new(
      pool_new(1),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1, .element_size = 8),
      options);
}

/* Dispatches until the job has ended. */
static void see_the_end(struct synched_job *job) {
  struct pollfd wait = {.fd = synched_job_fd(job), .events = POLLIN};
  int status = SYNCHED_CONTINUE;
  while (status == SYNCHED_CONTINUE) {
    cr_assert_eq(poll(&wait, 1, HANG_SECONDS * 1000), 1);
    status = synched_job_dispatch(job);
  }
  cr_assert_eq(status, SYNCHED_STOP);
}

static void cancel_and_end(struct engine *engine) {
  cr_assert_eq(synched_job_cancel(engine->job), 0);
  see_the_end(engine->job);
  cr_assert_eq(synched__where_is(&engine->job->control.where), SYNCHED__WHERE_RELEASED);
  engine_end_with_pool(engine);
}

Test(where, job_whose_round_is_open_is_bound) {
  struct script script = {.may_go = 0};
  struct synched_job_options options = synched_job_options_default();
  struct engine engine = engine_of(&script, &options);
  cr_assert_eq(synched__where_is(&engine.job->control.where), SYNCHED__WHERE_IDLE);
  cr_assert_eq(synched_job_start_polled(engine.job), 0);
  cr_assert(reaches(&script.entered, 1));
  cr_assert_eq(synched__where_is(&engine.job->control.where), SYNCHED__WHERE_BOUND);
  cr_assert_eq(engine.pool->dispatch->bound, engine.job);
  atomic_store(&script.may_go, 1);
  cancel_and_end(&engine);
}

Test(where, job_that_starts_paused_is_parked_until_it_is_resumed) {
  struct script script = {.may_go = 0};
  struct synched_job_options options = synched_job_options_default();
  options.flags = SYNCHED_JOB_START_PAUSED;
  struct engine engine = engine_of(&script, &options);
  cr_assert_eq(synched_job_start_polled(engine.job), 0);
  cr_assert_eq(synched__where_is(&engine.job->control.where), SYNCHED__WHERE_PARKED);
  cr_assert_eq(synched_job_resume(engine.job), 0);
  cr_assert(comes_to(engine.job, SYNCHED__WHERE_BOUND));
  atomic_store(&script.may_go, 1);
  cancel_and_end(&engine);
}

Test(where, job_between_its_ticks_is_queued) {
  struct script script = {.may_go = 1};
  struct synched_job_options options = synched_job_options_default();
  options.period_ns = UINT64_C(3600000000000);
  struct engine engine = engine_of(&script, &options);
  cr_assert_eq(synched_job_start_polled(engine.job), 0);
  cr_assert(reaches(&script.entered, 1));
  cr_assert(comes_to(engine.job, SYNCHED__WHERE_QUEUED));
  cancel_and_end(&engine);
}

Test(where, job_without_a_buffer_awaits_one) {
  struct script script = {.may_go = 1, .keeps = true};
  struct synched_job_options options = synched_job_options_default();
  struct engine engine = engine_of(&script, &options);
  cr_assert_eq(synched_job_start_polled(engine.job), 0);
  cr_assert(memory_awaits_buffer(engine.memory));
  cr_assert_eq(synched__where_is(&engine.job->control.where), SYNCHED__WHERE_AWAITING);
  cr_assert_eq(synched_job_cancel(engine.job), 0);
  see_the_end(engine.job);
  cr_assert_eq(synched__where_is(&engine.job->control.where), SYNCHED__WHERE_RELEASED);
  synched_snapshot_release(script.kept);
  engine_end_with_pool(&engine);
}

Test(where, start_that_comes_to_nothing_leaves_a_job_idle) {
  struct script script = {.may_go = 1};
  struct synched_job_options options = synched_job_options_default();
  struct engine engine = engine_of(&script, &options);
  synched__fault_arm(SYNCHED__FAULT_LOOP, 2);
  cr_assert_neq(synched_job_run(engine.job), 0);
  (void)disarm(SYNCHED__FAULT_LOOP, 2);
  cr_assert_eq(synched__where_is(&engine.job->control.where), SYNCHED__WHERE_IDLE);
  engine_end_with_pool(&engine);
}
