/*
 * redeal_test.c: rounds whose home ranges are dealt anew, for costs that on_round makes up: between
 * two rounds it adds to the record what segments seem to have taken, and says that the window is
 * over. So borders move, on any machine and however busy; and what is computed stays the same.
 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <synched/synched.h>

#include "engine/deal.h"
#include "engine/round.h"
#include "job/job.h"
#include "pool/pool.h"
#include "support/support.h"
#include "support/unit_support.h"

enum { SEGMENTS_MOST = 400, ROUNDS = 160, CAPACITY = 200, STAGES = 2, SEGMENT_NS = 1000000 };

/* A job, what its segments cost, and who has computed them. */
struct world {
  struct synched_pool *pool;
  struct synched_memory *memory;
  struct synched_job *job;
  size_t segment_count;
  unsigned (*cost)(const struct world *world, size_t segment);
  uint64_t told_round;
  /* by round, stage and segment */
  unsigned char workers[ROUNDS + 1][STAGES][SEGMENTS_MOST];
};

static unsigned even_cost(const struct world *world, size_t segment) {
  (void)world;
  (void)segment;
  return 1;
}

static unsigned first_half_dear(const struct world *world, size_t segment) {
  return segment < world->segment_count / 2 ? 3 : 1;
}

/* --- what is computed --- */

static uint64_t mix(uint64_t own, uint64_t other, uint64_t round) {
  const uint64_t sum = own * UINT64_C(0x9E3779B97F4A7C15) + other + round;
  return sum ^ sum >> 29;
}

static int compute(struct synched_task *task, void *user) {
  struct world *world = user;
  const uint64_t *own = synched_snapshot_segment(task->previous, task->segment);
  const size_t next = task->segment + 1 < world->segment_count ? task->segment + 1 : task->segment;
  const uint64_t *other = synched_snapshot_segment(task->previous, next);
  const unsigned stage = task->parts == NULL ? 0 : task->parts->stage;
  uint64_t *out = task->out;
  for (size_t i = 0; i < task->count; i++)
    out[i] = mix(own[i], other[i], task->round + stage);
  world->workers[task->round][stage][task->segment] = (unsigned char)task->worker;
  return 0;
}

static void expect_serial(const struct world *world, uint64_t rounds, unsigned stages) {
  const size_t count = world->segment_count * CAPACITY;
  uint64_t *now = calloc(count, sizeof *now), *next = calloc(count, sizeof *next);
  const struct synched_snapshot *result = synched_snapshot_current(world->memory);
  for (uint64_t round = 1; round <= rounds; round++)
    for (unsigned stage = 0; stage < stages; stage++) {
      for (size_t i = 0; i < count; i++) {
        const size_t other = i + CAPACITY < count ? i + CAPACITY : i;
        next[i] = mix(now[i], now[other], round + stage);
      }
      uint64_t *const swapped = now;
      now = next;
      next = swapped;
    }
  cr_assert_eq(result->round, rounds);
  cr_assert_arr_eq(result->data, now, count * sizeof *now);
  synched_snapshot_release(result);
  free(next);
  free(now);
}

/* --- costs --- */

/* What each segment costs in a round, where it is at home: noise beside it is nothing. */
static void spend(const struct world *world, uint64_t rounds) {
  const struct synched__work *work = &world->job->work;
  struct synched__record *record = work->record;
  const struct synched__deal *deal = work->deal;
  for (unsigned w = 0; w < deal->borders.team; w++) {
    const struct synched__range home = synched__deal_range(deal, w);
    for (size_t s = home.first; s < home.first + home.count; s++) {
      const uint64_t ns = rounds * SEGMENT_NS * world->cost(world, s);
      if (deal->by_worker)
        record->workers[w].compute_ns += ns;
      else
        synched__counter_add(&record->segments[s * record->segment_stride].compute_ns, ns);
    }
  }
}

static int on_round(const struct synched_snapshot *now, void *user) {
  struct world *world = user;
  if (world->job->work.deal == NULL)
    return SYNCHED_CONTINUE;
  spend(world, now->round - world->told_round);
  world->told_round = now->round;
  world->job->work.deal->began_ns = 0;
  return SYNCHED_CONTINUE;
}

/* --- a world --- */

/* Workers as on a machine with a CPU for each. */
static struct synched_pool *roomy_pool(unsigned worker_count) {
  struct synched_pool *pool = pool_new(worker_count);
  pool->usable_count = worker_count;
  return pool;
}

static struct world *begin_with(struct synched_pool *pool,
                                const struct synched_memory_options *memory_options,
                                unsigned (*cost)(const struct world *, size_t),
                                const struct synched_job_options *options) {
  struct world *world = calloc(1, sizeof *world);
  struct synched_job_options chosen = *options;
  cr_assert_not_null(world);
  world->pool = pool;
  world->segment_count = memory_options->segment_count;
  world->cost = cost;
  chosen.struct_size = sizeof chosen;
  chosen.user = world;
  chosen.on_round = on_round;
  if (chosen.stages == NULL)
    chosen.compute = compute;
  if (chosen.round_count == 0)
    chosen.round_count = ROUNDS;
  cr_assert_eq(synched_memory_create(&world->memory, memory_options), 0, "%s",
               synched_error_message());
  cr_assert_eq(synched_job_create(&world->job, pool, world->memory, &chosen), 0, "%s",
               synched_error_message());
  return world;
}

static struct world *begin(struct synched_pool *pool, size_t segment_count,
                           unsigned (*cost)(const struct world *, size_t),
                           const struct synched_job_options *options) {
  return begin_with(pool,
                    SYNCHED_MEMORY_OPTIONS(.segment_count = segment_count,
                                           .segment_capacity = CAPACITY,
                                           .element_size = sizeof(uint64_t)),
                    cost, options);
}

static void end(struct world *world) {
  cr_assert_eq(synched_job_destroy(world->job), 0);
  cr_assert_eq(synched_memory_destroy(world->memory), 0);
  free(world);
}

static unsigned even_home(const struct world *world, unsigned worker_count, size_t segment) {
  const struct synched__shape shape = {.segment_count = world->segment_count, .team = worker_count};
  unsigned w = 0;
  for (; w + 1 < worker_count; w++) {
    const struct synched__range range = synched__range_of(shape, w);
    if (segment < range.first + range.count)
      break;
  }
  return w;
}

/* Which worker has the segment at home, as the report says. */
static unsigned reported_home(const struct synched_report *report, size_t segment) {
  struct synched_report_segment told = {.struct_size = sizeof told};
  cr_assert_eq(synched_report_segment(report, segment, &told), 0);
  return told.home;
}

/* The homes that the report has are in the workers' order, and each has some. Returns how many
 * segments the first has. */
static size_t expect_reported_homes(const struct world *world, unsigned worker_count) {
  struct synched_report *report = NULL;
  size_t first = 0;
  unsigned before = 0;
  cr_assert_eq(synched_job_report(world->job, &report), 0);
  for (size_t s = 0; s < world->segment_count; s++) {
    const unsigned home = reported_home(report, s);
    cr_assert(home == before || home == before + 1, "segment %zu: %u after %u", s, home, before);
    first += home == 0;
    before = home;
  }
  cr_assert_eq(before, worker_count - 1);
  synched_report_destroy(report);
  return first;
}

/* In each round, and stage, segments are at home in the workers' order. */
static void expect_rows(const struct world *world, unsigned stages, uint64_t rounds) {
  for (uint64_t round = 1; round <= rounds; round++)
    for (unsigned stage = 0; stage < stages; stage++)
      for (size_t s = 1; s < world->segment_count; s++)
        cr_assert_leq(world->workers[round][stage][s - 1], world->workers[round][stage][s],
                      "round %llu, stage %u, segment %zu", (unsigned long long)round, stage, s);
}

/* --- ranges follow, bits stay --- */

struct kind {
  const char *what;
  enum synched_balance balance;
  unsigned rounds_per_barrier;
  uint32_t flags;
  unsigned stages;
};

static const struct synched_stage two_stages[] = {{.compute = compute}, {.compute = compute}};

static void expect_follows(unsigned worker_count, size_t segment_count, const struct kind *kind) {
  struct synched_pool *pool = roomy_pool(worker_count);
  struct synched_job_options options = {.balance = kind->balance,
                                        .homes = SYNCHED_HOMES_FOLLOW,
                                        .flags = kind->flags | SYNCHED_JOB_EAGER,
                                        .rounds_per_barrier = kind->rounds_per_barrier};
  if (kind->rounds_per_barrier > 1)
    options.reads = (struct synched_reads){.reach = SYNCHED_REACH_NEAR, .radius = 1};
  if (kind->stages > 1) {
    options.stages = two_stages;
    options.stage_count = 2;
  }
  struct world *world = begin(pool, segment_count, first_half_dear, &options);
  cr_assert_eq(synched_job_run(world->job), 0, "%s", synched_error_message());
  expect_serial(world, ROUNDS, kind->stages);
  const struct synched_report_summary summary = summary_of(world->job);
  cr_assert_geq(summary.redealt_count, 1, "%s, %u workers", kind->what, worker_count);
  cr_assert_leq(summary.redealt_count, 12, "%s, %u workers", kind->what, worker_count);
  const size_t first = expect_reported_homes(world, worker_count);
  /* Its even share of the costs, of which a segment has 3. */
  const double fair = 2.0 / 3.0 * (double)segment_count / worker_count;
  cr_assert_float_eq((double)first, fair, 0.1 * fair + 1.0, "%s, %u workers: %zu segments",
                     kind->what, worker_count, first);
  if (kind->balance == SYNCHED_BALANCE_STATIC) {
    cr_assert_eq(summary.stolen_count, 0);
    expect_rows(world, kind->stages, ROUNDS);
    for (size_t s = 0; s < segment_count; s++)
      cr_assert_eq(world->workers[ROUNDS][0][s] == 0, s < first, "%s, segment %zu", kind->what, s);
  }
  end(world);
  pool_end(pool);
}

static const struct kind kinds[] = {
    {"steal", SYNCHED_BALANCE_STEAL, 1, 0, 1},
    {"static", SYNCHED_BALANCE_STATIC, 1, 0, 1},
    {"static, not timed", SYNCHED_BALANCE_STATIC, 1, SYNCHED_JOB_NO_SEGMENT_TIMES, 1},
    {"stages, steal", SYNCHED_BALANCE_STEAL, 1, 0, 2},
    {"stages, static", SYNCHED_BALANCE_STATIC, 1, 0, 2},
    {"tiles, steal", SYNCHED_BALANCE_STEAL, 4, 0, 1},
    {"tiles, static", SYNCHED_BALANCE_STATIC, 3, 0, 1},
    {"tiles, static, not timed", SYNCHED_BALANCE_STATIC, 4, SYNCHED_JOB_NO_SEGMENT_TIMES, 1},
};

Test(redeal, ranges_follow_what_segments_cost_and_bits_stay) {
  for (size_t k = 0; k < LENGTH(kinds); k++) {
    expect_follows(2, 64, &kinds[k]);
    expect_follows(3, 100, &kinds[k]);
    expect_follows(5, 77, &kinds[k]);
  }
}

/* Who completes a round learns it from counts of groups. */
Test(redeal, ranges_of_many_workers_follow) {
  expect_follows(20, 400, &kinds[0]);
  expect_follows(20, 400, &kinds[1]);
}

Test(redeal, all_stages_of_a_round_have_the_same_homes) {
  struct synched_pool *pool = roomy_pool(3);
  struct world *world =
      begin(pool, 60, first_half_dear,
            SYNCHED_JOB_OPTIONS(.stages = two_stages, .stage_count = 2,
                                .homes = SYNCHED_HOMES_FOLLOW, .balance = SYNCHED_BALANCE_STATIC));
  unsigned changed = 0;
  cr_assert_eq(synched_job_run(world->job), 0);
  /* But where they are dealt anew between the two: that is once for each time. */
  for (uint64_t round = 1; round <= ROUNDS; round++)
    changed += memcmp(world->workers[round][0], world->workers[round][1], 60) != 0;
  cr_assert_gt(summary_of(world->job).redealt_count, 0);
  cr_assert_leq(changed, summary_of(world->job).redealt_count);
  end(world);
  pool_end(pool);
}

/* --- what keeps its homes --- */

static void expect_fixed(const struct synched_job_options *options, const char *what) {
  struct synched_pool *pool = roomy_pool(3);
  struct world *world = begin(pool, 50, first_half_dear, options);
  cr_assert_null(world->job->work.deal, "%s", what);
  cr_assert_eq(synched_job_run(world->job), 0);
  expect_serial(world, ROUNDS, 1);
  cr_assert_eq(summary_of(world->job).redealt_count, 0, "%s", what);
  for (uint64_t round = 1; options->balance == SYNCHED_BALANCE_STATIC && round <= ROUNDS; round++)
    for (size_t s = 0; s < 50; s++)
      cr_assert_eq(world->workers[round][0][s], even_home(world, 3, s), "%s: segment %zu", what, s);
  end(world);
  pool_end(pool);
}

Test(redeal, static_balance_keeps_its_homes_unless_asked) {
  expect_fixed(SYNCHED_JOB_OPTIONS(.balance = SYNCHED_BALANCE_STATIC), "static");
}

Test(redeal, homes_stay_where_they_are_fixed_or_costs_are_unknown) {
  expect_fixed(SYNCHED_JOB_OPTIONS(.homes = SYNCHED_HOMES_FIXED), "fixed");
  expect_fixed(SYNCHED_JOB_OPTIONS(.flags = SYNCHED_JOB_NO_SEGMENT_TIMES), "not timed");
  expect_fixed(SYNCHED_JOB_OPTIONS(.flags = SYNCHED_JOB_SKIP_UNCHANGED), "skips");
}

static bool has_deal(struct synched_pool *pool, size_t segment_count,
                     const struct synched_job_options *options) {
  struct world *world = begin(pool, segment_count, even_cost, options);
  const bool has = world->job->work.deal != NULL;
  end(world);
  return has;
}

Test(redeal, ranges_are_fixed_where_nothing_can_be_gained) {
  const struct synched_job_options *options =
      SYNCHED_JOB_OPTIONS(.homes = SYNCHED_HOMES_FOLLOW, .balance = SYNCHED_BALANCE_STATIC);
  struct synched_pool *pool = roomy_pool(4);
  cr_assert(!has_deal(pool, 1, options));
  cr_assert(!has_deal(pool, 4, options));
  cr_assert(!has_deal(pool, 3, options));
  cr_assert(has_deal(pool, 5, options));
  pool->usable_count = 3; /* two of the workers take turns on a CPU */
  cr_assert(!has_deal(pool, 5, options));
  cr_assert(has_deal(pool, 5, SYNCHED_JOB_OPTIONS(.record = SYNCHED_RECORD_TOTALS)));
  cr_assert(!has_deal(pool, 5, SYNCHED_JOB_OPTIONS(.record = SYNCHED_RECORD_OFF)));
  pool_end(pool);
  pool = pool_new(1);
  cr_assert(!has_deal(pool, 5, options));
  pool_end(pool);
}

Test(redeal, even_costs_deal_nothing_anew) {
  struct synched_pool *pool = roomy_pool(3);
  for (size_t k = 0; k < LENGTH(kinds); k++) {
    if (kinds[k].stages > 1 || kinds[k].rounds_per_barrier > 1)
      continue;
    struct world *world =
        begin(pool, 60, even_cost,
              SYNCHED_JOB_OPTIONS(.balance = kinds[k].balance, .homes = SYNCHED_HOMES_FOLLOW,
                                  .flags = kinds[k].flags | SYNCHED_JOB_EAGER));
    cr_assert_eq(synched_job_run(world->job), 0);
    cr_assert_eq(summary_of(world->job).redealt_count, 0, "%s", kinds[k].what);
    end(world);
  }
  pool_end(pool);
}

/* --- runs, and other jobs --- */

Test(redeal, another_run_begins_with_even_ranges) {
  struct synched_pool *pool = roomy_pool(2);
  struct world *world =
      begin(pool, 40, first_half_dear,
            SYNCHED_JOB_OPTIONS(.round_count = ROUNDS / 2, .balance = SYNCHED_BALANCE_STATIC,
                                .homes = SYNCHED_HOMES_FOLLOW));
  cr_assert_eq(synched_job_run(world->job), 0);
  cr_assert_gt(summary_of(world->job).redealt_count, 0);
  world->cost = even_cost;
  cr_assert_eq(synched_job_run(world->job), 0);
  expect_serial(world, ROUNDS, 1);
  cr_assert_eq(summary_of(world->job).redealt_count, 0);
  cr_assert_eq(expect_reported_homes(world, 2), 20);
  for (uint64_t round = ROUNDS / 2 + 1; round <= ROUNDS; round++)
    for (size_t s = 0; s < 40; s++)
      cr_assert_eq(world->workers[round][0][s], s / 20, "round %llu, segment %zu",
                   (unsigned long long)round, s);
  end(world);
  pool_end(pool);
}

/* Each finds its own ranges, whoever's round was the one before. */
Test(redeal, jobs_of_one_pool_have_ranges_of_their_own) {
  struct synched_pool *pool = roomy_pool(3);
  const struct synched_job_options *options =
      SYNCHED_JOB_OPTIONS(.balance = SYNCHED_BALANCE_STATIC, .homes = SYNCHED_HOMES_FOLLOW);
  struct world *worlds[] = {
      begin(pool, 90, first_half_dear, options), begin(pool, 90, even_cost, options),
      begin(pool, 31, first_half_dear, options),
      begin(pool, 90, first_half_dear, SYNCHED_JOB_OPTIONS(.balance = SYNCHED_BALANCE_STATIC))};
  for (unsigned round = 1; round <= ROUNDS; round++)
    for (size_t i = 0; i < LENGTH(worlds); i++)
      cr_assert_eq(synched_job_advance(worlds[i]->job, 1), 0);
  for (size_t i = 0; i < LENGTH(worlds); i++) {
    const bool follows = i == 0 || i == 2;
    expect_serial(worlds[i], ROUNDS, 1);
    expect_rows(worlds[i], 1, ROUNDS);
    cr_assert_eq(summary_of(worlds[i]->job).redealt_count > 0, follows, "job %zu", i);
    for (size_t s = 0; !follows && s < 90; s++)
      cr_assert_eq(worlds[i]->workers[ROUNDS][0][s], s / 30);
  }
  for (size_t i = 0; i < LENGTH(worlds); i++)
    end(worlds[i]);
  pool_end(pool);
}

/* --- pages --- */

/* Says that the workers are on several NUMA nodes; -1: on none. */
static void set_nodes(struct synched_pool *pool, const int *nodes) {
  for (unsigned w = 0; w < pool->worker_count; w++)
    pool->workers[w].info.place.numa_node = nodes[w];
}

/* The advice of that kind says so, if there is any. */
static bool is_advised(const struct synched_report *report) {
  struct synched_report_advice advice = {.struct_size = sizeof advice};
  bool is = false;
  for (size_t i = 0; synched_report_advice(report, i, &advice) == 0; i++)
    if (advice.kind == SYNCHED_ADVICE_HOMES) {
      is = true;
      cr_assert_not_null(strstr(advice.text, "another NUMA node than their pages"), "%s",
                         advice.text);
    }
  return is;
}

enum { PAGED_SEGMENTS = 200 };

/* How many segments leave their pages when 4 workers' ranges follow, as the report says; if any,
 * they are those that are at home on another node than at first. */
static uint64_t strayed(const int *nodes, const struct synched_memory_options *memory_options) {
  struct synched_pool *pool = roomy_pool(4);
  set_nodes(pool, nodes);
  struct world *world = begin_with(
      pool, memory_options, first_half_dear,
      SYNCHED_JOB_OPTIONS(.balance = SYNCHED_BALANCE_STATIC, .homes = SYNCHED_HOMES_FOLLOW));
  struct synched_report *report = NULL;
  uint64_t count = 0;
  cr_assert_eq(synched_job_run(world->job), 0);
  const struct synched_report_summary summary = summary_of(world->job);
  cr_assert_gt(summary.redealt_count, 0);
  cr_assert_eq(synched_job_report(world->job, &report), 0);
  for (size_t s = 0; s < PAGED_SEGMENTS; s++) {
    const int then = nodes[even_home(world, 4, s)], now = nodes[reported_home(report, s)];
    count += then >= 0 && then != now;
  }
  cr_assert_eq(is_advised(report), summary.strayed_count != 0);
  cr_assert(summary.strayed_count == 0 || summary.strayed_count == count, "%llu, not %llu",
            (unsigned long long)summary.strayed_count, (unsigned long long)count);
  synched_report_destroy(report);
  end(world);
  pool_end(pool);
  return summary.strayed_count;
}

Test(redeal, report_counts_segments_that_leave_the_node_of_their_pages) {
  static const int one[] = {0, 0, 0, 0}, two[] = {0, 0, 1, 1}, none[] = {-1, -1, -1, -1};
  const struct synched_memory_options *large =
      SYNCHED_MEMORY_OPTIONS(.segment_count = PAGED_SEGMENTS, .segment_capacity = 100,
                             .element_size = 8);
  cr_assert_eq(strayed(one, large), 0);
  cr_assert_eq(strayed(none, large), 0);
  cr_assert_gt(strayed(two, large), 20);
}

/* Of little memory, and the program's own, nobody has placed the pages. */
Test(redeal, pages_that_were_not_placed_at_home_are_not_counted) {
  static const int two[] = {0, 0, 1, 1};
  static _Alignas(64) uint64_t buffers[2][PAGED_SEGMENTS * 100];
  void *const own[] = {buffers[0], buffers[1]};
  cr_assert_eq(strayed(two, SYNCHED_MEMORY_OPTIONS(.segment_count = PAGED_SEGMENTS,
                                                   .segment_capacity = 10, .element_size = 8)),
               0);
  cr_assert_eq(
      strayed(two, SYNCHED_MEMORY_OPTIONS(.segment_count = PAGED_SEGMENTS, .segment_capacity = 100,
                                          .element_size = 8, .buffers = own, .buffer_count = 2,
                                          .buffer_bytes = sizeof buffers[0])),
      0);
}
