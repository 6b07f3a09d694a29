/*
 * loop_delivery_test.c: snapshots on their way to the loop: the latest or every one, and what a
 * slow loop does.
 */
#include <criterion/criterion.h>

#include <pthread.h>
#include <uv.h>

#include "support/support.h"
#include "support/unit_support.h"

#define KEPT_MAX 8

/* --- what is delivered --- */

struct audience {
  pthread_t thread;       /* the loop's */
  _Atomic uint32_t round; /* the last published */
  uint64_t delivered_count, last_delivered;
  const char *wrong; /* the last thing that was; NULL: nothing */
  unsigned done_count;
  int status;
  uint64_t gap_count;  /* deliveries that were not the round after the one before */
  uint32_t wait_for;   /* rounds that the first delivery lets pass on the loop's thread; 0: none */
  unsigned keep_count; /* keeps so many snapshots, and releases the oldest for each new one */
  const struct synched_snapshot *kept[KEPT_MAX];
  uint64_t kept_sums[KEPT_MAX];
  unsigned hoard_limit; /* keeps so many, and then none; 0: does not */
  uint64_t cancel_at;   /* the delivery that cancels; 0: none */
  uint64_t pause_at;    /* the delivery that pauses; 0: none */
  unsigned paused_count;
};

static int write_round(struct synched_task *task, void *user) {
  uint64_t *out = task->out;
  (void)user;
  for (size_t i = 0; i < task->capacity; i++)
    out[i] = task->round;
  return 0;
}

static int tell_round(const struct synched_snapshot *now, void *user) {
  atomic_store(&((struct audience *)user)->round, (uint32_t)now->round);
  return SYNCHED_CONTINUE;
}

static void note(struct audience *audience, bool is_wrong, const char *wrong) {
  if (is_wrong)
    audience->wrong = wrong;
}

static bool is_whole(const struct synched_snapshot *snapshot) {
  const uint64_t *elements = snapshot->data;
  for (size_t i = 0; i < snapshot->element_count; i++)
    if (elements[i] != snapshot->round)
      return false;
  return true;
}

static void keep(struct audience *audience, const struct synched_snapshot *now) {
  unsigned at = (unsigned)(audience->delivered_count % audience->keep_count);
  const struct synched_snapshot *oldest = audience->kept[at];
  if (oldest != NULL)
    note(audience, snapshot_sum(oldest) != audience->kept_sums[at], "a kept one has changed");
  synched_snapshot_release(oldest);
  audience->kept[at] = synched_snapshot_retain(now);
  audience->kept_sums[at] = snapshot_sum(now);
}

static void hoard(struct audience *audience, const struct synched_snapshot *now) {
  const unsigned at = (unsigned)audience->delivered_count;
  note(audience, at >= audience->hoard_limit, "delivered although all leases are taken");
  if (at >= audience->hoard_limit)
    return;
  audience->kept[at] = synched_snapshot_retain(now);
  audience->kept_sums[at] = snapshot_sum(now);
}

static void release_kept(struct audience *audience) {
  for (unsigned i = 0; i < KEPT_MAX; i++) {
    if (audience->kept[i] != NULL)
      note(audience, snapshot_sum(audience->kept[i]) != audience->kept_sums[i],
           "a kept one has changed");
    synched_snapshot_release(audience->kept[i]);
    audience->kept[i] = NULL;
  }
}

/* Until so many rounds more have been published; false if they do not come. */
static bool rounds_pass(struct audience *audience, uint32_t count) {
  const uint32_t wanted = atomic_load(&audience->round) + count;
  for (unsigned ms = 0; ms < 20000 && atomic_load(&audience->round) < wanted; ms++)
    nap_ms(1);
  return atomic_load(&audience->round) >= wanted;
}

static void receive(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  struct audience *audience = user;
  note(audience, now->round <= audience->last_delivered, "out of order");
  note(audience, !is_whole(now), "not whole");
  note(audience, audience->done_count != 0, "after on_done");
  note(audience, !pthread_equal(pthread_self(), audience->thread), "on another thread");
  audience->gap_count += now->round != audience->last_delivered + 1;
  audience->last_delivered = now->round;
  if (audience->keep_count != 0)
    keep(audience, now);
  if (audience->hoard_limit != 0)
    hoard(audience, now);
  audience->delivered_count++;
  if (audience->delivered_count == audience->cancel_at)
    note(audience, synched_job_cancel(job) != 0, "cancel was refused");
  if (audience->delivered_count == audience->pause_at) {
    note(audience, synched_job_pause(job) != 0, "pause was refused");
    nap_ms(30); /* the round that is open is published, and the pause complete */
  }
  if (audience->delivered_count == 1 && audience->wait_for != 0) {
    note(audience, !rounds_pass(audience, audience->wait_for), "rounds wait for the loop");
    note(audience, !is_whole(now), "changed while it was looked at");
  }
}

static void note_done(struct synched_job *job, int status, const struct synched_report *report,
                      void *user) {
  struct audience *audience = user;
  (void)job;
  (void)report;
  audience->done_count++;
  audience->status = status;
}

/* A job with an audience. */
struct show {
  unsigned worker_count;
  unsigned lease_count;
  enum synched_delivery delivery;
  uint64_t round_count;
};

static struct engine show_engine(struct audience *audience, const struct show *show) {
  audience->thread = pthread_self();
  return engine_new(
      pool_new(show->worker_count),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 5, .segment_capacity = 4,
                             .element_size = sizeof(uint64_t), .lease_count = show->lease_count),
      SYNCHED_JOB_OPTIONS(.compute = write_round, .on_round = tell_round, .on_snapshot = receive,
                          .on_done = note_done, .user = audience, .delivery = show->delivery,
                          .round_count = show->round_count));
}

static void expect_nothing_wrong(const struct audience *audience) {
  cr_assert_null(audience->wrong, "%s", audience->wrong);
}

/* Runs it and checks what holds for every show. */
static struct synched_report_summary run_show(struct audience *audience, struct engine *engine,
                                              int status) {
  cr_assert_eq(synched_job_run(engine->job), status);
  expect_nothing_wrong(audience);
  cr_assert_eq(audience->done_count, 1);
  cr_assert_eq(audience->status, status);
  struct synched_report_summary summary = summary_of(engine->job);
  cr_assert_eq(summary.delivered_count, audience->delivered_count);
  cr_assert_eq(summary.delivered_count + summary.missed_count, summary.round_count);
  return summary;
}

/* --- the latest --- */

Test(loop_delivery, deliver_latest_is_in_order_and_the_last_one_comes) {
  for (unsigned lease_count = 1; lease_count <= 3; lease_count++) {
    struct audience audience = {0};
    const struct show show = {
        .worker_count = 2, .lease_count = lease_count, .round_count = at_most(5000, 300)};
    struct engine engine = show_engine(&audience, &show);
    struct synched_report_summary summary = run_show(&audience, &engine, 0);
    cr_assert_eq(audience.last_delivered, show.round_count);
    cr_assert_eq(summary.round_count, show.round_count);
    engine_end_with_pool(&engine);
  }
}

Test(loop_delivery, deliver_latest_lets_a_slow_loop_miss_some_and_counts_them) {
  struct audience audience = {.wait_for = 300, .cancel_at = 2};
  const struct show show = {.worker_count = 2, .lease_count = 1};
  struct engine engine = show_engine(&audience, &show);
  struct synched_report_summary summary = run_show(&audience, &engine, SYNCHED_ECANCELED);
  cr_assert_geq(summary.missed_count, 299);
  cr_assert_eq(audience.last_delivered, memory_round(engine.memory));
  cr_assert_eq(summary.lease_wait_count, 0, "no round waits for the loop");
  engine_end_with_pool(&engine);
}

/* A timer of the caller's own that blocks the loop. */
struct blocker {
  struct audience *audience;
  struct synched_job *job;
  bool passed;
  uint64_t delivered_before, delivered_after;
};

static void block_loop(uv_timer_t *timer) {
  struct blocker *blocker = timer->data;
  blocker->delivered_before = blocker->audience->delivered_count;
  nap_ms(100);
  blocker->passed = rounds_pass(blocker->audience, 1000);
  blocker->delivered_after = blocker->audience->delivered_count;
  (void)synched_job_cancel(blocker->job);
  uv_close((uv_handle_t *)timer, NULL);
}

Test(loop_delivery, blocked_loop_does_not_hold_up_rounds) {
  struct audience audience = {0};
  struct blocker blocker = {.audience = &audience};
  const struct show show = {.worker_count = 2, .lease_count = 1};
  struct engine engine = show_engine(&audience, &show);
  uv_loop_t loop;
  uv_timer_t timer;
  blocker.job = engine.job;
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(uv_timer_init(&loop, &timer), 0);
  timer.data = &blocker;
  cr_assert_eq(synched_job_start(engine.job, &loop), 0);
  cr_assert_eq(uv_timer_start(&timer, block_loop, 5, 0), 0);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&loop), 0);
  cr_assert(blocker.passed, "rounds stood still while the loop was blocked");
  cr_assert_eq(blocker.delivered_before, blocker.delivered_after);
  expect_nothing_wrong(&audience);
  cr_assert_eq(audience.done_count, 1);
  engine_end_with_pool(&engine);
}

/* While the caller keeps as many as there are leases, nothing is delivered, and the job goes on. */
static void expect_skipped(unsigned lease_count, uint64_t round_count) {
  struct audience audience = {.hoard_limit = lease_count};
  const struct show show = {
      .worker_count = 2, .lease_count = lease_count, .round_count = round_count};
  struct engine engine = show_engine(&audience, &show);
  struct synched_report_summary summary = run_show(&audience, &engine, 0);
  cr_assert_leq(audience.delivered_count, lease_count);
  cr_assert_geq(audience.delivered_count, 1);
  cr_assert_eq(summary.round_count, round_count);
  cr_assert_eq(summary.lease_wait_count, 0, "%u rounds waited for a loop that wants the latest",
               (unsigned)summary.lease_wait_count);
  release_kept(&audience);
  expect_nothing_wrong(&audience);
  engine_end_with_pool(&engine);
}

Test(loop_delivery, deliver_latest_is_skipped_while_all_leases_are_taken) {
  for (unsigned lease_count = 1; lease_count <= 2; lease_count++)
    expect_skipped(lease_count, at_most(3000, 300));
}

/* on_round keeps the last one. As long as it is the current one it occupies no lease. */
static int keep_last(const struct synched_snapshot *now, void *user) {
  struct audience *audience = user;
  if (now->round == 25)
    audience->kept[0] = synched_snapshot_retain(now);
  return now->round == 25 ? SYNCHED_STOP : SYNCHED_CONTINUE;
}

Test(loop_delivery, deliver_latest_of_a_round_that_is_kept_comes) {
  struct audience audience = {.thread = pthread_self()};
  struct engine engine = engine_new(
      pool_new(2),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 5, .segment_capacity = 4,
                             .element_size = sizeof(uint64_t), .lease_count = 1),
      SYNCHED_JOB_OPTIONS(.compute = write_round, .on_round = keep_last, .on_snapshot = receive,
                          .on_done = note_done, .user = &audience));
  (void)run_show(&audience, &engine, 0);
  cr_assert_eq(audience.last_delivered, 25, "the last one did not come");
  synched_snapshot_release(audience.kept[0]);
  engine_end_with_pool(&engine);
}

Test(loop_delivery, deliver_latest_shaken_holds_up_no_round) {
  for (uint64_t seed = 1; seed <= at_most(8, 2); seed++) {
    synched__schedule_seed(seed * 31);
    expect_skipped(1, at_most(3000, 300));
    synched__schedule_seed(0);
  }
}

Test(loop_delivery, deliver_latest_after_a_restart_goes_on_in_order) {
  struct audience audience = {0};
  const struct show show = {.worker_count = 2, .lease_count = 1, .round_count = 10};
  struct engine engine = show_engine(&audience, &show);
  for (unsigned run = 1; run <= at_most(100, 10); run++) {
    cr_assert_eq(synched_job_run(engine.job), 0);
    cr_assert_eq(audience.last_delivered, 10 * run);
    audience.done_count = 0;
  }
  expect_nothing_wrong(&audience);
  engine_end_with_pool(&engine);
}

/* --- every one --- */

static void expect_every(const struct show *show, unsigned keep_count) {
  struct audience audience = {.keep_count = keep_count};
  struct engine engine = show_engine(&audience, show);
  struct synched_report_summary summary = run_show(&audience, &engine, 0);
  cr_assert_eq(audience.delivered_count, show->round_count);
  cr_assert_eq(audience.gap_count, 0);
  cr_assert_eq(summary.missed_count, 0);
  release_kept(&audience);
  expect_nothing_wrong(&audience);
  engine_end_with_pool(&engine);
}

Test(loop_delivery, deliver_every_brings_each_one_in_order) {
  for (unsigned lease_count = 1; lease_count <= 3; lease_count += 2)
    for (unsigned worker_count = 1; worker_count <= 3; worker_count++)
      expect_every(&(struct show){.worker_count = worker_count,
                                  .lease_count = lease_count,
                                  .delivery = SYNCHED_DELIVER_EVERY,
                                  .round_count = at_most(1500, 100)},
                   0);
}

Test(loop_delivery, deliver_every_with_snapshots_kept_brings_each_one) {
  for (unsigned lease_count = 1; lease_count <= 3; lease_count += 2)
    for (unsigned keep_count = 1; keep_count <= lease_count; keep_count++)
      expect_every(&(struct show){.worker_count = 2,
                                  .lease_count = lease_count,
                                  .delivery = SYNCHED_DELIVER_EVERY,
                                  .round_count = at_most(800, 100)},
                   keep_count);
}

Test(loop_delivery, deliver_every_shaken_brings_each_one) {
  for (uint64_t seed = 1; seed <= at_most(5, 1); seed++) {
    synched__schedule_seed(seed * 101);
    expect_every(&(struct show){.worker_count = 3,
                                .lease_count = 1 + (unsigned)seed % 3,
                                .delivery = SYNCHED_DELIVER_EVERY,
                                .round_count = 400},
                 (unsigned)seed % 2);
    synched__schedule_seed(0);
  }
}

Test(loop_delivery, deliver_every_waits_for_a_slow_loop) {
  struct audience audience = {0};
  const struct show show = {
      .worker_count = 2, .lease_count = 2, .delivery = SYNCHED_DELIVER_EVERY, .round_count = 40};
  struct engine engine = show_engine(&audience, &show);
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(synched_job_start(engine.job, &loop), 0);
  /* The loop does not run yet: as far as the buffers go, and no further. */
  cr_assert(memory_awaits_buffer(engine.memory));
  cr_assert_eq(atomic_load(&audience.round), 4);
  cr_assert_eq(audience.delivered_count, 0);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&loop), 0);
  cr_assert_eq(audience.delivered_count, 40);
  cr_assert_eq(audience.gap_count, 0);
  expect_nothing_wrong(&audience);
  cr_assert_geq(summary_of(engine.job).lease_wait_count, 1);
  cr_assert_gt(summary_of(engine.job).lease_wait_ns, 0);
  engine_end_with_pool(&engine);
}

Test(loop_delivery, deliver_every_brings_what_was_published_before_a_cancel) {
  for (uint64_t cancel_at = 1; cancel_at <= 50; cancel_at += 7) {
    struct audience audience = {.cancel_at = cancel_at};
    const struct show show = {
        .worker_count = 2, .lease_count = 3, .delivery = SYNCHED_DELIVER_EVERY};
    struct engine engine = show_engine(&audience, &show);
    struct synched_report_summary summary = run_show(&audience, &engine, SYNCHED_ECANCELED);
    cr_assert_geq(audience.delivered_count, cancel_at);
    cr_assert_eq(audience.delivered_count, summary.round_count);
    cr_assert_eq(audience.last_delivered, memory_round(engine.memory));
    cr_assert_eq(audience.gap_count, 0);
    engine_end_with_pool(&engine);
  }
}

static int write_or_fail(struct synched_task *task, void *user) {
  return task->round == 9 ? -9 : write_round(task, user);
}

Test(loop_delivery, deliver_every_brings_what_was_published_before_a_failure) {
  struct audience audience = {.thread = pthread_self()};
  struct engine engine =
      engine_new(pool_new(2),
                 SYNCHED_MEMORY_OPTIONS(.segment_count = 5, .segment_capacity = 4,
                                        .element_size = sizeof(uint64_t), .lease_count = 1),
                 SYNCHED_JOB_OPTIONS(.compute = write_or_fail, .on_round = tell_round,
                                     .on_snapshot = receive, .on_done = note_done,
                                     .user = &audience, .delivery = SYNCHED_DELIVER_EVERY));
  struct synched_report_summary summary = run_show(&audience, &engine, -9);
  cr_assert_eq(summary.round_count, 8);
  cr_assert_eq(audience.delivered_count, 8);
  engine_end_with_pool(&engine);
}

/* --- before a pause --- */

static int write_slowly(struct synched_task *task, void *user) {
  nap_ms(1);
  return write_round(task, user);
}

static void note_steered(struct synched_job *job, const struct synched_steered *steered,
                         void *user) {
  struct audience *audience = user;
  (void)job;
  audience->paused_count += steered->call == SYNCHED_STEER_PAUSE && steered->status == 0;
  note(audience, audience->last_delivered < steered->round, "a completion before its snapshot");
}

/* A pause is asked for while a round is open: it is that round's callbacks, too, that the loop
 * stays for. */
static void expect_told_of_pause(enum synched_delivery delivery, uint64_t pause_at) {
  struct audience audience = {.thread = pthread_self(), .pause_at = pause_at};
  struct engine engine = engine_new(
      pool_new(2),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 4, .segment_capacity = 4,
                             .element_size = sizeof(uint64_t), .lease_count = 2),
      SYNCHED_JOB_OPTIONS(.compute = write_slowly, .on_round = tell_round, .on_snapshot = receive,
                          .on_done = note_done, .on_steered = note_steered, .user = &audience,
                          .delivery = delivery));
  uv_loop_t loop;
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(synched_job_start(engine.job, &loop), 0);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(synched_job_state(engine.job), SYNCHED_JOB_PAUSED);
  cr_assert_eq(audience.paused_count, 1, "the loop did not wait for the pause");
  cr_assert_eq(audience.last_delivered, memory_round(engine.memory),
               "the last round before the pause was not delivered");
  cr_assert_eq(synched_job_cancel(engine.job), 0);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&loop), 0);
  cr_assert_eq(audience.done_count, 1);
  expect_nothing_wrong(&audience);
  engine_end_with_pool(&engine);
}

Test(loop_delivery, deliver_latest_before_a_pause_brings_the_last_one) {
  for (uint64_t pause_at = 1; pause_at <= 3; pause_at++)
    expect_told_of_pause(SYNCHED_DELIVER_LATEST, pause_at);
}

Test(loop_delivery, deliver_every_before_a_pause_brings_the_last_one) {
  for (uint64_t pause_at = 1; pause_at <= 3; pause_at++)
    expect_told_of_pause(SYNCHED_DELIVER_EVERY, pause_at);
}

/* --- without --- */

Test(loop_delivery, without_on_snapshot_nothing_is_delivered_or_missed) {
  struct engine engine =
      engine_new(pool_new(2),
                 SYNCHED_MEMORY_OPTIONS(.segment_count = 3, .segment_capacity = 1,
                                        .element_size = 1, .lease_count = 1),
                 SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .round_count = 30,
                                     .delivery = SYNCHED_DELIVER_EVERY));
  cr_assert_eq(synched_job_run(engine.job), 0);
  struct synched_report_summary summary = summary_of(engine.job);
  cr_assert_eq(summary.round_count, 30);
  cr_assert_eq(summary.delivered_count, 0);
  cr_assert_eq(summary.missed_count, 0);
  cr_assert_eq(summary.lease_wait_count, 0);
  engine_end_with_pool(&engine);
}
