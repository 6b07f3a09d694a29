/*
 * cluster_learn_test.c: where segments are cut by what they cost; and jobs on several ranks whose
 * segments move between advances, which have the bits of one rank. Ranks are threads here.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "cluster/link.h"
#include "cluster/move.h"
#include "job/job.h"
#include "support/local_ranks.h"
#include "support/ranked.h"
#include "support/support.h"
#include "support/unit_support.h"

#define RANKS 3u
#define SEGMENTS 24u
#define CAPACITY 3u
#define PATIENCE_NS UINT64_C(600000000000)

/* --- where to cut --- */

Test(cluster_learn, ranges_cost_as_much_as_each_other) {
  static const uint64_t costs[] = {8, 8, 8, 1, 1, 1, 1, 1, 1, 1, 1, 4};
  static const size_t before[] = {0, 4, 8, 12};
  static const size_t expected[] = {0, 1, 3, 12};
  size_t firsts[4];
  cr_assert(synched__ranks_cut(costs, LENGTH(costs), 3, before, firsts));
  cr_expect_arr_eq(firsts, expected, sizeof expected);
}

Test(cluster_learn, what_gains_little_is_left_alone) {
  static const uint64_t costs[] = {100, 101, 100, 100, 100, 99};
  static const size_t before[] = {0, 2, 4, 6};
  size_t firsts[4];
  cr_expect_not(synched__ranks_cut(costs, LENGTH(costs), 3, before, firsts));
  static const uint64_t nothing[6] = {0};
  cr_expect_not(synched__ranks_cut(nothing, LENGTH(nothing), 3, before, firsts));
}

Test(cluster_learn, a_segment_that_costs_more_than_a_rank_has_one_to_itself) {
  static const uint64_t costs[] = {1, 1, 90, 1, 1};
  static const size_t before[] = {0, 2, 3, 4, 5};
  size_t firsts[5];
  (void)synched__ranks_cut(costs, LENGTH(costs), 4, before, firsts);
  cr_expect_eq(firsts[0], 0);
  cr_expect_eq(firsts[4], LENGTH(costs));
  for (unsigned r = 0; r < 4; r++)
    cr_expect_leq(firsts[r], firsts[r + 1]);
}

Test(cluster_learn, large_costs_do_not_overflow) {
  static const uint64_t costs[] = {UINT64_MAX / 8, UINT64_MAX / 8, UINT64_MAX / 8, UINT64_MAX / 8};
  static const size_t before[] = {0, 3, 4};
  size_t firsts[3];
  cr_assert(synched__ranks_cut(costs, LENGTH(costs), 2, before, firsts));
  cr_expect_eq(firsts[1], 2);
}

/* --- a job that learns --- */

/* What segments are said to cost, advance by advance, and where that puts their ranges. */
static const uint64_t costs[2][SEGMENTS] = {
    {9, 9, 9, 9, 9, 9, 9, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
    {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 30, 50}};
static const size_t firsts[2][RANKS + 1] = {{0, 3, 6, SEGMENTS}, {0, 22, 23, SEGMENTS}};

struct scene {
  bool is_in_place;
  struct local_ranks *ranks;
  unsigned refused_rank, refused_after;
  int status[RANKS], learn_status[RANKS][2];
  bool is_cut_right[RANKS][2];
  /* of all its segments, at the end; of each rank its own part */
  uint64_t values[RANKS][SEGMENTS][CAPACITY];
  size_t counts[RANKS][SEGMENTS];
  char messages[RANKS][160];
};

/* From itself and its neighbours; where it is changed in place, from itself. */
static int compute(struct synched_task *task, void *user) {
  const struct scene *scene = user;
  const size_t s = task->segment;
  const struct synched_snapshot *field = synched_task_field(task, 0);
  uint64_t sum = task->round * 1000 + s;
  for (size_t n = s == 0 ? 0 : s - 1; n <= s + 1 && n < SEGMENTS; n++)
    for (size_t i = 0; (n == s || !scene->is_in_place) && i < field->counts[n]; i++)
      sum = sum * 31 + ((const uint64_t *)synched_snapshot_segment(field, n))[i];
  uint64_t *out = synched_task_out(task, 0);
  const size_t count = 1 + (size_t)(sum % CAPACITY);
  for (size_t i = 0; i < count; i++)
    out[i] = sum * (i + 1);
  synched_task_set_count(task, 0, count);
  return 0;
}

static struct synched_memory *new_memory(const struct scene *scene) {
  struct synched_memory *memory = NULL;
  (void)synched_memory_create(
      &memory, SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = CAPACITY,
                                      .element_size = sizeof(uint64_t),
                                      .flags = scene->is_in_place ? SYNCHED_MEMORY_IN_PLACE : 0));
  return memory;
}

static int new_job(struct synched_job **job, const struct scene *scene, struct synched_pool *pool,
                   struct synched_memory *memory, struct synched_cluster *cluster) {
  struct synched_job_options options = synched_job_options_default();
  options.compute = compute;
  options.user = (void *)(uintptr_t)scene;
  options.cluster = cluster;
  options.fold = SYNCHED_FOLD_SUM;
  options.reads.reach = scene->is_in_place ? SYNCHED_REACH_OWN : SYNCHED_REACH_NEAR;
  options.reads.radius = scene->is_in_place ? 0 : 1;
  return synched_job_create(job, pool, memory, &options);
}

/* As if the calls of this rank's segments had taken that. */
static void say_costs(struct synched_job *job, struct synched_segments own, const uint64_t *ns) {
  struct synched__record *record = job->work.record;
  for (size_t s = own.first; s < own.first + own.count; s++) {
    struct synched__segment_record *row = &record->segments[s * record->segment_stride];
    synched__store_relaxed(&row->call_count, 10);
    synched__store_relaxed(&row->compute_ns, ns[s] * 10000);
  }
}

static bool is_cut_at(struct synched_cluster *cluster, const size_t *at) {
  bool right = true;
  for (unsigned r = 0; r < RANKS; r++) {
    const struct synched_segments segments = synched_cluster_segments(cluster, SEGMENTS, r);
    right = right && segments.first == at[r] && segments.count == at[r + 1] - at[r];
  }
  return right;
}

static void note_content(struct scene *scene, struct synched_memory *memory, unsigned rank,
                         struct synched_segments own) {
  const struct synched__block *block =
      memory->in_place ? memory->blocks.all[0] : memory->pair.current->blocks[0];
  for (size_t s = own.first; s < own.first + own.count; s++) {
    scene->counts[rank][s] = block->counts[s];
    memcpy(scene->values[rank][s], block->data + memory->layout.offsets[s] * sizeof(uint64_t),
           block->counts[s] * sizeof(uint64_t));
  }
}

static void learn(struct scene *scene, struct synched_job *job, unsigned rank, unsigned time) {
  struct synched_cluster *cluster = job->work.link->cluster;
  say_costs(job, synched_cluster_segments(cluster, SEGMENTS, rank), costs[time]);
  if (time == 0 && scene->refused_after != 0 && scene->refused_rank == rank)
    local_ranks_refuse(scene->ranks, rank, scene->refused_after - 1);
  scene->learn_status[rank][time] = synched_cluster_learn(job);
  if (scene->learn_status[rank][time] != 0)
    (void)snprintf(scene->messages[rank], sizeof scene->messages[rank], "%s",
                   synched_error_message());
  scene->is_cut_right[rank][time] = is_cut_at(cluster, firsts[time]);
}

static void be_rank(struct local_ranks *ranks, unsigned rank, void *user) {
  struct scene *scene = user;
  struct synched_cluster *cluster = NULL;
  struct synched_pool *pool = NULL;
  struct synched_job *job = NULL;
  struct synched_memory *memory = new_memory(scene);
  const struct synched_transport transport = local_ranks_transport(ranks, rank);
  int status = synched_cluster_create_over(&cluster, &transport,
                                           SYNCHED_CLUSTER_OPTIONS(.timeout_ns = PATIENCE_NS));
  if (status == 0)
    status = synched_pool_create(
        &pool, SYNCHED_POOL_OPTIONS(.worker_count = 2, .affinity = SYNCHED_AFFINITY_NONE));
  if (status == 0)
    status = new_job(&job, scene, pool, memory, cluster);
  for (unsigned time = 0; status == 0 && time < 3; time++) {
    status = synched_job_advance(job, 3);
    if (status == 0 && time < 2)
      learn(scene, job, rank, time);
  }
  scene->status[rank] = status;
  if (status == 0)
    note_content(scene, memory, rank, synched_cluster_segments(cluster, SEGMENTS, rank));
  (void)synched_job_destroy(job);
  (void)synched_memory_destroy(memory);
  (void)synched_pool_destroy(pool);
  (void)synched_cluster_destroy(cluster);
}

static void run_scene(struct scene *scene) {
  scene->ranks = local_ranks_new(RANKS, 2);
  cr_assert_not_null(scene->ranks);
  cr_assert(local_ranks_run(scene->ranks, be_rank, scene));
  local_ranks_end(scene->ranks);
}

/* The content of all ranks together is that of one. */
static void expect_content(const struct scene *scene) {
  struct synched_job *job;
  struct synched_pool *pool = pool_new(1);
  struct synched_memory *memory = new_memory(scene);
  static struct scene one;
  cr_assert_eq(new_job(&job, scene, pool, memory, NULL), 0);
  cr_assert_eq(synched_job_advance(job, 9), 0);
  for (size_t s = 0; s < SEGMENTS; s++) {
    const struct synched__block *block = memory->in_place ? memory->blocks.all[0]
                                         : job->work.fields != NULL
                                             ? memory->pair.current->blocks[0]
                                             : memory->pair.current->block;
    one.counts[0][s] = block->counts[s];
    memcpy(one.values[0][s], block->data + memory->layout.offsets[s] * sizeof(uint64_t),
           block->counts[s] * sizeof(uint64_t));
  }
  size_t seen = 0;
  for (unsigned r = 0; r < RANKS; r++)
    for (size_t s = 0; s < SEGMENTS; s++) {
      if (scene->counts[r][s] == 0)
        continue;
      seen++;
      cr_expect_eq(scene->counts[r][s], one.counts[0][s], "segment %zu on rank %u", s, r);
      cr_expect_arr_eq(scene->values[r][s], one.values[0][s], one.counts[0][s] * sizeof(uint64_t));
    }
  cr_expect_eq(seen, SEGMENTS);
  cr_expect_eq(synched_job_destroy(job), 0);
  memory_end(memory);
  pool_end(pool);
}

static void expect_learnt(bool is_in_place) {
  static struct scene scene;
  memset(&scene, 0, sizeof scene);
  scene.is_in_place = is_in_place;
  run_scene(&scene);
  for (unsigned r = 0; r < RANKS; r++) {
    cr_expect_eq(scene.status[r], 0);
    for (unsigned time = 0; time < 2; time++) {
      cr_expect_eq(scene.learn_status[r][time], 0, "rank %u: %s", r, scene.messages[r]);
      cr_expect(scene.is_cut_right[r][time], "rank %u, time %u", r, time);
    }
  }
  expect_content(&scene);
}

Test(cluster_learn, segments_move_with_what_they_hold) {
  expect_learnt(false);
}

Test(cluster_learn, segments_in_place_move_with_what_they_hold) {
  expect_learnt(true);
}

/* Whatever it is that cannot be made, on one rank, nothing changes on any; and the next time it
 * goes well. */
Test(cluster_learn, a_rank_without_memory_leaves_all_as_they_were) {
  static struct scene scene;
  unsigned refused_count = 0;
  for (unsigned after = 1; after < 12; after++) {
    memset(&scene, 0, sizeof scene);
    scene.refused_rank = 1;
    scene.refused_after = after;
    run_scene(&scene);
    const bool is_refused = scene.learn_status[1][0] != 0;
    refused_count += is_refused;
    for (unsigned r = 0; r < RANKS; r++) {
      cr_expect_eq(scene.status[r], 0);
      cr_expect_eq(scene.learn_status[r][0], is_refused ? SYNCHED_ENOMEM : 0, "%u: rank %u: %s",
                   after, r, scene.messages[r]);
      if (is_refused && r != 1)
        cr_expect_str_eq(scene.messages[r],
                         "rank 1 could not deal its segments anew: out of memory");
      cr_expect_eq(scene.is_cut_right[r][0], !is_refused);
    }
    if (is_refused)
      expect_content(&scene);
  }
  cr_expect_geq(refused_count, 5);
}

/* Bits of jobs that learn are among the random cases of unit/cluster. */
Test(cluster_learn, what_cannot_be_learnt_is_refused) {
  struct synched_job *job;
  struct local_ranks *ranks = local_ranks_new(1, 0);
  cr_assert_not_null(ranks);
  struct synched_cluster *cluster;
  const struct synched_transport transport = local_ranks_transport(ranks, 0);
  cr_assert_eq(synched_cluster_create_over(&cluster, &transport, NULL), 0);
  static struct scene scene;
  struct synched_pool *pool = pool_new(1);
  struct synched_memory *memory = new_memory(&scene);
  expect_refused(synched_cluster_learn(NULL), SYNCHED_EINVAL, "NULL");
  cr_assert_eq(new_job(&job, &scene, pool, memory, NULL), 0);
  expect_refused(synched_cluster_learn(job), SYNCHED_EINVAL, "the job is none of a cluster");
  cr_expect_eq(synched_job_destroy(job), 0);
  cr_assert_eq(new_job(&job, &scene, pool, memory, cluster), 0);
  expect_refused(synched_cluster_learn(job), SYNCHED_ENOENT, "has not been started");
  cr_expect_eq(synched_job_advance(job, 1), 0);
  cr_expect_eq(synched_cluster_learn(job), 0, "of one rank there is nothing to learn");
  cr_expect_eq(synched_job_destroy(job), 0);
  memory_end(memory);
  pool_end(pool);
  cr_expect_eq(synched_cluster_destroy(cluster), 0);
  local_ranks_end(ranks);
}

/* --- what little is known of costs --- */

/* A lone rank's job: flags and what is recorded. It has no other rank to give segments to. */
static void expect_nothing_learnt(uint32_t flags, enum synched_record level, bool is_cancelled) {
  struct local_ranks *ranks = local_ranks_new(1, 0);
  cr_assert_not_null(ranks);
  struct synched_job *job;
  struct synched_cluster *cluster;
  const struct synched_transport transport = local_ranks_transport(ranks, 0);
  cr_assert_eq(synched_cluster_create_over(&cluster, &transport, NULL), 0);
  static struct scene scene;
  struct synched_pool *pool = pool_new(1);
  struct synched_memory *memory = new_memory(&scene);
  cr_assert_eq(
      synched_job_create(&job, pool, memory,
                         SYNCHED_JOB_OPTIONS(.compute = compute, .user = &scene, .cluster = cluster,
                                             .flags = flags, .record = level, .round_count = 2)),
      0);
  if (is_cancelled)
    cr_expect_eq(synched_job_cancel(job), 0);
  cr_expect_eq(synched_job_run(job), is_cancelled ? SYNCHED_ECANCELED : 0);
  cr_expect_eq(synched_cluster_learn(job), 0, "%s", synched_error_message());
  cr_expect_eq(synched_cluster_segments(cluster, SEGMENTS, 0).count, SEGMENTS);
  cr_expect_eq(synched_job_destroy(job), 0);
  memory_end(memory);
  pool_end(pool);
  cr_expect_eq(synched_cluster_destroy(cluster), 0);
  local_ranks_end(ranks);
}

Test(cluster_learn, costs_that_nobody_has_measured_are_none) {
  expect_nothing_learnt(0, SYNCHED_RECORD_OFF, false);
  expect_nothing_learnt(SYNCHED_JOB_NO_SEGMENT_TIMES, SYNCHED_RECORD_TOTALS, false);
  expect_nothing_learnt(0, SYNCHED_RECORD_TOTALS, true);
}

/* Two ranks of which one is ahead, as no call that all of them make would leave them. */
static void be_ahead(struct local_ranks *ranks, unsigned rank, void *user) {
  struct scene *scene = user;
  struct synched_cluster *cluster = NULL;
  struct synched_pool *pool = NULL;
  struct synched_job *job = NULL;
  struct synched_memory *memory = new_memory(scene);
  const struct synched_transport transport = local_ranks_transport(ranks, rank);
  int status = synched_cluster_create_over(&cluster, &transport,
                                           SYNCHED_CLUSTER_OPTIONS(.timeout_ns = PATIENCE_NS));
  if (status == 0)
    status = synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = 1));
  if (status == 0)
    status = new_job(&job, scene, pool, memory, cluster);
  if (status == 0)
    status = synched_job_advance(job, 3);
  scene->status[rank] = status;
  if (status == 0) {
    memory->pair.current->snapshot.round += rank;
    scene->learn_status[rank][0] = synched_cluster_learn(job);
    (void)snprintf(scene->messages[rank], sizeof scene->messages[rank], "%s",
                   synched_error_message());
    memory->pair.current->snapshot.round -= rank;
  }
  (void)synched_job_destroy(job);
  (void)synched_memory_destroy(memory);
  (void)synched_pool_destroy(pool);
  (void)synched_cluster_destroy(cluster);
}

Test(cluster_learn, ranks_in_different_rounds_learn_nothing) {
  static struct scene scene;
  struct local_ranks *ranks = local_ranks_new(2, 2);
  cr_assert_not_null(ranks);
  cr_assert(local_ranks_run(ranks, be_ahead, &scene));
  local_ranks_end(ranks);
  for (unsigned r = 0; r < 2; r++) {
    cr_expect_eq(scene.status[r], 0);
    cr_expect_eq(scene.learn_status[r][0], SYNCHED_EINVAL);
    cr_expect_str_eq(scene.messages[r], "the ranks are in different rounds, 3 to 4");
  }
}
