/*
 * cluster_report_test.c: one report of all ranks, on one of them. Ranks are threads here.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/bring.h"
#include "cluster/link.h"
#include "job/job.h"
#include "platform/fault.h"
#include "report/join.h"
#include "report/timeline.h"
#include "support/local_ranks.h"
#include "support/ranked.h"
#include "support/recorded.h"
#include "support/unit_support.h"

#define PATIENCE_NS UINT64_C(600000000000)
/* The clocks of two CPUs may differ by so much. */
#define SKEW_NS 1000u

struct shared {
  struct ranked_case what;
  struct ranked_result results[LOCAL_RANKS_MOST];
};

static struct synched_cluster *join_cluster(struct local_ranks *ranks, unsigned rank) {
  struct synched_cluster *cluster = NULL;
  const struct synched_transport transport = local_ranks_transport(ranks, rank);
  (void)synched_cluster_create_over(&cluster, &transport,
                                    SYNCHED_CLUSTER_OPTIONS(.timeout_ns = PATIENCE_NS));
  return cluster;
}

static void be_rank(struct local_ranks *ranks, unsigned rank, void *user) {
  struct shared *shared = user;
  struct synched_cluster *cluster = join_cluster(ranks, rank);
  if (cluster != NULL)
    ranked_run(&shared->what, cluster, &shared->results[rank]);
  (void)synched_cluster_destroy(cluster);
}

/* The report of a case on so many ranks; to be destroyed. */
static struct synched_report *report_of(struct ranked_case what, unsigned rank_count) {
  static struct shared shared;
  memset(&shared, 0, sizeof shared);
  shared.what = what;
  shared.what.reports = true;
  struct local_ranks *ranks = local_ranks_new(rank_count, 3);
  cr_assert_not_null(ranks);
  cr_assert(local_ranks_run(ranks, be_rank, &shared));
  local_ranks_end(ranks);
  for (unsigned r = 0; r < rank_count; r++) {
    cr_assert_eq(shared.results[r].report_status, 0, "rank %u: %s", r, shared.results[r].message);
    cr_assert_eq(shared.results[r].report != NULL, r == 0);
  }
  return shared.results[0].report;
}

/* Rows of a plate, of which the neighbours' next elements are read. */
static const struct ranked_case plate = {.shape = RANKED_PLAIN,
                                         .reads = RANKED_NARROW,
                                         .segment_count = 20,
                                         .worker_count = 2,
                                         .round_count = 10,
                                         .has_on_round = true};

static struct synched_report_rank rank_of(const struct synched_report *report, unsigned index) {
  struct synched_report_rank rank = {.struct_size = sizeof rank};
  cr_assert_eq(synched_report_rank(report, index, &rank), 0);
  return rank;
}

Test(cluster_report, workers_and_segments_are_those_of_all_ranks) {
  struct synched_report *report = report_of(plate, 3);
  struct synched_report_summary summary = {.struct_size = sizeof summary};
  uint64_t compute_ns = 0, message_ns = 0;
  size_t next = 0;
  cr_assert_eq(synched_report_summary(report, &summary), 0);
  cr_expect_eq(summary.rank_count, 3);
  cr_expect_eq(summary.worker_count, 6);
  cr_expect_eq(summary.segment_count, 20);
  cr_expect_eq(summary.round_count, 10);
  cr_expect_eq(summary.call_count, 200);
  for (unsigned r = 0; r < 3; r++) {
    const struct synched_report_rank rank = rank_of(report, r);
    cr_expect_eq(rank.rank, r);
    cr_expect_eq(rank.first_worker, 2 * r);
    cr_expect_eq(rank.worker_count, 2);
    cr_expect_eq(rank.first_segment, next);
    /* Threads have one clock. */
    cr_expect_eq(rank.clock_ns, 0);
    cr_expect_eq(rank.clock_error_ns, 0);
    for (size_t s = next; s < next + rank.segment_count; s++) {
      struct synched_report_segment segment = {.struct_size = sizeof segment};
      cr_assert_eq(synched_report_segment(report, s, &segment), 0);
      cr_expect_eq(segment.call_count, 10);
      cr_expect(segment.home >= 2 * r && segment.home < 2 * r + 2, "segment %zu: %u", s,
                segment.home);
    }
    next += rank.segment_count;
    compute_ns += rank.compute_ns;
    message_ns += rank.message_ns;
  }
  cr_expect_eq(next, 20);
  cr_expect_eq(summary.compute_ns, compute_ns);
  cr_expect_eq(summary.message_ns, message_ns);
  synched_report_destroy(report);
}

/* One element and its segment's count to each neighbour, in each round. */
Test(cluster_report, exchanges_have_the_bytes_that_are_read) {
  struct synched_report *report = report_of(plate, 4);
  cr_assert_eq(synched_report_exchange_count(report), 4 * 10);
  for (size_t i = 0; i < 40; i++) {
    struct synched_report_exchange exchange = {.struct_size = sizeof exchange};
    cr_assert_eq(synched_report_exchange(report, i, &exchange), 0);
    const unsigned neighbours = exchange.rank == 0 || exchange.rank == 3 ? 1 : 2;
    cr_expect_eq(exchange.rank, i / 10);
    cr_expect_eq(exchange.round, i % 10 + 1);
    cr_expect_eq(exchange.stage, 0);
    cr_expect_eq(exchange.sent_messages, neighbours);
    cr_expect_eq(exchange.sent_bytes, neighbours * (sizeof(size_t) + sizeof(uint64_t)));
    cr_expect_leq(exchange.start_ns, exchange.arrived_ns + SKEW_NS);
    cr_expect_leq(exchange.arrived_ns, exchange.wait_end_ns + SKEW_NS);
    cr_expect_leq(exchange.wait_start_ns, exchange.wait_end_ns);
    cr_expect_leq(exchange.wait_end_ns, exchange.agreed_ns);
  }
  const struct synched_report_rank first = rank_of(report, 0);
  cr_expect_eq(first.sent_messages, 10);
  cr_expect_eq(first.sent_bytes, 10 * (sizeof(size_t) + sizeof(uint64_t)));
  synched_report_destroy(report);
}

Test(cluster_report, waits_for_other_ranks_are_apart_from_those_for_workers) {
  struct synched_report *report = report_of(plate, 3);
  struct synched_report_efficiency found = {.struct_size = sizeof found};
  struct synched_report_summary summary = {.struct_size = sizeof summary};
  uint64_t sum_ns = 0;
  cr_assert_eq(synched_report_efficiency(report, &found), 0);
  cr_assert_eq(synched_report_summary(report, &summary), 0);
  for (unsigned s = 0; s < SYNCHED_SHARE_COUNT; s++)
    sum_ns += found.share_ns[s];
  cr_expect_eq(sum_ns, found.total_ns);
  cr_expect_gt(found.share_ns[SYNCHED_SHARE_MESSAGES], 0);
  cr_expect_leq(found.share_ns[SYNCHED_SHARE_MESSAGES],
                2 * (summary.message_ns + summary.agreement_ns));
  cr_expect_float_eq(found.serial * found.balance * found.scheduling, found.efficiency, 1e-9);
  synched_report_destroy(report);
}

Test(cluster_report, rounds_are_those_of_all_ranks) {
  struct synched_report *report = report_of(plate, 3);
  cr_assert_eq(synched_report_recorded(report), 10);
  for (size_t i = 0; i < 10; i++) {
    struct synched_report_round round = {.struct_size = sizeof round};
    cr_assert_eq(synched_report_round(report, i, &round), 0);
    uint64_t compute_ns = 0;
    cr_expect_eq(round.round, i + 1);
    for (unsigned w = 0; w < 6; w++) {
      struct synched_report_part part = {.struct_size = sizeof part};
      cr_assert_eq(synched_report_part(report, i, w, &part), 0);
      compute_ns += part.compute_ns;
      if (part.start_ns == 0)
        continue;
      cr_expect_leq(part.end_ns, round.start_ns + round.total_ns + SKEW_NS);
    }
    cr_expect_eq(round.compute_ns, compute_ns);
    /* Each rank's own is a part of it, and its closer one of its workers. */
    for (unsigned r = 0; r < 3; r++) {
      const struct synched_report_round *own = &report->rank_rounds[i * 3 + r];
      cr_expect_eq(own->round, round.round);
      cr_expect(own->closer / 2 == r);
      cr_expect_geq(own->start_ns, round.start_ns);
      cr_expect_leq(own->start_ns + own->total_ns, round.start_ns + round.total_ns);
    }
  }
  cr_expect_eq(synched_report_task_count(report), 200);
  synched_report_destroy(report);
}

Test(cluster_report, stages_exchange_each_by_itself) {
  struct ranked_case what = plate;
  what.shape = RANKED_STAGES;
  what.reads = RANKED_NEAR;
  struct synched_report *report = report_of(what, 2);
  unsigned agreed = 0;
  /* Two stages write something, and the third one folds. */
  cr_assert_eq(synched_report_exchange_count(report), 2 * 3 * 10);
  for (size_t i = 0; i < 60; i++) {
    struct synched_report_exchange exchange = {.struct_size = sizeof exchange};
    cr_assert_eq(synched_report_exchange(report, i, &exchange), 0);
    cr_expect_eq(exchange.stage, i % 3);
    cr_expect_eq(exchange.sent_messages, exchange.stage == 2 ? 0 : 1);
    agreed += exchange.agreed_ns != 0;
  }
  /* After both stages that fold. */
  cr_expect_eq(agreed, 2 * 2 * 10);
  synched_report_destroy(report);
}

static char *written(const struct synched_report *report, enum synched_format format) {
  char *bytes = NULL;
  size_t size = 0;
  FILE *file = open_memstream(&bytes, &size);
  cr_assert_not_null(file);
  cr_assert_eq(synched_report_write_to(report, format, file), 0);
  (void)fclose(file);
  return bytes;
}

static size_t count_of(const char *text, const char *part) {
  size_t count = 0;
  for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
    count++;
  return count;
}

Test(cluster_report, all_forms_show_it) {
  struct synched_report *report = report_of(plate, 3);
  for (unsigned f = 0; f < SYNCHED_FORMAT_COUNT; f++) {
    char *text = written(report, (enum synched_format)f);
    if (f == SYNCHED_FORMAT_TABLE)
      cr_expect_not_null(strstr(text, "\n  ranks      3: efficiency "), "%s", text);
    if (f == SYNCHED_FORMAT_TRACE) {
      cr_expect_eq(count_of(text, "\"cat\":\"messages\""), 30);
      cr_expect_eq(count_of(text, "\"cat\":\"agreement\""), 30);
      cr_expect_eq(count_of(text, "\"process_name\""), 3);
      cr_expect_eq(count_of(text, "\"cat\":\"closing\""), 30);
      cr_expect_not_null(strstr(text, "{\"name\":\"ranked, rank 2\"}"));
    }
    if (f == SYNCHED_FORMAT_JSON)
      cr_expect_eq(count_of(text, "\"first_segment\":"), 3);
    free(text);
  }
  synched_report_destroy(report);
}

/* A rank's own report tells of that rank. */
Test(cluster_report, ranks_by_themselves_are_one) {
  struct synched_report *report = report_of(plate, 1);
  const struct synched_report_rank own = rank_of(report, 0);
  cr_expect_eq(own.segment_count, 20);
  cr_expect_eq(own.sent_messages, 0);
  cr_expect_eq(synched_report_exchange_count(report), 0);
  cr_expect_null(report->rank_rounds);
  synched_report_destroy(report);
}

static int count_round(struct synched_task *task, void *user) {
  (void)user;
  *(uint64_t *)task->out = task->round;
  return 0;
}

/* Whatever it has no memory for, there is no report, and the next one is as any. */
Test(cluster_report, memory_that_is_refused_is_told) {
  struct local_ranks *ranks = local_ranks_new(1, 0);
  cr_assert_not_null(ranks);
  struct synched_cluster *cluster = join_cluster(ranks, 0);
  struct synched_pool *pool = NULL;
  struct synched_memory *memory = NULL;
  struct synched_job *job = NULL;
  cr_assert_eq(synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = 1)), 0);
  cr_assert_eq(synched_memory_create(&memory, SYNCHED_MEMORY_OPTIONS(.segment_count = 4,
                                                                     .segment_capacity = 1,
                                                                     .element_size = 8)),
               0);
  cr_assert_eq(synched_job_create(&job, pool, memory,
                                  SYNCHED_JOB_OPTIONS(.compute = count_round, .round_count = 2,
                                                      .cluster = cluster)),
               0);
  cr_assert_eq(synched_job_run(job), 0);
  struct synched_report *report = NULL;
  unsigned refused = 0;
  int status = SYNCHED_ENOMEM;
  while (status == SYNCHED_ENOMEM) {
    synched__fault_arm(SYNCHED__FAULT_ALLOCATE, refused + 1);
    status = synched_cluster_report(job, &report, 0);
    cr_assert_eq(report != NULL, status == 0);
    refused += status == SYNCHED_ENOMEM;
  }
  synched__fault_arm(SYNCHED__FAULT_ALLOCATE, 0);
  cr_expect_eq(status, 0);
  cr_expect_gt(refused, 20);
  synched_report_destroy(report);
  cr_expect_eq(synched_job_destroy(job), 0);
  cr_expect_eq(synched_memory_destroy(memory), 0);
  cr_expect_eq(synched_pool_destroy(pool), 0);
  cr_expect_eq(synched_cluster_destroy(cluster), 0);
  local_ranks_end(ranks);
}

/* --- ranks that have none --- */

#define PAIR 2u

/* A job of two ranks that has run, and what each does then. */
struct after {
  void (*act)(struct after *after, struct synched_job *job, unsigned rank);
  int setup_status[PAIR];
  unsigned failed[PAIR], told[PAIR];
  int status[PAIR];
  struct synched_report *report;
  char sentence[160];
  /* a rank */
  unsigned without_clock;
  /* the request that is refused first */
  unsigned first;
};

static void be_after(struct local_ranks *ranks, unsigned rank, void *user) {
  struct after *after = user;
  struct synched_cluster *cluster = join_cluster(ranks, rank);
  struct synched_pool *pool = NULL;
  struct synched_memory *memory = NULL;
  struct synched_job *job = NULL;
  int status = synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = 1));
  if (status == 0)
    status = synched_memory_create(
        &memory,
        SYNCHED_MEMORY_OPTIONS(.segment_count = 4, .segment_capacity = 1, .element_size = 8));
  if (status == 0)
    status = synched_job_create(
        &job, pool, memory,
        SYNCHED_JOB_OPTIONS(.compute = count_round, .round_count = 2, .cluster = cluster));
  if (status == 0)
    status = synched_job_run(job);
  after->setup_status[rank] = status;
  if (status == 0)
    after->act(after, job, rank);
  (void)synched_job_destroy(job);
  (void)synched_memory_destroy(memory);
  (void)synched_pool_destroy(pool);
  (void)synched_cluster_destroy(cluster);
}

static void run_after(struct after *after) {
  struct local_ranks *ranks = local_ranks_new(PAIR, 0);
  cr_assert_not_null(ranks);
  cr_assert(local_ranks_run(ranks, be_after, after));
  local_ranks_end(ranks);
  for (unsigned r = 0; r < PAIR; r++)
    cr_expect_eq(after->setup_status[r], 0);
}

/* Up to the first request of which the other rank is not told any more: that for the messages
 * themselves, after which the refused rank comes late and finds nobody. */
static void refuse_in_turn_on_root(struct after *after, struct synched_job *job, unsigned rank) {
  struct synched_report *report = NULL;
  job->work.link->cluster->wire.timeout_ns = UINT64_C(3000000000);
  for (unsigned nth = after->first; after->status[rank] == SYNCHED_ENOMEM; nth++) {
    if (rank == 0)
      (void)synched__fault_arm_here(SYNCHED__FAULT_ALLOCATE, nth);
    after->status[rank] = synched_cluster_report(job, &report, 0);
    (void)synched__fault_arm_here(SYNCHED__FAULT_ALLOCATE, 0);
    after->failed[rank] += after->status[rank] == SYNCHED_ENOMEM;
    after->told[rank] +=
        strcmp(synched_error_message(), "rank 0 has no report: out of memory") == 0;
    synched_report_destroy(report);
  }
}

/* How many of its requests are told of, from the first-th on. */
static unsigned expect_told(unsigned first) {
  struct after after = {
      .act = refuse_in_turn_on_root, .first = first, .status = {SYNCHED_ENOMEM, SYNCHED_ENOMEM}};
  run_after(&after);
  cr_expect_eq(after.told[1], after.failed[1]);
  cr_expect_geq(after.failed[0], after.failed[1]);
  cr_expect_eq(after.status[0], SYNCHED_ETIMEDOUT);
  cr_expect_eq(after.status[1], SYNCHED_ETIMEDOUT);
  return after.failed[1];
}

/* First its own report; then, behind two requests for messages, the room for the others'. */
Test(cluster_report, memory_that_the_root_does_not_get_is_told_to_all) {
  const unsigned own_count = expect_told(1);
  cr_expect_gt(own_count, 10, "%u", own_count);
  const unsigned room_count = expect_told(own_count + 3);
  cr_expect_gt(room_count, 5, "%u", room_count);
}

/* The second rank says what another version of the library would. */
static void have_another_version(struct after *after, struct synched_job *job, unsigned rank) {
  struct synched_cluster *cluster = job->work.link->cluster;
  struct synched__verdict verdict = synched__verdict_begin(rank);
  if (rank == 1) {
    after->status[1] = synched__agree(&cluster->own, &verdict);
    return;
  }
  after->status[0] = synched_cluster_report(job, &after->report, 0);
  (void)snprintf(after->sentence, sizeof after->sentence, "%s", synched_error_message());
}

Test(cluster_report, ranks_with_another_version_are_refused) {
  struct after after = {.act = have_another_version};
  run_after(&after);
  cr_expect_eq(after.status[0], SYNCHED_EINVAL);
  cr_expect_eq(after.status[1], 0);
  cr_expect_null(after.report);
  cr_expect_str_eq(after.sentence, "the ranks have different versions of the library, and so of "
                                   "reports");
}

/* One rank does not know which clock it has: then it is another one, as far as can be told. */
static void forget_clock(struct after *after, struct synched_job *job, unsigned rank) {
  struct synched_report *report = NULL;
  if (rank == after->without_clock)
    (void)synched__fault_arm_here(SYNCHED__FAULT_CLOCK, 1);
  after->status[rank] = synched_cluster_report(job, &report, 0);
  if (rank == 0)
    after->report = report;
}

Test(cluster_report, times_of_another_clock_are_moved_by_what_is_measured) {
  for (unsigned without = 0; without < PAIR; without++) {
    struct after after = {.act = forget_clock, .without_clock = without};
    run_after(&after);
    cr_assert(after.status[0] == 0 && after.status[1] == 0);
    const struct synched_report_rank first = rank_of(after.report, 0);
    const struct synched_report_rank second = rank_of(after.report, 1);
    cr_expect_eq(first.clock_ns, 0);
    cr_expect_eq(first.clock_error_ns, 0);
    cr_expect_gt(second.clock_error_ns, 0);
    cr_expect_leq((uint64_t)(second.clock_ns < 0 ? -second.clock_ns : second.clock_ns),
                  second.clock_error_ns + 1);
    synched_report_destroy(after.report);
  }
}

/* --- clocks --- */

Test(cluster_report, times_are_moved_to_another_clock) {
  struct synched_report *report = create(2, 3);
  record_run(report, 1, 3, 3);
  const uint64_t part_ns = report->parts[1].start_ns;
  const uint64_t round_ns = report->rounds[2].start_ns;
  const uint64_t last_ns = report->workers[0].last_end_ns;
  report->parts[2] = (struct synched_report_part){.struct_size = sizeof *report->parts};
  synched__report_shift(report, -500);
  cr_expect_eq(report->parts[1].start_ns, part_ns - 500);
  cr_expect_eq(report->rounds[2].start_ns, round_ns - 500);
  cr_expect_eq(report->workers[0].last_end_ns, last_ns == 0 ? 0 : last_ns - 500);
  /* It took no part. */
  cr_expect_eq(report->parts[2].start_ns, 0);
  synched_report_destroy(report);
}

struct clocks {
  struct synched__clock_offset offsets[LOCAL_RANKS_MOST];
  int status[LOCAL_RANKS_MOST];
};

static void compare_clocks(struct local_ranks *ranks, unsigned rank, void *user) {
  struct clocks *clocks = user;
  struct synched_cluster *cluster = join_cluster(ranks, rank);
  if (cluster != NULL)
    clocks->status[rank] =
        synched__cluster_compare_clocks(cluster, rank == 1 ? clocks->offsets : NULL, 1);
  (void)synched_cluster_destroy(cluster);
}

/* Threads have one clock: what is found is no farther off than it says. */
Test(cluster_report, clocks_are_found_within_the_error) {
  struct clocks clocks = {.status = {1, 1, 1, 1}};
  struct local_ranks *ranks = local_ranks_new(4, 3);
  cr_assert_not_null(ranks);
  cr_assert(local_ranks_run(ranks, compare_clocks, &clocks));
  local_ranks_end(ranks);
  for (unsigned r = 0; r < 4; r++) {
    const int64_t ns = clocks.offsets[r].ns;
    cr_expect_eq(clocks.status[r], 0);
    cr_expect_leq((uint64_t)(ns < 0 ? -ns : ns), clocks.offsets[r].error_ns + 1);
    cr_expect_lt(clocks.offsets[r].error_ns, PATIENCE_NS);
  }
  cr_expect_eq(clocks.offsets[1].error_ns, 0);
}
