/*
 * wrong_cluster_test.c: clusters, and jobs of clusters, that are asked for wrongly. One rank is
 * enough for that.
 */
#include <criterion/criterion.h>

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/local_ranks.h"
#include "support/saved.h"
#include "support/support.h"
#include "support/unit_support.h"

struct lone {
  struct local_ranks *ranks;
  unsigned rank;
  struct synched_cluster *cluster;
  struct synched_pool *pool;
  struct synched_memory *memory;
};

static struct synched_memory *memory_of_four(void) {
  return memory_with(
      SYNCHED_MEMORY_OPTIONS(.segment_count = 4, .segment_capacity = 2, .element_size = 8));
}

static struct lone begin(void) {
  struct lone lone = {.ranks = local_ranks_new(1, 0)};
  cr_assert_not_null(lone.ranks);
  const struct synched_transport transport = local_ranks_transport(lone.ranks, 0);
  cr_assert_eq(synched_cluster_create_over(&lone.cluster, &transport, NULL), 0);
  lone.pool = pool_new(1);
  lone.memory = memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = 4, .segment_capacity = 2,
                                                   .element_size = 8, .lease_count = 1));
  return lone;
}

static void end(struct lone *lone) {
  memory_end(lone->memory);
  pool_end(lone->pool);
  cr_expect_eq(synched_cluster_destroy(lone->cluster), 0);
  local_ranks_end(lone->ranks);
}

static int compute(struct synched_task *task, void *user) {
  (void)task;
  (void)user;
  return 0;
}

static void expect_no_job(const struct synched_job_options *options, int status, const char *word) {
  struct lone lone = begin();
  struct synched_job_options with = *options;
  struct synched_job *job = (struct synched_job *)&lone;
  with.cluster = lone.cluster;
  with.compute = compute;
  cr_expect_eq(synched_job_create(&job, lone.pool, lone.memory, &with), status, "%s", word);
  cr_expect_null(job);
  cr_expect_not_null(strstr(synched_error_message(), word), "%s: %s", word,
                     synched_error_message());
  end(&lone);
}

Test(wrong_cluster, what_one_rank_would_decide_by_itself_is_refused) {
  expect_no_job(SYNCHED_JOB_OPTIONS(.flags = SYNCHED_JOB_SKIP_UNCHANGED), SYNCHED_ENOTSUP,
                "SYNCHED_JOB_SKIP_UNCHANGED does not go together with a cluster");
  expect_no_job(SYNCHED_JOB_OPTIONS(.flags = SYNCHED_JOB_CHECKED), SYNCHED_ENOTSUP,
                "SYNCHED_JOB_CHECKED");
  expect_no_job(SYNCHED_JOB_OPTIONS(.homes = SYNCHED_HOMES_FOLLOW), SYNCHED_ENOTSUP,
                "SYNCHED_HOMES_FOLLOW");
  expect_no_job(SYNCHED_JOB_OPTIONS(.deadline_ns = 1000, .deadline_policy = SYNCHED_DEADLINE_FAIL),
                SYNCHED_ENOTSUP, "deadline_policy");
}

Test(wrong_cluster, a_pool_has_one_job_of_a_cluster) {
  struct lone lone = begin();
  struct synched_memory *other = memory_of_four();
  struct synched_job *job, *second;
  const struct synched_job_options *options =
      SYNCHED_JOB_OPTIONS(.compute = compute, .cluster = lone.cluster, .round_count = 1);
  cr_assert_eq(synched_job_create(&job, lone.pool, lone.memory, options), 0);
  cr_expect_eq(synched_job_create(&second, lone.pool, other, options), SYNCHED_EBUSY);
  cr_expect_null(second);
  cr_expect_eq(synched_cluster_destroy(lone.cluster), SYNCHED_EBUSY);
  cr_expect_str_eq(synched_error_message(), "the cluster has 1 job; destroy it first");
  cr_expect_eq(synched_job_destroy(job), 0);
  cr_expect_eq(synched_job_create(&job, lone.pool, other, options), 0);
  cr_expect_eq(synched_job_destroy(job), 0);
  memory_end(other);
  end(&lone);
}

/* Two jobs of a cluster, each with a pool and a memory of its own. */
Test(wrong_cluster, a_cluster_with_two_jobs_keeps_what_it_has) {
  struct lone lone = begin();
  struct synched_pool *pool = pool_new(1);
  struct synched_memory *other = memory_of_four();
  struct synched_job *job, *second;
  const struct synched_job_options *options =
      SYNCHED_JOB_OPTIONS(.compute = compute, .cluster = lone.cluster, .round_count = 1);
  cr_assert_eq(synched_job_create(&job, lone.pool, lone.memory, options), 0);
  cr_assert_eq(synched_job_create(&second, pool, other, options), 0);
  cr_expect_eq(synched_job_run(job), 0);
  expect_refused(synched_cluster_learn(job), SYNCHED_EBUSY, "the cluster has 2 jobs");
  expect_refused(synched_cluster_destroy(lone.cluster), SYNCHED_EBUSY,
                 "the cluster has 2 jobs; destroy them first");
  cr_expect_eq(synched_job_destroy(second), 0);
  cr_expect_eq(synched_cluster_learn(job), 0);
  cr_expect_eq(synched_job_destroy(job), 0);
  memory_end(other);
  pool_end(pool);
  end(&lone);
}

Test(wrong_cluster, steering_a_job_that_does_not_run_is_refused) {
  struct lone lone = begin();
  struct synched_job *job;
  cr_assert_eq(synched_job_create(&job, lone.pool, lone.memory,
                                  SYNCHED_JOB_OPTIONS(.compute = compute, .cluster = lone.cluster,
                                                      .round_count = 3)),
               0);
  cr_expect_eq(synched_job_pause(job), SYNCHED_ENOENT);
  cr_expect_eq(synched_job_resume(job), SYNCHED_ENOENT);
  cr_expect_eq(synched_job_step(job, 1), SYNCHED_ENOENT);
  cr_expect_eq(synched_job_set_weight(job, 2), 0);
  cr_expect_eq(synched_job_run(job), 0);
  cr_expect_eq(memory_round(lone.memory), 3);
  cr_expect_eq(synched_job_pause(job), SYNCHED_EALREADY);
  cr_expect_eq(synched_job_destroy(job), 0);
  end(&lone);
}

/* A second cancel comes too late, and the job ends with the first one when it is started. */
Test(wrong_cluster, a_job_that_is_cancelled_before_its_start_ends_at_once) {
  struct lone lone = begin();
  struct synched_job *job;
  cr_assert_eq(synched_job_create(&job, lone.pool, lone.memory,
                                  SYNCHED_JOB_OPTIONS(.compute = compute, .cluster = lone.cluster,
                                                      .round_count = 3)),
               0);
  cr_expect_eq(synched_job_stop(job), SYNCHED_ENOENT);
  cr_expect_eq(synched_job_cancel(job), 0);
  cr_expect_eq(synched_job_cancel(job), SYNCHED_EALREADY);
  cr_expect_eq(synched_job_run(job), SYNCHED_ECANCELED);
  cr_expect_eq(memory_round(lone.memory), 0);
  cr_expect_eq(synched_job_cancel(job), SYNCHED_EALREADY);
  cr_expect_eq(synched_job_run(job), 0);
  cr_expect_eq(memory_round(lone.memory), 3);
  cr_expect_eq(synched_job_destroy(job), 0);
  end(&lone);
}

Test(wrong_cluster, a_snapshot_is_gathered_from_what_there_is) {
  struct lone lone = begin();
  const struct synched_snapshot *now = synched_snapshot_current(lone.memory);
  cr_expect_eq(synched_cluster_gather(lone.cluster, now, 0), 0);
  cr_expect_eq(synched_cluster_gather(lone.cluster, now, 1), SYNCHED_EINVAL);
  cr_expect_str_eq(synched_error_message(), "the root is rank 1; there are 1");
  cr_expect_eq(synched_cluster_gather(lone.cluster, NULL, 0), SYNCHED_EINVAL);
  cr_expect_eq(synched_cluster_gather(NULL, now, 0), SYNCHED_EINVAL);
  synched_snapshot_release(now);
  end(&lone);
}

Test(wrong_cluster, what_ranks_did_is_collected_of_jobs_of_a_cluster) {
  struct lone lone = begin();
  struct synched_rank_summary own;
  struct synched_report *report = NULL;
  struct synched_job *job;
  struct synched_job_options options = synched_job_options_default();
  options.compute = compute;
  options.round_count = 1;
  cr_assert_eq(synched_job_create(&job, lone.pool, lone.memory, &options), 0);
  cr_expect_eq(synched_cluster_collect(job, &own, 0), SYNCHED_EINVAL);
  cr_expect_str_eq(synched_error_message(), "the job is none of a cluster");
  report = (struct synched_report *)&own;
  cr_expect_eq(synched_cluster_report(job, &report, 0), SYNCHED_EINVAL);
  cr_expect_str_eq(synched_error_message(), "the job is none of a cluster");
  cr_expect_null(report);
  cr_expect_eq(synched_job_destroy(job), 0);
  options.cluster = lone.cluster;
  cr_assert_eq(synched_job_create(&job, lone.pool, lone.memory, &options), 0);
  cr_expect_eq(synched_cluster_collect(job, &own, 0), SYNCHED_ENOENT);
  cr_expect_eq(synched_cluster_collect(job, &own, 1), SYNCHED_EINVAL);
  cr_expect_eq(synched_cluster_collect(job, NULL, 0), SYNCHED_EINVAL);
  cr_expect_eq(synched_cluster_collect(NULL, &own, 0), SYNCHED_EINVAL);
  cr_expect_eq(synched_cluster_report(job, &report, 0), SYNCHED_ENOENT);
  cr_expect_str_eq(synched_error_message(), "the job has not been started");
  cr_expect_eq(synched_cluster_report(job, &report, 1), SYNCHED_EINVAL);
  cr_expect_str_eq(synched_error_message(), "the root is rank 1; there are 1");
  cr_expect_eq(synched_cluster_report(job, NULL, 0), SYNCHED_EINVAL);
  cr_expect_eq(synched_cluster_report(NULL, &report, 0), SYNCHED_EINVAL);
  cr_expect_eq(synched_job_run(job), 0);
  cr_expect_eq(synched_cluster_collect(job, &own, 0), 0);
  cr_expect_eq(own.round_count, 1);
  cr_expect_eq(synched_cluster_report(job, &report, 0), 0);
  cr_expect_not_null(report);
  synched_report_destroy(report);
  cr_expect_eq(synched_cluster_gather_memory(lone.cluster, lone.memory, 0), 0);
  cr_expect_eq(synched_cluster_gather_memory(lone.cluster, NULL, 0), SYNCHED_EINVAL);
  cr_expect_eq(synched_job_destroy(job), 0);
  end(&lone);
}

static int gather_in_place(const struct synched_snapshot *now, void *user) {
  return synched_cluster_gather(user, now->fields[1], 0);
}

Test(wrong_cluster, a_field_in_place_has_no_snapshot_to_gather) {
  struct lone lone = begin();
  struct synched_job *job;
  struct synched_memory *in_place =
      memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = 4, .segment_capacity = 2,
                                         .element_size = 8, .flags = SYNCHED_MEMORY_IN_PLACE));
  cr_assert_eq(synched_job_create(
                   &job, lone.pool, lone.memory,
                   SYNCHED_JOB_OPTIONS(.compute = compute, .round_count = 1, .fields = &in_place,
                                       .field_count = 2, .reads = {.reach = SYNCHED_REACH_OWN},
                                       .cluster = lone.cluster, .on_round = gather_in_place,
                                       .user = lone.cluster)),
               0, "%s", synched_error_message());
  cr_expect_eq(synched_job_run(job), SYNCHED_EINVAL);
  cr_expect_eq(synched_cluster_gather_memory(lone.cluster, in_place, 0), 0);
  cr_expect_eq(synched_job_destroy(job), 0);
  memory_end(in_place);
  end(&lone);
}

/* What a job's own callback asks for, and another thread, while it runs. */
struct calls {
  struct lone lone;
  struct synched_job *job;
  int learn_on_worker, learn_elsewhere, gather;
};

static void *learn_elsewhere(void *argument) {
  struct calls *calls = argument;
  calls->learn_elsewhere = synched_cluster_learn(calls->job);
  return NULL;
}

static int call_of_cluster(const struct synched_snapshot *now, void *user) {
  struct calls *calls = user;
  pthread_t thread;
  (void)now;
  calls->learn_on_worker = synched_cluster_learn(calls->job);
  calls->gather = synched_cluster_gather_memory(calls->lone.cluster, calls->lone.memory, 0);
  if (pthread_create(&thread, NULL, learn_elsewhere, calls) != 0)
    return SYNCHED_EAGAIN;
  return pthread_join(thread, NULL) == 0 ? SYNCHED_CONTINUE : SYNCHED_EIO;
}

Test(wrong_cluster, a_job_that_runs_learns_and_gathers_nothing) {
  struct calls calls = {.lone = begin()};
  cr_assert_eq(synched_job_create(&calls.job, calls.lone.pool, calls.lone.memory,
                                  SYNCHED_JOB_OPTIONS(.compute = compute, .round_count = 1,
                                                      .cluster = calls.lone.cluster,
                                                      .on_round = call_of_cluster, .user = &calls)),
               0);
  cr_expect_eq(synched_job_run(calls.job), 0, "%s", synched_error_message());
  cr_expect_eq(calls.learn_on_worker, SYNCHED_EDEADLK);
  cr_expect_eq(calls.learn_elsewhere, SYNCHED_EBUSY);
  cr_expect_eq(calls.gather, SYNCHED_EBUSY);
  cr_expect_eq(synched_job_destroy(calls.job), 0);
  end(&calls.lone);
}

/* Where one of several ranks is asked for what cannot be, it does not wait for the others, or tells
 * them: unit/joint has that. */
static int statuses[3];
static struct synched_checkpoint *watched;

static int call_while_it_runs(const struct synched_snapshot *now, void *user) {
  const struct synched_checkpoint_options *options =
      SYNCHED_CHECKPOINT_OPTIONS(.folder = "/tmp/synched-none");
  struct synched_checkpoint_resumed resumed = {.struct_size = sizeof resumed};
  struct synched_checkpoint *second;
  struct synched_job *const *job = user;
  (void)now;
  statuses[0] = synched_checkpoint_create(&second, *job, options);
  statuses[1] = synched_checkpoint_resume(*job, options, &resumed);
  statuses[2] = synched_checkpoint_save(watched);
  return SYNCHED_CONTINUE;
}

Test(wrong_cluster, checkpoints_are_refused_as_on_one_rank) {
  struct lone lone = begin();
  struct synched_job *job;
  struct synched_checkpoint *second;
  struct synched_checkpoint_resumed resumed = {.struct_size = sizeof resumed};
  char folder[] = "/tmp/synched-cluster-XXXXXX";
  cr_assert_not_null(mkdtemp(folder));
  const struct synched_checkpoint_options *options = SYNCHED_CHECKPOINT_OPTIONS(.folder = folder);
  cr_assert_eq(synched_job_create(&job, lone.pool, lone.memory,
                                  SYNCHED_JOB_OPTIONS(.compute = compute, .cluster = lone.cluster,
                                                      .round_count = 1, .user = &job,
                                                      .on_round = call_while_it_runs)),
               0);
  cr_expect_eq(synched_checkpoint_create(&second, job, NULL), SYNCHED_EINVAL);
  cr_expect_str_eq(synched_error_message(), "the checkpoint's options are NULL");
  cr_expect_eq(synched_checkpoint_create(
                   &second, job, SYNCHED_CHECKPOINT_OPTIONS(.folder = folder, .leaves_out = 1)),
               SYNCHED_EINVAL);
  cr_expect_null(second);
  cr_expect_eq(synched_checkpoint_resume(job, options, NULL), SYNCHED_EINVAL);
  cr_expect_eq(synched_checkpoint_resume(job, options, &resumed), SYNCHED_ENOENT);
  cr_expect_eq(
      synched_checkpoint_resume(job, SYNCHED_CHECKPOINT_OPTIONS(.folder = "/none"), &resumed),
      SYNCHED_ENOENT);
  cr_expect_eq(synched_checkpoint_create(&watched, job, options), 0, "%s", synched_error_message());
  cr_expect_eq(synched_checkpoint_create(&second, job, options), SYNCHED_EEXIST);
  cr_expect_eq(synched_job_run(job), 0);
  for (unsigned i = 0; i < LENGTH(statuses); i++)
    cr_expect_eq(statuses[i], SYNCHED_EBUSY);
  cr_expect_eq(synched_job_destroy(job), SYNCHED_EBUSY);
  expect_refused(synched_cluster_learn(job), SYNCHED_EBUSY, "the job has a checkpoint");
  cr_expect_eq(synched_checkpoint_save(watched), 0, "%s", synched_error_message());
  cr_expect_eq(synched_checkpoint_destroy(watched), 0);
  const struct synched_snapshot *held = synched_snapshot_current(lone.memory);
  cr_expect_eq(synched_checkpoint_resume(job, options, &resumed), SYNCHED_EBUSY);
  synched_snapshot_release(held);
  cr_expect_eq(synched_checkpoint_resume(job, options, &resumed), 0, "%s", synched_error_message());
  cr_expect_eq(resumed.round, 1);
  cr_expect_eq(synched_job_destroy(job), 0);
  saved_remove(folder);
  end(&lone);
}

static void expect_no_cluster(struct synched_transport transport,
                              const struct synched_cluster_options *options, int status,
                              const char *sentence) {
  struct synched_cluster *cluster = (struct synched_cluster *)&transport;
  cr_expect_eq(synched_cluster_create_over(&cluster, &transport, options), status);
  cr_expect_null(cluster);
  cr_expect_str_eq(synched_error_message(), sentence);
}

Test(wrong_cluster, transports_and_weights_that_cannot_be_are_refused) {
  struct local_ranks *ranks = local_ranks_new(2, 0);
  cr_assert_not_null(ranks);
  const struct synched_transport good = local_ranks_transport(ranks, 1);
  struct synched_transport bad = good;
  bad.rank = 2;
  expect_no_cluster(bad, NULL, SYNCHED_EINVAL, "the transport is rank 2 of 2");
  bad = good;
  bad.rank_count = SYNCHED_RANKS_MAX + 1;
  expect_no_cluster(bad, NULL, SYNCHED_ERANGE, "the transport has 65537 ranks; at most 65536");
  bad = good;
  bad.struct_size = 4;
  char sentence[80];
  (void)snprintf(sentence, sizeof sentence, "struct_size of the transport is 4; it is %zu",
                 sizeof bad);
  expect_no_cluster(bad, NULL, SYNCHED_EINVAL, sentence);
  const double negative[] = {1, -1};
  expect_no_cluster(good, SYNCHED_CLUSTER_OPTIONS(.weights = negative), SYNCHED_EINVAL,
                    "the weight of rank 1 is -1; it is 0 or more");
  const double nothing[] = {0, 0};
  expect_no_cluster(good, SYNCHED_CLUSTER_OPTIONS(.weights = nothing), SYNCHED_EINVAL,
                    "the weights of the 2 ranks are 0 in all");
  const double no_number[] = {NAN, 1};
  expect_no_cluster(good, SYNCHED_CLUSTER_OPTIONS(.weights = no_number), SYNCHED_EINVAL,
                    "the weight of rank 0 is nan; it is 0 or more");
  const double too_much[] = {DBL_MAX, DBL_MAX};
  expect_no_cluster(good, SYNCHED_CLUSTER_OPTIONS(.weights = too_much), SYNCHED_EINVAL,
                    "the weights of the 2 ranks are inf in all");
  expect_no_cluster(good, SYNCHED_CLUSTER_OPTIONS(.flags = 4), SYNCHED_EINVAL,
                    "flags is 0x4; a cluster knows none");
  struct synched_cluster *cluster;
  struct synched_cluster_options short_options = synched_cluster_options_default();
  short_options.struct_size = 4;
  cr_expect_eq(synched_cluster_create_over(&cluster, &good, &short_options), SYNCHED_EINVAL);
  cr_expect_null(cluster);
  cr_expect_eq(synched_cluster_create_over(&cluster, NULL, NULL), SYNCHED_EINVAL);
  cr_expect_eq(synched_cluster_create_over(NULL, &good, NULL), SYNCHED_EINVAL);
  cr_expect_eq(synched_cluster_destroy(NULL), 0);
  struct synched_cluster_info info = {.struct_size = sizeof info};
  cr_expect_eq(synched_cluster_info(NULL, &info), SYNCHED_EINVAL);
  cr_expect_eq(synched_cluster_segments(NULL, 5, 0).count, 0);
  local_ranks_end(ranks);
}

Test(wrong_cluster, transports_without_one_of_their_functions_are_refused) {
  struct local_ranks *ranks = local_ranks_new(1, 0);
  cr_assert_not_null(ranks);
  for (unsigned without = 0; without < 6; without++) {
    struct synched_transport bad = local_ranks_transport(ranks, 0);
    bad.make = without == 0 ? NULL : bad.make;
    bad.start = without == 1 ? NULL : bad.start;
    bad.test = without == 2 ? NULL : bad.test;
    bad.unmake = without == 3 ? NULL : bad.unmake;
    bad.explain = without == 4 ? NULL : bad.explain;
    bad.destroy = without == 5 ? NULL : bad.destroy;
    expect_no_cluster(bad, NULL, SYNCHED_EINVAL, "a function of the transport is NULL");
  }
  local_ranks_end(ranks);
}

/* Who makes a transport says so in the library's way. */
Test(wrong_cluster, a_transport_that_cannot_be_made_is_told) {
  cr_expect_eq(synched_cluster_refuse(SYNCHED_EIO, "the network is down"), SYNCHED_EIO);
  cr_expect_str_eq(synched_error_message(), "the network is down");
  cr_expect_eq(synched_cluster_refuse(SYNCHED_ENOTSUP, NULL), SYNCHED_ENOTSUP);
  cr_expect_str_eq(synched_error_message(), "");
}

Test(wrong_cluster, narrow_reads_need_neighbours) {
  struct lone lone = begin();
  struct synched_job *job;
  cr_expect_eq(
      synched_job_create(&job, lone.pool, lone.memory,
                         SYNCHED_JOB_OPTIONS(.compute = compute,
                                             .reads = {.reach = SYNCHED_REACH_ALL, .first = 1})),
      SYNCHED_EINVAL);
  cr_expect_str_eq(synched_error_message(),
                   "reads has first or last elements, and is neither NEAR nor a LIST");
  cr_expect_eq(
      synched_job_create(&job, lone.pool, lone.memory,
                         SYNCHED_JOB_OPTIONS(.compute = compute,
                                             .reads = {.reach = SYNCHED_REACH_OWN, .last = 1})),
      SYNCHED_EINVAL);
  end(&lone);
}

/* --- ranks that do not make the same --- */

enum differs { MEMORIES, STAGES, OPTIONS, WEIGHTS, ROUNDS, DIFFERENCES };

/* Two ranks, of which the second one makes something else. */
struct pair {
  enum differs differs;
  int status[2];
  char sentences[2][160];
};

static int create_one(struct synched_job **job, const struct lone *one, enum differs differs) {
  struct synched_job_options options = synched_job_options_default();
  options.compute = compute;
  options.cluster = one->cluster;
  options.round_count = differs == OPTIONS ? 3 : 2;
  options.rounds_per_barrier = 1;
  options.reads = differs == STAGES
                      ? (struct synched_reads){.reach = SYNCHED_REACH_NEAR, .radius = 1}
                      : (struct synched_reads){.reach = SYNCHED_REACH_OWN};
  return synched_job_create(job, one->pool, one->memory, &options);
}

/* One more round than on the other rank, before there is a job of both. */
static int go_ahead(const struct lone *one) {
  struct synched_job *job;
  int status = synched_job_create(&job, one->pool, one->memory,
                                  SYNCHED_JOB_OPTIONS(.compute = compute, .round_count = 1));
  if (status == 0)
    status = synched_job_run(job);
  (void)synched_job_destroy(job);
  return status;
}

static int make_one(struct lone *one, enum differs differs) {
  static const double weights[] = {1, 2};
  const struct synched_transport transport = local_ranks_transport(one->ranks, one->rank);
  int status = synched_cluster_create_over(
      &one->cluster, &transport,
      SYNCHED_CLUSTER_OPTIONS(.weights = differs == WEIGHTS ? weights : NULL,
                              .timeout_ns = UINT64_C(60000000000)));
  if (status == 0)
    status = synched_pool_create(&one->pool, SYNCHED_POOL_OPTIONS(.worker_count = 1));
  if (status == 0)
    status = synched_memory_create(
        &one->memory, SYNCHED_MEMORY_OPTIONS(.segment_count = 4, .element_size = 8,
                                             .segment_capacity = differs == MEMORIES ? 3 : 2));
  return status == 0 && differs == ROUNDS ? go_ahead(one) : status;
}

static void be_one(struct local_ranks *ranks, unsigned rank, void *user) {
  struct pair *pair = user;
  const enum differs differs = rank == 1 ? pair->differs : DIFFERENCES;
  struct lone one = {.ranks = ranks, .rank = rank};
  struct synched_job *job = NULL;
  int status = make_one(&one, differs);
  if (status == 0)
    status = create_one(&job, &one, differs);
  if (status == 0)
    status = synched_job_run(job);
  pair->status[rank] = status;
  (void)snprintf(pair->sentences[rank], sizeof pair->sentences[rank], "%s",
                 status == 0 ? "" : synched_error_message());
  (void)synched_job_destroy(job);
  (void)synched_memory_destroy(one.memory);
  (void)synched_pool_destroy(one.pool);
  (void)synched_cluster_destroy(one.cluster);
}

Test(wrong_cluster, ranks_that_do_not_do_the_same_are_told) {
  static const char *const sentences[DIFFERENCES] = {
      "the ranks' jobs differ in their memories",
      "the ranks' jobs differ in their stages, or what these read",
      "the ranks' jobs differ in their options",
      "the ranks' jobs differ in their weights, and so their segments",
      ("the ranks are in different rounds, 1 to 2: they must compute as many, and begin with the "
       "same")};
  for (unsigned differs = MEMORIES; differs <= DIFFERENCES; differs++) {
    struct pair pair = {.differs = (enum differs)differs};
    struct local_ranks *ranks = local_ranks_new(2, 2);
    cr_assert_not_null(ranks);
    cr_assert(local_ranks_run(ranks, be_one, &pair));
    local_ranks_end(ranks);
    for (unsigned r = 0; r < 2; r++) {
      cr_expect_eq(pair.status[r], differs == DIFFERENCES ? 0 : SYNCHED_EINVAL, "%u, rank %u: %s",
                   differs, r, pair.sentences[r]);
      cr_expect_str_eq(pair.sentences[r], differs == DIFFERENCES ? "" : sentences[differs]);
    }
  }
}
