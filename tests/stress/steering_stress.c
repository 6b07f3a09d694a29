/*
 * steering_stress.c: jobs are paused, resumed, stepped, stopped, cancelled and changed from everywhere at once.
 *
 * Eight jobs of all kinds share two pools. They belong to three threads: two with a libuv loop each, and one that polls.
 * Four more threads, and the jobs' own callbacks, call whatever comes to their mind on any of them. What has ended
 * is started again, from on_done or later, or destroyed and created anew. Who calls on a job of which it does not know
 * that it is there holds the job's guard for reading; its thread takes the guard for writing before it destroys it, and when
 * it counts up what has been accepted.
 *
 * What is checked: every accepted call is completed once, before on_done, in an order that the table of states allows, and
 * with the rounds that this order implies: none pass while a job is paused, as many as were asked for in a step. All
 * statuses are in the table. Rounds are consecutive, and as the serial loop makes them. The report adds up. And in the
 * end, everything that has been resumed goes on, and everything that has been told to end does.
 *
 * Now and then the whole process is stopped for some milliseconds.
 */
#include "stress.h"

#include <inttypes.h>
#include <poll.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <synched/synched.h>
#include <uv.h>

#include "halt.h"
#include "scene.h"

#define ACTORS 8u
#define HOSTS 3u /* the last one polls */
#define POOLS 2u
#define CALLERS 4u
#define CALLS_MOST 600u
#define KEPT_MOST 3u
#define STEER_KINDS (SYNCHED_STEER_WEIGHT + 1u)
#define HOURS_NS UINT64_C(20000000000000)
#define PATIENCE_MS 60000u

/* The calls beside those that have a completion. */
enum { CALL_STOP = STEER_KINDS, CALL_CANCEL, CALL_COUNT };

struct stage;

/* What a job's run is, as its thread sees it. */
struct course {
  bool runs;     /* between start and on_done */
  uint64_t base; /* the round that was current at the start */
  uint64_t
      on_round; /* the last that on_round got: by one worker after the other, and then its thread */
  bool on_round_stops; /* likewise */
  uint64_t delivered_round, delivered_count, missed_count;
  uint64_t completed[STEER_KINDS];
  enum synched_steer last_order; /* of pause, resume and step, the last completion */
  uint64_t last_round;           /* of the last completion */
  uint64_t period_ns;            /* the last that was set in this run; 0: none was */
  uint64_t deadline_count;       /* misses that on_deadline was told */
  bool is_told_to_end;           /* because the case is over: once is enough */
};

struct actor {
  struct stage *stage;
  struct host *host;
  struct scene_memory scene;
  struct synched_job *job;
  struct synched_job_options options;
  struct course course;
  pthread_rwlock_t guard; /* over `there`, `job` and the counts of what was accepted */
  bool there;
  /* Since the last on_done: what was accepted in a run; and what may have been, or else between two. */
  _Atomic uint64_t accepted[CALL_COUNT], unsure[CALL_COUNT];
  _Atomic uint64_t
      pending; /* pauses, resumes and steps that are not complete, or just being asked for */
  _Atomic uint64_t progress; /* calls, ends, misses */
  _Atomic(const struct synched_snapshot *) kept[KEPT_MOST];
};

/* A thread that jobs belong to. */
struct host {
  struct stage *stage;
  struct actor *actors[ACTORS];
  unsigned actor_count;
  bool polls;
  uv_loop_t loop;
  uv_timer_t timer;
  struct stress_random random;
  pthread_t thread;
};

struct caller {
  struct stage *stage;
  struct stress_random random;
  uint64_t call_count;
  pthread_t thread;
};

struct stage {
  struct synched_pool *pools[POOLS];
  struct host hosts[HOSTS];
  struct actor actors[ACTORS];
  struct caller callers[CALLERS];
  _Atomic unsigned callers_left;
  _Atomic bool stopping;
};

static _Atomic uint64_t end_one_in; /* of the calls ends its job */
static _Atomic uint64_t draw_count, job_total, run_total, round_total, call_total, accepted_total,
    completed_total, missed_total, lease_wait_total;

/* A generator for a callback. */
static struct stress_random draw_random(const struct actor *actor) {
  const uint64_t number = atomic_fetch_add_explicit(&draw_count, 1, memory_order_relaxed);
  return (struct stress_random){stress_mix(actor->scene.tag, number)};
}

static void count(_Atomic uint64_t *counter, uint64_t by) {
  (void)atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

static uint64_t read_count(_Atomic uint64_t *counter) {
  return atomic_load_explicit(counter, memory_order_relaxed);
}

/* --- calling --- */

static const char *const call_names[CALL_COUNT] = {"pause",      "resume", "step",  "set_period",
                                                   "set_weight", "stop",   "cancel"};

static bool is_started(int state) {
  return state != SYNCHED_JOB_READY && state != SYNCHED_JOB_ENDED;
}

/* What the table says; `before` is a state that the job had before, in which it may not be any more. */
static bool is_in_table(unsigned call, int before, int status) {
  const bool ends = before == SYNCHED_JOB_ENDING;
  if (status == SYNCHED_EALREADY)
    return true;
  if (call == CALL_CANCEL)
    return status == 0;
  if (call == SYNCHED_STEER_PERIOD || call == SYNCHED_STEER_WEIGHT)
    return status == 0;
  if (status == SYNCHED_ENOENT)
    return before == SYNCHED_JOB_READY;
  /* With the guard held it does not get out of that but to its end. */
  return !ends && (status == 0 || (call == SYNCHED_STEER_STEP && status == SYNCHED_EBUSY));
}

/* Arguments that are refused in every state. */
static void call_wrongly(struct actor *actor, struct stress_random *random) {
  struct synched_job *job = actor->job;
  const uint64_t deadline_ns = actor->options.deadline_ns;
  int status = synched_job_step(job, 0);
  STRESS_CHECK(status == SYNCHED_EINVAL, "a step of 0 rounds gives %d", status);
  status = synched_job_set_period(job, stress_below(random, SYNCHED_PERIOD_MIN_NS));
  STRESS_CHECK(status == SYNCHED_ERANGE, "a short period gives %d", status);
  status = synched_job_set_weight(job, 0);
  STRESS_CHECK(status == SYNCHED_ERANGE, "a weight of 0 gives %d", status);
  if (deadline_ns <= SYNCHED_PERIOD_MIN_NS)
    return;
  status = synched_job_set_period(job, deadline_ns - 1);
  STRESS_CHECK(status == SYNCHED_EINVAL, "a period below the deadline gives %d", status);
}

static uint64_t draw_period(struct stress_random *random, uint64_t least_ns) {
  const uint64_t from_ns = least_ns > SYNCHED_PERIOD_MIN_NS ? least_ns : SYNCHED_PERIOD_MIN_NS;
  /* A tick of such a one does not come: all that happens is what calls have brought about. */
  if (stress_chance(random, 12))
    return from_ns + HOURS_NS;
  return from_ns + stress_below(random, stress_chance(random, 2) ? 800000 : 4800000);
}

static int call(struct actor *actor, unsigned what, struct stress_random *random) {
  struct synched_job *job = actor->job;
  switch (what) {
  case SYNCHED_STEER_PAUSE:
    return synched_job_pause(job);
  case SYNCHED_STEER_RESUME:
    return synched_job_resume(job);
  case SYNCHED_STEER_STEP:
    return synched_job_step(job, stress_between(random, 1, stress_chance(random, 4) ? 40 : 3));
  case SYNCHED_STEER_PERIOD:
    return synched_job_set_period(job, draw_period(random, actor->options.deadline_ns));
  case SYNCHED_STEER_WEIGHT:
    return synched_job_set_weight(job, (unsigned)stress_between(random, 1, 7));
  case CALL_STOP:
    return synched_job_stop(job);
  default:
    return synched_job_cancel(job);
  }
}

static unsigned draw_call(struct stress_random *random) {
  static const unsigned calls[] = {
      SYNCHED_STEER_PAUSE,  SYNCHED_STEER_PAUSE,  SYNCHED_STEER_PAUSE,  SYNCHED_STEER_RESUME,
      SYNCHED_STEER_RESUME, SYNCHED_STEER_RESUME, SYNCHED_STEER_RESUME, SYNCHED_STEER_STEP,
      SYNCHED_STEER_STEP,   SYNCHED_STEER_STEP,   SYNCHED_STEER_PERIOD, SYNCHED_STEER_WEIGHT};
  if (stress_chance(random, atomic_load_explicit(&end_one_in, memory_order_relaxed)))
    return stress_chance(random, 2) ? CALL_STOP : CALL_CANCEL;
  return calls[stress_below(random, sizeof calls / sizeof *calls)];
}

/* One call on a job that is there; `inside`: from one of its callbacks but on_done, so that it is started. */
static void steer(struct actor *actor, unsigned what, struct stress_random *random, bool inside) {
  const bool completes = what <= SYNCHED_STEER_STEP;
  const int before = synched_job_state(actor->job);
  count(&actor->pending, completes ? 1 : 0);
  const int status = call(actor, what, random);
  const int after = synched_job_state(actor->job);
  STRESS_CHECK(before >= SYNCHED_JOB_READY && after >= SYNCHED_JOB_READY &&
                   after <= SYNCHED_JOB_ENDED,
               "the state is %d, then %d", before, after);
  STRESS_CHECK(!inside || (is_started(before) && is_started(after)),
               "the state is %d and %d in a callback", before, after);
  STRESS_CHECK(is_in_table(what, before, status), "%s in state %d, then %d, gives %s",
               call_names[what], before, after, synched_err_name(status));
  count(&call_total, 1);
  if (status != 0 && completes)
    (void)atomic_fetch_sub_explicit(&actor->pending, 1, memory_order_relaxed);
  if (status != 0)
    return;
  count(&accepted_total, 1);
  const bool may_rest = what == SYNCHED_STEER_PERIOD || what == SYNCHED_STEER_WEIGHT;
  const bool sure = !may_rest || (is_started(before) && is_started(after));
  count(sure ? &actor->accepted[what] : &actor->unsure[what], 1);
}

static void release_kept(struct actor *actor) {
  for (unsigned k = 0; k < KEPT_MOST; k++)
    synched_snapshot_release(atomic_exchange_explicit(&actor->kept[k], NULL, memory_order_acq_rel));
}

/* What only the job's own thread may call, on another one. */
static void call_from_afar(struct actor *actor) {
  const int statuses[] = {synched_job_ref(actor->job), synched_job_unref(actor->job),
                          synched_job_dispatch(actor->job)};
  for (unsigned i = 0; i < sizeof statuses / sizeof *statuses; i++)
    STRESS_CHECK(statuses[i] == SYNCHED_EPERM || statuses[i] == SYNCHED_ENOENT,
                 "call %u on the wrong thread gives %s", i, synched_err_name(statuses[i]));
}

/* Anything, on a job that may be there or not. */
static void act(struct actor *actor, struct stress_random *random) {
  (void)pthread_rwlock_rdlock(&actor->guard);
  if (actor->there && stress_chance(random, 64))
    call_wrongly(actor, random);
  else if (actor->there && stress_chance(random, 12))
    release_kept(actor);
  else if (actor->there)
    steer(actor, draw_call(random), random, false);
  (void)pthread_rwlock_unlock(&actor->guard);
}

/* From a callback, now and then: on the same job, or any. */
static void act_inside(struct actor *actor, uint64_t one_in) {
  struct stress_random random = draw_random(actor);
  const bool calm = atomic_load_explicit(&actor->stage->callers_left, memory_order_relaxed) == 0;
  if (calm || !stress_chance(&random, one_in))
    return;
  if (stress_chance(&random, 2))
    steer(actor, draw_call(&random), &random, true);
  else
    act(&actor->stage->actors[stress_below(&random, ACTORS)], &random);
}

static void visit(struct actor *actor) {
  (void)pthread_rwlock_rdlock(&actor->guard);
  if (actor->there)
    call_from_afar(actor);
  (void)pthread_rwlock_unlock(&actor->guard);
}

static void *caller_run(void *argument) {
  struct caller *caller = argument;
  struct stage *stage = caller->stage;
  struct stress_random *random = &caller->random;
  struct actor *actor = &stage->actors[stress_below(random, ACTORS)];
  for (uint64_t i = 0; i < caller->call_count; i++) {
    /* Mostly several in a row on the same one. */
    if (stress_chance(random, 3))
      actor = &stage->actors[stress_below(random, ACTORS)];
    act(actor, random);
    if (stress_chance(random, 16))
      visit(actor);
    stress_dawdle(random);
    if (stress_chance(random, 3000))
      halt_ask((unsigned)stress_between(random, 1, 30));
  }
  (void)atomic_fetch_sub_explicit(&stage->callers_left, 1, memory_order_acq_rel);
  return NULL;
}

/* --- callbacks on workers --- */

static int compute(struct synched_task *task, void *user) {
  struct actor *actor = user;
  count(&actor->progress, 1);
  scene_compute(&actor->scene, task);
  if (task->segment == 0)
    act_inside(actor, 256);
  return 0;
}

static int init(struct synched_task *task, void *user) {
  struct actor *actor = user;
  task->count = scene_fill(&actor->scene, task->round, task->segment, task->out);
  return 0;
}

static int on_round(const struct synched_snapshot *now, void *user) {
  struct actor *actor = user;
  struct course *course = &actor->course;
  stress_step();
  STRESS_CHECK(now->round == course->on_round + 1, "on_round gets round %" PRIu64 " after %" PRIu64,
               now->round, course->on_round);
  course->on_round = now->round;
  scene_check(&actor->scene, now, now->round);
  STRESS_CHECK(actor->options.fold != SYNCHED_FOLD_SUM ||
                   now->fold == scene_fold(&actor->scene, now->round),
               "the fold of round %" PRIu64 " is wrong", now->round);
  act_inside(actor, 256);
  struct stress_random random = draw_random(actor);
  course->on_round_stops = stress_chance(&random, 2000);
  return course->on_round_stops ? SYNCHED_STOP : SYNCHED_CONTINUE;
}

/* --- callbacks on the job's thread --- */

static void on_snapshot(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  struct actor *actor = user;
  struct course *course = &actor->course;
  struct stress_random *random = &actor->host->random;
  const uint64_t passed_over = now->round - course->delivered_round - 1;
  STRESS_CHECK(course->runs && now->round > course->delivered_round,
               "round %" PRIu64 " is delivered after %" PRIu64, now->round,
               course->delivered_round);
  STRESS_CHECK(synched_job_missed(job) == passed_over &&
                   (passed_over == 0 || actor->options.delivery == SYNCHED_DELIVER_LATEST),
               "%" PRIu64 " rounds were passed over, %" PRIu64 " are said to be", passed_over,
               synched_job_missed(job));
  scene_check(&actor->scene, now, now->round);
  course->delivered_round = now->round;
  course->delivered_count++;
  course->missed_count += passed_over;
  if (stress_chance(random, 4)) {
    const unsigned k = (unsigned)stress_below(random, KEPT_MOST);
    synched_snapshot_release(atomic_exchange_explicit(&actor->kept[k], synched_snapshot_retain(now),
                                                      memory_order_acq_rel));
  }
  act_inside(actor, 64);
}

static void on_deadline(struct synched_job *job, const struct synched_deadline_miss *miss,
                        void *user) {
  struct actor *actor = user;
  struct course *course = &actor->course;
  STRESS_CHECK(course->runs && job == actor->job && miss->missed_count > course->deadline_count,
               "%" PRIu64 " misses after %" PRIu64, miss->missed_count, course->deadline_count);
  STRESS_CHECK(miss->deadline_ns == actor->options.deadline_ns && miss->round > course->base,
               "round %" PRIu64 " has missed %" PRIu64, miss->round, miss->deadline_ns);
  for (unsigned r = 0; r < miss->running_count; r++)
    STRESS_CHECK(miss->running[r].segment < actor->scene.segment_count &&
                     (r == 0 || miss->running[r].worker > miss->running[r - 1].worker),
                 "call %u of the running ones is wrong", r);
  course->deadline_count = miss->missed_count;
  count(&actor->progress, 1);
  act_inside(actor, 64);
}

/* A pause, resume or step is complete. Between one that leaves the job paused and the next no round passes but those of
 * a step, and that is the next then. */
static void check_order(struct course *course, const struct synched_steered *steered) {
  const uint64_t passed = steered->round - course->last_round;
  const bool was_paused = course->last_order != SYNCHED_STEER_RESUME;
  switch (steered->call) {
  case SYNCHED_STEER_PAUSE:
    STRESS_CHECK(course->last_order != SYNCHED_STEER_PAUSE, "a pause while it is paused");
    STRESS_CHECK(!was_paused || passed == 0, "%" PRIu64 " rounds while it was paused", passed);
    break;
  case SYNCHED_STEER_RESUME:
    STRESS_CHECK(was_paused && passed == 0, "a resume after %" PRIu64 " rounds", passed);
    break;
  case SYNCHED_STEER_STEP:
    STRESS_CHECK(was_paused &&
                     (steered->status == 0 ? passed == steered->value : passed < steered->value),
                 "a step of %" PRIu64 " rounds completes with %d after %" PRIu64, steered->value,
                 steered->status, passed);
    break;
  default:
    return;
  }
  course->last_order = steered->call;
  course->last_round = steered->round;
}

static void on_steered(struct synched_job *job, const struct synched_steered *steered, void *user) {
  struct actor *actor = user;
  struct course *course = &actor->course;
  STRESS_CHECK(course->runs && job == actor->job, "a completion of a job that does not run");
  STRESS_CHECK(steered->call < STEER_KINDS &&
                   (steered->status == 0 || steered->status == SYNCHED_ECANCELED),
               "call %d completes with %d", (int)steered->call, steered->status);
  STRESS_CHECK(steered->round >= course->last_round,
               "a completion in round %" PRIu64 " after one in %" PRIu64, steered->round,
               course->last_round);
  course->completed[steered->call]++;
  if (steered->call <= SYNCHED_STEER_STEP)
    (void)atomic_fetch_sub_explicit(&actor->pending, 1, memory_order_relaxed);
  check_order(course, steered);
  if (steered->call == SYNCHED_STEER_PERIOD && steered->status == 0)
    course->period_ns = steered->value;
  count(&completed_total, 1);
  act_inside(actor, 32);
}

/* --- the end of a run --- */

static void check_status(struct actor *actor, int status, uint64_t round) {
  const struct course *course = &actor->course;
  const uint64_t limit = actor->options.round_count;
  if (status == SYNCHED_ECANCELED)
    STRESS_CHECK(read_count(&actor->accepted[CALL_CANCEL]) != 0, "it was cancelled by nobody");
  else if (status == SYNCHED_ETIMEDOUT)
    STRESS_CHECK(actor->options.deadline_policy == SYNCHED_DEADLINE_FAIL, "it timed out");
  else
    STRESS_CHECK(status == 0 &&
                     (course->on_round_stops || read_count(&actor->accepted[CALL_STOP]) != 0 ||
                      (limit != 0 && round == course->base + limit)),
                 "it ended with %d after round %" PRIu64, status, round);
  STRESS_CHECK(limit == 0 || round <= course->base + limit, "it went on to round %" PRIu64, round);
}

static void check_time(const struct actor *actor, const struct synched_report_summary *summary) {
  const struct course *course = &actor->course;
  STRESS_CHECK(summary->tick_count == summary->started_count + summary->skipped_count,
               "%" PRIu64 " ticks, %" PRIu64 " started, %" PRIu64 " skipped", summary->tick_count,
               summary->started_count, summary->skipped_count);
  STRESS_CHECK(summary->late_count <= summary->started_count &&
                   summary->overrun_count <= summary->started_count &&
                   summary->lateness_p50_ns <= summary->lateness_p99_ns &&
                   summary->lateness_p99_ns <= summary->lateness_max_ns,
               "%" PRIu64 " of %" PRIu64 " ticks were late", summary->late_count,
               summary->started_count);
  STRESS_CHECK(actor->options.overrun != SYNCHED_OVERRUN_STRETCH || summary->skipped_count == 0,
               "%" PRIu64 " ticks skipped in spite of STRETCH", summary->skipped_count);
  STRESS_CHECK(summary->dropped_count <= summary->deadline_missed_count &&
                   course->deadline_count <= summary->deadline_missed_count &&
                   (summary->deadline_missed_count == 0 || course->deadline_count != 0),
               "%" PRIu64 " misses, %" PRIu64 " told, %" PRIu64 " dropped",
               summary->deadline_missed_count, course->deadline_count, summary->dropped_count);
  STRESS_CHECK(course->period_ns == 0 || summary->period_ns == course->period_ns,
               "the period was set to %" PRIu64 ", but %" PRIu64 " is reported", course->period_ns,
               summary->period_ns);
}

static void check_counts(const struct actor *actor, const struct synched_report_summary *summary) {
  const struct course *course = &actor->course;
  const bool every = actor->options.delivery == SYNCHED_DELIVER_EVERY;
  const uint64_t at_least = summary->round_count * actor->scene.segment_count;
  STRESS_CHECK(summary->call_count >= at_least, "%" PRIu64 " calls in %" PRIu64 " rounds",
               summary->call_count, summary->round_count);
  STRESS_CHECK(summary->delivered_count == course->delivered_count,
               "%" PRIu64 " deliveries, not %" PRIu64, summary->delivered_count,
               course->delivered_count);
  if (actor->options.on_snapshot == NULL)
    return;
  STRESS_CHECK(summary->missed_count + summary->delivered_count == summary->round_count,
               "%" PRIu64 " delivered, %" PRIu64 " missed", summary->delivered_count,
               summary->missed_count);
  STRESS_CHECK(!every || summary->missed_count == 0, "%" PRIu64 " of all were not delivered",
               summary->missed_count);
}

/* With the guard held for writing, so that what has been accepted is all counted. */
static void check_completions(struct actor *actor) {
  for (unsigned c = 0; c < CALL_COUNT; c++) {
    const uint64_t accepted = read_count(&actor->accepted[c]);
    const uint64_t unsure = read_count(&actor->unsure[c]);
    const uint64_t completed = c < STEER_KINDS ? actor->course.completed[c] : accepted;
    STRESS_CHECK(accepted <= completed && completed <= accepted + unsure,
                 "%s: %" PRIu64 " accepted, %" PRIu64 " completed, %" PRIu64 " unsure",
                 call_names[c], accepted, completed, unsure);
    atomic_store_explicit(&actor->accepted[c], 0, memory_order_relaxed);
    atomic_store_explicit(&actor->unsure[c], 0, memory_order_relaxed);
  }
}

static void check_run(struct actor *actor, int status, const struct synched_report *report) {
  struct course *course = &actor->course;
  const struct synched_report_summary summary = scene_summary(report);
  const uint64_t round = scene_check_current(&actor->scene);
  STRESS_CHECK(course->runs, "on_done a second time");
  course->runs = false;
  STRESS_CHECK(summary.status == status, "status %d, but %d in the report", status, summary.status);
  STRESS_CHECK(round == course->on_round && round == course->base + summary.round_count,
               "round %" PRIu64 " is current, on_round saw %" PRIu64 ", %" PRIu64
               " are reported from %" PRIu64,
               round, course->on_round, summary.round_count, course->base);
  check_status(actor, status, round);
  check_time(actor, &summary);
  check_counts(actor, &summary);
  check_completions(actor);
  count(&run_total, 1);
  count(&round_total, summary.round_count);
  count(&missed_total, summary.deadline_missed_count);
  count(&lease_wait_total, summary.lease_wait_count);
}

/* --- creating, starting, destroying; on the job's thread --- */

static void start(struct actor *actor) {
  struct course *course = &actor->course;
  const bool paused = (actor->options.flags & SYNCHED_JOB_START_PAUSED) != 0;
  const uint64_t base = scene_check_current(&actor->scene);
  *course = (struct course){.runs = true,
                            .base = base,
                            .on_round = base,
                            .delivered_round = base,
                            .last_round = base,
                            .last_order = paused ? SYNCHED_STEER_PAUSE : SYNCHED_STEER_RESUME};
  /* The other threads go on calling meanwhile. */
  if (actor->host->polls)
    scene_expect_ok(synched_job_start_polled(actor->job), "synched_job_start_polled");
  else
    scene_expect_ok(synched_job_start(actor->job, &actor->host->loop), "synched_job_start");
}

/* With the guard held for writing. */
static void destroy(struct actor *actor) {
  actor->there = false;
  stress_files_begin();
  scene_expect_ok(synched_job_destroy(actor->job), "synched_job_destroy");
  stress_files_end();
  release_kept(actor);
  (void)scene_check_current(&actor->scene);
  scene_memory_destroy(&actor->scene);
}

static void on_done(struct synched_job *job, int status, const struct synched_report *report,
                    void *user) {
  struct actor *actor = user;
  struct stress_random *random = &actor->host->random;
  const bool stopping = atomic_load_explicit(&actor->stage->stopping, memory_order_relaxed);
  STRESS_CHECK(job == actor->job && actor->there, "on_done of a job that is gone");
  stress_step();
  count(&actor->progress, 1);
  (void)pthread_rwlock_wrlock(&actor->guard);
  check_run(actor, status, report);
  if (stopping || stress_chance(random, 4))
    destroy(actor);
  (void)pthread_rwlock_unlock(&actor->guard);
  if (actor->there && stress_chance(random, 2))
    start(actor);
}

static void draw_options(struct actor *actor, struct stress_random *random) {
  struct synched_job_options *options = &actor->options;
  *options = synched_job_options_default();
  options->user = actor;
  options->compute = compute;
  options->init = stress_chance(random, 3) ? init : NULL;
  options->on_round = on_round;
  options->on_done = on_done;
  options->on_steered = on_steered;
  options->on_snapshot = stress_chance(random, 4) ? NULL : on_snapshot;
  options->delivery = (enum synched_delivery)stress_below(random, SYNCHED_DELIVER_EVERY + 1);
  options->balance = (enum synched_balance)stress_below(random, SYNCHED_BALANCE_STATIC + 1);
  options->fold = stress_chance(random, 2) ? SYNCHED_FOLD_SUM : SYNCHED_FOLD_NONE;
  options->weight = (unsigned)stress_below(random, 5);
  options->flags = stress_chance(random, 4) ? SYNCHED_JOB_START_PAUSED : 0;
  if (stress_chance(random, 6))
    options->flags |= SYNCHED_JOB_EAGER;
  options->round_count = stress_chance(random, 4) ? stress_between(random, 1, 200) : 0;
  if (stress_chance(random, 2)) {
    options->period_ns = draw_period(random, 0);
    options->overrun = (enum synched_overrun)stress_below(random, SYNCHED_OVERRUN_STRETCH + 1);
  }
  if (!stress_chance(random, 3))
    return;
  options->deadline_ns = stress_between(random, 50000, 900000);
  if (options->period_ns != 0 && options->deadline_ns > options->period_ns)
    options->deadline_ns = options->period_ns;
  options->on_deadline = on_deadline;
  options->deadline_policy = (enum synched_deadline_policy)(
      stress_chance(random, 8) ? SYNCHED_DEADLINE_FAIL
                               : stress_below(random, SYNCHED_DEADLINE_CANCEL + 1));
}

static void create(struct actor *actor) {
  const struct scene_limits limits = {
      .segments_most = 6, .capacity_most = 12, .leases_least = 1, .leases_most = 3};
  struct stress_random *random = &actor->host->random;
  struct synched_pool *pool = actor->stage->pools[stress_below(random, POOLS)];
  (void)pthread_rwlock_wrlock(&actor->guard);
  scene_memory_create(&actor->scene, random, &limits);
  draw_options(actor, random);
  for (unsigned c = 0; c < CALL_COUNT; c++) {
    atomic_store_explicit(&actor->accepted[c], 0, memory_order_relaxed);
    atomic_store_explicit(&actor->unsure[c], 0, memory_order_relaxed);
  }
  stress_files_begin();
  scene_expect_ok(synched_job_create(&actor->job, pool, actor->scene.memory, &actor->options),
                  "synched_job_create");
  stress_files_end();
  actor->there = true;
  (void)pthread_rwlock_unlock(&actor->guard);
  count(&job_total, 1);
}

static void end_actor(struct actor *actor, struct stress_random *random) {
  (void)pthread_rwlock_wrlock(&actor->guard);
  if (!actor->course.runs)
    destroy(actor);
  (void)pthread_rwlock_unlock(&actor->guard);
  if (!actor->there || actor->course.is_told_to_end)
    return;
  actor->course.is_told_to_end = true;
  release_kept(actor);
  steer(actor, stress_chance(random, 2) ? CALL_STOP : CALL_CANCEL, random, true);
}

/* Every now and then. false: everything has ended. */
static bool tend(struct host *host) {
  const bool stopping = atomic_load_explicit(&host->stage->stopping, memory_order_relaxed);
  struct stress_random *random = &host->random;
  bool any = !stopping;
  for (unsigned a = 0; a < host->actor_count; a++) {
    struct actor *actor = host->actors[a];
    if (stopping && actor->there)
      end_actor(actor, random);
    else if (!stopping && !actor->there)
      create(actor);
    else if (!stopping && !actor->course.runs && stress_chance(random, 3))
      start(actor);
    any = any || actor->there;
  }
  return any;
}

static void on_timer(uv_timer_t *timer) {
  if (!tend(timer->data))
    uv_close((uv_handle_t *)timer, NULL);
}

static void run_loop(struct host *host) {
  stress_files_begin();
  STRESS_CHECK(uv_loop_init(&host->loop) == 0, "no event loop");
  stress_files_end();
  (void)uv_timer_init(&host->loop, &host->timer);
  host->timer.data = host;
  (void)uv_timer_start(&host->timer, on_timer, 0, 1);
  (void)uv_run(&host->loop, UV_RUN_DEFAULT);
  stress_files_begin();
  STRESS_CHECK(uv_loop_close(&host->loop) == 0, "the jobs have left a handle in the loop");
  stress_files_end();
}

static void dispatch(struct actor *actor) {
  const int status = synched_job_dispatch(actor->job);
  STRESS_CHECK(status == SYNCHED_CONTINUE || status == SYNCHED_STOP, "dispatch gives %s",
               synched_err_name(status));
}

static void run_polling(struct host *host) {
  while (tend(host)) {
    struct pollfd polled[ACTORS];
    struct actor *owners[ACTORS];
    nfds_t polled_count = 0;
    for (unsigned a = 0; a < host->actor_count; a++) {
      if (!host->actors[a]->course.runs)
        continue;
      owners[polled_count] = host->actors[a];
      polled[polled_count++] =
          (struct pollfd){.fd = synched_job_fd(host->actors[a]->job), .events = POLLIN};
    }
    (void)poll(polled, polled_count, 1);
    for (nfds_t p = 0; p < polled_count; p++)
      if ((polled[p].revents & POLLIN) != 0)
        dispatch(owners[p]);
  }
}

static void *host_run(void *argument) {
  struct host *host = argument;
  if (host->polls)
    run_polling(host);
  else
    run_loop(host);
  return NULL;
}

/* --- a case --- */

/* What the watchdog, and a failure, should know of all jobs. */
static void describe(struct stage *stage) {
  char text[ACTORS * 48] = "";
  size_t used = 0;
  for (unsigned a = 0; a < ACTORS; a++) {
    struct actor *actor = &stage->actors[a];
    int state = -1;
    if (pthread_rwlock_tryrdlock(&actor->guard) == 0) {
      state = actor->there ? synched_job_state(actor->job) : -2;
      (void)pthread_rwlock_unlock(&actor->guard);
    }
    used += (size_t)snprintf(text + used, sizeof text - used, " %d/%" PRIu64, state,
                             read_count(&actor->progress));
  }
  stress_case_is("states (-1: locked, -2: gone) and progress of the jobs:%s", text);
}

/* Waits a millisecond, but not without end. */
static void be_patient(struct stage *stage, unsigned *waited_ms, const char *what) {
  if (++*waited_ms % 1000 == 0)
    describe(stage);
  STRESS_CHECK(*waited_ms < PATIENCE_MS, "%s", what);
  stress_sleep_us(1000);
}

/* Whoever calls has ended: the job is paused, and with that all that was accepted is completed. */
static void check_pause(struct stage *stage, struct actor *actor, struct stress_random *random) {
  unsigned waited_ms = 0;
  (void)pthread_rwlock_rdlock(&actor->guard);
  if (actor->there)
    steer(actor, SYNCHED_STEER_PAUSE, random, false);
  (void)pthread_rwlock_unlock(&actor->guard);
  while (read_count(&actor->pending) != 0)
    be_patient(stage, &waited_ms, "a call is not completed");
}

/* What is paused is resumed, and must go on. */
static void check_progress(struct stage *stage, struct actor *actor, struct stress_random *random) {
  const uint64_t before = read_count(&actor->progress);
  unsigned waited_ms = 0;
  while (read_count(&actor->progress) == before) {
    (void)pthread_rwlock_rdlock(&actor->guard);
    if (actor->there && synched_job_state(actor->job) == SYNCHED_JOB_PAUSED)
      steer(actor, SYNCHED_STEER_RESUME, random, false);
    /* It may have a period of hours. */
    if (actor->there && waited_ms % 16 == 8)
      steer(actor, SYNCHED_STEER_PERIOD, random, false);
    if (actor->there)
      release_kept(actor);
    (void)pthread_rwlock_unlock(&actor->guard);
    be_patient(stage, &waited_ms, "a job that is not paused does not go on");
  }
}

static void create_pool(struct synched_pool **pool, unsigned worker_count,
                        struct stress_random *random) {
  struct synched_pool_options options = synched_pool_options_default();
  options.worker_count = worker_count;
  options.wait = stress_chance(random, 2) ? SYNCHED_WAIT_SLEEP : SYNCHED_WAIT_AUTO;
  if (options.wait == SYNCHED_WAIT_AUTO && stress_chance(random, 2))
    options.spin_ns = stress_between(random, 1, 100000);
  scene_expect_ok(synched_pool_create(pool, &options), "synched_pool_create");
}

static void set_up(struct stage *stage, struct stress_random *random) {
  memset(stage, 0, sizeof *stage);
  atomic_store_explicit(&end_one_in, stress_chance(random, 2) ? 20 : 300, memory_order_relaxed);
  for (unsigned p = 0; p < POOLS; p++)
    create_pool(&stage->pools[p], 2 + p, random);
  for (unsigned h = 0; h < HOSTS; h++)
    stage->hosts[h] =
        (struct host){.stage = stage, .polls = h == HOSTS - 1, .random = stress_split(random)};
  for (unsigned a = 0; a < ACTORS; a++) {
    struct actor *actor = &stage->actors[a];
    struct host *host = &stage->hosts[a == 0 ? HOSTS - 1 : a % (HOSTS - 1)];
    actor->stage = stage;
    actor->host = host;
    host->actors[host->actor_count++] = actor;
    STRESS_CHECK(pthread_rwlock_init(&actor->guard, NULL) == 0, "no lock");
  }
  atomic_store_explicit(&stage->callers_left, CALLERS, memory_order_relaxed);
  for (unsigned c = 0; c < CALLERS; c++)
    stage->callers[c] = (struct caller){.stage = stage,
                                        .random = stress_split(random),
                                        .call_count = stress_between(random, 20, CALLS_MOST)};
}

static void tear_down(struct stage *stage) {
  for (unsigned p = 0; p < POOLS; p++)
    scene_pool_destroy(stage->pools[p]);
  for (unsigned a = 0; a < ACTORS; a++)
    (void)pthread_rwlock_destroy(&stage->actors[a].guard);
}

static void run_case(struct stress_random *random) {
  static struct stage stage;
  unsigned waited_ms = 0;
  set_up(&stage, random);
  for (unsigned h = 0; h < HOSTS; h++)
    stress_thread_start(&stage.hosts[h].thread, host_run, &stage.hosts[h]);
  for (unsigned c = 0; c < CALLERS; c++)
    stress_thread_start(&stage.callers[c].thread, caller_run, &stage.callers[c]);
  stress_is_at("waits for the callers");
  while (atomic_load_explicit(&stage.callers_left, memory_order_acquire) != 0)
    be_patient(&stage, &waited_ms, "a call does not return");
  for (unsigned c = 0; c < CALLERS; c++)
    stress_thread_join(stage.callers[c].thread);
  stress_is_at("waits for every job to be paused");
  for (unsigned a = 0; a < ACTORS; a++)
    check_pause(&stage, &stage.actors[a], random);
  stress_is_at("waits for every job to go on");
  for (unsigned a = 0; a < ACTORS; a++)
    check_progress(&stage, &stage.actors[a], random);
  stress_is_at("waits for the jobs to end");
  atomic_store_explicit(&stage.stopping, true, memory_order_relaxed);
  for (unsigned h = 0; h < HOSTS; h++)
    stress_thread_join(stage.hosts[h].thread);
  tear_down(&stage);
}

int main(int argc, char **argv) {
  halt_begin();
  stress_begin("steering_stress", argc, argv);
  struct stress_random random;
  while (stress_next_case(&random))
    run_case(&random);
  halt_end();
  return stress_end(
      "%" PRIu64 " calls, %" PRIu64 " accepted, %" PRIu64 " completions; %" PRIu64 " jobs, %" PRIu64
      " runs, %" PRIu64 " rounds, %" PRIu64 " late ones, %" PRIu64 " waits for a lease",
      read_count(&call_total), read_count(&accepted_total), read_count(&completed_total),
      read_count(&job_total), read_count(&run_total), read_count(&round_total),
      read_count(&missed_total), read_count(&lease_wait_total));
}
