/*
 * advance_stress.c: threads that advance jobs of their own, and run parallel loops, on one pool, at
 * the same time; with pauses between, so that workers fall asleep and their places are taken and
 * given back in all ways.
 *
 * Each driver has a job. It advances it, runs it from start to end on a loop of its own, lets
 * indices be added up by parallel loops, fails and cancels it. A meddler pauses, resumes, cancels
 * and stops jobs meanwhile. What is checked: all contents; that no two calls have the same worker's
 * scratch space at the same time, whatever thread is in the worker's place; that exactly the rounds
 * asked for are computed, where nobody ends them.
 */
#include "support/stress.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <synched/synched.h>
#include <uv.h>

#include "support/scene.h"

#define DRIVERS_MOST 4u
#define WORKERS_MOST 64u
#define INDICES_MOST 300u

struct world;

struct driver {
  struct world *world;
  struct stress_random random;
  pthread_t thread;
  struct scene_memory scene;
  struct synched_job *job;
  unsigned errands;
  size_t fail_from;
  uint32_t touched[INDICES_MOST];
};

struct world {
  struct synched_pool *pool;
  unsigned driver_count;
  struct driver drivers[DRIVERS_MOST];
  bool meddles;
  _Atomic uint32_t over_count;
  unsigned done_count; /* of loops on an event loop */
  /* plain words that calls write: what thread sanitizer sees */
  struct {
    _Alignas(128) uint64_t count;
    _Atomic uint32_t is_in;
  } scratch[WORKERS_MOST];
};

static _Atomic uint64_t advance_total, round_total, loop_total;

static void use_scratch(struct world *world, unsigned worker) {
  STRESS_CHECK(atomic_exchange(&world->scratch[worker].is_in, 1) == 0,
               "two calls at a time are of worker %u", worker);
  world->scratch[worker].count++;
  atomic_store(&world->scratch[worker].is_in, 0);
}

static int compute(struct synched_task *task, void *user) {
  struct driver *driver = user;
  use_scratch(driver->world, task->worker);
  scene_compute(&driver->scene, task);
  return 0;
}

static int on_round(const struct synched_snapshot *now, void *user) {
  (void)now;
  (void)user;
  stress_step();
  return SYNCHED_CONTINUE;
}

static int touch(size_t index, unsigned worker, void *user) {
  struct driver *driver = user;
  use_scratch(driver->world, worker);
  driver->touched[index]++;
  return index >= driver->fail_from ? -1000 - (int)index : 0;
}

/* --- errands --- */

static uint64_t round_of(struct driver *driver) {
  return scene_check_current(&driver->scene);
}

static void advance(struct driver *driver) {
  const uint64_t before = round_of(driver);
  const uint64_t rounds =
      stress_between(&driver->random, 1, stress_chance(&driver->random, 8) ? 60 : 3);
  const int status = synched_job_advance(driver->job, rounds);
  const uint64_t done = round_of(driver) - before;
  STRESS_CHECK(status == 0 || (driver->world->meddles && status == SYNCHED_ECANCELED),
               "an advance: %s: %s", synched_err_name(status), synched_error_message());
  STRESS_CHECK(done == rounds || (driver->world->meddles && done < rounds) ||
                   status == SYNCHED_ECANCELED,
               "%" PRIu64 " rounds of %" PRIu64, done, rounds);
  (void)atomic_fetch_add(&advance_total, 1);
  (void)atomic_fetch_add(&round_total, done);
}

static void loop(struct driver *driver) {
  const size_t count = (size_t)stress_between(&driver->random, 1, INDICES_MOST);
  driver->fail_from =
      stress_chance(&driver->random, 4) ? (size_t)stress_below(&driver->random, count) : count;
  memset(driver->touched, 0, sizeof driver->touched);
  const int status = synched_pool_for(driver->world->pool, count, touch, driver);
  const int expected = driver->fail_from < count ? -1000 - (int)driver->fail_from : 0;
  STRESS_CHECK(status == expected, "a loop: %d, not %d", status, expected);
  for (size_t i = 0; i < count && i <= driver->fail_from; i++)
    STRESS_CHECK(driver->touched[i] == 1, "index %zu came %u times", i, driver->touched[i]);
  (void)atomic_fetch_add(&loop_total, 1);
}

static void run(struct driver *driver) {
  stress_files_begin();
  const int status = synched_job_run(driver->job);
  stress_files_end();
  STRESS_CHECK(status == 0 || (driver->world->meddles && status == SYNCHED_ECANCELED), "a run: %s",
               synched_err_name(status));
}

static void report(struct driver *driver) {
  struct synched_report *made;
  const int status = synched_job_report(driver->job, &made);
  if (status == SYNCHED_ENOENT)
    return;
  scene_expect_ok(status, "synched_job_report");
  (void)scene_summary(made);
  synched_report_destroy(made);
}

static void *drive(void *argument) {
  struct driver *driver = argument;
  for (unsigned i = 0; i < driver->errands; i++) {
    const uint64_t which = stress_below(&driver->random, 16);
    if (which < 9)
      advance(driver);
    else if (which < 13)
      loop(driver);
    else if (which == 13)
      run(driver);
    else if (which == 14)
      report(driver);
    else
      stress_dawdle(&driver->random);
    stress_step();
  }
  (void)atomic_fetch_add(&driver->world->over_count, 1);
  return NULL;
}

/* What it asks for may be refused; and at its end no job is left paused. */
static void meddle(struct world *world, struct stress_random *random) {
  while (atomic_load(&world->over_count) < world->driver_count) {
    struct synched_job *job = world->drivers[stress_below(random, world->driver_count)].job;
    if (!world->meddles || stress_chance(random, 3)) {
      stress_sleep_us(stress_below(random, 200));
      continue;
    }
    const uint64_t which = stress_below(random, 8);
    if (which < 3)
      (void)synched_job_pause(job);
    else if (which == 3)
      (void)synched_job_cancel(job);
    else if (which == 4)
      (void)synched_job_stop(job);
    for (unsigned d = 0; d < world->driver_count; d++)
      (void)synched_job_resume(world->drivers[d].job);
  }
}

/* --- a case --- */

static void open_driver(struct world *world, struct stress_random *random, struct driver *driver) {
  const struct scene_limits limits = {.segments_most = 12, .capacity_most = 8, .leases_most = 2};
  driver->world = world;
  driver->random = stress_split(random);
  driver->errands = (unsigned)stress_between(random, 5, 60);
  scene_memory_create(&driver->scene, &driver->random, &limits);
  const struct synched_job_options options = {
      .struct_size = sizeof options,
      .user = driver,
      .compute = compute,
      .on_round = on_round,
      .round_count = stress_between(random, 1, 20),
      .balance = stress_chance(random, 3) ? SYNCHED_BALANCE_STATIC : SYNCHED_BALANCE_STEAL,
      .flags = stress_chance(random, 3) ? SYNCHED_JOB_EAGER : 0};
  scene_expect_ok(synched_job_create(&driver->job, world->pool, driver->scene.memory, &options),
                  "synched_job_create");
}

static void on_loop_done(int status, void *user) {
  scene_expect_ok(status, "a loop on an event loop");
  ((struct driver *)user)->world->done_count++;
}

/* So many loops at once, on an event loop. After that, no loop opens a file. */
static void loop_at_once(struct world *world) {
  uv_loop_t event_loop;
  STRESS_CHECK(uv_loop_init(&event_loop) == 0, "there is no event loop");
  for (unsigned d = 0; d < world->driver_count; d++) {
    struct driver *driver = &world->drivers[d];
    driver->fail_from = INDICES_MOST;
    scene_expect_ok(
        synched_pool_for_start(world->pool, &event_loop, INDICES_MOST, touch, driver, on_loop_done),
        "synched_pool_for_start");
  }
  (void)uv_run(&event_loop, UV_RUN_DEFAULT);
  (void)uv_loop_close(&event_loop);
  STRESS_CHECK(world->done_count == world->driver_count, "%u ends of %u loops", world->done_count,
               world->driver_count);
}

static void run_case(struct stress_random *random) {
  static struct world world;
  memset(&world, 0, sizeof world);
  const unsigned worker_count =
      stress_workers() != 0 ? stress_workers() : (unsigned)stress_between(random, 1, 5);
  world.meddles = stress_chance(random, 2);
  world.driver_count = (unsigned)stress_between(random, 1, DRIVERS_MOST);
  const enum synched_wait wait = stress_chance(random, 4) ? SYNCHED_WAIT_SLEEP : SYNCHED_WAIT_AUTO;
  stress_case_is("%u workers, %u drivers%s, wait %d", worker_count, world.driver_count,
                 world.meddles ? " and a meddler" : "", (int)wait);
  scene_expect_ok(
      synched_pool_create(&world.pool,
                          SYNCHED_POOL_OPTIONS(.worker_count = worker_count, .wait = wait)),
      "synched_pool_create");
  for (unsigned d = 0; d < world.driver_count; d++)
    open_driver(&world, random, &world.drivers[d]);
  loop_at_once(&world);
  for (unsigned d = 0; d < world.driver_count; d++)
    stress_thread_start(&world.drivers[d].thread, drive, &world.drivers[d]);
  meddle(&world, random);
  for (unsigned d = 0; d < world.driver_count; d++) {
    stress_thread_join(world.drivers[d].thread);
    scene_expect_ok(synched_job_destroy(world.drivers[d].job), "synched_job_destroy");
    scene_memory_destroy(&world.drivers[d].scene);
  }
  scene_expect_ok(synched_pool_destroy(world.pool), "synched_pool_destroy");
}

int main(int argc, char **argv) {
  struct stress_random random;
  stress_begin("advance", argc, argv);
  while (stress_next_case(&random))
    run_case(&random);
  return stress_end("%" PRIu64 " advances of %" PRIu64 " rounds, %" PRIu64 " parallel loops",
                    atomic_load(&advance_total), atomic_load(&round_total),
                    atomic_load(&loop_total));
}
