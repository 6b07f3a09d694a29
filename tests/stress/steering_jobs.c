#include "steering.h"

#include <inttypes.h>

/* --- callbacks on workers --- */

static int compute(struct synched_task *task, void *user) {
  struct actor *actor = user;
  steering_count(&actor->progress, 1);
  scene_compute(&actor->scene, task);
  if (task->segment == 0)
    steering_act_inside(actor, 256);
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
  steering_act_inside(actor, 256);
  struct stress_random random = steering_draw_random(actor);
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
  steering_act_inside(actor, 64);
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
  steering_count(&actor->progress, 1);
  steering_act_inside(actor, 64);
}

static void on_stalled(struct synched_job *job, const struct synched_stall *stall, void *user) {
  struct actor *actor = user;
  struct course *course = &actor->course;
  STRESS_CHECK(course->runs && job == actor->job && stall->stalled_count > course->stall_count,
               "%" PRIu64 " stalls after %" PRIu64, stall->stalled_count, course->stall_count);
  STRESS_CHECK(stall->round > course->base && stall->held_count <= stall->lease_count + 1,
               "%u snapshots are held of %u leases", stall->held_count, stall->lease_count);
  course->stall_count = stall->stalled_count;
  steering_act_inside(actor, 64);
}

/* A pause, resume or step is complete. Between one that leaves the job paused and the next no round
 * passes but those of a step, and that is the next then. */
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
  steering_count(&steering_totals.completed, 1);
  steering_act_inside(actor, 32);
}

/* --- the end of a run --- */

static void check_status(struct actor *actor, int status, uint64_t round) {
  const struct course *course = &actor->course;
  const uint64_t limit = actor->options.round_count;
  if (status == SYNCHED_ECANCELED)
    STRESS_CHECK(steering_read(&actor->accepted[CALL_CANCEL]) != 0, "it was cancelled by nobody");
  else if (status == SYNCHED_ETIMEDOUT)
    STRESS_CHECK(actor->options.deadline_policy == SYNCHED_DEADLINE_FAIL, "it timed out");
  else
    STRESS_CHECK(status == 0 &&
                     (course->on_round_stops || steering_read(&actor->accepted[CALL_STOP]) != 0 ||
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
  STRESS_CHECK(actor->options.on_stalled == NULL || summary->stalled_count == course->stall_count,
               "%" PRIu64 " stalls, %" PRIu64 " told", summary->stalled_count, course->stall_count);
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
    const uint64_t accepted = steering_read(&actor->accepted[c]);
    const uint64_t unsure = steering_read(&actor->unsure[c]);
    const uint64_t completed = c < STEER_KINDS ? actor->course.completed[c] : accepted;
    STRESS_CHECK(accepted <= completed && completed <= accepted + unsure,
                 "%s: %" PRIu64 " accepted, %" PRIu64 " completed, %" PRIu64 " unsure",
                 steering_call_names[c], accepted, completed, unsure);
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
  steering_count(&steering_totals.runs, 1);
  steering_count(&steering_totals.rounds, summary.round_count);
  steering_count(&steering_totals.missed, summary.deadline_missed_count);
  steering_count(&steering_totals.lease_waits, summary.lease_wait_count);
}

/* --- creating, starting, destroying; on the job's thread --- */

void steering_start(struct actor *actor) {
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
  steering_release_kept(actor);
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
  steering_count(&actor->progress, 1);
  (void)pthread_rwlock_wrlock(&actor->guard);
  check_run(actor, status, report);
  if (stopping || stress_chance(random, 4))
    destroy(actor);
  (void)pthread_rwlock_unlock(&actor->guard);
  if (actor->there && stress_chance(random, 2))
    steering_start(actor);
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
  options->on_stalled = stress_chance(random, 2) ? NULL : on_stalled;
  options->delivery = (enum synched_delivery)stress_below(random, SYNCHED_DELIVER_EVERY + 1);
  options->balance = (enum synched_balance)stress_below(random, SYNCHED_BALANCE_STATIC + 1);
  options->fold = stress_chance(random, 2) ? SYNCHED_FOLD_SUM : SYNCHED_FOLD_NONE;
  options->weight = (unsigned)stress_below(random, 5);
  options->flags = stress_chance(random, 4) ? SYNCHED_JOB_START_PAUSED : 0;
  if (stress_chance(random, 6))
    options->flags |= SYNCHED_JOB_EAGER;
  options->round_count = stress_chance(random, 4) ? stress_between(random, 1, 200) : 0;
  if (stress_chance(random, 2)) {
    options->period_ns = steering_draw_period(random, 0);
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

void steering_create(struct actor *actor) {
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
  steering_count(&steering_totals.jobs, 1);
}

void steering_end(struct actor *actor, struct stress_random *random) {
  (void)pthread_rwlock_wrlock(&actor->guard);
  if (!actor->course.runs)
    destroy(actor);
  (void)pthread_rwlock_unlock(&actor->guard);
  if (!actor->there || actor->course.is_told_to_end)
    return;
  actor->course.is_told_to_end = true;
  steering_release_kept(actor);
  steering_call(actor, stress_chance(random, 2) ? CALL_STOP : CALL_CANCEL, random, true);
}
