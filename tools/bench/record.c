/*
 * record.c: what it costs to record, at each level, over recording nothing.
 *
 * The machine changes by more than that from one process to the next. So two jobs on one pool, one
 * of each level, run in turn, some milliseconds each, and the median of what each turn found is the
 * sample: of empty rounds the ratio, times 1000; of rounds of a thousand empty calls what a call
 * takes its worker more, in picoseconds.
 */
#include <stdlib.h>
#include <string.h>

#include <synched/synched.h>

#include "bench.h"

#define TURNS 9
#define CALL_SEGMENTS 1000u
#define ROUNDS_OF_CALLS 200u
/* Many more than those of the first ms, which are all written down. */
#define EMPTY_ROUNDS 100000u

static const struct {
  const char *name;
  enum synched_record level;
} levels[] = {{"totals", SYNCHED_RECORD_TOTALS},
              {"rounds", SYNCHED_RECORD_ROUNDS},
              {"tasks", SYNCHED_RECORD_TASKS}};

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

struct side {
  struct synched_memory *memory;
  struct synched_job *job;
};

/* A job of a level, to be run again and again. */
static int open_side(struct side *side, struct synched_pool *pool, const struct bench_case *self,
                     enum synched_record level) {
  const bool is_static = strcmp(self->contestant, "synched_static") == 0;
  const bool calls_back = strstr(self->parameter, "_on_round") != NULL;
  int status = synched_memory_create(
      &side->memory, SYNCHED_MEMORY_OPTIONS(.segment_count = self->segments, .segment_capacity = 1,
                                            .element_size = 8, .refill = SYNCHED_REFILL_NONE));
  if (status != 0)
    return status;
  return synched_job_create(
      &side->job, pool, side->memory,
      SYNCHED_JOB_OPTIONS(.compute = compute, .on_round = calls_back ? on_round : NULL,
                          .round_count =
                              self->segments == CALL_SEGMENTS ? ROUNDS_OF_CALLS : EMPTY_ROUNDS,
                          .balance = is_static ? SYNCHED_BALANCE_STATIC : SYNCHED_BALANCE_STEAL,
                          .record = level));
}

static void close_side(struct side *side) {
  (void)synched_job_destroy(side->job);
  (void)synched_memory_destroy(side->memory);
}

/* One turn: ns of a round; negative: it failed. */
static double run(const struct side *side) {
  struct synched_report *report;
  struct synched_report_summary summary = {.struct_size = sizeof summary};
  if (synched_job_run(side->job) != 0 || synched_job_report(side->job, &report) != 0)
    return -1.0;
  (void)synched_report_summary(report, &summary);
  synched_report_destroy(report);
  return (double)(summary.end_ns - summary.start_ns) / (double)summary.round_count;
}

static int compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The median of what all turns found; negative: one failed. */
static double take_turns(const struct side *off, const struct side *on, unsigned worker_count,
                         bool per_call) {
  double found[TURNS];
  bool failed = run(off) < 0 || run(on) < 0; /* warms up */
  for (unsigned i = 0; i < TURNS; i++) {
    const double off_ns = run(off), on_ns = run(on);
    failed |= off_ns < 0 || on_ns < 0;
    found[i] = per_call ? (on_ns - off_ns) * worker_count * 1000.0 / CALL_SEGMENTS
                        : on_ns / off_ns * 1000.0;
  }
  if (failed)
    return -1.0;
  qsort(found, TURNS, sizeof *found, compare);
  return found[TURNS / 2] > 0 ? found[TURNS / 2] : 0.0;
}

static double measure(const struct bench_case *self) {
  struct synched_pool *pool = NULL;
  struct side off = {NULL, NULL}, on = {NULL, NULL};
  double value = -1.0;
  const enum synched_record level = levels[(size_t)self->value].level;
  if (synched_pool_create(&pool, SYNCHED_POOL_OPTIONS(.worker_count = self->workers)) == 0 &&
      open_side(&off, pool, self, SYNCHED_RECORD_OFF) == 0 &&
      open_side(&on, pool, self, level) == 0)
    value = take_turns(&off, &on, self->workers, self->segments == CALL_SEGMENTS);
  if (value < 0)
    (void)fprintf(stderr, "synched-bench: %s\n", synched_error_message());
  close_side(&on);
  close_side(&off);
  (void)synched_pool_destroy(pool);
  return value;
}

static void add(struct bench_list *out, const char *contestant, unsigned workers, size_t segments,
                const char *suffix) {
  for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
    struct bench_case one = {.contestant = contestant,
                             .workers = workers,
                             .segments = segments,
                             .unit = segments == CALL_SEGMENTS ? "ps" : "x1000",
                             .value = (double)i,
                             .measure = measure};
    (void)snprintf(one.parameter, sizeof one.parameter, "%s%s", levels[i].name, suffix);
    bench_add(out, &one);
  }
}

static void list(struct bench_list *out) {
  static const char *const contestants[] = {"synched", "synched_static"};
  for (size_t c = 0; c < 2; c++)
    for (unsigned workers = 1; workers <= 2; workers++) {
      add(out, contestants[c], workers, workers, "");
      add(out, contestants[c], workers, workers, "_on_round");
      add(out, contestants[c], workers, CALL_SEGMENTS, "_a_call");
    }
}

const struct bench_family bench_family_record = {
    .name = "record", .title = "what recording costs, over SYNCHED_RECORD_OFF", .list = list};
