/*
 * loops_stress.c: a loop that has nothing but one job returns when that job is paused and all is
 * told, and not before; and it does return.
 *
 * The job is paused, resumed, stepped and changed by its own callbacks, on its loop's thread and on
 * workers, and paused by another thread. Each time uv_run returns, the job has ended, or it is
 * paused, every call that was accepted is complete, and the last round has been delivered. Then it
 * is let go on, or ended, and the loop runs again. A loop that does not return ends the program
 * when its patience is over.
 */
#include <inttypes.h>
#include <stdatomic.h>

#include <synched/synched.h>
#include <uv.h>

#include "support/scene.h"
#include "support/stress.h"

#define RETURNS_MOST 30u

/* A job alone on its loop. The mutex is over what makes calls on the job, and counts them. */
struct hermit {
  struct scene_memory scene;
  struct synched_job *job;
  struct synched_job_options options;
  uv_loop_t loop;
  pthread_mutex_t mutex;
  /* the loop's, the workers', and of the thread that pauses */
  struct stress_random random, worker_random, pauser_random;
  uint64_t accepted_count;
  /* the loop's */
  uint64_t completed_count, delivered_round;
  bool done;
  /* of the calls in callbacks one in so many is made */
  uint64_t act_one_in;
  _Atomic bool leaves;
};

static uint64_t return_total, accepted_total, round_total; /* of all cases */

/* --- calls on the job --- */

static int make_call(struct hermit *hermit, unsigned call, uint64_t value) {
  switch (call) {
  case SYNCHED_STEER_PAUSE:
    return synched_job_pause(hermit->job);
  case SYNCHED_STEER_RESUME:
    return synched_job_resume(hermit->job);
  case SYNCHED_STEER_STEP:
    return synched_job_step(hermit->job, 1 + value % 4);
  case SYNCHED_STEER_PERIOD:
    return synched_job_set_period(hermit->job, SYNCHED_PERIOD_MIN_NS + value % 400000);
  default:
    return synched_job_set_weight(hermit->job, 1 + (unsigned)(value % 5));
  }
}

/* With the mutex held. */
static int call_on(struct hermit *hermit, unsigned call, uint64_t value) {
  const int status = make_call(hermit, call, value);
  STRESS_CHECK(status == 0 || status == SYNCHED_EALREADY || status == SYNCHED_EBUSY,
               "call %u gives %s", call, synched_err_name(status));
  hermit->accepted_count += status == 0;
  return status;
}

/* Any of them, now and then; on a worker, or on the loop's thread. */
static void act(struct hermit *hermit, struct stress_random *random) {
  if (!stress_chance(random, hermit->act_one_in))
    return;
  (void)pthread_mutex_lock(&hermit->mutex);
  (void)call_on(hermit, (unsigned)stress_below(random, SYNCHED_STEER_WEIGHT + 1u),
                stress_draw(random));
  (void)pthread_mutex_unlock(&hermit->mutex);
  if (stress_chance(random, 4))
    stress_dawdle(random);
}

/* Another thread cannot let a job go on and know that its loop runs. */
static void *pause_now_and_then(void *argument) {
  struct hermit *hermit = argument;
  while (!atomic_load_explicit(&hermit->leaves, memory_order_relaxed)) {
    (void)pthread_mutex_lock(&hermit->mutex);
    const int state = synched_job_state(hermit->job);
    if (state == SYNCHED_JOB_RUNNING || state == SYNCHED_JOB_STEPPING)
      (void)call_on(hermit, SYNCHED_STEER_PAUSE, 0);
    (void)pthread_mutex_unlock(&hermit->mutex);
    stress_sleep_us(stress_below(&hermit->pauser_random, 300));
  }
  return NULL;
}

/* --- its callbacks --- */

static int compute(struct synched_task *task, void *user) {
  scene_compute(&((struct hermit *)user)->scene, task);
  return 0;
}

static int on_round(const struct synched_snapshot *now, void *user) {
  struct hermit *hermit = user;
  (void)now;
  stress_step();
  act(hermit, &hermit->worker_random);
  return SYNCHED_CONTINUE;
}

static void on_snapshot(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  struct hermit *hermit = user;
  (void)job;
  hermit->delivered_round = now->round;
  act(hermit, &hermit->random);
}

static void on_steered(struct synched_job *job, const struct synched_steered *steered, void *user) {
  struct hermit *hermit = user;
  (void)job;
  (void)steered;
  hermit->completed_count++;
  act(hermit, &hermit->random);
}

static void on_done(struct synched_job *job, int status, const struct synched_report *report,
                    void *user) {
  struct hermit *hermit = user;
  (void)job;
  STRESS_CHECK(status == 0 || status == SYNCHED_ECANCELED, "it ends with %d", status);
  round_total += scene_summary(report).round_count;
  hermit->done = true;
}

/* --- a case --- */

static void draw_options(struct hermit *hermit) {
  struct stress_random *random = &hermit->random;
  struct synched_job_options options = synched_job_options_default();
  options.user = hermit;
  options.compute = compute;
  options.on_round = on_round;
  options.on_steered = on_steered;
  options.on_done = on_done;
  if (!stress_chance(random, 3))
    options.on_snapshot = on_snapshot;
  if (stress_chance(random, 2))
    options.delivery = SYNCHED_DELIVER_EVERY;
  if (stress_chance(random, 2))
    options.flags = SYNCHED_JOB_START_PAUSED;
  if (stress_chance(random, 3))
    options.period_ns = SYNCHED_PERIOD_MIN_NS + stress_below(random, 400000);
  if (stress_chance(random, 3))
    options.round_count = stress_between(random, 1, 200);
  hermit->options = options;
}

/* uv_run has returned, and the job has not ended. */
static void check_rest(struct hermit *hermit) {
  const int state = synched_job_state(hermit->job);
  const uint64_t round = scene_check_current(&hermit->scene);
  STRESS_CHECK(state == SYNCHED_JOB_PAUSED, "the loop returned in state %d, round %" PRIu64, state,
               round);
  STRESS_CHECK(hermit->completed_count == hermit->accepted_count,
               "the loop returned with %" PRIu64 " of %" PRIu64 " calls complete",
               hermit->completed_count, hermit->accepted_count);
  STRESS_CHECK(hermit->options.on_snapshot == NULL || hermit->delivered_round == round,
               "the loop returned after round %" PRIu64 ", and %" PRIu64 " was delivered last",
               round, hermit->delivered_round);
}

/* The paused job goes on, or is told to end. */
static void let_go_on(struct hermit *hermit, bool ends) {
  struct stress_random *random = &hermit->random;
  if (ends)
    scene_expect_ok(stress_chance(random, 2) ? synched_job_cancel(hermit->job)
                                             : synched_job_stop(hermit->job),
                    "to end it");
  else
    scene_expect_ok(call_on(hermit,
                            stress_chance(random, 2) ? SYNCHED_STEER_STEP : SYNCHED_STEER_RESUME,
                            stress_draw(random)),
                    "to let it go on");
}

static void run_loop(struct hermit *hermit) {
  scene_expect_ok(synched_job_start(hermit->job, &hermit->loop), "synched_job_start");
  stress_is_at("runs the loop");
  for (unsigned turn = 0; !hermit->done; turn++) {
    if (stress_chance(&hermit->random, 3))
      stress_dawdle(&hermit->random);
    (void)uv_run(&hermit->loop, UV_RUN_DEFAULT);
    return_total++;
    (void)pthread_mutex_lock(&hermit->mutex);
    if (!hermit->done) {
      check_rest(hermit);
      let_go_on(hermit, turn >= RETURNS_MOST || stress_chance(&hermit->random, 20));
    }
    (void)pthread_mutex_unlock(&hermit->mutex);
  }
}

static void run_case(struct stress_random *random) {
  static const struct scene_limits limits = {
      .segments_most = 12, .capacity_most = 8, .leases_least = 1, .leases_most = 3};
  struct hermit hermit = {.random = stress_split(random),
                          .worker_random = stress_split(random),
                          .pauser_random = stress_split(random)};
  struct synched_pool *pool = scene_pool_create(random, 3);
  pthread_t pauser;
  scene_memory_create(&hermit.scene, random, &limits);
  hermit.act_one_in = stress_between(random, 2, 40);
  draw_options(&hermit);
  STRESS_CHECK(pthread_mutex_init(&hermit.mutex, NULL) == 0, "no mutex");
  scene_expect_ok(synched_job_create(&hermit.job, pool, hermit.scene.memory, &hermit.options),
                  "synched_job_create");
  STRESS_CHECK(uv_loop_init(&hermit.loop) == 0, "no event loop");
  if (stress_chance(random, 20))
    scene_expect_ok(synched_job_cancel(hermit.job), "synched_job_cancel");
  stress_thread_start(&pauser, pause_now_and_then, &hermit);
  run_loop(&hermit);
  atomic_store_explicit(&hermit.leaves, true, memory_order_relaxed);
  stress_thread_join(pauser);
  STRESS_CHECK(hermit.completed_count == hermit.accepted_count,
               "the job has ended with %" PRIu64 " of %" PRIu64 " calls complete",
               hermit.completed_count, hermit.accepted_count);
  STRESS_CHECK(uv_loop_close(&hermit.loop) == 0, "the job has left a handle in the loop");
  accepted_total += hermit.accepted_count;
  scene_expect_ok(synched_job_destroy(hermit.job), "synched_job_destroy");
  scene_memory_destroy(&hermit.scene);
  scene_pool_destroy(pool);
  (void)pthread_mutex_destroy(&hermit.mutex);
}

int main(int argc, char **argv) {
  stress_begin("loops_stress", argc, argv);
  struct stress_random random;
  while (stress_next_case(&random))
    run_case(&random);
  return stress_end("%" PRIu64 " returns of a loop, %" PRIu64 " calls accepted, %" PRIu64 " rounds",
                    return_total, accepted_total, round_total);
}
