/*
 * rounds_stress.c: rounds on random pools and memories have the bits of a serial loop.
 *
 * A made-up rule mixes a segment's own past with that of others, chosen anew in every round. The
 * library runs it on workers, a serial loop with a memory of its own runs it too, and both must
 * agree: either after every round, or on the folds of all rounds and the contents after the last.
 *
 * What only one call or callback at a time may touch is plain on purpose (the marks of a segment, a
 * worker's scratch space, the number of the round that on_round saw last): then a thread sanitizer
 * checks the order of calls that the library promises, in every round, and not only what we think
 * of comparing.
 *
 * In some jobs one call of each round waits for all the others. That works only if what its worker
 * has not begun is taken by others, whoever that worker is; else the program's patience ends.
 */
#include "support/stress.h"

#include <inttypes.h>
#include <math.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <synched/synched.h>

#include "pool/pool.h"
#include "support/hurried.h"
#include "support/scene.h"

#define ROUNDS_MOST 800u
#define ROUNDS_OF_MARATHON 20000u
#define BYTES_BUDGET 1000000u /* of contents made in a run of a job */
#define NS_BUDGET 30000000u   /* of its calls together, very roughly */
#define HURRIED_LEAST 100u    /* rounds in which borders move */
#define OTHERS 3u             /* segments whose past a call reads besides its own */
#define SAMPLE_BYTES 48u

/* What the two loops have in common. */
struct rule {
  uint64_t seed;
  size_t segment_count, element_size;
  size_t *capacities;
  enum synched_refill refill;
  enum synched_fold fold;
  uint64_t work_most, heavy_segment;
  bool blocks, has_nans;
  bool is_marathon; /* few tiny segments, many rounds */
  bool one_waits;   /* one call of each round waits for the others */
};

/* The serial loop. */
struct serial {
  struct synched_snapshot now; /* of its own: data, offsets and counts point to what is below */
  unsigned char *contents[2];
  size_t *counts[2];
  size_t *offsets;
  unsigned next; /* which of the two is written next */
};

/* What one call at a time may touch. */
struct mark {
  uint64_t round;
  unsigned home;
  bool has_home;
};

struct run {
  struct rule rule;
  struct serial serial;
  struct synched_memory *memory;
  struct mark *marks; /* per segment */
  struct {
    _Alignas(128) uint64_t calls;
  } scratch[SCENE_WORKERS_MOST];
  _Atomic size_t done_count; /* calls of this round, for the one that waits */
  uint64_t round;            /* that on_round saw last */
  double *folds;             /* of the rounds since the job was started */
  uint64_t start_round;      /* the one before folds[0] */
  bool is_static, compares_each;
  /* home ranges may be dealt anew, and are so often */
  struct synched_job *hurried;
};

static uint64_t round_total, call_total, stolen_total, job_total, redealt_total;

/* --- the rule --- */

static uint64_t absorb(uint64_t state, const struct synched_snapshot *past, size_t segment) {
  const unsigned char *bytes = synched_snapshot_segment(past, segment);
  size_t byte_count = past->counts[segment] * past->element_size;
  state = stress_mix(state, byte_count);
  if (byte_count == 0)
    return state;
  size_t at = (size_t)(state % byte_count);
  for (size_t i = 0; i < SAMPLE_BYTES && i < byte_count; i++)
    state = (state ^ bytes[(at + i) % byte_count]) * 0x100000001b3u;
  return state;
}

static double draw_contribution(const struct rule *rule, uint64_t state) {
  if (rule->has_nans && state % 997 == 0)
    return NAN;
  /* Of very different sizes, so that the order of a sum shows in its bits. */
  return ldexp((double)(int64_t)state, -(int)(state % 64));
}

static void write_elements(const struct rule *rule, struct synched_task *task, uint64_t state) {
  const size_t byte_count = task->count * rule->element_size;
  unsigned char *out = task->out;
  size_t first = 0;
  /* Some bytes stay as the refill made them, unless it leaves them unspecified. */
  if (rule->refill != SYNCHED_REFILL_NONE && byte_count != 0 && state % 3 == 0)
    first = (size_t)(state / 3 % byte_count);
  for (size_t i = first; i < byte_count; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    out[i] = (unsigned char)(state >> 56);
  }
}

static void apply(const struct rule *rule, struct synched_task *task) {
  uint64_t state = stress_mix(rule->seed ^ task->round, task->segment);
  uint64_t others = state;
  state = absorb(state, task->previous, task->segment);
  for (unsigned i = 0; i < OTHERS; i++) {
    others = stress_mix(others, i);
    state = absorb(state, task->previous, (size_t)(others % rule->segment_count));
  }
  state = stress_mix(state, 0);
  if (state % 8 == 0)
    task->count = (size_t)(state / 8 % (task->capacity + 1));
  write_elements(rule, task, state);
  task->contribution = draw_contribution(rule, stress_mix(state, 1));
}

/* --- the serial loop --- */

static void serial_init(struct serial *serial, const struct rule *rule) {
  const size_t segment_count = rule->segment_count;
  *serial = (struct serial){.next = 1};
  serial->offsets = calloc(segment_count + 1, sizeof *serial->offsets);
  STRESS_CHECK(serial->offsets != NULL, "no memory");
  for (size_t s = 0; s < segment_count; s++)
    serial->offsets[s + 1] = serial->offsets[s] + rule->capacities[s];
  for (unsigned b = 0; b < 2; b++) {
    serial->contents[b] = calloc(serial->offsets[segment_count], rule->element_size);
    serial->counts[b] = calloc(segment_count, sizeof *serial->counts[b]);
    STRESS_CHECK(serial->contents[b] != NULL && serial->counts[b] != NULL, "no memory");
    memcpy(serial->counts[b], rule->capacities, segment_count * sizeof *rule->capacities);
  }
  serial->now = (struct synched_snapshot){.data = serial->contents[0],
                                          .element_count = serial->offsets[segment_count],
                                          .element_size = rule->element_size,
                                          .segment_count = segment_count,
                                          .offsets = serial->offsets,
                                          .counts = serial->counts[0]};
}

static void serial_deinit(struct serial *serial) {
  for (unsigned b = 0; b < 2; b++) {
    free(serial->contents[b]);
    free(serial->counts[b]);
  }
  free(serial->offsets);
}

static double fold_two(enum synched_fold fold, double a, double b) {
  if (fold == SYNCHED_FOLD_SUM)
    return a + b;
  if (isnan(a) || isnan(b))
    return NAN;
  if (fold == SYNCHED_FOLD_MIN)
    return b < a ? b : a;
  return b > a ? b : a;
}

/* One segment of the next round; returns its contribution. */
static double serial_segment(struct serial *serial, const struct rule *rule, size_t segment,
                             bool initialises) {
  unsigned char *out =
      serial->contents[serial->next] + serial->offsets[segment] * rule->element_size;
  const size_t byte_count = rule->capacities[segment] * rule->element_size;
  struct synched_task task = {.round = serial->now.round + (initialises ? 0 : 1),
                              .segment = segment,
                              .previous = &serial->now,
                              .out = out,
                              .capacity = rule->capacities[segment],
                              .count = serial->now.counts[segment]};
  if (rule->refill == SYNCHED_REFILL_KEEP)
    memcpy(out, synched_snapshot_segment(&serial->now, segment), byte_count);
  else
    memset(out, 0, byte_count);
  apply(rule, &task);
  serial->counts[serial->next][segment] = task.count;
  return task.contribution;
}

static void serial_step(struct serial *serial, const struct rule *rule, bool initialises) {
  double fold = 0.0;
  for (size_t s = 0; s < rule->segment_count; s++) {
    double contribution = serial_segment(serial, rule, s, initialises);
    fold = s == 0 ? contribution : fold_two(rule->fold, fold, contribution);
  }
  serial->now.data = serial->contents[serial->next];
  serial->now.counts = serial->counts[serial->next];
  serial->now.fold = rule->fold == SYNCHED_FOLD_NONE || initialises ? 0.0 : fold;
  serial->now.round += initialises ? 0 : 1;
  serial->next ^= 1;
}

/* --- comparing --- */

static void check_fold(double is, double should_be, uint64_t round) {
  bool same = memcmp(&is, &should_be, sizeof is) == 0 || (isnan(is) && isnan(should_be));
  STRESS_CHECK(same, "the fold of round %" PRIu64 " is %a, not %a", round, is, should_be);
}

static void check_contents(const struct run *run, const struct synched_snapshot *now) {
  const struct rule *rule = &run->rule;
  const struct synched_snapshot *serial = &run->serial.now;
  STRESS_CHECK(now->round == serial->round, "it is round %" PRIu64 ", not %" PRIu64, now->round,
               serial->round);
  for (size_t s = 0; s < rule->segment_count; s++) {
    STRESS_CHECK(now->counts[s] == serial->counts[s],
                 "segment %zu of round %" PRIu64 " has %zu elements, not %zu", s, now->round,
                 now->counts[s], serial->counts[s]);
    size_t element_count =
        rule->refill == SYNCHED_REFILL_NONE ? serial->counts[s] : rule->capacities[s];
    STRESS_CHECK(memcmp(synched_snapshot_segment(now, s), synched_snapshot_segment(serial, s),
                        element_count * rule->element_size) == 0,
                 "segment %zu of round %" PRIu64 " differs from the serial loop's", s, now->round);
  }
}

/* --- what the library calls --- */

static void leave_mark(struct run *run, const struct synched_task *task) {
  struct mark *mark = &run->marks[task->segment];
  STRESS_CHECK(mark->round + 1 == task->round,
               "segment %zu is computed for round %" PRIu64 " after round %" PRIu64, task->segment,
               task->round, mark->round);
  STRESS_CHECK(run->round + 1 == task->round && task->previous->round == run->round,
               "round %" PRIu64 " is computed, but on_round saw %" PRIu64 " last", task->round,
               run->round);
  STRESS_CHECK(!run->is_static || run->hurried != NULL || !mark->has_home ||
                   mark->home == task->worker,
               "segment %zu is not computed on its home worker %u but on %u", task->segment,
               mark->home, task->worker);
  mark->round = task->round;
  mark->home = task->worker;
  mark->has_home = true;
  run->scratch[task->worker].calls++;
}

static void check_out(const struct run *run, const struct synched_task *task) {
  const size_t size = run->rule.element_size;
  size_t alignment = size & (~size + 1);
  if (alignment > 128)
    alignment = 128;
  STRESS_CHECK((uintptr_t)task->out % alignment == 0,
               "segment %zu lies at %p, elements have %zu bytes", task->segment, task->out, size);
  STRESS_CHECK(task->capacity == run->rule.capacities[task->segment],
               "segment %zu has room for %zu elements, not %zu", task->segment, task->capacity,
               run->rule.capacities[task->segment]);
  STRESS_CHECK(task->first == task->previous->offsets[task->segment],
               "segment %zu begins at element %zu, not %zu", task->segment,
               task->previous->offsets[task->segment], task->first);
}

/* Uneven from segment to segment, so that there is something to steal. */
static void work(const struct rule *rule, const struct synched_task *task) {
  const uint64_t drawn = stress_mix(task->round, task->segment ^ rule->seed);
  if (rule->work_most != 0)
    stress_work(task->segment == rule->heavy_segment ? rule->work_most
                                                     : drawn % rule->work_most / 8);
  if (rule->blocks && drawn % 64 == 0)
    stress_sleep_us(drawn / 64 % 60);
}

static void wait_for_others(struct run *run, const struct synched_task *task) {
  const size_t segment_count = run->rule.segment_count;
  if (task->segment != task->round % segment_count) {
    (void)atomic_fetch_add_explicit(&run->done_count, 1, memory_order_relaxed);
    return;
  }
  while (atomic_load_explicit(&run->done_count, memory_order_relaxed) < segment_count - 1)
    (void)sched_yield();
  atomic_store_explicit(&run->done_count, 0, memory_order_relaxed);
}

static int compute(struct synched_task *task, void *user) {
  struct run *run = user;
  leave_mark(run, task);
  check_out(run, task);
  if (task->segment % 2 == 0)
    work(&run->rule, task);
  apply(&run->rule, task);
  if (task->segment % 2 != 0)
    work(&run->rule, task);
  if (run->rule.one_waits)
    wait_for_others(run, task);
  return 0;
}

static int init(struct synched_task *task, void *user) {
  struct run *run = user;
  STRESS_CHECK(task->round == 0, "init is called for round %" PRIu64, task->round);
  check_out(run, task);
  run->marks[task->segment].home = task->worker;
  run->marks[task->segment].has_home = run->is_static;
  apply(&run->rule, task);
  return 0;
}

static int on_round(const struct synched_snapshot *now, void *user) {
  struct run *run = user;
  STRESS_CHECK(now->round == run->round + 1, "on_round gets round %" PRIu64 " after %" PRIu64,
               now->round, run->round);
  for (size_t s = 0; s < run->rule.segment_count; s++)
    STRESS_CHECK(run->marks[s].round == now->round,
                 "round %" PRIu64 " is over, but segment %zu was last computed in %" PRIu64,
                 now->round, s, run->marks[s].round);
  if (run->hurried != NULL)
    hurry_deal(run->hurried, now->round);
  run->round = now->round;
  run->folds[now->round - run->start_round - 1] = now->fold;
  if (run->compares_each) {
    serial_step(&run->serial, &run->rule, false);
    check_contents(run, now);
    check_fold(now->fold, run->serial.now.fold, now->round);
  }
  stress_step();
  return SYNCHED_CONTINUE;
}

/* --- a case --- */

static size_t draw_segment_count(const struct rule *rule, unsigned worker_count,
                                 struct stress_random *random) {
  static const size_t mosts[] = {1, 2, 8, 17, 64, 200};
  /* At least two per worker, so that there is something to take; so few that they are claimed one
   * by one. */
  if (rule->one_waits)
    return (size_t)stress_between(random, 2 * worker_count, 7 * worker_count);
  if (rule->is_marathon)
    return (size_t)stress_between(random, 1, 6);
  return (size_t)stress_between(random, 1,
                                mosts[stress_below(random, sizeof mosts / sizeof *mosts)]);
}

static void draw_capacities(struct rule *rule, struct stress_random *random) {
  const bool uneven = stress_chance(random, 2);
  const bool large = !rule->is_marathon && !rule->one_waits && stress_chance(random, 16);
  const uint64_t most = rule->element_size > 64 ? 4 : large ? 4000 : 40;
  const size_t even = (size_t)stress_between(random, 1, most);
  rule->capacities = calloc(rule->segment_count, sizeof *rule->capacities);
  STRESS_CHECK(rule->capacities != NULL, "no memory");
  for (size_t s = 0; s < rule->segment_count; s++)
    rule->capacities[s] = uneven ? (size_t)stress_below(random, most + 1) : even;
  if (rule->capacities[0] == 0)
    rule->capacities[0] = even;
}

static void draw_rule(struct rule *rule, unsigned worker_count, struct stress_random *random) {
  static const size_t sizes[] = {1, 2, 3, 4, 7, 8, 8, 12, 16, 64, 100, 4096};
  static const uint64_t works[] = {0, 0, 0, 100, 1000, 8000};
  *rule = (struct rule){
      .seed = stress_draw(random),
      .element_size = sizes[stress_below(random, sizeof sizes / sizeof *sizes)],
      .refill = (enum synched_refill)stress_below(random, SYNCHED_REFILL_NONE + 1),
      .fold = (enum synched_fold)stress_below(random, SYNCHED_FOLD_MAX + 1),
      .has_nans = stress_chance(random, 4),
      .is_marathon = stress_chance(random, 3),
  };
  rule->one_waits = !rule->is_marathon && worker_count > 1 && stress_chance(random, 5);
  /* Memories of 64 KiB and more are computed at home at first, and there nobody takes anything. */
  if (rule->is_marathon || rule->one_waits) {
    rule->element_size = (size_t)stress_between(random, 1, 9);
  } else {
    rule->work_most = works[stress_below(random, sizeof works / sizeof *works)];
    rule->blocks = stress_chance(random, 12);
  }
  rule->segment_count = draw_segment_count(rule, worker_count, random);
  rule->heavy_segment = stress_below(random, rule->segment_count);
  draw_capacities(rule, random);
}

static void create_memory(struct run *run, struct stress_random *random) {
  const struct rule *rule = &run->rule;
  const bool even = stress_chance(random, 2);
  struct synched_memory_options options = {
      .struct_size = sizeof options,
      .segment_count = rule->segment_count,
      .segment_capacities = rule->capacities,
      .element_size = rule->element_size,
      .layout = stress_chance(random, 2) ? SYNCHED_LAYOUT_PADDED : SYNCHED_LAYOUT_PACKED,
      .refill = rule->refill,
      .lease_count = (unsigned)stress_below(random, 3),
  };
  /* The same memory, said in another way, where that is possible. */
  for (size_t s = 1; even && s < rule->segment_count; s++)
    rule->capacities[s] = rule->capacities[0];
  if (even) {
    options.segment_capacities = NULL;
    options.segment_capacity = rule->capacities[0];
  }
  scene_expect_ok(synched_memory_create(&run->memory, &options), "synched_memory_create");
}

static struct run *make_run(const struct synched_pool *pool, struct stress_random *random) {
  struct synched_pool_info info = {.struct_size = sizeof info};
  scene_expect_ok(synched_pool_info(pool, &info), "synched_pool_info");
  struct run *run = aligned_alloc(_Alignof(struct run), sizeof *run);
  STRESS_CHECK(run != NULL, "no memory");
  memset(run, 0, sizeof *run);
  draw_rule(&run->rule, info.worker_count, random);
  create_memory(run, random);
  serial_init(&run->serial, &run->rule);
  run->marks = calloc(run->rule.segment_count, sizeof *run->marks);
  run->folds = calloc(ROUNDS_OF_MARATHON, sizeof *run->folds);
  STRESS_CHECK(run->marks != NULL && run->folds != NULL, "no memory");
  return run;
}

static void end_run(struct run *run) {
  scene_expect_ok(synched_memory_destroy(run->memory), "synched_memory_destroy");
  serial_deinit(&run->serial);
  free(run->rule.capacities);
  free(run->marks);
  free(run->folds);
  free(run);
}

static uint64_t draw_round_count(const struct run *run, struct stress_random *random) {
  size_t bytes = run->serial.offsets[run->rule.segment_count] * run->rule.element_size;
  uint64_t calls_ns = run->rule.segment_count * (run->rule.work_most * 4 + 500);
  uint64_t most = BYTES_BUDGET / (bytes + 100);
  if (run->rule.is_marathon)
    return stress_between(random, 1, ROUNDS_OF_MARATHON);
  if (run->rule.one_waits)
    return stress_between(random, 1, 100);
  if (most > NS_BUDGET / calls_ns)
    most = NS_BUDGET / calls_ns;
  return stress_between(random, 1, most < ROUNDS_MOST ? most + 2 : ROUNDS_MOST);
}

static void check_report(const struct run *run, const struct synched_job *job,
                         uint64_t round_count) {
  struct synched_report *report;
  scene_expect_ok(synched_job_report(job, &report), "synched_job_report");
  struct synched_report_summary summary = scene_summary(report);
  uint64_t calls = 0;
  for (unsigned w = 0; w < summary.worker_count; w++) {
    struct synched_report_worker worker = {.struct_size = sizeof worker};
    scene_expect_ok(synched_report_worker(report, w, &worker), "synched_report_worker");
    calls += worker.call_count;
  }
  STRESS_CHECK(summary.round_count == round_count, "%" PRIu64 " rounds are reported, not %" PRIu64,
               summary.round_count, round_count);
  STRESS_CHECK(calls == round_count * run->rule.segment_count && summary.call_count == calls,
               "%" PRIu64 " calls are reported of %" PRIu64 " rounds of %zu segments",
               summary.call_count, round_count, run->rule.segment_count);
  STRESS_CHECK(!run->is_static || summary.stolen_count == 0,
               "%" PRIu64 " calls were stolen in static balance", summary.stolen_count);
  synched_report_destroy(report);
  round_total += round_count;
  call_total += calls;
  stolen_total += summary.stolen_count;
  redealt_total += summary.redealt_count;
}

/* The serial loop catches up, unless on_round has taken it along. */
static void check_run(struct run *run, uint64_t round_count) {
  for (uint64_t i = 0; !run->compares_each && i < round_count; i++) {
    serial_step(&run->serial, &run->rule, false);
    check_fold(run->folds[i], run->serial.now.fold, run->serial.now.round);
  }
  const struct synched_snapshot *now = synched_snapshot_current(run->memory);
  check_contents(run, now);
  synched_snapshot_release(now);
  stress_step();
}

/* Rounds enough for borders to move, shared by all workers. */
static void hurry(const struct run *run, struct synched_job_options *options) {
  options->flags |= SYNCHED_JOB_EAGER;
  if (run->is_static)
    options->homes = SYNCHED_HOMES_FOLLOW;
  if (options->round_count > 10 && options->round_count < HURRIED_LEAST)
    options->round_count += HURRIED_LEAST;
}

static void run_job(struct run *run, struct synched_pool *pool, struct stress_random *random) {
  struct synched_job_options options = {
      .struct_size = sizeof options,
      .user = run,
      .compute = compute,
      .init = stress_chance(random, 2) ? init : NULL,
      .on_round = on_round,
      .round_count = draw_round_count(run, random),
      .fold = run->rule.fold,
      .balance = run->is_static ? SYNCHED_BALANCE_STATIC : SYNCHED_BALANCE_STEAL,
      .flags = (run->rule.one_waits || stress_chance(random, run->rule.is_marathon ? 9 : 3)
                    ? SYNCHED_JOB_EAGER
                    : 0) |
               (stress_chance(random, 3) ? SYNCHED_JOB_NO_SEGMENT_TIMES : 0),
  };
  struct synched_job *job = NULL;
  const bool hurries = stress_chance(random, 2);
  if (hurries)
    hurry(run, &options);
  stress_case_is("%zu segments of elements of %zu bytes, refill %d, fold %d, work %" PRIu64
                 ", static %d, one waits %d, hurries %d, flags %#x, %" PRIu64 " rounds",
                 run->rule.segment_count, run->rule.element_size, (int)run->rule.refill,
                 (int)run->rule.fold, run->rule.work_most, run->is_static, run->rule.one_waits,
                 hurries, (unsigned)options.flags, options.round_count);
  scene_expect_ok(synched_job_create(&job, pool, run->memory, &options), "synched_job_create");
  run->hurried = hurries ? job : NULL;
  if (options.init != NULL)
    serial_step(&run->serial, &run->rule, true);
  for (uint64_t starts = stress_between(random, 1, 2); starts > 0; starts--) {
    run->start_round = run->round;
    run->compares_each = stress_chance(random, 4);
    scene_expect_ok(synched_job_run(job), "synched_job_run");
    check_report(run, job, options.round_count);
    check_run(run, options.round_count);
  }
  scene_expect_ok(synched_job_destroy(job), "synched_job_destroy");
  job_total++;
}

static void run_case(struct stress_random *random) {
  struct synched_pool *pool = scene_pool_create(random, 16);
  /* As if there were a CPU for each worker: else the ranges of more than that do not move. */
  if (stress_chance(random, 2))
    pool->usable_count = pool->worker_count;
  for (uint64_t jobs = stress_between(random, 1, 3); jobs > 0; jobs--) {
    struct run *run = make_run(pool, random);
    run->is_static = !run->rule.one_waits && stress_chance(random, run->rule.is_marathon ? 9 : 3);
    run_job(run, pool, random);
    end_run(run);
  }
  scene_pool_destroy(pool);
}

int main(int argc, char **argv) {
  stress_begin("rounds_stress", argc, argv);
  struct stress_random random;
  while (stress_next_case(&random))
    run_case(&random);
  return stress_end("%" PRIu64 " jobs, %" PRIu64 " rounds, %" PRIu64 " calls, %" PRIu64
                    " of them stolen, %" PRIu64 " times dealt anew, all as a serial loop",
                    job_total, round_total, call_total, stolen_total, redealt_total);
}
