/*
 * slices.c: Synched by the default balance, by the static one and by one worker, in turn within one
 * process, a short slice of rounds each.
 *
 * The machine's CPUs are now near each other and now far, and one contestant's process may fall
 * into another state than the next one's. Slices that follow each other within milliseconds meet
 * the same state. So what is told is the ratio within each turn, and of all turns the median and
 * the quartiles. A job goes on where its last slice ended: what it has learned by then stays.
 *
 * The round that ends a slice hands over: on_round pauses its own job and resumes the next one's.
 */
#include <stdlib.h>
#include <synched/synched.h>
#include <uv.h>

#include "bench.h"

#define TURNS 32u
#define TURNS_TO_LEARN 4u /* which are not counted */
#define SLICE_NS 1.5e6
#define WARM_UP_NS 0.4e6
#define ORDER_COUNT 6u

const struct bench_figure_name bench_slices_names[] = {{"synched", "ns"},
                                                       {"synched_static", "ns"},
                                                       {"synched_solo", "ns"},
                                                       {"synched_by_static", "ratio"},
                                                       {"synched_by_best", "ratio"},
                                                       {"cache_line_round_trip", "ns"},
                                                       {NULL, NULL}};

enum side { SIDE_DEFAULT, SIDE_STATIC, SIDE_SOLO, SIDE_COUNT };

/* Each of the first two follows each of the other two equally often. */
static const enum side order[ORDER_COUNT] = {SIDE_DEFAULT, SIDE_STATIC,  SIDE_SOLO,
                                             SIDE_STATIC,  SIDE_DEFAULT, SIDE_SOLO};

/* Written by the worker whose slice it is; the hand-over hands it on. */
struct slices {
  const struct bench_slices *what;
  struct synched_pool *pools[2]; /* of all workers, and of one */
  struct synched_memory *memories[SIDE_COUNT];
  struct synched_job *jobs[SIDE_COUNT];
  uint64_t warm_up_count, slice_count; /* rounds */
  uint64_t done_count;                 /* of this slice */
  unsigned slice;                      /* all slices so far */
  double start_ns;
  double round_ns[SIDE_COUNT][TURNS]; /* the mean round of each slice */
  bool failed;
};

static int compute(struct synched_task *task, void *user) {
  const struct slices *slices = user;
  slices->what->compute(slices->what->user, task->segment, task->round);
  return 0;
}

/* The last slice is over. The others are paused. */
static int end(struct slices *slices, enum side side) {
  for (unsigned s = 0; s < SIDE_COUNT; s++)
    if (s != side && synched_job_cancel(slices->jobs[s]) != 0)
      slices->failed = true;
  return SYNCHED_STOP;
}

static int hand_over(struct slices *slices) {
  const enum side side = order[slices->slice % ORDER_COUNT];
  slices->slice++;
  slices->done_count = 0;
  if (slices->slice == SIDE_COUNT * TURNS)
    return end(slices, side);
  struct synched_job *next = slices->jobs[order[slices->slice % ORDER_COUNT]];
  if (synched_job_pause(slices->jobs[side]) != 0 || synched_job_resume(next) != 0) {
    (void)fprintf(stderr, "synched-bench: %s\n", synched_error_message());
    exit(1);
  }
  return SYNCHED_CONTINUE;
}

static int on_round(const struct synched_snapshot *now, void *user) {
  struct slices *slices = user;
  (void)now;
  slices->done_count++;
  if (slices->done_count == slices->warm_up_count)
    slices->start_ns = bench_now_ns();
  if (slices->done_count < slices->warm_up_count + slices->slice_count)
    return SYNCHED_CONTINUE;
  const double took_ns = bench_now_ns() - slices->start_ns;
  const enum side side = order[slices->slice % ORDER_COUNT];
  slices->round_ns[side][slices->slice / SIDE_COUNT] = took_ns / (double)slices->slice_count;
  return hand_over(slices);
}

static void on_done(struct synched_job *job, int status, const struct synched_report *report,
                    void *user) {
  struct slices *slices = user;
  (void)job;
  (void)report;
  slices->failed |= status != 0 && status != SYNCHED_ECANCELED;
}

static int create_side(struct slices *slices, enum side side) {
  const int status = synched_memory_create(
      &slices->memories[side],
      SYNCHED_MEMORY_OPTIONS(.segment_count = slices->what->segments, .segment_capacity = 1,
                             .element_size = 8, .layout = SYNCHED_LAYOUT_PADDED,
                             .refill = SYNCHED_REFILL_NONE));
  if (status != 0)
    return status;
  return synched_job_create(
      &slices->jobs[side], slices->pools[side == SIDE_SOLO], slices->memories[side],
      SYNCHED_JOB_OPTIONS(.flags = side == order[0] ? 0 : SYNCHED_JOB_START_PAUSED,
                          .compute = compute, .on_round = on_round, .on_done = on_done,
                          .user = slices,
                          .balance = side == SIDE_STATIC ? SYNCHED_BALANCE_STATIC
                                                         : SYNCHED_BALANCE_STEAL));
}

/* The pool of one sleeps at once when its slice is over: its worker has no CPU of its own. */
static int create(struct slices *slices) {
  int status = synched_pool_create(&slices->pools[0],
                                   SYNCHED_POOL_OPTIONS(.worker_count = slices->what->workers));
  if (status == 0)
    status = synched_pool_create(&slices->pools[1],
                                 SYNCHED_POOL_OPTIONS(.worker_count = 1, .spin_ns = 1000));
  for (unsigned s = 0; s < SIDE_COUNT && status == 0; s++)
    status = create_side(slices, s);
  return status;
}

/* The first one last, for it runs at once. A paused job does not keep a loop alive by itself. */
static int run(struct slices *slices) {
  uv_loop_t loop;
  int status = uv_loop_init(&loop);
  for (unsigned s = SIDE_COUNT; s-- > 0 && status == 0;)
    status = synched_job_start(slices->jobs[s], &loop);
  for (unsigned s = 0; s < SIDE_COUNT && status == 0; s++)
    status = synched_job_ref(slices->jobs[s]);
  if (status != 0)
    return status;
  (void)uv_run(&loop, UV_RUN_DEFAULT);
  (void)uv_loop_close(&loop);
  return slices->failed || slices->slice != SIDE_COUNT * TURNS ? SYNCHED_ECANCELED : 0;
}

static void destroy(struct slices *slices) {
  for (unsigned s = 0; s < SIDE_COUNT; s++) {
    (void)synched_job_destroy(slices->jobs[s]);
    (void)synched_memory_destroy(slices->memories[s]);
  }
  for (unsigned p = 0; p < 2; p++)
    (void)synched_pool_destroy(slices->pools[p]);
}

static int compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static struct bench_figure figure_of(double *values, size_t count) {
  qsort(values, count, sizeof *values, compare);
  return (struct bench_figure){values[count / 2], values[count / 4], values[count - 1 - count / 4]};
}

static void summarise(struct slices *slices, struct bench_figure *out) {
  double by_static[TURNS], by_best[TURNS];
  const size_t count = TURNS - TURNS_TO_LEARN;
  for (size_t t = TURNS_TO_LEARN; t < TURNS; t++) {
    const double default_ns = slices->round_ns[SIDE_DEFAULT][t];
    const double static_ns = slices->round_ns[SIDE_STATIC][t];
    const double solo_ns = slices->round_ns[SIDE_SOLO][t];
    by_static[t] = default_ns / static_ns;
    by_best[t] = default_ns / (static_ns < solo_ns ? static_ns : solo_ns);
  }
  for (unsigned s = 0; s < SIDE_COUNT; s++)
    out[s] = figure_of(&slices->round_ns[s][TURNS_TO_LEARN], count);
  out[SIDE_COUNT] = figure_of(&by_static[TURNS_TO_LEARN], count);
  out[SIDE_COUNT + 1] = figure_of(&by_best[TURNS_TO_LEARN], count);
  const double trip_ns = bench_trip_ns();
  out[SIDE_COUNT + 2] = (struct bench_figure){trip_ns, trip_ns, trip_ns};
}

/* Whole patterns, so that every slice has the same rounds. */
static uint64_t rounds_of(const struct bench_slices *what, double ns) {
  return ((uint64_t)(ns / what->round_ns) / what->pattern_count + 1) * what->pattern_count;
}

int bench_slices(const struct bench_slices *what, struct bench_figure *out) {
  static struct slices slices;
  slices = (struct slices){.what = what,
                           .warm_up_count = rounds_of(what, WARM_UP_NS),
                           .slice_count = rounds_of(what, SLICE_NS)};
  int status = create(&slices);
  if (status == 0)
    status = run(&slices);
  if (status != 0) {
    (void)fprintf(stderr, "synched-bench: %s\n", synched_error_message());
    return -1;
  }
  destroy(&slices);
  summarise(&slices, out);
  return 0;
}
