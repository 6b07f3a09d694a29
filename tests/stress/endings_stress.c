/*
 * endings_stress.c: jobs end in every way there is, at random moments, several of them on one pool.
 *
 * Each run of a job has a plan: it fails in some segments of some round, or in init; on_round stops
 * it or fails; it cancels itself in a call or in on_round; another thread cancels it, running or
 * waiting for a lease; or it does all its rounds. Canceller threads may come at any time besides.
 * After every run on_done checks that it was called once, that the status and the report say what
 * the plan says, and that the current snapshot is intact and of the right round. Then it starts the
 * job again from there, or destroys it.
 *
 * The pool is destroyed as early as that is allowed: in the last on_done, or by a thread that has
 * tried from the start. Meanwhile a handle of the same loop tries to destroy the jobs, which must
 * be refused as long as they are started. In some cases the loop is closed under the jobs.
 */
#include "support/stress.h"

#include <inttypes.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <synched/synched.h>
#include <uv.h>

#include "support/scene.h"

#define JOBS_MOST 4u
#define CANCELLERS_MOST 2u
#define FAILING_MOST 3u
#define RUNS_MOST 4u
#define ON_ROUND_CODE (-4711)

enum way {
  WAY_ROUNDS,          /* it does its rounds, or somebody's cancel comes before */
  WAY_FAILS,           /* some segments of round `at` fail */
  WAY_FAILS_IN_INIT,   /* some segments of init do */
  WAY_STOPS,           /* on_round of round `at` says stop */
  WAY_ON_ROUND_FAILS,  /* on_round of round `at` says ON_ROUND_CODE */
  WAY_CANCELS_IN_CALL, /* a call of round `at` cancels the job */
  WAY_CANCELS_IN_ON_ROUND,
  WAY_IS_CANCELLED, /* by a thread that takes no precautions: nothing else ends it */
  /* The same while it waits for a lease that on_round of round `at` has taken. */
  WAY_IS_CANCELLED_WAITING,
  WAY_COUNT
};

struct plan {
  enum way way;
  uint64_t base;                /* the round that was current at the start */
  uint64_t at;                  /* counted like snapshot.round */
  size_t failing[FAILING_MOST]; /* segments */
  bool overflows;               /* they fail by counting more than their capacity */
};

struct stage;

struct actor {
  struct stage *stage;
  struct scene_memory scene;
  struct synched_job *job;
  struct plan plan;
  uint64_t round_count; /* of its options; 0: no limit */
  bool has_init, initialised;
  uint64_t on_round_saw;               /* plain: by one worker after the other, and then the loop */
  const struct synched_snapshot *kept; /* by on_round, for WAY_IS_CANCELLED_WAITING */
  unsigned runs_left;
  unsigned start_count, done_count;
  pthread_rwlock_t guard; /* for cancellers: the job is there while `there` */
  bool there;
  bool has_nemesis[RUNS_MOST]; /* the thread that cancels that run */
  pthread_t nemeses[RUNS_MOST];
  struct stress_random nemesis_random;
  _Atomic bool is_about_to_wait; /* for the lease that on_round has taken */
};

struct stage {
  struct synched_pool *pool;
  uv_loop_t loop;
  uv_check_t check;
  unsigned actor_count, actors_left;
  struct actor actors[JOBS_MOST];
  unsigned canceller_count;
  pthread_t cancellers[CANCELLERS_MOST];
  struct stress_random canceller_randoms[CANCELLERS_MOST];
  _Atomic unsigned next_canceller;
  _Atomic bool stopping;
  bool has_reaper;
  pthread_t reaper;
  struct stress_random random; /* of the loop's thread */
};

static uint64_t run_total, round_total, failure_total, cancel_total, abandoned_total;

/* --- plans --- */

static int code_of(const struct plan *plan, size_t segment) {
  if (plan->overflows)
    return SYNCHED_ERANGE;
  return segment % 2 == 0 ? 1000 + (int)segment : -1000 - (int)segment;
}

static bool is_failing(const struct plan *plan, size_t segment) {
  for (unsigned f = 0; f < FAILING_MOST; f++)
    if (plan->failing[f] == segment)
      return true;
  return false;
}

static size_t lowest_failing(const struct plan *plan) {
  size_t lowest = plan->failing[0];
  for (unsigned f = 1; f < FAILING_MOST; f++)
    if (plan->failing[f] < lowest)
      lowest = plan->failing[f];
  return lowest;
}

static bool is_cancel_only(enum way way) {
  return way == WAY_IS_CANCELLED || way == WAY_IS_CANCELLED_WAITING;
}

static void draw_plan(struct actor *actor) {
  struct stress_random *random = &actor->stage->random;
  struct plan *plan = &actor->plan;
  *plan = (struct plan){.way = (enum way)stress_below(random, WAY_COUNT),
                        .base = scene_check_current(&actor->scene),
                        .overflows = stress_chance(random, 4)};
  /* A nemesis must be the only one to end the run. Where there can be one, the narrowest way comes
   * more often. */
  const bool may_have_nemesis = actor->round_count == 0 && actor->stage->canceller_count == 0;
  if (is_cancel_only(plan->way) && !may_have_nemesis)
    plan->way = WAY_ROUNDS;
  if (may_have_nemesis && actor->scene.lease_count == 0 && stress_chance(random, 2))
    plan->way = WAY_IS_CANCELLED_WAITING;
  /* Later, nobody knows whether it has been done: a cancel may have come between that and the first
   * round. */
  if (plan->way == WAY_FAILS_IN_INIT && (!actor->has_init || actor->start_count != 1))
    plan->way = WAY_FAILS;
  if (plan->way == WAY_ROUNDS && actor->round_count == 0)
    plan->way = WAY_STOPS;
  plan->at = plan->base + stress_between(random, 1, stress_chance(random, 2) ? 3 : 80);
  for (unsigned f = 0; f < FAILING_MOST; f++)
    plan->failing[f] = (size_t)stress_below(random, actor->scene.segment_count);
}

/* --- the jobs' callbacks on workers --- */

static void cancel_self(struct actor *actor) {
  int status = synched_job_cancel(actor->job);
  STRESS_CHECK(status == 0 || status == SYNCHED_EALREADY, "a cancel from inside gives %s",
               synched_err_name(status));
}

static int fail_task(const struct plan *plan, struct synched_task *task) {
  if (!plan->overflows)
    return code_of(plan, task->segment);
  task->count = task->capacity + 1 + task->segment;
  return 0;
}

static int compute(struct synched_task *task, void *user) {
  struct actor *actor = user;
  const struct plan *plan = &actor->plan;
  scene_compute(&actor->scene, task);
  if (task->round != plan->at)
    return 0;
  if (plan->way == WAY_CANCELS_IN_CALL && task->segment == plan->failing[0])
    cancel_self(actor);
  return plan->way == WAY_FAILS && is_failing(plan, task->segment) ? fail_task(plan, task) : 0;
}

static int init(struct synched_task *task, void *user) {
  struct actor *actor = user;
  const struct plan *plan = &actor->plan;
  STRESS_CHECK(!actor->initialised, "init is called again after it was done");
  task->count = scene_fill(&actor->scene, task->round, task->segment, task->out);
  return plan->way == WAY_FAILS_IN_INIT && is_failing(plan, task->segment) ? fail_task(plan, task)
                                                                           : 0;
}

static int on_round(const struct synched_snapshot *now, void *user) {
  struct actor *actor = user;
  const struct plan *plan = &actor->plan;
  stress_step();
  STRESS_CHECK(now->round == actor->on_round_saw + 1,
               "on_round gets round %" PRIu64 " after %" PRIu64, now->round, actor->on_round_saw);
  actor->on_round_saw = now->round;
  actor->initialised = true;
  if (now->round > plan->at)
    atomic_store_explicit(&actor->is_about_to_wait, true, memory_order_relaxed);
  if (now->round != plan->at)
    return SYNCHED_CONTINUE;
  if (plan->way == WAY_CANCELS_IN_ON_ROUND)
    cancel_self(actor);
  if (plan->way == WAY_IS_CANCELLED_WAITING)
    actor->kept = synched_snapshot_retain(now);
  if (plan->way == WAY_ON_ROUND_FAILS)
    return ON_ROUND_CODE;
  return plan->way == WAY_STOPS ? SYNCHED_STOP : SYNCHED_CONTINUE;
}

/* --- cancelling --- */

/* Without precautions: the job is there until this has had its effect, and the moment after it may
 * be gone. */
static void *nemesis_run(void *argument) {
  struct actor *actor = argument;
  struct synched_job *job = actor->job;
  struct stress_random random = actor->nemesis_random;
  if (actor->plan.way == WAY_IS_CANCELLED_WAITING && !stress_chance(&random, 4)) {
    for (unsigned i = 1; !atomic_load_explicit(&actor->is_about_to_wait, memory_order_relaxed); i++)
      if (i % 64 == 0)
        (void)sched_yield();
    stress_work(stress_below(&random, 40));
  } else {
    for (uint64_t i = stress_below(&random, 60); i > 0; i--)
      stress_dawdle(&random);
  }
  int status;
  /* It has ended once before, and is not started again yet. */
  while ((status = synched_job_cancel(job)) == SYNCHED_EALREADY)
    stress_dawdle(&random);
  scene_expect_ok(status, "synched_job_cancel");
  return NULL;
}

static void cancel_guarded(struct actor *actor) {
  (void)pthread_rwlock_rdlock(&actor->guard);
  if (actor->there) {
    int status = synched_job_cancel(actor->job);
    STRESS_CHECK(status == 0 || status == SYNCHED_EALREADY, "a cancel gives %s",
                 synched_err_name(status));
  }
  (void)pthread_rwlock_unlock(&actor->guard);
}

static void *canceller_run(void *argument) {
  struct stage *stage = argument;
  unsigned index = atomic_fetch_add_explicit(&stage->next_canceller, 1, memory_order_relaxed);
  struct stress_random *random = &stage->canceller_randoms[index];
  while (!atomic_load_explicit(&stage->stopping, memory_order_relaxed)) {
    for (uint64_t i = stress_below(random, 100); i > 0; i--)
      stress_dawdle(random);
    cancel_guarded(&stage->actors[stress_below(random, stage->actor_count)]);
  }
  return NULL;
}

/* --- starting and ending, on the loop's thread --- */

static void start(struct actor *actor) {
  struct stage *stage = actor->stage;
  const unsigned run = actor->start_count++;
  actor->runs_left--;
  draw_plan(actor);
  actor->on_round_saw = actor->plan.base;
  actor->nemesis_random = stress_split(&stage->random);
  atomic_store_explicit(&actor->is_about_to_wait, false, memory_order_relaxed);
  if (stage->canceller_count != 0 && stress_chance(&stage->random, 8))
    cancel_guarded(actor);
  actor->has_nemesis[run] = is_cancel_only(actor->plan.way);
  if (actor->has_nemesis[run])
    stress_thread_start(&actor->nemeses[run], nemesis_run, actor);
  scene_expect_ok(synched_job_start(actor->job, &stage->loop), "synched_job_start");
}

/* What the status says about how many rounds there were, and what it must not say. */
static void check_status(const struct actor *actor, int status, uint64_t round) {
  const struct plan *plan = &actor->plan;
  const bool cancellable = actor->stage->canceller_count != 0 || is_cancel_only(plan->way) ||
                           plan->way == WAY_CANCELS_IN_CALL || plan->way == WAY_CANCELS_IN_ON_ROUND;
  const uint64_t limit = actor->round_count != 0 ? plan->base + actor->round_count : UINT64_MAX;
  const bool is_over = round == limit;
  if (status == SYNCHED_ECANCELED) {
    STRESS_CHECK(cancellable, "the job was cancelled, and nobody did it");
  } else if (status == ON_ROUND_CODE) {
    STRESS_CHECK(plan->way == WAY_ON_ROUND_FAILS && round == plan->at, "on_round did not fail");
  } else if (status == 0) {
    STRESS_CHECK(is_over || (plan->way == WAY_STOPS && round == plan->at),
                 "it ended well with round %" PRIu64 ", but not as planned", round);
  } else {
    STRESS_CHECK((plan->way == WAY_FAILS && round == plan->at - 1) ||
                     (plan->way == WAY_FAILS_IN_INIT && round == plan->base),
                 "it failed with %d and left round %" PRIu64 ", but not as planned", status, round);
  }
  STRESS_CHECK(round <= limit &&
                   (plan->way == WAY_ROUNDS || is_cancel_only(plan->way) || round <= plan->at),
               "it went on to round %" PRIu64, round);
}

static void check_failure(const struct actor *actor, struct synched_report_summary summary) {
  const struct plan *plan = &actor->plan;
  if (summary.failed_segment < 0) {
    STRESS_CHECK(summary.failed_code == 0, "a code is reported, but no segment");
    STRESS_CHECK(summary.status == 0 || summary.status == SYNCHED_ECANCELED ||
                     summary.status == ON_ROUND_CODE,
                 "it failed with %d, but no segment is reported", summary.status);
    return;
  }
  const size_t segment = (size_t)summary.failed_segment;
  STRESS_CHECK(is_failing(plan, segment) && summary.failed_code == code_of(plan, segment) &&
                   summary.status == summary.failed_code,
               "segment %zu is reported with %d and status %d", segment, summary.failed_code,
               summary.status);
  /* A cancel may have skipped lower ones. */
  STRESS_CHECK(actor->stage->canceller_count != 0 || segment == lowest_failing(plan),
               "segment %zu is reported, segment %zu failed, too", segment, lowest_failing(plan));
}

static void check_end(struct actor *actor, int status, const struct synched_report *report) {
  struct synched_report_summary summary = scene_summary(report);
  const uint64_t round = scene_check_current(&actor->scene);
  STRESS_CHECK(++actor->done_count == actor->start_count,
               "%u starts, but on_done for the %uth time", actor->start_count, actor->done_count);
  STRESS_CHECK(summary.status == status, "the status is %d, the reported one %d", status,
               summary.status);
  STRESS_CHECK(round == actor->plan.base + summary.round_count && round == actor->on_round_saw,
               "round %" PRIu64 " is current, on_round saw %" PRIu64 ", %" PRIu64
               " are reported from %" PRIu64,
               round, actor->on_round_saw, summary.round_count, actor->plan.base);
  check_status(actor, status, round);
  check_failure(actor, summary);
  run_total++;
  round_total += summary.round_count;
  failure_total += summary.failed_segment >= 0;
  cancel_total += status == SYNCHED_ECANCELED;
}

static void leave(struct actor *actor) {
  struct stage *stage = actor->stage;
  (void)pthread_rwlock_wrlock(&actor->guard);
  actor->there = false;
  (void)pthread_rwlock_unlock(&actor->guard);
  scene_expect_ok(synched_job_destroy(actor->job), "synched_job_destroy");
  if (--stage->actors_left > 0)
    return;
  if (!stage->has_reaper)
    scene_pool_destroy(stage->pool);
}

static void on_done(struct synched_job *job, int status, const struct synched_report *report,
                    void *user) {
  struct actor *actor = user;
  struct stage *stage = actor->stage;
  STRESS_CHECK(job == actor->job && actor->there, "on_done of a job that is gone");
  check_end(actor, status, report);
  synched_snapshot_release(actor->kept);
  actor->kept = NULL;
  if (stress_chance(&stage->random, 2)) {
    int again = synched_job_cancel(job);
    STRESS_CHECK(again == SYNCHED_EALREADY, "a cancel after the end gives %s",
                 synched_err_name(again));
  }
  if (actor->runs_left > 0)
    start(actor);
  else
    leave(actor);
}

/* In every turn of the loop, also between the end of a job and its on_done. */
static void try_to_destroy(uv_check_t *check) {
  struct stage *stage = check->data;
  for (unsigned a = 0; a < stage->actor_count; a++) {
    struct actor *actor = &stage->actors[a];
    if (actor->there && actor->start_count > actor->done_count)
      STRESS_CHECK(synched_job_destroy(actor->job) == SYNCHED_EBUSY,
                   "a job that is started and has not ended could be destroyed");
  }
}

/* --- a case --- */

static void *reaper_run(void *argument) {
  struct stage *stage = argument;
  int status;
  while ((status = synched_pool_destroy(stage->pool)) == SYNCHED_EBUSY)
    stress_sleep_us(20);
  scene_expect_ok(status, "synched_pool_destroy");
  return NULL;
}

static void set_up_actor(struct stage *stage, struct actor *actor) {
  struct stress_random *random = &stage->random;
  const struct scene_limits limits = {.segments_most = 40, .capacity_most = 8, .leases_most = 1};
  actor->stage = stage;
  scene_memory_create(&actor->scene, random, &limits);
  actor->round_count = stress_chance(random, 3) ? stress_between(random, 1, 60) : 0;
  actor->has_init = stress_chance(random, 3);
  actor->runs_left = (unsigned)stress_between(random, 1, RUNS_MOST);
  STRESS_CHECK(pthread_rwlock_init(&actor->guard, NULL) == 0, "no lock");
  actor->there = true;
  struct synched_job_options options = {
      .struct_size = sizeof options,
      .user = actor,
      .compute = compute,
      .init = actor->has_init ? init : NULL,
      .on_round = on_round,
      .on_done = on_done,
      .round_count = actor->round_count,
      .balance = stress_chance(random, 2) ? SYNCHED_BALANCE_STATIC : SYNCHED_BALANCE_STEAL,
      .fold = (enum synched_fold)stress_below(random, SYNCHED_FOLD_MAX + 1),
      .flags = stress_chance(random, 3) ? SYNCHED_JOB_EAGER : 0,
  };
  scene_expect_ok(synched_job_create(&actor->job, stage->pool, actor->scene.memory, &options),
                  "synched_job_create");
}

static void set_up(struct stage *stage, struct stress_random *random) {
  memset(stage, 0, sizeof *stage);
  stage->random = stress_split(random);
  stage->pool = scene_pool_create(random, 8);
  stage->actor_count = stage->actors_left = (unsigned)stress_between(random, 1, JOBS_MOST);
  stage->canceller_count = (unsigned)stress_below(random, CANCELLERS_MOST + 1);
  stage->has_reaper = stress_chance(random, 2);
  STRESS_CHECK(uv_loop_init(&stage->loop) == 0, "no event loop");
  (void)uv_check_init(&stage->loop, &stage->check);
  stage->check.data = stage;
  uv_unref((uv_handle_t *)&stage->check);
  if (stress_chance(random, 2))
    (void)uv_check_start(&stage->check, try_to_destroy);
  for (unsigned a = 0; a < stage->actor_count; a++)
    set_up_actor(stage, &stage->actors[a]);
  for (unsigned c = 0; c < stage->canceller_count; c++)
    stage->canceller_randoms[c] = stress_split(random);
  stress_case_is("%u jobs, %u cancellers, reaper %d", stage->actor_count, stage->canceller_count,
                 stage->has_reaper);
}

static void close_handle(uv_handle_t *handle, void *unused) {
  (void)unused;
  if (!uv_is_closing(handle))
    uv_close(handle, NULL);
}

static void abandon_actor(struct actor *actor) {
  struct stage *stage = actor->stage;
  if (!actor->has_nemesis[actor->start_count - 1])
    cancel_guarded(actor);
  (void)pthread_rwlock_wrlock(&actor->guard);
  actor->there = false;
  (void)pthread_rwlock_unlock(&actor->guard);
  while (synched_job_destroy(actor->job) == SYNCHED_EBUSY)
    stress_sleep_us(20);
  synched_snapshot_release(actor->kept);
  abandoned_total++;
  if (--stage->actors_left == 0 && !stage->has_reaper)
    scene_pool_destroy(stage->pool);
}

/* The loop is closed under the jobs: they run on without it, until they are cancelled and
 * destroyed. */
static void abandon(struct stage *stage) {
  for (uint64_t turns = stress_below(&stage->random, 20); turns > 0 && stage->actors_left > 0;
       turns--) {
    (void)uv_run(&stage->loop, UV_RUN_NOWAIT);
    stress_dawdle(&stage->random);
  }
  for (unsigned a = 0; a < stage->actor_count; a++)
    stage->actors[a].runs_left = 0;
  uv_walk(&stage->loop, close_handle, NULL);
  (void)uv_run(&stage->loop, UV_RUN_DEFAULT);
  for (unsigned a = 0; a < stage->actor_count; a++)
    if (stage->actors[a].there)
      abandon_actor(&stage->actors[a]);
}

static void tear_down(struct stage *stage) {
  atomic_store_explicit(&stage->stopping, true, memory_order_relaxed);
  for (unsigned c = 0; c < stage->canceller_count; c++)
    stress_thread_join(stage->cancellers[c]);
  if (stage->has_reaper)
    stress_thread_join(stage->reaper);
  for (unsigned a = 0; a < stage->actor_count; a++) {
    struct actor *actor = &stage->actors[a];
    STRESS_CHECK(!actor->there, "a job has not ended, but its loop has");
    for (unsigned run = 0; run < actor->start_count; run++)
      if (actor->has_nemesis[run])
        stress_thread_join(actor->nemeses[run]);
    (void)scene_check_current(&actor->scene);
    scene_memory_destroy(&actor->scene);
    (void)pthread_rwlock_destroy(&actor->guard);
  }
}

static void run_case(struct stress_random *random) {
  static struct stage stage;
  set_up(&stage, random);
  for (unsigned c = 0; c < stage.canceller_count; c++)
    stress_thread_start(&stage.cancellers[c], canceller_run, &stage);
  if (stage.has_reaper)
    stress_thread_start(&stage.reaper, reaper_run, &stage);
  for (unsigned a = 0; a < stage.actor_count; a++)
    start(&stage.actors[a]);
  stress_is_at("runs the loop");
  if (stress_chance(random, 5))
    abandon(&stage);
  (void)uv_run(&stage.loop, UV_RUN_DEFAULT);
  close_handle((uv_handle_t *)&stage.check, NULL);
  (void)uv_run(&stage.loop, UV_RUN_DEFAULT);
  STRESS_CHECK(uv_loop_close(&stage.loop) == 0, "the jobs have left a handle in the loop");
  stress_is_at("waits for the other threads");
  tear_down(&stage);
}

int main(int argc, char **argv) {
  stress_begin("endings_stress", argc, argv);
  struct stress_random random;
  while (stress_next_case(&random))
    run_case(&random);
  return stress_end("%" PRIu64 " runs of jobs, %" PRIu64 " rounds; %" PRIu64
                    " runs failed, %" PRIu64 " were cancelled, %" PRIu64 " lost their loop",
                    run_total, round_total, failure_total, cancel_total, abandoned_total);
}
