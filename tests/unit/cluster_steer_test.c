/*
 * cluster_steer_test.c: steering calls on any rank of a job act on all of them, in the same rounds.
 * Ranks are threads here, each with a pool and a loop.
 */
#include <criterion/criterion.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <synched/allocator.h>
#include <uv.h>

#include "support/local_ranks.h"
#include "support/ranked.h"
#include "support/saved.h"
#include "support/support.h"
#include "support/unit_support.h"

#define RANKS 3u
#define SEGMENTS 8u
#define PATIENCE_NS UINT64_C(600000000000)
#define HOUR_NS UINT64_C(3600000000000)

/* A call, on a rank; those of a script come one after the other, each when the one before has taken
 * effect on its rank. STOP and CANCEL have no completion, and are the last. */
enum act {
  PAUSE,
  RESUME,
  STEP,
  PERIOD,
  STOP,
  CANCEL,
  CUT /* no message sets out any more */
};

struct line {
  unsigned rank;
  enum act act;
  uint64_t value;
  /* at the same time as the one before */
  bool at_once;
};

struct scene {
  const struct line *lines;
  unsigned line_count;
  struct synched_job_options options;
  uint64_t timeout_ns;
  struct local_ranks *ranks;
  struct synched_job *jobs[RANKS];
  atomic_uint ready_count;
  /* the line that is next */
  atomic_uint next;
  /* calls of init, on all ranks */
  atomic_uint init_count;
  /* of each line, as completed */
  atomic_uint steered_count;
  struct synched_steered steered[16];
  /* what a rank has come to */
  int setup_status[RANKS], status[RANKS];
  uint64_t rounds[RANKS], seen[RANKS];
  bool is_ordered[RANKS];
  char messages[RANKS][160];
};

/* One rank's callbacks have this. */
struct role {
  struct scene *scene;
  unsigned rank;
};

static int compute(struct synched_task *task, void *user) {
  (void)user;
  *(uint64_t *)task->out = task->round + task->segment;
  return 0;
}

static int on_round(const struct synched_snapshot *now, void *user) {
  struct role *role = user;
  struct scene *scene = role->scene;
  scene->is_ordered[role->rank] =
      scene->is_ordered[role->rank] && now->round == scene->seen[role->rank] + 1;
  scene->seen[role->rank] = now->round;
  return SYNCHED_CONTINUE;
}

static void on_steered(struct synched_job *job, const struct synched_steered *steered, void *user) {
  const struct role *role = user;
  (void)job;
  role->scene->steered[atomic_fetch_add(&role->scene->steered_count, 1)] = *steered;
  (void)atomic_fetch_add(&role->scene->next, 1);
}

static int call(struct scene *scene, const struct line *line) {
  struct synched_job *job = scene->jobs[line->rank];
  switch (line->act) {
  case PAUSE:
    return synched_job_pause(job);
  case RESUME:
    return synched_job_resume(job);
  case STEP:
    return synched_job_step(job, line->value);
  case PERIOD:
    return synched_job_set_period(job, line->value);
  case STOP:
    return scene->options.init != NULL && atomic_load(&scene->init_count) < SEGMENTS
               ? SYNCHED_EAGAIN
               : synched_job_stop(job);
  case CANCEL:
    return synched_job_cancel(job);
  case CUT:
    local_ranks_cut(scene->ranks, 0);
    return 0;
  }
  return SYNCHED_EINVAL;
}

/* Another rank may not have heard yet of what the line before has done: then its call is refused,
 * and made again. */
static void *play(void *argument) {
  struct scene *scene = argument;
  for (unsigned l = 0; l < scene->line_count; l++) {
    const bool waits = !scene->lines[l].at_once;
    while ((waits && atomic_load(&scene->next) != l) || atomic_load(&scene->ready_count) != RANKS)
      nap_ms(1);
    while (call(scene, &scene->lines[l]) != 0)
      nap_ms(1);
  }
  return NULL;
}

static void run_job(struct scene *scene, struct synched_cluster *cluster, unsigned rank) {
  struct role role = {scene, rank};
  struct synched_pool *pool = NULL;
  struct synched_memory *memory = NULL;
  struct synched_job_options options = scene->options;
  options.compute = compute;
  options.on_round = on_round;
  options.on_steered = on_steered;
  options.user = &role;
  options.cluster = cluster;
  options.reads = (struct synched_reads){.reach = SYNCHED_REACH_NEAR, .radius = 1};
  int status = synched_pool_create(
      &pool, SYNCHED_POOL_OPTIONS(.worker_count = 2, .affinity = SYNCHED_AFFINITY_NONE));
  if (status == 0)
    status = synched_memory_create(
        &memory, SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = 1,
                                        .element_size = sizeof(uint64_t)));
  if (status == 0)
    status = synched_job_create(&scene->jobs[rank], pool, memory, &options);
  scene->setup_status[rank] = status;
  (void)atomic_fetch_add(&scene->ready_count, 1);
  if (status == 0) {
    scene->status[rank] = synched_job_run(scene->jobs[rank]);
    (void)snprintf(scene->messages[rank], sizeof scene->messages[rank], "%s",
                   scene->status[rank] == 0 ? "" : synched_error_message());
    scene->rounds[rank] = memory_round(memory);
  }
  /* The script's thread may still be about to call. */
  while (atomic_load(&scene->next) + 1 < scene->line_count)
    nap_ms(1);
  (void)synched_job_destroy(scene->jobs[rank]);
  (void)synched_memory_destroy(memory);
  (void)synched_pool_destroy(pool);
}

static void be_rank(struct local_ranks *ranks, unsigned rank, void *user) {
  struct scene *scene = user;
  struct synched_cluster *cluster = NULL;
  const struct synched_transport transport = local_ranks_transport(ranks, rank);
  scene->is_ordered[rank] = true;
  if (synched_cluster_create_over(&cluster, &transport,
                                  SYNCHED_CLUSTER_OPTIONS(.timeout_ns = scene->timeout_ns)) == 0)
    run_job(scene, cluster, rank);
  (void)synched_cluster_destroy(cluster);
}

/* All ranks have ended with that, in the same round, and each has seen every round. */
static void expect_end(const struct scene *scene, int status) {
  for (unsigned r = 0; r < RANKS; r++) {
    cr_expect_eq(scene->setup_status[r], 0);
    cr_expect_eq(scene->status[r], status, "rank %u: %d (%s)", r, scene->status[r],
                 scene->messages[r]);
    cr_expect_eq(scene->rounds[r], scene->rounds[0], "rank %u", r);
    cr_expect(scene->is_ordered[r], "rank %u", r);
    cr_expect_eq(scene->seen[r], scene->rounds[r], "rank %u", r);
  }
}

static void run_scene(struct scene *scene, const struct line *lines, unsigned line_count) {
  struct crew crew = {0};
  scene->lines = lines;
  scene->line_count = line_count;
  if (scene->timeout_ns == 0)
    scene->timeout_ns = PATIENCE_NS;
  scene->ranks = local_ranks_new(RANKS, 3);
  cr_assert_not_null(scene->ranks);
  crew_add(&crew, play, scene);
  cr_assert(local_ranks_run(scene->ranks, be_rank, scene));
  crew_join(&crew);
  local_ranks_end(scene->ranks);
}

#define RUN_SCENE(scene, lines) run_scene(scene, lines, (unsigned)LENGTH(lines))

Test(cluster_steer, calls_on_any_rank_act_on_all) {
  static struct scene scene;
  static const struct line lines[] = {
      {2, PAUSE, 0, false}, {1, STEP, 3, false},   {0, RESUME, 0, false}, {1, PAUSE, 0, false},
      {2, STEP, 1, false},  {2, RESUME, 0, false}, {0, STOP, 0, false}};
  scene.options = synched_job_options_default();
  RUN_SCENE(&scene, lines);
  expect_end(&scene, 0);
  const struct synched_steered *steered = scene.steered;
  for (unsigned l = 0; l + 1 < LENGTH(lines); l++)
    cr_expect_eq(steered[l].status, 0, "line %u", l);
  cr_expect_eq(steered[0].call, SYNCHED_STEER_PAUSE);
  cr_expect_eq(steered[1].round, steered[0].round + 3);
  cr_expect_eq(steered[2].round, steered[1].round);
  cr_expect_geq(steered[3].round, steered[2].round);
  cr_expect_eq(steered[4].round, steered[3].round + 1);
  cr_expect_eq(steered[5].round, steered[4].round);
  cr_expect_geq(scene.rounds[0], steered[5].round);
}

Test(cluster_steer, several_rounds_between_barriers_are_stepped_as_asked) {
  static struct scene scene;
  static const struct line lines[] = {
      {0, STEP, 5, false}, {2, STEP, 11, false}, {1, STOP, 0, false}};
  scene.options = synched_job_options_default();
  scene.options.flags = SYNCHED_JOB_START_PAUSED;
  scene.options.rounds_per_barrier = 4;
  RUN_SCENE(&scene, lines);
  cr_expect_eq(scene.steered[0].round, 5);
  cr_expect_eq(scene.steered[1].round, 16);
  for (unsigned r = 0; r < RANKS; r++) {
    cr_expect_eq(scene.status[r], 0);
    cr_expect_eq(scene.rounds[r], 16, "rank %u: round %llu", r,
                 (unsigned long long)scene.rounds[r]);
  }
}

/* The second step waits for the end of the first one. */
Test(cluster_steer, ranks_that_step_at_once_have_all_their_steps) {
  static struct scene scene;
  static const struct line lines[] = {
      {0, STEP, 200, false}, {2, STEP, 3, true}, {2, STEP, 100, false}, {0, STEP, 3, true},
      {1, STEP, 90, false},  {0, STEP, 4, true}, {1, STOP, 0, false}};
  scene.options = synched_job_options_default();
  scene.options.flags = SYNCHED_JOB_START_PAUSED;
  RUN_SCENE(&scene, lines);
  expect_end(&scene, 0);
  cr_expect_eq(scene.rounds[0], 400);
  for (unsigned l = 0; l + 1 < LENGTH(lines); l++)
    cr_expect_eq(scene.steered[l].status, 0, "completion %u", l);
}

Test(cluster_steer, a_job_that_starts_paused_waits_for_any_rank) {
  static struct scene scene;
  static const struct line lines[] = {{1, STEP, 2, false}, {2, STOP, 0, false}};
  scene.options = synched_job_options_default();
  scene.options.flags = SYNCHED_JOB_START_PAUSED;
  RUN_SCENE(&scene, lines);
  expect_end(&scene, 0);
  cr_expect_eq(scene.rounds[0], 2);
}

Test(cluster_steer, a_cancel_ends_a_paused_job_on_all_ranks) {
  static struct scene scene;
  static const struct line lines[] = {{0, STEP, 1, false}, {1, CANCEL, 0, false}};
  scene.options = synched_job_options_default();
  scene.options.flags = SYNCHED_JOB_START_PAUSED;
  RUN_SCENE(&scene, lines);
  expect_end(&scene, SYNCHED_ECANCELED);
  for (unsigned r = 0; r < RANKS; r++)
    cr_expect_str_eq(scene.messages[r],
                     "the job was cancelled after round 1; that was on rank 1 of 3");
}

Test(cluster_steer, messages_that_do_not_arrive_end_a_paused_job) {
  static struct scene scene;
  static const struct line lines[] = {{0, STEP, 1, false}, {0, CUT, 0, false}};
  scene.options = synched_job_options_default();
  scene.options.flags = SYNCHED_JOB_START_PAUSED;
  scene.timeout_ns = UINT64_C(5000000000);
  RUN_SCENE(&scene, lines);
  expect_end(&scene, SYNCHED_ETIMEDOUT);
  for (unsigned r = 0; r < RANKS; r++)
    cr_expect_not_null(strstr(scene.messages[r], "has waited 5.000 s"), "%s", scene.messages[r]);
}

/* --- a job that starts paused, on a rank alone --- */

struct alone {
  struct local_ranks *ranks;
  struct synched_cluster *cluster;
  struct engine engine;
};

static struct alone alone_new(void) {
  struct alone alone = {.ranks = local_ranks_new(1, 0)};
  cr_assert_not_null(alone.ranks);
  const struct synched_transport transport = local_ranks_transport(alone.ranks, 0);
  cr_assert_eq(synched_cluster_create_over(&alone.cluster, &transport, NULL), 0);
  alone.engine =
      engine_new(pool_new(1),
                 SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = 1,
                                        .element_size = sizeof(uint64_t), .lease_count = 1),
                 SYNCHED_JOB_OPTIONS(.compute = compute_nothing, .cluster = alone.cluster,
                                     .round_count = 3, .flags = SYNCHED_JOB_START_PAUSED));
  return alone;
}

static void alone_end(struct alone *alone) {
  cr_expect_eq(synched_job_destroy(alone->engine.job), 0);
  memory_end(alone->engine.memory);
  pool_end(alone->engine.pool);
  cr_expect_eq(synched_cluster_destroy(alone->cluster), 0);
  local_ranks_end(alone->ranks);
}

static void *stop_soon(void *argument) {
  while (synched_job_stop(argument) != 0)
    nap_ms(1);
  return NULL;
}

/* A round that is to be kept is none of a meeting's. */
Test(cluster_steer, a_paused_job_with_a_checkpoint_ends_when_it_is_asked_to) {
  char folder[] = "/tmp/synched-paused-XXXXXX";
  cr_assert_not_null(mkdtemp(folder));
  struct alone alone = alone_new();
  struct synched_checkpoint *checkpoint;
  struct crew crew = {0};
  cr_assert_eq(synched_checkpoint_create(&checkpoint, alone.engine.job,
                                         SYNCHED_CHECKPOINT_OPTIONS(.folder = folder)),
               0, "%s", synched_error_message());
  crew_add(&crew, stop_soon, alone.engine.job);
  cr_expect_eq(synched_job_run(alone.engine.job), 0);
  crew_join(&crew);
  cr_expect_eq(memory_round(alone.engine.memory), 0);
  cr_expect_eq(synched_checkpoint_destroy(checkpoint), 0);
  alone_end(&alone);
  saved_remove(folder);
}

/* An allocator that makes a call when it is asked for the next block: of a start, that is in the
 * middle, when calls are accepted already. */
struct caller {
  int (*call)(struct synched_job *job);
  struct synched_job *job;
  int status;
};

static void *caller_allocate(size_t bytes, size_t alignment, void *user) {
  struct caller *caller = user;
  int (*next)(struct synched_job *) = caller->call;
  caller->call = NULL;
  if (next != NULL)
    caller->status = next(caller->job);
  return aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}

static void caller_release(void *block, void *user) {
  (void)user;
  free(block);
}

static void allocate_by(struct caller *caller) {
  const struct synched_allocator allocator = {caller_allocate, caller_release, caller};
  cr_assert_eq(synched_set_allocator(&allocator), 0, "%s", synched_error_message());
}

Test(cluster_steer, what_is_asked_for_during_a_start_takes_effect) {
  static const struct {
    int (*call)(struct synched_job *job);
    int status;
    uint64_t rounds;
  } cases[] = {{synched_job_stop, 0, 0},
               {synched_job_cancel, SYNCHED_ECANCELED, 0},
               {synched_job_resume, 0, 3}};
  for (size_t c = 0; c < LENGTH(cases); c++) {
    struct caller caller = {.status = 1};
    allocate_by(&caller);
    struct alone alone = alone_new();
    caller.job = alone.engine.job;
    caller.call = cases[c].call;
    cr_expect_eq(synched_job_run(alone.engine.job), cases[c].status, "case %zu", c);
    cr_expect_eq(caller.status, 0);
    cr_expect_eq(memory_round(alone.engine.memory), cases[c].rounds);
    alone_end(&alone);
  }
}

Test(cluster_steer, what_is_asked_for_during_a_start_that_is_refused_is_forgotten) {
  struct caller caller = {.status = 1};
  allocate_by(&caller);
  struct alone alone = alone_new();
  caller.job = alone.engine.job;
  caller.call = synched_job_stop;
  synched__fault_arm(SYNCHED__FAULT_LOOP, 2); /* behind the loop itself: its handle */
  cr_expect_eq(synched_job_run(alone.engine.job), UV_ENOMEM);
  cr_expect_eq(caller.status, 0);
  caller.call = synched_job_resume;
  cr_expect_eq(synched_job_run(alone.engine.job), 0);
  cr_expect_eq(memory_round(alone.engine.memory), 3);
  alone_end(&alone);
}

/* --- ticks --- */

/* A job with ticks is no other job: it has all its rounds. */
Test(cluster_steer, ticks_come_on_all_ranks) {
  static struct scene scene;
  scene.options = synched_job_options_default();
  scene.options.period_ns = UINT64_C(1000000);
  scene.options.round_count = 20;
  run_scene(&scene, NULL, 0);
  expect_end(&scene, 0);
  cr_expect_eq(scene.rounds[0], 20);
}

/* The next tick is not for an hour: what is asked meanwhile has effect all the same. */
Test(cluster_steer, a_call_need_not_wait_for_the_next_tick) {
  static struct scene scene;
  static const struct line lines[] = {
      {1, PAUSE, 0, false},        {2, STEP, 2, false},
      {0, RESUME, 0, false},       {2, PERIOD, UINT64_C(50000000), false},
      {0, PERIOD, HOUR_NS, false}, {1, STOP, 0, false}};
  scene.options = synched_job_options_default();
  scene.options.period_ns = HOUR_NS;
  RUN_SCENE(&scene, lines);
  expect_end(&scene, 0);
  cr_expect_eq(scene.steered[1].round, scene.steered[0].round + 2);
  cr_expect_eq(scene.steered[2].round, scene.steered[1].round);
}

static int start_content(struct synched_task *task, void *user) {
  const struct role *role = user;
  *(uint64_t *)task->out = 0;
  (void)atomic_fetch_add(&role->scene->init_count, 1);
  return 0;
}

/* It was let go on, paused and let go on again before its first round: so the next tick is an hour
 * away. Init does not wait for it. */
Test(cluster_steer, init_does_not_wait_for_a_tick) {
  static struct scene scene;
  static const struct line lines[] = {
      {1, RESUME, 0, false}, {1, PAUSE, 0, true}, {1, RESUME, 0, true}, {1, STOP, 0, false}};
  scene.options = synched_job_options_default();
  scene.options.flags = SYNCHED_JOB_START_PAUSED;
  scene.options.period_ns = HOUR_NS;
  scene.options.init = start_content;
  RUN_SCENE(&scene, lines);
  expect_end(&scene, 0);
  cr_expect_eq(scene.init_count, SEGMENTS);
}

/* --- any calls at any time --- */

struct shared {
  struct ranked_case what;
  struct ranked_result results[LOCAL_RANKS_MOST];
};

static void be_steered_rank(struct local_ranks *ranks, unsigned rank, void *user) {
  struct shared *shared = user;
  struct synched_cluster *cluster = NULL;
  const struct synched_transport transport = local_ranks_transport(ranks, rank);
  if (synched_cluster_create_over(&cluster, &transport,
                                  SYNCHED_CLUSTER_OPTIONS(.timeout_ns = PATIENCE_NS)) == 0)
    ranked_run(&shared->what, cluster, &shared->results[rank]);
  (void)synched_cluster_destroy(cluster);
}

static void expect_steered(const struct ranked_case *what, unsigned rank_count) {
  static struct shared shared;
  struct ranked_result one;
  struct ranked_case serial = *what;
  serial.period_ns = 0;
  ranked_run(&serial, NULL, &one);
  memset(&shared, 0, sizeof shared);
  shared.what = *what;
  struct local_ranks *ranks = local_ranks_new(rank_count, 3);
  cr_assert_not_null(ranks);
  cr_assert(local_ranks_run(ranks, be_steered_rank, &shared));
  local_ranks_end(ranks);
  for (unsigned r = 0; r < rank_count; r++) {
    const struct ranked_result *result = &shared.results[r];
    cr_expect_eq(result->status, 0, "rank %u: %d (%s)", r, result->status, result->message);
    cr_expect_eq(result->round, one.round, "rank %u: round %llu", r,
                 (unsigned long long)result->round);
    /* A step ends with a barrier, and folds are those of barriers. */
    if (what->rounds_per_barrier < 2)
      cr_expect_eq(result->folds, one.folds, "rank %u", r);
    cr_expect_eq(result->accepted_count, result->completed_count, "rank %u", r);
  }
  cr_expect_eq(shared.results[0].digest, one.digest);
}

Test(cluster_steer, calls_on_all_ranks_at_once_leave_the_bits_alone) {
  const unsigned count = at_most(12, 4);
  for (unsigned c = 0; c < count; c++) {
    const struct ranked_case what = {.shape = c % 2 == 0 ? RANKED_PLAIN : RANKED_STAGES,
                                     .reads = RANKED_NEAR,
                                     .segment_count = 12,
                                     .worker_count = 1 + c % 3,
                                     .round_count = 30,
                                     .rounds_per_barrier = c % 4 == 2 ? 3 : 0,
                                     .has_on_round = true,
                                     .event = RANKED_STEERED,
                                     .event_round = c,
                                     .starts_paused = c % 3 == 0,
                                     .period_ns = c % 4 == 3 ? 1000000 : 0};
    expect_steered(&what, 1 + c % 4);
  }
}
