/*
 * depth_test.c: how many rounds run between two barriers is found by trying, of whatever shape the
 * cost of a round has; and what is best is followed when it changes.
 */
#include "engine/depth.h"

#include <criterion/criterion.h>

#include "engine/tile.h"
#include "job/job.h"
#include "support/support.h"
#include "support/unit_support.h"

/* What a tile of so many rounds takes. */
typedef uint64_t (*cost_fn)(unsigned rounds);

/* A barrier costs something. */
static uint64_t deeper_is_better(unsigned rounds) {
  return 1000 * rounds + 4000;
}

static uint64_t plain_is_best(unsigned rounds) {
  return 1000 * (uint64_t)rounds * (uint64_t)rounds;
}

/* What they work on fits into a cache up to there. */
static uint64_t four_is_best(unsigned rounds) {
  return rounds <= 4 ? 1000 * rounds + 4000 : 3000 * rounds;
}

static uint64_t sixteen_is_best(unsigned rounds) {
  return rounds <= 16 ? 1000 * rounds + 16000 : 4000 * rounds;
}

static uint64_t all_are_the_same(unsigned rounds) {
  return 1000 * rounds;
}

/* So many rounds, and a few more. */
static void run(struct synched__depth *depth, uint64_t rounds, cost_fn cost) {
  for (uint64_t done = 0; done < rounds;) {
    const unsigned next = synched__depth_rounds(depth);
    cr_assert_geq(next, 1);
    cr_assert_leq(next, SYNCHED__DEPTH_MOST);
    synched__depth_update(depth, next, cost(next));
    done += next;
  }
}

static unsigned found(cost_fn cost) {
  struct synched__depth depth;
  synched__depth_init(&depth);
  run(&depth, 400, cost);
  return synched__depth_rounds(&depth);
}

Test(depth, finds_what_costs_least) {
  cr_assert_eq(found(deeper_is_better), SYNCHED__DEPTH_MOST);
  cr_assert_eq(found(plain_is_best), 1);
  cr_assert_eq(found(four_is_best), 4);
  cr_assert_eq(found(sixteen_is_best), 16);
}

Test(depth, stays_where_nothing_is_better) {
  cr_assert_eq(found(all_are_the_same), 8);
}

Test(depth, follows_what_is_best_now) {
  struct synched__depth depth;
  synched__depth_init(&depth);
  run(&depth, 400, sixteen_is_best);
  run(&depth, 3000, plain_is_best);
  cr_assert_eq(synched__depth_rounds(&depth), 1);
  run(&depth, 10000, deeper_is_better);
  cr_assert_eq(synched__depth_rounds(&depth), SYNCHED__DEPTH_MOST);
}

/* Most rounds run as is best: each search is twice as far from the last one as that was. */
Test(depth, searches_ever_more_rarely) {
  struct synched__depth depth;
  synched__depth_init(&depth);
  run(&depth, 200000, four_is_best);
  uint64_t others = 0, all = 0;
  while (all < 100000) {
    const unsigned next = synched__depth_rounds(&depth);
    others += next == 4 ? 0 : next;
    all += next;
    synched__depth_update(&depth, next, four_is_best(next));
  }
  cr_assert_gt(others, 0);
  cr_assert_lt(others, all / 100);
}

/* It begins with 8 rounds; the first tile fills the caches anew, and takes long. */
Test(depth, does_not_count_the_first_tile) {
  struct synched__depth depth;
  synched__depth_init(&depth);
  synched__depth_update(&depth, 8, 1);
  run(&depth, 400, deeper_is_better);
  cr_assert_eq(synched__depth_rounds(&depth), SYNCHED__DEPTH_MOST);
}

/* Else a neighbour that is busy for a moment, just when more rounds are tried, would decide. */
Test(depth, counts_the_shortest_tile) {
  struct synched__depth depth;
  synched__depth_init(&depth);
  for (unsigned tile = 0; tile < 60; tile++) {
    const unsigned next = synched__depth_rounds(&depth);
    synched__depth_update(&depth, next,
                          deeper_is_better(next) * (next > 8 && tile % 4 == 2 ? 10 : 1));
  }
  cr_assert_eq(synched__depth_rounds(&depth), SYNCHED__DEPTH_MOST);
}

/* Fewer rounds than are wanted are left at the end of a run. */
Test(depth, does_not_count_tiles_of_other_rounds) {
  struct synched__depth depth;
  synched__depth_init(&depth);
  for (unsigned i = 0; i < 100; i++)
    synched__depth_update(&depth, 3, 1);
  cr_assert_eq(synched__depth_rounds(&depth), 8);
  run(&depth, 200, four_is_best);
  cr_assert_eq(synched__depth_rounds(&depth), 4);
}

/* --- whose choice it is --- */

static int compute(struct synched_task *task, void *user) {
  (void)task;
  (void)user;
  return 0;
}

static int on_round(const struct synched_snapshot *now, void *user) {
  (void)now;
  (void)user;
  return SYNCHED_CONTINUE;
}

static void on_snapshot(struct synched_job *job, const struct synched_snapshot *now, void *user) {
  (void)job;
  (void)now;
  (void)user;
}

static struct synched_memory *small_memory(struct synched_memory_options options) {
  options.struct_size = (uint32_t)sizeof options;
  options.segment_count = 4;
  options.segment_capacity = 1;
  options.element_size = 1;
  return memory_with(&options);
}

/* Whether the library chooses, for a job of the memories. */
static bool is_chosen(struct synched_memory *memory, struct synched_job_options options) {
  struct synched_pool *pool = pool_new(1);
  struct synched_job *job;
  options.struct_size = (uint32_t)sizeof options;
  if (options.stages == NULL)
    options.compute = compute;
  cr_assert_eq(synched_job_create(&job, pool, memory, &options), 0, "%s", synched_error_message());
  const bool chosen = job->work.tile != NULL && job->work.tile->learns;
  cr_assert_eq(synched_job_destroy(job), 0);
  pool_end(pool);
  return chosen;
}

#define CHOSEN(...) is_chosen(memory, (struct synched_job_options){__VA_ARGS__})
#define NEAR .reads = {.reach = SYNCHED_REACH_NEAR, .radius = 1}

Test(depth, is_chosen_where_nobody_wants_each_round) {
  struct synched_memory *memory = small_memory((struct synched_memory_options){.lease_count = 1});
  const struct synched_stage folding = {.compute = compute, .fold = SYNCHED_FOLD_SUM, NEAR};
  const struct synched_stage plain = {.compute = compute, NEAR};
  cr_assert(CHOSEN(NEAR));
  cr_assert(CHOSEN(.stages = &plain, .stage_count = 1));
  cr_assert(CHOSEN(NEAR, .on_snapshot = on_snapshot));
  cr_assert_not(CHOSEN(.reads = {.reach = SYNCHED_REACH_ALL}));
  cr_assert_not(CHOSEN(NEAR, .rounds_per_barrier = 2));
  cr_assert_not(CHOSEN(NEAR, .flags = SYNCHED_JOB_SKIP_UNCHANGED));
  cr_assert_not(CHOSEN(NEAR, .fold = SYNCHED_FOLD_SUM));
  cr_assert_not(CHOSEN(.stages = &folding, .stage_count = 1));
  cr_assert_not(CHOSEN(NEAR, .on_round = on_round));
  cr_assert_not(CHOSEN(NEAR, .period_ns = 1000000));
  cr_assert_not(CHOSEN(NEAR, .deadline_ns = 1000000));
  cr_assert_not(CHOSEN(NEAR, .on_snapshot = on_snapshot, .delivery = SYNCHED_DELIVER_EVERY));
  memory_end(memory);
}

/* The program's own arrays are as many as they are. */
Test(depth, is_chosen_where_there_are_arrays_for_it) {
  static _Alignas(128) unsigned char arrays[4][128];
  void *buffers[] = {arrays[0], arrays[1], arrays[2], arrays[3]};
  for (unsigned count = 2; count <= 4; count++) {
    struct synched_memory *memory = small_memory((struct synched_memory_options){
        .buffers = buffers, .buffer_count = count, .buffer_bytes = sizeof arrays[0]});
    struct synched_memory *lead = small_memory((struct synched_memory_options){0});
    cr_assert_eq(CHOSEN(NEAR), count > 2, "%u arrays", count);
    cr_assert_eq(
        is_chosen(lead, (struct synched_job_options){.fields = &memory, .field_count = 2, NEAR}),
        count > 2);
    cr_assert(is_chosen(
        lead, (struct synched_job_options){
                  .fields = &memory, .field_count = 2, .reads_only = SYNCHED_FIELD(1), NEAR}));
    memory_end(lead);
    memory_end(memory);
  }
}

/* A field in place has no versions. */
Test(depth, is_chosen_for_an_array_that_is_changed_in_place) {
  static _Alignas(128) unsigned char array[128];
  void *buffers[] = {array};
  struct synched_memory *memory =
      small_memory((struct synched_memory_options){.buffers = buffers,
                                                   .buffer_count = 1,
                                                   .buffer_bytes = sizeof array,
                                                   .flags = SYNCHED_MEMORY_IN_PLACE});
  cr_assert(CHOSEN(.reads = {.reach = SYNCHED_REACH_OWN}));
  memory_end(memory);
}
