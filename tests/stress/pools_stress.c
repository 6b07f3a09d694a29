/*
 * pools_stress.c: several pools, several event loops, and jobs of different loops on the same pool.
 *
 * Every loop has a thread of its own and some slots. A slot holds a job on one of the pools; when
 * the job has ended the slot starts it again, or destroys it with its memory and makes another one.
 * Snapshots are delivered to callbacks that are sometimes slow and sometimes keep what they get.
 * Besides, runners start jobs that block them on the same pools, or on pools that they create for
 * one job. What is checked: all contents and folds; that callbacks come on their loop's thread, in
 * order, EVERY without a gap; that what was delivered and what was missed add up; that on_done
 * comes once per start. Somebody looks at all of it through the monitor.
 */
#include "support/stress.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <synched/synched.h>
#include <uv.h>

#include "support/scene.h"
#include "viewer.h"

#define POOLS_MOST 3u
#define CLUBS_MOST 3u
#define SLOTS_MOST 3u
#define RUNNERS_MOST 2u

struct world;
struct club;

/* A job with all that belongs to it. */
struct slot {
  struct world *world;
  struct club *club; /* NULL: a runner's */
  struct stress_random *random;
  struct scene_memory scene;
  struct synched_job *job;
  struct synched_job_options options;
  const struct synched_snapshot *kept; /* by on_snapshot */
  uint64_t base, delivered_round, delivered_count;
  unsigned start_count, done_count;
};

/* A loop and its thread. */
struct club {
  struct world *world;
  struct stress_random random;
  uv_loop_t loop;
  pthread_t thread;
  unsigned slot_count, starts_left;
  struct slot slots[SLOTS_MOST];
};

struct runner {
  struct world *world;
  struct stress_random random;
  pthread_t thread;
};

struct world {
  unsigned pool_count, club_count, runner_count;
  struct synched_pool *pools[POOLS_MOST];
  struct club clubs[CLUBS_MOST];
  struct runner runners[RUNNERS_MOST];
};

static _Atomic uint64_t job_total, round_total, delivered_total, missed_total;

static void add(_Atomic uint64_t *total, uint64_t count) {
  (void)atomic_fetch_add_explicit(total, count, memory_order_relaxed);
}

/* --- callbacks --- */

static int compute(struct synched_task *task, void *user) {
  const struct slot *slot = user;
  scene_compute(&slot->scene, task);
  return 0;
}

static void check_fold(const struct slot *slot, const struct synched_snapshot *now) {
  const double fold =
      slot->options.fold == SYNCHED_FOLD_SUM ? scene_fold(&slot->scene, now->round) : 0.0;
  STRESS_CHECK(memcmp(&fold, &now->fold, sizeof fold) == 0,
               "the fold of round %" PRIu64 " is %a, not %a", now->round, now->fold, fold);
}

static int on_round(const struct synched_snapshot *now, void *user) {
  const struct slot *slot = user;
  stress_step();
  check_fold(slot, now);
  return SYNCHED_CONTINUE;
}

static void release_kept(struct slot *slot) {
  if (slot->kept == NULL)
    return;
  scene_check(&slot->scene, slot->kept, slot->kept->round);
  synched_snapshot_release(slot->kept);
  slot->kept = NULL;
}

static void on_snapshot(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  struct slot *slot = user;
  const bool every = slot->options.delivery == SYNCHED_DELIVER_EVERY;
  STRESS_CHECK(job == slot->job, "a snapshot of another job");
  STRESS_CHECK(slot->club == NULL || pthread_equal(pthread_self(), slot->club->thread),
               "on_snapshot is called on another thread than the loop's");
  STRESS_CHECK(every ? now->round == slot->delivered_round + 1 : now->round > slot->delivered_round,
               "round %" PRIu64 " is delivered after %" PRIu64, now->round, slot->delivered_round);
  slot->delivered_round = now->round;
  slot->delivered_count++;
  scene_check(&slot->scene, now, now->round);
  check_fold(slot, now);
  if (stress_chance(slot->random, 6))
    stress_sleep_us(stress_below(slot->random, 400));
  if (stress_chance(slot->random, 2))
    release_kept(slot);
  /* Two leases: one for this, one for what is being delivered. */
  if (slot->kept == NULL && slot->scene.lease_count >= 2 && stress_chance(slot->random, 4))
    slot->kept = synched_snapshot_retain(now);
}

static void check_end(struct slot *slot, int status, const struct synched_report *report) {
  struct synched_report_summary summary = scene_summary(report);
  scene_expect_ok(status, "a job");
  STRESS_CHECK(++slot->done_count == slot->start_count, "%u starts, but on_done for the %uth time",
               slot->start_count, slot->done_count);
  uint64_t round = scene_check_current(&slot->scene);
  STRESS_CHECK(round == slot->base + slot->options.round_count &&
                   summary.round_count == slot->options.round_count,
               "the last round is %" PRIu64 ", the first was %" PRIu64 ", the limit is %" PRIu64,
               round, slot->base + 1, slot->options.round_count);
  STRESS_CHECK(summary.delivered_count == slot->delivered_count,
               "%" PRIu64 " deliveries reported as %" PRIu64, slot->delivered_count,
               summary.delivered_count);
  if (slot->options.on_snapshot != NULL) {
    STRESS_CHECK(summary.delivered_count + summary.missed_count == summary.round_count,
                 "%" PRIu64 " rounds, %" PRIu64 " delivered, %" PRIu64 " missed",
                 summary.round_count, summary.delivered_count, summary.missed_count);
    STRESS_CHECK(slot->options.delivery != SYNCHED_DELIVER_EVERY || summary.missed_count == 0,
                 "every round was to be delivered, %" PRIu64 " were missed", summary.missed_count);
    /* Nobody but the callback has taken leases, and it has left one for the last round. */
    STRESS_CHECK(slot->delivered_round == round,
                 "the last round is %" PRIu64 ", %" PRIu64 " was delivered", round,
                 slot->delivered_round);
  }
  add(&job_total, 1);
  add(&round_total, summary.round_count);
  add(&delivered_total, summary.delivered_count);
  add(&missed_total, summary.missed_count);
}

static void next(struct slot *slot);

static void on_done(struct synched_job *job, int status, const struct synched_report *report,
                    void *user) {
  struct slot *slot = user;
  STRESS_CHECK(job == slot->job, "on_done of another job");
  STRESS_CHECK(slot->club == NULL || pthread_equal(pthread_self(), slot->club->thread),
               "on_done is called on another thread than the loop's");
  check_end(slot, status, report);
  if (slot->club != NULL)
    next(slot);
}

/* --- slots --- */

static void create_job(struct slot *slot, struct synched_pool *pool) {
  struct stress_random *random = slot->random;
  const struct scene_limits limits = {.segments_most = 16, .capacity_most = 16, .leases_most = 3};
  scene_memory_create(&slot->scene, random, &limits);
  const bool delivers = slot->scene.lease_count >= 1 && stress_chance(random, 2);
  slot->options = (struct synched_job_options){
      .struct_size = sizeof slot->options,
      .user = slot,
      .compute = compute,
      .on_round = on_round,
      .on_snapshot = delivers ? on_snapshot : NULL,
      .delivery = stress_chance(random, 2) ? SYNCHED_DELIVER_EVERY : SYNCHED_DELIVER_LATEST,
      .on_done = on_done,
      .round_count = stress_between(random, 1, stress_chance(random, 3) ? 3 : 120),
      .balance = stress_chance(random, 3) ? SYNCHED_BALANCE_STATIC : SYNCHED_BALANCE_STEAL,
      .fold = stress_chance(random, 2) ? SYNCHED_FOLD_SUM : SYNCHED_FOLD_NONE,
      .flags = stress_chance(random, 4) ? SYNCHED_JOB_EAGER : 0,
  };
  stress_files_begin();
  scene_expect_ok(synched_job_create(&slot->job, pool, slot->scene.memory, &slot->options),
                  "synched_job_create");
  stress_files_end();
}

static void destroy_job(struct slot *slot) {
  release_kept(slot);
  stress_files_begin();
  scene_expect_ok(synched_job_destroy(slot->job), "synched_job_destroy");
  stress_files_end();
  scene_memory_destroy(&slot->scene);
  slot->job = NULL;
}

static struct synched_pool *draw_pool(const struct world *world, struct stress_random *random) {
  return world->pools[stress_below(random, world->pool_count)];
}

static void begin_run(struct slot *slot) {
  slot->start_count++;
  slot->base = slot->delivered_round = scene_check_current(&slot->scene);
  slot->delivered_count = 0;
}

/* What a slot does first, and after every end: one more run, of the same job or of another. */
static void next(struct slot *slot) {
  struct club *club = slot->club;
  if (slot->job != NULL && (club->starts_left == 0 || stress_chance(&club->random, 2)))
    destroy_job(slot);
  if (club->starts_left == 0)
    return;
  club->starts_left--;
  if (slot->job == NULL)
    create_job(slot, draw_pool(club->world, &club->random));
  begin_run(slot);
  scene_expect_ok(synched_job_start(slot->job, &club->loop), "synched_job_start");
}

/* --- threads --- */

static void *club_run(void *argument) {
  struct club *club = argument;
  club->thread = pthread_self();
  stress_files_begin();
  STRESS_CHECK(uv_loop_init(&club->loop) == 0, "no event loop");
  stress_files_end();
  for (unsigned s = 0; s < club->slot_count; s++)
    next(&club->slots[s]);
  (void)uv_run(&club->loop, UV_RUN_DEFAULT);
  stress_files_begin();
  STRESS_CHECK(uv_loop_close(&club->loop) == 0, "the jobs have left a handle in the loop");
  stress_files_end();
  for (unsigned s = 0; s < club->slot_count; s++)
    STRESS_CHECK(club->slots[s].job == NULL, "the loop has ended before its jobs");
  return NULL;
}

static struct synched_pool *create_own_pool(struct stress_random *random) {
  stress_files_begin();
  struct synched_pool *pool = scene_pool_create(random, 3);
  stress_files_end();
  return pool;
}

static void run_slot(struct slot *slot) {
  begin_run(slot);
  stress_files_begin();
  scene_expect_ok(synched_job_run(slot->job), "synched_job_run");
  stress_files_end();
}

static void *runner_run(void *argument) {
  struct runner *runner = argument;
  for (uint64_t jobs = stress_between(&runner->random, 1, 4); jobs > 0; jobs--) {
    struct slot slot = {.world = runner->world, .random = &runner->random};
    struct synched_pool *own =
        stress_chance(&runner->random, 2) ? create_own_pool(&runner->random) : NULL;
    create_job(&slot, own != NULL ? own : draw_pool(runner->world, &runner->random));
    for (uint64_t runs = stress_between(&runner->random, 1, 2); runs > 0; runs--)
      run_slot(&slot);
    destroy_job(&slot);
    if (own != NULL)
      scene_pool_destroy(own);
  }
  return NULL;
}

/* --- a case --- */

static void set_up(struct world *world, struct stress_random *random) {
  memset(world, 0, sizeof *world);
  world->pool_count = (unsigned)stress_between(random, 1, POOLS_MOST);
  world->club_count = (unsigned)stress_between(random, 1, CLUBS_MOST);
  world->runner_count = (unsigned)stress_below(random, RUNNERS_MOST + 1);
  for (unsigned p = 0; p < world->pool_count; p++)
    world->pools[p] = scene_pool_create(random, 6);
  for (unsigned c = 0; c < world->club_count; c++) {
    struct club *club = &world->clubs[c];
    *club = (struct club){.world = world,
                          .random = stress_split(random),
                          .slot_count = (unsigned)stress_between(random, 1, SLOTS_MOST),
                          .starts_left = (unsigned)stress_between(random, 1, 12)};
    for (unsigned s = 0; s < club->slot_count; s++)
      club->slots[s] = (struct slot){.world = world, .club = club, .random = &club->random};
  }
  for (unsigned r = 0; r < world->runner_count; r++)
    world->runners[r] = (struct runner){.world = world, .random = stress_split(random)};
  stress_case_is("%u pools, %u loops, %u runners", world->pool_count, world->club_count,
                 world->runner_count);
}

static void run_case(struct stress_random *random) {
  static struct world world;
  pthread_t threads[CLUBS_MOST + RUNNERS_MOST];
  unsigned thread_count = 0;
  set_up(&world, random);
  for (unsigned c = 0; c < world.club_count; c++)
    stress_thread_start(&threads[thread_count++], club_run, &world.clubs[c]);
  for (unsigned r = 0; r < world.runner_count; r++)
    stress_thread_start(&threads[thread_count++], runner_run, &world.runners[r]);
  stress_is_at("waits for the loops to end");
  while (thread_count > 0)
    stress_thread_join(threads[--thread_count]);
  for (unsigned p = 0; p < world.pool_count; p++)
    scene_pool_destroy(world.pools[p]);
}

int main(int argc, char **argv) {
  stress_begin("pools_stress", argc, argv);
  struct stress_random random;
  viewer_begin();
  while (stress_next_case(&random))
    run_case(&random);
  const uint64_t frame_total = viewer_end();
  return stress_end("%" PRIu64 " runs of jobs, %" PRIu64 " rounds, %" PRIu64
                    " snapshots delivered, %" PRIu64 " missed, %" PRIu64 " frames",
                    job_total, round_total, delivered_total, missed_total, frame_total);
}
