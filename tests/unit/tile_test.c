/*
 * tile_test.c: several rounds between two barriers are, in everything but their barriers, what as
 * many plain rounds are. A serial loop with a memory of its own says what there must be, bit for
 * bit.
 *
 * A segment's number is made of those that it reads, in their order, of its own and of the round;
 * its count changes, too. What calls and callbacks see is noted, and asserted in the test's body.
 */
#include <criterion/criterion.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "support/serial.h"
#include "support/support.h"
#include "support/unit_support.h"

#define SEGMENTS_MOST 64u
#define CAPACITY 3u
#define ROUNDS_MOST 64u
#define NEVER UINT64_MAX

static const unsigned barriers[] = {1, 2, 3, 8, 17};
static const unsigned worker_counts[] = {1, 2, 3, 5, 16};

/* --- the rule --- */

struct content {
  double numbers[SEGMENTS_MOST][CAPACITY];
  size_t counts[SEGMENTS_MOST];
};

/* What a segment reads, its own included. */
struct graph {
  size_t segment_count;
  struct synched_reads reads;
  size_t offsets[SEGMENTS_MOST + 1];
  size_t segments[8 * SEGMENTS_MOST];
};

static struct graph near(size_t segment_count, uint32_t radius, int wraps) {
  return (struct graph){.segment_count = segment_count,
                        .reads = {.reach = radius == 0 ? SYNCHED_REACH_OWN : SYNCHED_REACH_NEAR,
                                  .radius = radius,
                                  .wraps = wraps}};
}

/* One that is neither sorted nor symmetric, with empty lists, and segments twice. */
static void make_list(struct graph *graph, size_t segment_count) {
  size_t entries = 0;
  *graph = (struct graph){.segment_count = segment_count};
  for (size_t s = 0; s < segment_count; s++) {
    graph->offsets[s] = entries;
    for (size_t k = 0; k < s % 4; k++)
      graph->segments[entries++] = (s * 11 + (k / 2) * 29 + 5) % segment_count;
  }
  graph->offsets[segment_count] = entries;
  graph->reads = (struct synched_reads){
      .reach = SYNCHED_REACH_LIST, .offsets = graph->offsets, .segments = graph->segments};
}

static double number_of(const struct synched_snapshot *before, size_t segment) {
  const double *numbers = synched_snapshot_segment(before, segment);
  double sum = 0.0;
  for (size_t i = 0; i < before->counts[segment]; i++)
    sum = sum * 1.25 + numbers[i];
  return sum;
}

/* All that a call reads, in its order. */
static double read_all(const struct graph *graph, const struct synched_snapshot *before,
                       size_t segment) {
  const size_t count = graph->segment_count;
  double sum = number_of(before, segment);
  if (graph->reads.reach == SYNCHED_REACH_LIST) {
    for (size_t i = graph->offsets[segment]; i < graph->offsets[segment + 1]; i++)
      sum = sum / 3.0 + number_of(before, graph->segments[i]);
    return sum;
  }
  const size_t radius = graph->reads.radius;
  for (size_t i = 0; i <= 2 * radius; i++) {
    const size_t at = segment + i + (graph->reads.wraps != 0 ? 8 * count - radius : 0);
    if (graph->reads.wraps != 0)
      sum = sum / 3.0 + number_of(before, at % count);
    else if (at >= radius && at - radius < count)
      sum = sum / 3.0 + number_of(before, at - radius);
  }
  return sum;
}

static size_t apply_rule(const struct graph *graph, const struct synched_snapshot *before,
                         uint64_t round, size_t segment, double *out) {
  const double sum = read_all(graph, before, segment);
  for (size_t i = 0; i < CAPACITY; i++)
    out[i] = sum / (double)(i + 3) + (double)round / 7.0;
  return (round * 3 + segment) % (CAPACITY + 1);
}

static double contribution_of(const double *out) {
  return out[0] / 3.0;
}

/* --- the serial loop --- */

struct serial_view {
  struct synched_snapshot snapshot;
  size_t offsets[SEGMENTS_MOST + 1];
};

static void make_view(struct serial_view *view, const struct content *content, size_t count) {
  for (size_t s = 0; s <= count; s++)
    view->offsets[s] = s * CAPACITY;
  view->snapshot = (struct synched_snapshot){.segment_count = count,
                                             .element_size = sizeof(double),
                                             .data = content->numbers,
                                             .offsets = view->offsets,
                                             .counts = content->counts};
}

static void make_initial(struct content *content, size_t segment_count) {
  memset(content, 0, sizeof *content);
  for (size_t s = 0; s < segment_count; s++) {
    content->counts[s] = CAPACITY;
    for (size_t i = 0; i < CAPACITY; i++)
      content->numbers[s][i] = (double)(s * 7 + i) / 3.0;
  }
}

/* --- what is seen --- */

struct tiled {
  struct graph graph;
  unsigned rounds_per_barrier;
  uint64_t first;           /* the round before the first one of this run */
  struct content *contents; /* [rounds + 1] */
  double *folds;
  uint64_t serial_rounds;
  struct synched_pool *pool;
  struct synched_memory *memory;
  struct synched_job *job;

  /* of on_round */
  uint64_t barriers[ROUNDS_MOST];
  unsigned barrier_count;
  unsigned wrong_rounds;
  uint64_t answer_at; /* from this round on */
  int answer;
  /* of calls */
  _Atomic unsigned calls, wrong_calls, retained, told;
  uint64_t fail_round; /* 0: none fails; */
  size_t fail_segment;
  size_t fail_too;        /* another segment, a round before; NEVER: none */
  uint64_t held_round;    /* a call of this round waits, once, until it is let go or told */
  _Atomic uint32_t is_in; /* it is there */
  _Atomic bool goes_on;
};

static void grow(struct tiled *tiled, uint64_t rounds) {
  tiled->contents = realloc(tiled->contents, ((size_t)rounds + 1) * sizeof *tiled->contents);
  tiled->folds = realloc(tiled->folds, ((size_t)rounds + 1) * sizeof *tiled->folds);
  cr_assert_not_null(tiled->contents);
  cr_assert_not_null(tiled->folds);
  for (; tiled->serial_rounds < rounds; tiled->serial_rounds++) {
    const uint64_t round = tiled->serial_rounds + 1;
    struct content *next = &tiled->contents[round];
    struct serial_view view;
    make_view(&view, &tiled->contents[round - 1], tiled->graph.segment_count);
    for (size_t s = 0; s < tiled->graph.segment_count; s++) {
      next->counts[s] = apply_rule(&tiled->graph, &view.snapshot, round, s, next->numbers[s]);
      const double contribution = contribution_of(next->numbers[s]);
      tiled->folds[round] = s == 0 ? contribution : tiled->folds[round] + contribution;
    }
  }
}

static bool equals(const struct tiled *tiled, const struct synched_snapshot *now) {
  const struct content *expected = &tiled->contents[now->round];
  for (size_t s = 0; s < tiled->graph.segment_count; s++)
    if (now->counts[s] != expected->counts[s] ||
        memcmp(synched_snapshot_segment(now, s), expected->numbers[s],
               now->counts[s] * sizeof(double)) != 0)
      return false;
  return true;
}

static int compute(struct synched_task *task, void *user) {
  struct tiled *tiled = user;
  double numbers[CAPACITY];
  tiled->calls++;
  tiled->wrong_calls += task->previous->round != task->round - 1;
  tiled->wrong_calls += task->first != task->segment * CAPACITY;
  tiled->wrong_calls += task->count != task->previous->counts[task->segment];
  const struct synched_snapshot *held = synched_snapshot_retain(task->previous);
  const bool is_first = (task->round - tiled->first - 1) % tiled->rounds_per_barrier == 0;
  tiled->wrong_calls += (held != NULL) != is_first;
  tiled->retained += held != NULL;
  synched_snapshot_release(held);
  task->count = apply_rule(&tiled->graph, task->previous, task->round, task->segment, numbers);
  task->contribution = contribution_of(numbers);
  memcpy(task->out, numbers, task->count * sizeof *numbers);
  if (task->round == tiled->held_round && task->segment == tiled->fail_segment &&
      tiled->told == 0) {
    atomic_store(&tiled->is_in, 1);
    while (!atomic_load(&tiled->goes_on) && synched_task_cancelled(task) == 0)
      nap_ms(1);
    tiled->told += synched_task_cancelled(task) != 0;
  }
  if (tiled->fail_round == 0)
    return 0;
  if (task->round + 1 == tiled->fail_round && task->segment == tiled->fail_too)
    return -1000;
  return task->round >= tiled->fail_round && task->segment >= tiled->fail_segment ? 70 : 0;
}

static int on_round(const struct synched_snapshot *now, void *user) {
  struct tiled *tiled = user;
  if (tiled->barrier_count < ROUNDS_MOST)
    tiled->barriers[tiled->barrier_count++] = now->round;
  tiled->wrong_rounds += !equals(tiled, now);
  tiled->wrong_rounds += !same_bits(now->fold, tiled->folds[now->round]);
  return now->round >= tiled->answer_at ? tiled->answer : SYNCHED_CONTINUE;
}

/* --- a job --- */

/* fold, on_round, compute and so on are filled in. */
static struct tiled *begin(struct synched_pool *pool, const struct graph *graph,
                           const struct synched_job_options *given, unsigned lease_count) {
  struct tiled *tiled = calloc(1, sizeof *tiled);
  struct synched_job_options options = *given;
  cr_assert_not_null(tiled);
  tiled->graph = *graph;
  if (graph->reads.reach == SYNCHED_REACH_LIST) {
    tiled->graph.reads.offsets = tiled->graph.offsets;
    tiled->graph.reads.segments = tiled->graph.segments;
  }
  tiled->pool = pool;
  tiled->rounds_per_barrier = given->rounds_per_barrier;
  tiled->answer_at = NEVER;
  tiled->fail_too = SIZE_MAX;
  tiled->contents = malloc(sizeof *tiled->contents);
  cr_assert_not_null(tiled->contents);
  make_initial(&tiled->contents[0], graph->segment_count);
  tiled->memory = memory_with(
      SYNCHED_MEMORY_OPTIONS(.segment_count = graph->segment_count, .segment_capacity = CAPACITY,
                             .element_size = sizeof(double), .lease_count = lease_count));
  for (size_t s = 0; s < graph->segment_count; s++)
    cr_assert_eq(synched_memory_load(tiled->memory, s, tiled->contents[0].numbers[s], CAPACITY), 0);
  options.struct_size = (uint32_t)sizeof options;
  options.user = tiled;
  options.compute = compute;
  options.on_round = on_round;
  options.fold = SYNCHED_FOLD_SUM;
  options.reads = tiled->graph.reads;
  cr_assert_eq(synched_job_create(&tiled->job, pool, tiled->memory, &options), 0, "%s",
               synched_error_message());
  grow(tiled, given->round_count);
  return tiled;
}

static void end(struct tiled *tiled) {
  cr_assert_eq(synched_job_destroy(tiled->job), 0, "%s", synched_error_message());
  memory_end(tiled->memory);
  free(tiled->contents);
  free(tiled->folds);
  free(tiled);
}

/* Nothing wrong, and the memory is as the serial loop left it after `round`. */
static void expect_equal(struct tiled *tiled, uint64_t round, const char *what) {
  const struct synched_snapshot *now = synched_snapshot_current(tiled->memory);
  cr_assert_eq(tiled->wrong_calls, 0, "%s: %u calls", what, tiled->wrong_calls);
  cr_assert_eq(tiled->wrong_rounds, 0, "%s: %u rounds", what, tiled->wrong_rounds);
  cr_assert_eq(now->round, round, "%s: round %llu", what, (unsigned long long)now->round);
  cr_assert(equals(tiled, now), "%s", what);
  synched_snapshot_release(now);
}

static void expect_barriers(const struct tiled *tiled, const uint64_t *rounds, unsigned count,
                            const char *what) {
  cr_assert_eq(tiled->barrier_count, count, "%s: %u barriers, not %u", what, tiled->barrier_count,
               count);
  for (unsigned i = 0; i < count; i++)
    cr_assert_eq(tiled->barriers[i], rounds[i], "%s: barrier %u is round %llu", what, i,
                 (unsigned long long)tiled->barriers[i]);
}
#define EXPECT_BARRIERS(tiled, what, ...)                                                          \
  expect_barriers(tiled, (const uint64_t[]){__VA_ARGS__},                                          \
                  sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t), what)

/* --- the same bits --- */

/* How often each call is made: twice where the environment says that calls are checked, as one of
 * these tests' runs does. */
static unsigned times_made(void) {
  return getenv("SYNCHED_CHECK") == NULL ? 1 : 2;
}

static void run_variant(struct synched_pool *pool, const struct graph *graph, unsigned rounds,
                        bool is_static, unsigned worker_count) {
  enum { ROUNDS = 40 };
  char what[120];
  (void)snprintf(what, sizeof what, "%u workers, %u rounds a barrier, %zu segments, reach %d, %s",
                 worker_count, rounds, graph->segment_count, (int)graph->reads.reach,
                 is_static ? "static" : "steal");
  struct tiled *tiled =
      begin(pool, graph,
            &(struct synched_job_options){.round_count = ROUNDS,
                                          .rounds_per_barrier = rounds,
                                          .balance = is_static ? SYNCHED_BALANCE_STATIC
                                                               : SYNCHED_BALANCE_STEAL,
                                          .flags = (rounds & 1) != 0 ? SYNCHED_JOB_EAGER : 0},
            0);
  cr_assert_eq(synched_job_run(tiled->job), 0, "%s: %s", what, synched_error_message());
  expect_equal(tiled, ROUNDS, what);
  cr_assert_eq(tiled->barrier_count, (ROUNDS + rounds - 1) / rounds, "%s", what);
  cr_assert_eq(tiled->calls, times_made() * ROUNDS * graph->segment_count, "%s", what);
  const struct synched_report_summary summary = summary_of(tiled->job);
  cr_assert_eq(summary.round_count, ROUNDS, "%s: %llu rounds", what,
               (unsigned long long)summary.round_count);
  cr_assert_eq(summary.call_count, ROUNDS * graph->segment_count, "%s: %llu calls", what,
               (unsigned long long)summary.call_count);
  cr_assert(!is_static || summary.stolen_count == 0, "%s: %llu stolen", what,
            (unsigned long long)summary.stolen_count);
  end(tiled);
}

static void run_all(const struct graph *graph) {
  for (size_t w = 0; w < LENGTH(worker_counts); w++) {
    struct synched_pool *pool = pool_new(worker_counts[w]);
    for (size_t b = 0; b < LENGTH(barriers); b++) {
      run_variant(pool, graph, barriers[b], false, worker_counts[w]);
      run_variant(pool, graph, barriers[b], true, worker_counts[w]);
    }
    pool_end(pool);
  }
}

Test(tile, own_segments_are_those_of_a_serial_loop) {
  const struct graph graph = near(13, 0, 0);
  run_all(&graph);
}

Test(tile, near_segments_are_those_of_a_serial_loop) {
  const struct graph graph = near(23, 1, 0);
  run_all(&graph);
  const struct graph wide = near(13, 4, 0);
  run_all(&wide);
}

Test(tile, near_segments_that_wrap_are_those_of_a_serial_loop) {
  const struct graph graph = near(23, 1, 1);
  run_all(&graph);
  const struct graph wide = near(7, 4, -1);
  run_all(&wide);
}

Test(tile, listed_segments_are_those_of_a_serial_loop) {
  static struct graph graph;
  make_list(&graph, SEGMENTS_MOST);
  run_all(&graph);
  make_list(&graph, 11);
  run_all(&graph);
}

Test(tile, one_segment_is_that_of_a_serial_loop) {
  const struct graph graph = near(1, 3, 1);
  run_all(&graph);
}

/* --- barriers --- */

Test(tile, on_round_comes_after_each_so_many_rounds_and_the_last) {
  const struct graph graph = near(9, 1, 1);
  struct synched_pool *pool = pool_new(2);
  struct tiled *tiled = begin(
      pool, &graph, &(struct synched_job_options){.round_count = 20, .rounds_per_barrier = 8}, 0);
  cr_assert_eq(synched_job_run(tiled->job), 0);
  EXPECT_BARRIERS(tiled, "20 rounds", 8, 16, 20);
  expect_equal(tiled, 20, "20 rounds");
  /* The next run begins anew. */
  grow(tiled, 40);
  tiled->first = 20;
  cr_assert_eq(synched_job_run(tiled->job), 0);
  EXPECT_BARRIERS(tiled, "40 rounds", 8, 16, 20, 28, 36, 40);
  expect_equal(tiled, 40, "40 rounds");
  end(tiled);
  tiled = begin(pool, &graph,
                &(struct synched_job_options){.round_count = 5, .rounds_per_barrier = 64}, 0);
  cr_assert_eq(synched_job_run(tiled->job), 0);
  EXPECT_BARRIERS(tiled, "5 rounds", 5);
  end(tiled);
  /* What is left is one round, which is a plain one. */
  tiled = begin(pool, &graph,
                &(struct synched_job_options){.round_count = 4, .rounds_per_barrier = 3}, 0);
  cr_assert_eq(synched_job_run(tiled->job), 0);
  EXPECT_BARRIERS(tiled, "4 rounds", 3, 4);
  expect_equal(tiled, 4, "4 rounds");
  end(tiled);
  pool_end(pool);
}

Test(tile, previous_can_be_retained_in_the_first_round_after_a_barrier_only) {
  const struct graph graph = near(6, 1, 0);
  struct synched_pool *pool = pool_new(3);
  struct tiled *tiled = begin(
      pool, &graph, &(struct synched_job_options){.round_count = 10, .rounds_per_barrier = 4}, 2);
  cr_assert_eq(synched_job_run(tiled->job), 0);
  expect_equal(tiled, 10, "10 rounds");
  cr_assert_eq(tiled->retained, 3 * graph.segment_count, "%u", tiled->retained);
  end(tiled);
  pool_end(pool);
}

Test(tile, answer_of_on_round_ends_the_job_at_that_barrier) {
  const struct graph graph = near(6, 1, 0);
  struct synched_pool *pool = pool_new(2);
  struct tiled *tiled = begin(
      pool, &graph, &(struct synched_job_options){.round_count = 40, .rounds_per_barrier = 4}, 0);
  tiled->answer_at = 6;
  tiled->answer = SYNCHED_STOP;
  cr_assert_eq(synched_job_run(tiled->job), 0);
  expect_equal(tiled, 8, "stopped");
  tiled->answer_at = 10;
  tiled->answer = -33;
  tiled->first = 8;
  cr_assert_eq(synched_job_run(tiled->job), -33);
  expect_equal(tiled, 12, "ended");
  cr_assert_not_null(strstr(synched_error_message(), "after round 12"), "%s",
                     synched_error_message());
  end(tiled);
  pool_end(pool);
}

/* --- advances and steps are exact --- */

Test(tile, advance_computes_exactly_so_many_rounds) {
  const struct graph graph = near(9, 2, 1);
  for (size_t w = 0; w < LENGTH(worker_counts); w++) {
    struct synched_pool *pool = pool_new(worker_counts[w]);
    struct tiled *tiled =
        begin(pool, &graph, &(struct synched_job_options){.rounds_per_barrier = 8}, 0);
    uint64_t round = 0;
    grow(tiled, 40);
    for (uint64_t rounds = 1; round + rounds <= 40; rounds = rounds * 2 + 1) {
      tiled->first = round;
      cr_assert_eq(synched_job_advance(tiled->job, rounds), 0);
      expect_equal(tiled, round += rounds, "an advance");
    }
    EXPECT_BARRIERS(tiled, "advances", 1, 4, 11, 19, 26);
    end(tiled);
    pool_end(pool);
  }
}

/* Steps a paused job, one step after the other, then lets it go on. */
struct stepping {
  struct synched_job *job;
  unsigned completed;
  uint64_t rounds[4];
};

static struct stepping stepping;

static void on_steered(struct synched_job *job, const struct synched_steered *steered, void *user) {
  static const uint64_t steps[] = {1, 5, 11};
  (void)user;
  if (steered->call != SYNCHED_STEER_STEP)
    return;
  stepping.rounds[stepping.completed++] = steered->round;
  if (stepping.completed < LENGTH(steps))
    (void)synched_job_step(job, steps[stepping.completed]);
  else
    (void)synched_job_resume(job);
}

/* Holds the loop up, until the step that on_steered has just asked for is over. */
static void hold_up(struct synched_job *job, const struct synched_progress *progress, void *user) {
  (void)job;
  (void)progress;
  (void)user;
  nap_ms(30);
}

Test(tile, steps_compute_exactly_so_many_rounds) {
  const struct graph graph = near(9, 1, 1);
  struct synched_pool *pool = pool_new(3);
  struct tiled *tiled = begin(pool, &graph,
                              &(struct synched_job_options){.round_count = 30,
                                                            .rounds_per_barrier = 8,
                                                            .flags = SYNCHED_JOB_START_PAUSED,
                                                            .on_steered = on_steered,
                                                            .on_progress = hold_up,
                                                            .progress_ns = 1},
                              0);
  uv_loop_t loop;
  stepping = (struct stepping){0};
  tiled->rounds_per_barrier = 1; /* steps end where they like */
  cr_assert_eq(uv_loop_init(&loop), 0);
  cr_assert_eq(synched_job_start(tiled->job, &loop), 0);
  cr_assert_eq(synched_job_step(tiled->job, 1), 0);
  cr_assert_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
  cr_assert_eq(uv_loop_close(&loop), 0);
  cr_assert_eq(stepping.completed, 3);
  cr_assert_eq(stepping.rounds[0], 1);
  cr_assert_eq(stepping.rounds[1], 6);
  cr_assert_eq(stepping.rounds[2], 17);
  EXPECT_BARRIERS(tiled, "steps", 1, 6, 14, 17, 25, 30);
  cr_assert_eq(tiled->wrong_rounds, 0);
  cr_assert_eq(memory_round(tiled->memory), 30);
  end(tiled);
  pool_end(pool);
}

/* --- what is asked in the middle takes effect at the barrier --- */

enum asked { ASKED_STOP, ASKED_PAUSE, ASKED_CANCEL };

struct asking {
  struct tiled *tiled;
  enum asked asked;
  int status;
};

/* Asks while a call of the tile's second round is held. */
static void *ask(void *argument) {
  struct asking *asking = argument;
  struct tiled *tiled = asking->tiled;
  if (!reaches(&tiled->is_in, 1))
    asking->status = -1;
  else if (asking->asked == ASKED_STOP)
    asking->status = synched_job_stop(tiled->job);
  else if (asking->asked == ASKED_CANCEL)
    asking->status = synched_job_cancel(tiled->job);
  else
    asking->status = synched_job_pause(tiled->job);
  if (asking->asked != ASKED_CANCEL) /* that one is told to the call */
    atomic_store(&tiled->goes_on, true);
  return NULL;
}

static uint64_t paused_at;

static void on_paused(struct synched_job *job, const struct synched_steered *steered, void *user) {
  (void)user;
  if (steered->call == SYNCHED_STEER_PAUSE) {
    paused_at = steered->round;
    (void)synched_job_resume(job);
  }
}

static int run_asked(struct tiled *tiled, enum asked asked, uint64_t held_round) {
  struct asking asking = {.tiled = tiled, .asked = asked};
  pthread_t thread;
  tiled->held_round = held_round;
  tiled->fail_segment = 2;
  cr_assert_eq(pthread_create(&thread, NULL, ask, &asking), 0);
  const int status = synched_job_run(tiled->job);
  cr_assert_eq(pthread_join(thread, NULL), 0);
  cr_assert_eq(asking.status, 0);
  return status;
}

static struct tiled *begin_asked(struct synched_pool *pool) {
  const struct graph graph = near(5, 1, 1);
  return begin(pool, &graph,
               &(struct synched_job_options){
                   .round_count = 12, .rounds_per_barrier = 4, .on_steered = on_paused},
               0);
}

Test(tile, stop_takes_effect_at_the_barrier) {
  for (unsigned workers = 1; workers <= 3; workers++) {
    struct synched_pool *pool = pool_new(workers);
    struct tiled *tiled = begin_asked(pool);
    cr_assert_eq(run_asked(tiled, ASKED_STOP, 6), 0);
    expect_equal(tiled, 8, "stop");
    EXPECT_BARRIERS(tiled, "stop", 4, 8);
    cr_assert_eq(tiled->told, 0);
    end(tiled);
    pool_end(pool);
  }
}

Test(tile, pause_takes_effect_at_the_barrier) {
  for (unsigned workers = 1; workers <= 3; workers++) {
    struct synched_pool *pool = pool_new(workers);
    struct tiled *tiled = begin_asked(pool);
    paused_at = 0;
    cr_assert_eq(run_asked(tiled, ASKED_PAUSE, 6), 0);
    cr_assert_eq(paused_at, 8);
    expect_equal(tiled, 12, "pause");
    EXPECT_BARRIERS(tiled, "pause", 4, 8, 12);
    end(tiled);
    pool_end(pool);
  }
}

Test(tile, cancel_publishes_none_of_the_rounds_and_tells_calls) {
  for (unsigned workers = 1; workers <= 3; workers++) {
    struct synched_pool *pool = pool_new(workers);
    struct tiled *tiled = begin_asked(pool);
    cr_assert_eq(run_asked(tiled, ASKED_CANCEL, 6), SYNCHED_ECANCELED);
    cr_assert_eq(tiled->told, 1);
    cr_assert_not_null(strstr(synched_error_message(), "cancelled after round 4"), "%s",
                       synched_error_message());
    expect_equal(tiled, 4, "cancel");
    /* It goes on from there. */
    tiled->first = 4;
    tiled->held_round = 0;
    grow(tiled, 16);
    cr_assert_eq(synched_job_run(tiled->job), 0);
    expect_equal(tiled, 16, "afterwards");
    end(tiled);
    pool_end(pool);
  }
}

/* The round that is left over is a plain one. */
Test(tile, cancel_is_told_to_calls_of_a_plain_round_behind_others) {
  const struct graph graph = near(5, 1, 1);
  struct synched_pool *pool = pool_new(2);
  struct tiled *tiled = begin(
      pool, &graph, &(struct synched_job_options){.round_count = 5, .rounds_per_barrier = 4}, 0);
  cr_assert_eq(run_asked(tiled, ASKED_CANCEL, 5), SYNCHED_ECANCELED);
  cr_assert_eq(tiled->told, 1);
  expect_equal(tiled, 4, "cancel");
  end(tiled);
  pool_end(pool);
}

/* --- failures --- */

Test(tile, failure_is_the_first_in_the_order_of_the_serial_loop_and_publishes_nothing) {
  const struct graph graph = near(9, 1, 1);
  for (size_t w = 0; w < LENGTH(worker_counts); w++) {
    struct synched_pool *pool = pool_new(worker_counts[w]);
    for (unsigned i = 0; i < 12; i++) {
      struct tiled *tiled =
          begin(pool, &graph,
                &(struct synched_job_options){.round_count = 12,
                                              .rounds_per_barrier = 4,
                                              .balance = (i & 1) != 0 ? SYNCHED_BALANCE_STATIC
                                                                      : SYNCHED_BALANCE_STEAL},
                0);
      /* All segments from 3 on fail in round 7, and so do later rounds; in some, segment 8 in round
       * 6, which comes first. */
      tiled->fail_round = 7;
      tiled->fail_segment = 3;
      tiled->fail_too = (i & 2) != 0 ? 8 : SIZE_MAX;
      const bool is_earlier = (i & 2) != 0;
      cr_assert_eq(synched_job_run(tiled->job), is_earlier ? -1000 : 70);
      const char *says = is_earlier ? "segment 8 failed in round 6 with code -1000"
                                    : "segment 3 failed in round 7 with code 70";
      cr_assert_eq(strncmp(synched_error_message(), says, strlen(says)), 0, "%s",
                   synched_error_message());
      expect_equal(tiled, 4, says);
      EXPECT_BARRIERS(tiled, says, 4);
      const struct synched_report_summary summary = summary_of(tiled->job);
      cr_assert_eq(summary.failed_segment, is_earlier ? 8 : 3);
      cr_assert_eq(summary.failed_code, is_earlier ? -1000 : 70);
      cr_assert_eq(summary.failed_stage, 0);
      cr_assert_eq(summary.round_count, 4);
      tiled->fail_round = 0;
      tiled->first = 4;
      grow(tiled, 16);
      cr_assert_eq(synched_job_run(tiled->job), 0);
      expect_equal(tiled, 16, "afterwards");
      end(tiled);
    }
    pool_end(pool);
  }
}

static int count_too_much(struct synched_task *task, void *user) {
  (void)user;
  task->count = task->round == 5 && task->segment == 1 ? task->capacity + 2 : 0;
  return 0;
}

Test(tile, count_beyond_the_capacity_names_its_round) {
  struct engine engine = engine_new(
      pool_new(2),
      SYNCHED_MEMORY_OPTIONS(.segment_count = 3, .segment_capacity = CAPACITY, .element_size = 8),
      SYNCHED_JOB_OPTIONS(.compute = count_too_much, .round_count = 12, .rounds_per_barrier = 3,
                          .reads = {.reach = SYNCHED_REACH_OWN}));
  cr_assert_eq(synched_job_run(engine.job), SYNCHED_ERANGE);
  cr_assert_str_eq(synched_error_message(),
                   "segment 1 failed in round 5: it set count to 5, and has a capacity of 3");
  cr_assert_eq(memory_round(engine.memory), 3);
  engine_end_with_pool(&engine);
}

/* --- deadlines --- */

static struct tiled *begin_late(struct synched_pool *pool, enum synched_deadline_policy policy) {
  const struct graph graph = near(5, 1, 0);
  struct tiled *tiled = begin(pool, &graph,
                              &(struct synched_job_options){.round_count = 12,
                                                            .rounds_per_barrier = 4,
                                                            .deadline_ns = 200000000,
                                                            .deadline_policy = policy},
                              0);
  tiled->held_round = 3;
  tiled->fail_segment = 2;
  return tiled;
}

Test(tile, deadline_that_fails_is_that_of_all_the_rounds_and_publishes_none) {
  for (unsigned workers = 1; workers <= 2; workers++) {
    struct synched_pool *pool = pool_new(workers);
    struct tiled *tiled = begin_late(pool, SYNCHED_DEADLINE_FAIL);
    cr_assert_eq(synched_job_run(tiled->job), SYNCHED_ETIMEDOUT, "%s", synched_error_message());
    expect_equal(tiled, 0, "a deadline");
    cr_assert_eq(tiled->barrier_count, 0);
    cr_assert_not_null(strstr(synched_error_message(), "round 1 missed its deadline"), "%s",
                       synched_error_message());
    end(tiled);
    pool_end(pool);
  }
}

/* They have the same numbers, and the same past. */
Test(tile, deadline_that_cancels_drops_all_the_rounds_which_come_again) {
  for (unsigned workers = 1; workers <= 2; workers++) {
    struct synched_pool *pool = pool_new(workers);
    struct tiled *tiled = begin_late(pool, SYNCHED_DEADLINE_CANCEL);
    cr_assert_eq(synched_job_run(tiled->job), 0, "%s", synched_error_message());
    EXPECT_BARRIERS(tiled, "a deadline", 4, 8, 12);
    expect_equal(tiled, 12, "a deadline");
    const struct synched_report_summary summary = summary_of(tiled->job);
    cr_assert_geq(summary.dropped_count, 1);
    cr_assert_eq(summary.round_count, 12);
    end(tiled);
    pool_end(pool);
  }
}

/* --- init and leases --- */

static _Atomic unsigned init_calls;

static int init(struct synched_task *task, void *user) {
  struct tiled *tiled = user;
  double *out = task->out;
  init_calls++;
  memcpy(out, tiled->contents[0].numbers[task->segment], CAPACITY * sizeof *out);
  task->count = CAPACITY;
  return 0;
}

Test(tile, init_comes_once_before_the_first_rounds) {
  static struct graph graph;
  make_list(&graph, 20);
  for (size_t w = 0; w < LENGTH(worker_counts); w++) {
    struct synched_pool *pool = pool_new(worker_counts[w]);
    struct tiled *tiled = begin(
        pool, &graph,
        &(struct synched_job_options){.round_count = 10, .rounds_per_barrier = 4, .init = init}, 0);
    init_calls = 0;
    for (size_t s = 0; s < 20; s++) /* not what is there */
      cr_assert_eq(synched_memory_load(tiled->memory, s, tiled->contents[5].numbers[s], 2), 0);
    cr_assert_eq(synched_job_run(tiled->job), 0);
    cr_assert_eq(init_calls, 20);
    EXPECT_BARRIERS(tiled, "init", 4, 8, 10);
    expect_equal(tiled, 10, "init");
    end(tiled);
    pool_end(pool);
  }
}

/* Snapshots that are held stay as they are, however many rounds go on. */
struct holding {
  struct tiled *tiled;
  const struct synched_snapshot *held[3];
  unsigned count;
};

static struct holding holding;

static int hold(const struct synched_snapshot *now, void *user) {
  if (holding.count < 3)
    holding.held[holding.count++] = synched_snapshot_retain(now);
  return on_round(now, user);
}

Test(tile, retained_snapshots_stay_as_they_are) {
  const struct graph graph = near(9, 1, 1);
  for (size_t w = 0; w < LENGTH(worker_counts); w++) {
    struct synched_pool *pool = pool_new(worker_counts[w]);
    struct tiled *tiled = begin(
        pool, &graph, &(struct synched_job_options){.round_count = 1, .rounds_per_barrier = 5}, 3);
    cr_assert_eq(synched_job_destroy(tiled->job), 0);
    cr_assert_eq(
        synched_job_create(&tiled->job, pool, tiled->memory,
                           SYNCHED_JOB_OPTIONS(.compute = compute, .user = tiled, .on_round = hold,
                                               .fold = SYNCHED_FOLD_SUM, .reads = graph.reads,
                                               .round_count = 42, .rounds_per_barrier = 5)),
        0);
    grow(tiled, 42);
    holding = (struct holding){.tiled = tiled};
    cr_assert_eq(synched_job_run(tiled->job), 0);
    expect_equal(tiled, 42, "leases");
    for (unsigned i = 0; i < 3; i++) {
      cr_assert_eq(holding.held[i]->round, UINT64_C(5) * (i + 1));
      cr_assert(equals(tiled, holding.held[i]), "lease %u", i);
      synched_snapshot_release(holding.held[i]);
    }
    end(tiled);
    pool_end(pool);
  }
}

/* --- several fields and stages --- */

#define CELLS 10u

/* Stage 0 writes `flow` from both neighbours' `level`, stage 1 adds it to `level`, stage 2 counts
 * in place, and looks at `given`, which nobody writes. */
struct pipes {
  struct synched_memory *memories[4];
  struct synched_job *job;
  int64_t level[CELLS], flow[CELLS], count[CELLS];
  _Atomic unsigned wrong;
};

static int64_t value_of(const struct synched_snapshot *field, size_t segment) {
  return *(const int64_t *)synched_snapshot_segment(field, segment);
}

static int64_t flow_into(int64_t below, int64_t own, int64_t above, uint64_t round) {
  return below * 3 - own * 2 + above + (int64_t)round;
}

static void note_rounds(struct pipes *pipes, const struct synched_task *task, unsigned fresh) {
  for (unsigned f = 0; f < 4; f++) {
    const bool is_fresh = (fresh >> f & 1) != 0;
    pipes->wrong += synched_task_field(task, f)->round != task->round - (is_fresh ? 0 : 1);
  }
}

static int compute_flow(struct synched_task *task, void *user) {
  const struct synched_snapshot *level = synched_task_field(task, 0);
  const size_t s = task->segment;
  note_rounds(user, task, 0);
  *(int64_t *)synched_task_out(task, 1) =
      flow_into(value_of(level, (s + CELLS - 1) % CELLS), value_of(level, s),
                value_of(level, (s + 1) % CELLS), task->round);
  return 0;
}

static int compute_level(struct synched_task *task, void *user) {
  note_rounds(user, task, 2);
  *(int64_t *)task->out = value_of(task->previous, task->segment) +
                          value_of(synched_task_field(task, 1), task->segment) % 1000003;
  return 0;
}

/* In place: at its own segment only. */
static int compute_count(struct synched_task *task, void *user) {
  struct pipes *pipes = user;
  int64_t *count = synched_task_out(task, 2);
  note_rounds(pipes, task, 3);
  pipes->wrong += count != synched_task_in(task, 2);
  pipes->wrong += synched_task_out(task, 3) != NULL;
  *count += value_of(task->previous, task->segment) +
            value_of(synched_task_field(task, 3), (task->segment + 2) % CELLS);
  return 0;
}

static void step_pipes(struct pipes *pipes, uint64_t round) {
  int64_t *level = pipes->level;
  for (size_t s = 0; s < CELLS; s++)
    pipes->flow[s] =
        flow_into(level[(s + CELLS - 1) % CELLS], level[s], level[(s + 1) % CELLS], round);
  for (size_t s = 0; s < CELLS; s++)
    level[s] += pipes->flow[s] % 1000003;
  for (size_t s = 0; s < CELLS; s++)
    pipes->count[s] += level[s] + (int64_t)((s + 2) % CELLS) * 5;
}

static void run_pipes(struct synched_pool *pool, unsigned rounds, enum synched_balance balance) {
  static const size_t offsets[CELLS + 1] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  static const size_t segments[CELLS] = {2, 3, 4, 5, 6, 7, 8, 9, 0, 1};
  static const struct synched_stage stages[] = {
      {.name = "flow",
       .compute = compute_flow,
       .writes = SYNCHED_FIELD(1),
       .overwrites = SYNCHED_FIELD(1),
       .reads = {.reach = SYNCHED_REACH_NEAR, .radius = 1, .wraps = 1}},
      {.compute = compute_level, .writes = SYNCHED_FIELD(0), .reads = {.reach = SYNCHED_REACH_OWN}},
      {.compute = compute_count,
       .writes = SYNCHED_FIELD(2),
       .reads = {.reach = SYNCHED_REACH_LIST, .offsets = offsets, .segments = segments}}};
  struct pipes pipes = {.wrong = 0};
  for (unsigned f = 0; f < 4; f++)
    pipes.memories[f] = memory_with(
        SYNCHED_MEMORY_OPTIONS(.segment_count = CELLS, .segment_capacity = 1, .element_size = 8,
                               .flags = f == 2 ? SYNCHED_MEMORY_IN_PLACE : 0));
  for (size_t s = 0; s < CELLS; s++) {
    const int64_t given = (int64_t)s * 5;
    pipes.level[s] = (int64_t)(s * s);
    cr_assert_eq(synched_memory_load(pipes.memories[0], s, &pipes.level[s], 1), 0);
    cr_assert_eq(synched_memory_load(pipes.memories[3], s, &given, 1), 0);
  }
  cr_assert_eq(
      synched_job_create(&pipes.job, pool, pipes.memories[0],
                         SYNCHED_JOB_OPTIONS(.user = &pipes, .stages = stages, .stage_count = 3,
                                             .balance = balance, .fields = &pipes.memories[1],
                                             .field_count = 4, .reads_only = SYNCHED_FIELD(3),
                                             .round_count = 20, .rounds_per_barrier = rounds)),
      0, "%s", synched_error_message());
  for (uint64_t round = 1; round <= 40; round++)
    step_pipes(&pipes, round);
  cr_assert_eq(synched_job_run(pipes.job), 0);
  cr_assert_eq(synched_job_run(pipes.job), 0);
  cr_assert_eq(pipes.wrong, 0, "%u", pipes.wrong);
  const int64_t *counts = synched_memory_elements(pipes.memories[2]);
  const struct synched_snapshot *level = synched_snapshot_current(pipes.memories[0]);
  const struct synched_snapshot *flow = synched_snapshot_current(pipes.memories[1]);
  cr_assert_eq(level->round, 40);
  for (size_t s = 0; s < CELLS; s++) {
    cr_assert_eq(value_of(level, s), pipes.level[s], "%u rounds: level %zu", rounds, s);
    cr_assert_eq(value_of(flow, s), pipes.flow[s], "%u rounds: flow %zu", rounds, s);
    cr_assert_eq(counts[s], pipes.count[s], "%u rounds: count %zu", rounds, s);
  }
  synched_snapshot_release(level);
  synched_snapshot_release(flow);
  cr_assert_eq(synched_job_destroy(pipes.job), 0);
  for (unsigned f = 0; f < 4; f++)
    memory_end(pipes.memories[f]);
}

Test(tile, fields_and_stages_are_those_of_a_serial_loop) {
  for (size_t w = 0; w < LENGTH(worker_counts); w++) {
    struct synched_pool *pool = pool_new(worker_counts[w]);
    for (size_t b = 0; b < LENGTH(barriers); b++) {
      run_pipes(pool, barriers[b], SYNCHED_BALANCE_STEAL);
      run_pipes(pool, barriers[b], SYNCHED_BALANCE_STATIC);
    }
    pool_end(pool);
  }
}

static int fail_in_the_second_stage(struct synched_task *task, void *user) {
  (void)user;
  return task->round == 5 && task->parts->stage == 1 && task->segment == 2 ? 9 : 0;
}

Test(tile, failure_names_its_stage_and_what_is_undefined) {
  static const struct synched_stage stages[] = {
      {.compute = fail_in_the_second_stage,
       .writes = SYNCHED_FIELD(0),
       .reads = {.reach = SYNCHED_REACH_OWN}},
      {.name = "second",
       .compute = fail_in_the_second_stage,
       .writes = SYNCHED_FIELD(1),
       .reads = {.reach = SYNCHED_REACH_NEAR, .radius = 1}}};
  struct synched_pool *pool = pool_new(2);
  struct synched_memory *memories[2];
  struct synched_job *job;
  for (unsigned f = 0; f < 2; f++)
    memories[f] = memory_with(
        SYNCHED_MEMORY_OPTIONS(.segment_count = 4, .segment_capacity = 1, .element_size = 8,
                               .flags = f == 1 ? SYNCHED_MEMORY_IN_PLACE : 0));
  cr_assert_eq(synched_job_create(&job, pool, memories[0],
                                  SYNCHED_JOB_OPTIONS(.stages = stages, .stage_count = 2,
                                                      .fields = &memories[1], .field_count = 2,
                                                      .round_count = 12, .rounds_per_barrier = 3)),
               0, "%s", synched_error_message());
  cr_assert_eq(synched_job_run(job), 9);
  const char *says = "segment 2 failed in round 5 in stage \"second\" with code 9";
  cr_assert_eq(strncmp(synched_error_message(), says, strlen(says)), 0, "%s",
               synched_error_message());
  cr_assert_not_null(strstr(synched_error_message(), "field 1, changed in place, is undefined now"),
                     "%s", synched_error_message());
  const struct synched_report_summary summary = summary_of(job);
  cr_assert_eq(summary.failed_stage, 1);
  cr_assert_eq(summary.failed_segment, 2);
  cr_assert_eq(memory_round(memories[0]), 3);
  cr_assert_eq(synched_job_destroy(job), 0);
  memory_end(memories[0]);
  memory_end(memories[1]);
  pool_end(pool);
}

/* --- the report --- */

Test(tile, report_has_a_row_for_all_rounds_of_a_barrier) {
  const struct graph graph = near(12, 1, 1);
  for (unsigned workers = 1; workers <= 3; workers++) {
    struct synched_pool *pool = pool_new(workers);
    struct tiled *tiled =
        begin(pool, &graph,
              &(struct synched_job_options){
                  .round_count = 22, .rounds_per_barrier = 4, .record = SYNCHED_RECORD_ROUNDS},
              0);
    struct synched_report *report;
    cr_assert_eq(synched_job_run(tiled->job), 0);
    cr_assert_eq(synched_job_report(tiled->job, &report), 0);
    const struct synched_report_summary summary = summary_of(tiled->job);
    cr_assert_eq(summary.round_count, 22);
    cr_assert_eq(summary.call_count, UINT64_C(22) * 12);
    uint64_t calls = 0;
    for (unsigned w = 0; w < workers; w++) {
      struct synched_report_worker worker = {.struct_size = sizeof worker};
      cr_assert_eq(synched_report_worker(report, w, &worker), 0);
      calls += worker.call_count;
      cr_assert_leq(worker.round_count, 22);
      cr_assert_eq(worker.round_count % 4 == 0 || worker.round_count % 4 == 2, true, "%llu",
                   (unsigned long long)worker.round_count);
    }
    cr_assert_eq(calls, UINT64_C(22) * 12);
    synched_report_destroy(report);
    end(tiled);
    pool_end(pool);
  }
}

/* What one worker computes by itself is at home. */
Test(tile, rounds_of_one_worker_are_not_stolen) {
  const struct graph graph = near(12, 1, 1);
  struct synched_pool *pool = pool_new(2);
  struct tiled *tiled = begin(
      pool, &graph, &(struct synched_job_options){.round_count = 4000, .rounds_per_barrier = 8}, 0);
  cr_assert_eq(synched_job_run(tiled->job), 0);
  const struct synched_report_summary summary = summary_of(tiled->job);
  cr_assert_eq(tiled->wrong_rounds, 0);
  /* In rounds that are computed by one worker nothing is; in the others, not all. */
  const uint64_t shared = summary.round_count - summary.solo_count;
  cr_assert_leq(summary.stolen_count, shared * 12, "%llu of %llu calls, %llu rounds shared",
                (unsigned long long)summary.stolen_count, (unsigned long long)summary.call_count,
                (unsigned long long)shared);
  end(tiled);
  pool_end(pool);
}
