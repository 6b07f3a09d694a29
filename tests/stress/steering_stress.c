/*
 * steering_stress.c: jobs are paused, resumed, stepped, stopped, cancelled and changed from
 * everywhere at once.
 *
 * Eight jobs of all kinds share two pools. They belong to three threads: two with a libuv loop
 * each, and one that polls. Four more threads, and the jobs' own callbacks, call whatever comes to
 * their mind on any of them. What has ended is started again, from on_done or later, or destroyed
 * and created anew. Who calls on a job of which it does not know that it is there holds the job's
 * guard for reading; its thread takes the guard for writing before it destroys it, and when it
 * counts up what has been accepted.
 *
 * What is checked: every accepted call is completed once, before on_done, in an order that the
 * table of states allows, and with the rounds that this order implies: none pass while a job is
 * paused, as many as were asked for in a step. All statuses are in the table. Rounds are
 * consecutive, and as the serial loop makes them. The report adds up. And in the end, everything
 * that has been resumed goes on, and everything that has been told to end does.
 *
 * Now and then the whole process is stopped for some milliseconds.
 */
#include "steering.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "job/buffer_wait.h"
#include "support/halt.h"

#define CALLS_MOST 600u
#define PATIENCE_MS 60000u

static void *caller_run(void *argument) {
  struct caller *caller = argument;
  struct stage *stage = caller->stage;
  struct stress_random *random = &caller->random;
  struct actor *actor = &stage->actors[stress_below(random, ACTORS)];
  for (uint64_t i = 0; i < caller->call_count; i++) {
    /* Mostly several in a row on the same one. */
    if (stress_chance(random, 3))
      actor = &stage->actors[stress_below(random, ACTORS)];
    steering_act(actor, random);
    if (stress_chance(random, 16))
      steering_visit(actor);
    stress_dawdle(random);
    if (stress_chance(random, 3000))
      halt_ask((unsigned)stress_between(random, 1, 30));
  }
  (void)atomic_fetch_sub_explicit(&stage->callers_left, 1, memory_order_acq_rel);
  return NULL;
}

/* --- threads that jobs belong to --- */

/* Every now and then. false: everything has ended. */
static bool tend(struct host *host) {
  const bool stopping = atomic_load_explicit(&host->stage->stopping, memory_order_relaxed);
  struct stress_random *random = &host->random;
  bool any = !stopping;
  for (unsigned a = 0; a < host->actor_count; a++) {
    struct actor *actor = host->actors[a];
    if (stopping && actor->there)
      steering_end(actor, random);
    else if (!stopping && !actor->there)
      steering_create(actor);
    else if (!stopping && !actor->course.runs && stress_chance(random, 3))
      steering_start(actor);
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

/* What a failure, or a hang, should know of all jobs. */
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
                             steering_read(&actor->progress));
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
    steering_call(actor, SYNCHED_STEER_PAUSE, random, false);
  (void)pthread_rwlock_unlock(&actor->guard);
  while (steering_read(&actor->pending) != 0)
    be_patient(stage, &waited_ms, "a call is not completed");
}

/* What is paused is resumed, and must go on. */
static void check_progress(struct stage *stage, struct actor *actor, struct stress_random *random) {
  const uint64_t before = steering_read(&actor->progress);
  unsigned waited_ms = 0;
  while (steering_read(&actor->progress) == before) {
    (void)pthread_rwlock_rdlock(&actor->guard);
    if (actor->there && synched_job_state(actor->job) == SYNCHED_JOB_PAUSED)
      steering_call(actor, SYNCHED_STEER_RESUME, random, false);
    /* It may have a period of hours. */
    if (actor->there && waited_ms % 16 == 8)
      steering_call(actor, SYNCHED_STEER_PERIOD, random, false);
    if (actor->there)
      steering_release_kept(actor);
    (void)pthread_rwlock_unlock(&actor->guard);
    be_patient(stage, &waited_ms, "a job that is not paused does not go on");
  }
}

static void create_pool(struct synched_pool **pool, unsigned worker_count,
                        struct stress_random *random) {
  struct synched_pool_options options = synched_pool_options_default();
  options.worker_count = stress_workers() != 0 ? stress_workers() : worker_count;
  options.wait = stress_chance(random, 2) ? SYNCHED_WAIT_SLEEP : SYNCHED_WAIT_AUTO;
  if (options.wait == SYNCHED_WAIT_AUTO && stress_chance(random, 2))
    options.spin_ns = stress_between(random, 1, 100000);
  scene_expect_ok(synched_pool_create(pool, &options), "synched_pool_create");
}

static void set_up(struct stage *stage, struct stress_random *random) {
  memset(stage, 0, sizeof *stage);
  stage->end_one_in = stress_chance(random, 2) ? 20 : 300;
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
  /* So that jobs are steered just when they would be told of as stalled. */
  atomic_store_explicit(&synched__stall_after_ns, 20000, memory_order_relaxed);
  struct stress_random random;
  while (stress_next_case(&random))
    run_case(&random);
  halt_end();
  return stress_end(
      "%" PRIu64 " calls, %" PRIu64 " accepted, %" PRIu64 " completions; %" PRIu64 " jobs, %" PRIu64
      " runs, %" PRIu64 " rounds, %" PRIu64 " late ones, %" PRIu64 " waits for a lease",
      steering_read(&steering_totals.calls), steering_read(&steering_totals.accepted),
      steering_read(&steering_totals.completed), steering_read(&steering_totals.jobs),
      steering_read(&steering_totals.runs), steering_read(&steering_totals.rounds),
      steering_read(&steering_totals.missed), steering_read(&steering_totals.lease_waits));
}
