/*
 * activity_test.c: with SYNCHED_JOB_SKIP_UNCHANGED rounds are those of a serial loop, bit for bit,
 * and calls are exactly those for which something has changed.
 *
 * The segments are cells of an excitable medium on a graph: a quiet cell that reads an excited one
 * is excited next, then tired for a while, then quiet again. So waves run through a medium that is
 * quiet elsewhere, and die.
 */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/support.h"
#include "support/unit_support.h"

#define SEGMENTS_MOST 300u
#define CAPACITY 3u
#define TIRED 3
#define ROUNDS 40u

struct graph {
  size_t count;
  struct synched_reads reads;
  size_t offsets[SEGMENTS_MOST + 1];
  size_t segments[SEGMENTS_MOST * 4];
};

struct medium {
  struct graph graph;
  int cells[SEGMENTS_MOST];
  bool changed[SEGMENTS_MOST];
  uint64_t expected_calls;
  /* in which a call fails; or, where `drops`, which is dropped */
  uint64_t fail_round;
  bool drops;
  /* one call of that round is slow, the first time that it comes */
  _Atomic bool has_slow_call;
  /* calls in that round */
  _Atomic unsigned seen[SEGMENTS_MOST];
  _Atomic uint64_t calls;
};

/* Whether segment s reads segment x, besides itself. */
static bool reads(const struct graph *graph, size_t s, size_t x) {
  const struct synched_reads *declared = &graph->reads;
  const size_t distance = s > x ? s - x : x - s;
  if (declared->reach == SYNCHED_REACH_ALL)
    return true;
  if (declared->reach == SYNCHED_REACH_NEAR)
    return distance <= declared->radius ||
           (declared->wraps && graph->count - distance <= declared->radius);
  for (size_t i = graph->offsets[s]; i < graph->offsets[s + 1]; i++)
    if (graph->segments[i] == x)
      return true;
  return false;
}

static void init_graph(struct graph *graph, enum synched_reach reach, size_t count) {
  graph->count = count;
  graph->reads = (struct synched_reads){.reach = reach};
  if (reach == SYNCHED_REACH_NEAR) {
    graph->reads.radius = 2;
    graph->reads.wraps = count % 2 != 0;
  }
  if (reach != SYNCHED_REACH_LIST)
    return;
  graph->reads.offsets = graph->offsets;
  graph->reads.segments = graph->segments;
  for (size_t s = 0; s < count; s++) {
    graph->offsets[s + 1] = graph->offsets[s] + s % 4;
    for (size_t i = graph->offsets[s]; i < graph->offsets[s + 1]; i++)
      graph->segments[i] = (s * 7 + i * 13 + 1) % count;
  }
}

static int next_cell(int cell, bool excited) {
  if (cell == 0)
    return excited ? 1 : 0;
  return cell == TIRED ? 0 : cell + 1;
}

/* How many elements are valid of a segment. */
static size_t count_of(int cell) {
  return 1 + (size_t)cell % CAPACITY;
}

/* One round of the serial loop, in which `all` are called or only those that must be. */
static void step(struct medium *medium, bool all) {
  const struct graph *graph = &medium->graph;
  int before[SEGMENTS_MOST];
  bool changed[SEGMENTS_MOST];
  memcpy(before, medium->cells, sizeof before);
  memcpy(changed, medium->changed, sizeof changed);
  for (size_t s = 0; s < graph->count; s++) {
    bool excited = false, needed = all || changed[s];
    for (size_t x = 0; x < graph->count; x++) {
      const bool is_read = x != s && reads(graph, s, x);
      excited = excited || (is_read && before[x] == 1);
      needed = needed || (is_read && changed[x]);
    }
    medium->cells[s] = next_cell(before[s], excited);
    medium->changed[s] = medium->cells[s] != before[s];
    medium->expected_calls += needed;
  }
}

static int compute(struct synched_task *task, void *user) {
  struct medium *medium = user;
  const struct graph *graph = &medium->graph;
  const struct synched_snapshot *previous = task->previous;
  const int *own = synched_snapshot_segment(previous, task->segment);
  bool excited = false;
  for (size_t x = 0; x < graph->count; x++)
    excited = excited || (x != task->segment && reads(graph, task->segment, x) &&
                          *(const int *)synched_snapshot_segment(previous, x) == 1);
  const int next = next_cell(own[0], excited);
  int *out = task->out;
  for (size_t i = 0; i < CAPACITY; i++)
    out[i] = next;
  task->count = count_of(next);
  task->contribution = next;
  task->unchanged = next == own[0];
  atomic_fetch_add(&medium->calls, 1);
  if (task->round != medium->fail_round)
    return 0;
  atomic_fetch_add(&medium->seen[task->segment], 1);
  if (!medium->drops)
    return task->segment == 1 ? -77 : 0;
  if (atomic_exchange(&medium->has_slow_call, false))
    (void)nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
  return 0;
}

static void check(struct medium *medium, struct synched_memory *memory) {
  const struct synched_snapshot *now = synched_snapshot_current(memory);
  double sum = 0.0;
  for (size_t s = 0; s < medium->graph.count; s++) {
    const int *cells = synched_snapshot_segment(now, s);
    for (size_t i = 0; i < CAPACITY; i++)
      cr_assert_eq(cells[i], medium->cells[s], "round %llu, segment %zu is %d, not %d",
                   (unsigned long long)now->round, s, cells[i], medium->cells[s]);
    sum += medium->cells[s];
  }
  cr_assert_eq(now->fold, sum);
  synched_snapshot_release(now);
}

static struct synched_memory *load(struct medium *medium, unsigned lease_count) {
  struct synched_memory *memory;
  cr_assert_eq(
      synched_memory_create(&memory, SYNCHED_MEMORY_OPTIONS(.segment_count = medium->graph.count,
                                                            .segment_capacity = CAPACITY,
                                                            .element_size = sizeof(int),
                                                            .refill = SYNCHED_REFILL_NONE,
                                                            .lease_count = lease_count)),
      0);
  for (size_t s = 0; s < medium->graph.count; s++) {
    medium->cells[s] = s == 0 || s == medium->graph.count / 2 ? 1 : 0;
    medium->changed[s] = true;
    const int cells[CAPACITY] = {medium->cells[s], medium->cells[s], medium->cells[s]};
    cr_assert_eq(synched_memory_load(memory, s, cells, count_of(medium->cells[s])), 0);
  }
  return memory;
}

/* Rounds by advances, with snapshots that are held for some of them. */
static void run(enum synched_reach reach, size_t count, unsigned workers, unsigned leases,
                unsigned rounds_per_barrier, enum synched_balance balance) {
  struct medium *medium = calloc(1, sizeof *medium);
  struct synched_pool *pool = pool_new(workers);
  const struct synched_snapshot *held[3] = {NULL};
  struct synched_job *job;
  init_graph(&medium->graph, reach, count);
  struct synched_memory *memory = load(medium, leases);
  cr_assert_eq(synched_job_create(&job, pool, memory,
                                  SYNCHED_JOB_OPTIONS(.compute = compute, .user = medium,
                                                      .fold = SYNCHED_FOLD_SUM, .balance = balance,
                                                      .reads = medium->graph.reads,
                                                      .rounds_per_barrier = rounds_per_barrier,
                                                      .flags = SYNCHED_JOB_SKIP_UNCHANGED)),
               0, "%s", synched_error_message());
  for (uint64_t round = 1; round <= ROUNDS;) {
    const unsigned rounds = 1 + (unsigned)round % 5;
    cr_assert_eq(synched_job_advance(job, rounds), 0, "%s", synched_error_message());
    for (unsigned i = 0; i < rounds; i++)
      step(medium, round++ == 1);
    check(medium, memory);
    cr_assert_eq(atomic_load(&medium->calls), medium->expected_calls, "after round %llu",
                 (unsigned long long)round - 1);
    if (leases != 0) {
      synched_snapshot_release(held[round % leases]);
      held[round % leases] = synched_snapshot_current(memory);
    }
  }
  for (unsigned i = 0; i < leases; i++)
    synched_snapshot_release(held[i]);
  const struct synched_report_summary summary = summary_of(job);
  cr_assert_eq(summary.call_count, medium->expected_calls);
  cr_assert_eq(summary.call_count + summary.unchanged_count, summary.round_count * count);
  cr_assert_eq(synched_job_destroy(job), 0);
  memory_end(memory);
  pool_end(pool);
  free(medium);
}

Test(activity, near_segments) {
  for (unsigned workers = 1; workers <= 5; workers += 2) {
    run(SYNCHED_REACH_NEAR, 100, workers, 0, 1, SYNCHED_BALANCE_STEAL);
    run(SYNCHED_REACH_NEAR, 65, workers, 2, 1, SYNCHED_BALANCE_STATIC);
    run(SYNCHED_REACH_NEAR, 3, workers, 1, 1, SYNCHED_BALANCE_STEAL);
  }
}

Test(activity, lists) {
  for (unsigned workers = 1; workers <= 5; workers += 2) {
    run(SYNCHED_REACH_LIST, 100, workers, 0, 1, SYNCHED_BALANCE_STEAL);
    run(SYNCHED_REACH_LIST, SEGMENTS_MOST, workers, 3, 1, SYNCHED_BALANCE_STATIC);
  }
}

Test(activity, own_segment_only) {
  run(SYNCHED_REACH_OWN, 70, 2, 1, 1, SYNCHED_BALANCE_STEAL);
}

Test(activity, all_segments_or_none) {
  run(SYNCHED_REACH_ALL, 20, 2, 0, 1, SYNCHED_BALANCE_STEAL);
  run(SYNCHED_REACH_ALL, 20, 3, 2, 1, SYNCHED_BALANCE_STEAL);
}

Test(activity, several_rounds_between_barriers) {
  for (unsigned rounds = 2; rounds <= 17; rounds += 5) {
    run(SYNCHED_REACH_NEAR, 100, 3, 0, rounds, SYNCHED_BALANCE_STEAL);
    run(SYNCHED_REACH_LIST, 60, 2, 2, rounds, SYNCHED_BALANCE_STATIC);
  }
}

/* A medium of near segments, its job with options besides, and two rounds of it. */
struct made {
  struct medium *medium;
  struct synched_pool *pool;
  struct synched_memory *memory;
  struct synched_job *job;
};

static struct made begin(struct synched_job_options options) {
  struct made made = {.medium = calloc(1, sizeof *made.medium), .pool = pool_new(2)};
  init_graph(&made.medium->graph, SYNCHED_REACH_NEAR, 80);
  made.memory = load(made.medium, 0);
  options.struct_size = sizeof options;
  options.compute = compute;
  options.user = made.medium;
  options.fold = SYNCHED_FOLD_SUM;
  options.reads = made.medium->graph.reads;
  options.flags = SYNCHED_JOB_SKIP_UNCHANGED;
  cr_assert_eq(synched_job_create(&made.job, made.pool, made.memory, &options), 0);
  cr_assert_eq(synched_job_advance(made.job, 2), 0);
  step(made.medium, true);
  step(made.medium, false);
  return made;
}

static void go_on(struct made *made, unsigned rounds, bool all) {
  for (unsigned i = 0; i < rounds; i++) {
    cr_assert_eq(synched_job_advance(made->job, 1), 0, "%s", synched_error_message());
    step(made->medium, all && i == 0);
    check(made->medium, made->memory);
  }
}

static void end(struct made *made) {
  cr_assert_eq(synched_job_destroy(made->job), 0);
  memory_end(made->memory);
  pool_end(made->pool);
  free(made->medium);
}

Test(activity, what_is_loaded_between_advances_is_a_change) {
  struct made made = begin((struct synched_job_options){0});
  const int cells[CAPACITY] = {1, 1, 1};
  cr_assert_eq(synched_memory_load(made.memory, 20, cells, count_of(1)), 0);
  made.medium->cells[20] = 1;
  atomic_store(&made.medium->calls, 0);
  made.medium->expected_calls = 0;
  go_on(&made, 6, true);
  cr_assert_eq(atomic_load(&made.medium->calls), made.medium->expected_calls);
  end(&made);
}

Test(activity, a_round_that_failed_leaves_nothing_behind) {
  struct made made = begin((struct synched_job_options){0});
  made.medium->fail_round = 3;
  cr_assert_eq(synched_job_advance(made.job, 5), -77);
  made.medium->fail_round = 0;
  go_on(&made, 6, true);
  end(&made);
}

/* All are called then, for what the calls of the dropped round had to tell is lost. */
Test(activity, a_round_that_is_dropped_for_its_deadline_is_computed_again) {
  struct made made = begin((struct synched_job_options){
      .deadline_ns = 10000000, .deadline_policy = SYNCHED_DEADLINE_CANCEL});
  struct medium *medium = made.medium;
  medium->drops = true;
  atomic_store(&medium->has_slow_call, true);
  medium->fail_round = 3;
  cr_assert_eq(synched_job_advance(made.job, 1), 0);
  step(medium, false);
  check(medium, made.memory);
  for (size_t s = 0; s < medium->graph.count; s++)
    cr_assert_geq(atomic_load(&medium->seen[s]), 1, "segment %zu", s);
  end(&made);
}

/* --- stages, fields, init --- */

enum { LONGEST = 64 };

struct token {
  _Atomic uint64_t calls[2];
};

/* Field 0 has a token, which moves by one segment in each round; field 1 a trace of it, which the
 * second stage leaves where the token is. */
static int move(struct synched_task *task, void *user) {
  struct token *token = user;
  const struct synched_snapshot *before = synched_task_field(task, 0);
  const size_t from = (task->segment + before->segment_count - 1) % before->segment_count;
  int *out = synched_task_out(task, 0);
  *out = *(const int *)synched_snapshot_segment(before, from);
  task->unchanged = *out == *(const int *)synched_task_in(task, 0);
  atomic_fetch_add(&token->calls[0], 1);
  return 0;
}

static int leave_trace(struct synched_task *task, void *user) {
  struct token *token = user;
  const int trace = *(const int *)synched_task_in(task, 1);
  const int here = *(const int *)synched_task_in(task, 0);
  *(int *)synched_task_out(task, 1) = here != 0 ? 1 : trace;
  task->unchanged = here == 0 || trace == 1;
  atomic_fetch_add(&token->calls[1], 1);
  return 0;
}

static int put_token(struct synched_task *task, void *user) {
  (void)user;
  if (task->segment != 0)
    task->unchanged = 1;
  else
    *(int *)synched_task_out(task, 0) = 1;
  return 0;
}

static void run_stages(unsigned rounds_per_barrier, unsigned workers, uint32_t flags) {
  struct token token = {{0, 0}};
  struct synched_pool *pool = pool_new(workers);
  struct synched_memory *memories[2];
  for (unsigned f = 0; f < 2; f++)
    memories[f] =
        memory_with(SYNCHED_MEMORY_OPTIONS(.segment_count = LONGEST, .segment_capacity = 1,
                                           .element_size = sizeof(int),
                                           .refill = f == 1 && flags != 0 ? SYNCHED_REFILL_ZERO
                                                                          : SYNCHED_REFILL_NONE,
                                           .flags = f == 1 ? flags : 0));
  /* As it was, but that is not known then. */
  if (workers == 2)
    cr_assert_eq(synched_memory_load(memories[1], 0, &(int){0}, 1), 0);
  const struct synched_stage stages[] = {
      {.compute = move,
       .writes = SYNCHED_FIELD(0),
       .reads = {.reach = SYNCHED_REACH_NEAR, .radius = 1, .wraps = 1}},
      {.compute = leave_trace, .writes = SYNCHED_FIELD(1), .reads = {.reach = SYNCHED_REACH_OWN}}};
  struct synched_job *job;
  cr_assert_eq(synched_job_create(&job, pool, memories[0],
                                  SYNCHED_JOB_OPTIONS(.fields = &memories[1], .field_count = 2,
                                                      .stages = stages, .stage_count = 2,
                                                      .init = put_token, .user = &token,
                                                      .rounds_per_barrier = rounds_per_barrier,
                                                      .flags = SYNCHED_JOB_SKIP_UNCHANGED)),
               0, "%s", synched_error_message());
  for (unsigned round = 1; round <= 20; round++) {
    cr_assert_eq(synched_job_advance(job, 1 + round % 3), 0);
    const struct synched_snapshot *now = synched_snapshot_current(memories[0]);
    const int *trace = flags == 0 ? now->fields[1]->data : synched_memory_elements(memories[1]);
    for (size_t s = 0; s < LONGEST; s++) {
      cr_assert_eq(((const int *)now->data)[s], s == now->round);
      cr_assert_eq(trace[s], s != 0 && s <= now->round);
    }
    synched_snapshot_release(now);
  }
  /* In a round the segment that the token leaves, that which it comes to, and the next of each. */
  cr_assert_leq(atomic_load(&token.calls[0]), 4 * 41);
  cr_assert_leq(atomic_load(&token.calls[1]), 4 * 41);
  cr_assert_eq(synched_job_destroy(job), 0);
  memory_end(memories[0]);
  memory_end(memories[1]);
  pool_end(pool);
}

Test(activity, stages_fields_and_an_init_that_writes_next_to_nothing) {
  run_stages(1, 1, 0);
  run_stages(1, 2, 0);
  run_stages(1, 3, SYNCHED_MEMORY_IN_PLACE);
  run_stages(2, 2, 0);
  run_stages(3, 2, SYNCHED_MEMORY_IN_PLACE);
}

/* --- counts --- */

/* Segment 0 counts up, and says that nothing has changed; the next one copies its count. */
static int count_up(struct synched_task *task, void *user) {
  const size_t *counts = task->previous->counts;
  (void)user;
  task->count = task->segment != 0 ? counts[0] : counts[0] < 5 ? counts[0] + 1 : 5;
  memset(task->out, 0, task->capacity);
  task->unchanged = 1;
  return 0;
}

Test(activity, another_count_is_a_change) {
  struct synched_pool *pool = pool_new(2);
  struct synched_memory *memory = memory_with(
      SYNCHED_MEMORY_OPTIONS(.segment_count = 2, .segment_capacity = 8, .element_size = 1));
  for (size_t s = 0; s < 2; s++)
    cr_assert_eq(synched_memory_load(memory, s, NULL, 0), 0);
  struct synched_job *job;
  cr_assert_eq(
      synched_job_create(&job, pool, memory,
                         SYNCHED_JOB_OPTIONS(.compute = count_up,
                                             .reads = {.reach = SYNCHED_REACH_NEAR, .radius = 1},
                                             .flags = SYNCHED_JOB_SKIP_UNCHANGED)),
      0);
  for (size_t round = 1; round < 10; round++) {
    cr_assert_eq(synched_job_advance(job, 1), 0);
    const struct synched_snapshot *now = synched_snapshot_current(memory);
    cr_assert_eq(now->counts[0], round < 5 ? round : 5);
    cr_assert_eq(now->counts[1], round - 1 < 5 ? round - 1 : 5);
    synched_snapshot_release(now);
  }
  cr_assert_eq(synched_job_destroy(job), 0);
  memory_end(memory);
  pool_end(pool);
}

/* --- many segments, of which few are active --- */

enum { MANY = 5000, LONG_LIVED = 1234 };

static int count_down(struct synched_task *task, void *user) {
  _Atomic uint64_t *calls = user;
  const unsigned char own = *(const unsigned char *)synched_task_in(task, 0);
  *(unsigned char *)task->out = own == 0 ? 0 : own - 1;
  task->unchanged = own == 0;
  atomic_fetch_add(calls, 1);
  return 0;
}

/* Each segment counts down from a number of its own, which is 0 for most. */
Test(activity, few_of_many_segments) {
  _Atomic uint64_t calls = 0;
  struct synched_pool *pool = pool_new(2);
  struct synched_memory *memory = memory_with(
      SYNCHED_MEMORY_OPTIONS(.segment_count = MANY, .segment_capacity = 1, .element_size = 1));
  struct synched_job *job;
  uint64_t expected = MANY;
  for (size_t s = 0; s < MANY; s++) {
    const unsigned char number = s % LONG_LIVED == 0 ? (unsigned char)(1 + s / LONG_LIVED * 2) : 0;
    expected += number; /* in its last call it finds 0 */
    cr_assert_eq(synched_memory_load(memory, s, &number, 1), 0);
  }
  cr_assert_eq(synched_job_create(&job, pool, memory,
                                  SYNCHED_JOB_OPTIONS(.compute = count_down, .user = &calls,
                                                      .reads = {.reach = SYNCHED_REACH_OWN},
                                                      .flags = SYNCHED_JOB_SKIP_UNCHANGED)),
               0);
  cr_assert_eq(synched_job_advance(job, 20), 0);
  cr_assert_eq(atomic_load(&calls), expected);
  const struct synched_snapshot *now = synched_snapshot_current(memory);
  for (size_t s = 0; s < MANY; s++)
    cr_assert_eq(((const unsigned char *)now->data)[s], 0);
  synched_snapshot_release(now);
  cr_assert_eq(synched_job_destroy(job), 0);
  memory_end(memory);
  pool_end(pool);
}

/* --- a run in which all is called, after rounds without a call --- */

static int keep(struct synched_task *task, void *user) {
  (void)user;
  memset(task->out, 0, task->capacity);
  task->unchanged = 1;
  return 0;
}

Test(activity, all_workers_are_woken_when_all_is_called_again) {
  struct synched_pool *pool =
      pool_with(SYNCHED_POOL_OPTIONS(.worker_count = 3, .wait = SYNCHED_WAIT_SLEEP));
  struct synched_memory *memory = memory_with(
      SYNCHED_MEMORY_OPTIONS(.segment_count = 7, .segment_capacity = 8, .element_size = 1));
  struct synched_job *job;
  cr_assert_eq(synched_job_create(&job, pool, memory,
                                  SYNCHED_JOB_OPTIONS(.compute = keep, .round_count = 4,
                                                      .reads = {.reach = SYNCHED_REACH_OWN},
                                                      .balance = SYNCHED_BALANCE_STATIC,
                                                      .flags = SYNCHED_JOB_SKIP_UNCHANGED)),
               0);
  for (unsigned run = 1; run <= 20; run++) {
    cr_assert_eq(synched_job_run(job), 0);
    cr_assert_eq(summary_of(job).call_count, 7);
  }
  cr_assert_eq(synched_job_destroy(job), 0);
  memory_end(memory);
  pool_end(pool);
}
