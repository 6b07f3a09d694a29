/*
 * cluster_trouble_test.c: messages that do not arrive any more, from each of them on in turn: every
 * call in which ranks wait for each other ends on all of them, and says why. Ranks are threads
 * here.
 */
#include <criterion/criterion.h>

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "cluster/bring.h"
#include "cluster/link.h"
#include "job/job.h"
#include "support/local_ranks.h"
#include "support/support.h"
#include "support/unit_support.h"

#define RANKS 3u
#define SEGMENTS 9u
#define PATIENCE_NS UINT64_C(60000000000)
/* What a rank waits when messages are lost. */
#define TIMEOUT_NS UINT64_C(30000000)
/* No call sends so many messages. */
#define MESSAGES_MOST 150u

enum act { CREATE, ADVANCE, AGREE, LEARN, GATHER, COLLECT, REPORT, ACTS };

static const char *const act_names[ACTS] = {
    "create", "advance", "agree", "learn", "gather", "collect", "report of all ranks"};

struct scene {
  enum act act;
  unsigned message_count;
  atomic_uint here_count;
  int setup_status[RANKS], status[RANKS], end_status[RANKS];
  char sentences[RANKS][160];
};

struct things {
  struct synched_cluster *cluster;
  struct synched_pool *pool;
  struct synched_memory *memory;
  struct synched_job *job;
};

static int add_neighbours(struct synched_task *task, void *user) {
  const struct synched_snapshot *previous = task->previous;
  const uint64_t *numbers = previous->data;
  const size_t s = task->segment;
  (void)user;
  *(uint64_t *)task->out = numbers[s] + numbers[(s + 1) % SEGMENTS] + 1;
  return 0;
}

static int go_on(const struct synched_snapshot *now, void *user) {
  (void)now;
  (void)user;
  return SYNCHED_CONTINUE;
}

static int new_job(struct things *things) {
  return synched_job_create(
      &things->job, things->pool, things->memory,
      SYNCHED_JOB_OPTIONS(.compute = add_neighbours, .cluster = things->cluster, .on_round = go_on,
                          .fold = SYNCHED_FOLD_SUM,
                          .reads = {.reach = SYNCHED_REACH_NEAR, .radius = 1, .wraps = 1}));
}

/* As if the first rank's calls had taken long. */
static void say_costs(struct things *things) {
  struct synched__record *record = things->job->work.record;
  const struct synched_segments own = things->job->work.link->own;
  for (size_t s = own.first; s < own.first + own.count; s++) {
    struct synched__segment_record *row = &record->segments[s * record->segment_stride];
    synched__store_relaxed(&row->call_count, 1);
    synched__store_relaxed(&row->compute_ns, s < 2 ? 900000 : 100000);
  }
}

static int do_act(enum act act, struct things *things) {
  struct synched_rank_summary summaries[RANKS];
  struct synched__verdict verdict = synched__verdict_begin(things->cluster->transport.rank);
  struct synched_report *report = NULL;
  int status = SYNCHED_EINVAL;
  switch (act) {
  case CREATE:
    return new_job(things);
  case ADVANCE:
    return synched_job_advance(things->job, 2);
  case AGREE:
    return synched__link_agree(things->job->work.link, &verdict);
  case LEARN:
    say_costs(things);
    return synched_cluster_learn(things->job);
  case GATHER:
    return synched_cluster_gather_memory(things->cluster, things->memory, 0);
  case COLLECT:
    return synched_cluster_collect(things->job,
                                   things->cluster->transport.rank == 0 ? summaries : NULL, 0);
  case REPORT:
    status = synched_cluster_report(things->job, &report, 0);
    synched_report_destroy(report);
    break;
  case ACTS:
    break;
  }
  return status;
}

static int make_things(struct things *things, enum act act) {
  int status = synched_pool_create(
      &things->pool, SYNCHED_POOL_OPTIONS(.worker_count = 1, .affinity = SYNCHED_AFFINITY_NONE));
  if (status == 0)
    status = synched_memory_create(
        &things->memory, SYNCHED_MEMORY_OPTIONS(.segment_count = SEGMENTS, .segment_capacity = 1,
                                                .element_size = sizeof(uint64_t)));
  if (status == 0 && act != CREATE)
    status = new_job(things);
  return status == 0 && act != CREATE ? synched_job_advance(things->job, 1) : status;
}

/* Returns when all ranks are here, the time-th time. It needs no messages. */
static void meet(struct scene *scene, unsigned time) {
  (void)atomic_fetch_add(&scene->here_count, 1);
  while (atomic_load(&scene->here_count) < RANKS * time)
    (void)sched_yield();
}

static void be_rank(struct local_ranks *ranks, unsigned rank, void *user) {
  struct scene *scene = user;
  struct things things = {.cluster = NULL};
  const struct synched_transport transport = local_ranks_transport(ranks, rank);
  int status = synched_cluster_create_over(&things.cluster, &transport,
                                           SYNCHED_CLUSTER_OPTIONS(.timeout_ns = PATIENCE_NS));
  if (status == 0)
    status = make_things(&things, scene->act);
  scene->setup_status[rank] = status;
  meet(scene, 1);
  if (rank == 0)
    local_ranks_cut(ranks, scene->message_count);
  meet(scene, 2);
  if (status == 0) {
    things.cluster->wire.timeout_ns = TIMEOUT_NS;
    scene->status[rank] = do_act(scene->act, &things);
    (void)snprintf(scene->sentences[rank], sizeof scene->sentences[rank], "%s",
                   synched_error_message());
  }
  (void)synched_job_destroy(things.job);
  (void)synched_memory_destroy(things.memory);
  (void)synched_pool_destroy(things.pool);
  scene->end_status[rank] = synched_cluster_destroy(things.cluster);
}

/* Whether all ranks have all messages. */
static bool run_scene(struct scene *scene) {
  struct local_ranks *ranks = local_ranks_new(RANKS, 0);
  bool all = true;
  cr_assert_not_null(ranks);
  cr_assert(local_ranks_run(ranks, be_rank, scene));
  local_ranks_end(ranks);
  for (unsigned r = 0; r < RANKS; r++) {
    cr_expect_eq(scene->setup_status[r], 0);
    cr_expect_eq(scene->end_status[r], 0);
    all = all && scene->status[r] == 0;
    if (scene->status[r] == 0)
      continue;
    cr_expect_eq(scene->status[r], SYNCHED_ETIMEDOUT, "%s, rank %u, %u messages: %s",
                 act_names[scene->act], r, scene->message_count,
                 synched_err_name(scene->status[r]));
    cr_expect_not_null(strstr(scene->sentences[r], "has waited 0.030 s for messages of rank"),
                       "%s, rank %u, %u messages: %s", act_names[scene->act], r,
                       scene->message_count, scene->sentences[r]);
  }
  return all;
}

static void expect_ends(enum act act) {
  unsigned message_count = 0;
  for (; message_count < MESSAGES_MOST; message_count++) {
    struct scene scene = {.act = act, .message_count = message_count};
    if (run_scene(&scene))
      break;
  }
  cr_expect_gt(message_count, 0, "%s", act_names[act]);
}

/* --- one rank that does something else --- */

struct pair {
  int setup_status[2], status;
  char sentence[160];
};

/* The second rank says that it is paused after that round, where the first one has computed it. */
static int pretend_to_meet(struct things *things) {
  struct synched__verdict verdict = synched__verdict_begin(1);
  verdict.low[0] = verdict.high[0] = 2;
  verdict.low[1] = verdict.high[1] = 2;
  return synched__link_agree(things->job->work.link, &verdict);
}

static int own_only(struct synched_task *task, void *user) {
  (void)user;
  *(uint64_t *)task->out = task->round;
  return 0;
}

static void be_one(struct local_ranks *ranks, unsigned rank, void *user) {
  struct pair *pair = user;
  struct things things = {.cluster = NULL};
  const struct synched_transport transport = local_ranks_transport(ranks, rank);
  int status = synched_cluster_create_over(&things.cluster, &transport,
                                           SYNCHED_CLUSTER_OPTIONS(.timeout_ns = PATIENCE_NS));
  if (status == 0)
    status = make_things(&things, CREATE);
  if (status == 0)
    status = synched_job_create(&things.job, things.pool, things.memory,
                                SYNCHED_JOB_OPTIONS(.compute = own_only, .cluster = things.cluster,
                                                    .reads = {.reach = SYNCHED_REACH_OWN}));
  if (status == 0)
    status = synched_job_advance(things.job, 1);
  if (status == 0 && rank == 1)
    status = pretend_to_meet(&things);
  pair->setup_status[rank] = status;
  if (status == 0 && rank == 0) {
    pair->status = synched_job_advance(things.job, 1);
    (void)snprintf(pair->sentence, sizeof pair->sentence, "%s", synched_error_message());
  }
  (void)synched_job_destroy(things.job);
  (void)synched_memory_destroy(things.memory);
  (void)synched_pool_destroy(things.pool);
  (void)synched_cluster_destroy(things.cluster);
}

Test(cluster_trouble, a_rank_that_is_elsewhere_in_the_same_round_ends_the_job) {
  struct pair pair = {.status = 1};
  struct local_ranks *ranks = local_ranks_new(2, 2);
  cr_assert_not_null(ranks);
  cr_assert(local_ranks_run(ranks, be_one, &pair));
  local_ranks_end(ranks);
  cr_expect_eq(pair.setup_status[0], 0);
  cr_expect_eq(pair.setup_status[1], 0);
  cr_expect_eq(pair.status, SYNCHED_EINVAL);
  cr_expect_str_eq(pair.sentence, "some ranks are paused, or wait for a tick, and others compute");
}

/* --- messages that are lost --- */

Test(cluster_trouble, creating_a_job_ends_on_all_ranks) {
  expect_ends(CREATE);
}

Test(cluster_trouble, an_advance_ends_on_all_ranks) {
  expect_ends(ADVANCE);
}

Test(cluster_trouble, an_agreement_between_runs_ends_on_all_ranks) {
  expect_ends(AGREE);
}

Test(cluster_trouble, learning_ends_on_all_ranks) {
  expect_ends(LEARN);
}

Test(cluster_trouble, what_is_gathered_and_collected_ends_on_all_ranks) {
  expect_ends(GATHER);
  expect_ends(COLLECT);
}

Test(cluster_trouble, a_report_of_all_ends_on_all_ranks) {
  expect_ends(REPORT);
}
