/*
 * cluster_test.c: a job on several ranks computes what it computes on one, bit for bit; and what
 * ends it on one rank ends it on all. Ranks are threads here, each with a pool, and messages take
 * their time by chance.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

#include "cluster/cluster.h"
#include "cluster/travel.h"
#include "support/local_ranks.h"
#include "support/ranked.h"
#include "support/support.h"
#include "support/unit_support.h"

#define PATIENCE_NS UINT64_C(600000000000)

/* A case, and what each rank has come to. */
struct shared {
  const struct ranked_case *what;
  const double *weights;
  uint64_t timeout_ns;
  struct ranked_result results[LOCAL_RANKS_MOST];
  int cluster_status[LOCAL_RANKS_MOST];
  int end_status[LOCAL_RANKS_MOST];
};

static void be_rank(struct local_ranks *ranks, unsigned rank, void *user) {
  struct shared *shared = user;
  struct synched_cluster *cluster = NULL;
  const struct synched_transport transport = local_ranks_transport(ranks, rank);
  shared->cluster_status[rank] = synched_cluster_create_over(
      &cluster, &transport,
      SYNCHED_CLUSTER_OPTIONS(.weights = shared->weights, .timeout_ns = shared->timeout_ns));
  if (cluster != NULL)
    ranked_run(shared->what, cluster, &shared->results[rank]);
  shared->end_status[rank] = synched_cluster_destroy(cluster);
}

/* Runs it on so many ranks. */
static void run_ranks(struct shared *shared, unsigned rank_count, unsigned looks_most) {
  struct local_ranks *ranks = local_ranks_new(rank_count, looks_most);
  cr_assert_not_null(ranks);
  if (shared->timeout_ns == 0)
    shared->timeout_ns = PATIENCE_NS;
  cr_assert(local_ranks_run(ranks, be_rank, shared));
  local_ranks_end(ranks);
  for (unsigned r = 0; r < rank_count; r++) {
    cr_expect_eq(shared->cluster_status[r], 0);
    cr_expect_eq(shared->end_status[r], 0);
  }
}

/* Whether all ranks have come to what one rank has. */
static void expect_like(const struct shared *shared, unsigned rank_count,
                        const struct ranked_result *one, const char *name) {
  uint64_t digest = shared->results[0].digest;
  for (unsigned r = 0; r < rank_count; r++) {
    const struct ranked_result *result = &shared->results[r];
    cr_expect_eq(result->setup_status, one->setup_status, "%s: rank %u of %u: %d: %s", name, r,
                 rank_count, result->setup_status, result->message);
    cr_expect_eq(result->status, one->status, "%s: rank %u of %u: %d (%s), not %d (%s)", name, r,
                 rank_count, result->status, result->message, one->status, one->message);
    cr_expect_eq(result->round, one->round, "%s: rank %u of %u: round %llu, not %llu", name, r,
                 rank_count, (unsigned long long)result->round, (unsigned long long)one->round);
    cr_expect_eq(result->folds, one->folds, "%s: the folds of rank %u of %u", name, r, rank_count);
    cr_expect_eq(result->on_round_count, one->on_round_count, "%s: on_round on rank %u of %u", name,
                 r, rank_count);
    /* In place each rank has its own part only. */
    if (r != 0 && shared->what->shape == RANKED_IN_PLACE)
      digest += result->digest;
  }
  /* What is in place is undefined after a round that is dropped. */
  if (shared->what->shape != RANKED_IN_PLACE || one->status == 0)
    cr_expect_eq(digest, one->digest, "%s: the content of %u ranks", name, rank_count);
}

static void expect_same(const struct ranked_case *what, unsigned rank_count, const char *name) {
  static struct shared shared;
  struct ranked_result one;
  struct ranked_case serial = *what;
  serial.worker_count = 1;
  ranked_run(&serial, NULL, &one);
  cr_assert_eq(one.setup_status, 0, "%s: %s", name, one.message);
  memset(&shared, 0, sizeof shared);
  shared.what = what;
  run_ranks(&shared, rank_count, 3);
  expect_like(&shared, rank_count, &one, name);
}

static const unsigned rank_counts[] = {1, 2, 3, 5};
static const unsigned worker_counts[] = {1, 2, 3};

/* A shape with every way of reading, on all numbers of ranks and workers. */
static void expect_shape(enum ranked_shape shape, const char *name) {
  for (unsigned reads = RANKED_NEAR; reads <= RANKED_ALL; reads++)
    for (size_t r = 0; r < sizeof rank_counts / sizeof *rank_counts; r++)
      for (size_t w = 0; w < sizeof worker_counts / sizeof *worker_counts; w++) {
        const struct ranked_case what = {.shape = shape,
                                         .reads = (enum ranked_reads)reads,
                                         .segment_count = 23,
                                         .worker_count = worker_counts[w],
                                         .round_count = 7,
                                         .balance = w % 2 == 0 ? SYNCHED_BALANCE_STEAL
                                                               : SYNCHED_BALANCE_STATIC,
                                         .loads = r % 2 == 0,
                                         .has_on_round = true};
        expect_same(&what, rank_counts[r], name);
      }
}

Test(cluster, one_field_has_the_bits_of_one_rank) {
  expect_shape(RANKED_PLAIN, "plain");
}

Test(cluster, several_stages_have_the_bits_of_one_rank) {
  expect_shape(RANKED_STAGES, "stages");
}

Test(cluster, fields_in_place_have_the_bits_of_one_rank) {
  expect_shape(RANKED_IN_PLACE, "in place");
}

Test(cluster, rounds_with_one_agreement_have_the_bits_of_one_rank) {
  for (unsigned ranks = 1; ranks <= 3; ranks++)
    for (unsigned rounds = 2; rounds <= 5; rounds += 3) {
      const struct ranked_case what = {.shape = RANKED_PLAIN,
                                       .reads = RANKED_NARROW,
                                       .segment_count = 20,
                                       .worker_count = 2,
                                       .round_count = 13,
                                       .rounds_per_barrier = rounds,
                                       .has_on_round = true};
      expect_same(&what, ranks, "rounds per barrier");
    }
}

Test(cluster, advances_have_the_bits_of_one_rank) {
  const struct ranked_case what = {.shape = RANKED_STAGES,
                                   .reads = RANKED_LIST,
                                   .segment_count = 20,
                                   .worker_count = 2,
                                   .round_count = 9,
                                   .advanced_by = 2,
                                   .has_on_round = true};
  expect_same(&what, 3, "advances");
}

Test(cluster, more_ranks_than_segments_have_the_bits_of_one_rank) {
  for (unsigned shape = RANKED_PLAIN; shape <= RANKED_IN_PLACE; shape++) {
    const struct ranked_case what = {.shape = (enum ranked_shape)shape,
                                     .reads = RANKED_ALL,
                                     .segment_count = 3,
                                     .worker_count = 2,
                                     .round_count = 5,
                                     .has_on_round = true};
    expect_same(&what, 7, "few segments");
  }
}

Test(cluster, many_segments_fold_in_groups_on_all_ranks) {
  const struct ranked_case what = {.shape = RANKED_STAGES,
                                   .reads = RANKED_NEAR,
                                   .segment_count = 200,
                                   .worker_count = 2,
                                   .round_count = 4,
                                   .has_on_round = true};
  expect_same(&what, 3, "groups");
}

/* So large a fold is combined by a pass of its own, which no rank waits for. */
#define LONG_SEGMENTS 64u
#define LONG_FOLD 256u

struct long_fold {
  /* of the last round, on each rank; and what the loop has got of the field in place */
  double sums[LOCAL_RANKS_MOST][LONG_FOLD];
  uint64_t shown_round[LOCAL_RANKS_MOST], shown_sum[LOCAL_RANKS_MOST];
  int status[LOCAL_RANKS_MOST];
};

struct role {
  struct long_fold *of;
  unsigned rank;
  struct synched_segments own;
};

static int add_long(struct synched_task *task, void *user) {
  double *fold = synched_task_fold(task);
  (void)user;
  for (unsigned i = 0; i < LONG_FOLD; i++)
    fold[i] = (double)(task->segment * task->round + i) / 3.0;
  *(uint64_t *)synched_task_out(task, 0) += task->segment + 1;
  return 0;
}

static int note_long(const struct synched_snapshot *now, void *user) {
  struct role *role = user;
  memcpy(role->of->sums[role->rank], now->folds[0], LONG_FOLD * sizeof(double));
  return SYNCHED_CONTINUE;
}

static void note_shown(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  struct role *role = user;
  const uint64_t *numbers = now->data;
  (void)job;
  role->of->shown_round[role->rank] = now->round;
  role->of->shown_sum[role->rank] = 0;
  for (size_t s = role->own.first; s < role->own.first + role->own.count; s++)
    role->of->shown_sum[role->rank] += numbers[s];
}

static int run_long(struct role *role, struct synched_cluster *cluster) {
  struct synched_pool *pool = NULL;
  struct synched_memory *memory = NULL;
  struct synched_job *job = NULL;
  int status = synched_pool_create(
      &pool, SYNCHED_POOL_OPTIONS(.worker_count = 2, .affinity = SYNCHED_AFFINITY_NONE));
  if (status == 0)
    status = synched_memory_create(
        &memory, SYNCHED_MEMORY_OPTIONS(.segment_count = LONG_SEGMENTS, .segment_capacity = 1,
                                        .element_size = sizeof(uint64_t), .lease_count = 1,
                                        .flags = SYNCHED_MEMORY_IN_PLACE));
  if (status == 0)
    status = synched_job_create(
        &job, pool, memory,
        SYNCHED_JOB_OPTIONS(.compute = add_long, .cluster = cluster, .round_count = 5,
                            .on_round = note_long, .on_snapshot = note_shown,
                            .delivery = SYNCHED_DELIVER_EVERY, .user = role,
                            .fold = SYNCHED_FOLD_SUM, .fold_length = LONG_FOLD,
                            .balance = SYNCHED_BALANCE_STATIC,
                            .reads = {.reach = SYNCHED_REACH_OWN}));
  if (status == 0)
    status = synched_job_run(job);
  (void)synched_job_destroy(job);
  (void)synched_memory_destroy(memory);
  (void)synched_pool_destroy(pool);
  return status;
}

static void be_long_rank(struct local_ranks *ranks, unsigned rank, void *user) {
  struct role role = {.of = user, .rank = rank};
  struct synched_cluster *cluster = NULL;
  const struct synched_transport transport = local_ranks_transport(ranks, rank);
  int status = synched_cluster_create_over(&cluster, &transport,
                                           SYNCHED_CLUSTER_OPTIONS(.timeout_ns = PATIENCE_NS));
  role.own = synched_cluster_segments(cluster, LONG_SEGMENTS, rank);
  role.of->status[rank] = status == 0 ? run_long(&role, cluster) : status;
  (void)synched_cluster_destroy(cluster);
}

/* What is changed in place is copied for the loop, each rank's own part. */
Test(cluster, a_large_fold_and_copies_for_the_loop_are_those_of_one_rank) {
  static struct long_fold all, one;
  struct role alone = {.of = &one, .own = {0, LONG_SEGMENTS}};
  struct local_ranks *ranks = local_ranks_new(3, 2);
  cr_assert_not_null(ranks);
  cr_assert_eq(run_long(&alone, NULL), 0, "%s", synched_error_message());
  cr_assert(local_ranks_run(ranks, be_long_rank, &all));
  local_ranks_end(ranks);
  uint64_t sum = 0;
  for (unsigned r = 0; r < 3; r++) {
    cr_expect_eq(all.status[r], 0);
    cr_expect_arr_eq(all.sums[r], one.sums[0], sizeof one.sums[0]);
    cr_expect_eq(all.shown_round[r], 5);
    sum += all.shown_sum[r];
  }
  cr_expect_eq(one.shown_round[0], 5);
  cr_expect_eq(sum, one.shown_sum[0]);
  cr_expect_eq(sum, 5 * LONG_SEGMENTS * (LONG_SEGMENTS + 1) / 2);
}

/* --- what ends a job --- */

Test(cluster, an_event_on_one_rank_ends_the_job_on_all_as_on_one) {
  static const char *const names[] = {"nothing", "fails",        "cancels",   "stops",
                                      "answers", "asks to stop", "disagrees", "counts"};
  for (unsigned event = RANKED_FAILS; event <= RANKED_COUNTS; event++)
    for (size_t segment = 0; segment < 12; segment += 5)
      for (unsigned stage = 0; stage < 3; stage += 2) {
        const struct ranked_case what = {.shape = stage == 0 ? RANKED_PLAIN : RANKED_STAGES,
                                         .reads = RANKED_NEAR,
                                         .segment_count = 12,
                                         .worker_count = 2,
                                         .round_count = 8,
                                         .has_on_round = true,
                                         .event = (enum ranked_event)event,
                                         .event_round = 4,
                                         .event_segment = segment,
                                         .event_stage = event == RANKED_COUNTS ? 0 : stage};
        expect_same(&what, 3, names[event]);
      }
}

Test(cluster, a_failure_names_the_segment_and_the_rank) {
  static struct shared shared;
  const struct ranked_case what = {.shape = RANKED_STAGES,
                                   .reads = RANKED_NEAR,
                                   .segment_count = 12,
                                   .worker_count = 1,
                                   .round_count = 8,
                                   .event = RANKED_FAILS,
                                   .event_round = 4,
                                   .event_segment = 5,
                                   .event_stage = 1};
  shared.what = &what;
  run_ranks(&shared, 3, 0);
  for (unsigned r = 0; r < 3; r++) {
    cr_expect_eq(shared.results[r].status, RANKED_CODE);
    cr_expect_str_eq(shared.results[r].message,
                     "segment 5 failed in round 4 in stage \"second\" with code -12345 (a code "
                     "that is not Synched's own); that was on rank 1 of 3");
  }
}

Test(cluster, a_cancel_names_the_rank) {
  static struct shared shared;
  const struct ranked_case what = {.shape = RANKED_PLAIN,
                                   .reads = RANKED_NEAR,
                                   .segment_count = 12,
                                   .worker_count = 1,
                                   .round_count = 8,
                                   .event = RANKED_CANCELS,
                                   .event_round = 4,
                                   .event_segment = 11};
  shared.what = &what;
  run_ranks(&shared, 3, 0);
  for (unsigned r = 0; r < 3; r++) {
    cr_expect_eq(shared.results[r].status, SYNCHED_ECANCELED);
    cr_expect_str_eq(shared.results[r].message,
                     "the job was cancelled after round 3; that was on rank 2 of 3");
  }
}

/* Before the other ranks have agreed on it, and the job is cancelled. */
struct hears {
  struct synched_job *job;
  int before, cancel, after;
};

static int cancel_and_ask(struct synched_task *task, void *user) {
  struct hears *hears = user;
  hears->before = synched_task_cancelled(task);
  hears->cancel = synched_job_cancel(hears->job);
  hears->after = synched_task_cancelled(task);
  return 0;
}

Test(cluster, a_call_hears_at_once_of_a_cancel_on_its_rank) {
  struct hears hears = {.before = -1};
  struct local_ranks *ranks = local_ranks_new(1, 0);
  struct synched_cluster *cluster;
  cr_assert_not_null(ranks);
  const struct synched_transport transport = local_ranks_transport(ranks, 0);
  cr_assert_eq(synched_cluster_create_over(&cluster, &transport, NULL), 0);
  struct synched_pool *pool = pool_new(1);
  struct synched_memory *memory = memory_with(
      SYNCHED_MEMORY_OPTIONS(.segment_count = 1, .segment_capacity = 1, .element_size = 8));
  cr_assert_eq(synched_job_create(&hears.job, pool, memory,
                                  SYNCHED_JOB_OPTIONS(.compute = cancel_and_ask, .user = &hears,
                                                      .cluster = cluster, .round_count = 3)),
               0);
  cr_expect_eq(synched_job_run(hears.job), SYNCHED_ECANCELED);
  cr_expect_eq(hears.before, 0);
  cr_expect_eq(hears.cancel, 0);
  cr_expect_neq(hears.after, 0);
  cr_expect_eq(memory_round(memory), 0);
  cr_expect_eq(synched_job_destroy(hears.job), 0);
  memory_end(memory);
  pool_end(pool);
  cr_expect_eq(synched_cluster_destroy(cluster), 0);
  local_ranks_end(ranks);
}

Test(cluster, random_cases_are_those_of_one_rank) {
  const unsigned count = at_most(120, 12);
  for (uint64_t seed = 1; seed <= count; seed++) {
    const struct ranked_case what = ranked_random(seed);
    char name[32];
    (void)snprintf(name, sizeof name, "seed %llu", (unsigned long long)seed);
    expect_same(&what, 2 + (unsigned)(seed % 4), name);
  }
}

/* --- what travels --- */

/* Rows of a plate: after each round a rank sends one element, its segment's count, to each
 * neighbour. */
Test(cluster, only_what_is_read_travels) {
  static struct shared shared;
  const struct ranked_case what = {.shape = RANKED_PLAIN,
                                   .reads = RANKED_NARROW,
                                   .segment_count = 20,
                                   .worker_count = 1,
                                   .round_count = 10};
  shared.what = &what;
  run_ranks(&shared, 4, 0);
  for (unsigned r = 0; r < 4; r++) {
    const uint64_t neighbours = r == 0 || r == 3 ? 1 : 2;
    const struct synched_cluster_info *info = &shared.results[r].info;
    /* After init, and after each round. */
    cr_expect_eq(info->sent_messages, 11 * neighbours);
    cr_expect_eq(info->sent_bytes, 11 * neighbours * (sizeof(size_t) + sizeof(uint64_t)));
    /* Two steps each: of each round and of init, and twice when the job is created. */
    cr_expect_eq(info->agreed_messages, 2 * (11 + 2));
  }
}

Test(cluster, the_first_rank_hears_what_each_did) {
  static struct shared shared;
  const struct ranked_case what = {.shape = RANKED_PLAIN,
                                   .reads = RANKED_NARROW,
                                   .segment_count = 20,
                                   .worker_count = 2,
                                   .round_count = 10};
  shared.what = &what;
  run_ranks(&shared, 3, 0);
  for (unsigned r = 0; r < 3; r++) {
    const struct synched_rank_summary *rank = &shared.results[0].summaries[r];
    const uint64_t messages = 11 * (r == 1 ? 2 : 1);
    cr_expect_eq(rank->rank, r);
    cr_expect_eq(rank->worker_count, 2);
    cr_expect_eq(rank->segment_count, r == 0 ? 6 : 7);
    cr_expect_eq(rank->round_count, 10);
    cr_expect_eq(rank->sent_messages, messages);
    cr_expect_eq(rank->sent_bytes, messages * (sizeof(size_t) + sizeof(uint64_t)));
    cr_expect(rank->elapsed_ns > 0 && rank->waited_ns > 0);
  }
}

Test(cluster, efficiency_is_balance_times_communication) {
  const struct synched_rank_summary ranks[2] = {
      {.worker_count = 2,
       .elapsed_ns = 1000,
       .compute_ns = 1600,
       .round_count = 4,
       .segment_count = 3,
       .waited_ns = 100,
       .sent_bytes = 8,
       .sent_messages = 2},
      {.rank = 1, .worker_count = 1, .elapsed_ns = 990, .compute_ns = 400, .waited_ns = 495}};
  const struct synched_ranks_efficiency all = synched_ranks_efficiency(ranks, 2);
  cr_expect_float_eq(all.efficiency, 0.6, 1e-9);
  cr_expect_float_eq(all.balance, 0.75, 1e-9);
  cr_expect_float_eq(all.communication, 0.8, 1e-9);
  cr_expect_eq(synched_ranks_efficiency(ranks, 0).efficiency, 0);
  char text[400] = "";
  FILE *file = fmemopen(text, sizeof text, "w");
  cr_assert_not_null(file);
  cr_expect_eq(synched_ranks_print(ranks, 2, file), 0);
  (void)fclose(file);
  cr_expect_str_eq(text,
                   "Ranks: efficiency 0.60 = balance 0.75 x communication 0.80\n"
                   "  rank  workers  segments  computing  waiting  sent in a round\n"
                   "     0        2         3     80.0 %   10.0 %  2.0 bytes in 0.50 messages\n"
                   "     1        1         0     40.4 %   50.0 %  0.0 bytes in 0.00 messages\n");
  cr_expect_eq(synched_ranks_print(NULL, 2, stdout), SYNCHED_EINVAL);
  cr_expect_str_eq(synched_error_message(), "the array of ranks is NULL");
  cr_expect_eq(synched_ranks_print(ranks, 2, NULL), SYNCHED_EINVAL);
  cr_expect_str_eq(synched_error_message(), "the file is NULL");
}

/* Of ranks that have not computed anything, or that took no time that a clock could tell. */
Test(cluster, efficiency_without_times_is_nothing) {
  const struct synched_rank_summary ranks[2] = {{.worker_count = 2, .compute_ns = 100},
                                                {.rank = 1}};
  cr_expect_eq(synched_ranks_efficiency(ranks, 2).efficiency, 0);
  cr_expect_eq(synched_ranks_efficiency(ranks, 2).balance, 0);
  cr_expect_eq(synched_ranks_efficiency(NULL, 2).communication, 0);
  char text[400] = "";
  FILE *file = fmemopen(text, sizeof text, "w");
  cr_assert_not_null(file);
  cr_expect_eq(synched_ranks_print(ranks, 2, file), 0);
  (void)fclose(file);
  cr_expect_not_null(strstr(text, "     0        2         0      0.0 %    0.0 %  0.0 bytes"), "%s",
                     text);
}

Test(cluster, a_table_of_ranks_that_cannot_be_written_is_told) {
  const struct synched_rank_summary ranks[2] = {{.worker_count = 2}, {.rank = 1}};
  FILE *full = fopen("/dev/full", "w");
  cr_assert_not_null(full);
  /* Else all of it would wait in the file's buffer. */
  cr_assert_eq(setvbuf(full, NULL, _IONBF, 0), 0);
  expect_refused(synched_ranks_print(ranks, 2, full), SYNCHED_EIO, "cannot be written");
  (void)fclose(full);
}

Test(cluster, weights_say_how_many_segments_each_rank_has) {
  static struct shared shared;
  static const double weights[] = {1, 0, 3};
  const struct ranked_case what = {.shape = RANKED_STAGES,
                                   .reads = RANKED_WRAPS,
                                   .segment_count = 16,
                                   .worker_count = 2,
                                   .round_count = 5,
                                   .has_on_round = true};
  struct ranked_result one;
  ranked_run(&what, NULL, &one);
  shared.what = &what;
  shared.weights = weights;
  run_ranks(&shared, 3, 2);
  expect_like(&shared, 3, &one, "weights");
}

/* Else a segment would not be known as one that others read, and set out before it is computed. */
Test(cluster, a_field_without_elements_hides_nothing_of_another) {
  size_t some[] = {3, 2}, none[] = {0, 2};
  const struct synched__layout layouts[] = {{.segment_count = 2, .capacities = some},
                                            {.segment_count = 2, .capacities = none}};
  const struct synched__reads list = {.reach = SYNCHED_REACH_ALL, .segment_count = 2};
  const struct synched__view_of view = {.reads = &list};
  struct synched__travel travel;
  cr_assert(synched__travel_init(&travel, (struct synched_segments){0, 2}));
  for (size_t f = 0; f < LENGTH(layouts); f++)
    synched__travel_add(&travel, &layouts[f], &view, (struct synched_segments){2, 1});
  cr_expect_eq(travel.firsts[0], 3);
  cr_expect_eq(travel.firsts[1], 2);
  cr_expect(synched__travel_has(&travel, 0));
  synched__travel_deinit(&travel);
}

/* Of many jobs, one after the other: the messages of one that is over are over, too. */
Test(cluster, tags_come_again_when_all_have_been_used) {
  struct local_ranks *ranks = local_ranks_new(1, 0);
  struct synched_cluster *cluster;
  cr_assert_not_null(ranks);
  const struct synched_transport transport = local_ranks_transport(ranks, 0);
  cr_assert_eq(synched_cluster_create_over(&cluster, &transport, NULL), 0);
  const unsigned many = SYNCHED_TAGS - SYNCHED__TAG_JOBS - 10;
  cr_expect_eq(synched__cluster_enter(cluster, many), SYNCHED__TAG_JOBS);
  cr_expect_eq(synched__cluster_enter(cluster, 10), SYNCHED__TAG_JOBS + many);
  cr_expect_eq(synched__cluster_enter(cluster, 5), SYNCHED__TAG_JOBS);
  cr_expect_eq(synched__cluster_enter(cluster, 5), SYNCHED__TAG_JOBS + 5);
  for (unsigned job = 0; job < 4; job++)
    synched__cluster_leave(cluster);
  cr_expect_eq(synched_cluster_destroy(cluster), 0);
  local_ranks_end(ranks);
}

Test(cluster, segments_of_no_rank_are_none) {
  struct local_ranks *ranks = local_ranks_new(2, 0);
  struct synched_cluster *cluster;
  cr_assert_not_null(ranks);
  const struct synched_transport transport = local_ranks_transport(ranks, 0);
  cr_assert_eq(synched_cluster_create_over(&cluster, &transport, NULL), 0);
  cr_expect_eq(synched_cluster_segments(cluster, 5, 1).count, 3);
  cr_expect_eq(synched_cluster_segments(cluster, 5, 2).count, 0);
  cr_expect_eq(synched_cluster_destroy(cluster), 0);
  local_ranks_end(ranks);
}

/* --- trouble --- */

Test(cluster, messages_that_do_not_arrive_end_the_job_in_time) {
  static struct shared shared;
  const struct ranked_case what = {.shape = RANKED_PLAIN,
                                   .reads = RANKED_NEAR,
                                   .segment_count = 12,
                                   .worker_count = 2,
                                   .round_count = 1000000};
  struct local_ranks *ranks = local_ranks_new(3, 0);
  cr_assert_not_null(ranks);
  shared.what = &what;
  shared.timeout_ns = UINT64_C(200000000);
  local_ranks_cut(ranks, 200);
  cr_assert(local_ranks_run(ranks, be_rank, &shared));
  local_ranks_end(ranks);
  for (unsigned r = 0; r < 3; r++) {
    cr_expect_eq(shared.results[r].setup_status, 0);
    cr_expect_eq(shared.results[r].status, SYNCHED_ETIMEDOUT);
    cr_expect_not_null(strstr(shared.results[r].message, "has waited 0.200 s"), "%s",
                       shared.results[r].message);
    cr_expect_eq(shared.end_status[r], 0);
  }
}

/* Each rank gets a status of its own or of another one, and none hangs. */
Test(cluster, a_rank_without_memory_refuses_the_job_on_all) {
  static struct shared shared;
  const struct ranked_case what = {.shape = RANKED_STAGES,
                                   .reads = RANKED_NEAR,
                                   .segment_count = 12,
                                   .worker_count = 1,
                                   .round_count = 3};
  for (unsigned after = 2; after < 9; after += 3) {
    struct local_ranks *ranks = local_ranks_new(3, 0);
    cr_assert_not_null(ranks);
    memset(&shared, 0, sizeof shared);
    shared.what = &what;
    shared.timeout_ns = PATIENCE_NS;
    local_ranks_refuse(ranks, 1, after);
    cr_assert(local_ranks_run(ranks, be_rank, &shared));
    local_ranks_end(ranks);
    for (unsigned r = 0; r < 3; r++) {
      cr_expect_eq(shared.results[r].setup_status, SYNCHED_ENOMEM);
      cr_expect_not_null(strstr(shared.results[r].message,
                                r == 1 ? "as was asked for" : "rank 1 could not create its job"),
                         "%s", shared.results[r].message);
    }
  }
}
